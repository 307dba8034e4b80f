"""Tables as core/survey/observed.py gives them, from a few words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from core.survey.observed import NAMES
from core.survey.repeats import COUNTS

KINDS = {
    "poppy": ("Papaver rhoeas", "species", "Papaveraceae", "corn poppy", "gewone klaproos"),
    "opium": ("Papaver somniferum", "species", "Papaveraceae", "opium poppy", "slaapbol"),
    "papaver": ("Papaver", "genus", "Papaveraceae", "Papaver (genus)", "Papaver (geslacht)"),
    "papaveraceae": ("Papaveraceae", "family", "Papaveraceae", "Papaveraceae (family)", "Papaveraceae (familie)"),
    "rose": ("Rosa", "genus", "Rosaceae", "rose", "roos"),
    "rosa": ("Rosa", "genus", "Rosaceae", "Rosa (genus)", "Rosa (geslacht)"),
    "rosaceae": ("Rosaceae", "family", "Rosaceae", "Rosaceae (family)", "Rosaceae (familie)"),
    "dahlia": ("Dahlia", "genus", "Asteraceae", "Dahlia (genus)", "Dahlia (geslacht)"),
    "bishop": ("Dahlia 'Bishop of Llandaff'", "cultivar", "Asteraceae", "bishop of llandaff", "bisschop van Llandaff"),
    "unknown": ("", "", "", "unknown flower", "onbekende bloem"),
}


def seen(
    photo: str,
    taxa: Mapping[str, int],
    *,
    site: str = "dunes",
    day: str | None = "2026-06-12",
    flag: str = "",
    reviewed: bool = False,
    more: int = 1,
) -> list[dict[str, object]]:
    """The rows of one photo: so many of each taxon, `more` above and one below being possible."""
    base = {"photo": photo, "photo_id": photo, "site": site, "day": pd.Timestamp(day) if day else pd.NaT, "flag": flag}
    base |= {"reviewed": reviewed, "uploaded_by": "anna", "unit": "flower"}
    rows = [
        base | {"taxon": taxon, "count": n, "count_low": max(n - 1, 0), "count_high": n + more} | _names(taxon)
        for taxon, n in taxa.items()
    ]
    nothing = {"taxon": "", "count": 0, "count_low": 0, "count_high": 0, "unit": ""} | dict.fromkeys(NAMES, "")
    return rows or [base | nothing]


def table(photos: Iterable[list[dict[str, object]]]) -> pd.DataFrame:
    """The rows of these photos as one table."""
    rows = pd.DataFrame([row for photo in photos for row in photo], columns=list(seen("", {})[0]))
    rows["day"] = pd.to_datetime(rows["day"])
    texts = ["photo", "photo_id", "site", "flag", "taxon", "unit", *NAMES]
    return rows.astype({**dict.fromkeys(texts, "str"), **dict.fromkeys(COUNTS, "int32"), "reviewed": bool})


def _names(taxon: str) -> dict[str, str]:
    return dict(zip(NAMES, KINDS.get(taxon, ("", "", "", taxon, taxon)), strict=True))
