"""Tables and figures of the store that several people look at: made once an edition, and kept.

Nobody may change what is returned.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core.intake.recount import RecountProgress
from core.language import current_language, tr
from core.recognition.taxa import Names
from core.review.agreement import Pair, compare
from core.review.names import names_at
from core.store.glance import Glance
from core.store.records import Site
from core.store.selection import EVERYTHING, Selection
from core.survey.drop_words import drop_name
from core.survey.observed import CHARTED, not_calibrated, observed
from core.survey.repeats import Repeats, visits
from web.process import bloomcount, model_problem, package

FRESH_S = 30
MOST_TABLES, MOST_FIGURES, MOST_DROPS = 4, 100, 100

IN_WORDS: dict[str | type[Any], Callable[[Any], Any]] = dict.fromkeys((Selection, Repeats, Site), repr)
"""Arguments that are told apart by their words: Streamlit would take every field of them apart, each time."""


@st.cache_data(ttl=FRESH_S, show_spinner=False)
def edition() -> str:
    """A key that changes with the store and the model in use, half a minute late at most.

    What was made for one stays true. Made of few words: Streamlit takes a tenth of a second to tell two models' labels
    apart.
    """
    model = "" if model_problem() else f"{package().name} {package().version}"
    return f"{model} {bloomcount().library.edition()}"


def labels() -> Names:
    """Names beside the flora: of the model in use and of people of the store; none while no model can be used."""
    return () if model_problem() else package().names


def choices() -> tuple[list[str], list[str], list[str]]:
    """Sites, people and taxa that a filter can ask for."""
    return _choices(edition())


def drops(chosen: str | None) -> dict[str, str]:
    """The newest drops in words by their ids, for a filter; and the one that is chosen."""
    newest = _newest_drops(edition(), current_language())
    return {**({chosen: tr("one drop")} if chosen and chosen not in newest else {}), **newest}


def observations_of(which: Selection, now: str | None = None) -> pd.DataFrame:
    """The observations of these photos with CHARTED. now: the edition that they are of, else the newest."""
    return _observations(which, now or edition())


def visits_of(which: Selection, repeats: Repeats, now: str | None = None) -> pd.DataFrame:
    """The visits of these photos. now: the edition that they are of, else the newest."""
    return _visits(which, repeats, now or edition())


def glance(which: Selection) -> Glance:
    """The photos of a selection that need a person's look, by number, and those that are worth seeing."""
    return _glance(which, edition())


def pairs_with_people(which: Selection) -> tuple[Pair, ...]:
    """The counts of machine and people in the photos of a selection that people reviewed."""
    return _pairs_with_people(which, edition())


def has_photos() -> bool:
    """True once the store has a photo that is not hidden; the first is seen at once."""
    return _has_photos(edition()) or bloomcount().library.number_of_photos() > 0


def described_sites() -> dict[str, Site]:
    """The newest description of each site, by its name."""
    return _described_sites(edition())


def photos_to_review() -> int:
    """The number of photos that wait on the page Review."""
    return _photos_to_review(edition())


def recounting() -> RecountProgress:
    """Progress of counting stored photos again with the model in use. Raises InvalidModel where none can be used."""
    return counted_again(package().name, package().version, edition())


def names_waiting(which: Selection) -> dict[str, int]:
    """The flowers of a selection of which no person said what they are, by taxon, the most first."""
    return _names_waiting(which, edition())


def taxa_of_site(site: str) -> list[str]:
    """The taxa that were found at a site, those in most photos first."""
    return _taxa_of_site(site, edition())


def figure(draw: partial[go.Figure]) -> go.Figure:
    """The figure that `draw` makes, made once for all who ask for the same one in the same language."""
    return _figure(
        f"{draw.func.__module__}.{draw.func.__qualname__}", draw.args, draw.keywords, current_language(), _draw=draw
    )


@st.cache_data(max_entries=1, show_spinner=False)
def _choices(edition: str) -> tuple[list[str], list[str], list[str]]:
    library = bloomcount().library
    return library.sites(), library.people(), library.taxa()


@st.cache_data(max_entries=2, show_spinner=False)
def _newest_drops(edition: str, language: str) -> dict[str, str]:
    newest = bloomcount().library.drops(None, most=MOST_DROPS)
    return {drop.drop_id: drop_name(drop) for drop in newest}


@st.cache_resource(max_entries=MOST_TABLES, show_spinner=False, hash_funcs=IN_WORDS)
def _observations(which: Selection, edition: str) -> pd.DataFrame:
    return observed(bloomcount().library, labels(), which, CHARTED)


@st.cache_resource(max_entries=MOST_TABLES, show_spinner=False, hash_funcs=IN_WORDS)
def _visits(which: Selection, repeats: Repeats, edition: str) -> pd.DataFrame:
    return visits(_observations(which, edition), repeats)


@st.cache_data(max_entries=MOST_FIGURES, show_spinner=False, hash_funcs=IN_WORDS)
def what_stands(which: Selection, repeats: Repeats, edition: str) -> tuple[int, int, int, int]:
    """Photos reviewed, photos in all, those of which nobody knows whether they repeat others, and those that a model
    counted which nobody calibrated."""
    rows, seen = _observations(which, edition), _visits(which, repeats, edition)
    photos = rows.loc[~rows["photo"].duplicated(), ["reviewed", "model"]]
    alone = seen.loc[~seen["visit"].duplicated(), "alone"]
    return int(photos["reviewed"].sum()), len(photos), int(alone.sum()), int(not_calibrated(photos).sum())


@st.cache_data(max_entries=MOST_FIGURES, show_spinner=False, hash_funcs=IN_WORDS)
def _glance(which: Selection, edition: str) -> Glance:
    return bloomcount().library.glance(which)


@st.cache_resource(max_entries=MOST_TABLES, show_spinner=False, hash_funcs=IN_WORDS)
def _pairs_with_people(which: Selection, edition: str) -> tuple[Pair, ...]:
    return compare(bloomcount().library, which).machine


@st.cache_data(max_entries=1, show_spinner=False)
def _has_photos(edition: str) -> bool:
    return bloomcount().library.number_of_photos() > 0


@st.cache_data(max_entries=1, show_spinner=False)
def _described_sites(edition: str) -> dict[str, Site]:
    return bloomcount().library.described_sites()


@st.cache_data(max_entries=1, show_spinner=False)
def _photos_to_review(edition: str) -> int:
    return bloomcount().library.number_of_photos(Selection(attention="doubtful"))


@st.cache_data(max_entries=1, show_spinner=False)
def counted_again(model: str, model_version: str, edition: str) -> RecountProgress:
    """Progress of counting again with a model, as it was at an edition: clear it where that is started or stopped."""
    return bloomcount().recount.progress(model, model_version)


@st.cache_data(max_entries=MOST_FIGURES, show_spinner=False, hash_funcs=IN_WORDS)
def _names_waiting(which: Selection, edition: str) -> dict[str, int]:
    return bloomcount().library.names_waiting(which)


@st.cache_data(max_entries=MOST_FIGURES, show_spinner=False)
def _taxa_of_site(site: str, edition: str) -> list[str]:
    return names_at(bloomcount().library, site)


@st.cache_data(max_entries=MOST_FIGURES, show_spinner=False, hash_funcs=IN_WORDS)
def cached_figures(name: str, arguments: tuple[Any, ...], _work: Callable[[], Any]) -> Any:
    """The result of `_work`, made once a name and arguments: they hold all that it depends on."""
    return _work()


@st.cache_resource(max_entries=MOST_FIGURES, show_spinner=False, hash_funcs=IN_WORDS)
def _figure(name: str, given: Any, named: Any, language: str, _draw: Callable[[], go.Figure]) -> go.Figure:
    figure = _draw()
    content = figure.to_dict()
    figure.to_dict = lambda: content  # Streamlit asks for it in each run of a page
    return figure


def open_ahead() -> None:
    """Make the tables that most people look at first, those of everything, in advance. Raises StoreError."""
    now = edition()
    what_stands(EVERYTHING, Repeats(), now)
    _glance(EVERYTHING, now)
    import_module("skbio.diversity")  # one or two seconds, for which the first on *Diversity* would wait
