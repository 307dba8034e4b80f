"""Visits: photos of one site or plot within a window are repeats, not additions, and count by the rule that was chosen.

A visit is a site and the photos that were taken there within so many days of its first photo. A photo without a site
or a date cannot be told to repeat another, so it is a visit of its own; `alone` counts them, for pages to say so.
Under a protocol other than views of one plot (core/survey/sampling.py) a visit is one day and one sampling, no photo
repeats another, and their counts are added up whatever the rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.language import tr
from core.survey.observed import NAMES

Numbers = NDArray[Any]
Rule = Literal["maximum", "median", "sum"]
RULES: tuple[Rule, ...] = get_args(Rule)
LONGEST_WINDOW_DAYS = 366
COUNTS = ("count", "count_low", "count_high")


@dataclass(frozen=True, slots=True)
class Repeats:
    """The rule for repeated photos. window_days: 1 is the same day, 7 is within a week of a visit's first photo."""

    rule: Rule = "maximum"
    window_days: int = 1

    def __post_init__(self) -> None:
        if self.rule not in RULES or not 1 <= self.window_days <= LONGEST_WINDOW_DAYS:
            raise ValueError(f"{self.rule} over {self.window_days} days: 1 to {LONGEST_WINDOW_DAYS} days, {RULES}")

    def to_query(self) -> dict[str, list[str]]:
        """The rule as words of an address, without the defaults."""
        query = {"repeats": self.rule, "window": str(self.window_days)}
        usual = {"repeats": "maximum", "window": "1"}
        return {word: [value] for word, value in query.items() if value != usual[word]}

    @classmethod
    def from_query(cls, query: Mapping[str, Sequence[str]]) -> Repeats:
        """Read the rule from the words of an address; words that are no rule are left out."""
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
            return tr(
                "Photos of one site {within} are treated as repeats: for each taxon the median count is used.",
                within=within,
            )
        return tr(
            "Photos of one site {within} are treated as repeats: for each taxon the highest count is used.",
            within=within,
        )


def visits(observations: pd.DataFrame, repeats: Repeats = Repeats()) -> pd.DataFrame:
    """One row a visit and taxon, and one with taxon "" and count 0 for a visit in which none was found.

    observations: as core/survey/observed.py gives them. Columns: visit (0, 1, … by first day, then site), photo (the
    first of its photos by their numbers), site, day (of its first photo, NaT where unknown), last_day (of its last),
    photos (of the visit, whatever they show), reviewed (how many of them a person reviewed), alone (a photo without
    site or date), taxon with NAMES and unit, count, count_low, count_high, and lower_bound: a photo in which the taxon
    was found is flagged, and no person has counted it; with taxon "" any photo. found_on: the day of the first photo in
    which the taxon was found. sampling: of the visit, as in the observations; where these have none, nobody said a
    protocol.

    A photo of the visit without the taxon counts as 0 of it. Bounds follow the same rule as counts. Each rule gives
    more when any photo shows more: so where every photo's true number is within its bounds, the visit's is too.
    """
    photos = _photos(observations, repeats.window_days)
    taxa = _Numbered.of(observations["taxon"])
    finds = np.flatnonzero(observations["count"].to_numpy() > 0)
    visit = photos.visit_of_row[finds]
    key = visit * len(taxa.texts) + taxa.number[finds]
    counts = {name: observations[name].to_numpy()[finds] for name in COUNTS}
    order = np.argsort(key, kind="stable")
    starts = _starts(key[order])
    by_rule = _by_rule(key, counts, order, starts, photos.table["photos"].to_numpy(), visit, repeats.rule)
    if photos.adds_up.any() and len(starts):
        together = photos.adds_up[visit[order][starts]]
        sums = _by_rule(key, counts, order, starts, photos.table["photos"].to_numpy(), visit, "sum")
        by_rule = {name: np.where(together, sums[name], values) for name, values in by_rule.items()}
    bounded = at_least(observations).to_numpy()
    flagged, days = bounded[finds][order], observations["day"].to_numpy()[finds][order]
    rows = pd.DataFrame(
        {
            "visit": visit[order][starts],
            "number": taxa.number[finds][order][starts],
            **by_rule,
            "lower_bound": np.logical_or.reduceat(flagged, starts) if len(starts) else flagged,
            "found_on": np.minimum.reduceat(days, starts) if len(starts) else days,
        }
    )
    nothing = np.setdiff1d(np.arange(len(photos.table)), rows["visit"])
    may_show = np.isin(nothing, photos.visit_of_row[bounded])
    empty = pd.DataFrame({"visit": nothing, "number": -1, **dict.fromkeys(COUNTS, 0), "lower_bound": may_show})
    rows = pd.concat([rows, empty]).sort_values("visit", kind="stable", ignore_index=True)
    of_visit = photos.table.iloc[rows["visit"]].reset_index(drop=True)
    names = _names(observations, taxa).iloc[rows.pop("number")].reset_index(drop=True)
    rows = rows.astype(dict.fromkeys(COUNTS, "int64") | {"visit": "int64"})
    return pd.concat([rows[["visit"]], of_visit, names, rows[[*COUNTS, "lower_bound", "found_on"]]], axis=1)


def visit_of(observations: pd.DataFrame, repeats: Repeats = Repeats()) -> pd.Series:
    """The number of the visit in `visits` that each observation is of."""
    return pd.Series(_photos(observations, repeats.window_days).visit_of_row, observations.index)


def at_least(observations: pd.DataFrame) -> pd.Series:
    """True for each count that is a lower bound: its photo is flagged, and no person has counted all."""
    return observations["flag"] != ""


@dataclass(frozen=True, slots=True)
class _Numbered:
    """A column of texts as numbers of the sorted texts."""

    number: Numbers
    texts: list[str]

    @classmethod
    def of(cls, column: pd.Series) -> _Numbered:
        number, texts = pd.factorize(column, sort=True)
        return cls(number.astype(np.int64), [str(text) for text in texts])


@dataclass(frozen=True, slots=True)
class _Photos:
    """The visits of photos.

    table: one row per visit: photo, site, day, last_day, photos, reviewed, alone, sampling. visit_of_row: the visit of
    each observation. adds_up: True for each visit whose photos are added up.
    """

    table: pd.DataFrame
    visit_of_row: Numbers
    adds_up: Numbers


def _photos(observations: pd.DataFrame, window_days: int) -> _Photos:
    """Group photos into visits; visits of photos without site or date come before others of their day."""
    photo_of_row, _ = pd.factorize(observations["photo"])
    once = ~observations["photo"].duplicated()
    photos = observations.loc[once, ["photo", "site", "day", "reviewed"]]
    sites, sampling = _Numbered.of(photos["site"]), _sampling(observations)[once.to_numpy()]
    adds_up = np.array([*(one.adds_up for one in sampling.categories), False], bool)[sampling.codes]
    apart = np.where(adds_up, sampling.codes.astype(np.int64), -1)
    day = photos["day"].to_numpy().astype("datetime64[D]").astype(np.int64)
    dated = photos["day"].notna().to_numpy()
    alone = (photos["site"] == "").to_numpy() | ~dated
    first_day = np.where(dated, day, np.iinfo(np.int64).max)
    within = ~alone & ~adds_up
    first_day[within] = _first_days(sites.number[within], day[within], window_days)
    first_day[~alone & adds_up] = day[~alone & adds_up]
    number, photo = pd.factorize(photos["photo"], sort=True)
    single = np.where(alone, number, -1)
    visit = _ranked(first_day, np.where(alone, -1, sites.number), single, np.where(alone, -1, apart))
    visits = int(visit.max()) + 1 if len(visit) else 0
    example = np.zeros(visits, np.int64)
    example[visit] = np.arange(len(visit))
    last_day = np.full(visits, np.iinfo(np.int64).min)
    np.maximum.at(last_day, visit, day)
    first_photo = np.full(visits, len(photo))
    np.minimum.at(first_photo, visit, number)
    table = pd.DataFrame(
        {
            "photo": photo[first_photo],
            "site": pd.array(np.array(sites.texts, object)[sites.number[example]], "str"),
            "day": _days(first_day[example], dated[example]),
            "last_day": _days(last_day, dated[example]),
            "photos": np.bincount(visit, minlength=visits),
            "reviewed": np.bincount(visit[photos["reviewed"].to_numpy(bool)], minlength=visits),
            "alone": alone[example],
            "sampling": sampling[example],
        }
    )
    return _Photos(table, visit[photo_of_row] if len(visit) else np.empty(0, np.int64), adds_up[example])


def _sampling(observations: pd.DataFrame) -> pd.Categorical:
    """The sampling of each row, no value where nobody said a protocol."""
    if "sampling" in observations:
        return pd.Categorical(observations["sampling"])
    return pd.Categorical.from_codes(np.full(len(observations), -1), pd.Index([], dtype=object))


def _days(days: Numbers, known: Numbers) -> pd.Series:
    """Days since 1970 as dates, NaT where the day is not known."""
    return pd.Series(np.where(known, days.astype("datetime64[D]"), np.datetime64("NaT"))).astype("datetime64[s]")


def _ranked(*keys: Numbers) -> Numbers:
    """The place of each row's keys among all that differ, sorted by the first, then the second, and so on."""
    order = np.lexsort(keys[::-1])
    new = np.zeros(len(order), bool)
    for key in keys:
        new[1:] |= key[order][1:] != key[order][:-1]
    rank = np.empty(len(order), np.int64)
    rank[order] = np.cumsum(new)
    return rank


def _first_days(site: Numbers, day: Numbers, window_days: int) -> Numbers:
    """The first day of the window of each day of a site.

    A window begins at the first day that no earlier window holds.
    """
    lowest = int(day.min()) if len(day) else 0
    span = int(day.max()) - lowest + 1 if len(day) else 1
    of_photo, together = pd.factorize(site * span + day - lowest)
    order = np.argsort(together)
    firsts = np.empty(len(together), np.int64)
    site_before = first = -1
    for number in order.tolist():
        at, then = divmod(int(together[number]), span)
        if at != site_before or then - first >= window_days:
            site_before, first = at, then
        firsts[number] = first
    return firsts[of_photo] + lowest if len(day) else day


def _starts(ordered: Numbers) -> Numbers:
    """The index at which each group of equal numbers begins."""
    return np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])) if len(ordered) else np.empty(0, np.int64)


def _by_rule(
    key: Numbers,
    counts: dict[str, Numbers],
    order: Numbers,
    starts: Numbers,
    photos: Numbers,
    visit: Numbers,
    rule: Rule,
) -> dict[str, Numbers]:
    """The counts of each group of equal keys, by the rule. photos: how many each visit has."""
    if not len(starts):
        return {name: np.empty(0, np.int64) for name in counts}
    if rule == "median":
        return {name: _median(key, values, starts, photos[visit[order][starts]]) for name, values in counts.items()}
    reduce = np.add if rule == "sum" else np.maximum
    return {name: reduce.reduceat(values[order].astype(np.int64), starts) for name, values in counts.items()}


def _median(key: Numbers, values: Numbers, starts: Numbers, of_all: Numbers) -> Numbers:
    """The median over all photos of the visit, those without the taxon being 0; half a flower is a whole one."""
    ordered = values[np.lexsort((values, key))].astype(np.int64)
    without = of_all - np.diff(np.append(starts, len(key)))
    lower = _at(ordered, starts, (of_all - 1) // 2 - without)
    upper = _at(ordered, starts, of_all // 2 - without)
    return np.asarray((lower + upper + 1) // 2)


def _at(values: Numbers, start: Numbers, place: Numbers) -> Numbers:
    """The value at each place of its group; 0 for places before the first."""
    return np.where(place < 0, 0, values[start + np.maximum(place, 0)])


def _names(observations: pd.DataFrame, taxa: _Numbered) -> pd.DataFrame:
    """Taxon, names and unit by the number of the taxon, and empty texts as the last row; where photos give a taxon
    several units, the most frequent."""
    units = _Numbered.of(observations["unit"])
    rows = np.bincount(taxa.number * len(units.texts) + units.number, minlength=len(taxa.texts) * len(units.texts))
    most = rows.reshape(len(taxa.texts), len(units.texts)).argmax(axis=1) if len(units.texts) else []
    example = np.zeros(len(taxa.texts), np.int64)
    example[taxa.number[::-1]] = np.arange(len(observations))[::-1]
    named = observations[list(NAMES)].iloc[example].astype("str").reset_index(drop=True)
    named.insert(0, "taxon", pd.array(taxa.texts, "str"))
    named["unit"] = pd.array([units.texts[unit] for unit in most], "str")
    nameless = pd.DataFrame([dict.fromkeys(named.columns, "")]).astype("str")
    return pd.concat([named, nameless], ignore_index=True)
