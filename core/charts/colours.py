"""One colour per taxon for the whole of a view, safe for the colour-blind."""

from __future__ import annotations

from collections.abc import Iterable

from core.recognition.taxa import UNKNOWN_TAXON
from core.survey.counted_photos import CountedPhotos

OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#8C8C8C")
"""Okabe and Ito (2008), Color universal design. Their black does not show on a dark page: a grey stands for it."""

OTHER = "#A8A49A"


def colours_of(counted: CountedPhotos) -> dict[str, str]:
    """Colour of each taxon of counted photos."""
    return taxon_colours(row.taxon.name for row in counted.totals.taxa)


def taxon_colours(taxa: Iterable[str]) -> dict[str, str]:
    """Colour of each taxon, most abundant first: the first eight get their own, the rest share one.

    Unknown flowers are always grey; they are dashed where they are drawn.
    """
    named = [taxon for taxon in dict.fromkeys(taxa) if taxon != UNKNOWN_TAXON]
    colours = dict.fromkeys(named, OTHER) | dict(zip(named, OKABE_ITO, strict=False))
    return colours | {UNKNOWN_TAXON: OTHER}
