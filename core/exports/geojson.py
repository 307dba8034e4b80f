"""Observations as GeoJSON (RFC 7946): a feature a photo and taxon, for maps and GIS; without a position where the
photo has none, so that totals stay whole.
"""

from __future__ import annotations

import json
from typing import Any, BinaryIO

from core.exports.columns import PER_PHOTO
from core.exports.csv import stored_rows
from core.exports.stored import Row, Stored


def export_geojson(stored: Stored, file: BinaryIO) -> None:
    """Write the features one a line; their properties are the columns of the CSV."""
    about = f"Selection: {stored.selection}. {PER_PHOTO}"
    head = {"type": "FeatureCollection", "name": "Bloomcount observations", "description": about}
    file.write(f'{json.dumps(head)[:-1]}, "features": ['.encode())
    separator = b"\n"
    for row in stored_rows(stored):
        if not row["problem"]:
            file.write(separator + json.dumps(_feature(row), ensure_ascii=False).encode())
            separator = b",\n"
    file.write(b"\n]}\n")


def _feature(row: Row) -> dict[str, Any]:
    longitude, latitude = row["longitude"], row["latitude"]
    placed = longitude is not None and latitude is not None
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [longitude, latitude]} if placed else None,
        "properties": {name: value for name, value in row.items() if name not in ("latitude", "longitude", "problem")},
    }
