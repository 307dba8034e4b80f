"""The filter of all survey pages, kept from page to page and in the address: a link opens the same selection."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import streamlit as st

from core.language import tr
from core.store.selection import EVERYTHING, QUERY_WORDS, Attention, Selection
from core.survey.filter_words import (
    attention_words,
    describe,
    known_part,
    one_name_each,
    site_words,
    taxa_by_name,
    with_every_name,
)
from web.address import Address
from web.markdown import plain
from web.tables import choices, drops, edition, labels

SITES, TAXA, PEOPLE, FROM, TO, SURER, REVIEWED, LEAST, MOST, ATTENTION = (
    f"filter_{name}"
    for name in ("sites", "taxa", "people", "from", "to", "surer", "reviewed", "least", "most", "attention")
)
UPLOADED_FROM, UPLOADED_TO, DROP, TEXT, HIDDEN = (
    f"filter_{name}" for name in ("uploaded_from", "uploaded_to", "drop", "text", "hidden")
)
LEFT_OUT = "filter_left_out"
"""State key: the selection last filled into the fields, and the sentence on words that found nothing."""
MOST_FLOWERS = 999_999_999
BY_LINK = "filter_by_link"
"""State key: the selection that a link opened on a page of photos, and the one that held on other pages before."""
FILTER = Address("filter", QUERY_WORDS, Selection.from_query, Selection.to_query, EVERYTHING)


def filter_bar(*, of_photos: bool = False) -> Selection:
    """The selection that the person chose here, or on another page before, or that the link they followed asks for.

    Only sites, people and taxa of the store can be asked for; a link's other words are left out, which is said.
    A filter follows on purpose: one that a person chose in the fields goes along to every page; one that a link opened
    on a page of photos stays there, and work that waits (`attention`) filters charts only where their address says so.
    of_photos: hidden photos can be asked for, which are in no chart and no export.
    """
    before = st.session_state.get(f"{FILTER.name}_kept", EVERYTHING)
    kept, is_news = FILTER.asked()
    kept = replace(kept, taxa=tuple(one_name_each(kept.taxa, labels())))
    if of_photos and is_news and FILTER.is_in_address() and kept != before:
        st.session_state[BY_LINK] = kept, before
    elif not of_photos:
        by_link, elsewhere = st.session_state.pop(BY_LINK, (None, EVERYTHING))
        if not FILTER.is_in_address():
            kept = replace(elsewhere if kept == by_link else kept, attention=None)
        kept = replace(kept, hidden=False)
    sites, people, taxa = _choices()
    if is_news and known_part(kept, sites, people, taxa) != kept:  # a link to what came a moment ago
        edition.clear()
        sites, people, taxa = _choices()
    if is_news:
        there = known_part(kept, sites, people, taxa)
        st.session_state[LEFT_OUT] = there, _left_out(kept, there)
        _fill_fields(kept := there)

    sites = [*sites, *(site for site in kept.sites if site not in sites)]  # its last photo was hidden a moment ago
    with st.popover(tr("Filter"), icon=":material/filter_list:"), st.container(key="filter_fields"):
        chosen = _more_fields(_fields(kept, sites, people, taxa), of_photos=of_photos)
    FILTER.keep(chosen)
    _say_and_clear(chosen, taxa)
    shown, left_out = st.session_state.get(LEFT_OUT, (chosen, ""))  # a click may have ended the run that fills it
    if chosen == shown and left_out:
        st.warning(left_out)
    return with_every_name(chosen, choices()[2], labels())


def _choices() -> tuple[list[str], list[str], dict[str, str]]:
    """Sites, people, and taxa with their names."""
    sites, people, taxa = choices()
    return ["", *sites], people, taxa_by_name(one_name_each(taxa, labels()), labels())


def _fields(kept: Selection, sites: list[str], people: list[str], taxa: dict[str, str]) -> Selection:
    where, what, who = st.columns(3)
    # without select_all: with it Enter after a few letters chooses all that look alike
    chosen_sites = where.multiselect(
        tr("Sites"), sites, format_func=site_words, placeholder=tr("All sites"), select_all=False, key=SITES
    )
    chosen_taxa = what.multiselect(
        tr("Taxa"),
        list(taxa),
        format_func=lambda taxon: taxa[taxon],
        placeholder=tr("All taxa"),
        select_all=False,
        key=TAXA,
    )
    chosen_people = who.multiselect(
        tr("Uploaded by"), people, placeholder=tr("Everybody"), select_all=False, key=PEOPLE
    )
    first, last, sure, by = st.columns([1, 1, 1, 1], vertical_alignment="bottom")
    taken_from = first.date_input(tr("Taken from"), value=None, format="DD/MM/YYYY", key=FROM)
    taken_to = last.date_input(tr("Taken until"), value=None, format="DD/MM/YYYY", key=TO)
    surer = sure.slider(tr("Minimum confidence for names"), 0, 99, format="%d%%", key=SURER)
    reviewed = by.toggle(
        tr("Reviewed only"),
        key=REVIEWED,
        help=tr("Only counts that a person confirmed or corrected. Otherwise model counts are included."),
    )
    least, most, attention = st.columns([1, 1, 2], vertical_alignment="bottom")
    count_from = least.number_input(tr("Flowers from"), 0, MOST_FLOWERS, None, 1, placeholder=tr("any"), key=LEAST)
    count_to = most.number_input(tr("Flowers up to"), 0, MOST_FLOWERS, None, 1, placeholder=tr("any"), key=MOST)
    asks = attention.selectbox(
        tr("Needs attention"),
        get_args(Attention),
        index=None,
        format_func=attention_words,
        placeholder=tr("All photos"),
        key=ATTENTION,
    )
    return replace(
        kept,
        count_from=count_from,
        count_to=count_to,
        attention=asks,
        sites=tuple(chosen_sites),
        people=tuple(chosen_people),
        taxa=tuple(chosen_taxa),
        taken_from=taken_from,
        taken_to=taken_to,
        min_confidence=surer / 100,
        reviewed_only=reviewed,
    )


def _more_fields(chosen: Selection, *, of_photos: bool) -> Selection:
    """The fields for upload, drop and words, and for hidden photos where they can be asked for."""
    first, last, which_drop, words = st.columns(4, vertical_alignment="bottom")
    named = drops(chosen.drop_id)
    drop_id = which_drop.selectbox(
        tr("Drop"),
        list(named),
        index=None,
        format_func=lambda drop_id: named.get(drop_id, drop_id),
        placeholder=tr("All drops"),
        key=DROP,
    )
    chosen = replace(
        chosen,
        uploaded_from=first.date_input(tr("Uploaded from"), value=None, format="DD/MM/YYYY", key=UPLOADED_FROM),
        uploaded_to=last.date_input(tr("Uploaded until"), value=None, format="DD/MM/YYYY", key=UPLOADED_TO),
        drop_id=drop_id,
        text=words.text_input(tr("File name or note"), key=TEXT).strip(),
    )
    if not of_photos:
        return chosen
    hidden = st.toggle(
        tr("Hidden photos"), key=HIDDEN, help=tr("Photos that somebody hid: in no count, chart or export.")
    )
    return replace(chosen, hidden=hidden)


def _fill_fields(chosen: Selection) -> None:
    """Fill the fields with this selection when they are drawn next."""
    st.session_state[SITES] = list(chosen.sites)
    st.session_state[TAXA] = list(chosen.taxa)
    st.session_state[PEOPLE] = list(chosen.people)
    st.session_state[FROM] = chosen.taken_from
    st.session_state[TO] = chosen.taken_to
    st.session_state[SURER] = min(99, round(chosen.min_confidence * 100))
    st.session_state[REVIEWED] = chosen.reviewed_only
    st.session_state[LEAST] = chosen.count_from
    st.session_state[MOST] = chosen.count_to
    st.session_state[ATTENTION] = chosen.attention
    st.session_state[UPLOADED_FROM] = chosen.uploaded_from
    st.session_state[UPLOADED_TO] = chosen.uploaded_to
    st.session_state[DROP] = chosen.drop_id
    st.session_state[TEXT] = chosen.text
    st.session_state[HIDDEN] = chosen.hidden


def _say_and_clear(chosen: Selection, taxa: dict[str, str]) -> None:
    """Say what the filter leaves out of the page, and show the button that clears it."""
    if chosen == EVERYTHING:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(":material/filter_alt: " + plain(describe(chosen, taxa)), width="content")
        if st.button(tr("Clear filters"), key="filter_clear", type="tertiary", icon=":material/close:"):
            FILTER.order(EVERYTHING)
    if chosen.taken_from and chosen.taken_to and chosen.taken_to < chosen.taken_from:
        st.warning(tr("The last day is before the first, so no photo can be shown. Change one of the two."))


def _left_out(asked: Selection, there: Selection) -> str:
    """Say which words of a link or an earlier choice found nothing; empty where all were found."""
    sites, people, taxa = (
        plain(", ".join(value for value in before if value not in now))
        for before, now in ((asked.sites, there.sites), (asked.people, there.people), (asked.taxa, there.taxa))
    )
    address = {word: st.query_params.get_all(word) for word in QUERY_WORDS if word in st.query_params}
    read = asked.to_query() if Selection.from_query(address) == asked else address
    idle = [f"{word}={values[0]}" for word, values in address.items() if word not in read and values[0] != "0"]
    sentences = [
        *([tr("There is no site {names}", names=sites)] if sites else []),
        *([tr("No photos were uploaded by {names}", names=people)] if people else []),
        *([tr("No photo shows {names}", names=taxa)] if taxa else []),
        *([tr("The link contains {words}, which is not a filter", words=plain(", ".join(idle)))] if idle else []),
    ]
    return tr("{what}. The filter ignores this.", what="; ".join(sentences)) if sentences else ""
