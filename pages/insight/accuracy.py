"""Accuracy: how the machine's counts agree with those of people, and the blind recounts that show it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

import pandas as pd
import streamlit as st

from core.charts.agreement import bland_altman
from core.errors import BloomError
from core.formatting import noted_at, photos
from core.language import tr, vernacular
from core.recognition.package import ModelPackage
from core.recognition.taxa import taxa_of, taxon_named
from core.review.agreement import Agreement, By, Pair, by_part, compare, differences, names_agree, names_in_words
from core.review.proposal import FITTED, go_back, propose, take_over
from core.review.samples import Sample, draw_sample, left_to, recounts, samples
from core.store.selection import Selection
from core.survey.filter_words import describe, site_words, taxa_by_name
from pages.parts.chart import show_chart
from pages.parts.filter_bar import filter_bar
from pages.parts.results import RECOUNT_PAGE, empty_page
from web.markdown import plain
from web.process import bloomcount, model_problem, package
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


def machine_columns() -> tuple[str, str, str]:
    """Titles of the last columns where a machine is compared with people."""
    return tr("In the interval"), tr("Machine alone saw some"), tr("Person alone saw some")


def figure_cells(one: Agreement, last: tuple[str, str, str]) -> dict[str, str]:
    """The figures of a part in words, a column each. last: titles of the last three."""
    low, high = one.within_one.interval
    confusion = one.confusion
    return {
        tr("Photos"): str(one.pairs),
        tr("Bias"): "" if one.bias is None else f"{one.bias:+.2f}",
        tr("Mean error"): "" if one.error is None else f"{one.error:.2f}",
        tr("Within ±1"): f"{percent(one.within_one.some, one.pairs)} ({low:.0%}-{high:.0%})",
        tr("Concordance"): "" if one.concordance is None else f"{one.concordance:.2f}",
        last[0]: percent(one.covered.some, one.pairs),
        last[1]: str(confusion.first_alone),
        last[2]: str(confusion.person_alone),
    }


def percent(some: int, of: int) -> str:
    """So many of so many as a percentage."""
    return f"{some / of:.0%}" if of else ""


def show_figures(
    title: str, about: str, pairs: Sequence[Pair], by: By, *, evidence: bool, last: tuple[str, str, str] | None = None
) -> None:
    """A table of the figures, and how many photos are still needed where there are too few.

    last: titles of the last columns; of a machine's where None.
    """
    st.subheader(title)
    st.caption(about)
    parts = by_part(pairs, by)
    if not parts:
        st.markdown(tr("None yet."))
        return
    rows = [
        {tr("Part"): part_words(part, by), **figure_cells(one, last or machine_columns())}
        for part, one in parts.items()
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True)
    if (names := names_agree(pairs)).of:
        st.markdown(names_in_words(names))
    missing = max(one.missing for one in parts.values())
    if evidence and missing:
        st.info(tr("Too few for firm figures: up to {photos} more in the smallest part.", photos=photos(missing)))


def show_differences(pairs: Sequence[Pair]) -> None:
    """The chart of Bland and Altman, where two photos or more were counted by both."""
    all_of_them = by_part(pairs, "all").get("")
    if all_of_them is None or all_of_them.bias is None or all_of_them.limits is None:
        return
    table, limits = differences(pairs), all_of_them.limits
    show_chart(
        partial(bland_altman, table, all_of_them.bias, limits, note=tr("Blind recounts alone.")),
        table,
        name="agreement",
        alt=tr(
            "The machine less people, on average: {bias} flowers a photo; 95 % of the differences lie between {low} "
            "and {high}.",
            bias=f"{all_of_them.bias:+.1f}",
            low=f"{limits[0]:+.1f}",
            high=f"{limits[1]:+.1f}",
        ),
    )


def show_numbers() -> None:
    """The threshold and the recall in force, what the blind recounts propose, and the buttons of a lead."""
    in_use, bloom = package(), bloomcount()
    fitted = FITTED in in_use.version
    st.subheader(tr("Threshold and recall"))
    st.markdown(
        tr(
            "In force: threshold {threshold}, recall {recall} ({model}). Every count, chart and export says the model "
            "and its version.",
            threshold=f"{in_use.default_threshold:.2f}",
            recall=f"{in_use.recall:.2f}",
            model=plain(f"{in_use.name} {in_use.version}"),
        )
    )
    proposal = propose(library, in_use)
    if proposal.missing:
        st.info(
            tr(
                "{photos} more that this model counted must be recounted blind before others are proposed.",
                photos=photos(proposal.missing),
            )
        )
    elif (proposal.threshold, proposal.recall) == (in_use.default_threshold, in_use.recall):
        st.markdown(tr("{photos} recounted blind propose no others.", photos=photos(proposal.photos)))
    else:
        st.markdown(
            tr(
                "{photos} recounted blind propose threshold {threshold} and recall {recall}.",
                photos=photos(proposal.photos),
                threshold=f"{proposal.threshold:.2f}",
                recall=f"{proposal.recall:.2f}",
            )
        )
        if person.may("lead") and st.button(tr("Count with these numbers"), icon=":material/tune:", key="take_over"):
            fit(lambda: take_over(bloom.models, bloom.recount, proposal, by=person))
    if (
        fitted
        and person.may("lead")
        and st.button(tr("Undo: numbers as before"), icon=":material/undo:", key="go_back")
    ):
        fit(lambda: go_back(bloom.models, bloom.recount, by=person))


def fit(change: Callable[[], ModelPackage]) -> None:
    """Take other numbers into use, or say why the ones in force stay."""
    try:
        with st.spinner(tr("Checking the files and running each network once …")):
            used = change()
    except BloomError as problem:
        st.error(plain(str(problem)))
        return
    st.session_state.fitted = tr(
        "{model} is now in use. Stored photos are being counted again.", model=plain(f"{used.name} {used.version}")
    )
    st.rerun()


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
if done := st.session_state.pop("fitted", ""):
    st.success(done)
if not compared.machine:
    empty_page(tr("Nobody has counted a photo of this selection yet. Review some, or recount a sample blind."))
show_figures(
    tr("Machine against people who counted blind"),
    tr("Evidence: they did not see the machine's count. Bias is the machine less the person, in flowers a photo."),
    compared.blind,
    by,
    evidence=True,
)
show_differences(compared.blind)
show_figures(
    tr("Person against person, both blind"),
    tr("No machine can be expected to agree with people more than they do with each other."),
    compared.people,
    by,
    evidence=True,
    last=(tr("Same number"), tr("First alone saw some"), tr("Second alone saw some")),
)
show_figures(
    tr("Machine against people who saw its count"),
    tr("No evidence: who sees a count tends to accept it."),
    compared.seen,
    by,
    evidence=False,
)
if not model_problem():
    show_numbers()
st.subheader(tr("Blind recounts"))
draw_form(which)
for sample in samples(library)[:MOST_SAMPLES]:
    show_sample(sample)
