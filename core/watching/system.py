"""State of this server and its store: the page System shows it, with the same figures as the metrics."""

from __future__ import annotations

import platform
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version

from core import VERSION
from core.bloomcount import Bloomcount
from core.errors import BloomError
from core.intake.inbox import Queue

LIBRARIES = (
    "streamlit",
    "streamlit-authenticator",
    "ai-edge-litert",
    "numpy",
    "pillow",
    "pyarrow",
    "deltalake",
    "boto3",
    "tensorflow-cpu",
)
RECENT = timedelta(hours=1), timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class StoreState:
    """The store at this moment. problem: why it cannot be used, in a sentence; all figures are then None.

    answer_s: how long it took to answer. free_bytes: what the disk of a folder has left, None for a bucket.
    recent: how many photos were counted within each of RECENT, by all servers.
    """

    on_s3: bool
    address: str
    problem: str = ""
    answer_s: float | None = None
    free_bytes: int | None = None
    queue: Queue | None = None
    recent: tuple[int, ...] | None = None


def store_state(bloom: Bloomcount) -> StoreState:
    """The store as it answers now; takes as long as it takes to answer, or to be given up."""
    on_s3, address = bloom.settings.store_on_s3, bloom.library.tables.address
    try:
        start = time.perf_counter()
        bloom.blobs.exists("accounts/accounts.json")
        answer_s = time.perf_counter() - start
        now = datetime.now(UTC)
        return StoreState(
            on_s3,
            address,
            answer_s=answer_s,
            free_bytes=None if on_s3 else shutil.disk_usage(address).free,
            queue=bloom.inbox.queue(),
            recent=tuple(bloom.library.analysed_since([now - span for span in RECENT])),
        )
    except (BloomError, OSError) as problem:
        return StoreState(on_s3, address, problem=str(problem))


def versions() -> dict[str, str]:
    """Versions of Bloomcount, Python and the main libraries; empty for one that is not installed."""
    return {"Bloomcount": VERSION, "Python": platform.python_version()} | {name: _version(name) for name in LIBRARIES}


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return ""
