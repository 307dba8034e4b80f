"""The terms of a Darwin Core Archive, one line each: the columns of its four files and what is in them.

A flower is no individual: counts are organismQuantity in floral units, never individualCount. What a person has said
and what only a model has are told apart by identificationVerificationStatus.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any, NamedTuple

from core.exports.columns import PER_PHOTO
from core.exports.publication import LICENCES, Publication
from core.exports.stored import Row
from core.recognition.taxa import UNKNOWN_TAXON

DWC, DC = "http://rs.tdwg.org/dwc/terms/", "http://purl.org/dc/terms/"
AC, XMP = "http://rs.tdwg.org/ac/terms/", "http://ns.adobe.com/xap/1.0/"
XMP_RIGHTS = f"{XMP}rights/"
GBIF = "https://www.gbif.org/species/"
OBIS = "http://rs.iobis.org/obis/terms/"

PROTOCOL = (
    "Photos; a model finds, counts and names the flowers in each, and people review some. A flower is one floral unit: "
    "a single flower, a flower head or an inflorescence. " + PER_PHOTO
)

ANY_FLOWER = "Tracheophyta", "phylum"
"""Scientific name and rank of a flower without a name."""

QUANTITY_TYPES = {"flower": "flowers", "flower head": "flower heads", "inflorescence": "inflorescences"}
"""organismQuantityType of each floral unit."""


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


def event_id(row: Row) -> str:
    """The id of the photo as an event."""
    return f"photo:{row['photo_id']}"


def occurrence_id(row: Row) -> str:
    """The id of the flowers of a taxon in a photo."""
    return f"{row['photo_id']}:{row['taxon']}"


def event_date(row: Row) -> str | None:
    """The camera's date, None where it cannot be right."""
    return row["taken_at"] if row["day"] else None


def lower_bound(row: Row) -> str | None:
    """Why there may be more flowers than counted; None where there are not."""
    return f"{row['flag']}: the count is a lower bound" if row["flag"] else None


def quantity_type(row: Row) -> str:
    """The floral units that are counted, as a plural."""
    return QUANTITY_TYPES.get(row["unit"], str(row["unit"]))


def _vernacular(row: Row) -> str | None:
    """None for a genus or family named as such, and for an unknown flower."""
    english, scientific = str(row["english"]), row["scientific_name"]
    return english if scientific and not english.startswith(scientific) else None


_HOW = {
    "accepted": "said by a person who looked at the photo and accepted the suggestion of a model",
    "chosen": "said by a person who looked at the photo and what a model suggested, and chose the name or number",
    "blind": "said by a person who looked at the photo and not at what a model suggested",
}


def _rank(row: Row) -> str:
    """A hybrid has the rank of what it is a hybrid of."""
    rank = str(row["rank"]) if row["scientific_name"] else ANY_FLOWER[1]
    return "species" if rank == "hybrid" else rank


def _status(row: Row) -> str:
    if row["reviewed"]:
        return "verified"
    return "unverified" if row["band"] == "confident" else "requires verification"


def _identified(row: Row) -> str:
    unknown = "an unknown flower; " if row["taxon"] == UNKNOWN_TAXON else ""
    if row["reviewed"]:
        return unknown + _HOW.get(row["how"] or "", "said by a person who looked at the photo")
    return f"{unknown}named by a model alone, score {row['confidence']:.2f} ({row['band']}); no person has checked it"


def _measurement_id(one: Measured) -> str:
    return f"{one.of or event_id(one.row)}:{one.key}"


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
    Term(DWC + "occurrenceID", occurrence_id),
    Term(DWC + "occurrenceStatus", lambda _: "present"),
    Term(DWC + "eventDate", event_date),
    Term(DWC + "scientificName", lambda row: row["scientific_name"] or ANY_FLOWER[0]),
    Term(DWC + "taxonID", lambda row: f"{GBIF}{row['gbif_key']}" if row["gbif_key"] else None),
    Term(DWC + "taxonRank", _rank),
    Term(DWC + "kingdom", lambda _: "Plantae"),
    Term(DWC + "family", lambda row: row["family"]),
    Term(DWC + "vernacularName", _vernacular),
    Term(DWC + "verbatimIdentification", lambda row: row["taxon"]),
    Term(DWC + "organismQuantity", lambda row: row["count"]),
    Term(DWC + "organismQuantityType", quantity_type),
    Term(DWC + "reproductiveCondition", lambda _: "in bloom"),
    Term(DWC + "recordedBy", lambda row: row["recorded_by"]),
    Term(DWC + "recordedByID", lambda row: row["recorded_by_id"]),
    Term(DWC + "identifiedBy", lambda row: row["identified_by"]),
    Term(DWC + "identifiedByID", lambda row: row["identified_by_id"]),
    Term(DWC + "dateIdentified", lambda row: row["at"].isoformat(timespec="seconds")),
    Term(DWC + "identificationVerificationStatus", _status),
    Term(DWC + "identificationRemarks", _identified),
    Term(DWC + "occurrenceRemarks", lower_bound),
)

MEASUREMENT = (
    Term(DWC + "measurementID", _measurement_id),
    Term(DWC + "occurrenceID", lambda one: one.of),
    Term(DWC + "measurementType", lambda one: one.name),
    Term(DWC + "measurementValue", lambda one: one.value),
    Term(DWC + "measurementUnit", lambda one: one.unit),
    Term(DWC + "measurementMethod", lambda one: one.method),
    Term(DWC + "measurementDeterminedBy", lambda one: one.row["identified_by"]),
    Term(DWC + "measurementDeterminedDate", lambda one: one.row["at"].isoformat(timespec="seconds")),
)

MULTIMEDIA = (
    Term(DC + "identifier", lambda row: row["photo_id"]),
    Term(DC + "type", lambda _: "http://purl.org/dc/dcmitype/StillImage"),
    Term(DC + "title", lambda row: row["file"]),
    Term(XMP + "CreateDate", event_date),
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
    """The owner of the photos and their licence, in the terms that Audubon Core has for that."""
    return (
        Term(XMP_RIGHTS + "Owner", lambda _: publication.publisher),
        Term(DC + "rights", lambda _: LICENCES.get(publication.licence)),
    )
