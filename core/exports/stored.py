"""The source of every export of stored results: the observations that pages show, row by row.

Nothing is counted again, so that the totals on screen and in every file are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any

import pandas as pd

from core.csv_files import COMMA, CsvForm
from core.exports.publication import UNTOLD, Publication
from core.people.person import Published
from core.recognition.package import NOT_CALIBRATED, PackageOf
from core.recognition.taxa import UNKNOWN_TAXON, Names, Taxon, taxa_of, taxon_named
from core.store.library import Library
from core.store.records import Site
from core.store.selection import EVERYTHING, Selection
from core.survey.observed import NAMES, observed_batches
from core.survey.positions import positioned
from core.survey.repeats import Repeats
from core.survey.sampling import Sampling

Row = Mapping[str, Any]
"""A photo and a taxon in it: the columns of core.survey.observed and positions, None where nothing is known."""


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Stored:
    """The observations of one selection of one store.

    labels: of the package in use, with the names that people added. package_of: for names and boxes by others, asked
    once a model.
    publication: who publishes them. people: as published data name them, by user name. csv_form: of the CSV.
    repeats: for the report and the package; all else is of each photo. at: the moment of the export.
    progress: called now and then with the number of observations that were written.
    """

    library: Library
    labels: Names
    package_of: PackageOf
    which: Selection = EVERYTHING
    publication: Publication = UNTOLD
    people: Mapping[str, Published] = field(default_factory=dict)
    csv_form: CsvForm = COMMA
    repeats: Repeats = field(default_factory=Repeats)
    at: datetime = field(default_factory=_now)
    progress: Callable[[int], None] = lambda _: None

    @property
    def selection(self) -> str:
        """The selection in the words of a link, "everything" where nothing is left out."""
        asked = (f"{name}: {value or 'none'}" for name, values in self.which.to_query().items() for value in values)
        return "; ".join(asked) or "everything"

    def __post_init__(self) -> None:
        object.__setattr__(self, "package_of", cache(self.package_of))

    def rows(self) -> Iterator[Row]:
        """Every observation, those of a photo one after the other; a photo without flowers is one with taxon ""."""
        done, sites, taxa = 0, self.library.described_sites(), taxa_of(self.labels)
        for observations in observed_batches(self.library, self.labels, self.which):
            batch = positioned(observations, sites)
            names, columns = list(batch.columns), [_plain(batch[column]) for column in batch]
            for values in zip(*columns, strict=True):
                row = dict(zip(names, values, strict=True))
                yield {**self._named(row, taxa), **self._told(row), **_place(row, sites), **_interval(row)}
            done += len(batch)
            self.progress(done)

    def photos(self) -> Iterator[list[Row]]:
        """The same as one list a photo."""
        for _, rows in groupby(self.rows(), key=itemgetter("photo_id")):
            yield list(rows)

    def _told(self, row: Row) -> Row:
        """Cells of the people, by the names under which they publish."""
        recorded = self._published(row["uploaded_by"])
        identified = self._published(row["by"]) if row["reviewed"] else Published(row["by"])
        return {
            "reviewed_by": row["by"] if row["reviewed"] else "",
            "year": row["day"].year if row["day"] else None,
            "recorded_by": recorded.name,
            "recorded_by_id": recorded.orcid,
            "identified_by": identified.name,
            "identified_by_id": identified.orcid,
            "name_list": row["name_list"] or "",
        }

    def _published(self, username: str) -> Published:
        return self.people.get(username, Published(username))

    def _named(self, row: dict[str, Any], taxa: Mapping[str, Taxon]) -> Row:
        """A taxon that neither the package in use nor the flora knows is called as the package that found it does."""
        if row["taxon"] in ("", UNKNOWN_TAXON):
            return row | {"gbif_key": ""}
        taxon = taxa.get(row["taxon"])
        if taxon is None:
            package = self.package_of(*str(row["model"]).split(" ", 1))
            taxon = taxon_named(row["taxon"], taxa_of(package.names))
        return row | {name: getattr(taxon, name) for name in (*NAMES, "gbif_key")}


def _place(row: Row, sites: Mapping[str, Site]) -> Row:
    return place_cells(row["sampling"], sites) | {"place": row["site"]}


def place_cells(one: Sampling, sites: Mapping[str, Site]) -> dict[str, Any]:
    """The cells on the ground that a photo shows; a plot without a habitat of its own has its site's."""
    described = (sites.get(name) for name in (one.place, one.site))
    return {
        "site": one.site,
        "plot": one.plot,
        "area_m2": one.area_m2,
        "habitat": next((site.habitat for site in described if site and site.habitat), ""),
        "protocol": one.protocol,
        "minutes": one.minutes,
        "observer": one.observer,
        "weather": one.weather,
    }


def _interval(row: Row) -> Row:
    """The ends of the count; empty where a model said it that nobody calibrated."""
    unknown = NOT_CALIBRATED in str(row["model"]) and not row["reviewed"]
    return dict.fromkeys(("count_low", "count_high"), None) if unknown else {}


def _plain(column: pd.Series) -> list[Any]:
    values: list[Any] = column.astype(object).where(column.notna(), None).tolist()
    return values
