"""The photos of a drop in an order that people expect, and those that were here already."""

from __future__ import annotations

from core.intake.progress import DropProgress, in_order, movable_to
from core.store.records import PhotoResult, SeenAgain
from tests.survey import UPLOADED, person, photo


def _files(order, *photos):
    return [result.photo.file for result in in_order([PhotoResult(one, None) for one in photos], order)]


def test_names_are_in_the_order_of_their_numbers():
    names = ("IMG_10.jpg", "img_2.jpg", "b.jpg", "IMG_1.jpg", "²3.jpg")
    assert _files("file", *map(photo, names)) == ["b.jpg", "IMG_1.jpg", "img_2.jpg", "IMG_10.jpg", "²3.jpg"]


def test_the_first_taken_comes_first_and_the_undated_last():
    early, late = photo("z.jpg", taken_at="2026-06-12T09:00:00+02:00"), photo("a.jpg", taken_at="2026-06-12T10:00:00")
    assert _files("taken", photo("0.jpg", taken_at=None), late, early) == ["z.jpg", "a.jpg", "0.jpg"]


def test_a_person_is_offered_to_move_their_own_photos_to_the_site_typed_now_and_a_lead_all():
    mine, theirs, same = photo("a", site=""), photo("b", uploaded_by="ben"), photo("c", site="wood")
    seen = [SeenAgain("d9", one.photo_id, "anna", UPLOADED, " wood", "", one.file) for one in (mine, theirs, same)]
    progress = DropProgress([PhotoResult(one, None) for one in (mine, theirs, same)], 0, seen, [])
    assert movable_to(progress, by=person("anna")) == {"wood": 1}
    assert movable_to(progress, by=person("lea", "lead")) == {"wood": 2}
    none = [SeenAgain("d9", mine.photo_id, "anna", UPLOADED, "", "", "a")]
    assert movable_to(DropProgress([PhotoResult(mine, None)], 0, none, []), by=person("anna")) == {}
