"""Every figure of the model card on photos whose figure is known beforehand."""

from __future__ import annotations

from dataclasses import replace
from math import isnan
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.recognition.flowers import Flowers, TaxonScore
from tests.core.counting_squares import LABELS, PACKAGE
from tests.training.photos import DAISY, ROSE, counted, flowers, photo, squares
from training.answers import Answer, answer
from training.breakdown import by_source, by_taxon, confusions
from training.count_figures import three_in_four
from training.figure import Figure
from training.figures import figures
from training.name_figures import name_reliability
from training.strata import interval_strata


def measured(answers: list[Answer]) -> dict[str, Figure]:
    found = figures(answers, LABELS)
    assert len({figure.key for figure in found}) == len(found)
    return {figure.key: figure for figure in found}


def value(answers: list[Answer], key: str) -> tuple[float, int]:
    figure = measured(answers)[key]
    return pytest.approx(figure.value), figure.photos


def test_photos_without_anything_known_measure_nothing():
    found = measured([counted(photo(boxed="no", name=str(n)), 2) for n in range(3)])
    assert {key for key, figure in found.items() if not isnan(figure.value)} == {"unsaid_named"}
    assert {figure.reached for figure in found.values()} == {None}


def test_perfect_answers_reach_every_target():
    answers = [
        *(counted(photo(n, taxon=DAISY, eye=(n, n, n)), n) for n in (1, 2, 5, 12)),
        *(counted(photo(n, taxon=ROSE, source="oxford102", boxed="foreground"), n, taxon=ROSE) for n in (1, 2, 5, 12)),
        counted(photo(100), 100),
        counted(photo(0), 0),
        answer(photo(3, genus="Trifolium"), flowers(squares(3), [0.9] * 3, score=0.02), PACKAGE),
    ]
    found = measured(answers)
    assert {key: figure.reached for key, figure in found.items() if figure.reached is not True} == {
        "none_counted": None,
        "others_top5": None,
        "boxes_plain_exact": None,
        "boxes_plain_within_one": None,
        "boxes_plain_error": None,
        "other_named_surely": None,
        "known_named_surely": None,
        "unsaid_named": None,
        "box_calibration": None,
        "name_calibration": None,
        **{key: None for key in found if key.endswith("_wild") or key.startswith(("wild_", "strange_"))},
    }
    assert (found["ap50"].value, found["f1"].value) == (1, 1)


def test_useless_answers_reach_none():
    answers = [
        *(counted(photo(n, taxon=DAISY, eye=(n, n, n)), 0) for n in (1, 6)),
        *(
            counted(photo(n, taxon=ROSE, source="oxford102", boxed="foreground"), n + 15, probability=0.5)
            for n in (1, 5)
        ),
        counted(photo(100), 20, probability=0.5),
        counted(photo(0), 1),
        counted(photo(3, genus="Trifolium"), 3),
        answer(photo(3, eye=(1, 3, 4)), flowers(squares(99, shift=5.1), [0.5] * 99), PACKAGE),
    ]
    reached = {key for key, figure in measured(answers).items() if figure.reached}
    assert reached == set()


@pytest.mark.parametrize(
    ("best", "low", "high", "inside", "near"),
    [
        pytest.param(4, 2, 9, 100, 100, id="as the eye"),
        pytest.param(5, 4, 5, 100, 100, id="at the low end, one less"),
        pytest.param(6, 4, 6, 100, 0, id="two less and still inside"),
        pytest.param(3, 3, 3, 0, 100, id="one more and outside"),
        pytest.param(9, 8, 9, 0, 0, id="far from it"),
    ],
)
def test_a_count_of_four_against_an_eye(best, low, high, inside, near):
    answers = [counted(photo(eye=(low, best, high)), 4)]
    assert value(answers, "eye_inside") == (inside, 1)
    assert value(answers, "eye_within_one") == (near, 1)


def test_photos_with_one_box_weigh_a_quarter_and_those_with_several_three_quarters():
    answers = [
        *(counted(photo(1), 1) for _ in range(6)),
        *(counted(photo(1), 3) for _ in range(2)),
        counted(photo(4), 4),
        counted(photo(10), 9),
        counted(photo(11), 0),
    ]
    assert value(answers, "boxes_exact") == (0.25 * 75 + 0.75 * 50, 10)
    assert value(answers, "boxes_within_one") == (0.25 * 75 + 0.75 * 100, 10)
    assert value(answers, "boxes_error") == (0.25 * 0.5 + 0.75 * 0.5, 10)
    assert value(answers, "boxes_plain_exact") == (70, 10)


@given(st.lists(st.floats(0, 9), min_size=1), st.integers(1, 5))
def test_a_sample_with_three_in_four_keeps_its_plain_mean(values, times):
    mixed = [value for value in values for _ in range(4)]
    several = [True, True, True, False] * len(values)
    assert three_in_four(mixed * times, several * times) == pytest.approx(sum(values) / len(values))


@pytest.mark.parametrize(
    ("row", "complete"),
    [
        pytest.param(photo(2, boxed="all"), True, id="all boxed"),
        pytest.param(photo(2, boxed="foreground"), False, id="only the front boxed"),
        pytest.param(photo(2, boxed="foreground", source="oxford102"), True, id="a source boxed flower by flower"),
        pytest.param(photo(2, boxed="foreground", eye=(1, 2, 9)), True, id="an eye counts no more"),
        pytest.param(photo(2, boxed="foreground", eye=(1, 3, 9)), False, id="an eye counts more"),
        pytest.param(photo(2, boxed="crowd", source="oxford102"), False, id="a crowd"),
        pytest.param(photo(0, boxed="no", eye=(0, 0, 1)), False, id="no boxes at all"),
    ],
)
def test_only_photos_boxed_completely_say_that_a_find_is_false(row, complete):
    assert row.complete == complete
    answers = [answer(row, flowers(squares(4), [0.6, 0.7, 0.8, 0.9]), PACKAGE)]
    assert measured(answers)["ap50"].photos == int(complete)


def test_finds_beside_the_boxes_lower_the_bound_and_not_the_figure():
    answers = [counted(photo(2), 2), counted(photo(2, boxed="foreground"), 4)]
    assert value(answers, "ap50") == (1, 1)
    assert measured(answers)["ap50_any"].value < 1


def test_the_edges_of_flowerbeds_are_not_trusted_but_their_number_is():
    answers = [counted(photo(squares(n, shift=8), source="flowerbed"), count) for n, count in ((40, 42), (50, 40))]
    assert measured(answers)["ap50"].photos == 0
    assert value(answers, "bed_error") == (12.5, 2)


@pytest.mark.parametrize(("boxes", "photos"), [(19, 0), (20, 1), (440, 1), (441, 0)])
def test_a_bed_has_20_to_440_flowers(boxes, photos):
    assert measured([counted(photo(boxes), boxes)])["bed_error"].photos == photos


def test_a_bed_needs_every_flower_marked():
    assert measured([counted(photo(50, boxed="crowd"), 50)])["bed_error"].photos == 0


def test_a_photo_whose_boxes_are_not_in_boxes_csv_is_counted_against_their_number():
    row = replace(photo(4), boxes_xyxy=squares(0))
    assert value([counted(row, 4)], "boxes_plain_exact") == (100, 1)


def test_flowers_in_photos_without_any():
    answers = [counted(photo(0), 0)] * 3 + [counted(photo(0), 2)]
    assert value(answers, "empty_counted") == (25, 4)
    assert measured(answers)["empty_counted"].reached is False


def test_the_interval_is_as_wide_as_half_its_ends_apart_over_the_count():
    wide = [counted(photo(eye=(1, 12, 99)), 12, probability=p) for p in (0.6, 0.9)]
    totals = [a.counted.total for a in wide]
    expected = sum(100 * (t.high - t.low) / 2 / t.count for t in totals) / 2
    ten, none = counted(photo(eye=(1, 12, 99)), 10), counted(photo(eye=(1, 12, 99)), 0)
    assert value([*wide, ten, none], "interval_width") == (expected, 2)
    assert measured([*wide, ten, none])["interval_width_eye"].photos == 3
    assert value([*wide, counted(photo(eye=(1, 9, 99)), 12)], "interval_width_eye") == (expected, 2)
    assert value([*wide, ten, none], "interval_holds") == (50, 4)


def test_top_1_by_the_most_counted_taxon_and_by_all_scores_differ_as_they_should():
    scores = (TaxonScore(DAISY, 0.71), TaxonScore(ROSE, 0.29)), (TaxonScore(ROSE, 0.9),)
    row = photo(2, taxon=DAISY)
    found = answer(row, Flowers(squares(2), np.array([0.9, 0.45], np.float32), scores), PACKAGE)
    assert (found.named, found.ranked) == (DAISY, (ROSE, DAISY))
    assert [value([found], f"species_{key}")[0] for key in ("top1_counted", "top1", "top5")] == [100, 0, 100]


def test_other_people_s_photos_are_those_outside_the_main_collections():
    answers = [
        counted(photo(1, taxon=DAISY, source="oxford102"), 1),
        counted(photo(1, taxon=DAISY, source="oxford17"), 1),
        counted(photo(1, taxon=DAISY, source="mine"), 1, taxon=ROSE),
    ]
    assert value(answers, "species_top1") == (pytest.approx(200 / 3), 3)
    assert value(answers, "others_top1") == (0, 1)


@pytest.mark.parametrize(
    ("score", "named", "surely"),
    [
        pytest.param(0.95, 100, 100, id="confident"),
        pytest.param(0.7, 100, 0, id="uncertain"),
        pytest.param(0.3, 0, 0, id="only the family"),
        pytest.param(0.1, 0, 0, id="unknown flower"),
    ],
)
def test_a_name_is_a_species_or_genus_that_is_not_unknown(score, named, surely):
    answers = [answer(photo(2, genus="Trifolium"), flowers(squares(2), [0.9] * 2, score=score), PACKAGE)]
    assert value(answers, "other_named") == (named, 1)
    assert value(answers, "other_named_surely") == (surely, 1)
    answers = [answer(photo(2, taxon=DAISY), flowers(squares(2), [0.9] * 2, score=score), PACKAGE)]
    assert value(answers, "known_named") == (named, 1)
    assert value(answers, "known_named_surely") == (surely, 1)


def test_only_photos_whose_genus_is_said_and_is_not_ours_are_of_another_genus():
    answers = [
        counted(photo(1, genus="Trifolium"), 0),
        counted(photo(1, genus="Trifolium Lotus"), 1),
        counted(photo(1, genus="Trifolium Rosa"), 1),
        counted(photo(1, genus="Rosa"), 1),
        counted(photo(1), 1),
        counted(photo(0), 1),
    ]
    assert value(answers, "other_named") == (50, 2)
    assert value(answers, "unsaid_named") == (100, 1)


def test_a_genus_or_family_that_is_right_counts_as_right_for_the_confidence_of_names():
    split = (TaxonScore(ROSE, 0.34), TaxonScore(DAISY, 0.1))
    family = answer(photo(1, taxon=ROSE), Flowers(squares(1), np.array([0.9], np.float32), (split,)), PACKAGE)
    assert family.named == "rosaceae"
    wrong = counted(photo(1, taxon=ROSE), 1)
    low, high = name_reliability([family, wrong], LABELS)
    assert (low.n, low.right, high.n, high.right) == (1, 1, 1, 0)


def test_confusions_are_counted_and_the_most_frequent_comes_first():
    answers = [
        *(counted(photo(1, taxon=DAISY), 1, taxon=ROSE) for _ in range(2)),
        counted(photo(1, taxon=ROSE), 0),
        counted(photo(1, taxon=ROSE), 1, taxon=ROSE),
        counted(photo(1, taxon="not-ours"), 1),
    ]
    assert [(c.taxon, c.named, c.photos) for c in confusions(answers, LABELS)] == [(DAISY, ROSE, 2), (ROSE, "", 1)]


def test_each_photo_counted_by_eye_is_in_a_stratum_of_each_sort():
    many = [counted(photo(n, eye=(1, 2, 3)), n) for n in (0, 1, 2, 5, 12)]
    found = {s.name: (s.photos, s.held) for s in interval_strata([*many, counted(photo(1), 1)])}
    assert {name: photos for name, (photos, _) in found.items() if "counted" in name} == {
        "none counted": 1, "1 counted": 1, "2-3 counted": 1, "4-10 counted": 1, "more than 10 counted": 1
    }  # fmt: skip
    assert found["flowers under 9 % of the long side"][0] == 4
    assert found["none counted"][1] == found["more than 10 counted"][1] == 0
    assert found["2-3 counted"][1] == 1
    assert "flagged" not in found, "no photo is"


def some_answers(seed: int) -> list[Answer]:
    random = np.random.default_rng(seed)
    made = []
    for n in range(12):
        boxes = int(random.integers(0, 30))
        row = photo(
            boxes,
            name=str(n),
            source=str(random.choice(["a", "oxford102", "flowerbed"])),
            taxon=str(random.choice([DAISY, ROSE, ""])) if boxes else "",
            boxed=str(random.choice(["all", "foreground", "crowd"])),
            eye=(boxes, boxes, boxes) if random.random() < 0.5 else None,
        )
        found = int(random.integers(0, 30))
        made.append(answer(row, flowers(squares(found), random.uniform(0.05, 1, found).tolist()), PACKAGE))
    return made


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.randoms())
def test_the_order_of_the_photos_does_not_matter(seed, order):
    answers = some_answers(seed)
    shuffled = measured(order.sample(answers, len(answers)))
    for key, figure in measured(answers).items():
        assert shuffled[key].value == pytest.approx(figure.value, nan_ok=True)
        assert shuffled[key].photos == figure.photos


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6))
def test_sources_and_taxa_add_up_to_the_whole(seed):
    answers = some_answers(seed)
    found, sources, taxa = measured(answers), by_source(answers, LABELS), by_taxon(answers, LABELS)
    kinds = found["species_top1"].photos
    assert sum(part.photos for part in sources) == len(answers)
    assert sum(part.kinds for part in sources) == sum(part.kinds for part in taxa) == kinds
    assert sum(part.eye for part in sources) == found["eye_inside"].photos
    assert sum(part.empty for part in sources) == found["empty_counted"].photos
    named = sum(part.named for part in taxa)
    assert named + sum(c.photos for c in confusions(answers, LABELS)) == kinds
    if kinds:
        assert found["species_top1_counted"].value == pytest.approx(100 * named / kinds)


def test_the_photos_of_the_shared_folder_know_their_genus():
    data = Path(__file__).parents[3] / "shared" / "data"
    if not (data / "photos.csv").exists():
        pytest.skip("needs ../shared/data")
    from training.dataset import read_dataset

    rows = read_dataset(data)
    assert {row.genus for row in rows if row.taxon and not row.wild} == {""}
    assert all(row.genus and row.family for row in rows if row.wild)
    assert sum(row.genus == "Actinidia" for row in rows) == 150
    assert {row.genus for row in rows if row.source == "korea21" and not row.taxon} == {
        "", "Freesia", "Hydrangea", "Lilium", "Paeonia", "Pulsatilla", "Rosa",
    }  # fmt: skip
