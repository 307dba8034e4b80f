"""Each filter of a Selection once, as a condition on the frames of CurrentRows; and how doubtful a count is.

Doubt puts photos in the order in which a person's look is worth most. Half the width of the interval says how many
flowers the count may be off; a count times what its name lacks to be sure, how many are expected to be called wrongly
(an unknown flower has no name at all). Both are numbers of flowers, so they add up; divided by the count, a meadow is
no more doubtful than a bunch for being large. A flag adds as much as the whole count: that count is a lower bound, and
its interval knows nothing of what lies above. What a person has reviewed is in no doubt, nor is a photo without
flowers, which has no interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import polars as pl

from core.language import DUTCH_TIME
from core.recognition.taxa import UNKNOWN_TAXON
from core.store.now import CODED
from core.store.records import Site
from core.store.selection import Selection

DOUBTFUL = 1.5
"""From here on a photo needs attention. A rose that may be none or two, 1 (0-2), is at 1 when its name is sure."""

STORED = pl.col("uploaded_at").is_not_null()
"""Photos that have a row of their own, hidden or not."""

DELETED = pl.col("uploaded_by") == ""
"""Photos that were deleted for privacy, of which the counts were kept."""

READABLE = pl.col("problem") == ""
COUNTED = READABLE & STORED & pl.col("analysed_at").is_not_null()
"""Photos that were uploaded, could be read and were analysed."""

_COUNTED_ALL = pl.col("reviewed") & ~pl.col("at_least")
FLAG = pl.when(_COUNTED_ALL).then(pl.lit("").cast(CODED["flag"])).otherwise("flag").alias("flag")
"""Why the count of a photo is a lower bound: its analysis says so, and no person has counted all."""

_FLAGGED = pl.col("flag") != ""
_NAMELESS = pl.when(pl.col("taxon") == UNKNOWN_TAXON).then(1.0).otherwise(1.0 - pl.col("confidence"))
IN_DOUBT = (pl.col("count_high") - pl.col("count_low")) / 2 + pl.col("count") * _NAMELESS
"""Flowers of an observation that are in doubt."""

TOTALLED = ("taxon", "count", "count_low", "count_high", "confidence")
"""The columns of observations that the totals of a photo are made from."""

DOUBT = (
    pl.when(pl.col("reviewed") | (pl.col("count") == 0))
    .then(0.0)
    .otherwise(_FLAGGED.cast(pl.Float64) + pl.col("in_doubt") / pl.col("count"))
)
"""Flowers in doubt for each flower counted in a photo. in_doubt: the sum of IN_DOUBT over its observations."""

_ATTENTION = {
    "undated": READABLE & pl.col("taken_at").is_null(),
    "misdated": READABLE & pl.col("taken_at").is_not_null() & pl.col("day").is_null(),
    "unplaced": READABLE & (pl.col("site") == "") & (pl.col("latitude").is_null() | pl.col("longitude").is_null()),
    "far": READABLE & pl.col("far"),
    "failed": ~READABLE,
}


def of_photos(which: Selection) -> pl.Expr:
    """The condition on photos, whatever was found in them; but for a drop, whose photos CurrentRows.of_drop chooses."""
    uploaded_on = pl.col("uploaded_at").dt.convert_time_zone(DUTCH_TIME.key).dt.date()
    taken = pl.col("day").is_between(which.taken_from or date.min, which.taken_to or date.max)
    return pl.all_horizontal(
        STORED,
        pl.col("hidden_at").is_not_null() if which.hidden else pl.col("hidden_at").is_null(),
        *([pl.col("site").is_in(which.sites)] if which.sites else []),
        *([pl.col("uploaded_by").is_in(which.people)] if which.people else []),
        *([taken] if which.taken_from or which.taken_to else []),
        *([uploaded_on >= which.uploaded_from] if which.uploaded_from else []),
        *([uploaded_on <= which.uploaded_to] if which.uploaded_to else []),
        *([pl.col("reviewed")] if which.reviewed_only else []),
        *([_ATTENTION[which.attention]] if which.attention in _ATTENTION else []),
        *([_mentions(which.text)] if which.text else []),
    )


def with_plots(which: Selection, sites: Mapping[str, Site]) -> Selection:
    """The selection with the plots of its sites: who asks for a site asks for all of it. sites: as described."""
    plots = [site.site for site in sites.values() if site.parent and site.parent in which.sites]
    return replace(which, sites=(*which.sites, *plots))


def _mentions(text: str) -> pl.Expr:
    """The condition that file name or note has this text in it, in small letters or capitals."""
    pattern = f"(?i){pl.escape_regex(text)}"
    return pl.any_horizontal(pl.col(name).cast(pl.String).str.contains(pattern) for name in ("file", "note"))


def of_observations(which: Selection) -> pl.Expr:
    """The condition on observations."""
    return pl.all_horizontal(
        True,
        *([pl.col("taxon").is_in(which.taxa)] if which.taxa else []),
        *([pl.col("confidence") >= which.min_confidence] if which.min_confidence > 0 else []),
    )


def of_totals(which: Selection) -> pl.Expr:
    """The condition on what was found in a photo altogether: count, flag, reviewed and doubt."""
    return pl.all_horizontal(
        True,
        *([pl.col("count") >= which.count_from] if which.count_from is not None else []),
        *([pl.col("count") <= which.count_to] if which.count_to is not None else []),
        *([_FLAGGED & ~pl.col("reviewed")] if which.attention == "flagged" else []),
        *([pl.col("doubt") >= DOUBTFUL] if which.attention == "doubtful" else []),
    )
