"""One colour a taxon for ever: made from its id alone, so that it is the same in every view, export and store.

Hues are spread over the circle of OKLCH (Ottosson 2020, A perceptual color space for image processing) in three
lightnesses that stand out from light and from dark paper. Two taxa may look alike, and not everybody sees hues: a word
or a shape always stands beside a colour.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256

import numpy as np

from core.recognition.taxa import UNKNOWN_TAXON
from core.survey.counted_photos import CountedPhotos

OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#8C8C8C")
"""Okabe and Ito (2008), Color universal design, for what is no taxon: sites that are compared.

Their black does not show on a dark page: a grey stands for it.
"""

OTHER = "#8A867D"
"""The grey of unknown flowers, and of all taxa together that have no place of their own."""

LIGHTNESSES = (0.52, 0.58, 0.64)
CHROMA = 0.15
_TO_LMS = np.array(
    [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.2914855480]]
)
_TO_RGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)


def colours_of(counted: CountedPhotos) -> dict[str, str]:
    """Colour of each taxon of counted photos."""
    return taxon_colours(row.taxon.name for row in counted.totals.taxa)


def taxon_colours(taxa: Iterable[str]) -> dict[str, str]:
    """Colour of each taxon, and of unknown flowers, which are always grey; they are dashed where they are drawn."""
    return {taxon: taxon_colour(taxon) for taxon in (*taxa, UNKNOWN_TAXON)}


@lru_cache(maxsize=10_000)
def taxon_colour(taxon: str) -> str:
    """The colour of a taxon, "#0072B2"."""
    if taxon == UNKNOWN_TAXON:
        return OTHER
    one, two, three, *_ = sha256(taxon.encode()).digest()
    return _hex(LIGHTNESSES[three % len(LIGHTNESSES)], 2 * np.pi * (one * 256 + two) / 65536)


def _hex(lightness: float, hue: float) -> str:
    """The colour of this lightness and hue, as far from grey as a screen can show it, CHROMA at most."""
    for chroma in np.arange(CHROMA, 0, -0.005):
        lab = np.array([lightness, chroma * np.cos(hue), chroma * np.sin(hue)])
        rgb = _TO_RGB @ (_TO_LMS @ lab) ** 3
        if (rgb >= 0).all() and (rgb <= 1).all():
            break
    shown = np.where(rgb <= 0.0031308, 12.92 * rgb, 1.055 * np.abs(rgb) ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(255 * float(channel)):02X}" for channel in shown)
