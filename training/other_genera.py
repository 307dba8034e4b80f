"""Genera of the photos in ../shared/data whose kind is none of the 108: its photos.csv leaves their taxon empty.

Looked up on contact sheets, for the one orchard of kiwi on 20 photos (November 2026). Other folders say it in a column
`genus` of photos.csv.
"""

from __future__ import annotations

from pathlib import PurePosixPath

NEVER_TAUGHT = ("Paeonia",)
"""Peonies, easily taken for roses, show how a genus is named that the classifier never met."""

_GENERA = {
    "garden": ((1, 161, "Hydrangea Malvaviscus"),),
    "kiwi": ((1, 150, "Actinidia"),),
    "korea21": (
        (1, 33, "Freesia"),
        (34, 90, "Hydrangea"),
        (91, 157, "Lilium"),
        (158, 205, "Paeonia"),
        (206, 291, "Pulsatilla"),
        (292, 349, "Rosa"),
    ),
}
"""First and last number of the photos, genus."""

_DOUBTFUL = {
    "garden": (160,),  # artificial flowers
    "korea21": (30, 83, 131, 147, 200, 338),  # another genus than its neighbours, or flowers of two
}


def other_genus(source: str, photo: str) -> str:
    """The genus of such a photo, empty where it is not known."""
    path = PurePosixPath(photo)
    name = path.stem
    if path.parts[:-1] != ("boxes", source) or not name.isdecimal() or int(name) in _DOUBTFUL.get(source, ()):
        return ""
    return next((genus for first, last, genus in _GENERA.get(source, ()) if first <= int(name) <= last), "")
