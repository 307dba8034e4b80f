"""CSV that a spreadsheet opens without harm.

Text that a spreadsheet would run as a formula gets an apostrophe before it; numbers stay numbers. Spreadsheets that
write 2,5 for two and a half take a comma for no delimiter, and UTF-8 for Windows-1252 unless a mark says otherwise.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    import pandas as pd

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\n", "＝", "＋", "－", "＠")
"""The first characters of a cell that a spreadsheet runs (OWASP, CSV injection)."""


_LIKE_THOUSANDS = re.compile(r"-?[1-9]\d{0,2}\.\d{3}")


@dataclass(frozen=True, slots=True)
class CsvForm:
    """A way to write CSV. mark: begins with the bytes that tell a spreadsheet that it is UTF-8."""

    delimiter: str = ","
    decimal: str = "."
    mark: bool = False


COMMA = CsvForm()
CSV_FORMS = {"comma": COMMA, "semicolon": CsvForm(";", ",", mark=True)}
"""The forms that people choose from."""


def write_csv(
    rows: Iterable[Mapping[str, Any]], file: TextIO, columns: Sequence[str], *, form: CsvForm = COMMA
) -> None:
    """Write a header and the rows; missing cells are empty."""
    if form.mark:
        file.write("\ufeff")
    writer = csv.writer(file, delimiter=form.delimiter, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(row.get(column), form) for column in columns] for row in rows)


def csv_bytes(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, form: CsvForm = COMMA) -> bytes:
    """The whole CSV, in UTF-8."""
    file = StringIO(newline="")
    write_csv(rows, file, columns, form=form)
    return file.getvalue().encode()


def table_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table by the names of its columns, missing cells None."""
    named = table.rename(columns=str).astype(object)
    rows: list[dict[str, Any]] = named.where(named.notna(), None).to_dict("records")
    return rows


def clear_number(number: float) -> str:
    """The number as text that nobody takes for one with thousands: 1.2500, not 1.250."""
    text = repr(float(number))
    return f"{text}0" if _LIKE_THOUSANDS.fullmatch(text) else text


def _cell(cell: Any, form: CsvForm) -> Any:
    return clear_number(cell).replace(".", form.decimal) if isinstance(cell, float) else _harmless(cell)


def _harmless(cell: Any) -> Any:
    """Keep text as it was, but never as a formula and never with a bare carriage return, which may end a line."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if not isinstance(cell, str):
        return cell
    text = cell.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
