"""Numbers, names and dates as Bloomcount writes them."""

from __future__ import annotations

from datetime import date, datetime

from core.language import tr

THIN_SPACE = "\u2009"


def number(value: int) -> str:
    """12345 as 12 345, with thin spaces."""
    return f"{value:,}".replace(",", THIN_SPACE)


def measure(value: float) -> str:
    """An index in three figures or so: `0.97`, `3.71`, `40.9`, `1 234`."""
    digits = 0 if value == int(value) else max(0, 3 - len(str(int(value))))
    return f"{value:,.{digits}f}".replace(",", THIN_SPACE)


def count_with_doubt(count: int, low: int, high: int, *, lower_bound: bool = False) -> str:
    """`7 (6-9)`: seven, between six and nine; `7` where there is no doubt; `≥ 7` where it is a lower bound."""
    if lower_bound:
        return f"≥ {number(count)}"
    if low == high == count:
        return number(count)
    return f"{number(count)} ({number(low)}-{number(high)})"


def photos(count: int) -> str:
    """`1 photo`, `2 photos`."""
    return tr("1 photo") if count == 1 else tr("{total} photos", total=number(count))


def role_word(role: str) -> str:
    """The word for a role."""
    words = {"researcher": tr("researcher"), "lead": tr("lead"), "admin": tr("admin")}
    return words[role]


def day(moment: date) -> str:
    """`23 Nov 2026`."""
    return (
        f"{moment.day} {tr('Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec').split()[moment.month - 1]} {moment.year}"
    )


def day_and_time(moment: datetime) -> str:
    """`23 Nov 2026 14:02`."""
    return f"{day(moment)} {moment:%H:%M}"


def noted_at(moment_utc: datetime) -> str:
    """`23 Nov 2026 14:02 UTC`, of what the server noted; beside it may stand a camera's clock, which is the place's."""
    return f"{day_and_time(moment_utc)} UTC"


def taken_when(taken_at: str) -> str:
    """`23 Nov 2026 14:02`, as the camera's clock stood; what is no time stays as it is."""
    try:
        return day_and_time(datetime.fromisoformat(taken_at))
    except ValueError:
        return taken_at


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
