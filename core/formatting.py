"""Numbers, names and dates as Bloomcount writes them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from core.language import DUTCH_TIME, tr
from core.recognition.intervals import Count

THIN_SPACE = "\u2009"


def number(value: int) -> str:
    """12345 as 12 345, with thin spaces."""
    return f"{value:,}".replace(",", THIN_SPACE)


def mean(value: float) -> str:
    """A mean of counts with one decimal, one figure below 0.1: `1 234.0`, `2.5`, `0.04`."""
    return f"{value:.1g}" if 0 < value < 0.1 else f"{value:,.1f}".replace(",", THIN_SPACE)


def density(value: float) -> str:
    """Flowers per m² in two figures or more: `160`, `7.5`, `0.012`."""
    return f"{value:,.0f}".replace(",", THIN_SPACE) if value >= 10 else f"{value:.2g}"


def measure(value: float) -> str:
    """An index in three figures or so: `0.97`, `3.71`, `40.9`, `1 234`."""
    digits = 0 if value == int(value) else max(0, 3 - len(str(int(value))))
    return f"{value:,.{digits}f}".replace(",", THIN_SPACE)


def with_interval(value: float, low: float, high: float, written: Callable[[Any], str] = number) -> str:
    """`7 (6-9)`: seven, between six and nine; `7` where there is no doubt. written: how each of the figures is."""
    return written(value) if low == value == high else f"{written(value)} ({written(low)}-{written(high)})"


def at_least(figure: str) -> str:
    """`≥ 7`, of a lower bound."""
    return f"≥ {figure}"


def count_with_interval(count: Count) -> str:
    """`7 (6-9)`, also of a lower bound: for where a sentence beside it says so."""
    return with_interval(count.count, count.low, count.high)


def count_with_doubt(count: Count) -> str:
    """`7 (6-9)`, `7` where there is no doubt, `≥ 7` where it is a lower bound."""
    return at_least(number(count.count)) if count.lower_bound else count_with_interval(count)


def photos(count: int) -> str:
    """`1 photo`, `2 photos`."""
    return tr("1 photo") if count == 1 else tr("{total} photos", total=number(count))


def not_calibrated_words(count: int) -> str:
    """The sentence beside figures of so many photos that were counted by a model which nobody calibrated."""
    return tr("{photos} counted by a model that is not calibrated: no interval is known", photos=photos(count))


def day(moment: date) -> str:
    """`23 Nov 2026`."""
    return (
        f"{moment.day} {tr('Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec').split()[moment.month - 1]} {moment.year}"
    )


def day_and_time(moment: datetime) -> str:
    """`23 Nov 2026 14:02`."""
    return f"{day(moment)} {moment:%H:%M}"


def noted_at(moment_utc: datetime) -> str:
    """`23 Nov 2026 15:02`, the Dutch time of a moment that the server noted, as a camera's clock there has it."""
    return day_and_time(moment_utc.astimezone(DUTCH_TIME))


def taken_when(taken_at: str) -> str:
    """`23 Nov 2026 14:02`, as the camera's clock stood; what is no time stays as it is."""
    try:
        return day_and_time(datetime.fromisoformat(taken_at))
    except ValueError:
        return taken_at


def distance(metres: float) -> str:
    """`340 m`, `2.4 km`, `1 234 km`."""
    if metres < 1000:
        return f"{metres:.0f} m"
    return f"{measure(float(f'{metres / 1000:.2g}'))} km" if metres < 100_000 else f"{number(round(metres / 1000))} km"


def file_size(size_bytes: int) -> str:
    """`61.2 GB`, `4.2 MB`, `37 kB`."""
    if size_bytes >= 1e9:
        return f"{size_bytes / 1e9:.1f} GB"
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes >= 1e6 else f"{max(1, round(size_bytes / 1e3))} kB"


def duration(seconds: float) -> str:
    """`12 s`, `3 min`, `2 h 5 min`: how long something still takes, roughly."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    return tr("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)
