"""Observations as a Darwin Core Archive for GBIF and others: visits and photos as events, flowers as occurrences.

One line a term below. A flower is no individual: counts are organismQuantity in floral units, never individualCount.
What a person has said and what only a model has are told apart by identificationVerificationStatus. A photo without
flowers is an event without occurrences whose measurement says 0. https://dwc.tdwg.org/text/ describes the files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, NamedTuple, TextIO
from xml.etree import ElementTree
from zipfile import ZIP_DEFLATED, ZipFile

from core.exports.columns import PER_PHOTO
from core.exports.eml import Coverage, eml
from core.exports.publication import LICENCES, Publication
from core.exports.stored import Row, Stored
from core.recognition.taxa import UNKNOWN_TAXON

DWC, DC = "http://rs.tdwg.org/dwc/terms/", "http://purl.org/dc/terms/"
AC, XMP = "http://rs.tdwg.org/ac/terms/", "http://ns.adobe.com/xap/1.0/"
XMP_RIGHTS = f"{XMP}rights/"
OBIS = "http://rs.iobis.org/obis/terms/"

PROTOCOL = (
    "Photos; a model finds, counts and names the flowers in each, and people review some. A flower is one floral unit: "
    "a single flower, a flower head or an inflorescence. " + PER_PHOTO
)

ANY_FLOWER = "Tracheophyta", "phylum"
"""What a flower without a name is, for those who need a scientific name and its rank."""

QUANTITY_TYPES = {"flower": "flowers", "flower head": "flower heads", "inflorescence": "inflorescences"}
"""organismQuantityType of each floral unit."""
PLACED_BY = {"photo": "by the camera's GPS", "site": "position of the site, as people typed it", "": None}


class Term(NamedTuple):
    """One column of a file: its address, and what is in it. A value of None is an empty cell."""

    address: str
    value: Callable[[Any], object]


class Visit(NamedTuple):
    """The photos of one site on one day, as in 2026-06-12."""

    site: str
    day: str

    @property
    def event_id(self) -> str:
        """The same for the same site and day in every archive."""
        return f"visit:{sha256(f'{self.day} {self.site}'.encode()).hexdigest()[:16]}"


class Event(NamedTuple):
    """A photo, or a visit with so many photos."""

    event_id: str
    parent_id: str | None
    kind: str
    date: str | None
    site: str
    photos: int
    latitude: float | None = None
    longitude: float | None = None
    placed_by: str | None = None
    remarks: str = ""


class Measured(NamedTuple):
    """One number about a photo, or about an occurrence in it."""

    row: Row
    of: str
    key: str
    name: str
    value: object
    unit: str
    method: str


def _event_id(row: Row) -> str:
    return f"photo:{row['photo_id']}"


def _occurrence_id(row: Row) -> str:
    return f"{row['photo_id']}:{row['taxon']}"


def _visit(row: Row) -> Visit | None:
    return Visit(row["site"], row["taken_at"][:10]) if row["site"] and row["taken_at"] else None


def _of_photo(row: Row, visit: Visit | None) -> Event:
    parent, place = visit.event_id if visit else None, (row["latitude"], row["longitude"], PLACED_BY[row["position"]])
    remarks = "; ".join(filter(None, (row["note"], _lower_bound(row))))
    return Event(_event_id(row), parent, "Photo", row["taken_at"], row["site"], 1, *place, remarks)


def _lower_bound(row: Row) -> str | None:
    return f"{row['flag']}: the count is a lower bound" if row["flag"] and not row["reviewed"] else None


def _quantity_type(row: Row) -> str:
    return QUANTITY_TYPES.get(row["unit"], str(row["unit"]))


def _vernacular(row: Row) -> str | None:
    """None for a genus or family named as such, and for an unknown flower."""
    english, scientific = str(row["english"]), row["scientific_name"]
    return english if scientific and not english.startswith(scientific) else None


def _status(row: Row) -> str:
    if row["reviewed"]:
        return "verified"
    return "unverified" if row["band"] == "confident" else "requires verification"


def _identified(row: Row) -> str:
    unknown = "an unknown flower; " if row["taxon"] == UNKNOWN_TAXON else ""
    if row["reviewed"]:
        return f"{unknown}said by a person who looked at the photo"
    return f"{unknown}named by a model alone, score {row['confidence']:.2f} ({row['band']}); no person has checked it"


def _measurement_id(one: Measured) -> str:
    return f"{one.of or _event_id(one.row)}:{one.key}"


EVENT = (
    Term(DWC + "eventID", lambda event: event.event_id),
    Term(DWC + "parentEventID", lambda event: event.parent_id),
    Term(DWC + "eventType", lambda event: event.kind),
    Term(DWC + "eventDate", lambda event: event.date),
    Term(DWC + "locality", lambda event: event.site),
    Term(DWC + "decimalLatitude", lambda event: event.latitude),
    Term(DWC + "decimalLongitude", lambda event: event.longitude),
    Term(DWC + "geodeticDatum", lambda event: None if event.latitude is None else "EPSG:4326"),
    Term(DWC + "georeferenceRemarks", lambda event: event.placed_by),
    Term(DWC + "samplingProtocol", lambda _: PROTOCOL),
    Term(DWC + "sampleSizeValue", lambda event: event.photos),
    Term(DWC + "sampleSizeUnit", lambda _: "photos"),
    Term(DWC + "eventRemarks", lambda event: event.remarks),
)

OCCURRENCE = (
    Term(DWC + "occurrenceID", _occurrence_id),
    Term(DWC + "occurrenceStatus", lambda _: "present"),
    Term(DWC + "eventDate", lambda row: row["taken_at"]),
    Term(DWC + "scientificName", lambda row: row["scientific_name"] or ANY_FLOWER[0]),
    Term(DWC + "taxonRank", lambda row: row["rank"] if row["scientific_name"] else ANY_FLOWER[1]),
    Term(DWC + "kingdom", lambda _: "Plantae"),
    Term(DWC + "family", lambda row: row["family"]),
    Term(DWC + "vernacularName", _vernacular),
    Term(DWC + "verbatimIdentification", lambda row: row["taxon"]),
    Term(DWC + "organismQuantity", lambda row: row["count"]),
    Term(DWC + "organismQuantityType", _quantity_type),
    Term(DWC + "reproductiveCondition", lambda _: "in bloom"),
    Term(DWC + "recordedBy", lambda row: row["uploaded_by"]),
    Term(DWC + "identifiedBy", lambda row: row["by"]),
    Term(DWC + "dateIdentified", lambda row: row["at"].isoformat(timespec="seconds")),
    Term(DWC + "identificationVerificationStatus", _status),
    Term(DWC + "identificationRemarks", _identified),
    Term(DWC + "occurrenceRemarks", _lower_bound),
)

MEASUREMENT = (
    Term(DWC + "measurementID", _measurement_id),
    Term(DWC + "occurrenceID", lambda one: one.of),
    Term(DWC + "measurementType", lambda one: one.name),
    Term(DWC + "measurementValue", lambda one: one.value),
    Term(DWC + "measurementUnit", lambda one: one.unit),
    Term(DWC + "measurementMethod", lambda one: one.method),
    Term(DWC + "measurementDeterminedBy", lambda one: one.row["by"]),
    Term(DWC + "measurementDeterminedDate", lambda one: one.row["at"].isoformat(timespec="seconds")),
)

MULTIMEDIA = (
    Term(DC + "identifier", lambda row: row["photo_id"]),
    Term(DC + "type", lambda _: "http://purl.org/dc/dcmitype/StillImage"),
    Term(DC + "title", lambda row: row["file"]),
    Term(XMP + "CreateDate", lambda row: row["taken_at"]),
    Term(AC + "hashFunction", lambda _: "SHA-256"),
    Term(AC + "hashValue", lambda row: row["photo_id"]),
    Term(AC + "comments", lambda _: "The photo is kept by the publisher of this data set; ask the contact for it."),
)
"""Audubon Core. Photos are not public, so there is no ac:accessURI."""


def record_level(publication: Publication) -> tuple[Term, ...]:
    """The terms that the form fills, the same for every occurrence."""
    return (
        Term(DWC + "basisOfRecord", lambda _: publication.basis_of_record),
        Term(DWC + "datasetName", lambda _: publication.title),
        Term(DC + "rightsHolder", lambda _: publication.publisher),
        Term(DC + "license", lambda _: LICENCES.get(publication.licence)),
    )


def rights_of_photos(publication: Publication) -> tuple[Term, ...]:
    """Whose photos they are and what others may do with them, in the terms that Audubon Core has for that."""
    return (
        Term(XMP_RIGHTS + "Owner", lambda _: publication.publisher),
        Term(DC + "rights", lambda _: LICENCES.get(publication.licence)),
    )


class File(NamedTuple):
    """One file of the archive: what a row is, and its columns. Rows of extensions begin with their event's id."""

    name: str
    row_type: str
    terms: tuple[Term, ...]


def export_darwin_core(stored: Stored, file: BinaryIO) -> None:
    """Write the zip of an archive. Its tables wait on disk meanwhile, so that memory stays flat."""
    files = (
        File("event.txt", DWC + "Event", EVENT),
        File("occurrence.txt", DWC + "Occurrence", (*OCCURRENCE, *record_level(stored.publication))),
        File("measurement.txt", OBIS + "ExtendedMeasurementOrFact", MEASUREMENT),
        File("multimedia.txt", AC + "Multimedia", (*MULTIMEDIA, *rights_of_photos(stored.publication))),
    )
    with TemporaryDirectory(prefix="bloomcount-") as folder, ZipFile(file, "w", ZIP_DEFLATED) as archive:
        with ExitStack() as open_files:
            tables = [
                _Table(open_files.enter_context((Path(folder) / name).open("w", encoding="utf-8", newline="")), terms)
                for name, _, terms in files
            ]
            coverage = _write(stored, *tables)
        for name, *_ in files:
            archive.write(Path(folder) / name, name)
        archive.writestr("meta.xml", _meta(files))
        archive.writestr("eml.xml", eml(stored, coverage, protocol=PROTOCOL))


class _Table:
    """A file of the archive while it is written: a header, then a row a line."""

    def __init__(self, file: TextIO, terms: tuple[Term, ...]) -> None:
        self._file, self._terms = file, terms
        ids = [] if terms is EVENT else ["coreid"]
        self._write([*ids, *map(_name, terms)])

    def add(self, thing: object, *event_id: str) -> None:
        self._write([*event_id, *(term.value(thing) for term in self._terms)])

    def _write(self, values: Iterable[object]) -> None:
        self._file.write("\t".join(map(_cell, values)) + "\n")


def _write(stored: Stored, events: _Table, occurrences: _Table, measurements: _Table, multimedia: _Table) -> Coverage:
    """Fill the files; visits come last, when their photos are known."""
    visits: Counter[Visit] = Counter()
    coverage = Coverage()
    for rows in stored.photos():
        first, event_id, visit = rows[0], _event_id(rows[0]), _visit(rows[0])
        coverage.add(first)
        events.add(_of_photo(first, visit))
        multimedia.add(first, event_id)
        if visit:
            visits[visit] += 1
        for one in _measured(rows, stored):
            measurements.add(one, event_id)
        for row in rows:
            if row["taxon"]:
                occurrences.add(row, event_id)
    for visit, photos in visits.items():
        events.add(Event(visit.event_id, None, "Visit", visit.day, visit.site, photos))
    return coverage


def _measured(rows: list[Row], stored: Stored) -> Iterator[Measured]:
    total, name, method = sum(row["count"] for row in rows), "flowers counted in the photo", "sum over its taxa"
    if stored.which.of_some_flowers:
        name = "flowers of the selection counted in the photo"
        method = f"sum over the taxa of the selection ({stored.selection})"
    yield Measured(rows[0], "", "count", name, total, "floral units", method)
    for row in rows:
        if not row["taxon"]:
            continue
        of, unit, ends = _occurrence_id(row), _quantity_type(row), "90 % interval"
        yield Measured(row, of, "low", "lower end of the count", row["count_low"], unit, ends)
        yield Measured(row, of, "high", "upper end of the count", row["count_high"], unit, ends)
        if row["confidence"] is not None:
            sure = round(row["confidence"], 3)
            yield Measured(row, of, "confidence", "confidence of the name", sure, "0 to 1", "mean score of the flowers")


_NO_BREAKS = {ord(char): " " for char in "\t\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"} | {0: None}


def _cell(value: object) -> str:
    """Text without what parts cells and lines; there is no quoting in these files."""
    return "" if value is None else str(value).translate(_NO_BREAKS)


def _name(term: Term) -> str:
    return term.address.rsplit("/", 1)[1]


def _meta(files: Iterable[File]) -> bytes:
    """meta.xml, which says what each column of each file is."""
    archive = ElementTree.Element("archive", xmlns="http://rs.tdwg.org/dwc/text/", metadata="eml.xml")
    for name, row_type, terms in files:
        core = terms is EVENT
        described = ElementTree.SubElement(
            archive,
            "core" if core else "extension",
            encoding="UTF-8",
            fieldsTerminatedBy="\\t",
            linesTerminatedBy="\\n",
            fieldsEnclosedBy="",
            ignoreHeaderLines="1",
            rowType=row_type,
        )
        ElementTree.SubElement(ElementTree.SubElement(described, "files"), "location").text = name
        ElementTree.SubElement(described, "id" if core else "coreid", index="0")
        for index, term in enumerate(terms, start=0 if core else 1):
            ElementTree.SubElement(described, "field", index=str(index), term=term.address)
    ElementTree.indent(archive)
    xml: bytes = ElementTree.tostring(archive, encoding="utf-8", xml_declaration=True)
    return xml
