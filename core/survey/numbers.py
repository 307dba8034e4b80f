"""Numbers as people of both sides of the Channel type them: 1.250 is 1250 to some and 1.25 to others.

One number alone may not tell; the other numbers of a file may.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from core.errors import InvalidSite
from core.language import tr

Mark = Literal[".", ","]
MARKS: tuple[Mark, Mark] = (".", ",")
_FORMS = {
    decimal: re.compile(
        rf"[-+]?(?:\d+|[1-9]\d{{0,2}}(?:{re.escape(grouping)}\d{{3}})+)?(?:{re.escape(decimal)}\d*)?(?:e[-+]?\d+)?",
        re.I,
    )
    for decimal, grouping in zip(MARKS, reversed(MARKS), strict=True)
}
"""A number, by its decimal mark; the other mark stands between thousands."""


def number_from(text: str, decimal: Mark | None = None) -> float:
    """The number that a text names. decimal: the mark to use where the text does not tell. Raises InvalidSite."""
    plain, marks = _plain(text), decimal_marks(text)
    mark = decimal if decimal in marks else marks[-1] if len(marks) == 1 else "," if "," in plain else "."
    try:
        number = float(plain.replace("." if mark == "," else ",", "").replace(",", ".")) if marks else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InvalidSite(tr("{text} is not a number.", text=repr(text.strip())))
    return number


@lru_cache(maxsize=4096)
def decimal_marks(text: str) -> tuple[Mark, ...]:
    """The decimal marks with which a text is a number: both for 1250 and for 1.250, one for 12.5, none for words."""
    plain = _plain(text)
    return tuple(mark for mark in MARKS if any(map(str.isdigit, plain)) and _FORMS[mark].fullmatch(plain))


def is_ambiguous(text: str) -> bool:
    """True for a text such as 1.250, which is another number with another decimal mark."""
    return len(decimal_marks(text)) == len(MARKS) and number_from(text, ".") != number_from(text, ",")


def told_mark(texts: Iterable[str]) -> Mark | None:
    """The decimal mark that all texts that tell it agree on; None where none tells, or they differ."""
    told = {marks[0] for text in texts if len(marks := decimal_marks(text)) == 1}
    return told.pop() if len(told) == 1 else None


def _plain(text: str) -> str:
    return "".join(text.split()).replace("−", "-")
