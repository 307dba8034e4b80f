"""Observations as a Darwin Core Archive for GBIF and others: visits and photos as events, flowers as occurrences.

Its terms are in darwin_core_terms.py. A photo without flowers is an event without occurrences whose measurement says 0.
https://dwc.tdwg.org/text/ describes the files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, NamedTuple, TextIO
from xml.etree import ElementTree
from zipfile import ZIP_DEFLATED, ZipFile

from core.exports.darwin_core_terms import (
    AC,
    DWC,
    EVENT,
    MEASUREMENT,
    MULTIMEDIA,
    OBIS,
    OCCURRENCE,
    PROTOCOL,
    Event,
    Measured,
    Term,
    Visit,
    event_date,
    event_id,
    lower_bound,
    occurrence_id,
    quantity_type,
    record_level,
    rights_of_photos,
)
from core.exports.eml import PLACED_BY, Coverage, eml
from core.exports.stored import Row, Stored


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
        first, event, visit = rows[0], event_id(rows[0]), _visit(rows[0])
        coverage.add(first)
        events.add(_of_photo(first, visit))
        multimedia.add(first, event)
        if visit:
            visits[visit] += 1
        for one in _measured(rows, stored):
            measurements.add(one, event)
        for row in rows:
            if row["taxon"]:
                occurrences.add(row, event)
    for visit, photos in visits.items():
        events.add(Event(visit.event_id, None, "Visit", visit.day, visit.site, photos))
    return coverage


def _visit(row: Row) -> Visit | None:
    taken_at = event_date(row)
    return Visit(row["site"], taken_at[:10]) if row["site"] and taken_at else None


def _of_photo(row: Row, visit: Visit | None) -> Event:
    parent = visit.event_id if visit else None
    place = row["latitude"], row["longitude"], PLACED_BY.get(row["position"])
    remarks = "; ".join(filter(None, (row["note"], lower_bound(row))))
    return Event(event_id(row), parent, "Photo", event_date(row), row["site"], 1, *place, remarks)


def _measured(rows: list[Row], stored: Stored) -> Iterator[Measured]:
    total, name, method = sum(row["count"] for row in rows), "flowers counted in the photo", "sum over its taxa"
    if stored.which.of_some_flowers:
        name = "flowers of the selection counted in the photo"
        method = f"sum over the taxa of the selection ({stored.selection})"
    yield Measured(rows[0], "", "count", name, total, "floral units", method)
    for row in rows:
        if not row["taxon"]:
            continue
        of, unit, ends = occurrence_id(row), quantity_type(row), "90 % interval"
        if row["count_low"] is not None:
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
