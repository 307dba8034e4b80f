"""Observations as an Excel workbook, written row by row in flat memory.

What a sheet cannot hold goes to the next one; what a cell cannot hold is refused. Text is written as text, so that no
cell is a formula and none needs an apostrophe.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from itertools import chain, islice
from typing import Any, BinaryIO

import pandas as pd

from core.csv_files import table_rows
from core.errors import BloomError
from core.exports.columns import COLUMNS, PER_PHOTO
from core.exports.csv import stored_rows
from core.exports.stored import Row, Stored

ROWS_A_SHEET = 1_048_576
"""The most rows of an Excel sheet, its header among them."""

WIDTHS = {"photo_id": 12, "file": 24, "site": 24, "taken_at": 20, "uploaded_at": 20, "scientific_name": 24}
_WIDE, _TEXT = 90, 14


class TooLongForExcel(BloomError):
    """A text that an Excel cell cannot hold."""


def excel_bytes(rows: Iterable[Row], columns: Sequence[str]) -> bytes:
    """A workbook with these rows on its one sheet. Raises TooLongForExcel."""
    file = BytesIO()
    with _workbook(file) as sheet:
        for number, some in enumerate(_sheetfuls([row.get(column) for column in columns] for row in rows), start=1):
            sheet(_numbered("Table", number), columns, some, [_TEXT] * len(columns))
    return file.getvalue()


def workbook_of(file: BinaryIO, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write a workbook with a sheet a table, or several where one cannot hold all rows. Raises TooLongForExcel."""
    with _workbook(file) as sheet:
        for name, table in tables.items():
            columns = [str(column) for column in table.columns]
            rows = (list(row.values()) for row in table_rows(table))
            for number, some in enumerate(_sheetfuls(rows), start=1):
                sheet(_numbered(name, number), columns, some, [WIDTHS.get(column, _TEXT) for column in columns])


def export_excel(stored: Stored, file: BinaryIO) -> None:
    """Write the sheets Observations (and Observations 2, … where one cannot hold all), Columns and About.

    Raises TooLongForExcel.
    """
    with _workbook(file) as sheet:
        names, widths = tuple(COLUMNS), [WIDTHS.get(column, _TEXT) for column in COLUMNS]
        rows = ([row.get(column) for column in names] for row in stored_rows(stored))
        for number, some in enumerate(_sheetfuls(rows), start=1):
            sheet(_numbered("Observations", number), names, some, widths)
        sheet("Columns", ("column", "what it holds"), COLUMNS.items(), (18, _WIDE))
        sheet("About", ("about", ""), _about(stored), (18, _WIDE))


Sheet = Callable[[str, Sequence[str], Iterable[Sequence[Any]], Sequence[int]], None]


@contextmanager
def _workbook(file: BinaryIO) -> Iterator[Sheet]:
    """A function that adds a sheet: its name, its columns, its rows, and how wide the columns are."""
    import xlsxwriter  # a second, which other commands need not wait

    with xlsxwriter.Workbook(file, {"constant_memory": True}) as workbook:
        bold = workbook.add_format({"bold": True})

        def sheet(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], widths: Sequence[int]) -> None:
            there = workbook.add_worksheet(name)
            there.freeze_panes(1, 0)
            for column, width in enumerate(widths):
                there.set_column(column, column, width)
            for place, title in enumerate(columns):
                there.write_string(0, place, title, bold)
            for line, cells in enumerate(rows, start=1):
                for place, cell in enumerate(cells):
                    _write(there, line, place, cell, columns[place])

        yield sheet


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name} {number}"


def _sheetfuls(rows: Iterator[Sequence[Any]]) -> Iterator[Iterator[Sequence[Any]]]:
    """The rows, as many at a time as go below a header; once nothing where there are none."""
    first: Iterable[Sequence[Any]] = ()
    while True:
        yield islice(chain(first, rows), ROWS_A_SHEET - 1)
        first = tuple(islice(rows, 1))
        if not first:
            return


def _write(sheet: Any, line: int, place: int, cell: Any, column: str) -> None:
    if cell is None or cell == "":
        return
    if isinstance(cell, bool):
        sheet.write_boolean(line, place, cell)
    elif isinstance(cell, int | float):
        sheet.write_number(line, place, cell)
    elif sheet.write_string(line, place, str(cell)):
        raise TooLongForExcel(
            f"{column} begins with {str(cell)[:40]!r} and has {len(cell)} characters; an Excel cell holds 32,767. "
            "Export CSV instead."
        )


def _about(stored: Stored) -> list[tuple[str, str]]:
    return [
        ("exported", stored.at.isoformat()),
        ("selection", stored.selection),
        (
            "counting",
            "Flowers at the model's own threshold, or what a person said; see the columns model and reviewed.",
        ),
        ("repeats", PER_PHOTO),
    ]
