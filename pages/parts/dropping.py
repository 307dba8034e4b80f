"""The drop zone with site and note, and the two samples, for every page on which photos may be dropped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import streamlit as st

from core.intake.inbox import new_drop_id
from core.intake.pipeline import accept
from core.language import tr
from core.people.person import Person
from core.store.records import Drop
from web.markdown import plain
from web.process import bloomcount, open_drops, session_id

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.jpg"))
SAMPLE_SITE = "Sample photos"


def start_drop() -> None:
    """Start a new drop: the next photos belong together, and to nothing before them, nor does the note."""
    st.session_state.drop_id = new_drop_id()
    st.session_state.kept = set()
    st.session_state.note = ""


def open_drop(person: Person) -> Drop:
    """Show the fields of a drop and its drop zone, which is open from now on; return the drop that is in hand."""
    if "drop_id" not in st.session_state:
        start_drop()
    drop = _describe_drop(person)
    open_drops().open(session_id(), drop)
    _receive_photos(drop)
    return drop


def sample_button(drop: Drop) -> bool:
    """Offer two sample photos to a newcomer who has none; return True once they are accepted."""
    if not st.button(tr("Try two samples"), icon=":material/image:", key="samples"):
        return False
    bloom = bloomcount()
    for sample in SAMPLES:
        accept(
            bloom.library,
            bloom.inbox,
            sample.read_bytes(),
            file=sample.name,
            drop=replace(drop, site=SAMPLE_SITE),
        )
    return True


def _describe_drop(person: Person) -> Drop:
    """Site and note of the photos that are dropped next."""
    left, right = st.columns(2)
    site = left.selectbox(
        tr("Site"),
        bloomcount().library.sites(),
        index=None,
        placeholder=tr("Optional: choose or type a name"),
        accept_new_options=True,
        key="site",
        help=tr("For the photos that you drop from now on."),
    )
    note = right.text_input(
        tr("Note"), placeholder=tr("Optional: after rain, mown last week …"), max_chars=500, key="note"
    )
    return Drop(st.session_state.drop_id, (site or "").strip(), note.strip(), person.username)


def _receive_photos(drop: Drop) -> None:
    """The drop zone. The server stores each photo as it arrives; what is left to do here is to show it."""
    words = {"photos": tr("Photos"), "folder": tr("A folder")}
    what = st.segmented_control(
        tr("Photos or a folder"),
        list(words),
        default="photos",
        format_func=lambda what: words[what],
        key="what",
        label_visibility="collapsed",
    )
    uploads = st.file_uploader(
        tr("Drop photos here: JPEG, PNG, WebP, TIFF, HEIC, AVIF"),
        accept_multiple_files="directory" if what == "folder" else True,
        key=f"photos-{drop.drop_id}-{what}",
    )
    bloom, kept = bloomcount(), st.session_state.kept
    for upload in uploads:
        content = upload.getvalue()
        if upload.file_id not in kept and not bloom.library.pictures.has(content.decode("ascii", "replace")):
            accept(bloom.library, bloom.inbox, content, file=upload.name, drop=drop)
        kept.add(upload.file_id)
    for refusal in open_drops().refusals(session_id()):
        st.warning(plain(refusal), icon=":material/block:")
