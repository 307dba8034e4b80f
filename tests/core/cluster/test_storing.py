"""Rows of a cluster are stored in batches; a store that is away for a while is waited for, and no longer."""

from __future__ import annotations

import secrets
import sys

import pytest

from core.__main__ import main
from core.bloomcount import assemble
from core.cluster.jobs import IngestJob, Taken, is_known, known_photos
from core.cluster.storing import TRIES, Storing
from core.errors import StoreError
from core.intake.pipeline import finish, kept
from core.intake.sources import Source
from core.settings import PhotoLimits, Settings
from core.store.library import Library
from core.store.records import Drop
from tests.core.counting_squares import Squares, photo_of

DROP = Drop("20261201T120000.000000-00000000", "plot 3", "", "anna")


def taken(library: Library, number: int) -> Taken:
    data, file = photo_of(2, number=number), f"{number}.jpg"
    ticket = kept(library, data, file=file, drop=DROP)
    return Taken(file, finish(library, data, ticket, Squares(), limits=PhotoLimits()))


@pytest.mark.parametrize("failures", [pytest.param(TRIES - 1, id="away"), pytest.param(TRIES, id="gone")])
def test_a_store_that_is_away_is_waited_for_and_one_that_is_gone_ends_the_run(tmp_path, monkeypatch, failures):
    bloom = assemble(Settings(store=str(tmp_path)))
    photos, left, pauses = [taken(bloom.library, number) for number in range(3)], [failures], list[float]()
    record = Library.record

    def sometimes(*rows: object) -> None:
        left[0] -= 1
        if left[0] >= 0:
            raise StoreError("The store is away.")
        record(*rows)  # type: ignore[arg-type]

    monkeypatch.setattr(Library, "record", sometimes)

    def run() -> None:
        with Storing(bloom, say=lambda _: None, pause=pauses.append) as storing:
            for photo in photos:
                storing.add(photo)

    if failures < TRIES:
        run()
        assert len(bloom.library.drop_results(DROP.drop_id)) == 3
    else:
        with pytest.raises(StoreError):
            run()
    assert len(pauses) == TRIES - 1


def test_a_photo_that_no_worker_could_finish_has_a_row_with_its_problem_and_one_that_is_gone_is_named(tmp_path):
    bloom, heard = assemble(Settings(store=str(tmp_path))), list[str]()
    job = IngestJob("", bloom.settings, DROP, known_photos([]))
    with Storing(bloom, say=heard.append) as storing:
        storing.add(job.failed(Source("a.jpg", lambda: photo_of(2)), "a.jpg is set aside."))
        storing.add(job.failed(Source("gone.jpg", (tmp_path / "gone.jpg").read_bytes), "gone.jpg is away."))
    assert heard == ["a.jpg is set aside.", "gone.jpg is away."]
    assert (storing.outcome.photos, storing.outcome.failed) == (1, 2)
    (result,) = bloom.library.drop_results(DROP.drop_id)
    assert (result.photo.file, result.problem, result.analysis) == ("a.jpg", "a.jpg is set aside.", None)


def test_known_photos_are_told_from_all_others():
    ids = [secrets.token_hex(32) for _ in range(500)] + ["00" * 32, "ff" * 31 + "00"]
    known = known_photos(ids[::2])
    assert [is_known(photo_id, known) for photo_id in ids] == [number % 2 == 0 for number in range(len(ids))]
    assert not is_known(ids[0], known_photos([]))


def test_without_ray_the_command_says_what_to_install(tmp_path, monkeypatch, capsys):
    (tmp_path / "a.jpg").write_bytes(photo_of(1))
    monkeypatch.delitem(sys.modules, "core.cluster.connection", raising=False)
    monkeypatch.setitem(sys.modules, "ray", None)
    assert main(["count", str(tmp_path), "--ray", "local"]) == 2
    assert capsys.readouterr().err.startswith("Ray is not installed here. Install what requirements.txt lists")
