"""Make the outlines beside this from Natural Earth's shapefiles; the command is in README.md."""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from core.charts.outlines import LAYERS, NEAR, Line
from core.survey.land import CELL_DEGREES, FILE

FILES = {
    "coast": "coastline",
    "lake": "lakes",
    "border": "admin_0_boundary_lines_land",
    "province": "admin_1_states_provinces_lines",
}
HEADER_BYTES = 100


def make(basemap: Path) -> None:
    """Write near.json (1:10 million, inside NEAR), world.json (1:110 million, outside) and the land of core/survey.

    basemap: both folders.
    """
    detailed, coarse = f"{basemap}/natural_earth_10m/ne_10m_", f"{basemap}/natural_earth_110m/ne_110m_"
    _write("near", {layer: _pieces(detailed + FILES[layer], inside=True) for layer in LAYERS}, apart=0.002, decimals=4)
    _write("world", {n: _pieces(coarse + FILES[n], inside=False) for n in ("coast", "border")}, apart=0.05, decimals=2)
    rows = ",\n".join(json.dumps(row, separators=(",", ":")) for row in land_rows(Path(f"{detailed}land.shp")))
    FILE.write_text(f"[\n{rows}\n]\n", encoding="utf-8")


def land_rows(shapefile: Path) -> Iterator[list[int]]:
    """The cells that land touches, a row a step of latitude from the south: where each stretch starts and ends."""
    size = round(360 / CELL_DEGREES), round(180 / CELL_DEGREES)
    image = Image.new("1", size)
    for ring in polylines(shapefile.read_bytes()):
        cells = np.floor((ring + np.array([180, 90])) / CELL_DEGREES).clip(0, [size[0] - 1, size[1] - 1]).astype(int)
        ImageDraw.Draw(image).polygon(list(map(tuple, cells)), fill=1, outline=1)
    for row in np.pad(np.asarray(image, int), ((0, 0), (1, 1))):
        yield np.flatnonzero(np.diff(row)).tolist()


def _write(name: str, layers: dict[str, Iterator[Line]], *, apart: float, decimals: int) -> None:
    outlines = {n: [thinned(line, apart).round(decimals).tolist() for line in lines] for n, lines in layers.items()}
    text = json.dumps(outlines, separators=(",", ":")).replace("]],[[", "]],\n[[")
    (Path(__file__).parent / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def _pieces(shapefile: str, *, inside: bool) -> Iterator[Line]:
    """The parts of its lines that lie inside NEAR, or those outside."""
    west, south, east, north = NEAR
    for line in polylines(Path(f"{shapefile}.shp").read_bytes()):
        x, y = line.T
        kept = ((x >= west) & (x <= east) & (y >= south) & (y <= north)) == inside
        cuts = np.flatnonzero(kept[1:] != kept[:-1]) + 1
        pieces = zip(np.split(line, cuts), np.split(kept, cuts), strict=True)
        yield from (piece for piece, whole in pieces if whole.all() and len(piece) > 1)


def polylines(shapefile: bytes) -> Iterator[Line]:
    """Every part of every line or polygon (ESRI Shapefile Technical Description, 1998, pages 4-9)."""
    at = HEADER_BYTES
    while at < len(shapefile):
        (words,) = struct.unpack_from(">i", shapefile, at + 4)
        record, at = at + 8, at + 8 + 2 * words
        kind, *_, parts, points = struct.unpack_from("<i4d2i", shapefile, record)
        if kind:
            starts = struct.unpack_from(f"<{parts}i", shapefile, record + 44)
            xy = np.frombuffer(shapefile, "<f8", 2 * points, record + 44 + 4 * parts).reshape(-1, 2)
            yield from np.split(xy, starts[1:])


def thinned(line: Line, apart: float) -> Line:
    """Drop points that lie within `apart` degrees of the remaining line (Douglas and Peucker, 1973)."""
    start, end = line[0], line[-1]
    along = (end - start) / max(float(np.hypot(*(end - start))), 1e-12)
    offset = line - start
    away = np.hypot(*(offset - np.outer(np.clip(offset @ along, 0, np.hypot(*(end - start))), along)).T)
    furthest = int(away.argmax())
    if away[furthest] <= apart:
        return line[[0, -1]]
    return np.concatenate([thinned(line[: furthest + 1], apart)[:-1], thinned(line[furthest:], apart)])


if __name__ == "__main__":
    make(Path(sys.argv[1]))
