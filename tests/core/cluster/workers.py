"""Recognisers for workers in other processes, and a cluster of three machines on this one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ray.cluster_utils import Cluster

from core.bloomcount import Bloomcount
from core.photo.reading import Photo
from core.recognition.recogniser import Recognition
from tests.core.counting_squares import PACKAGE, Squares

ENDS_OVER = 7
MACHINES = 3
MEMORY: dict[str, Any] = {"num_cpus": 1, "object_store_memory": 80_000_000, "include_dashboard": False}


class Ends(Squares):
    """Ends its process over a photo of 7 flowers, as one does that runs out of memory."""

    def recognise(self, photo: Photo) -> Recognition:
        found = super().recognise(photo)
        if len(found.flowers.boxes_xyxy) == ENDS_OVER:
            os._exit(1)
        return found


class Blind:
    """Fails over each photo, so that whatever is counted was not recognised again."""

    package = PACKAGE

    def recognise(self, photo: Photo) -> Recognition:
        raise ZeroDivisionError("a bug")


def slow_squares(_: Bloomcount) -> Squares:
    """Takes long enough for a machine to be lost meanwhile."""
    return Squares(seconds=0.1)


def blind(_: Bloomcount) -> Blind:
    return Blind()


@contextmanager
def three_machines() -> Iterator[Cluster]:
    """A cluster of three nodes with a CPU each; its processes are gone at the end."""
    cluster = Cluster(initialize_head=True, head_node_args=MEMORY)
    try:
        for _ in range(MACHINES - 1):
            cluster.add_node(**MEMORY, wait=False)
        cluster.wait_for_nodes()
        yield cluster
    finally:
        cluster.shutdown()
