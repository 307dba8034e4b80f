"""The screen on which a person reviews photo after photo: what they do is done in the browser, at once.

The page gives it the photos in their order. It fetches each one and the next few ahead, sends what is finished, and
looks names up, all beside the page (web/reviews.py), which does not run again meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from core.charts.colours import OKABE_ITO, OTHER
from core.flora.plants import RANKS
from core.language import current_language, tr
from core.people.person import Person
from pages.parts.photo import flag_words
from web.reviews import ADDRESS, NAMES

HERE = Path(__file__).parent
SHARED = ("sender", "names", "history", "keys")
"""Scripts for every screen to review: a file each; a browser gets them as one, as a component is one module."""

PARTS = ("steps", "names", "foot")
"""Pieces of the html of every screen to review."""


def screen(folder: Path, scripts: Sequence[str]) -> Any:
    """The component of a screen to review: the html, css and scripts in its folder, and what all such screens share."""
    texts = [HERE.parent / "elements.js", *(HERE / f"{name}.js" for name in SHARED)]
    texts += [folder / f"{name}.js" for name in scripts]
    html = (folder / f"{folder.name}.html").read_text(encoding="utf-8")
    for name in PARTS:
        html = html.replace(f"<!-- {name} -->", (HERE / f"{name}.html").read_text(encoding="utf-8"))
    css = (path.read_text(encoding="utf-8") for path in (HERE / "common.css", folder / f"{folder.name}.css"))
    return st.components.v2.component(
        f"bloomcount.{folder.name}",
        html=html,
        css="\n".join(css),
        js="\n".join(path.read_text(encoding="utf-8") for path in texts),
    )


_reviewer = screen(HERE, ("actions", "sheet", "photos", "stage", "panel", "reviewer"))


def show_reviewer(photo_ids: Sequence[str], person: Person, *, about: str, number: int, first: str = "") -> None:
    """Review these photos one after another. about: the words for them.

    number: of all that wait, some may be left. first: the photo that was asked for.
    """
    st.html(HERE / "page.css")
    _reviewer(
        key=f"reviewer {about} {first}",  # another one for another queue
        data={
            "photos": list(photo_ids),
            "about": about,
            "user": person.username,
            "address": ADDRESS,
            **naming(),
            "colours": OKABE_ITO,
            "other": OTHER,
            "words": words(number),
        },
    )


def naming() -> dict[str, object]:
    """The data of the field in which names are found."""
    return {"names": NAMES, "ranks": ranks(), "language": current_language()}


def ranks() -> list[tuple[str, str]]:
    """The ranks that a new name may have, each with its word."""
    named = {
        "species": tr("species"),
        "subspecies": tr("subspecies"),
        "variety": tr("variety"),
        "hybrid": tr("hybrid"),
        "cultivar": tr("cultivar"),
        "section": tr("section"),
        "genus": tr("genus"),
        "family": tr("family"),
    }
    return [(rank, named[rank]) for rank in RANKS]


def name_words() -> dict[str, str]:
    """The texts of the field in which names are found, of what waits to be sent, and of undoing."""
    return {
        "rename": tr("Another name"),
        "noNames": tr("Names cannot be looked up now. Check the connection."),
        "asWritten": tr("As written: {name}", name="{name}"),
        "written": tr("No list has this name. Say its rank and family; then it is a name for everybody."),
        "rank": tr("Rank"),
        "family": tr("Family"),
        "addName": tr("Use this name"),
        "noName": tr("No name like this."),
        "unsent": tr("{number} not saved yet. They are kept in this browser and sent again.", number="{number}"),
        "nothingToUndo": tr("There is nothing to undo."),
        "nothingToRedo": tr("There is nothing to redo."),
        "keys": tr("Keys"),
        "close": tr("Close"),
    }


def words(number: int) -> dict[str, object]:
    """The texts of the screen. number: of photos that wait."""
    return {
        "title": tr("Review"),
        "place": tr("{number} of {total}", number="{number}", total=number),
        "flower": tr("1 flower"),
        "flowers": tr("{figure} flowers", figure="{figure}"),
        "loading": tr("Loading …"),
        "notLoaded": tr("The photo could not be loaded. It is tried again."),
        "over": tr("That was the last one. Undo leads back to it."),
        "chooseRow": tr("Choose a taxon first: click it, or press ↓."),
        "noRow": tr("No taxon yet: add a flower with A, or a taxon with T."),
        "chooseFirst": tr("Choose flowers first: click them, press Tab, or draw a line around them."),
        "chooseOne": tr("Choose one flower first: click it, or press Tab."),
        "adding": tr("Draw a box. Or: arrows move this one, Shift and arrows resize it, Enter keeps it."),
        "moving": tr("Drag the box or its edges. Or: arrows move it, Shift and arrows resize it, Enter keeps it."),
        "taxa": tr("Taxa"),
        "lassoing": tr("Draw a line around flowers."),
        **name_words(),
        "otherTaxon": tr("Another taxon in this photo"),
        "atLeast": tr("at least this many: there are more"),
        "flags": {flag: flag_words(flag) for flag in ("crowded", "blurred", "tiny")},
        "several": tr("{number} flowers chosen", number="{number}"),
        "orElse": tr("or:"),
        "andAbout": tr("and about"),
        "moreOf": tr("more that nobody can box"),
        "actions": {
            "right": tr("Right"),
            "rename": tr("Rename"),
            "reject": tr("Not a flower"),
            "add": tr("Add"),
            "move": tr("Move"),
            "lasso": tr("Lasso"),
            "none": tr("No flowers"),
            "skip": tr("Cannot tell"),
            "undo": tr("Undo"),
            "redo": tr("Redo"),
            "taxon": tr("Another taxon …"),
            "more": tr("And about so many more"),
            "closer": tr("Zoom in"),
            "farther": tr("Zoom out"),
            "whole": tr("Whole photo"),
            "keys": tr("Keys"),
        },
        "long": {
            "right": tr("Right: save, and show the next photo"),
            "rename": tr("Another name for the chosen flowers: some letters (cja), and the number before a name"),
            "add": tr("Add a flower: draw its box, or place it with the arrows"),
            "move": tr("Move or resize the chosen box"),
            "lasso": tr("Choose flowers by a line around them; Shift adds to the chosen ones"),
            "none": tr("No flowers in this photo, and show the next one"),
            "skip": tr("Cannot tell: save nothing, and show the next photo"),
            "undo": tr("Undo, as often as you like, on earlier photos too"),
            "more": tr("And about so many more of the taxon, which nobody can box"),
        },
        "others": [
            ["0-9", tr("The count of the only taxon, or of the chosen one")],
            ["↑ ↓", tr("Choose a taxon")],
            ["Tab", tr("Choose the next flower; Space keeps it chosen while Tab goes on")],
            ["Ctrl A", tr("Choose all flowers")],
            ["Shift ←↑→↓", tr("Move the photo while it is zoomed")],
            ["Esc", tr("Choose nothing, or give up a box")],
        ],
    }
