"""The screen on which a person looks through flowers of one name, cut from their photos.

What they do is done in the browser, at once. It fetches flowers that wait, sends what is said of them, and looks names
up, all beside the page (web/crops.py, web/reviews.py), which does not run again meanwhile.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from core.language import tr
from core.people.person import Person
from core.store.selection import Selection
from pages.parts.reviewer import HERE as REVIEWER
from pages.parts.reviewer import name_words, naming, screen
from web.crops import ADDRESS

_crops = screen(Path(__file__).parent, ("actions", "grid", "crops"))


def show_crops(taxon: str, name: str, which: Selection, person: Person, *, waiting: int, in_heaps: bool) -> None:
    """Look through the flowers of a taxon in a selection, of which so many wait. name: in words.

    in_heaps: by likeness, to be named.
    """
    st.html(REVIEWER / "page.css")
    query = urlencode({**which.to_query(), "of": [taxon]}, doseq=True)
    _crops(
        key=f"crops {query}",
        data={
            "name": name,
            "waiting": waiting,
            "query": query,
            "user": person.username,
            "address": ADDRESS,
            **naming(),
            "words": words(in_heaps=in_heaps),
        },
    )


def words(*, in_heaps: bool) -> dict[str, object]:
    """The texts of the screen."""
    explained = (
        tr("Flowers that look alike are in one heap: R names them all. Mark those that are something else first.")
        if in_heaps
        else tr("Mark the flowers that are something else; R names them, X rejects them. Enter accepts the others.")
    )
    return {
        **name_words(),
        "explained": explained,
        "inHeaps": in_heaps,
        "loading": tr("Loading …"),
        "notLoaded": tr("The flowers could not be loaded. They are tried again."),
        "over": tr("No flower of this name waits here. Undo brings the last ones back."),
        "marked": tr("{number} marked", number="{number}"),
        "shown": tr("{number} flowers", number="{number}"),
        "heap": tr("Heap of {number}", number="{number}"),
        "alone": tr("{number} that are like no other", number="{number}"),
        "wait": tr("{number} wait", number="{number}"),
        "chooseFirst": tr("Mark flowers first: click them, or press Space."),
        "renamed": tr("{number} named {name}", number="{number}", name="{name}"),
        "rejected": tr("{number} are no flowers", number="{number}"),
        "accepted": tr("{number} accepted", number="{number}"),
        "undone": tr("Undone"),
        "orElse": tr("or:"),
        "actions": {
            "accept": tr("Accept the others") if not in_heaps else tr("Stay unknown"),
            "rename": tr("Rename"),
            "reject": tr("Not a flower"),
            "others": tr("Mark the others"),
            "later": tr("Later"),
            "photo": tr("Whole photo"),
            "undo": tr("Undo"),
            "redo": tr("Redo"),
            "keys": tr("Keys"),
        },
        "long": {
            "accept": tr("Those that are not marked are right; the next ones are shown"),
            "rename": tr("Another name for the marked flowers: some letters (cja), and the number before a name"),
            "reject": tr("The marked ones are no flowers"),
            "others": tr("Mark those that are not marked, and the other way round"),
            "later": tr("Say nothing of these, and show the next ones"),
            "photo": tr("The photo of this flower, in another tab"),
            "undo": tr("Undo the last step, as often as you like"),
        },
        "others": [
            ["←↑→↓", tr("Go from flower to flower; Shift marks those between")],
            ["Space", tr("Mark this flower, or not; so does a click, and with Shift all between")],
            ["Ctrl A", tr("Mark all flowers")],
            ["Esc", tr("Mark none")],
        ],
    }
