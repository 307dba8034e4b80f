"""Photos that were counted long ago are named by the list that holds now, without the networks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.bloomcount import Bloomcount, assemble
from core.exports.csv import stored_rows
from core.exports.stored import Stored
from core.flora.plants import Plant
from core.intake.corrections import correct
from core.intake.naming_again import NamingAgain
from core.intake.pipeline import accept
from core.intake.worker import Worker
from core.recognition.name_lists import EVERYWHERE, NameList, flora_list
from core.review.reviews import Said, save_review
from core.settings import Settings
from core.store.records import Drop
from tests.core.counting_squares import PACKAGE, Squares, photo_of
from tests.people import ADMIN
from tests.survey import person

OWN = NameList("own 1a2b3c", (Plant("Bellis perennis", "species", "Bellis", "Asteraceae"),))
DROP = Drop("20260501T102030-ab12", "dunes", "", "anna")
DAISY, FAMILY = "oxeye-daisy", "asteraceae"


@pytest.fixture
def bloom(tmp_path: Path) -> Bloomcount:
    """A store with two photos of the dunes, one of three daisies and one of none."""
    bloom = assemble(Settings(store=str(tmp_path / "store"), lease_s=1.0))
    for flowers in (3, 0):
        accept(bloom.library, bloom.inbox, photo_of(flowers), file=f"{flowers}.jpg", drop=DROP)
    Worker(bloom.library, bloom.inbox, Squares, bloom.settings).count_all()
    return bloom


def naming(bloom: Bloomcount) -> NamingAgain:
    def lists():
        return bloom.models.names.all().lists

    return NamingAgain(bloom.library, lists, lambda *_: replace(PACKAGE, name_lists=lists()))


def stored(bloom: Bloomcount) -> list[tuple[str, int, str]]:
    rows = stored_rows(Stored(bloom.library, PACKAGE.labels, lambda *_: PACKAGE))
    return [(row["taxon"], row["count"], row["name_list"]) for row in rows]


def test_a_list_names_the_counted_photos_anew_once_and_exports_say_so(bloom):
    assert stored(bloom) == [(DAISY, 3, ""), ("", 0, "")]
    job = naming(bloom)
    assert job.some() == 0
    bloom.models.names.let(OWN, [EVERYWHERE], by=ADMIN)
    assert [job.some(), job.some(), naming(bloom).some()] == [1, 0, 0]
    assert stored(bloom) == [(FAMILY, 3, OWN.title), ("", 0, "")]
    assert assemble(bloom.settings).library.counts_by_model([photo_id(bloom)])[photo_id(bloom)] == {
        "": (3, 3, 3),
        FAMILY: (3, 3, 3),
    }


def photo_id(bloom: Bloomcount) -> str:
    return next(r.photo.photo_id for batch in bloom.library.export_results() for r in batch if r.photo.file == "3.jpg")


def test_all_names_come_back_when_they_are_let_again(bloom):
    for name_list in (OWN, None):
        bloom.models.names.let(name_list, [EVERYWHERE], by=ADMIN)
        naming(bloom).some()
    assert stored(bloom)[0] == (DAISY, 3, "")
    assert stored(assemble(bloom.settings))[0] == (DAISY, 3, "")


def test_a_photo_that_moves_to_another_site_is_named_by_the_list_of_that_site(bloom):
    bloom.models.names.let(flora_list(), [EVERYWHERE], by=ADMIN)
    bloom.models.names.let(OWN, ["heath"], by=ADMIN)
    job = naming(bloom)
    job.some()
    assert stored(bloom)[0] == (DAISY, 3, "Flora of the Netherlands")
    correct(bloom.library, bloom.library.photo(photo_id(bloom)), site="heath", note="", by=person("anna"))
    assert job.some() == 1
    assert stored(bloom)[0] == (FAMILY, 3, OWN.title)


def test_what_a_person_said_stays(bloom):
    save_review(bloom.library, photo_id(bloom), Said(more={"rosa": 2}), package=PACKAGE, by=person("anna"))
    bloom.models.names.let(OWN, [EVERYWHERE], by=ADMIN)
    assert naming(bloom).some() == 0
    assert stored(bloom)[0] == ("rosa", 2, "")


def test_new_photos_are_named_by_the_list_at_once(bloom):
    bloom.models.names.let(OWN, ["dunes"], by=ADMIN)
    squares = Squares()
    squares.package = replace(PACKAGE, name_lists=bloom.models.names.all().lists)
    accept(bloom.library, bloom.inbox, photo_of(2), file="2.jpg", drop=DROP)
    Worker(bloom.library, bloom.inbox, lambda: squares, bloom.settings).count_all()
    assert (FAMILY, 2, OWN.title) in stored(bloom)


def test_a_worker_with_nothing_to_count_names_anew(bloom):
    bloom.models.names.let(OWN, [EVERYWHERE], by=ADMIN)
    worker = Worker(bloom.library, bloom.inbox, Squares, bloom.settings, naming(bloom).some)
    worker.start()
    try:
        for _ in range(200):
            if stored(bloom)[0][0] == FAMILY:
                break
            bloom.inbox.arrived.wait(0.05)
    finally:
        worker.stop()
    assert stored(bloom)[0] == (FAMILY, 3, OWN.title)
