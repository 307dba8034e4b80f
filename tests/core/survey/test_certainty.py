"""Bars are parted by how sure their flowers are, and the parts add up to the bar."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from core.survey.certainty import PARTS, by_certainty, parted, sure_taxa
from core.survey.repeats import RULES, Repeats, visits
from core.survey.totals import by_taxon
from tests.core.survey.tables import seen, table

BANDS = ("confident", "uncertain")


def _rows(photos):
    rows = table([seen(f"{at}", {"poppy": n}, reviewed=reviewed) for at, (n, _, reviewed) in enumerate(photos)])
    return rows.assign(band=[band for _, band, _ in photos])


def test_flowers_are_reviewed_else_confident_else_uncertain():
    rows = _rows([(6, "confident", True), (3, "confident", False), (2, "uncertain", False), (1, "uncertain", True)])
    assert by_certainty(rows).loc["poppy"].to_dict() == {"reviewed": 7, "confident": 3, "uncertain": 2}


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(st.integers(1, 500), st.sampled_from(BANDS), st.booleans()), min_size=1, max_size=9),
    st.sampled_from(RULES),
)
def test_the_parts_of_a_bar_add_up_to_its_count_by_every_rule(photos, rule):
    rows = _rows(photos)
    whole = parted(by_taxon(visits(rows, Repeats(rule))), rows)
    assert (whole[list(PARTS)].sum(axis=1) == whole["count"]).all()
    assert (whole[list(PARTS)] >= 0).all(axis=None)


def test_a_taxon_that_only_uncertain_names_say_is_not_sure():
    rows = table([seen("a", {"poppy": 2, "rose": 3}), seen("b", {"dahlia": 1}, reviewed=True)])
    rows["band"] = ["uncertain", "confident", "uncertain"]
    assert sure_taxa(parted(by_taxon(visits(rows)), rows)) == ["rose", "dahlia"]
