"""Photos counted by real workers on a Ray cluster of three machines: each once, whatever ends, as in the app."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from ray.cluster_utils import Cluster

from core.__main__ import main
from core.bloomcount import Bloomcount, assemble
from core.cluster.connection import joined
from core.cluster.crew import IS_SET_ASIDE, Crew, NoWorkers
from core.cluster.jobs import CountJob, IngestJob, known_photos, said
from core.cluster.storing import Outcome, Storing
from core.intake.pipeline import accept
from core.intake.sources import each_photo
from core.intake.worker import Worker
from core.settings import PhotoLimits, Settings
from core.store.blobs import S3Blobs
from core.store.records import Drop
from core.store.s3 import Bucket
from tests.core.cluster.workers import ENDS_OVER, Ends, blind, slow_squares, three_machines
from tests.core.counting_squares import PACKAGE, Squares, photo_of
from tests.s3 import S3Server

DROP = Drop("20261201T120000.000000-00000000", "plot 3", "after rain", "anna")
BROKEN = b"\xff\xd8\xff\xe0 no more of it"
PHOTOS = 60
TIMES = {"uploaded_at", "analysed_at", "seconds", "at"}


@pytest.fixture(scope="module")
def machines(s3_server: S3Server) -> Iterator[Cluster]:
    """The cluster; its workers may read the tests' S3."""
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in s3_server.environment.items():
            patch.setenv(variable, value)
        with three_machines() as cluster:
            yield cluster


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """PHOTOS photos, and one that is broken."""
    folder = tmp_path / "card"
    folder.mkdir()
    for number in range(PHOTOS):
        (folder / f"{number:02}.jpg").write_bytes(photo_of(number % 7, kind=number % 2, number=number))
    (folder / "broken.jpg").write_bytes(BROKEN)
    return folder


def job(bloom: Bloomcount) -> IngestJob:
    known = known_photos(bloom.library.counted_photos(PACKAGE.name, PACKAGE.version))
    return IngestJob(said(PACKAGE), bloom.settings, DROP, known, slow_squares)


def ingested(bloom: Bloomcount, job: IngestJob, folder: Path, *, lose: Cluster | None = None) -> Outcome:
    """As the command does it; a machine is lost when a quarter is done."""
    heard: list[str] = []
    sources = each_photo([str(folder)], s3_endpoint=None)
    with Storing(bloom, say=heard.append) as storing, closing(Crew(job, say=heard.append).results(sources)) as results:
        for done, taken in enumerate(results):
            storing.add(taken)
            if lose and done == PHOTOS // 4:
                lose.remove_node(sorted(lose.worker_nodes, key=str)[0], allow_graceful=False)
    assert not lose or any("A worker ended" in sentence for sentence in heard)
    return storing.outcome


def rows(bloom: Bloomcount, table: str) -> list[str]:
    """All rows of a table but for the times in them."""
    found = bloom.library.tables.query(f"SELECT * FROM {table}", table).to_pylist()
    return sorted(repr({name: value for name, value in row.items() if name not in TIMES}) for row in found)


def test_a_machine_is_lost_and_every_photo_is_stored_once_as_the_app_stores_it(machines, card, tmp_path):
    spread, app = (assemble(Settings(store=str(tmp_path / name))) for name in ("spread", "app"))
    with joined(machines.address):
        outcome = ingested(spread, job(spread), card, lose=machines)
    assert (outcome.photos, outcome.failed, outcome.again) == (PHOTOS + 1, 1, 0)
    for source in each_photo([str(card)], s3_endpoint=None):
        accept(app.library, app.inbox, source.read(), file=source.file, drop=DROP)
    Worker(app.library, app.inbox, Squares, app.settings).count_all()
    assert len(rows(app, "photos")) == PHOTOS + 1
    for table in ("photos", "analyses", "observations"):
        assert rows(spread, table) == rows(app, table)


def test_what_is_stored_is_not_counted_again_and_failures_are_rows_with_a_problem(machines, card, tmp_path):
    bloom = assemble(Settings(store=str(tmp_path / "store")))
    for number in range(0, PHOTOS, 2):
        photo = card / f"{number:02}.jpg"
        accept(bloom.library, bloom.inbox, photo.read_bytes(), file=photo.name, drop=DROP)
    Worker(bloom.library, bloom.inbox, Squares, bloom.settings).count_all()
    before = rows(bloom, "analyses")
    blinded = IngestJob(**{name: getattr(job(bloom), name) for name in IngestJob.__slots__} | {"recogniser": blind})
    with joined(machines.address):
        outcome = ingested(bloom, blinded, card)
    assert outcome.failed == PHOTOS // 2 + 1
    assert rows(bloom, "analyses") == before
    problems = {result.photo.file: result.photo.problem for result in bloom.library.drop_results(DROP.drop_id)}
    assert len(problems) == PHOTOS + 1
    assert problems["00.jpg"] == ""
    assert problems["01.jpg"].startswith("01.jpg could not be counted: ZeroDivisionError")
    assert problems["broken.jpg"] != ""


def test_a_photo_that_ends_every_worker_is_set_aside_and_the_others_are_counted_in_order(machines, card):
    (card / "05.jpg").write_bytes(photo_of(ENDS_OVER))
    counting = CountJob(said(PACKAGE), Ends, PhotoLimits())
    sources = list(each_photo([str(card)], s3_endpoint=None))[:12]
    with joined(machines.address):
        results = list(Crew(counting, say=lambda _: None).results(sources))
        with pytest.raises(NoWorkers, match="A worker is Bloomcount"):
            list(Crew(CountJob("Bloomcount 0.1", Squares, PhotoLimits()), say=lambda _: None).results(sources))
    assert [result.photo.file for result in results] == [source.file for source in sources]
    problems = {result.photo.file: result.problem for result in results if result.problem}
    assert problems.pop("05.jpg") == "05.jpg" + IS_SET_ASIDE
    assert list(problems) == []


def test_the_command_counts_a_bucket_on_the_cluster_as_this_machine_does_alone(
    machines, s3_settings, tmp_path, monkeypatch, capsys
):
    blobs = S3Blobs(Bucket(s3_settings.store, s3_settings.s3_endpoint))
    for number in range(3):
        blobs.put(f"card/{number}.jpg", photo_of(number, number=number))
    monkeypatch.setenv("BLOOM_S3_ENDPOINT", s3_settings.s3_endpoint)
    monkeypatch.setenv("BLOOM_METRICS", "off")
    where = f"{s3_settings.store}/card/"
    listed = tmp_path / "list.csv"
    listed.write_text("path\n" + "".join(f"{where}{number}.jpg\n" for number in range(3)))
    assert main(["count", where, str(listed)]) == 0
    alone = capsys.readouterr().out
    assert main(["count", where, str(listed), "--ray", machines.address]) == 0
    assert without_upload(capsys.readouterr().out) == without_upload(alone)
    assert alone.count("\n") == 7


def without_upload(text: str) -> list[str]:
    """The rows, but for when each was counted."""
    return [",".join(row.split(",")[:7] + row.split(",")[8:]) for row in text.splitlines()]
