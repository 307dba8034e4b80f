"""The terms of a Darwin Core Archive, one line each: the columns of its four files and what is in them.

A flower is no individual: counts are organismQuantity in floral units, never individualCount. What a person has said
and what only a model has are told apart by identificationVerificationStatus.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any, NamedTuple

from core.exports.columns import PER_PHOTO
from core.exports.eml import PLACED_BY
from core.exports.field_tables import visit_id
from core.exports.publication import LICENCES, Publication
from core.exports.stored import Row
from core.recognition.taxa import UNKNOWN_TAXON
from core.store.distances import FAR_M
from core.store.records import Protocol
from core.survey.sampling import Sampling

DWC, DC = "http://rs.tdwg.org/dwc/terms/", "http://purl.org/dc/terms/"
ECO = "http://rs.tdwg.org/eco/terms/"
AC, XMP = "http://rs.tdwg.org/ac/terms/", "http://ns.adobe.com/xap/1.0/"
XMP_RIGHTS = f"{XMP}rights/"
GBIF = "https://www.gbif.org/species/"
OBIS = "http://rs.iobis.org/obis/terms/"

WHO_COUNTS = (
    "Photos; a model finds, counts and names the flowers in each, and people review some. A flower is one floral unit: "
    "a single flower, a flower head or an inflorescence."
)
PROTOCOL = f"{WHO_COUNTS} {PER_PHOTO}"

PROTOCOLS: dict[Protocol, str] = {
    "views": PROTOCOL,
    "quadrats": f"Quadrats: each photo shows ground of its own, and no photo repeats another. {WHO_COUNTS}",
    "transect": f"Transect: photos along a line without overlap, and no photo repeats another. {WHO_COUNTS}",
    "timed": f"Timed count: photos of what was found in some minutes, and no photo repeats another. {WHO_COUNTS}",
}
"""samplingProtocol of a photo and of its visit."""

UNCERTAINTY_M = {"photo": 30, "site": int(FAR_M)}
"""coordinateUncertaintyInMeters: of GPS whose accuracy nobody noted (Zermoglio et al. 2020, Georeferencing Quick
Reference Guide, doi 10.35035/e09p-h128), and the distance within which photos are taken for those of a site."""

ANY_FLOWER = "Tracheophyta", "phylum"
"""Scientific name and rank of a flower without a name."""

QUANTITY_TYPES = {"flower": "flowers", "flower head": "flower heads", "inflorescence": "inflorescences"}
"""organismQuantityType of each floral unit."""


class Term(NamedTuple):
    """One column of a file: its address, and what is in it. A value of None is an empty cell."""

    address: str
    value: Callable[[Any], object]


class Visit(NamedTuple):
    """The photos of one site or plot on one day, as in 2026-06-12; of one drop where that has a protocol of its own."""

    sampling: Sampling
    day: str

    @property
    def event_id(self) -> str:
        """The same for the same place and day in every archive."""
        return visit_id(self.sampling.place, self.day, self.sampling.drop if self.sampling.adds_up else "")


class Event(NamedTuple):
    """A photo, a visit with so many photos, or a plot or site with so many visits.

    sampling: None of a site or plot. size, unit: of the sample. absent: taxa of the survey that a visit did not find,
    None where nothing may be said of them.
    """

    event_id: str
    parent_id: str | None
    kind: str
    date: str | None
    site: str
    size: float
    unit: str
    sampling: Sampling | None = None
    photos: int = 0
    plot: str = ""
    latitude: float | None = None
    longitude: float | None = None
    position: str = ""
    country: str = ""
    remarks: str = ""
    absent: tuple[str, ...] | None = None


def sample_size(one: Sampling, photos: int) -> tuple[float, str]:
    """sampleSizeValue and sampleSizeUnit of so many photos of a sampling: ground, else minutes, else photos."""
    if one.area_m2 is not None:
        return one.area_m2 * (photos if one.protocol == "quadrats" else 1), "square metre"
    return (one.minutes, "minute") if one.minutes else (photos, "photos")


def place_id(place: str) -> str:
    """The id of a site or plot as an event."""
    return f"place:{sha256(place.encode()).hexdigest()[:16]}"


class Measured(NamedTuple):
    """One number about a photo, or about an occurrence in it."""

    row: Row
    of: str
    key: str
    name: str
    value: object
    unit: str
    method: str


def effort(event: Event) -> str:
    """The work of a visit in words."""
    one = event.sampling
    assert one is not None
    parts = [f"{event.photos} photos"]
    if one.length_m and one.width_m:
        parts.append(f"{one.length_m:g} m by {one.width_m:g} m")
    if one.minutes:
        parts.append(f"{one.minutes:g} minutes")
    return ", ".join(parts)


def event_id(row: Row) -> str:
    """The id of the photo as an event."""
    return f"photo:{row['photo_id']}"


def occurrence_id(row: Row) -> str:
    """The id of the flowers of a taxon in a photo, or of their absence from a visit."""
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
    if row.get("absent"):
        return "unverified"
    return "unverified" if row["band"] == "confident" else "requires verification"


def _identified(row: Row) -> str:
    if row.get("absent"):
        return "found in none of the photos of this visit, and in others of this data set"
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
    Term(DWC + "locality", lambda event: f"{event.site}: {event.plot}" if event.plot else event.site),
    Term(DWC + "decimalLatitude", lambda event: event.latitude),
    Term(DWC + "decimalLongitude", lambda event: event.longitude),
    Term(DWC + "geodeticDatum", lambda event: None if event.latitude is None else "EPSG:4326"),
    Term(DWC + "coordinateUncertaintyInMeters", lambda event: UNCERTAINTY_M.get(event.position)),
    Term(DWC + "countryCode", lambda event: event.country if event.site or event.position else None),
    Term(DWC + "georeferenceRemarks", lambda event: PLACED_BY.get(event.position)),
    Term(DWC + "samplingProtocol", lambda event: PROTOCOLS[event.sampling.protocol] if event.sampling else PROTOCOL),
    Term(DWC + "sampleSizeValue", lambda event: event.size),
    Term(DWC + "sampleSizeUnit", lambda event: event.unit),
    Term(DWC + "samplingEffort", lambda event: effort(event) if event.kind == "Visit" else None),
    Term(DWC + "eventRemarks", lambda event: event.remarks),
)

OCCURRENCE = (
    Term(DWC + "occurrenceID", occurrence_id),
    Term(DWC + "occurrenceStatus", lambda row: "absent" if row.get("absent") else "present"),
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
    Term(DWC + "reproductiveCondition", lambda row: None if row.get("absent") else "in bloom"),
    Term(DWC + "recordedBy", lambda row: row["recorded_by"]),
    Term(DWC + "recordedByID", lambda row: row["recorded_by_id"]),
    Term(DWC + "identifiedBy", lambda row: row["identified_by"]),
    Term(DWC + "identifiedByID", lambda row: row["identified_by_id"]),
    Term(DWC + "dateIdentified", lambda row: row["at"] and row["at"].isoformat(timespec="seconds")),
    Term(DWC + "identificationVerificationStatus", _status),
    Term(DWC + "identificationRemarks", _identified),
    Term(DWC + "occurrenceRemarks", lower_bound),
)

HUMBOLDT = (
    Term(ECO + "protocolNames", lambda event: event.sampling.protocol),
    Term(ECO + "protocolDescriptions", lambda event: PROTOCOLS[event.sampling.protocol]),
    Term(ECO + "totalAreaSampledValue", lambda event: event.size if event.unit == "square metre" else None),
    Term(ECO + "totalAreaSampledUnit", lambda event: "m²" if event.unit == "square metre" else None),
    Term(ECO + "eventDurationValue", lambda event: event.sampling.minutes),
    Term(ECO + "eventDurationUnit", lambda event: "minutes" if event.sampling.minutes else None),
    Term(ECO + "isSamplingEffortReported", lambda _: "true"),
    Term(ECO + "samplingEffortProtocol", lambda _: "number of photos that were taken"),
    Term(ECO + "samplingEffortValue", lambda event: event.photos),
    Term(ECO + "samplingEffortUnit", lambda _: "photos"),
    Term(ECO + "samplingPerformedBy", lambda event: event.sampling.observer),
    Term(ECO + "inventoryTypes", lambda _: "restricted search"),
    Term(ECO + "targetTaxonomicScope", lambda _: "Tracheophyta in flower"),
    Term(ECO + "isTaxonomicScopeFullyReported", lambda _: "false"),
    Term(ECO + "isAbsenceReported", lambda event: "false" if event.absent is None else "true"),
    Term(ECO + "absentTaxa", lambda event: " | ".join(event.absent or ())),
    Term(ECO + "hasNonTargetTaxa", lambda _: "false"),
    Term(ECO + "isAbundanceReported", lambda _: "true"),
    Term(ECO + "isAbundanceCapReported", lambda _: "false"),
    Term(ECO + "hasVouchers", lambda _: "false"),
)
"""The Humboldt Extension for Ecological Inventories (https://eco.tdwg.org): a row a visit."""

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
