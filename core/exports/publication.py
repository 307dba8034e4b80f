"""Publisher, title and licence of the observations: typed once, kept in the store as one document."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields

from core.errors import BloomError
from core.store.blobs import Blobs
from core.store.documents import Document, change_document, read_document
from core.store.tables import Tables
from core.store.trail import Actor, Trail

PUBLICATION = "publication.json"

LICENCES = {
    "CC0 1.0": "http://creativecommons.org/publicdomain/zero/1.0/legalcode",
    "CC BY 4.0": "http://creativecommons.org/licenses/by/4.0/legalcode",
    "CC BY-NC 4.0": "http://creativecommons.org/licenses/by-nc/4.0/legalcode",
}
"""The three that GBIF takes, with their addresses there."""

BASES = ("HumanObservation", "MachineObservation")
"""basisOfRecord: of photos that people took, or that a camera took by itself."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


_COUNTRY = re.compile(r"[A-Z]{2}")


class InvalidPublication(BloomError):
    """Text typed about a publication that cannot be used."""


@dataclass(frozen=True, slots=True)
class Publication:
    """The publication; what nobody has typed yet is empty.

    licence: a key of LICENCES. basis_of_record: one of BASES. country: two letters (ISO 3166-1), as NL.
    """

    title: str = ""
    publisher: str = ""
    contact: str = ""
    email: str = ""
    licence: str = ""
    description: str = ""
    basis_of_record: str = BASES[0]
    country: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """The fields to fill in before others can use the data."""
        return tuple(name for name in ("title", "publisher", "contact", "email", "licence") if not getattr(self, name))


UNTOLD = Publication()


def read_publication(blobs: Blobs) -> Publication:
    """The publication as it was typed last. Raises StoreError."""
    document = read_document(blobs, PUBLICATION)
    return Publication(**{name: str(document[name]) for name in _NAMES if name in document})


def keep_publication(blobs: Blobs, publication: Publication, *, by: Actor) -> None:
    """Keep it for everybody's next export. Raises InvalidPublication or StoreError; then nothing has changed."""
    if publication.email and not _EMAIL.fullmatch(publication.email):
        raise InvalidPublication(f"{publication.email!r} is not an e-mail address; write it as anna@example.org.")
    if publication.licence not in ("", *LICENCES):
        raise InvalidPublication(f"{publication.licence!r} is not a licence that GBIF accepts; choose {_or(LICENCES)}.")
    if publication.basis_of_record not in BASES:
        raise InvalidPublication(f"{publication.basis_of_record!r} is not a basis of record; choose {_or(BASES)}.")

    if publication.country and not _COUNTRY.fullmatch(publication.country):
        raise InvalidPublication(f"{publication.country!r} is not a country code; write two letters, as NL.")

    def replace(document: Document) -> None:
        document.update(asdict(publication))

    before = read_publication(blobs)
    change_document(blobs, PUBLICATION, replace)
    Trail(Tables(blobs)).add(
        "publication changed", publication.title, by=by, before=asdict(before), after=asdict(publication)
    )


_NAMES = tuple(field.name for field in fields(Publication))


def _or(words: Iterable[str]) -> str:
    return " or ".join(words)
