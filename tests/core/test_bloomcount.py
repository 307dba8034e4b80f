"""The one place where settings become a working Bloomcount."""

from __future__ import annotations

from core.bloomcount import assemble
from core.intake.pipeline import accept
from core.intake.worker import Worker
from core.settings import Settings
from core.store.records import Drop
from tests.core.counting_squares import Squares, photo_of


def dropped(bloom, drop_id: str, *, by: str = "anna", flowers: int = 3) -> None:
    accept(bloom.library, bloom.inbox, photo_of(flowers), file="a.jpg", drop=Drop(drop_id, "", "", by))


def test_two_that_are_assembled_alike_see_the_same_store(tmp_path):
    one, other = (assemble(Settings(store=str(tmp_path))) for _ in range(2))
    dropped(one, "20260501T000000-aa")
    assert len(other.inbox.waiting()) == 1
    Worker(other.library, other.inbox, Squares, other.settings).count_all()
    assert [r.photo.file for r in one.library.drop_results("20260501T000000-aa")] == ["a.jpg"]


def test_it_works_on_s3_as_in_a_folder(s3_settings):
    bloom = assemble(s3_settings)
    dropped(bloom, "20260501T000000-aa")
    Worker(bloom.library, bloom.inbox, Squares, bloom.settings).count_all()
    (result,) = bloom.library.drop_results("20260501T000000-aa")
    assert len(result.analysis.flowers) == 3
    assert bloom.inbox.waiting() == []


def test_assembling_touches_nothing(tmp_path):
    assemble(Settings(store=str(tmp_path / "store")))
    assert not (tmp_path / "store").exists()


def test_the_newest_drop_of_a_person_may_be_counted_or_waiting(tmp_path):
    bloom = assemble(Settings(store=str(tmp_path)))
    assert bloom.latest_drop("anna") is None
    dropped(bloom, "20260501T000000-aa")
    Worker(bloom.library, bloom.inbox, Squares, bloom.settings).count_all()
    assert bloom.latest_drop("anna") == "20260501T000000-aa"
    dropped(bloom, "20260502T000000-bb", flowers=4)
    dropped(bloom, "20260503T000000-cc", by="ben")
    assert bloom.latest_drop("anna") == "20260502T000000-bb"
