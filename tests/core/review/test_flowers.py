"""A review is kept flower by flower, and is undone as far back as one likes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.recognition.flowers import Flowers, TaxonScore
from core.recognition.package import load_package
from core.review.reviews import (
    NothingToUndo,
    Said,
    history,
    save_review,
    standing,
    suggestion,
    undo_review,
)
from core.settings import SHIPPED_MODEL
from core.store.library import Library
from core.store.records import Analysis, Observation, ReviewedFlower
from core.survey.counted_photos import count_photos
from tests.counts_saved import redo_review, save_counts
from tests.survey import UPLOADED, library_of, person, photo

PACKAGE = replace(load_package(SHIPPED_MODEL), name="bloom", version="1.0")
BEN, ANNA = person("ben"), person("anna")
PHOTO = photo("a")
BOXES = np.array([[0, 0, 10, 10], [10, 0, 20, 10], [20, 0, 30, 10], [0, 20, 4, 24]], np.float32)
TAXA = ("oxeye-daisy", "oxeye-daisy", "sunflower", "sunflower")
FOUND = Flowers(BOXES, np.array([0.9, 0.95, 0.9, 0.1], np.float32), tuple((TaxonScore(taxon, 0.95),) for taxon in TAXA))


def stored(folder: Path, flag: str = "") -> Library:
    library = library_of(folder)
    analysis = Analysis(PHOTO.photo_id, "bloom", "1.0", UPLOADED, 0.5, flag, FOUND)
    row = Observation(
        PHOTO.photo_id, "", 0, 1, 9, 0.9, "confident", "flower", "bloom 1.0", UPLOADED, analysis.analysis_id
    )
    library.record(
        [PHOTO], [analysis], [replace(row, taxon="oxeye-daisy", count=2), replace(row, taxon="sunflower", count=1)]
    )
    return library


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return stored(tmp_path)


def result(library: Library):
    return library.results_for([PHOTO.photo_id])[0]


def observed(library: Library) -> dict[str, tuple[int, int, int, str | None]]:
    rows = library.observed_table().iter_rows(named=True)
    return {row["taxon"]: (row["count"], row["count_low"], row["count_high"], row["how"]) for row in rows}


def save(library: Library, said: Said, by=BEN):
    return save_review(library, PHOTO.photo_id, said, package=PACKAGE, by=by)


def test_a_suggestion_is_every_counted_flower_with_its_candidate_the_surest_first(library):
    flowers = suggestion(result(library).analysis, PACKAGE)
    assert [(flower.candidate, flower.taxon) for flower in flowers] == [
        (1, "oxeye-daisy"), (0, "oxeye-daisy"), (2, "sunflower"),
    ]  # fmt: skip
    assert flowers[0].box_xyxy == (10, 0, 20, 10)


def test_boxes_names_and_what_nobody_can_box_come_back_as_they_were_left(library):
    suggested = suggestion(result(library).analysis, PACKAGE)
    drawn = ReviewedFlower((1.5, 2.25, 3.0, 4.0), "centaurea-jacea", None)
    said = Said(flowers=(suggested[0], suggested[2]._replace(taxon="wild-carrot"), drawn), more={"wild-carrot": 12})
    save(library, said)
    back = standing(result(library), PACKAGE)
    assert (back.flowers, back.more) == (said.flowers, {"wild-carrot": 12})
    one, thirteen = (1, 1, 1, "chosen"), (13, 13, 13, "chosen")
    assert observed(library) == {"wild-carrot": thirteen, "oxeye-daisy": one, "centaurea-jacea": one}
    [counted] = count_photos([result(library)], package_of=lambda *_: PACKAGE, threshold=None).photos
    assert [name.taxon.scientific_name for name in counted.count.names] == [
        "Leucanthemum vulgare", "Daucus carota", "Centaurea jacea",
    ]  # fmt: skip
    assert counted.boxes.boxes_xyxy.tolist()[2] == [1.5, 2.25, 3.0, 4.0]
    assert {row.taxon.name: row.unit for row in counted.count.taxa}["centaurea-jacea"] == "flower head"


@pytest.mark.parametrize(
    ("change", "names", "numbers"),
    [
        pytest.param(lambda said: said, "accepted", "accepted", id="as suggested"),
        pytest.param(lambda said: Said(flowers=said.flowers[1:]), "accepted", "chosen", id="one less"),
        pytest.param(lambda said: replace(said, more={"sunflower": 3}), "accepted", "chosen", id="more of a taxon"),
        pytest.param(lambda said: replace(said, more={"tagetes": 3}), "chosen", "chosen", id="more of another"),
        pytest.param(
            lambda said: Said(flowers=(said.flowers[0]._replace(taxon="rose"), *said.flowers[1:])),
            "chosen", "accepted", id="another name",
        ),
        pytest.param(
            lambda said: replace(said, signs_numbers=False), "accepted", "", id="names alone",
        ),
        pytest.param(lambda said: replace(said, signs_names=False), "", "accepted", id="numbers alone"),
        pytest.param(lambda said: replace(said, sample_id="s"), "blind", "blind", id="a blind recount"),
    ],
)  # fmt: skip
def test_names_and_numbers_are_signed_apart_and_how_is_kept(library, change, names, numbers):
    record = save(library, change(standing(result(library), PACKAGE)))
    assert (record.names, record.numbers) == (names, numbers)
    assert library.review_records([PHOTO.photo_id]) == [record]


def test_who_signs_names_alone_leaves_the_number_as_unsure_as_it_was(library):
    flowers = suggestion(result(library).analysis, PACKAGE)
    save(library, Said(flowers=tuple(flower._replace(taxon="rose") for flower in flowers), signs_numbers=False))
    count, low, high, how = observed(library)["rose"]
    assert (count, how) == (3, "chosen")
    assert low < high


def test_a_flagged_photo_is_confirmed_as_a_lower_bound_and_says_so(tmp_path):
    library = stored(tmp_path, flag="crowded")
    save(library, replace(standing(result(library), PACKAGE), at_least=True))
    assert library.observed_table()["flag"].to_list() == ["crowded"] * 2
    assert result(library).flag == "crowded"
    [counted] = count_photos([result(library)], package_of=lambda *_: PACKAGE, threshold=None).photos
    assert counted.count.total.lower_bound
    save(library, standing(replace(result(library), review=None), PACKAGE))
    assert library.observed_table()["flag"].to_list() == [""] * 2
    assert result(library).flag == ""


def test_undo_goes_as_far_back_as_one_likes_and_redo_forward_again(library):
    machine, seen = observed(library), []
    for by, count in ((BEN, 5), (ANNA, 6), (BEN, 7)):
        save_counts(library, PHOTO.photo_id, {"sunflower": count}, package=PACKAGE, by=by)
        seen.append((observed(library), result(library).review.by))
    for expected in (seen[1], seen[0]):
        undo_review(library, PHOTO.photo_id, package=PACKAGE, by=BEN)
        assert (observed(library), result(library).review.by) == expected
    undo_review(library, PHOTO.photo_id, package=PACKAGE, by=BEN)
    assert (observed(library), result(library).review) == (machine, None)
    with pytest.raises(NothingToUndo, match="no review to undo"):
        undo_review(library, PHOTO.photo_id, package=PACKAGE, by=BEN)
    for expected in seen:
        redo_review(library, PHOTO.photo_id, package=PACKAGE, by=BEN)
        assert (observed(library), result(library).review.by) == expected
    with pytest.raises(NothingToUndo, match="nothing to redo"):
        redo_review(library, PHOTO.photo_id, package=PACKAGE, by=BEN)
    assert len(library.review_records([PHOTO.photo_id])) == 9


def test_after_a_new_review_nothing_is_redone(library):
    save_counts(library, PHOTO.photo_id, {"sunflower": 5}, package=PACKAGE, by=BEN)
    undo_review(library, PHOTO.photo_id, package=PACKAGE, by=BEN)
    save_counts(library, PHOTO.photo_id, {"sunflower": 6}, package=PACKAGE, by=BEN)
    with pytest.raises(NothingToUndo):
        redo_review(library, PHOTO.photo_id, package=PACKAGE, by=BEN)
    assert [record.counts for record in history(library, PHOTO.photo_id).holding] == [{"sunflower": 6}]


def test_nobody_undoes_unseen_what_another_person_said_since(library):
    mine = save_counts(library, PHOTO.photo_id, {"sunflower": 5}, package=PACKAGE, by=BEN)
    save_counts(library, PHOTO.photo_id, {"sunflower": 6}, package=PACKAGE, by=ANNA)
    with pytest.raises(NothingToUndo, match="anna has reviewed this photo since"):
        undo_review(library, PHOTO.photo_id, package=PACKAGE, by=BEN, of=mine.review_id)
    assert [record.by for record in history(library, PHOTO.photo_id).holding] == ["ben", "anna"]


def test_a_review_whose_observations_never_came_was_never_said(library, monkeypatch):
    machine = observed(library)
    append = library.tables.append

    def dies(table, rows):
        if table == "observations":
            raise KeyboardInterrupt
        append(table, rows)

    monkeypatch.setattr(library.tables, "append", dies)
    with pytest.raises(KeyboardInterrupt):
        save_counts(library, PHOTO.photo_id, {"sunflower": 5}, package=PACKAGE, by=BEN)
    monkeypatch.undo()
    assert (observed(library), result(library).review) == (machine, None)
    assert library.review_records([PHOTO.photo_id]) == []


def test_reviews_of_version_1_0_hold_and_can_be_undone_and_redone(library):
    old = Observation(
        PHOTO.photo_id, "rose", 4, 4, 4, 1.0, "confident", "flower", "lea", UPLOADED, None, "of 1.0"
    )  # fmt: skip
    library.record([], [], [old])
    machine_boxes = standing(result(library), PACKAGE)
    assert (machine_boxes.flowers, machine_boxes.more) == ((), {"rose": 4})
    assert observed(library) == {"rose": (4, 4, 4, None)}
    save_counts(library, PHOTO.photo_id, {"sunflower": 1}, package=PACKAGE, by=BEN)
    undo_review(library, PHOTO.photo_id, package=PACKAGE, by=BEN)
    assert (result(library).review.by, result(library).review.counts) == ("lea", {"rose": 4})
