"""Counted photos on a page: the confidence slider, the CSV, the totals and the gallery."""

from __future__ import annotations

import math

import streamlit as st

from core.charts.colours import taxon_colours
from core.exports.csv import csv_text, observation_rows
from core.recognition.package import ModelPackage, PackageOf
from core.store.records import PhotoResult
from core.survey.summary import CountedPhoto, Summary
from pages.parts.app import model_problem
from pages.parts.photo import count_lines, large_photo, photo_card, totals_table
from pages.parts.words import count_with_doubt, day_and_time, number, plain, plural

PHOTOS_A_PAGE = 24
COLUMNS = 4


def empty_page(words: str) -> None:
    """What would be here, and the way to it."""
    with st.container(border=True):
        st.markdown(words)


def say_model_problem() -> bool:
    """Whether no model can be used, after saying why and what happens to photos."""
    problem = model_problem()
    if problem:
        st.error(
            f"No flowers can be counted now. {plain(problem)} Photos that you drop are kept, and counted once an "
            "administrator has chosen a model that works, on the page Models."
        )
    return bool(problem)


def threshold_slider(package: ModelPackage) -> float:
    """How sure the recogniser must be of a flower for it to be counted."""
    return st.slider(
        "Count flowers surer than",
        min_value=0.05,
        max_value=0.95,
        value=round(package.default_threshold, 2),
        step=0.01,
        key="threshold",
        help="Lower finds more flowers and more mistakes. Moving it recounts at once.",
    )


def download_csv(results: list[PhotoResult], package_of: PackageOf, *, threshold: float, file: str) -> None:
    """The button that saves the counts as they are shown, a row a photo and taxon."""

    def text() -> str:
        return csv_text(observation_rows(results, package_of=package_of, threshold=threshold))

    st.download_button(
        "Download CSV", text, file, "text/csv", on_click="ignore", icon=":material/download:", disabled=not results
    )


def show_totals(summary: Summary) -> None:
    """How many flowers of which taxon, and what could not be read."""
    total = summary.totals.total
    flowers = count_with_doubt(total.count, total.low, total.high)
    line = [f"**{flowers} {'flower' if total.count == 1 else 'flowers'}** in {plural(summary.with_flowers, 'photo')}"]
    if summary.without_flowers:
        line.append(f"{number(summary.without_flowers)} without flowers")
    if summary.problems:
        line.append(f"{number(len(summary.problems))} could not be read")
    with st.container(border=True):
        st.markdown(" · ".join(line))
        if summary.lower_bound:
            st.caption("Some photos are flagged: their counts, and so these totals, are lower bounds.")
        if summary.totals.taxa:
            st.html(totals_table(summary, _colours(summary)))
        if summary.problems:
            with st.expander(f"{plural(len(summary.problems), 'photo')} could not be read: see why"):
                for result in summary.problems:
                    st.text(result.photo.problem)


def show_gallery(summary: Summary, *, key: str) -> None:
    """The photos with their boxes, a page at a time."""
    pages = math.ceil(len(summary.photos) / PHOTOS_A_PAGE)
    page = min(st.session_state.get(f"{key}_page", 1), max(1, pages))
    show_cards(summary.photos[(page - 1) * PHOTOS_A_PAGE : page * PHOTOS_A_PAGE], summary, key=key)
    if pages > 1:
        st.pagination(pages, key=f"{key}_page")


def show_cards(photos: tuple[CountedPhoto, ...], summary: Summary, *, key: str) -> None:
    """One row of cards after the other."""
    colours = _colours(summary)
    for start in range(0, len(photos), COLUMNS):
        for column, photo in zip(st.columns(COLUMNS), photos[start : start + COLUMNS], strict=False):
            with column:
                st.html(photo_card(photo, colours))
                if photo.count is not None and st.button(
                    "Look closer",
                    key=f"{key}_{photo.result.photo.photo_id}",
                    type="tertiary",
                    icon=":material/zoom_in:",
                ):
                    _look_closer(photo, colours)


@st.dialog("One photo", width="large")
def _look_closer(photo: CountedPhoto, colours: dict[str, str]) -> None:
    record, analysis = photo.result.photo, photo.result.analysis
    st.markdown(f"**{plain(record.file)}**")
    st.html(large_photo(photo, colours))
    st.html(f'<div class="bloom">{count_lines(photo, colours)}</div>')
    facts = [f"{record.width} × {record.height} pixels"]
    if record.taken_at:
        facts.append(f"taken {record.taken_at.replace('T', ' ')}")
    if record.latitude is not None and record.longitude is not None:
        facts.append(f"{record.latitude:.4f}, {record.longitude:.4f}")
    if record.site:
        facts.append(plain(record.site))
    if record.note:
        facts.append(plain(record.note))
    facts.append(f"uploaded by {record.uploaded_by}, {day_and_time(record.uploaded_at)}")
    if analysis is not None:
        facts.append(f"{analysis.model} {analysis.model_version}, counted in {analysis.seconds:.1f} s")
    st.caption(" · ".join(facts))


def _colours(summary: Summary) -> dict[str, str]:
    return taxon_colours(taxon.taxon for taxon in summary.totals.taxa)
