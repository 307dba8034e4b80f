"""The choice of groups that are compared, kept from page to page and in the address."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.language import tr
from core.survey.comparison import BYS, MOST_GROUPS, USUAL_GROUPS, By, Comparison, group_words
from web.address import Address

BY, GROUPS = "compare_by", "compare_groups"
COMPARISON = Address("compare", ("compare", "group"), Comparison.from_query, Comparison.to_query, Comparison())


def choose_comparison(groups_of: Callable[[By], list[str]]) -> Comparison:
    """Choose to compare by site, year, habitat or protocol, and which groups. groups_of: those that there are."""
    asked, is_news = COMPARISON.asked()
    if is_news:
        st.session_state[BY], st.session_state[GROUPS] = asked.by, list(asked.groups)
    words: dict[By, str] = {
        "site": tr("Site"),
        "year": tr("Year"),
        "habitat": tr("Habitat"),
        "protocol": tr("Protocol"),
    }
    by: By | None = st.session_state.get(BY)
    label = tr("Compare by {what}", what=words[by].lower()) if by else tr("Compare")
    with st.popover(label, icon=":material/compare_arrows:"):
        by = st.selectbox(
            tr("Compare by"), BYS, index=None, format_func=words.__getitem__, placeholder=tr("nothing"), key=BY
        )
        groups = _choose_groups(by, groups_of(by)) if by else []
    chosen = Comparison(by, tuple(groups)) if by and len(groups) > 1 else Comparison()
    COMPARISON.keep(chosen)
    return chosen


def _choose_groups(by: By, there: list[str]) -> list[str]:
    """Choose the groups, at first the USUAL_GROUPS first of them."""
    if len(there) < 2:
        st.markdown(tr("These photos are of one group, so there is nothing to compare."))
        return []
    kept = [group for group in st.session_state.get(GROUPS, ()) if group in there]
    st.session_state[GROUPS] = kept if len(kept) > 1 else there[:USUAL_GROUPS]
    chosen = st.multiselect(
        tr("Side by side; the others are compared with the first"),
        there,
        format_func=lambda group: group_words(by, group),
        max_selections=MOST_GROUPS,
        select_all=False,
        key=GROUPS,
    )
    return list(chosen)
