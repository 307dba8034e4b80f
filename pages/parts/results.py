"""Counted photos on a page: the confidence slider, the downloads, the totals and the gallery."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import streamlit as st

from core.charts.colours import colours_of
from core.exports.columns import COLUMNS as CSV_COLUMNS
from core.exports.csv import observation_rows
from core.formatting import count_with_interval, duration, not_calibrated_words, number, photos
from core.language import tr
from core.recognition.package import ModelPackage, PackageOf
from core.store.records import PhotoRecord, PhotoResult
from core.survey.counted_photos import CountedPhoto, CountedPhotos
from pages.parts.downloads import download_rows
from pages.parts.photo import card_picture, count_lines, totals_table
from web.markdown import plain
from web.process import bloomcount, model_problem

PHOTOS_A_PAGE = 24
PHOTOS_PAGE, PHOTO_PAGE, REVIEW_PAGE, RECOUNT_PAGE = (
    Path(__file__).parent.parent / "field" / file for file in ("photos.py", "photo.py", "review.py", "recount.py")
)
Query = Mapping[str, list[str]]


def empty_page(words: str) -> None:
    """Show these words on what would be here, and the way to it."""
    with st.container(border=True):
        st.markdown(words)


def say_model_problem() -> bool:
    """If no model can be used, say why and what happens to photos, and return True."""
    problem = model_problem()
    if problem:
        st.error(
            tr(
                "No flowers can be counted now. {why} Photos that you drop are kept, and counted once an administrator "
                "has chosen a model that works, on the page Models.",
                why=plain(problem),
            )
        )
    return bool(problem)


def threshold_slider(package: ModelPackage) -> float:
    """Choose how sure the recogniser must be of a flower for it to be counted."""
    return st.slider(
        tr("Minimum confidence"),
        min_value=0.05,
        max_value=0.95,
        value=round(package.default_threshold, 2),
        step=0.01,
        key="threshold",
        help=tr("A lower value finds more flowers and more mistakes. Counts change at once."),
    )


def download_counts(results: list[PhotoResult], package_of: PackageOf, *, threshold: float, name: str) -> None:
    """The buttons that save the counts as they are shown, a row a photo and taxon."""
    library = bloomcount().library
    rows = partial(observation_rows, results, package_of=package_of, threshold=threshold)
    made = lambda: rows(sites=library.described_sites(), fieldwork=library.fieldwork())  # noqa: E731
    download_rows(made, tuple(CSV_COLUMNS), name, key="counts", disabled=not results)


def show_counted(done: int, total: int, seconds_left: float | None, *, arriving: bool = False) -> None:
    """Show the progress of a long count, and about how long the rest takes where that is known.

    arriving: photos are still in the browser, and would be lost with the page.
    """
    parts = [tr("{done} of {total} counted", done=number(done), total=number(total))]
    if seconds_left is not None:
        parts.append(tr("about {time} left", time=duration(seconds_left)))
    parts.append(tr("keep this page open until all photos are sent") if arriving else tr("you may close this page"))
    st.progress(done / max(1, total), " · ".join(parts))


def show_totals(counted: CountedPhotos) -> None:
    """Show the number of flowers of each taxon, and the files that could not be read."""
    total = counted.totals.total
    flowers = count_with_interval(total)
    where = photos(counted.with_flowers)
    line = [
        tr("**{figure} flower** in {photos}", figure=flowers, photos=where)
        if total.count == 1
        else tr("**{figure} flowers** in {photos}", figure=flowers, photos=where)
    ]
    if counted.without_flowers:
        line.append(tr("{number} without flowers", number=number(counted.without_flowers)))
    if counted.problems:
        line.append(tr("{number} could not be read", number=number(len(counted.problems))))
    with st.container(border=True):
        st.markdown(" · ".join(line))
        if counted.totals.total.lower_bound:
            st.caption(tr("Minimum: some photos are too crowded or blurred to count fully."))
        if counted.not_calibrated:
            st.caption(not_calibrated_words(counted.not_calibrated))
        if counted.totals.taxa:
            st.html(totals_table(counted.totals, colours_of(counted)))
        if counted.problems:
            with st.expander(tr("{photos} could not be read: see why", photos=photos(len(counted.problems)))):
                for result in counted.problems:
                    st.text(result.photo.problem)


def show_gallery(counted: CountedPhotos, *, key: str, query: Query) -> None:
    """The photos with their boxes, a page at a time. query: the selection that they are of, for their links."""
    pages = math.ceil(len(counted.photos) / PHOTOS_A_PAGE)
    page = min(st.session_state.get(f"{key}_page", 1), max(1, pages))
    show_cards(counted.photos[(page - 1) * PHOTOS_A_PAGE : page * PHOTOS_A_PAGE], colours_of(counted), query=query)
    if pages > 1:
        st.pagination(pages, key=f"{key}_page")


def show_cards(
    photos: Sequence[CountedPhoto],
    colours: Mapping[str, str],
    *,
    query: Query,
    below: Callable[[PhotoRecord], None] = lambda _: None,
) -> None:
    """Cards, four beside each other (bloom.css); each leads to its photo, whose neighbours are those of the query.

    below: draws what else belongs to a card.
    """
    with st.container(key="cards"):
        for photo in photos:
            record = photo.result.photo
            with st.container(key=f"card-{record.photo_id}", gap="xsmall"):
                st.html(card_picture(photo, colours))
                st.page_link(PHOTO_PAGE, label=plain(record.file), query_params={"id": [record.photo_id], **query})
                st.html(count_lines(photo, colours))
                below(record)
