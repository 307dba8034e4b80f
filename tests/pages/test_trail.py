"""Trail: an administrator sees who did what, chooses a part of it, and takes it along as CSV."""

from __future__ import annotations

from datetime import date, timedelta

import streamlit as st

from core.store.trail import Named
from web.process import bloomcount

TRAIL = "pages/admin/trail.py"
LEA = Named("lea.bos", "198.51.100.7")


def rows(tab):
    """The table that is shown, as a list of rows."""
    assert not tab.exception
    return [] if not tab.dataframe else tab.dataframe[0].value.to_dict("records")


def test_an_administrator_sees_who_did_what_and_from_where(browser):
    bloomcount().library.trail.add("site renamed", "duens", by=LEA, before="duens", after="dunes")
    (renamed,) = [row for row in rows(browser.open_as("admin", TRAIL)) if row["Action"] == "site renamed"]
    del renamed["When"]
    assert list(renamed.values()) == ["lea.bos", "198.51.100.7", "site renamed", "duens", "duens", "dunes"]


def test_nobody_else_does(browser):
    tab = browser.open_as("lea", TRAIL)
    assert [error.value for error in tab.error] == ["This page is for administrators. Your role is lead."]
    assert not tab.dataframe


def test_the_filter_asks_for_people_actions_and_days(browser):
    trail = bloomcount().library.trail
    trail.add("site renamed", "duens", by=LEA)
    trail.add("recount stopped", "", by=LEA)
    tab = browser.open_as("admin", TRAIL)
    tab.multiselect(key="trail_people").set_value(["lea.bos"]).run()
    assert [row["Action"] for row in rows(tab)] == ["recount stopped", "site renamed"]
    tab.multiselect(key="trail_actions").set_value(["site renamed"]).run()
    assert [row["What"] for row in rows(tab)] == ["duens"]
    tab.date_input(key="trail_since").set_value(date.today() + timedelta(days=2)).run()
    assert rows(tab) == []
    assert "No entries match these filters." in str([text.value for text in tab.markdown])


def test_the_csv_holds_all_of_the_part(browser, monkeypatch):
    files = []
    monkeypatch.setattr(st, "download_button", lambda _, data, file, *__, **___: files.append((file, data())))
    trail = bloomcount().library.trail
    for number in range(3):
        trail.add("recount stopped", f"{number}", by=LEA)
    tab = browser.open_as("admin", TRAIL)
    tab.multiselect(key="trail_people").set_value(["lea.bos"]).run()
    (file, data), (excel, _) = files[-2:]
    assert excel == "bloomcount-trail.xlsx"
    header, *lines = data.decode().splitlines()
    assert (file, header) == ("bloomcount-trail.csv", "at,by,from,action,what,before,after")
    assert [line.split(",")[1:5] for line in lines] == [
        ["lea.bos", "198.51.100.7", "recount stopped", f"{number}"] for number in (2, 1, 0)
    ]
