"""Tables and figures of the store that several people look at: made once an edition, and kept.

Nobody may change what is returned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import Any, get_args

import pandas as pd
import streamlit as st

from core.recognition.taxa import Label
from core.store.selection import EVERYTHING, Attention, Selection
from core.survey.observed import CHARTED, observed
from core.survey.repeats import Repeats, visits
from web.process import bloomcount, edition, model_problem, package

MOST_TABLES, MOST_FIGURES = 4, 100


def labels() -> tuple[Label, ...]:
    """The taxa of the model in use; none while no model can be used: taxa are then called as they are stored."""
    return () if model_problem() else package().labels


def observations_of(which: Selection, now: str | None = None) -> pd.DataFrame:
    """The observations of these photos with CHARTED. now: the edition that they are of, else the newest."""
    return _observations(which, now or edition())


def visits_of(which: Selection, repeats: Repeats, now: str | None = None) -> pd.DataFrame:
    """The visits of these photos. now: the edition that they are of, else the newest."""
    return _visits(which, repeats, now or edition())


def photos_that_ask(which: Selection) -> dict[Attention, int]:
    """How many photos of the selection need a person's look, by why."""
    return _photos_that_ask(which, edition())


@st.cache_resource(max_entries=MOST_TABLES, show_spinner=False)
def _observations(which: Selection, edition: str) -> pd.DataFrame:
    return observed(bloomcount().library, labels(), which, CHARTED)


@st.cache_resource(max_entries=MOST_TABLES, show_spinner=False)
def _visits(which: Selection, repeats: Repeats, edition: str) -> pd.DataFrame:
    return visits(_observations(which, edition), repeats)


@st.cache_data(max_entries=MOST_FIGURES, show_spinner=False)
def what_stands(which: Selection, repeats: Repeats, edition: str) -> tuple[int, int, int]:
    """Photos reviewed, photos in all, and those of which nobody knows whether they repeat others."""
    photos = _observations(which, edition).drop_duplicates("photo")["reviewed"]
    alone = _visits(which, repeats, edition).drop_duplicates("visit")["alone"]
    return int(photos.sum()), len(photos), int(alone.sum())


@st.cache_data(max_entries=MOST_FIGURES, show_spinner=False)
def _photos_that_ask(which: Selection, edition: str) -> dict[Attention, int]:
    library = bloomcount().library
    return {kind: library.number_of_photos(replace(which, attention=kind)) for kind in get_args(Attention)}


@st.cache_data(max_entries=MOST_FIGURES, show_spinner=False)
def worked_out(key: object, given: Any, _work: Callable[..., Any], _visits: pd.DataFrame) -> Any:
    """The figures that `_work` makes of the visits, made once a key and arguments."""
    return _work(_visits, *given)


def open_ahead() -> None:
    """Add up what most people look at first, before they do: everything. Raises StoreError."""
    now = edition()
    what_stands(EVERYTHING, Repeats(), now)
    _photos_that_ask(EVERYTHING, now)
    import_module("skbio.diversity")  # one or two seconds, for which the first on *Diversity* would wait
