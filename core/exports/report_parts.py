"""The parts of a report, as report.html.j2 takes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, TypeAlias

from markupsafe import Markup


class Line(NamedTuple):
    """A heading, or a sentence in one of three tones."""

    text: str
    kind: Literal["heading", "paragraph", "quiet", "doubt"] = "paragraph"


class Numbers(NamedTuple):
    """The figures that open the report, by name."""

    values: Sequence[tuple[str, str]]
    kind: Literal["numbers"] = "numbers"


class Cell(NamedTuple):
    """A cell of more than plain text: a Latin name in italics before it, where it is from in small print after it."""

    text: str = ""
    latin: str = ""
    source: str = ""


class Table(NamedTuple):
    """figures: the columns of numbers, which are set to the right."""

    head: Sequence[str]
    rows: Iterable[Sequence[str | Cell]]
    figures: Sequence[int] = ()
    kind: Literal["table"] = "table"


class Figure(NamedTuple):
    """A figure as Plotly's HTML, and the sentence that says what it shows."""

    drawn: Markup
    caption: str
    kind: Literal["figure"] = "figure"


Part: TypeAlias = Line | Numbers | Table | Figure
