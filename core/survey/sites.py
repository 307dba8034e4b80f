"""A site as a person describes it, checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from core.errors import InvalidSite
from core.language import tr
from core.store.records import Protocol, Site
from core.survey.coordinates import position_of
from core.survey.sampling import checked_numbers

LONGEST_NAME = 200
LARGEST_M2 = 1e9
NO_NUMBERS: Mapping[str, float | None] = {}


def site_from(
    name: str,
    position: str,
    habitat: str,
    area_m2: float | None,
    *,
    by: str,
    at: datetime,
    parent: str | None = None,
    protocol: Protocol | None = None,
    numbers: Mapping[str, float | None] = NO_NUMBERS,
) -> Site:
    """The site of this name as a person describes it, typed. numbers: those of its protocol. Raises InvalidSite."""
    latitude, longitude = position_of(position) if position.strip() else (None, None)
    if parent and tidy(parent).casefold() == name.casefold():
        raise InvalidSite(tr("{name} cannot be a plot of itself.", name=name))
    return Site(
        name,
        latitude,
        longitude,
        tidy(habitat),
        area_of(area_m2),
        by,
        at,
        parent=site_name(parent) if parent else None,
        protocol=protocol,
        removed=False,
        **checked_numbers(numbers),
    )


def site_name(text: str) -> str:
    """The name without spaces around it or twice, and without control characters. Raises InvalidSite."""
    name = tidy(text)
    if not name:
        raise InvalidSite(tr("A site needs a name."))
    if len(name) > LONGEST_NAME:
        raise InvalidSite(tr("The name has {n} characters; {limit} is the limit.", n=len(name), limit=LONGEST_NAME))
    return name


def new_name(text: str, names: Iterable[str]) -> str:
    """The name for a new site. Raises InvalidSite where a site has it already, in small letters or capitals."""
    name = site_name(text)
    there = spellings(names).get(name.casefold())
    if there is not None:
        raise InvalidSite(tr("There is a site {name} already. Choose it to change it.", name=there))
    return name


def spellings(names: Iterable[str]) -> dict[str, str]:
    """The spelling of each site, by its tidy name in small letters: "dunes" and "Dunes" are one."""
    return {tidy(name).casefold(): name for name in names}


def area_of(area_m2: float | None) -> float | None:
    """The area of a plot, if it can be one. Raises InvalidSite."""
    if area_m2 is not None and not 0 < area_m2 <= LARGEST_M2:
        raise InvalidSite(tr("A plot cannot be {area} m². Give more than 0 square metres.", area=f"{area_m2:g}"))
    return area_m2


def tidy(text: str) -> str:
    """The text without control characters, and without spaces around it or twice."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
