"""Figures of agreement are those that one works out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.charts.agreement import bland_altman
from core.people.person import Person
from core.recognition.package import load_package
from core.review.agreement import (
    ENOUGH,
    Compared,
    Confusion,
    Pair,
    Share,
    against_machine,
    agreement,
    between_people,
    by_part,
    compare,
    differences,
    names_agree,
    stratum_of,
)
from core.review.reviews import Said, save_review
from core.settings import SHIPPED_MODEL
from core.store.records import ReviewRecord
from core.store.selection import Selection
from tests.survey import UPLOADED, count, library_of, person, photo

PACKAGE = load_package(SHIPPED_MODEL)


def pair(count: int, by_person: int, low: int | None = None, high: int | None = None) -> Pair:
    return Pair(
        "p", "dunes", "", count, count if low is None else low, count if high is None else high, by_person, "blind"
    )


def test_bias_error_within_one_coverage_and_nothing_there():
    # differences 1, -1, -3, 2, 0: sum -1, absolute 7
    figures = agreement([pair(2, 1), pair(3, 4, 2, 4), pair(0, 3, 0, 1), pair(2, 0), pair(0, 0)])
    assert (figures.bias, figures.error) == pytest.approx((-0.2, 1.4))
    assert (figures.within_one, figures.covered) == (Share(3, 5), Share(2, 5))
    assert figures.confusion == Confusion(both=2, first_alone=1, person_alone=1, nobody=1)


def test_concordance_and_limits_by_hand():
    # x = 1 2 3, y = 2 2 5: means 2 and 3; sums over n: sxy = (1 + 0 + 2)/3 = 1, sxx = 2/3, syy = (1 + 1 + 4)/3 = 2
    # 2 * 1 / (2/3 + 2 + 1) = 6/11; differences -1, 0, -2: mean -1, standard deviation 1
    figures = agreement([pair(1, 2), pair(2, 2), pair(3, 5)])
    assert figures.concordance == pytest.approx(6 / 11)
    assert figures.limits == pytest.approx((-1 - 1.959964, -1 + 1.959964))


@pytest.mark.parametrize(
    ("share", "low", "high"),
    [
        pytest.param(Share(9, 10), 0.5958, 0.9821, id="nine in ten"),
        pytest.param(Share(0, 10), 0.0, 0.2775, id="none of ten"),
        pytest.param(Share(10, 10), 0.7225, 1.0, id="all of ten"),
        pytest.param(Share(0, 0), 0.0, 1.0, id="nothing"),
    ],
)
def test_the_interval_of_a_share_is_wilsons(share, low, high):
    assert share.interval == pytest.approx((low, high), abs=5e-5)


def test_too_few_say_how_many_are_needed_and_nothing_has_no_figures():
    figures = agreement([])
    assert (figures.bias, figures.error, figures.concordance, figures.limits) == (None, None, None, None)
    assert figures.missing == ENOUGH
    assert agreement([pair(1, 1)] * 12).missing == ENOUGH - 12
    assert agreement([pair(1, 1)] * 40).missing == 0


def reviewed(by: str, numbers: str = "blind", **more: int) -> ReviewRecord:
    about = {"review_id": by, "photo_id": "p", "by": by, "at": UPLOADED}
    return ReviewRecord(**about, names=numbers, numbers=numbers, more=more)


def test_machine_and_people_are_paired_by_taxon_and_in_all():
    records = [reviewed("ben", rose=2, yarrow=1), reviewed("anna", "", rose=9)]
    found = {"": (2, 1, 3), "rose": (2, 1, 3)}
    pairs = list(against_machine(photo("a"), found, records))
    assert [(one.taxon, one.count, one.high, one.by_person, one.how) for one in pairs] == [
        ("", 2, 3, 3, "blind"), ("rose", 2, 3, 2, "blind"), ("yarrow", 0, 0, 1, "blind"),
    ]  # fmt: skip


def test_people_are_paired_with_each_other_where_both_counted_blind():
    records = [reviewed("ben", rose=2), reviewed("anna", rose=3, yarrow=1), reviewed("lea", "accepted", rose=9)]
    pairs = [(one.taxon, one.count, one.by_person) for one in between_people(photo("a"), records)]
    assert pairs == [("", 4, 2), ("rose", 3, 2), ("yarrow", 1, 0)]


def test_a_store_is_compared_by_the_newest_word_of_each_person_blind_ones_apart(tmp_path: Path):
    library = library_of(tmp_path)
    for name, found in (("a", {"rose": 3}), ("b", {"rose": 1, "yarrow": 2}), ("c", {})):
        count(library, photo(name), found)
    ben, anna = person("ben"), person("anna")

    def say(name: str, by: Person, sample_id: str | None = None, **more: int) -> None:
        said = Said(more=more, sample_id=sample_id)
        save_review(library, photo(name).photo_id, said, package=PACKAGE, by=by)

    say("a", ben, rose=9)
    say("a", ben, "s", rose=4)
    say("a", anna, "s", rose=5)
    say("b", ben, rose=1)
    say("b", ben, rose=2)
    say("c", anna, "s")
    compared = compare(library)
    blind = sorted((pair.count, pair.high, pair.by_person) for pair in compared.blind if not pair.taxon)
    assert blind == [(0, 0, 0), (3, 4, 4), (3, 4, 5)]
    assert sorted((pair.count, pair.by_person) for pair in compared.seen if pair.taxon == "rose") == [(1, 2), (3, 9)]
    assert [(pair.count, pair.by_person) for pair in compared.people if not pair.taxon] == [(5, 4)]
    assert {part: one.pairs for part, one in by_part(compared.blind, "stratum").items()} == {"0": 1, "2-4": 2}
    assert {part: one.pairs for part, one in by_part(compared.blind, "taxon").items()} == {"rose": 2}
    assert by_part(compared.blind, "all")[""] == by_part(compared.blind, "site")["dunes"]
    assert compare(library, Selection(sites=("heath",))) == Compared((), ())


@pytest.mark.parametrize(("flowers", "stratum"), [(0, (0, 0)), (4, (2, 4)), (24, (10, 24)), (99, (25, None))])
def test_a_number_of_flowers_has_a_stratum(flowers, stratum):
    assert stratum_of(flowers) == stratum


def test_names_agree_photo_by_photo_where_both_found_flowers():
    def of(taxon: str, count: int, by_person: int) -> Pair:
        return Pair("p", "dunes", taxon, count, count, count, by_person, "blind")

    same = [of("", 5, 4), of("rose", 3, 3), of("yarrow", 2, 1)]
    other = [of("", 5, 4), of("rose", 3, 1), of("yarrow", 2, 3)]
    nobody = [of("", 0, 4), of("rose", 0, 4)]
    assert names_agree([*same, *other, *nobody]) == Share(1, 2)


def test_the_chart_of_differences_has_a_disc_for_each_that_occurs():
    pairs = [pair(2, 1), pair(2, 1), pair(0, 3)]
    table = differences(pairs)
    assert table.to_dict("list") == {"mean": [1.5, 1.5], "difference": [-3, 1], "photos": [1, 2]}
    figure = bland_altman(table, -0.3, (-4.0, 3.4), note="")
    assert [list(figure.data[0].x), list(figure.data[0].y)] == [[1.5, 1.5], [-3, 1]]
    assert [shape.y0 for shape in figure.layout.shapes] == [-0.3, -4.0, 3.4]
