"""Model packages in the store, models/<name>/<version>/: every process of the store reads the same files.

A version never changes: results say which version found them. What is read is checked by whoever loads it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.errors import StoreError
from core.store.blobs import Blobs, MissingBlob

SHELF = "models/"
LAST = "model.toml"
"""Written last: a package whose upload broke off has none, and is not listed."""


def stored_packages(blobs: Blobs) -> list[tuple[str, str]]:
    """Name and version of every package in the store."""
    parts = [blob.key.removeprefix(SHELF).split("/") for blob in blobs.list(SHELF)]
    return sorted((part[0], part[1]) for part in parts if len(part) == 3 and part[2] == LAST)


def add_package(blobs: Blobs, folder: Path, files: Sequence[str], *, name: str, version: str) -> None:
    """Keep these files of a folder, model.toml last; a package that is there already is mended.

    Raises StoreError when the store has this version with another model.toml.
    """
    shelf = f"{SHELF}{name}/{version}/"
    try:
        there = blobs.get(shelf + LAST)
    except MissingBlob:
        there = None
    if there not in (None, (folder / LAST).read_bytes()):
        raise StoreError(
            f"The store holds another {name} {version} already, and a version never changes. "
            "Give this one a new version in model.toml."
        )
    for file in sorted(files, key=lambda file: file == LAST):
        blobs.put(shelf + file, (folder / file).read_bytes(), if_absent=file == LAST and there is None)


def fetch_package(blobs: Blobs, folder: Path, *, name: str, version: str) -> None:
    """Write the files of a package into a folder, which is made; not where the store has no such package."""
    shelf = f"{SHELF}{name}/{version}/"
    for blob in blobs.list(shelf):
        path = folder / blob.key.removeprefix(shelf)
        data = blobs.get(blob.key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
