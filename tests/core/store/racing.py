"""Several processes that start together, for tests of what only one of them may do."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.synchronize import Barrier
from typing import Any

_start: Barrier | None = None


def in_processes(work: Callable[..., Any], arguments: list[tuple[Any, ...]]) -> list[Any]:
    """Results of all processes; none begins before all are there."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pandas", "core.store.library", "core.people.accounts"])
    barrier = context.Barrier(len(arguments))
    with ProcessPoolExecutor(
        len(arguments), context, initializer=_remember, initargs=(barrier, dict(os.environ))
    ) as pool:
        return [future.result(120) for future in [pool.submit(_together, work, one) for one in arguments]]


def _remember(barrier: Barrier, environment: dict[str, str]) -> None:
    global _start
    os.environ.update(environment)
    _start = barrier


def _together(work: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    assert _start
    _start.wait(60)
    return work(*arguments)
