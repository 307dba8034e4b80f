"""Large photos with many flowers: what seams change of a count, and the most memory that counting takes."""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.core.scenes import meadow

SCENES = {"a few hundred": (300, (100, 220)), "over a thousand": (1200, (60, 120))}
"""Flowers in 24 megapixels, and their smallest and largest side in pixels."""

LARGE_PX, LARGE_FLOWERS, LARGE_SIDES_PX = (12_000, 8_400), 2000, (70, 160)
_COUNT = (
    "import sys; from core.__main__ import main; from bench.memory import peak_mb; main(sys.argv[1:]); print(peak_mb())"
)


def seams_and_memory_of_large_photos() -> str:
    """A line with the counts of composed scenes, their change by shifted seams, and the peak of a 100 MP photo."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scenes, large, table = folder / "scenes", folder / "large.jpg", folder / "table.csv"
        scenes.mkdir()
        for number, (flowers, sides_px) in enumerate(SCENES.values()):
            meadow(6000, 4000, flowers=flowers, sides_px=sides_px).save(scenes / f"{number}.jpg", quality=90)
        _python("-m", "core", "count", "--check-seams", str(scenes), "-o", str(table))
        with table.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        meadow(*LARGE_PX, flowers=LARGE_FLOWERS, sides_px=LARGE_SIDES_PX).save(large, quality=90)
        peak = float(_python("-c", _COUNT, "count", str(large), "-o", str(table)).split()[-1])
        with table.open(encoding="utf-8", newline="") as file:
            found = sum(int(row["count"]) for row in csv.DictReader(file))
    seams = ", ".join(
        f"{row['count']} of {flowers} flowers, {float(row['change_percent']):+.1f} % with shifted seams"
        for row, (flowers, _) in zip(rows, SCENES.values(), strict=True)
    )
    return f"large photos: 24 MP {seams}; 100 MP {found} of {LARGE_FLOWERS} flowers in at most {peak:.0f} MB"


def _python(*arguments: str) -> str:
    return subprocess.run([sys.executable, *arguments], stdout=subprocess.PIPE, text=True, check=False).stdout
