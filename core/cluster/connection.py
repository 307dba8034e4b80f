"""Join a Ray cluster, or start one on this machine; without Ray, or without a cluster, a sentence says what to do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import BloomError


class NoCluster(BloomError):
    """Ray is not installed, or its cluster cannot be joined."""


try:
    import ray
except ImportError as error:
    raise NoCluster(
        "Ray is not installed here. Install what requirements.txt lists under “more than one machine”, or use the "
        "image that docker build --target cluster makes; without --ray this machine counts alone."
    ) from error

LOCAL = "local"
OBJECTS_BYTES = 200_000_000
"""Shared memory of a cluster on this machine: photos are read by the workers, so only rows pass through it."""


@contextmanager
def joined(address: str) -> Iterator[None]:
    """Be part of the Ray cluster at this address while the block runs. Raises NoCluster."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # else Ray tells its makers of each cluster
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # else it warns of how it will hide GPUs one day
    here = {"object_store_memory": OBJECTS_BYTES, "include_dashboard": False}
    try:
        ray.init(
            address=address,
            log_to_driver=False,
            configure_logging=False,
            **(here if address == LOCAL else {}),
        )
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise NoCluster(
            f"The Ray cluster at {address} cannot be joined: {why.rstrip('.')}. Start it first (docs/scale.md), and "
            "run this command on one of its machines, in the same image."
        ) from error
    try:
        yield
    finally:
        ray.shutdown()
