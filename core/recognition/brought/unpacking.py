"""A model as it comes through a browser, a zip or a bare network file, put into a folder of its own.

Nothing of it is trusted: names that lead out of the folder, links, more than there may be of files or bytes (counted as
they are unpacked, whatever the zip says), and programs are refused in a sentence.
"""

from __future__ import annotations

import shutil
import stat
import zipfile
import zlib
from io import BytesIO
from pathlib import Path, PurePosixPath

from core.errors import InvalidModel
from core.recognition.network import NETWORK_SUFFIXES

MOST_FILES = 200
MOST_BYTES = 400_000_000
ENDINGS = ("zip", *(suffix.removeprefix(".") for suffix in NETWORK_SUFFIXES))
_PIECE = 1 << 20
_SAVED_MODEL = "saved_model.pb"


def unpack(data: bytes, *, name: str, into: Path) -> None:
    """Write the files of a zip, or the one network file, into a folder. Raises InvalidModel."""
    if len(data) > MOST_BYTES:
        raise InvalidModel(f"{name} has {len(data) / 1e6:.0f} MB; the limit is {MOST_BYTES / 1e6:.0f} MB.")
    if not name.lower().endswith(".zip"):
        safe = PurePosixPath(name.replace("\\", "/")).name.lstrip(".")
        if not safe.lower().endswith(NETWORK_SUFFIXES):
            raise InvalidModel(f"{name} is no network file. Bring a .zip, or one of {', '.join(NETWORK_SUFFIXES)}.")
        (into / safe).write_bytes(data)
        return
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            _unpack(packed, name, into)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, zlib.error) as error:
        raise InvalidModel(f"{name} is no whole zip file: {error}. Make it again.") from error


def _unpack(packed: zipfile.ZipFile, name: str, into: Path) -> None:
    entries = [entry for entry in packed.infolist() if not entry.is_dir() and not _is_litter(entry.filename)]
    if len(entries) > MOST_FILES:
        raise InvalidModel(f"{name} holds {len(entries)} files; a model has a few, and the limit is {MOST_FILES}.")
    places = {entry: _place(entry, name) for entry in entries}
    top = {place.parts[0] for place in places.values()}
    inside = len(top) == 1 and all(len(place.parts) > 1 for place in places.values())
    left = MOST_BYTES
    for entry, place in places.items():
        if place.name == _SAVED_MODEL:
            raise InvalidModel(
                f"{name} holds a SavedModel, which is a program of TensorFlow operations that may read and write files "
                "here. Export it to ONNX or LiteRT; or whoever runs the server takes it into use with "
                "python -m core models use."
            )
        target = into.joinpath(*place.parts[1:] if inside else place.parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        with packed.open(entry) as source, target.open("wb") as file:
            while piece := source.read(_PIECE):
                left -= len(piece)
                if left < 0:
                    raise InvalidModel(
                        f"{name} unpacks to more than {MOST_BYTES / 1e6:.0f} MB, which no model here needs. "
                        "Leave out what does not belong to it."
                    )
                file.write(piece)


def _place(entry: zipfile.ZipInfo, name: str) -> PurePosixPath:
    place = PurePosixPath(entry.filename.replace("\\", "/"))
    if place.is_absolute() or ".." in place.parts or ":" in entry.filename or not place.parts:
        raise InvalidModel(f"{name} holds {entry.filename!r}, which lies outside its folder. Make the zip again.")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise InvalidModel(f"{name} holds {entry.filename!r}, which is a link. Put the file itself there.")
    if entry.flag_bits & 1:
        raise InvalidModel(f"{name} is locked with a password. Make it again without.")
    if any(part.startswith(".") for part in place.parts):
        raise InvalidModel(f"{name} holds {entry.filename!r}, a hidden file, which no network needs. Leave it out.")
    return place


def _is_litter(path: str) -> bool:
    """Files that macOS and Windows leave in zips."""
    return path.startswith("__MACOSX/") or PurePosixPath(path).name in (".DS_Store", "Thumbs.db", "desktop.ini")


def network_in(folder: Path) -> Path:
    """The one network file in a folder that has no model.toml. Raises InvalidModel."""
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in NETWORK_SUFFIXES)
    if len(files) != 1:
        names = ", ".join(file.name for file in files) or "none"
        raise InvalidModel(f"There should be one network file; there is {names}. Bring one, or write a model.toml.")
    if files[0].parent != folder:
        files[0] = Path(shutil.move(files[0], folder / files[0].name))
    return files[0]
