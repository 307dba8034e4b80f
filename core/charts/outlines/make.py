"""Make the outlines beside this from Natural Earth's shapefiles; the command is in README.md."""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from core.charts.outlines import NEAR, Line
from core.survey.land import CELL_DEGREES, FILE

FILES = {
    "lake": "lakes",
    "border": "admin_0_boundary_lines_land",
    "province": "admin_1_states_provinces_lines",
}
HEADER_BYTES = 100
LARGE_SQUARE_DEGREES = 0.6
"""The smallest land outside NEAR."""


def make(basemap: Path) -> None:
    """Write near.json (inside NEAR), world.json (outside) and the land of core/survey.

    basemap: the folders of 1:10 million, and of 1:110 million, which has the borders of the world.
    """
    detailed, coarse = f"{basemap}/natural_earth_10m/ne_10m_", f"{basemap}/natural_earth_110m/ne_110m_"
    land = list(polylines(Path(f"{detailed}land.shp").read_bytes()))
    near = {"land": _cut(land, NEAR)} | {name: _pieces(detailed + file, inside=True) for name, file in FILES.items()}
    _write("near", {name: thinned_all(lines, 0.002) for name, lines in near.items()}, decimals=4)
    west, south, east, north = NEAR
    around = ((-180, -90, west, 90), (east, -90, 180, 90), (west, -90, east, south), (west, north, east, 90))
    large = [ring for ring in thinned_all(land, 0.24) if _square_degrees(ring) >= LARGE_SQUARE_DEGREES]
    world = {"land": [ring for box in around for ring in _cut(large, box)]}
    world["border"] = thinned_all(_pieces(coarse + FILES["border"], inside=False), 0.05)
    _write("world", world, decimals=2)
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


def _write(name: str, layers: Mapping[str, Iterable[Line]], *, decimals: int) -> None:
    outlines = {n: [line.round(decimals).tolist() for line in lines] for n, lines in layers.items()}
    text = json.dumps(outlines, separators=(",", ":")).replace("]],[[", "]],\n[[")
    (Path(__file__).parent / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def _cut(rings: Iterable[Line], box: tuple[float, float, float, float]) -> Iterator[Line]:
    """The parts of polygons inside a box, side after side (Sutherland and Hodgman, 1974)."""
    west, south, east, north = box
    for ring in rings:
        for axis, edge, sign in ((0, west, 1), (0, east, -1), (1, south, 1), (1, north, -1)):
            ring = _half(ring, axis, edge, sign)
        if len(ring) > 3:
            yield ring


def _half(ring: Line, axis: int, edge: float, sign: int) -> Line:
    """The part of a polygon on one side of a line."""
    kept = (ring[:, axis] - edge) * sign >= 0
    points: list[Line] = []
    for here, there, stays, goes_on in zip(ring[:-1], ring[1:], kept[:-1], kept[1:], strict=True):
        if stays:
            points.append(here)
        if stays != goes_on:
            crossing = here + (edge - here[axis]) / (there[axis] - here[axis]) * (there - here)
            crossing[axis] = edge
            points.append(crossing)
    return np.array([*points, *points[:1]]).reshape(-1, 2)


def _square_degrees(ring: Line) -> float:
    x, y = ring.T
    return abs(float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum())) / 2


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


def thinned_all(lines: Iterable[Line], apart: float) -> list[Line]:
    """Thin lines and polygons; polygons of which nothing is left are gone."""
    thin = ((line, thinned(line, apart)) for line in lines)
    return [few for line, few in thin if len(few) > 3 or (line[0] != line[-1]).any()]


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
