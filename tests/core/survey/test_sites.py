"""A site as a person describes it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidSite
from core.store.records import Site
from core.survey.sites import LONGEST_NAME, new_name, site_from, site_name, tidy

NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)


def test_a_site_as_typed() -> None:
    site = site_from("Dunes 2", "52,4291 4,5771", " dry\ndune ", 25.0, by="lea", at=NOON)
    assert site == Site("Dunes 2", 52.4291, 4.5771, "dry dune", 25.0, "lea", NOON)
    assert site_from("Dunes", " ", "", None, by="lea", at=NOON) == Site("Dunes", None, None, "", None, "lea", NOON)


@pytest.mark.parametrize("name", ["", " \n\t", "\u200b", "x" * (LONGEST_NAME + 1)])
def test_a_name_that_cannot_be_is_said(name: str) -> None:
    with pytest.raises(InvalidSite, match="name"):
        site_name(name)


@pytest.mark.parametrize("area", [0.0, -1.0, 1e10, float("nan"), float("inf")])
def test_an_area_that_cannot_be_is_said(area: float) -> None:
    with pytest.raises(InvalidSite, match="more than 0"):
        site_from("Dunes", "", "", area, by="lea", at=NOON)


def test_a_site_that_is_there_is_no_new_one() -> None:
    assert new_name(" Dunes 2", ["Dunes"]) == "Dunes 2"
    with pytest.raises(InvalidSite, match="There is a site Dunes already"):
        new_name("dunes ", ["Dunes"])


@given(st.text(min_size=1, max_size=LONGEST_NAME).map(tidy).filter(bool))
def test_a_name_that_is_kept_stays_as_it_is(name: str) -> None:
    assert site_name(name) == name


def test_a_site_cannot_be_a_plot_of_itself():
    with pytest.raises(InvalidSite, match="Heath cannot be a plot of itself"):
        site_from("Heath", "", "", None, by="lea", at=datetime(2026, 6, 1, tzinfo=UTC), parent=" heath")
