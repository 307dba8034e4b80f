"""Flowers of one name are looked through beside each other; what is said of them is a review of each photo."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.recognition.counting import count_flowers
from core.recognition.flowers import Flowers, TaxonScore
from core.recognition.likeness import in_bytes
from core.recognition.package import load_package
from core.recognition.taxa import taxa_of
from core.review.agreement import compare
from core.review.crops import CROPS, Crop, Mark, crops, redo_marks, save_marks, undo_marks
from core.review.lessons import reviewed_photos
from core.review.reviews import Said, save_review
from core.settings import SHIPPED_MODEL
from core.store.library import Library
from core.store.records import Analysis, Observation
from core.store.selection import EVERYTHING, Selection
from core.survey.counted_photos import count_photo
from tests.survey import UPLOADED, library_of, person, photo

PACKAGE = load_package(SHIPPED_MODEL)
BEN, ANNA = person("ben"), person("anna")
PHOTOS = [photo(f"{name}.jpg") for name in "abc"]
KINDS = ("oxeye-daisy", "oxeye-daisy", "sunflower")


def package_of(*_: str):
    return PACKAGE


def seen(numbers: int, *, features: np.ndarray | None = None, kinds=KINDS, sure: float = 0.95) -> Flowers:
    boxes = np.float32([[100 * n, 0, 100 * n + 80, 80] for n in range(numbers)])
    taxa = tuple((TaxonScore(kind, sure), TaxonScore("rose", 0.02)) if kind else () for kind in kinds)
    return Flowers(boxes, np.linspace(0.95, 0.8, numbers, dtype=np.float32), taxa, features)


def stored(folder: Path, *found: Flowers, flag: str = "") -> Library:
    library, analyses, rows = library_of(folder), [], []
    for record, flowers in zip(PHOTOS, found, strict=False):
        analysis = Analysis(record.photo_id, PACKAGE.name, PACKAGE.version, UPLOADED, 0.5, flag, flowers)
        counted = count_flowers(
            flowers,
            package_labels=PACKAGE.labels,
            threshold=PACKAGE.default_threshold,
            recall=PACKAGE.recall,
            widening=PACKAGE.widening,
            flag=flag,
        )
        analyses.append(analysis)
        rows += [
            Observation(
                record.photo_id, row.taxon.name, row.flowers.count, row.flowers.low, row.flowers.high, row.confidence,
                row.band, row.unit, "bloom", UPLOADED, analysis.analysis_id,
            )
            for row in counted.taxa
        ]  # fmt: skip
    library.record(PHOTOS[: len(found)], analyses, rows)
    return library


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return stored(tmp_path, seen(3), seen(3), seen(3))


def waiting(library: Library, taxon: str = "oxeye-daisy") -> list[Crop]:
    return crops(library, EVERYTHING, taxon, package_of=package_of)


def marks(some: list[Crop], taxon: str | None) -> list[Mark]:
    return [Mark(one.photo_id, one.box_xyxy, one.taxon, taxon) for one in some]


def say(library: Library, some: list[Crop], taxon: str | None, *, step: str = "s1", by=BEN) -> int:
    return save_marks(library, marks(some, taxon), step_id=step, package_of=package_of, by=by)


def counts(library: Library) -> dict[str, int]:
    table = library.observed_table()
    return {taxon: table.filter(table["taxon"].cast(str) == taxon)["count"].sum() for taxon in {*KINDS, "rose"}}


def test_every_flower_of_a_name_waits_until_a_person_signs_it(library):
    assert library.names_waiting(EVERYTHING) == {"oxeye-daisy": 6, "sunflower": 3}
    assert len(waiting(library)) == 6
    first = waiting(library)[:2]
    assert say(library, first, "oxeye-daisy") == 0
    assert {(one.photo_id, one.box_xyxy) for one in waiting(library)}.isdisjoint(
        {(one.photo_id, one.box_xyxy) for one in first}
    )
    assert say(library, waiting(library), "oxeye-daisy", step="s2") == 0
    assert waiting(library) == []
    assert library.names_waiting(EVERYTHING) == {"sunflower": 3}
    assert len(waiting(library, "sunflower")) == 3, "others of the photo still wait"


def test_a_name_rejects_accepts_and_leaves_the_rest_as_it_was(library):
    daisies = [one for one in waiting(library) if one.photo_id == PHOTOS[0].photo_id]
    say(library, daisies[:1], "rose")
    say(library, daisies[1:], None, step="s2")
    [result] = library.results_for([PHOTOS[0].photo_id])
    record = result.review.record
    assert sorted(flower.taxon for flower in record.flowers) == ["rose", "sunflower"]
    assert (record.names, record.numbers) == ("chosen", "")
    assert [record.flowers[place].taxon for place in record.looked_at] == ["rose"]
    assert counts(library) == {"oxeye-daisy": 4, "sunflower": 3, "rose": 1}


def test_who_accepts_names_signs_no_number_and_the_interval_is_the_model_s(library):
    before = library.observed_table().filter(library.observed_table()["taxon"].cast(str) == "oxeye-daisy")
    say(library, waiting(library), "oxeye-daisy")
    after = library.observed_table().filter(library.observed_table()["taxon"].cast(str) == "oxeye-daisy")
    assert (after["count_low"].to_list(), after["count_high"].to_list()) == (
        before["count_low"].to_list(), before["count_high"].to_list(),
    )  # fmt: skip
    [sunflower] = {
        row["confidence"] for row in library.observed_table().iter_rows(named=True) if row["taxon"] == "sunflower"
    }
    assert 0 < sunflower < 1, "nobody looked at it"


def said_of(library: Library) -> set[tuple[bool, str, str]]:
    """Reviewed, by whom and how, of the first photo."""
    table = library.observed_table()
    rows = table.filter(table["photo_id"].cast(str) == PHOTOS[0].photo_id).iter_rows(named=True)
    return {(row["reviewed"], row["by"], row["how"]) for row in rows}


def test_a_photo_waits_for_review_until_every_flower_of_it_was_named(tmp_path):
    library = stored(tmp_path, seen(3, sure=0.75), flag="crowded")
    photo_id, doubtful = PHOTOS[0].photo_id, Selection(attention="flagged")
    machine = f"{PACKAGE.name} {PACKAGE.version}"
    assert library.queue(doubtful, most=9) == ([photo_id], 1)
    say(library, waiting(library)[:1], "rose")
    assert library.queue(doubtful, most=9) == ([photo_id], 1)
    assert said_of(library) == {(False, machine, "")}
    assert counts(library) == {"oxeye-daisy": 1, "sunflower": 1, "rose": 1}
    assert compare(library).machine == ()
    [result] = library.results_for([photo_id])
    assert (result.reviewed, result.review.by, result.flag) == (False, "ben", "crowded")
    say(library, waiting(library), "oxeye-daisy", step="s2")
    assert said_of(library) == {(False, machine, "")}
    say(library, waiting(library, "sunflower"), None, step="s3", by=ANNA)
    assert said_of(library) == {(True, "anna", "chosen")}
    assert library.queue(doubtful, most=9) == library.queue(Selection(attention="doubtful"), most=9) == ([], 0)
    undo_marks(library, [photo_id], step_id="s3", package_of=package_of, by=ANNA)
    assert said_of(library) == {(False, machine, "")}
    assert library.names_waiting(EVERYTHING) == {"sunflower": 1}


def test_what_was_said_of_single_flowers_stays_under_the_boxes_and_the_others_keep_the_machine_s_score(tmp_path):
    library = stored(tmp_path, seen(3, sure=0.75))
    say(library, waiting(library)[:1], "rose")
    [result] = library.results_for([PHOTOS[0].photo_id])
    names = count_photo(result, package_of, None).names
    assert [(name.taxon.name, name.by_person) for name in names if name.by_person] == [("rose", True)]
    assert all(0 < name.confidence < 0.8 for name in names if not name.by_person)


def test_photos_of_which_some_flowers_were_named_teach_these_alone(tmp_path):
    library = stored(tmp_path, seen(3), seen(3))
    first = [one for one in waiting(library) if one.photo_id == PHOTOS[0].photo_id]
    say(library, first[:1], "rose")
    say(library, first[1:], None, step="s2")
    [lesson] = reviewed_photos(library, package_of, taxa_of(PACKAGE.labels))
    assert (lesson.names, lesson.number, lesson.one_kind) == (("rose",), None, "")
    assert lesson.rejected_xyxy.tolist() == [list(first[1].box_xyxy)]


def test_a_number_that_a_person_signed_stays_signed(library):
    [flower] = [one for one in waiting(library) if one.photo_id == PHOTOS[0].photo_id][:1]
    [result] = library.results_for([PHOTOS[0].photo_id])
    suggested = save_review(library, PHOTOS[0].photo_id, Said(), package=PACKAGE, by=ANNA)
    assert say(library, [flower], "rose") == 1, "nothing stands of what was marked"
    assert library.results_for([result.photo.photo_id])[0].review.record == suggested


def test_one_step_is_one_row_a_photo_and_one_entry_and_comes_twice_as_once(library):
    some = waiting(library)
    for _ in range(2):
        say(library, some, "rose")
    records = library.review_records([record.photo_id for record in PHOTOS])
    assert sorted(record.photo_id for record in records) == sorted(record.photo_id for record in PHOTOS)
    told = library.tables.query("SELECT action FROM trail WHERE action = 'review saved'", "trail")
    assert len(told) == 3


def test_a_step_is_undone_and_redone_as_a_whole(library):
    some, before = waiting(library), counts(library)
    ids = [one.photo_id for one in some]
    say(library, some[:4], "oxeye-daisy", step="s0")
    say(library, some[4:], "rose")
    renamed = counts(library)
    for _ in range(2):
        assert undo_marks(library, ids, step_id="s1", package_of=package_of, by=BEN) == 0
        assert counts(library) == before
    assert len(waiting(library)) == 2
    for _ in range(2):
        assert redo_marks(library, ids, step_id="s1", package_of=package_of, by=BEN) == 0
        assert counts(library) == renamed
    for step in ("s1", "s0"):
        undo_marks(library, ids, step_id=step, package_of=package_of, by=BEN)
    assert len(waiting(library)) == 6


def test_what_somebody_else_said_since_stands(library):
    some = waiting(library)
    save_review(library, PHOTOS[0].photo_id, Said(more={"rose": 7}), package=PACKAGE, by=ANNA)
    assert say(library, some, "sunflower") == 2
    assert counts(library) == {"oxeye-daisy": 0, "sunflower": 6, "rose": 7}
    save_review(library, PHOTOS[1].photo_id, Said(more={"rose": 1}), package=PACKAGE, by=ANNA)
    ids = [one.photo_id for one in some]
    assert undo_marks(library, ids, step_id="s1", package_of=package_of, by=BEN) == 1
    assert counts(library)["rose"] == 8


def test_the_doubtful_and_different_come_first_and_near_duplicates_last(tmp_path):
    unlike = np.random.default_rng(0).normal(size=(3, 64))
    same = np.repeat(unlike[:1], 3, axis=0) + np.random.default_rng(1).normal(0, 0.02, (3, 64))
    kinds = ("oxeye-daisy",) * 3
    library = stored(
        tmp_path,
        seen(3, kinds=kinds, features=in_bytes(np.float32(same))),
        seen(3, kinds=kinds, features=in_bytes(np.float32(unlike))),
    )
    order = [one.photo_id for one in waiting(library)]
    assert order[:3].count(PHOTOS[0].photo_id) <= 1
    assert order[3:].count(PHOTOS[0].photo_id) >= 2


def test_without_features_doubt_alone_decides(tmp_path):
    library = stored(tmp_path, seen(3, sure=0.9), seen(3, sure=0.55), seen(3, sure=0.7))
    sure = [one.sure for one in waiting(library)]
    assert sure == sorted(sure)


def test_unknown_flowers_that_look_alike_are_one_heap(tmp_path):
    kinds = np.random.default_rng(3).normal(size=(2, 64))
    looks = [np.repeat(kinds[[nth]], 3, axis=0) + np.random.default_rng(nth).normal(0, 0.1, (3, 64)) for nth in (0, 1)]
    nobody = (None, None, None)
    library = stored(
        tmp_path, *(seen(3, kinds=nobody, features=in_bytes(np.float32(look))) for look in looks), seen(3, kinds=nobody)
    )
    heaps = {}
    for one in waiting(library, "unknown"):
        heaps.setdefault(one.heap, []).append(one.photo_id)
    assert sorted(len(set(heap)) for heap in heaps.values()) == [1, 1, 1]
    assert heaps[2] == [PHOTOS[2].photo_id] * 3, "those that are like no other come last"
    say(library, [one for one in waiting(library, "unknown") if one.heap == 0], "rose")
    assert counts(library)["rose"] == 3
    assert len(waiting(library, "unknown")) == 6


def test_only_flowers_of_the_filter_wait(library):
    assert crops(library, Selection(sites=("elsewhere",)), "oxeye-daisy", package_of=package_of) == []
    assert library.names_waiting(Selection(taxa=("sunflower",))) == {"sunflower": 3}


def test_a_crowd_fills_no_page_by_itself(tmp_path):
    crowd = seen(200, kinds=("oxeye-daisy",) * 200)
    found = waiting(stored(tmp_path, crowd, seen(3)))
    assert len(found) <= CROPS
    assert {one.photo_id for one in found[:30]} == {PHOTOS[0].photo_id, PHOTOS[1].photo_id}
    assert replace(found[0], heap=None) == found[0]
