"""model.toml of a package, each value checked as it is read, and the files that it names.

What is wrong is an InvalidModel that names the file, the part, the value and what belongs there.
"""

from __future__ import annotations

import re
import tomllib
from hashlib import sha256
from math import isfinite
from pathlib import Path
from typing import Any, TypeGuard, TypeVar

from core.errors import InvalidModel

Choice = TypeVar("Choice", int, str, bool)


class Section:
    """One table of model.toml, whose values are checked as they are read."""

    def __init__(self, directory: Path, table: dict[str, Any], name: str) -> None:
        self._where = f"{directory / 'model.toml'}, [{name}]"
        values = table.get(name)
        if not isinstance(values, dict):
            raise InvalidModel(f"{directory / 'model.toml'} has no section [{name}]. Add it.")
        self._values = values

    def expect_only(self, keys: set[str]) -> None:
        """Refuse other keys: a misspelt one would be read as its default."""
        for key in self._values.keys() - keys:
            raise InvalidModel(f"{self._where}: there is no key {key}; the keys are {', '.join(sorted(keys))}.")

    def number(self, key: str, low: float, high: float, *, default: float | None = None) -> float:
        """A number within its limits."""
        value = self._values.get(key, default)
        if not _is_number(value) or not low <= value <= high:
            raise InvalidModel(f"{self._where}: {key} is {value!r}; it must be a number from {low} to {high}.")
        return float(value)

    def whole_number(self, key: str, low: int, high: int, *, default: int | None = None) -> int:
        """A whole number within its limits."""
        value = self.number(key, low, high, default=default)
        if value != int(value):
            raise InvalidModel(f"{self._where}: {key} is {value!r}; it must be a whole number from {low} to {high}.")
        return int(value)

    def numbers(self, key: str, channels: int) -> tuple[float, ...]:
        """One number per channel; a single number stands for all of them."""
        value = self._values.get(key)
        given = value if isinstance(value, list) else [value] * channels
        if len(given) != channels or not all(map(_is_number, given)):
            raise InvalidModel(
                f"{self._where}: {key} is {value!r}; it must be a number, or a list with one per channel."
            )
        return tuple(map(float, given))

    def list_of(self, key: str, low: float, high: float, *, length: int | None = None) -> tuple[float, ...]:
        """Numbers within their limits, at least one; in growing order where no length is told."""
        given = self._values.get(key)
        values = given if isinstance(given, list) else []
        good = bool(values) and all(_is_number(each) and low <= each <= high for each in values)
        if not good or (length is None and values != sorted(values)) or length not in (None, len(values)):
            many = "growing numbers" if length is None else f"{length} numbers"
            raise InvalidModel(f"{self._where}: {key} is {given!r}; it must be a list of {many} from {low} to {high}.")
        return tuple(float(each) for each in values)

    def sizes(self, key: str, low: int, high: int) -> tuple[int, int]:
        """Height and width, a list of two whole numbers within their limits."""
        given = self._values.get(key)
        if (
            not isinstance(given, list)
            or len(given) != 2
            or not all(_is_number(each) and low <= each <= high and each == int(each) for each in given)
        ):
            raise InvalidModel(
                f"{self._where}: {key} is {given!r}; it must be a whole number from {low} to {high}, or a list of "
                "height and width."
            )
        return int(given[0]), int(given[1])

    def choice(self, key: str, allowed: tuple[Choice, ...], *, default: Choice | None = None) -> Choice:
        """One of the allowed values. (TOML's true is not 1.)"""
        value = self._values.get(key, default)
        for one in allowed:
            if value == one and type(value) is type(one):
                return one
        words = " or ".join(str(one).lower() if isinstance(one, bool) else repr(one) for one in allowed)
        raise InvalidModel(f"{self._where}: {key} is {value!r}; it must be {words}.")

    def file(self, directory: Path) -> Path:
        """The file or folder it names, inside the folder and with the sha256 it names."""
        name, expected = self._values.get("file"), self._values.get("sha256")
        if not _is_file_name(name):
            raise InvalidModel(f"{self._where}: file is {name!r}; it must be the name of a file in the same folder.")
        path = directory / name
        if not path.exists():
            raise InvalidModel(f"{path} is missing, but model.toml names it. Copy it there.")
        if (actual := sha256_of(path)) != expected:
            raise InvalidModel(
                f"{path} is not the file that model.toml was written for (its sha256 differs: it is {actual}). "
                "Copy it again; if you changed it yourself, write this sha256 into model.toml."
            )
        return path


def _is_file_name(name: object) -> TypeGuard[str]:
    """True if it names something in the folder itself, neither hidden nor the folder."""
    return isinstance(name, str) and Path(name).name == name and not name.startswith(".") and name != ""


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)


def read_toml(path: Path) -> dict[str, Any]:
    """Read a model.toml. Raises InvalidModel."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InvalidModel(f"{path} is missing; a model package is a folder with a model.toml.") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidModel(f"{path} cannot be read: {error}.") from error


def text(directory: Path, table: dict[str, Any], key: str, allowed: re.Pattern[str], words: str) -> str:
    """A text at the top of model.toml. words: what is allowed in it."""
    value = table.get(key)
    if not isinstance(value, str) or not allowed.fullmatch(value):
        raise InvalidModel(f"{directory / 'model.toml'}: {key} is {value!r}; it must be a text of {words}.")
    return value


def files_of(directory: Path) -> list[str]:
    """The files of a loaded package, relative to its folder, model.toml last; anything else there is not part of it.

    Raises InvalidModel for one that lies elsewhere: a link could bring any file of the machine into the store.
    """
    names = [part.get("file") for part in read_toml(directory / "model.toml").values() if isinstance(part, dict)]
    named = [directory / name for name in names if _is_file_name(name)]
    files = [file for path in named for file in ([path] if path.is_file() else _files_below(path))]
    files += [path for path in (directory / "README.md", directory / "model.toml") if path.is_file()]
    for file in files:
        if not file.resolve().is_relative_to(directory.resolve()):
            raise InvalidModel(f"{file} is a link out of the folder. Put the file itself there.")
    return [file.relative_to(directory).as_posix() for file in files]


def sha256_of(path: Path) -> str:
    """The sha256 of a file; of a folder that of the lines `sha256  path` of every file in it, sorted by path."""
    if path.is_file():
        return sha256(path.read_bytes()).hexdigest()
    lines = (f"{sha256_of(file)}  {file.relative_to(path).as_posix()}\n" for file in _files_below(path))
    return sha256("".join(lines).encode()).hexdigest()


def _files_below(folder: Path) -> list[Path]:
    """List all files below a folder. Raises InvalidModel for a hidden one, which the store does not take."""
    files = sorted((path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.as_posix())
    for file in files:
        if any(part.startswith(".") for part in file.relative_to(folder).parts):
            raise InvalidModel(f"{file} is a hidden file, which no network needs. Delete it.")
    return files
