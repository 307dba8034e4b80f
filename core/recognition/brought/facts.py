"""Facts that a toolchain wrote into a network file: Ultralytics' names, image size and task.

Its free text (`description` may hold a path with a person's name) is never read.
"""

from __future__ import annotations

import ast
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.recognition.brought.onnx_files import OnnxFile
from core.recognition.brought.tensors import NetworkFile

_MAX_BYTES = 1_000_000
"""A description is some kilobytes; a larger one is none."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Facts of one file; empty or None where it says nothing. names: of its classes, in order."""

    ultralytics: bool = False
    names: tuple[str, ...] = ()
    height_px: int | None = None
    width_px: int | None = None
    task: str = ""
    licence: str = ""


NO_FACTS = FileFacts()


def facts_of(file: NetworkFile) -> FileFacts:
    """Read what the file says of itself; NO_FACTS where it cannot be read."""
    if isinstance(file, OnnxFile):
        return _facts(file.facts)
    try:
        return _facts(_in_folder(file.path) if file.path.is_dir() else _in_tail(file.path))
    except (OSError, ValueError, zipfile.BadZipFile):
        return NO_FACTS


def _in_tail(path: Path) -> Mapping[str, object]:
    """The metadata.json of the zip that Ultralytics appends to a .tflite file."""
    if not zipfile.is_zipfile(path):
        return {}
    with zipfile.ZipFile(path) as appended:
        for entry in appended.infolist():
            if entry.filename == "metadata.json" and entry.file_size <= _MAX_BYTES:
                document = json.loads(appended.read(entry))
                return document if isinstance(document, dict) else {}
    return {}


def _in_folder(path: Path) -> Mapping[str, object]:
    """The metadata.yaml beside a SavedModel: `key: value`, and below `names:` one `  0: name` a line."""
    file = path / "metadata.yaml"
    if not file.is_file() or file.stat().st_size > _MAX_BYTES:
        return {}
    facts: dict[str, object] = {}
    below: dict[str, object] | list[object] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        key, _, value = (part.strip().strip("'\"") for part in line.partition(":"))
        if line.startswith(("- ", "  - ")) and isinstance(below, list):
            below.append(int(line.strip(" -")))
        elif line.startswith(" ") and isinstance(below, dict):
            below[key] = value
        elif not value:
            facts[key] = below = [] if key == "imgsz" else {}
        else:
            facts[key] = value
    return facts


def _facts(said: Mapping[str, object]) -> FileFacts:
    if "names" not in said and "task" not in said:
        return NO_FACTS
    sides = _literal(said.get("imgsz"))
    height, width = sides if isinstance(sides, (list, tuple)) and len(sides) == 2 else (None, None)
    return FileFacts(
        ultralytics="ultralytics" in str(said.get("author", "")).lower() or "stride" in said,
        names=_names(_literal(said.get("names"))),
        height_px=height if isinstance(height, int) else None,
        width_px=width if isinstance(width, int) else None,
        task=str(said.get("task", "")),
        licence=str(said.get("license", ""))[:200],
    )


def _names(named: object) -> tuple[str, ...]:
    if isinstance(named, dict):
        try:
            named = [named[key] for key in sorted(named, key=int)]
        except (TypeError, ValueError):
            return ()
    return tuple(str(name)[:100] for name in named) if isinstance(named, (list, tuple)) else ()


def _literal(value: object) -> object:
    """A Python literal, as Ultralytics writes it into ONNX; anything else as it is."""
    if not isinstance(value, str) or len(value) > _MAX_BYTES:
        return value
    try:
        parsed: object = ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return value
    return parsed
