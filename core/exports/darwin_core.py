"""Observations as a Darwin Core Archive for GBIF and others: sites, plots, visits and photos as events, flowers as

occurrences. Its terms are in darwin_core_terms.py. A photo without flowers is an event without occurrences whose
measurement says 0; a species of the data set that no photo of a visit shows is an occurrence that says absent.
https://dwc.tdwg.org/text/ describes the files.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, NamedTuple, TextIO
from xml.etree import ElementTree
from zipfile import ZIP_DEFLATED, ZipFile

from core.exports.darwin_core_terms import (
    AC,
    DWC,
    ECO,
    EVENT,
    HUMBOLDT,
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
    place_id,
    quantity_type,
    record_level,
    rights_of_photos,
    sample_size,
)
from core.exports.eml import Coverage, eml
from core.exports.stored import Row, Stored
from core.survey.sampling import Sampling


class File(NamedTuple):
    """One file of the archive: what a row is, and its columns. Rows of extensions begin with their event's id."""

    name: str
    row_type: str
    terms: tuple[Term, ...]


def export_darwin_core(stored: Stored, file: BinaryIO) -> None:
    """Write the zip of an archive. Its tables wait on disk meanwhile, so that memory stays flat."""
    files = (
        File("event.txt", DWC + "Event", EVENT),
        File("humboldt.txt", ECO + "Event", HUMBOLDT),
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


def _write(
    stored: Stored, events: _Table, humboldt: _Table, occurrences: _Table, measurements: _Table, multimedia: _Table
) -> Coverage:
    """Fill the files; visits and their plots come last, when their photos are known."""
    visits: dict[Visit, _Seen] = defaultdict(_Seen)
    coverage, taxa = Coverage(), dict[str, Row]()
    for rows in stored.photos():
        first, event, visit = rows[0], event_id(rows[0]), _visit(rows[0])
        coverage.add(first)
        events.add(_of_photo(first, visit, stored))
        multimedia.add(first, event)
        for one in _measured(rows, stored):
            measurements.add(one, event)
        for row in rows:
            if row["taxon"]:
                occurrences.add(row, event)
        if visit:
            visits[visit].add(rows)
            taxa |= {row["taxon"]: row for row in rows if row["rank"] == "species"}
    for place, plot in _places(visits):
        events.add(_of_place(place, plot, visits, stored))
    targets = None if stored.which.of_some_flowers or stored.which.of_counts else taxa
    for visit, seen in visits.items():
        absent = None if targets is None else [row for taxon, row in targets.items() if taxon not in seen.taxa]
        of_visit = _of_visit(visit, seen, absent, stored)
        events.add(of_visit)
        humboldt.add(of_visit, of_visit.event_id)
        for row in absent or ():
            occurrences.add(_absence(row, visit, seen), of_visit.event_id)
    return coverage


@dataclass(slots=True)
class _Seen:
    """The photos of a visit: their number, the taxa in them, and the first row, which tells who was there."""

    photos: int = 0
    taxa: set[str] = field(default_factory=set)
    first: Row = field(default_factory=dict)

    def add(self, rows: list[Row]) -> None:
        self.photos += 1
        self.taxa |= {row["taxon"] for row in rows}
        self.first = self.first or rows[0]


def _visit(row: Row) -> Visit | None:
    taken_at = event_date(row)
    one: Sampling = row["sampling"]
    if not one.place or not taken_at:
        return None
    return Visit(one if one.adds_up else replace(one, drop="", observer="", weather=""), taken_at[:10])


def _of_photo(row: Row, visit: Visit | None, stored: Stored) -> Event:
    one: Sampling = row["sampling"]
    remarks = "; ".join(filter(None, (row["note"], lower_bound(row))))
    size, unit = sample_size(one, 1) if one.protocol == "quadrats" else (1, "photos")
    return Event(
        event_id(row),
        visit.event_id if visit else None,
        "Photo",
        event_date(row),
        one.site,
        size,
        unit,
        sampling=one,
        photos=1,
        plot=one.plot,
        latitude=row["latitude"],
        longitude=row["longitude"],
        position=row["position"],
        country=stored.publication.country,
        remarks=remarks,
    )


def _of_visit(visit: Visit, seen: _Seen, absent: list[Row] | None, stored: Stored) -> Event:
    one = visit.sampling
    size, unit = sample_size(one, seen.photos)
    return Event(
        visit.event_id,
        place_id(one.plot) if one.plot else None,
        "Visit",
        visit.day,
        one.site,
        size,
        unit,
        sampling=one,
        photos=seen.photos,
        plot=one.plot,
        country=stored.publication.country,
        remarks=one.weather,
        absent=None if absent is None else tuple(row["scientific_name"] for row in absent),
    )


def _places(visits: Iterable[Visit]) -> list[tuple[str, str]]:
    """The sites that have plots, each before its plots: site and plot."""
    plots = {(visit.sampling.site, visit.sampling.plot) for visit in visits if visit.sampling.plot}
    return sorted(plots | {(site, "") for site, _ in plots})


def _of_place(site: str, plot: str, visits: Iterable[Visit], stored: Stored) -> Event:
    described = stored.library.described_sites().get(plot or site)
    times = sum(one.sampling.site == site and plot in ("", one.sampling.plot) for one in visits)
    typed = described is not None and described.latitude is not None
    size, unit = (described.area_m2, "square metre") if described and described.area_m2 else (times, "visits")
    return Event(
        place_id(plot or site),
        place_id(site) if plot else None,
        "Plot" if plot else "Site",
        None,
        site,
        size,
        unit,
        plot=plot,
        latitude=described.latitude if described else None,
        longitude=described.longitude if described else None,
        position="site" if typed else "",
        country=stored.publication.country,
    )


def _absence(row: Row, visit: Visit, seen: _Seen) -> Row:
    """The row that says that a taxon was not found on a visit."""
    there = seen.first
    return {
        **row,
        **{name: there[name] for name in ("recorded_by", "recorded_by_id", "identified_by", "identified_by_id")},
        **{"photo_id": visit.event_id, "taken_at": visit.day, "day": visit.day, "count": 0, "absent": True},
        **{"reviewed": False, "flag": "", "at": None},
    }


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
