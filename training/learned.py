"""Fingerprints of the photos that a package learned from lie beside its networks, so that no folder, however renamed
or mixed, is measured on photos that taught it. A copy that was saved anew has another fingerprint: only bytes are seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path

from training.dataset import PhotoRow

FILE = "learned_from.txt"
DIGITS = 12
"""Digits kept of the sha256: 10,000 photos against 10,000 hold a false match in fewer than one of a million cases."""


def write_learned(rows: Iterable[PhotoRow], data: Path, package_folder: Path) -> None:
    """Write the fingerprints of all photos that taught or calibrated."""
    marks = sorted(_fingerprint(data / row.photo) for row in rows if row.split != "validation")
    (package_folder / FILE).write_text("\n".join(marks) + "\n", encoding="ascii")


def learned_from(package_folder: Path) -> set[str]:
    """The fingerprints beside a package; none where it does not say what it learned from."""
    file = package_folder / FILE
    return set(file.read_text(encoding="ascii").split()) if file.is_file() else set()


def unseen(rows: Sequence[PhotoRow], data: Path, package_folder: Path) -> tuple[list[PhotoRow], str]:
    """The photos that the package did not learn from, and a sentence on what was left out."""
    file = package_folder / FILE
    if not file.is_file():
        return list(rows), f"{package_folder} does not say what it learned from, so all photos in {data} are measured."
    learned = set(file.read_text(encoding="ascii").split())
    left = [row for row in rows if _fingerprint(data / row.photo) not in learned]
    out = len(rows) - len(left)
    return (
        left,
        f"{out:,} of the {len(rows):,} photos in {data} taught or calibrated {package_folder} and are left out.",
    )


def _fingerprint(photo: Path) -> str:
    """Fingerprint of a photo; empty for a file that is not there."""
    return sha256(photo.read_bytes()).hexdigest()[:DIGITS] if photo.is_file() else ""
