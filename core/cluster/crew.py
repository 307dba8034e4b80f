"""Hand photos to workers on the machines of a Ray cluster, each photo to one, and give their results back in order.

A worker is an actor that holds one recogniser and one CPU; it reads photos itself, so that nothing else needs a CPU.
One whose process or machine ends is replaced, and the photos in its hands are handed out again, each by itself: the
photo that ends every worker is set aside with a problem in words. Nothing waits without a word.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import ray
from ray.exceptions import RayError, RayTaskError

from core.cluster.jobs import Job
from core.errors import BloomError, StoreError
from core.intake.sources import Source
from core.watching.metrics import CLUSTER_RETRIES, CLUSTER_WORKERS

Result = TypeVar("Result")

IN_HAND = 2
"""Photos of a worker at once: one is read and decoded while the other is recognised."""

AHEAD = 16
"""Photos a worker that may be finished before one that takes long: so many results wait in memory at most."""

MOST_TRIES = 3
LOOK_EVERY_S = 5.0
"""Seconds between looks at the machines of the cluster, and until a photo is tried again that the store refused."""
SILENT_S = 60.0

IS_SET_ASIDE = (
    " is set aside: three times the worker that counted it ended, which happens where a photo takes more memory than "
    "there is. Save it as an ordinary JPEG or make it smaller, and count it again."
)
"""Behind the file's name: its problem."""


class NoWorkers(BloomError):
    """The cluster has machines, but no worker can start on them."""


class Worker:
    """The part that runs on another machine: loads a recogniser, then works on photos, two threads at once."""

    def __init__(self, job: Job[Any]) -> None:
        self._job = job
        self._ready: Any = None

    def start(self) -> str:
        """Load; return what the recogniser says of itself."""
        self._ready = self._job.start()
        says: str = self._ready.says
        return says

    def work(self, source: Source) -> Any:
        """The job's result for a photo."""
        return self._ready.work(source)


@dataclass(eq=False, slots=True)
class Task:
    """A photo to be worked on. place: among all. tries: that failed. after: not handed out before this moment."""

    place: int
    source: Source
    tries: int = 0
    after: float = 0.0


@dataclass(eq=False, slots=True)
class Hands:
    """A worker as who hands out photos sees it."""

    actor: Any
    ready: bool = False
    tasks: set[Task] = field(default_factory=set)
    alone: bool = False


class Crew(Generic[Result]):
    """Workers that do one job, as many as the cluster has CPUs. `say` hears what a person at the terminal should."""

    def __init__(self, job: Job[Result], *, say: Callable[[str], object]) -> None:
        self._job = job
        self._say = say
        self._sent: Any = None
        self._workers: list[Hands] = []
        self._doing: dict[Any, tuple[Hands, Task | None]] = {}
        self._again: deque[Task] = deque()
        self._finished: dict[int, Result] = {}
        self._new: Iterator[tuple[int, Source]] = iter(())
        self._next = 0
        self._all_begun = False
        self._failed_starts = 0
        self._looked_at = 0.0
        self._lively_at = time.monotonic()

    def results(self, sources: Iterable[Source]) -> Generator[Result]:
        """Yield the result of each source, in order; each is worked on once, more often only where a try failed.

        Raises BloomError where no worker can start, or one is not what the job asks for. Leaving early ends the
        workers.
        """
        self._sent = ray.put(self._job)
        self._new = enumerate(sources)
        try:
            while True:
                self._recruit()
                self._hand_out()
                while self._next in self._finished:
                    yield self._finished.pop(self._next)
                    self._next += 1
                if self._all_begun and not (self._again or any(hands.tasks for hands in self._workers)):
                    return
                self._collect()
        finally:
            for hands in list(self._workers):
                self._dismiss(hands)

    def _recruit(self) -> None:
        """Start workers where the cluster has CPUs without one, and say so where none gets ready."""
        now = time.monotonic()
        if now - self._looked_at < LOOK_EVERY_S:
            return
        self._looked_at = now
        cpus = int(ray.cluster_resources().get("CPU", 0))
        for _ in range(max(1, cpus) - len(self._workers)):
            actor = ray.remote(num_cpus=1, max_concurrency=IN_HAND, max_restarts=0)(Worker).remote(self._sent)
            hands = Hands(actor)
            self._workers.append(hands)
            self._doing[actor.start.remote()] = (hands, None)
        if any(hands.ready for hands in self._workers):
            self._lively_at = now
        elif now - self._lively_at >= SILENT_S:
            self._lively_at = now
            free = int(ray.available_resources().get("CPU", 0))
            self._say(
                f"No worker is ready yet, photos wait: the cluster has {cpus} CPUs, {free} of them free. A worker "
                "needs one; ray status tells what holds them."
            )

    def _hand_out(self) -> None:
        """Fill the hands of workers that are ready; a photo that failed before gets a worker for itself."""
        now = time.monotonic()
        ready = sorted((hands for hands in self._workers if hands.ready), key=lambda hands: len(hands.tasks))
        again = deque(task for task in self._again if task.after <= now)
        for hands in ready:
            if hands.alone:
                continue
            if again:
                if not hands.tasks:  # else it gets nothing new until its hands are empty
                    hands.alone = True
                    self._give(hands, self._taken_again(again.popleft()))
                continue
            while len(hands.tasks) < IN_HAND and (task := self._begun(len(ready))):
                self._give(hands, task)

    def _taken_again(self, task: Task) -> Task:
        self._again.remove(task)
        return task

    def _begun(self, ready: int) -> Task | None:
        """The next photo; None where there is none, or too many are ahead of one that takes long."""
        if self._all_begun or len(self._finished) >= AHEAD * ready:
            return None
        begun = next(self._new, None)
        self._all_begun = begun is None
        return Task(*begun) if begun else None

    def _give(self, hands: Hands, task: Task) -> None:
        hands.tasks.add(task)
        self._doing[hands.actor.work.remote(task.source)] = (hands, task)

    def _collect(self) -> None:
        """Wait for results, LOOK_EVERY_S at most, and take all that are there."""
        refs = list(self._doing)
        if not refs:
            time.sleep(LOOK_EVERY_S / 10)
            return
        ray.wait(refs, num_returns=1, timeout=LOOK_EVERY_S)
        done, _ = ray.wait(refs, num_returns=len(refs), timeout=0)
        for ref in done:
            if (doing := self._doing.pop(ref, None)) is None:  # of a worker that has ended since
                continue
            hands, task = doing
            try:
                found = ray.get(ref)
            except RayTaskError as error:
                self._refused(hands, task, error.cause if isinstance(error.cause, Exception) else error)
            except RayError as error:
                self._ended(hands, error)
            else:
                self._taken(hands, task, found)

    def _taken(self, hands: Hands, task: Task | None, found: Any) -> None:
        if task is not None:
            self._let_go(hands, task)
            self._finished[task.place] = found
        elif found != self._job.says:
            raise NoWorkers(
                f"A worker is {found}, and not {self._job.says}. Use the same image and model on all machines, and run "
                "the command again: what is stored is not counted again."
            )
        else:
            hands.ready, self._failed_starts = True, 0
            CLUSTER_WORKERS.set(sum(each.ready for each in self._workers))

    def _refused(self, hands: Hands, task: Task | None, error: Exception) -> None:
        """A worker that lives could not load, or not work on a photo."""
        if task is None:
            self._dismiss(hands)
            self._start_failed(error)
            return
        self._let_go(hands, task)
        if isinstance(error, StoreError):
            self._try_again(task, str(error), after=time.monotonic() + LOOK_EVERY_S)
        else:
            problem = f"{task.source.file} could not be counted: {type(error).__name__}. Tell who runs Bloomcount."
            self._finished[task.place] = self._job.failed(task.source, problem)

    def _ended(self, hands: Hands, error: Exception) -> None:
        """The process or the machine of a worker ended, with all that it had in hand."""
        tasks, ready = sorted(hands.tasks, key=lambda task: task.place), hands.ready
        self._dismiss(hands)
        self._looked_at = 0.0
        if not ready:
            self._start_failed(error)
        if tasks:
            self._say(f"A worker ended; handed out again: {', '.join(task.source.file for task in tasks)}.")
        for task in tasks:
            self._try_again(task, task.source.file + IS_SET_ASIDE)

    def _try_again(self, task: Task, problem: str, *, after: float = 0.0) -> None:
        task.tries, task.after = task.tries + 1, after
        if task.tries < MOST_TRIES:
            CLUSTER_RETRIES.inc()
            self._again.append(task)
        else:
            self._finished[task.place] = self._job.failed(task.source, problem)

    def _start_failed(self, error: Exception) -> None:
        """Bear it a few times: a machine may go while a worker starts on it."""
        self._failed_starts += 1
        if self._failed_starts < MOST_TRIES * max(1, len(self._workers)):
            return
        if isinstance(error, BloomError):
            raise error
        raise NoWorkers(
            f"Workers end while they load the recogniser ({type(error).__name__}); each needs some 600 MB of memory. "
            "Give the machines fewer CPUs or more memory."
        ) from error

    def _let_go(self, hands: Hands, task: Task) -> None:
        hands.tasks.discard(task)
        hands.alone = hands.alone and bool(hands.tasks)

    def _dismiss(self, hands: Hands) -> None:
        """End a worker; nothing that it was doing is waited for."""
        self._workers.remove(hands)
        self._doing = {ref: doing for ref, doing in self._doing.items() if doing[0] is not hands}
        with suppress(RayError, ValueError):
            ray.kill(hands.actor)
        CLUSTER_WORKERS.set(sum(each.ready for each in self._workers))
