"""Laws of counting over random flowers, and tables of exact values for names and intervals."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.recognition.counting import add_counts, count_by_person, count_flowers
from core.recognition.flowers import Flowers, TaxonScore
from core.recognition.intervals import Count, Widening
from core.recognition.naming import band_of
from core.recognition.package import load_package
from core.recognition.taxa import UNKNOWN_FLOWER, Label, taxa_of
from core.settings import SHIPPED_MODEL

LABELS = tuple(
    Label(taxon, name, "species", genus, family, taxon, taxon, unit, "", "")
    for taxon, name, genus, family, unit in [
        ("tiger-lily", "Lilium lancifolium", "Lilium", "Liliaceae", "flower"),
        ("fire-lily", "Lilium bulbiferum", "Lilium", "Liliaceae", "flower"),
        ("wild-tulip", "Tulipa sylvestris", "Tulipa", "Liliaceae", "flower"),
        ("sunflower", "Helianthus annuus", "Helianthus", "Asteraceae", "flower head"),
        ("rose", "Rosa", "Rosa", "Rosaceae", "flower"),
    ]
)
TAXA = [label.taxon for label in LABELS]
SHIPPED = load_package(SHIPPED_MODEL).labels


def flowers(*each: tuple[float, dict[str, float]]) -> Flowers:
    boxes = np.array([[10 * i, 0, 10 * i + 8, 8] for i in range(len(each))], np.float32).reshape(-1, 4)
    taxa = tuple(
        tuple(TaxonScore(taxon, score) for taxon, score in sorted(scores.items(), key=lambda pair: -pair[1]))
        for _, scores in each
    )
    return Flowers(boxes, np.array([p for p, _ in each], np.float32), taxa)


def count(found: Flowers, *, threshold: float = 0.4, recall: float = 0.9, flag: str = ""):
    return count_flowers(found, package_labels=LABELS, threshold=threshold, recall=recall, flag=flag)


SCORES = st.lists(st.floats(0.01, 1), min_size=5, max_size=5).map(
    lambda parts: dict(zip(TAXA, np.array(parts) / sum(parts), strict=True))
)
FOUND = st.lists(st.tuples(st.floats(0.05, 1), SCORES), max_size=12)


@given(FOUND)
def test_a_higher_threshold_never_counts_more(each):
    totals = [count(flowers(*each), threshold=t / 20).total.count for t in range(1, 21)]
    assert all(a >= b for a, b in pairwise(totals))


@given(FOUND, st.floats(0.3, 1), st.sampled_from(["", "crowded"]))
def test_the_total_is_the_sum_of_its_taxa_and_lies_in_its_interval(each, recall, flag):
    counted = count(flowers(*each), recall=recall, flag=flag)
    assert (
        counted.total.count
        == sum(row.flowers.count for row in counted.taxa)
        == sum(n is not None for n in counted.names)
    )
    for one in (counted.total, *(row.flowers for row in counted.taxa)):
        assert 0 <= one.low <= one.count <= one.high
        assert one.lower_bound is bool(flag)


@given(FOUND, st.randoms(use_true_random=False))
def test_the_order_of_the_boxes_does_not_matter(each, random):
    order = list(range(len(each)))
    random.shuffle(order)
    straight, shuffled = count(flowers(*each)), count(flowers(*[each[i] for i in order]))
    assert straight.total == shuffled.total
    assert [(r.taxon, r.flowers) for r in straight.taxa] == [(r.taxon, r.flowers) for r in shuffled.taxa]
    assert [n and n.taxon for n in shuffled.names] == [straight.names[i] and straight.names[i].taxon for i in order]


@pytest.mark.parametrize(
    ("scores", "taxon", "rank", "band"),
    [
        pytest.param({"rose": 0.95}, "rose", "species", "confident", id="sure species"),
        pytest.param({"rose": 0.7, "sunflower": 0.3}, "rose", "species", "uncertain", id="likely species"),
        pytest.param({"tiger-lily": 0.48, "fire-lily": 0.46}, "lilium", "genus", "confident", id="sure genus"),
        pytest.param({"tiger-lily": 0.4, "sunflower": 0.3}, "liliaceae", "family", "uncertain", id="a mere leaning"),
        pytest.param({"tiger-lily": 0.35, "fire-lily": 0.35}, "lilium", "genus", "uncertain", id="likely genus"),
        pytest.param({"tiger-lily": 0.3, "fire-lily": 0.15, "wild-tulip": 0.3}, "liliaceae", "family", "uncertain",
                     id="family"),
        pytest.param({"rose": 0.15, "sunflower": 0.1}, "unknown", "", "unknown", id="nothing likely"),
        pytest.param({}, "unknown", "", "unknown", id="no scores"),
    ],
)  # fmt: skip
def test_a_flower_is_named_at_the_lowest_rank_that_is_likely(scores, taxon, rank, band):
    (row,) = count(flowers((0.9, scores))).taxa
    assert (row.taxon.name, row.taxon.rank, row.band) == (taxon, rank, band)


def test_an_unknown_flower_is_counted_and_called_so():
    (row,) = count(flowers((0.9, {}))).taxa
    taxon = row.taxon
    assert (row.flowers.count, taxon.scientific_name, taxon.english, taxon.dutch) == (
        1,
        "",
        "unknown flower",
        "onbekende bloem",
    )


def test_a_doubtful_flower_takes_the_kind_of_its_neighbours_and_a_sure_one_keeps_its_own():
    doubtful = {"rose": 0.48, "sunflower": 0.47}
    sure = {"rose": 0.93, "sunflower": 0.02}
    heads = [(0.9, {"sunflower": 0.97, "rose": 0.01})] * 3
    assert [n.taxon.name for n in count(flowers(*heads, (0.9, doubtful))).names if n] == ["sunflower"] * 4
    assert [n.taxon.name for n in count(flowers(*heads, (0.9, sure))).names if n] == ["sunflower"] * 3 + ["rose"]


def test_flowers_below_the_threshold_have_no_name():
    names = count(flowers((0.9, {"rose": 0.95}), (0.2, {"rose": 0.95}))).names
    assert [name and name.taxon.name for name in names] == ["rose", None]


@pytest.mark.parametrize(
    ("probabilities", "recall", "interval"),
    [
        pytest.param([], 0.9, (0, 0, 0), id="nothing"),
        pytest.param([1.0] * 4, 1.0, (4, 4, 4), id="certain"),
        pytest.param([0.5] * 10, 1.0, (10, 2, 10), id="ten coins"),
        pytest.param([1.0] * 10, 0.5, (10, 10, 25), id="half are missed"),
        pytest.param([1.0] * 40, 0.5, (40, 40, 68), id="of many relatively fewer"),
        pytest.param([1.0], 0.5, (1, 1, 1), id="of one none"),
    ],
)
def test_the_interval_is_the_poisson_binomial_widened_by_recall(probabilities, recall, interval):
    total = count(flowers(*[(p, {"rose": 1.0}) for p in probabilities]), recall=recall).total
    assert (total.count, total.low, total.high) == interval


def test_a_flagged_photo_reaches_higher():
    found = flowers(*[(0.95, {"rose": 1.0})] * 20)
    assert count(found, flag="crowded").total.high > count(found).total.high


def test_totals_over_photos_are_the_sums_of_their_rows():
    one, two = flowers((0.9, {"rose": 1.0})), flowers((0.8, {"rose": 1.0}), (0.7, {"sunflower": 1.0}))
    both = add_counts([count(one), count(two), count(flowers())])
    assert [(row.taxon.name, row.flowers.count) for row in both.taxa] == [("rose", 2), ("sunflower", 1)]
    assert both.total.count == 3
    assert both.total.high == count(one).total.high + count(two).total.high
    assert both.taxa[0].unit == "flower"


def test_bands_are_those_of_naturalis():
    rose = taxa_of(LABELS)["rose"]
    assert [band_of(rose, s) for s in (0.91, 0.9, 0.2, 0.19)] == ["confident", "uncertain", "uncertain", "unknown"]
    assert band_of(UNKNOWN_FLOWER, 0.91) == "unknown"


@given(st.lists(st.tuples(st.floats(0.01, 1), st.floats(0, 1)), min_size=1, max_size=4))
def test_a_genus_that_is_a_label_too_has_one_row(each):
    found = flowers(*[(0.9, {"primula": a * b, "cowslip": a * (1 - b), "rose": 1 - a}) for a, b in each])
    counted = count_flowers(found, package_labels=SHIPPED, threshold=0.4, recall=0.9)
    taxa = [row.taxon.name for row in counted.taxa]
    assert len(set(taxa)) == len(taxa)


def test_flowers_of_a_genus_and_of_its_label_are_counted_together():
    found = flowers((0.9, {"primula": 0.72, "cowslip": 0.25}), (0.9, {"primula": 0.4, "cowslip": 0.4}))
    counted = count_flowers(found, package_labels=SHIPPED, threshold=0.4, recall=0.9)
    assert [(row.taxon.name, row.taxon.rank, row.flowers.count) for row in counted.taxa] == [("primula", "genus", 2)]


SAID = st.dictionaries(
    st.sampled_from([*TAXA, "lilium", "liliaceae", "unknown", "orchid"]), st.integers(1, 9), max_size=4
)


@given(FOUND, SAID)
def test_what_a_person_counted_is_what_counts_and_no_taxon_has_more_boxes(each, said):
    counted = count_by_person(said, flowers(*each), package_labels=LABELS, threshold=0.4)
    assert {row.taxon.name: row.flowers for row in counted.taxa} == {t: Count(n, n, n) for t, n in said.items()}
    assert counted.total.count == counted.total.low == counted.total.high == sum(said.values())
    model = count(flowers(*each)).names
    assert all(name is None or name == by_model for name, by_model in zip(counted.names, model, strict=True))
    boxes = Counter(name.taxon.name for name in model if name)
    kept = Counter(name.taxon.name for name in counted.names if name)
    assert kept == {taxon: min(n, said.get(taxon, 0)) for taxon, n in boxes.items() if said.get(taxon)}


def test_of_too_many_boxes_the_surest_stay():
    each = [(p, {"rose": 0.99}) for p in (0.5, 0.9, 0.7)]
    names = count_by_person({"rose": 2}, flowers(*each), package_labels=LABELS, threshold=0.4).names
    assert [name is not None for name in names] == [False, True, True]


def test_a_person_counts_in_the_unit_of_the_taxon():
    rows = count_by_person(dict.fromkeys(["sunflower", "asteraceae", "lilium", "unknown", "orchid"], 1), flowers(),
                      package_labels=LABELS, threshold=0.4).taxa  # fmt: skip
    assert {row.taxon.name: (row.unit, row.taxon.rank, row.band) for row in rows} == {
        "sunflower": ("flower head", "species", "confident"),
        "asteraceae": ("flower head", "family", "confident"),
        "lilium": ("flower", "genus", "confident"),
        "unknown": ("flower", "", "unknown"),
        "orchid": ("flower", "", "confident"),
    }


@pytest.mark.parametrize(
    ("scores", "name", "confidence"),
    [
        pytest.param({"rosaceae": 0.6}, "rosaceae", 0.6, id="another rosaceous kind"),
        pytest.param({"rosaceae": 0.3, "rose": 0.3}, "rosaceae", 0.6, id="a rose, or another of its family"),
        pytest.param({"rose": 0.55, "rosaceae": 0.3}, "rose", 0.55, id="a rose more likely than not"),
        pytest.param({"rosaceae": 0.3, "rose": 0.1}, "unknown", 0.4, id="most likely of a family that has no label"),
        pytest.param({"rose": 0.8, "rosaceae": 0.1}, "rose", 0.8, id="a rose"),
        pytest.param({"lilium": 0.4, "tiger-lily": 0.4}, "lilium", 0.8, id="a lily, which one is not sure"),
        pytest.param({"tiger-lily": 0.3, "wild-tulip": 0.1}, "unknown", 0.4, id="no family from 0.2 on"),
    ],
)
def test_where_labels_stand_for_other_kinds_a_name_is_given_when_it_is_likelier_than_not(scores, name, confidence):
    labels = (
        *LABELS,
        Label("lilium", "Lilium", "genus", "Lilium", "Liliaceae", "Lilium (genus)", "", "flower", "", ""),
        Label("rosaceae", "Rosaceae", "family", "", "Rosaceae", "Rosaceae (family)", "", "flower", "", ""),
    )
    found = flowers((0.9, scores))
    (row,) = count_flowers(found, package_labels=labels, threshold=0.4, recall=0.9).taxa
    assert (row.taxon.name, row.confidence) == (name, pytest.approx(confidence, abs=1e-6))


def test_without_such_labels_a_family_is_named_from_the_score_of_the_bands():
    assert [row.taxon.name for row in count(flowers((0.9, {"tiger-lily": 0.3, "wild-tulip": 0.1}))).taxa] == [
        "liliaceae"
    ]


def test_a_photo_whose_surest_flower_is_over_nine_tenths_shows_at_least_one():
    assert count(flowers((0.92, {"rose": 0.9}))).total.low == 1
    assert count(flowers((0.88, {"rose": 0.9}))).total.low == 0


def test_an_interval_is_widened_to_the_shares_of_its_stratum_and_never_narrowed():
    widening = Widening(counts=(1, 3), low=(1.0, 0.5), high=(2.0, 1.5))

    def total(n: int) -> Count:
        found = flowers(*[(0.99, {"rose": 0.9})] * n)
        return count_flowers(found, package_labels=LABELS, threshold=0.4, recall=1.0, widening=widening).total

    assert [total(n) for n in (1, 2, 3, 10)] == [Count(1, 1, 2), Count(2, 2, 4), Count(3, 1, 5), Count(10, 5, 15)]
    unsure = flowers(*[(0.5, {"rose": 0.9})] * 4)
    wide = count_flowers(unsure, package_labels=LABELS, threshold=0.4, recall=0.5, widening=widening).total
    assert wide.high > 6
    assert wide.low == 0


def test_a_photo_with_many_doubtful_candidates_has_a_wider_interval_of_its_own():
    widening = Widening(counts=(1,), low=(1.0, 0.5), high=(1.0, 3.0), doubts=(1.0, 2.0))

    def total(*probabilities: float) -> Count:
        found = flowers(*[(p, {"rose": 0.9}) for p in probabilities])
        return count_flowers(found, package_labels=LABELS, threshold=0.4, recall=1.0, widening=widening).total

    assert total(0.99, 0.99) == Count(2, 2, 2)
    assert total(0.99, 0.99, 0.05, 0.05) == Count(2, 1, 6)


def test_no_width_of_its_stratum_makes_a_sure_flower_none():
    widening = Widening(counts=(1,), low=(0.0,), high=(2.0,))
    sure = flowers((0.92, {"rose": 0.9}))
    assert count_flowers(sure, package_labels=LABELS, threshold=0.4, recall=1.0, widening=widening).total.low == 1
