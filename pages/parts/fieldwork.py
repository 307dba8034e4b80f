"""The protocol of a site or of a drop, and who observed it, in the few words that its numbers take."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import streamlit as st

from core.errors import BloomError
from core.intake.drops import say_fieldwork
from core.language import tr
from core.people.person import Person
from core.store.records import Fieldwork, Protocol, Site
from core.survey.sampling import (
    NUMBERS_OF,
    PROTOCOLS,
    checked_numbers,
    number_words,
    protocol_sentences,
    protocol_words,
    said_in_words,
)
from pages.parts.changes import done
from web.markdown import plain
from web.process import bloomcount


def choose_protocol(said: Site | Fieldwork | None, *, key: str, unsaid: str) -> Protocol | None:
    """Choose a protocol, and read what it means. unsaid: the words for none of its own."""
    words = protocol_words()
    chosen: Protocol | None = st.selectbox(
        tr("The photos of a visit are"),
        [None, *PROTOCOLS],
        index=0 if said is None or said.protocol is None else PROTOCOLS.index(said.protocol) + 1,
        format_func=lambda protocol: words[protocol] if protocol else unsaid,
        key=f"protocol-{key}",
    )
    if chosen:
        st.caption(protocol_sentences()[chosen])
    return chosen


def ask_numbers(protocol: Protocol | None, said: Site | Fieldwork | None, *, key: str) -> Mapping[str, float | None]:
    """Ask for the numbers of this protocol, side by side."""
    asked = NUMBERS_OF[protocol] if protocol else ()
    words = number_words()
    boxes = st.columns(len(asked)) if asked else []
    return {
        name: box.number_input(
            words[name],
            0.0,
            value=getattr(said, name) if said else None,
            key=f"{name}-{key}",
            format="%g",
            step=1.0,
            placeholder="1" if name == "quadrat_m2" else None,
        )
        for name, box in zip(asked, boxes, strict=True)
    }


def ask_fieldwork(drop_id: str, person: Person, *, key: str) -> None:
    """Show the form for the field work of a drop, and keep what is said."""
    bloom = bloomcount()
    said = bloom.library.fieldwork().get(drop_id)
    of = f"{key}-{said.at.timestamp() if said else 0}"
    protocol = choose_protocol(said, key=of, unsaid=tr("as the site says"))
    with st.form(f"fieldwork-{of}", border=False):
        numbers = ask_numbers(protocol, said, key=of)
        observer, weather = (
            box.text_input(
                title, getattr(said, name) if said else "", key=f"{name}-{of}", max_chars=200, placeholder=hint
            ).strip()
            for box, name, title, hint in zip(
                st.columns(2),
                ("observer", "weather"),
                (tr("Observer"), tr("Weather")),
                (tr("Optional"), tr("Optional: dry, light wind …")),
                strict=True,
            )
        )
        if not st.form_submit_button(tr("Save field work")):
            return
    try:
        fieldwork = Fieldwork(
            drop_id,
            person.username,
            datetime.now(UTC),
            protocol=protocol,
            **checked_numbers(numbers),
            observer=observer,
            weather=weather,
        )
        say_fieldwork(bloom.library, bloom.inbox, fieldwork, by=person)
    except BloomError as problem:
        st.error(plain(str(problem)))
        return
    words = plain(said_in_words(fieldwork) or tr("as the site says"))
    done(tr("Field work saved: {words}.", words=words), None)
