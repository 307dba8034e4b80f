"""Photos of one site within a window are repeats, not additions: what holds of each visit, by the rule that was chosen.

A visit is a site and the photos that were taken there within so many days of its first photo. A photo without a site
or a date cannot be told to repeat another, so it is a visit of its own; `alone` counts them, for pages to say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.language import tr
from core.survey.observed import NAMES

Rule = Literal["maximum", "median", "sum"]
RULES: tuple[Rule, ...] = get_args(Rule)
LONGEST_WINDOW_DAYS = 366
COUNTS = ("count", "count_low", "count_high")


@dataclass(frozen=True, slots=True)
class Repeats:
    """What becomes of repeated photos. window_days: 1 is the same day, 7 is within a week of a visit's first photo."""

    rule: Rule = "maximum"
    window_days: int = 1

    def __post_init__(self) -> None:
        if self.rule not in RULES or not 1 <= self.window_days <= LONGEST_WINDOW_DAYS:
            raise ValueError(f"{self.rule} over {self.window_days} days: 1 to {LONGEST_WINDOW_DAYS} days, {RULES}")

    def to_query(self) -> dict[str, list[str]]:
        """The rule as words of an address, without what is as usual."""
        query = {"repeats": self.rule, "window": str(self.window_days)}
        usual = {"repeats": "maximum", "window": "1"}
        return {word: [value] for word, value in query.items() if value != usual[word]}

    @classmethod
    def from_query(cls, query: Mapping[str, Sequence[str]]) -> Repeats:
        """What an address asks for; what is no rule is left out."""
        rule, days = next(iter(query.get("repeats", ())), ""), next(iter(query.get("window", ())), "")
        known = next((one for one in RULES if one == rule), cls().rule)
        in_range = days.isascii() and days.isdigit() and len(days) < 4 and 1 <= int(days) <= LONGEST_WINDOW_DAYS
        return cls(known, int(days) if in_range else cls().window_days)

    def in_short(self) -> str:
        """The rule in a few words, for the foot of a figure."""
        if self.rule == "sum":
            return tr("Sum of all photos")
        words = {"maximum": tr("Maximum"), "median": tr("Median")}[self.rule]
        if self.window_days == 1:
            return tr("{rule} per site and day", rule=words)
        return tr("{rule} per site and {days} days", rule=words, days=self.window_days)

    def in_words(self) -> str:
        """The rule as a sentence for charts and exports."""
        if self.rule == "sum":
            return tr("Counts of all photos are added up, repeats of the same flowers included.")
        within = (
            tr("on one day") if self.window_days == 1 else tr("within {days} days of the first", days=self.window_days)
        )
        if self.rule == "median":
            return tr("Photos of a site {within} are repeats: of each taxon the median photo counts.", within=within)
        return tr("Photos of a site {within} are repeats: of each taxon the photo with most counts.", within=within)


def visits(observations: pd.DataFrame, repeats: Repeats = Repeats()) -> pd.DataFrame:
    """One row a visit and taxon, and one with taxon "" and count 0 for a visit in which none was found.

    observations: as core/survey/observed.py gives them. Columns: visit (0, 1, … by first day, then site), site, day (of
    its first photo, NaT where unknown), photos (of the visit, whatever they show), reviewed (how many of them a person
    reviewed), alone (a photo without site or date), taxon with NAMES and unit, count, count_low, count_high, and
    lower_bound: a photo in which the taxon was found is flagged.

    A photo of the visit without the taxon counts as 0 of it. Bounds follow the same rule as counts. Each rule gives
    more when any photo shows more: so where every photo's true number is within its bounds, the visit's is too.
    """
    photos = _photos(observations, repeats.window_days)
    found = observations.loc[observations["count"] > 0, ["photo_id", "taxon", *COUNTS]]
    found["flagged"] = observations["flag"] != ""
    found["visit"] = photos["visit"].reindex(found.pop("photo_id")).to_numpy()
    of_visit = photos.groupby("visit").agg(
        site=("site", "first"),
        day=("day", "min"),
        photos=("site", "size"),
        reviewed=("reviewed", "sum"),
        alone=("alone", "first"),
    )
    rows = _by_rule(found, of_visit["photos"], repeats.rule)
    rows["lower_bound"] = found.groupby(["visit", "taxon"])["flagged"].any()
    rows = of_visit.join(rows.reset_index("taxon")).join(_names(observations), on="taxon")
    return _filled(rows.reset_index())


def _names(observations: pd.DataFrame) -> pd.DataFrame:
    """Names and unit of each taxon; where photos give it several units, the most frequent."""
    kinds = observations.groupby(["taxon", *NAMES, "unit"], sort=True).size().reset_index(name="rows")
    kinds = kinds.sort_values(["rows", "unit"], ascending=[False, True], kind="stable")
    return kinds.drop_duplicates("taxon").set_index("taxon")[[*NAMES, "unit"]]


def _by_rule(found: pd.DataFrame, photos: pd.Series, rule: Rule) -> pd.DataFrame:
    counts = found.groupby(["visit", "taxon"], sort=True)[list(COUNTS)]
    if rule == "sum":
        return counts.sum()
    if rule == "maximum":
        return counts.max()
    return pd.DataFrame({name: _median(found, name, photos) for name in COUNTS})


def _median(found: pd.DataFrame, name: str, photos: pd.Series) -> pd.Series:
    """The median over all photos of the visit, those without the taxon being 0; half a flower is a whole one."""
    keys = ["visit", "taxon"]
    ordered = found[[*keys, name]].sort_values([*keys, name], kind="stable", ignore_index=True)
    group = ordered.groupby(keys, sort=True)
    size = group.size()
    of_all = photos.loc[size.index.get_level_values("visit")].to_numpy()
    start, values = np.cumsum(size.to_numpy()) - size.to_numpy(), ordered[name].to_numpy()
    without = of_all - size.to_numpy()
    lower = _at(values, start, (of_all - 1) // 2 - without)
    upper = _at(values, start, of_all // 2 - without)
    return pd.Series((lower + upper + 1) // 2, size.index)


def _at(values: NDArray[np.int64], start: NDArray[np.int64], place: NDArray[np.int64]) -> NDArray[np.int64]:
    """The value at each place of its group; 0 for places before the first."""
    return np.where(place < 0, 0, values[start + np.maximum(place, 0)])


def _photos(observations: pd.DataFrame, window_days: int) -> pd.DataFrame:
    """One row a photo, by photo_id, with its visit and whether it is one of its own."""
    photos = observations.drop_duplicates("photo_id").set_index("photo_id")[["site", "day", "reviewed"]]
    photos["day"] = photos["day"].astype("datetime64[s]")
    photos["alone"] = (photos["site"] == "") | photos["day"].isna()
    photos["key"] = photos["site"].where(~photos["alone"], "\0" + photos.index.to_series())
    together = photos.loc[~photos["alone"], ["site", "day"]].drop_duplicates().sort_values(["site", "day"])
    together["first_day"] = np.array(_first_days(together, window_days), "datetime64[s]")
    photos = photos.reset_index().merge(together, on=["site", "day"], how="left").set_index("photo_id")
    photos["first_day"] = photos["first_day"].fillna(photos["day"])
    photos["visit"] = photos.groupby(["first_day", "key"], dropna=False).ngroup()
    return photos


def _first_days(together: pd.DataFrame, window_days: int) -> list[pd.Timestamp]:
    """Of each day of a site the first of its window; windows begin at the first day that is in none before."""
    firsts: list[pd.Timestamp] = []
    before = None
    for site, day in zip(together["site"], together["day"], strict=True):
        goes_on = site == before and (day - firsts[-1]).days < window_days
        firsts.append(firsts[-1] if goes_on else day)
        before = site
    return firsts


def _filled(rows: pd.DataFrame) -> pd.DataFrame:
    """Visits in which nothing was found have an empty taxon and count 0."""
    texts = ["taxon", *NAMES, "unit"]
    rows[texts] = rows[texts].fillna("")
    rows[list(COUNTS)] = rows[list(COUNTS)].fillna(0).astype("int64")
    rows["lower_bound"] = rows["lower_bound"].fillna(False).astype(bool)
    return rows[["visit", "site", "day", "photos", "reviewed", "alone", *texts, *COUNTS, "lower_bound"]]
