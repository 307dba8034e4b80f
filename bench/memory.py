"""Resident memory of a process."""

from __future__ import annotations

import os
from pathlib import Path


def resident_mb(pid: int | None = None) -> float:
    """Resident memory of a process (this one where none is given) in MB. Linux only."""
    return _told_mb("VmRSS", pid)


def peak_mb(pid: int | None = None) -> float:
    """The most that a process (this one where none is given) ever held resident, in MB. Linux only.

    Not ru_maxrss, which a process inherits from the one that started it.
    """
    return _told_mb("VmHWM", pid)


def _told_mb(name: str, pid: int | None) -> float:
    for line in Path(f"/proc/{pid or os.getpid()}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError(f"process {pid} tells no memory")
