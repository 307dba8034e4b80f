"""Accuracy: how the machine's counts agree with those of people, and the blind recounts that show it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pandas as pd
import streamlit as st

from core.errors import BloomError
from core.formatting import noted_at, photos
from core.language import tr, vernacular
from core.recognition.taxa import taxa_of, taxon_named
from core.review.agreement import Agreement, By, Pair, by_part, compare
from core.review.samples import Sample, draw_sample, left_to, recounts, samples
from core.store.selection import Selection
from core.survey.filter_words import describe, site_words, taxa_by_name
from pages.parts.filter_bar import filter_bar
from pages.parts.results import RECOUNT_PAGE, empty_page
from web.markdown import plain
from web.process import bloomcount
from web.session import require
from web.tables import labels

person = require("researcher")

MOST_PHOTOS, USUAL_PHOTOS = 1000, 50
MOST_SAMPLES = 10

library = bloomcount().library


def part_words(part: str, by: By) -> str:
    """The name of a part of the figures."""
    match by:
        case "taxon":
            taxon = taxon_named(part, taxa_of(labels()))
            return " · ".join(dict.fromkeys(filter(None, (taxon.scientific_name, vernacular(taxon)))))
        case "site":
            return site_words(part)
        case "stratum":
            return tr("{range} flowers counted", range=part)
    return tr("all photos")


def figure_cells(one: Agreement) -> dict[str, str]:
    """The figures of a part in words, a column each."""
    low, high = one.within_one.interval
    confusion = one.confusion
    return {
        tr("Photos"): str(one.pairs),
        tr("Bias"): "" if one.bias is None else f"{one.bias:+.2f}",
        tr("Mean error"): "" if one.error is None else f"{one.error:.2f}",
        tr("Within ±1"): f"{percent(one.within_one.some, one.pairs)} ({low:.0%}-{high:.0%})",
        tr("In the interval"): percent(one.covered.some, one.pairs),
        tr("Concordance"): "" if one.concordance is None else f"{one.concordance:.2f}",
        tr("Machine alone saw some"): str(confusion.first_alone),
        tr("Person alone saw some"): str(confusion.person_alone),
    }


def percent(some: int, of: int) -> str:
    """So many of so many as a percentage."""
    return f"{some / of:.0%}" if of else ""


def show_figures(title: str, about: str, pairs: Sequence[Pair], by: By, *, evidence: bool) -> None:
    """A table of the figures, and how many photos are still needed where there are too few."""
    st.subheader(title)
    st.caption(about)
    parts = by_part(pairs, by)
    if not parts:
        st.markdown(tr("None yet."))
        return
    rows = [{tr("Part"): part_words(part, by), **figure_cells(one)} for part, one in parts.items()]
    st.dataframe(pd.DataFrame(rows), hide_index=True)
    missing = max(one.missing for one in parts.values())
    if evidence and missing:
        st.info(tr("Too few for firm figures: up to {photos} more in the smallest part.", photos=photos(missing)))


def draw_form(which: Selection) -> None:
    """The form that draws a sample from the photos of the filter."""
    with st.form("draw", border=False):
        asked = st.number_input(tr("Photos to draw"), 1, MOST_PHOTOS, USUAL_PHOTOS, width=200)
        st.caption(tr("Drawn by chance from the photos of the filter: a season, sites, or a range of flowers."))
        if st.form_submit_button(tr("Draw a sample"), icon=":material/casino:"):
            try:
                draw_sample(library, which, int(asked), by=person)
            except BloomError as problem:
                st.error(plain(str(problem)))
            else:
                st.rerun()


def show_sample(sample: Sample) -> None:
    """A sample: who drew it from what, how far each person is, and the way to recount it."""
    said, mine = recounts(library, sample), left_to(library, sample, person)
    people = sorted({name for by in said.values() for name in by})
    done = ", ".join(f"{name} {sum(name in by for by in said.values())}" for name in people)
    which = Selection.from_query(sample.which)
    words = describe(which, taxa_by_name(which.taxa, labels())) or tr("all photos")
    with st.container(border=True):
        st.markdown(plain(f"{photos(len(sample.photo_ids))} · {words}"))
        when = noted_at(datetime.fromisoformat(sample.at))
        st.caption(
            tr("drawn by {person}, {when}, seed {seed}", person=plain(sample.by), when=when, seed=sample.seed)
            + (f" · {tr('recounted: {people}', people=plain(done))}" if done else "")
        )
        if mine:
            st.page_link(
                RECOUNT_PAGE,
                label=tr("Recount {photos} blind", photos=photos(len(mine))),
                icon=":material/visibility_off:",
                query_params={"sample": sample.sample_id},
            )
        else:
            st.markdown(tr("You have recounted all of them."))


st.title(tr("Accuracy"))
which = filter_bar()
tabs: dict[By, str] = {
    "all": tr("all photos"),
    "taxon": tr("taxon"),
    "site": tr("site"),
    "stratum": tr("flowers counted"),
}
by: By = st.segmented_control(tr("By"), list(tabs), format_func=tabs.__getitem__, default="all", required=True) or "all"
compared = compare(library, which)
if not compared.machine:
    empty_page(tr("Nobody has counted a photo of this selection yet. Review some, or recount a sample blind."))
show_figures(
    tr("Machine against people who counted blind"),
    tr("Evidence: they did not see the machine's count. Bias is the machine less the person, in flowers a photo."),
    compared.blind,
    by,
    evidence=True,
)
show_figures(
    tr("Person against person, both blind"),
    tr("No machine can be expected to agree with people more than they do with each other."),
    compared.people,
    by,
    evidence=True,
)
show_figures(
    tr("Machine against people who saw its count"),
    tr("No evidence: who sees a count tends to accept it."),
    compared.seen,
    by,
    evidence=False,
)
st.subheader(tr("Blind recounts"))
draw_form(which)
for sample in samples(library)[:MOST_SAMPLES]:
    show_sample(sample)
