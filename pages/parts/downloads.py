"""The buttons that save a table: CSV in the form that the person chose, and Excel beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from core.csv_files import COMMA, CSV_FORMS, csv_bytes
from core.errors import AccountProblem
from core.exports.excel import excel_bytes
from core.exports.formats import FORMATS
from core.language import tr
from core.people.person import Person
from web.process import bloomcount, session_id
from web.session import username_of_session, while_signed_in

Rows = Callable[[], Iterable[Mapping[str, Any]]]


def download_rows(
    rows: Rows, columns: Sequence[str], name: str, *, key: str, label: str = "", disabled: bool = False
) -> None:
    """The buttons for these rows, which are asked for at the click. name: of the files, without ending."""
    session = session_id()
    for kind, words, icon, make in (
        ("csv", label or tr("Download CSV"), "download", lambda: _csv(rows, columns, session)),
        ("xlsx", tr("Excel"), "table_view", lambda: excel_bytes(rows(), columns)),
    ):
        st.download_button(
            words,
            while_signed_in(make),
            f"{name}.{kind}",
            FORMATS[kind].media_type,
            key=f"{kind}_{key}",
            on_click="ignore",
            icon=f":material/{icon}:",
            type="tertiary",
            disabled=disabled,
        )


def choose_csv(person: Person) -> None:
    """The choice between forms of CSV, kept for this person wherever a table is saved."""
    words = {
        "comma": tr("Commas and decimal points, for R, Python and English spreadsheets"),
        "semicolon": tr("Semicolons and decimal commas, for a Dutch Excel"),
    }
    kept = person.csv or "comma"
    chosen = st.radio(
        tr("Form of CSV files"),
        list(CSV_FORMS),
        index=list(CSV_FORMS).index(kept),
        format_func=words.__getitem__,
        key=f"csv_form-{kept}",
    )
    if chosen != kept:
        try:
            bloomcount().accounts.set_csv(person.username, chosen)
        except AccountProblem as problem:
            st.error(str(problem))
        else:
            st.rerun()


def _csv(rows: Rows, columns: Sequence[str], session: str) -> bytes:
    """The CSV in the form of the person at this session."""
    person = bloomcount().accounts.find(username_of_session(session) or "")
    return csv_bytes(rows(), columns, form=CSV_FORMS.get(person.csv, COMMA) if person else COMMA)
