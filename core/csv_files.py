"""CSV that a spreadsheet opens without harm.

Text that a spreadsheet would run as a formula gets an apostrophe before it; numbers stay numbers.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    import pandas as pd

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\n", "＝", "＋", "－", "＠")
"""The first characters of a cell that a spreadsheet runs (OWASP, CSV injection)."""


def write_csv(rows: Iterable[Mapping[str, Any]], file: TextIO, columns: Sequence[str]) -> None:
    """Write a header and the rows; missing cells are empty."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_harmless(row.get(column)) for column in columns] for row in rows)


def table_csv(table: pd.DataFrame) -> str:
    """The rows of a table as CSV with a header; missing cells are empty."""
    file = StringIO(newline="")
    columns = [str(column) for column in table.columns]
    write_csv(table.astype(object).where(table.notna(), None).to_dict("records"), file, columns)
    return file.getvalue()


def _harmless(cell: Any) -> Any:
    """Keep text as it was, but never as a formula and never with a bare carriage return, which may end a line."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if not isinstance(cell, str):
        return cell
    text = cell.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
