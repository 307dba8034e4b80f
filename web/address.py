"""A choice that is kept from page to page and in the address, so that a link opens the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

Query = dict[str, list[str]]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Address(Generic[T]):
    """A choice kept in the tab's state and in the address.

    name: of its place in the tab's state. words: those of the address that are about it.

    read, write: from the address and to it. usual: what holds where nobody chose.
    """

    name: str
    words: tuple[str, ...]
    read: Callable[[Query], T]
    write: Callable[[T], Query]
    usual: T

    def asked(self) -> tuple[T, bool]:
        """The choice in force, and True if the fields have to be filled with it.

        A link or the browser's way back asks for something new; another page brings along what was chosen before. An
        address from before the last click asks for nothing: the browser had not heard of it yet.
        """
        state, query, page = st.session_state, self._query(), _page()
        drawn = state.get(f"{self.name}_page") == page  # the fields themselves outlive their page by one run
        state[f"{self.name}_page"] = page
        news = query not in (state.get(f"{self.name}_seen"), state.get(f"{self.name}_written")) and (query or drawn)
        state[f"{self.name}_seen"] = query
        if f"{self.name}_ordered" in state:
            return state.pop(f"{self.name}_ordered"), True
        if news:
            return self.read(query), True
        return state.get(f"{self.name}_kept", self.usual), not drawn

    def kept(self) -> T:
        """The choice that was kept last."""
        kept: T = st.session_state.get(f"{self.name}_kept", self.usual)
        return kept

    def is_in_address(self) -> bool:
        """True if the address has words of this choice."""
        return bool(self._query())

    def keep(self, chosen: T) -> None:
        """Remember the choice for other pages, and put it into the address."""
        query = self.write(chosen)
        st.session_state[f"{self.name}_kept"], st.session_state[f"{self.name}_written"] = chosen, query
        if query != self._query():
            others = {word: st.query_params.get_all(word) for word in st.query_params if word not in self.words}
            st.query_params.from_dict({**others, **query})

    def order(self, chosen: T) -> None:
        """Run the page again with this choice in the fields."""
        st.session_state[f"{self.name}_ordered"] = chosen
        st.rerun()

    def _query(self) -> Query:
        return {word: st.query_params.get_all(word) for word in self.words if word in st.query_params}


def _page() -> str:
    """The script hash of the page that is running."""
    context = get_script_run_ctx()
    return context.page_script_hash if context else ""
