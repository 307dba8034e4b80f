"""Photos: all stored photos, a page at a time, as pictures or as a table; the address holds what is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import get_args
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from core.charts.colours import colours_of
from core.formatting import count_with_doubt, photos, taken_when
from core.intake.corrections import Changed, Correction, Which, correct_many
from core.language import tr, vernacular
from core.recognition.intervals import Count
from core.recognition.taxa import Taxon, taxa_of
from core.store.gallery import GalleryPhoto, Order
from core.store.records import PhotoRecord
from core.store.selection import EVERYTHING
from core.survey.counted_photos import CountedPhoto, count_photos
from core.survey.drop_words import hidden_words
from pages.parts.changes import Make, change_photos, dismiss_unread, say_changed
from pages.parts.filter_bar import filter_bar
from pages.parts.ranges import ranges_by_shift
from pages.parts.results import PHOTOS_A_PAGE, Query, empty_page, say_model_problem, show_cards
from web.markdown import plain
from web.process import bloomcount, package
from web.session import require

person = require("researcher")

bloom = bloomcount()
state = st.session_state


def from_address(word: str, values: tuple[str, ...]) -> None:
    """Set a field's first value: that of the address, else the first."""
    if state.get(word) not in values:
        asked = st.query_params.get(word, "")
        state[word] = asked if asked in values else values[0]


def to_address(word: str, usual: str) -> None:
    """Keep in the address what was chosen in a field."""
    chosen = str(state[word])
    if chosen != st.query_params.get(word, usual):
        st.query_params[word] = chosen


def choose_order() -> Order:
    """Choose the order of the photos."""
    words: dict[Order, str] = {
        "newest": tr("Newest upload first"),
        "oldest": tr("Oldest upload first"),
        "taken": tr("Last taken first"),
        "doubt": tr("Most doubtful first"),
        "most": tr("Most flowers first"),
        "file": tr("By file name"),
    }
    from_address("sort", get_args(Order))
    chosen: Order = st.selectbox(
        tr("Order"),
        get_args(Order),
        format_func=lambda order: words[order],
        key="sort",
        help=tr(
            "A count is more doubtful if its interval is wide, its names are uncertain, its flowers are "
            "unknown or its photo is flagged."
        ),
    )
    to_address("sort", get_args(Order)[0])
    return chosen


def choose_view() -> str:
    """Choose between cards and a table."""
    words = {"cards": tr("Pictures"), "table": tr("Table")}
    from_address("view", tuple(words))
    chosen = st.segmented_control(
        tr("View"),
        list(words),
        format_func=lambda view: words[view],
        key="view",
        required=True,
    )
    to_address("view", "cards")
    return str(chosen)


def choose_page(pages: int) -> None:
    """Show the buttons to the other pages of the gallery."""
    if pages > 1:
        st.pagination(pages, key="photos_page")
        to_address("photos_page", "1")


def page_asked_for(about: object) -> int:
    """The page (the first is 1) that the address or a click asks for; the first when it is about something else."""
    if "photos_page" in state and state.get("photos_about") != about:
        state.photos_page = 1
        st.query_params.pop("photos_page", None)
    if state.get("photos_about") != about:
        untick()
    state.photos_about = about
    if "photos_page" not in state:
        asked = st.query_params.get("photos_page", "")
        state.photos_page = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 8 else 1
    return max(1, int(state.photos_page))


def untick() -> None:
    """Take all ticks away, by giving boxes and rows new keys."""
    state.ticks, state.ticked = state.get("ticks", 0) + 1, {}


def tick_key(photo_id: str) -> str:
    """The key of the box of a photo."""
    return f"tick-{state.ticks}-{photo_id}"


def tick(photo: PhotoRecord) -> None:
    """The box below a card; and of a hidden photo who hid it, when and why."""
    st.checkbox(tr("Choose"), value=state.ticked.get(photo.photo_id, False), key=tick_key(photo.photo_id))
    if photo.hidden_at:
        st.caption(plain(hidden_words(photo)))


def read_ticks(shown: Sequence[str]) -> None:
    """Remember the ticks of this page while others are looked at."""
    for photo_id in shown:
        if tick_key(photo_id) in state:
            state.ticked[photo_id] = state[tick_key(photo_id)]


def table_key() -> str:
    """The key of the table that is shown, anew with each page so that no tick moves to another photo."""
    return f"table-{state.ticks}-{state.photos_page}"


def change_chosen(shown: Sequence[str], total: int) -> None:
    """Choose the photos to change, and change them. shown: those of this page."""
    rows = state[table_key()].selection.rows if view == "table" and table_key() in state else []
    read_ticks(shown)
    ticked = [photo_id for photo_id, chosen in state.ticked.items() if chosen]
    chosen = [shown[row] for row in rows] if view == "table" else ticked
    with st.container(border=True, key="chosen"):
        every = st.checkbox(
            tr("All {photos} of this filter", photos=photos(total)),
            key=f"every-{state.ticks}",
            help=tr("Or choose single photos below; with shift all between two."),
        )
        number = total if every else len(chosen)
        if not number:
            return
        st.markdown(tr("**{photos}** chosen", photos=photos(number)))
        these = which if every else chosen
        change_photos(these, number, person, key=f"chosen-{state.ticks}", make=make_of(these), hidden=which.hidden)


def make_of(these: Which) -> Make:
    """The function that makes a change of these photos."""

    def make(correction: Correction) -> Changed:
        changed = correct_many(bloom.library, these, correction, by=person)
        untick()
        return changed

    return make


def show_table(gallery_photos: Sequence[GalleryPhoto], counted: Sequence[CountedPhoto], query: Query) -> None:
    """Show a table with one row per photo, and the flowers found in it; rows can be ticked."""
    names = taxa_of(package().names)
    st.dataframe(
        pd.DataFrame([row(one, photo, names, query) for one, photo in zip(gallery_photos, counted, strict=True)]),
        column_config={
            tr("Picture"): st.column_config.ImageColumn(width="small"),
            tr("Photo"): st.column_config.LinkColumn(display_text=tr("Open")),
            tr("Doubt"): st.column_config.NumberColumn(
                format="%.2f", help=tr("Flowers in doubt for each one counted.")
            ),
        },
        hide_index=True,
        placeholder="",
        row_height=56,
        height="content",
        alt=tr("The photos of this page with their counts, one row per photo."),
        key=table_key(),
        on_select="rerun",
        selection_mode="multi-row",
    )


def row(one: GalleryPhoto, counted: CountedPhoto, names: Mapping[str, Taxon], query: Query) -> dict[str, object]:
    """The cells of a photo."""
    photo, totals = one.result.photo, one.totals
    taxa = [vernacular(names[taxon]) if taxon in names else taxon for taxon in totals.taxa] if totals else []
    return {
        tr("Picture"): None if photo.problem else f"/thumbs/{photo.photo_id}.webp",
        tr("Photo"): f"/photo?{urlencode({'id': photo.photo_id, **query}, doseq=True)}",
        tr("File"): photo.file,
        tr("Flowers"): figure(one, counted),
        tr("Taxa"): ", ".join(taxa),
        tr("Doubt"): totals.doubt if totals else None,
        tr("Site"): photo.site,
        tr("Taken"): taken_when(photo.taken_at) if photo.taken_at else "",
        tr("Uploaded by"): photo.uploaded_by,
        **({tr("Hidden"): hidden_words(photo)} if photo.hidden_at else {}),
    }


def figure(one: GalleryPhoto, counted: CountedPhoto) -> str:
    """The photo's number of flowers, as on its own page; where the filter asks for some flowers, only of those."""
    if one.totals is None or counted.count is None:
        return tr("could not be read") if one.result.photo.problem else tr("waits to be counted")
    total = counted.count.total
    if which.of_some_flowers:
        total = Count(one.totals.count, one.totals.count_low, one.totals.count_high, total.lower_bound)
    return count_with_doubt(total)


st.title(tr("Photos"))
say_changed(person)
if "ticks" not in state:
    untick()
which = filter_bar(of_photos=True)
with st.container(horizontal=True, vertical_alignment="bottom"):
    order, view = choose_order(), choose_view()
page = page_asked_for((which, order)) - 1
gallery_page = bloom.library.gallery(which, order=order, page=page, per_page=PHOTOS_A_PAGE)
state.photos_page = gallery_page.page + 1

if gallery_page.total == 0 and which == EVERYTHING:
    empty_page(tr("No photos yet. Photos that you drop on *Count flowers* are saved and shown here."))
elif gallery_page.total == 0:
    empty_page(tr("No photos match these filters. Widen or clear them."))
elif not say_model_problem():
    st.caption(photos(gallery_page.total))
    query: Query = {**which.to_query(), "sort": [str(order)]}
    results = [one.result for one in gallery_page.photos]
    counted = count_photos(results, package_of=bloom.models.package_of, threshold=None)
    if which.attention == "failed" and not which.hidden:
        dismiss_unread(which, person)
    change_chosen([result.photo.photo_id for result in results], gallery_page.total)
    if view == "table":
        show_table(gallery_page.photos, counted.photos, query)
    else:
        show_cards(counted.photos, colours_of(counted), query=query, below=tick)
        ranges_by_shift("tick-")
    choose_page(-(-gallery_page.total // PHOTOS_A_PAGE))
