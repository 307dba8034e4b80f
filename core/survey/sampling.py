"""The protocol of a photo: the relation of a visit's photos to each other, and the ground or time they stand for.

A drop's own words come first, then those of the plot, then those of its site. Where nobody said anything, the photos of
a visit are views of one plot, as they always were.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import get_args

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray

from core.errors import InvalidSite
from core.language import tr
from core.store.records import Fieldwork, Protocol, Site
from core.store.schemas import NUMBERS

PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)
QUADRAT_M2 = 1.0
"""The area of a quadrat where nobody typed another."""

LARGEST = {"quadrat_m2": 10_000.0, "length_m": 100_000.0, "width_m": 1_000.0, "minutes": 1_440.0}
NUMBERS_OF: dict[Protocol, tuple[str, ...]] = {
    "views": (),
    "quadrats": ("quadrat_m2",),
    "transect": ("length_m", "width_m"),
    "timed": ("minutes",),
}
"""The numbers that a protocol asks for."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """The sampling that a photo is part of.

    place: the name that the photo has, of a site or of a plot. site: the plot's site, else the place. plot: its name,
    "" for a site without plots. drop: the drop that says something of its own, else "". area_m2: of the plot, of one
    quadrat or of the transect, None where unknown and in a timed count. minutes: of a timed count, None where unknown.
    """

    place: str
    site: str
    plot: str
    drop: str
    protocol: Protocol
    area_m2: float | None
    minutes: float | None
    length_m: float | None
    width_m: float | None
    observer: str
    weather: str

    @property
    def adds_up(self) -> bool:
        """True where no photo of a visit repeats another, so that their counts are added up."""
        return self.protocol != "views"


def sampling(place: str, sites: Mapping[str, Site], fieldwork: Fieldwork | None = None) -> Sampling:
    """The sampling at a place. sites: as they are described. fieldwork: of the photo's drop, None where nobody said."""
    site = sites.get(place)
    parent = site.parent if site and site.parent else ""
    sources = [one for one in (fieldwork, site, sites.get(parent)) if one is not None]
    protocol = next((one.protocol for one in sources if one.protocol), PROTOCOLS[0])
    asked = NUMBERS_OF[protocol]
    numbers = {name: next((n for one in sources if (n := getattr(one, name))), None) for name in NUMBERS}
    length, width = (numbers[name] if name in asked else None for name in ("length_m", "width_m"))
    areas = {
        "views": site.area_m2 if site else None,
        "quadrats": numbers["quadrat_m2"] or QUADRAT_M2,
        "transect": length * width if length and width else None,
        "timed": None,
    }
    return Sampling(
        place=place,
        site=parent or place,
        plot=place if parent else "",
        drop=fieldwork.drop_id if fieldwork else "",
        protocol=protocol,
        area_m2=areas[protocol],
        minutes=numbers["minutes"] if protocol == "timed" else None,
        length_m=length,
        width_m=width,
        observer=fieldwork.observer if fieldwork else "",
        weather=fieldwork.weather if fieldwork else "",
    )


def plots_of(sites: Mapping[str, Site]) -> dict[str, str]:
    """The site of each plot, by its name. sites: as they are described."""
    return {name: site.parent for name, site in sites.items() if site.parent}


def site_of_places(places: pd.Series, plots: Mapping[str, str]) -> pd.Series:
    """The site of each place by name: that of a plot, else itself. plots: as plots_of() gives them."""
    if not plots:
        return places
    names = pd.Categorical(places)
    code, sites = pd.factorize(np.array([plots.get(name, name) for name in names.categories], object))
    return pd.Series(pd.Categorical.from_codes(code[names.codes], sites), places.index)


def sampled(photos: pl.DataFrame, sites: Mapping[str, Site], fieldwork: Mapping[str, Fieldwork]) -> pd.Categorical:
    """The Sampling of each row. photos: site, and drop_id where any drop said something, both Categorical."""
    place, places = _codes(photos["site"])
    drop, drops = _codes(photos["drop_id"]) if fieldwork else (np.zeros(len(photos), np.int64), [""])
    told = np.array([0, *(nth if name in fieldwork else 0 for nth, name in enumerate(drops, start=1))])
    ways = len(told)
    codes, pairs = pd.factorize(place * ways + told[drop + 1])
    every = [
        sampling(places[pair // ways], sites, fieldwork[drops[pair % ways - 1]] if pair % ways else None)
        for pair in pairs.tolist()
    ]
    return pd.Categorical.from_codes(codes, pd.Index(every, dtype=object))


def samplings(visits: pd.DataFrame) -> list[Sampling]:
    """The samplings that these visits, or observations, are of."""
    column = visits["sampling"].array
    return [column.categories[code] for code in np.unique(column.codes) if code >= 0]


def protocol_of(visits: pd.DataFrame) -> NDArray[np.object_]:
    """The protocol of each row; views of one plot where nobody said another."""
    column = visits["sampling"].array
    each = np.array([*(one.protocol for one in column.categories), PROTOCOLS[0]], object)
    of_row: NDArray[np.object_] = each[column.codes]
    return of_row


def protocols(visits: pd.DataFrame) -> tuple[Protocol, ...]:
    """The protocols of these visits, in the order of PROTOCOLS; more than one means that they cannot be added up."""
    there = set(protocol_of(visits))
    return tuple(protocol for protocol in PROTOCOLS if protocol in there)


def why_not_comparable(visits: pd.DataFrame, by: str | pd.Series) -> str:
    """A sentence on why the groups of these visits are not comparable; "" where they are.

    by: a column of visits, or a value for each row, such as its year or habitat.
    """
    groups = {str(name): protocols(rows) for name, rows in visits.groupby(by, sort=True, observed=True)}
    return not_comparable(groups)


def not_comparable(groups: Mapping[str, Iterable[Protocol]]) -> str:
    """A sentence on why groups with these protocols are not comparable; "" where they are."""
    ways = {name: tuple(protocols) for name, protocols in groups.items() if protocols}
    if len(set(ways.values())) <= 1 and all(len(protocols) == 1 for protocols in ways.values()):
        return ""
    told: dict[tuple[Protocol, ...], list[str]] = {}
    for name, protocols in ways.items():
        told.setdefault(protocols, []).append(name)
    parts = [f"{protocols_in_words(way)} ({_few(names)})" for way, names in told.items()]
    return tr("Not comparable, as the protocols differ: {groups}.", groups="; ".join(parts))


def protocols_in_words(protocols: Iterable[Protocol]) -> str:
    """The names of protocols, one after the other."""
    return " + ".join(protocol_words()[protocol] for protocol in protocols)


def protocol_words() -> dict[Protocol, str]:
    """The name of each protocol."""
    return {
        "views": tr("views of one plot"),
        "quadrats": tr("quadrats"),
        "transect": tr("transect"),
        "timed": tr("timed count"),
    }


def protocol_sentences() -> dict[Protocol, str]:
    """The meaning of each protocol for the photos of a visit."""
    return {
        "views": tr("The photos of a visit show the same plot: the rule for repeated photos holds."),
        "quadrats": tr("Each photo shows ground of its own, 1 m² or as typed. All photos are added up."),
        "transect": tr("The photos follow a line without overlap. All photos are added up."),
        "timed": tr("The photos show what was found in a number of minutes. All photos are added up."),
    }


def said_in_words(said: Site | Fieldwork | None) -> str:
    """The protocol that a site or a drop names, with its numbers, observer and weather; "" where nobody said any."""
    if said is None:
        return ""
    parts = []
    if said.protocol:
        words = {"quadrat_m2": "{:g} m²", "length_m": "{:g} m", "width_m": "× {:g} m", "minutes": "{:g} min"}
        numbers = (words[name].format(n) for name in NUMBERS_OF[said.protocol] if (n := getattr(said, name)))
        parts.append(" ".join([protocol_words()[said.protocol], *numbers]))
    if isinstance(said, Fieldwork):
        parts += filter(None, (said.observer, said.weather))
    return " · ".join(parts)


def protocol_from(text: str) -> Protocol | None:
    """The protocol that a cell names, None for an empty one. Raises InvalidSite."""
    plain = text.strip().casefold()
    if not plain:
        return None
    for protocol, names in _NAMES.items():
        if plain in names:
            return protocol
    raise InvalidSite(
        tr("{text} is not a protocol. Write {protocols}.", text=text.strip(), protocols=", ".join(PROTOCOLS))
    )


_NAMES: dict[Protocol, tuple[str, ...]] = {
    "views": ("views", "views of one plot", "beelden", "beelden van één proefvlak"),
    "quadrats": ("quadrats", "quadrat", "kwadranten", "kwadrant"),
    "transect": ("transect", "transects", "transecten"),
    "timed": ("timed", "timed count", "telling op tijd", "fit", "fit count", "fit-telling"),
}
"""The names of protocols in files, in small letters."""


def number_words() -> dict[str, str]:
    """The name of each number that a protocol asks for, with its unit."""
    return {
        "quadrat_m2": tr("Area of one photo, m²"),
        "length_m": tr("Length, m"),
        "width_m": tr("Width, m"),
        "minutes": tr("Minutes"),
    }


def checked_number(name: str, value: float | None) -> float | None:
    """A number of a protocol, None for none. Raises InvalidSite for one that cannot be."""
    if value is None or value == 0:
        return None
    if not 0 < value <= LARGEST[name]:
        words = {"what": number_words()[name], "value": f"{value:g}", "limit": f"{LARGEST[name]:g}"}
        raise InvalidSite(tr("{what}: {value} cannot be. Give more than 0 and at most {limit}.", **words))
    return value


def checked_numbers(numbers: Mapping[str, float | None]) -> dict[str, float | None]:
    """The numbers of a protocol, None for those that were not said. Raises InvalidSite for one that cannot be."""
    return {name: checked_number(name, numbers.get(name)) for name in NUMBERS}


def _few(names: list[str], most: int = 3) -> str:
    return ", ".join(names[:most]) + (" …" if len(names) > most else "")


def _codes(column: pl.Series) -> tuple[NDArray[np.int64], list[str]]:
    """The number of each row's text, and the texts."""
    texts = column.unique(maintain_order=True)
    physical = column.to_physical().fill_null(0).to_numpy().astype(np.int64)
    number = np.zeros(int(physical.max(initial=0)) + 1, np.int64)
    number[texts.to_physical().fill_null(0).to_numpy()] = np.arange(len(texts))
    return number[physical], [text or "" for text in texts.cast(pl.String).to_list()]
