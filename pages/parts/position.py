"""The question that a photo far from its site asks: whose position holds."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.formatting import distance
from core.intake.corrections import Correction, correct_many, may_correct
from core.language import tr
from core.people.person import Person
from core.store.distances import FAR_M, metres_from
from core.store.records import PhotoRecord, Site
from pages.parts.changes import change, positions
from web.markdown import plain
from web.process import bloomcount


def ask_position(photo: PhotoRecord, site: Site | None, person: Person) -> None:
    """Ask of a photo that is far from its site whose position holds, once; who may not correct it sees how far."""
    metres = metres_from(site, photo)
    if metres is None or metres <= FAR_M or photo.position_of:
        return
    apart = distance(metres)
    with st.container(border=True, key="far"):
        st.markdown(
            ":material/wrong_location: "
            + plain(
                tr(
                    "The camera wrote a position {distance} from {site}. Which one holds?",
                    distance=apart,
                    site=photo.site,
                )
            )
        )
        if may_correct(person, photo):
            with st.container(horizontal=True):
                for position_of, words in positions().items():
                    if st.button(words, key=f"holds-{position_of}"):
                        holds = Correction(position_of=position_of)
                        change(partial(correct_many, bloomcount().library, [photo.photo_id], holds, by=person))
