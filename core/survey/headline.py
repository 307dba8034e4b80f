"""A survey in six numbers, and the two periods that are compared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import pandas as pd

from core.recognition.intervals import Count
from core.store.selection import Selection
from core.survey.diversity import countable
from core.survey.repeats import COUNTS, at_least
from core.survey.sampling import samplings

USUAL_DAYS = 30
"""The days up to the newest photo that are compared with as many before, where nobody chose days."""


@dataclass(frozen=True, slots=True)
class Headline:
    """Photos that were counted, flowers in them, and how many taxa, visits, sites with their plots, and people.

    flowers: a lower bound where a photo is flagged that no person has counted, whatever it shows. taxa: those that
    count as one, see core/survey/diversity.py.
    """

    photos: int
    flowers: Count
    taxa: int
    visits: int
    sites: int
    people: int


@dataclass(frozen=True, slots=True)
class Periods:
    """The photos of the days looked at, and of as many days before them."""

    now: Selection
    before: Selection
    first: date
    last: date

    @property
    def days(self) -> int:
        """The length of each of the two periods in days."""
        return (self.last - self.first).days + 1


def headline(observations: pd.DataFrame, visits: pd.DataFrame) -> Headline:
    """The numbers of these photos; visits: made of them."""
    count, low, high = (int(visits[name].sum()) for name in COUNTS)
    return Headline(
        photos=observations["photo"].nunique(),
        flowers=Count(count, low, high, bool(at_least(observations).any())),
        taxa=countable(visits).of(visits)["taxon"].nunique(),
        visits=visits["visit"].nunique(),
        sites=len({one.site for one in samplings(visits)} - {""}),
        people=observations["uploaded_by"].nunique(),
    )


def periods(which: Selection, newest: date | None) -> Periods | None:
    """The days chosen, else the USUAL_DAYS up to the newest photo, and as many before; None where there are none.

    newest: the day on which the newest photo was taken.
    """
    last = which.taken_to or newest
    if last is None:
        return None
    first = which.taken_from or last - timedelta(days=USUAL_DAYS - 1)
    days = (last - first).days + 1
    if days < 1 or days >= first.toordinal():
        return None
    before = replace(which, taken_from=first - timedelta(days=days), taken_to=first - timedelta(days=1))
    now = which if which.taken_from else replace(which, taken_from=first, taken_to=last)  # no photo is newer
    return Periods(now, before, first, last)
