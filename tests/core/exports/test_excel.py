"""An Excel workbook holds all rows, and no cell of it is a formula."""

from __future__ import annotations

from io import BytesIO

import openpyxl
import pytest

from core.exports import excel
from core.exports.columns import COLUMNS, PER_PHOTO
from core.exports.excel import TooLongForExcel, _sheetfuls
from core.exports.stored import Stored
from core.settings import Settings
from core.store.blobs import open_blobs
from core.store.library import Library
from core.store.selection import Selection
from core.store.tables import Tables
from tests.core.counting_squares import LABELS, PACKAGE
from tests.core.exports.reading import excel_rows, exported
from tests.core.exports.summer import summer
from tests.survey import count, photo


def with_photo(folder, **facts) -> Stored:
    """A store with one photo, and one taxon in it where `taxon` is given."""
    settings = Settings(store=str(folder))
    library = Library(open_blobs(settings), Tables(settings))
    taxon = facts.pop("taxon", None)
    count(library, photo("a", **facts), {taxon: 1} if taxon else {})
    return Stored(library, LABELS, lambda *_: PACKAGE)


def workbook(stored) -> openpyxl.Workbook:
    return openpyxl.load_workbook(BytesIO(exported(stored, "xlsx")))


def test_numbers_are_numbers_and_text_is_text(tmp_path):
    first = excel_rows(exported(summer(tmp_path), "xlsx"))[0]
    assert [first[c] for c in ("site", "latitude", "count", "confidence", "reviewed", "taken_at")] == [
        "dunes", 52.4291, 2, 0.97, False, "2026-06-12T12:00:00",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["=1+1", "+31 6 1234", "-2+3", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")', "{=1}"])
def test_no_text_is_run_and_all_of_it_stays(tmp_path, text):
    stored = with_photo(tmp_path, site=text, file=text, uploaded_by=text, taxon=text)
    sheet = workbook(stored).worksheets[0]
    cells = {name.value: cell for name, cell in zip(sheet[1], sheet[2], strict=True)}
    assert {cells[c].data_type for c in ("site", "file", "uploaded_by", "taxon")} == {"s"}
    assert {cells[c].value for c in ("site", "file", "uploaded_by", "taxon")} == {text}


def test_addresses_are_text_and_no_links(tmp_path):
    stored = with_photo(tmp_path, site="https://example.org/plot")
    sheet = workbook(stored).worksheets[0]
    assert sheet["C2"].value == "https://example.org/plot"
    assert sheet["C2"].hyperlink is None


@pytest.mark.parametrize(
    ("rows", "sizes"),
    [
        pytest.param(0, [0], id="nothing is one empty sheet"),
        pytest.param(3, [3], id="as many as a sheet holds"),
        pytest.param(4, [3, 1], id="one more"),
        pytest.param(7, [3, 3, 1], id="two sheets and one more"),
    ],
)
def test_what_a_sheet_cannot_hold_goes_to_the_next(monkeypatch, rows, sizes):
    monkeypatch.setattr(excel, "ROWS_A_SHEET", 4)
    assert [len(list(some)) for some in _sheetfuls(iter([[n] for n in range(rows)]))] == sizes


def test_no_row_is_lost_between_sheets(tmp_path, monkeypatch):
    stored = summer(tmp_path)
    whole = excel_rows(exported(stored, "xlsx"))
    monkeypatch.setattr(excel, "ROWS_A_SHEET", 3)
    book = workbook(stored)
    assert book.sheetnames == ["Observations", "Observations 2", "Observations 3", "Columns", "About"]
    assert [sheet.max_row for sheet in book.worksheets[:3]] == [3, 3, 3]
    assert excel_rows(exported(stored, "xlsx")) == whole


def test_a_text_that_no_cell_holds_is_refused_in_words(tmp_path):
    stored = with_photo(tmp_path, site="x" * 40_000)
    with pytest.raises(TooLongForExcel, match=r"^site begins with 'xxx.* has 40000 characters; an Excel cell holds"):
        exported(stored, "xlsx")


def test_the_workbook_says_what_its_columns_mean_and_what_it_was_made_from(tmp_path):
    book = workbook(summer(tmp_path, Selection(sites=("dunes",), reviewed_only=True)))
    columns = dict(book["Columns"].iter_rows(min_row=2, values_only=True))
    assert columns == COLUMNS
    about = dict(book["About"].iter_rows(min_row=2, values_only=True))
    assert about["selection"] == "site: dunes; reviewed: only"
    assert about["repeats"] == PER_PHOTO
