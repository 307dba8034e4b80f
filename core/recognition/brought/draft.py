"""A first model.toml and labels.csv for a network file, from what the file says of itself and from its shapes.

A draft is for a person to read: what the file does not say is filled in as most networks have it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path

from core.errors import InvalidModel
from core.recognition.brought.facts import FileFacts, facts_of
from core.recognition.brought.network_files import open_network
from core.recognition.brought.tensors import NetworkFile
from core.recognition.labels_csv import is_no_flower
from core.recognition.model_toml import read_toml, sha256_of
from core.recognition.taxa import Label

COLUMNS = ("taxon", "scientific_name", "rank", "genus", "family", "english", "dutch")
UNPLACED = "Incertae sedis"
"""The family of a taxon whose family is not known here: botany's own word for "of uncertain place"."""

_USUAL_PX = 640
_SHA256 = re.compile(r'^(\s*)sha256\s*=\s*".*"\s*$')


def write_draft(network: Path, *, known: Sequence[Label]) -> FileFacts:
    """Write both files beside the network, and return what it says of itself. known: labels to take names from.

    Raises InvalidModel for a network that cannot be opened.
    """
    folder, file = network.parent, open_network(network)
    facts = facts_of(file)
    classifier = _is_classifier(file, facts)
    classes = facts.names or tuple(f"class {n + 1}" for n in range(_classes(file, classifier)))
    classes, no_flower = _without_background(classes, ("first", "last") if classifier else ("first",))
    is_flower = (
        not classifier and len(classes) == 1 and classes[0].lower() in ("flower", "bloem", "item", "class 1", "0")
    )
    head = (
        f'format = 1\nkind = "{"classifier" if classifier else "detector"}"\nname = "{_name(network)}"\nversion = "1"\n'
    )
    labels = ""
    if not is_flower:
        write_labels(folder / "labels.csv", [row_of(name, known) for name in classes])
        labels = '\n[labels]\nfile = "labels.csv"\nsha256 = ""\n'
    body = _classifier(network, file) if classifier else _detector(network, file, facts)
    if no_flower:
        body += f'not_a_flower = "{no_flower}"\n' if classifier else "background = true\n"
    (folder / "model.toml").write_text(f"{head}{labels}\n{body}", encoding="utf-8")
    write_sums(folder)
    return facts


def write_sums(folder: Path) -> None:
    """Put the sha256 of each file into model.toml, where it names the file. Raises InvalidModel."""
    path = folder / "model.toml"
    sums = {
        part.get("file"): sha256_of(folder / str(part["file"]))
        for part in read_toml(path).values()
        if isinstance(part, dict) and (folder / str(part.get("file", ""))).is_file()
    }
    lines, file = [], None
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.lstrip().startswith("["):
            file = None
        if found := re.match(r'^\s*file\s*=\s*"(.*)"', line):
            file = found[1]
            lines.append(line)
            if file in sums:
                lines.append(f'sha256 = "{sums[file]}"')
        elif not (_SHA256.match(line) and file in sums):
            lines.append(line)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_labels(path: Path, rows: Sequence[dict[str, str]]) -> None:
    """Write labels.csv."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows({column: row.get(column, "") for column in COLUMNS} for row in rows)


def row_of(name: str, known: Sequence[Label]) -> dict[str, str]:
    """A row of labels.csv for a class of this name: that of a known taxon, else the name itself."""
    wanted = name.replace("_", " ").strip()
    for label in known:
        if wanted.lower() in (label.scientific_name.lower(), label.taxon, label.english.lower(), label.dutch.lower()):
            return {column: getattr(label, column) for column in COLUMNS}
    latin = re.fullmatch(r"([A-Z][a-z-]+) [a-z-]+.*", wanted)
    return {
        "taxon": wanted.lower() or "class",
        "scientific_name": wanted or "class",
        "rank": "species",
        "genus": latin[1] if latin else "",
        "family": UNPLACED,
        "english": wanted,
        "dutch": wanted,
    }


def _is_classifier(file: NetworkFile, facts: FileFacts) -> bool:
    if facts.task in ("detect", "classify"):
        return facts.task == "classify"
    if facts.task:
        raise InvalidModel(f"{file.path.name} was trained to {facts.task}. Bring a network that detects or classifies.")
    return len(file.given) == 1 and len(file.given[0].shape) == 2


def _classes(file: NetworkFile, classifier: bool) -> int:
    """The number of classes by the shapes; 1 where they do not say."""
    shapes = [tensor.shape[1:] for tensor in file.given]
    if classifier:
        return shapes[0][0] or 1
    if len(shapes) == 1 and len(shapes[0]) == 2 and None not in shapes[0] and shapes[0][1] != 6:
        return max(min(n for n in shapes[0] if n) - 4, 1)
    return 1


def _without_background(classes: tuple[str, ...], places: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """The classes that are taxa, and in which of these places one stands that is no flower; empty for none."""
    for place, at, taxa in (("first", 0, classes[1:]), ("last", -1, classes[:-1])):
        if place in places and taxa and is_no_flower(classes[at]):
            return taxa, place
    return classes, ""


def _name(network: Path) -> str:
    return re.sub(r"[^a-z0-9_-]+", "-", network.stem.lower()).strip("-_")[:64] or "model"


def _classifier(network: Path, file: NetworkFile) -> str:
    shape = file.taken.shape[1:]
    channels = 1 if len(shape) == 2 or 1 in shape[:: max(len(shape) - 1, 1)] else 3
    side = next((n for n in shape if n and n > 4), _USUAL_PX)
    return (
        f'[classifier]\nfile = "{network.name}"\nsha256 = ""\ninput_px = {side}\nchannels = {channels}\n'
        'black = 0.0\nwhite = 1.0\noutput = "probabilities"\n'
    )


def _detector(network: Path, file: NetworkFile, facts: FileFacts) -> str:
    text = f'[detector]\nfile = "{network.name}"\nsha256 = ""\n'
    if facts.ultralytics:
        return text
    fixed = [n for n in file.taken.shape[1:] if n and n > 4]
    size = "" if len(fixed) == 2 else f"input_px = {_USUAL_PX}\n"
    integers = file.taken.dtype.kind in "iu"
    return text + size + 'fit = "letterbox"\n' + ("" if integers else "black = 0.0\nwhite = 1.0\n")
