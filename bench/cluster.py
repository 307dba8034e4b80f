"""Photos on a Ray cluster of this machine: speed against one process, memory, workers, and the limit of the inbox.

    python -m bench.cluster speed|memory|workers|loss|inbox [PHOTOS]

Each prints its figures; docs/scale.md and docs/decisions.md have those of the machine they name. Photos are made on the
spot: 12 megapixel JPEGs for `speed`, small ones of known counts else.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ray

from bench.photos import MIXTURE, camera_jpeg, different
from core.bloomcount import assemble
from core.cluster.connection import joined
from core.cluster.crew import Crew
from core.cluster.jobs import CountJob, IngestJob, Ready, count_job, known_photos, said
from core.cluster.storing import Storing
from core.intake.inbox import Ticket
from core.intake.pipeline import count_sources, uncounted
from core.intake.sources import Source, find_photos
from core.recognition.loading import load_model
from core.recognition.package import load_package
from core.settings import SHIPPED_MODEL, PhotoLimits, Settings
from core.store.records import Drop, PhotoResult
from tests.core.cluster.workers import slow_squares, three_machines
from tests.core.counting_squares import PACKAGE, photo_of
from tests.s3 import running_seaweedfs

DROP = Drop("20261201T120000.000000-00000000", "plot 3", "", "anna")


class Watched(CountJob):
    """Counts, and says at the end of each photo what its process has used: peak memory (MB) and CPU seconds."""

    def start(self) -> Ready[Any]:
        """Load; each answer is watched."""
        ready = super().start()
        return Ready(ready.says, partial(watched, ready.work))


def watched(work: Callable[[Source], PhotoResult], source: Source) -> tuple[int, float, float]:
    """The process, its peak memory and its CPU seconds after a photo."""
    work(source)
    use = resource.getrusage(resource.RUSAGE_SELF)
    return os.getpid(), use.ru_maxrss / 1024, use.ru_utime + use.ru_stime


def speed(photos: int = 24) -> None:
    """CPU seconds a photo of workers and of `count`, which a busy machine disturbs less than the clock; memory."""
    with TemporaryDirectory() as folder:
        pictures = [camera_jpeg(flowers) for flowers in MIXTURE]
        for number in range(photos):
            Path(folder, f"{number:04}.jpg").write_bytes(different(pictures[number % len(pictures)], number))
        compare(find_photos([folder], s3_endpoint=None))


def compare(sources: Sequence[Source]) -> None:
    """Count these photos by workers, then by the function of `count` in this process."""
    package = load_package(SHIPPED_MODEL)
    job = count_job(SHIPPED_MODEL, package, PhotoLimits())
    with joined("local"):
        start = time.perf_counter()
        job = Watched(job.says, job.load, job.limits)
        seen: dict[int, list[tuple[float, float]]] = {}
        for pid, rss, cpu in Crew(job, say=tell).results([*sources[:2] * 2, *sources]):
            seen.setdefault(pid, []).append((rss, cpu))
        took = time.perf_counter() - start
        # the first photos of a worker warm it up
        photos = sum(len(each) - 2 for each in seen.values())
        cpu_s = sum(each[-1][1] - each[1][1] for each in seen.values()) / photos
        tell(f"workers: {len(seen)}, {cpu_s:.3f} CPU s a photo, {took:.1f} s in all, peak memory of one "
             f"{max(rss for each in seen.values() for rss, _ in each):.0f} MB")  # fmt: skip
    recogniser = load_model(SHIPPED_MODEL)
    list(count_sources(sources[:2], recogniser, limits=PhotoLimits()))
    start, before = time.perf_counter(), cpu_seconds()
    done = len(list(count_sources(sources, recogniser, limits=PhotoLimits())))
    alone = (cpu_seconds() - before) / done
    tell(f"count: {alone:.3f} CPU s a photo, {time.perf_counter() - start:.1f} s in all")
    tell(f"photos a CPU second, workers over count: {alone / cpu_s:.2f}")


def cpu_seconds() -> float:
    """CPU seconds of this process."""
    use = resource.getrusage(resource.RUSAGE_SELF)
    return use.ru_utime + use.ru_stime


class Nothing:
    """A job that reads nothing: what is left is the handing out."""

    says = "nothing"

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds

    def start(self) -> Ready[PhotoResult]:
        """Load nothing."""
        return Ready(self.says, partial(sleep_over, self.seconds))

    def failed(self, source: Source, problem: str) -> PhotoResult:
        """A photo that failed."""
        return uncounted(source, problem)


def sleep_over(seconds: float, source: Source) -> PhotoResult:
    """Sleep instead of counting a photo."""
    time.sleep(seconds)
    return uncounted(source, "")


def made_up(number: int) -> Iterator[Source]:
    """Sources that nobody reads."""
    return (Source(f"{place}.jpg", bytes) for place in range(number))


def memory(most: int = 100_000) -> None:
    """The driver's memory after more and more paths."""
    with joined("local"):
        for number in (1_000, 10_000, most):
            start = time.perf_counter()
            done = sum(1 for _ in Crew(Nothing(), say=tell).results(made_up(number)))
            tell(f"{done} paths: driver {rss_mb():.0f} MB, {done / (time.perf_counter() - start):.0f} a second")


def rss_mb() -> float:
    """Memory of this process, MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def workers(photos: int = 160) -> None:
    """Photos a second of 1 to 8 workers over those of one, each photo a sleep of half a second."""
    alone = 0.0
    for number in (1, 2, 4, 8):
        ray.init(num_cpus=number, object_store_memory=100_000_000, include_dashboard=False, log_to_driver=False)
        try:
            moments = [time.perf_counter() for _ in Crew(Nothing(0.5), say=tell).results(made_up(photos))]
        finally:
            ray.shutdown()
        half = len(moments) // 2  # when all workers are there
        rate = (len(moments) - half) / (moments[-1] - moments[half - 1])
        alone = alone or rate
        tell(f"{number} workers: {rate:.2f} photos a second, efficiency {rate / alone / number:.2f}")


def loss(photos: int = 3000) -> None:
    """Photos through three machines of which one is lost in the middle, twice: rows and photos that are stored."""
    with TemporaryDirectory() as folder:
        for number in range(photos):
            Path(folder, f"{number:05}.jpg").write_bytes(photo_of(number % 7, number=number))
        kinds = len({sha256(file.read_bytes()).digest() for file in Path(folder).iterdir()})
        for _ in range(2):
            with TemporaryDirectory() as store, three_machines() as cluster, joined(cluster.address):
                bloom = assemble(Settings(store=store))
                job = IngestJob(said(PACKAGE), bloom.settings, DROP, known_photos([]), slow_squares)
                found = Crew(job, say=tell).results(find_photos([folder], s3_endpoint=None))
                with Storing(bloom, say=tell) as storing, closing(found) as results:
                    for done, taken in enumerate(results):
                        storing.add(taken)
                        if done == photos // 2:
                            cluster.remove_node(cluster.worker_nodes.copy().pop(), allow_graceful=False)
                raw = bloom.library.tables.query(
                    "SELECT count(*) AS rows, count(DISTINCT photo_id) AS photos FROM photos", "photos"
                )
                tell(f"{photos} files, {kinds} photos: {storing.outcome}, rows {raw.to_pylist()}")


def inbox(tickets: int = 4000) -> None:
    """Requests to S3 a photo for claiming it, with one to eight processes at one inbox."""
    with running_seaweedfs() as server:
        os.environ.update(server.environment)
        settings = server.settings()
        bloom = assemble(settings)
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda number: bloom.inbox.add(ticket(number)), range(tickets)))
        processes = get_context("spawn")
        for number in (1, 2, 4, 8):
            answers = processes.Queue()
            children = [processes.Process(target=claim, args=(settings, answers)) for _ in range(number)]
            for child in children:
                child.start()
            found = [answers.get() for _ in children]
            for child in children:
                child.join()
            photos, requests = (sum(each) for each in zip(*found, strict=True))
            tell(f"{number} processes: {requests / photos:.1f} requests a photo")


def ticket(number: int) -> Ticket:
    """A ticket of a photo that is not there."""
    return Ticket(
        drop_id=DROP.drop_id,
        photo_id=sha256(str(number).encode()).hexdigest(),
        file=f"{number}.jpg",
        bytes=1,
        site="",
        note="",
        uploaded_by="anna",
        uploaded_at=datetime.now(UTC),
    )


def claim(settings: Settings, answers: Any) -> None:
    """Claim and be done with 16 photos, four times; photos and requests."""
    bloom, asked, photos = assemble(settings), [0], 0

    def ask(**_: object) -> None:
        asked[0] += 1

    bloom.blobs.bucket.client.meta.events.register("before-send.s3", ask)  # type: ignore[attr-defined]
    for _ in range(4):
        tickets = bloom.inbox.claim(16)
        photos += len(tickets)
        bloom.inbox.done(tickets)
    answers.put((photos, asked[0]))


def tell(line: str) -> None:
    """Write a line."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> None:
    """Run one measurement."""
    asked = {"speed": speed, "memory": memory, "workers": workers, "loss": loss, "inbox": inbox}
    asked[arguments[0]](*map(int, arguments[1:]))


if __name__ == "__main__":
    main(sys.argv[1:])
