"""The sites and plots of the demo, and what grows at each: a handful of the model's taxa, some far more than others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.recognition.taxa import Label
from core.store.demo_mark import DEMO_PEOPLE
from core.store.records import Protocol, Site


@dataclass(frozen=True, slots=True)
class DemoSite:
    """A made-up site, or a plot of the site `parent`. latitude, longitude: degrees, WGS 84. garden: whether mostly
    garden plants grow there. numbers: of its protocol."""

    site: str
    latitude: float
    longitude: float
    habitat: str
    area_m2: float | None = None
    garden: bool = False
    parent: str | None = None
    protocol: Protocol | None = None
    length_m: float | None = None
    width_m: float | None = None
    minutes: float | None = None


_DUNES, _HEATH = "Kennemerduinen (demo)", "Dwingelderveld (demo)"
SITES = (
    DemoSite("Kennemerduinen plot 1 (demo)", 52.4185, 4.5790, "dune grassland", 25, parent=_DUNES, protocol="quadrats"),
    DemoSite("Kennemerduinen plot 2 (demo)", 52.4212, 4.5835, "dune grassland", 25, parent=_DUNES, protocol="quadrats"),
    DemoSite("Kennemerduinen plot 3 (demo)", 52.4160, 4.5861, "dune slack", 25, parent=_DUNES, protocol="quadrats"),
    DemoSite("Texel, De Slufter (demo)", 53.1370, 4.8040, "salt marsh", 16),
    DemoSite("Dwingelderveld plot 1 (demo)", 52.8120, 6.4290, "heath", 9, parent=_HEATH),
    DemoSite("Dwingelderveld plot 2 (demo)", 52.8175, 6.4402, "heath", 9, parent=_HEATH),
    DemoSite("Gelderse Poort (demo)", 51.8610, 6.0080, "river bank", 12),
    DemoSite("Sint-Pietersberg (demo)", 50.8240, 5.6830, "chalk grassland", 16),
    DemoSite("Biesbosch (demo)", 51.7550, 4.7750, "wet meadow", 12),
    DemoSite("Naardermeer (demo)", 52.2960, 5.1130, "fen", 9),
    DemoSite("Berm N225 Rhenen (demo)", 51.9590, 5.5810, "roadside", protocol="transect", length_m=100, width_m=2),
    DemoSite("Hortus Leiden (demo)", 52.1570, 4.4840, "botanical garden", 8, garden=True),
    DemoSite("Noorderplantsoen Groningen (demo)", 53.2250, 6.5560, "park", 12, garden=True),
    DemoSite("Zeeuwse Bloemdijk (demo)", 51.4640, 3.9110, "flowery dike", protocol="transect", length_m=50, width_m=2),
    DemoSite(
        "Volkstuin De Bloem, Utrecht (demo)",
        *(52.1020, 5.0980, "allotment"),
        garden=True,
        protocol="timed",
        minutes=10,
    ),
)


def described(at: datetime) -> list[Site]:
    """The sites and plots as somebody of the demo describes them at this moment, and the sites of the plots."""
    by: dict[str, Any] = {"changed_by": DEMO_PEOPLE[0], "changed_at": at}
    parents = [Site(name, None, None, "", None, **by) for name in (_DUNES, _HEATH)]
    names = (
        "site",
        "latitude",
        "longitude",
        "habitat",
        "area_m2",
        "parent",
        "protocol",
        "length_m",
        "width_m",
        "minutes",
    )
    return parents + [Site(**{name: getattr(site, name) for name in names}, **by) for site in SITES]


TAXA_A_SITE = 18
OUT_OF_SEASON = 0.003
"""Abundance outside a taxon's months, as a share of that inside: such finds are asked about, never dropped."""


def abundance(labels: Sequence[Label], rng: np.random.Generator) -> NDArray[np.float64]:
    """Abundance of each taxon: (sites, 12 months, labels), adding up to 1 in the best month of a site."""
    season = np.array([_season(label) for label in labels])
    grows = np.zeros((len(SITES), len(labels)))
    for row, site in zip(grows, SITES, strict=True):
        fits = np.array([_fits(label, site) for label in labels])
        chosen = rng.choice(len(labels), size=min(TAXA_A_SITE, len(labels)), replace=False, p=fits / fits.sum())
        row[chosen] = rng.lognormal(0, 1.1, len(chosen))
    flowers = grows[:, None, :] * season.T[None, :, :]
    best = flowers.sum(axis=2).max(axis=1)
    return np.asarray(flowers / best[:, None, None])


def months_of(label: Label) -> tuple[int, ...]:
    """The months in which the taxon flowers, 1-12; none where labels.csv does not say."""
    if not label.flowering_months:
        return ()
    first, last = (int(month) for month in label.flowering_months.split("-"))
    return tuple(range(first, last + 1))


def _season(label: Label) -> list[float]:
    months = months_of(label)
    middle = sum(months) / len(months) if months else 0.0
    reach = max(len(months), 1) / 2
    return [
        max(0.25, 1 - ((month - middle) / (reach + 0.5)) ** 2) if month in months else OUT_OF_SEASON
        for month in range(1, 13)
    ]


def _fits(label: Label, site: DemoSite) -> float:
    """The odds of a taxon at a site: wild plants in the wild, garden plants in gardens, strays in both."""
    if label.status_nl == "indoor":
        return 0.02
    if site.garden:
        return {"garden": 1.0, "": 0.6}.get(label.status_nl, 0.1)
    return {"native": 1.0, "naturalised": 0.3, "": 0.1}.get(label.status_nl, 0.03)
