"""One JSON document in the store, read and written whole.

A change is read, made and written under the condition that nobody wrote meanwhile, and made again on what they wrote
if somebody did: of any number of writers, in this process or another, none loses a change.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from typing import Any, TypeVar

from core.errors import Conflict, Damaged, StoreError
from core.store.blobs import Blobs, MissingBlob

Result = TypeVar("Result")
Document = dict[str, Any]

TRIES = 200
LONGEST_PAUSE_S = 0.1


def read_document(blobs: Blobs, key: str) -> Document:
    """The document, empty where there is none. Raises StoreError when it is no JSON object."""
    return _read(blobs, key)[0]


def change_document(blobs: Blobs, key: str, change: Callable[[Document], Result]) -> Result:
    """Change a document in place by `change`, write it, and return what `change` returned.

    change: called again on the newer document when another writer was first. What it raises is passed on, and
    nothing is written.
    Raises StoreError when others keep being first.
    """
    for attempt in range(TRIES):
        document, version = _read(blobs, key)
        result = change(document)
        data = json.dumps(document, indent=1, ensure_ascii=False).encode()
        try:
            blobs.put(key, data, if_absent=version is None, if_version=version)
        except Conflict:
            time.sleep(random.uniform(0, min(LONGEST_PAUSE_S, 0.002 * 2 ** min(attempt, 10))))
        else:
            return result
    raise StoreError(f"{key} could not be written: others wrote first {TRIES} times in a row. Try again.")


def _read(blobs: Blobs, key: str) -> tuple[Document, str | None]:
    try:
        data, version = blobs.get_versioned(key)
    except MissingBlob:
        return {}, None
    try:
        document = json.loads(data)
    except ValueError as error:
        raise Damaged(f"{key} in the store is damaged ({error}). Put back an older copy of it.") from error
    if not isinstance(document, dict):
        raise Damaged(f"{key} in the store holds no JSON object. Put back an older copy of it.")
    return document, version
