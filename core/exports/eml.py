"""The description of a data set in the Ecological Metadata Language, in GBIF's profile of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from core.exports.publication import LICENCES
from core.exports.stored import Row, Stored
from core.survey.coordinates import DECIMALS

EML = "https://eml.ecoinformatics.org/eml-2.2.0"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
PROFILE = f"{EML} https://rs.gbif.org/schema/eml-gbif-profile/1.3/eml.xsd"

Ends = tuple[float, float]
T = TypeVar("T", float, str)

PLACED_BY = {"photo": "by the camera's GPS", "site": "position of the site, as people typed it"}
"""The source of a photo's position, where it has one."""


class Box(NamedTuple):
    """The sides of a box in degrees; west is never east of east."""

    west: float
    east: float
    south: float
    north: float


@dataclass(slots=True)
class Coverage:
    """Places and days of the photos, gathered photo by photo. Ends are None while nothing is known.

    longitudes: from -180; eastward: the same from 0 to 360, which is narrower for places on both sides of the
    antimeridian. placed: photos by how they got their position, a key of PLACED_BY or "".
    """

    latitudes: Ends | None = None
    longitudes: Ends | None = None
    eastward: Ends | None = None
    days: tuple[str, str] | None = None
    photos: int = 0
    placed: Counter[str] = field(default_factory=Counter)
    models: set[str] = field(default_factory=set)

    @property
    def boxes(self) -> list[Box]:
        """The boxes that hold all places: none, one, or two where one would go around the globe."""
        if self.latitudes is None or self.longitudes is None or self.eastward is None:
            return []
        (west, east), (start, end) = self.longitudes, self.eastward
        if end - start >= east - west or end <= 180:
            return [Box(west, east, *self.latitudes)]
        return [Box(start, 180.0, *self.latitudes), Box(-180.0, round(end - 360, DECIMALS), *self.latitudes)]

    def add(self, row: Row) -> None:
        """Take in one photo."""
        self.photos += 1
        self.placed[row["position"]] += 1
        self.models.add(row["model"])
        if row["latitude"] is not None and row["longitude"] is not None:
            self.latitudes = _wider(self.latitudes, row["latitude"])
            self.longitudes = _wider(self.longitudes, row["longitude"])
            self.eastward = _wider(self.eastward, row["longitude"] % 360)
        if row["day"]:
            self.days = _wider(self.days, row["taken_at"][:10])


def eml(stored: Stored, coverage: Coverage, *, protocol: str) -> bytes:
    """The XML of eml.xml; what nobody has typed is said to be missing."""
    about = stored.publication
    root = Element(
        "eml:eml",
        {
            "xmlns:eml": EML,
            "xmlns:xsi": XSI,
            "xsi:schemaLocation": PROFILE,
            "packageId": f"bloomcount/{stored.at:%Y%m%dT%H%M%SZ}",
            "system": "http://gbif.org",
            "scope": "system",
            "xml:lang": "en",
        },
    )
    dataset = SubElement(root, "dataset")
    _text(dataset, "title", about.title or "Flowers counted in photos (title not given yet)", {"xml:lang": "en"})
    for role in ("creator", "metadataProvider"):
        _party(SubElement(dataset, role), stored)
    _text(dataset, "pubDate", stored.at.date().isoformat())
    _text(dataset, "language", "en")
    summary = (
        f"{coverage.photos} photos with the flowers counted in each, by taxon. Models: {_listed(coverage.models)}. "
        f"Selection: {stored.selection}."
    )
    _para(SubElement(dataset, "abstract"), " ".join(filter(None, (about.description, summary))))
    rights = SubElement(SubElement(dataset, "intellectualRights"), "para")
    if about.licence:
        rights.text = "This work is licensed under a "
        link = SubElement(rights, "ulink", url=LICENCES[about.licence])
        _text(link, "citetitle", f"Creative Commons {about.licence} licence")
        link.tail = "."
    else:
        rights.text = "No licence was given yet; ask the contact before using these data."
    _coverage(dataset, coverage)
    _party(SubElement(dataset, "contact"), stored)
    methods = SubElement(dataset, "methods")
    _para(SubElement(SubElement(methods, "methodStep"), "description"), protocol)
    ElementTree.indent(root)
    xml: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return xml


def _party(party: Element, stored: Stored) -> None:
    about = stored.publication
    if about.contact:
        _text(SubElement(party, "individualName"), "surName", about.contact)
    _text(party, "organizationName", about.publisher or "publisher not given yet")
    if about.email:
        _text(party, "electronicMailAddress", about.email)


def _coverage(dataset: Element, coverage: Coverage) -> None:
    if coverage.days is None and not coverage.boxes:
        return
    covered = SubElement(dataset, "coverage")
    ways = (PLACED_BY | {"": "without a position, and so not in this box"}).items()
    placed = "; ".join(f"{way}: {coverage.placed[key]}" for key, way in ways if coverage.placed[key])
    parts = "" if len(coverage.boxes) < 2 else "One of two boxes, on both sides of the antimeridian. "
    for box in coverage.boxes:
        place = SubElement(covered, "geographicCoverage")
        _text(place, "geographicDescription", f"{parts}Where the photos were taken ({placed}).")
        sides = SubElement(place, "boundingCoordinates")
        for side, degrees in (("west", box.west), ("east", box.east), ("north", box.north), ("south", box.south)):
            _text(sides, f"{side}BoundingCoordinate", str(degrees))
    if coverage.days is not None:
        days = SubElement(SubElement(covered, "temporalCoverage"), "rangeOfDates")
        for end, day in zip(("beginDate", "endDate"), coverage.days, strict=True):
            _text(SubElement(days, end), "calendarDate", day)


def _text(parent: Element, tag: str, text: str, attributes: Mapping[str, str] | None = None) -> Element:
    child = SubElement(parent, tag, dict(attributes or {}))
    child.text = "".join(char if char.isprintable() else " " for char in text)
    return child


def _para(parent: Element, text: str) -> None:
    _text(parent, "para", text)


def _listed(models: set[str]) -> str:
    return ", ".join(sorted(models)) or "none"


def _wider(ends: tuple[T, T] | None, value: T) -> tuple[T, T]:
    return (value, value) if ends is None else (min(ends[0], value), max(ends[1], value))
