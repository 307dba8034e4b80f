"""Several photos at once: results in input order, errors in their turn, large photos one after another."""

from __future__ import annotations

import threading
import time

import pytest

from core.errors import StoreError
from core.intake.pipeline import AHEAD, AT_ONCE, count_sources, in_order
from core.intake.sources import Source
from core.settings import PhotoLimits
from tests.core.counting_squares import Squares, photo_of


class Busy:
    """The most threads that were at work together."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = 0
        self.most = 0

    def __enter__(self) -> None:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._now -= 1


def test_results_come_in_input_order_however_long_each_takes():
    def work(number: int) -> int:
        time.sleep(0.02 * (number % 3 == 0))
        return number

    assert list(in_order(work, range(40))) == list(range(40))
    assert list(in_order(work, [])) == []


def test_as_many_work_at_once_as_memory_is_meant_for():
    busy, everybody = Busy(), threading.Barrier(AT_ONCE, timeout=30)

    def work(_: int) -> None:
        with busy:
            everybody.wait()

    list(in_order(work, range(3 * AT_ONCE)))
    assert busy.most == AT_ONCE


def test_an_error_comes_in_its_turn_and_nothing_more_is_begun():
    begun = []

    def work(number: int) -> int:
        begun.append(number)
        if number == 2:
            raise StoreError("The network is down.")
        return number

    results = in_order(work, range(1000))
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(StoreError):
        next(results)
    assert len(begun) <= 2 + AHEAD


def test_what_is_read_stays_few_photos_ahead_of_what_is_taken():
    read = []

    def items():
        for number in range(1000):
            read.append(number)
            yield number

    results = in_order(lambda number: number, items())
    for taken in range(1, 6):
        next(results)
        assert len(read) <= taken + AHEAD
    results.close()


def test_as_many_photos_are_in_memory_as_fit_into_it():
    photos = [photo_of(n % 11, number=n) + b"x" * 600_000 for n in range(20)]
    assert (most_at_once(photos, PhotoLimits(memory_mb=1)), most_at_once(photos, PhotoLimits())) == (1, AT_ONCE)


def most_at_once(photos: list[bytes], limits: PhotoLimits) -> int:
    busy = Busy()

    class Watched(Squares):
        def recognise(self, photo):
            with busy:
                return super().recognise(photo)

    sources = [Source(f"{n}.jpg", lambda data=data: data) for n, data in enumerate(photos)]
    results = list(count_sources(sources, Watched(seconds=0.1), limits=limits))
    assert [len(result.analysis.flowers) for result in results] == [n % 11 for n in range(20)]
    return busy.most


def test_a_file_that_cannot_be_read_is_a_problem_among_the_others():
    def gone() -> bytes:
        raise OSError("disk error")

    sources = [Source("0.jpg", lambda: photo_of(3)), Source("1.jpg", gone), Source("2.jpg", lambda: photo_of(4))]
    first, second, third = count_sources(sources, Squares(), limits=PhotoLimits(50))
    assert (len(first.analysis.flowers), len(third.analysis.flowers)) == (3, 4)
    assert (second.analysis, second.photo.problem) == (None, "1.jpg cannot be read: disk error.")
