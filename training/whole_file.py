"""Files that are there whole or not at all: a run that is stopped while it writes one makes it again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary path, renamed to `path` when the block ends; its ending is the same."""
    part = path.with_name(f"part-{path.name}")
    yield part
    part.replace(path)
