"""A link with a selection opens the same selection, and a link with nonsense opens."""

from __future__ import annotations

from datetime import date
from typing import get_args
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.store.selection import EVERYTHING, Attention, Selection

WORDS = st.lists(st.text(max_size=12), max_size=3).map(tuple)
DAYS = st.none() | st.dates()
COUNTS = st.none() | st.integers(0, 999_999_999)
SELECTIONS = st.builds(
    Selection,
    sites=WORDS,
    people=WORDS,
    taxa=WORDS,
    taken_from=DAYS,
    taken_to=DAYS,
    uploaded_from=DAYS,
    uploaded_to=DAYS,
    min_confidence=st.integers(0, 100).map(lambda percent: percent / 100),
    reviewed_only=st.booleans(),
    drop_id=st.none() | st.text(max_size=12),
    count_from=COUNTS,
    count_to=COUNTS,
    attention=st.sampled_from([None, *get_args(Attention)]),
    text=st.text(max_size=12),
    hidden=st.booleans(),
)


@given(SELECTIONS)
def test_a_link_opens_the_selection_that_it_was_made_from(which: Selection) -> None:
    link = urlencode(which.to_query(), doseq=True)
    assert Selection.from_query(parse_qs(link, keep_blank_values=True)) == which


def test_everything_is_an_address_without_a_query() -> None:
    assert EVERYTHING.to_query() == {}


@pytest.mark.parametrize(
    ("query", "which"),
    [
        pytest.param({"taken-from": ["june"]}, EVERYTHING, id="not a day"),
        pytest.param({"surer-than": ["very"]}, EVERYTHING, id="not a number"),
        pytest.param({"surer-than": ["7"]}, EVERYTHING, id="not a share"),
        pytest.param({"surer-than": ["nan"]}, EVERYTHING, id="not any number"),
        pytest.param({"count-from": ["-1"], "count-to": ["many"]}, EVERYTHING, id="no number of flowers"),
        pytest.param({"count-from": ["\u0663"], "count-to": ["9" * 40]}, EVERYTHING, id="no number that a table holds"),
        pytest.param({"attention": ["' OR 1=1"]}, EVERYTHING, id="nothing that needs attention"),
        pytest.param({"reviewed": ["yes"], "colour": ["red"]}, EVERYTHING, id="words that mean nothing"),
        pytest.param(
            {"taken-to": ["2026-06-30"], "taken-from": ["?"]},
            Selection(taken_to=date(2026, 6, 30)),
            id="the rest stays",
        ),
    ],
)
def test_what_a_link_says_wrongly_is_left_out(query: dict[str, list[str]], which: Selection) -> None:
    assert Selection.from_query(query) == which
