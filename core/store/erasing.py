"""Nothing is left of rows that were rewritten or deleted: old files of a Delta table, and what its log tells of them.

An update leaves the file that it replaced, for readers of older versions, and the log has the least and greatest
values of each file. Both go. Files that an append is about to add are in no commit yet, and stay.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from urllib.parse import unquote

from deltalake import DeltaTable

from core.store.blobs import Blobs, MissingBlob

AT_ONCE = 16
"""Commits that are read at a time: a table that grows all day has thousands."""

APPENDED_WITHIN = timedelta(hours=1)
"""An append that began so long ago is dead."""


def erase_history(table: DeltaTable, blobs: Blobs, name: str) -> None:
    """Remove all that is left of older versions of the table. table: as it is now. Raises StoreError."""
    folder = f"tables/{name}/"
    table.create_checkpoint()
    newest = f"{table.version():020d}"
    current = {unquote(path) for path in table.get_add_actions(flatten=True)["path"].to_pylist()}
    there = list(blobs.list(folder))
    logs = [blob.key for blob in there if blob.key.startswith(f"{folder}_delta_log/")]
    commits = [key for key in logs if key.endswith(".json") and key.rpartition("/")[2] <= f"{newest}.json"]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        gone = set().union(*threads.map(partial(_tell_less, blobs, current), commits))
    old = max(blob.modified_at for blob in there) - APPENDED_WITHIN  # by the store's own clock: the checkpoint is new
    for blob in there:
        file = blob.key.removeprefix(folder)
        unused = not file.startswith("_delta_log/") and file not in current and (file in gone or blob.modified_at < old)
        old_checkpoint = ".checkpoint" in file and file < f"_delta_log/{newest}"
        if unused or old_checkpoint:
            blobs.erase(blob.key)
    blobs.erase_history(folder)


def _tell_less(blobs: Blobs, current: set[str], key: str) -> set[str]:
    """The files that a commit took out; it then tells no values of files that are not in use any more."""
    try:
        lines = blobs.get(key).splitlines()
    except MissingBlob:
        return set()
    actions = [json.loads(line) for line in lines if line.strip()]
    told = [action["add"] for action in actions if "add" in action and unquote(action["add"]["path"]) not in current]
    if any(add.pop("stats", None) for add in told):
        blobs.put(key, _text(actions))
    return {unquote(action["remove"]["path"]) for action in actions if "remove" in action}


def _text(actions: Sequence[object]) -> bytes:
    return "".join(f"{json.dumps(action, separators=(',', ':'))}\n" for action in actions).encode()
