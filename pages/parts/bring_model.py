"""Bring a model on the page Models: drop it, read its draft, try it beside the one that counts, then take it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import streamlit as st

from core.errors import BloomError
from core.formatting import count_with_interval, number
from core.language import tr
from core.people.person import Person
from core.recognition.brought.draft import COLUMNS, write_labels, write_sums
from core.recognition.brought.unpacking import ENDINGS
from core.recognition.intervals import Count
from core.recognition.trial import Tried
from core.review.trials import Comparison, compare, photos_to_try, picture, receive
from core.store.selection import Selection
from web.markdown import plain
from web.process import bloomcount, open_drops, session_id
from web.tables import drops
from web.uploads import OpenForm

LARGEST_MB = 200
PICTURES, SOME, MANY = 5, 20, 200

state = st.session_state


def bring_model(person: Person) -> None:
    """Let an administrator bring a model and try it; the model in use stays until they take the new one."""
    bloom = bloomcount()
    open_drops().open(session_id(), OpenForm(tuple(f".{end}" for end in ENDINGS), max_bytes=LARGEST_MB * 1_000_000))
    upload = st.file_uploader(
        tr("A zip with the package, or the network file alone"),
        type=list(ENDINGS),
        max_upload_size=LARGEST_MB,
        key=f"bring-{state.get('bring_form', 0)}",
    )
    if upload is None:
        return
    try:
        if state.get("brought_id") != upload.file_id:
            place = receive(upload.getvalue(), name=upload.name, known=bloom.models.package().labels)
            state.brought_id, state.brought, state.compared = upload.file_id, place, None
    except BloomError as problem:
        st.error(plain(str(problem)))
        return
    folder = Path(state.brought.name)
    edit(folder)
    try_and_take(folder, person)


def edit(folder: Path) -> None:
    """The description and labels, as they were brought or drafted."""
    st.caption(tr("The sums of the files are made by themselves. docs/models.md explains every key."))
    description = st.text_area(tr("Description (model.toml)"), (folder / "model.toml").read_text("utf-8"), height=280)
    (folder / "model.toml").write_text(description, encoding="utf-8")
    if (folder / "labels.csv").is_file():
        rows = list(csv.DictReader(io.StringIO((folder / "labels.csv").read_text("utf-8-sig"))))
        kept = state.setdefault("brought_labels", {}).setdefault(state.brought_id, rows)
        st.markdown(tr("Taxa, one row for each output in its order"))
        edited = st.data_editor(kept, column_order=COLUMNS, hide_index=True, key=f"labels-{state.brought_id}")
        write_labels(folder / "labels.csv", edited)


def try_and_take(folder: Path, person: Person) -> None:
    """Try the package on photos of the store, show both counts side by side, and take it."""
    bloom = bloomcount()
    some = {
        PICTURES: tr("{n} photos", n=PICTURES),
        SOME: tr("{n} photos", n=SOME),
        MANY: tr("{n} reviewed photos at most", n=MANY),
    }
    most = st.segmented_control(tr("Try on"), list(some), default=PICTURES, format_func=some.__getitem__, key="try_on")
    newest = drops(None)
    drop = st.selectbox(
        tr("Photos of"),
        [None, *newest],
        format_func=lambda drop_id: newest.get(drop_id) or tr("All drops"),
        key="try_drop",
        width=400,
    )
    if st.button(tr("Check and try"), key="try"):
        try:
            with st.spinner(tr("Trying the model in a process of its own …")):
                write_sums(folder)
                among = Selection(drop_id=drop)
                results = photos_to_try(bloom.library, among, most=most or PICTURES, reviewed_only=most == MANY)
                state.compared = compare(folder, results, bloom.library, package_of=bloom.models.package_of)
        except BloomError as problem:
            state.compared = None
            st.error(plain(str(problem)))
    if not state.get("compared"):
        return
    show(state.compared)
    if st.button(tr("Count with this model"), key="take", type="primary"):
        try:
            package = bloom.models.use(folder, by=person)
        except BloomError as problem:
            st.error(tr("{why} The model in use has not changed.", why=plain(str(problem))))
            return
        state.brought.cleanup()
        state.bring_form = state.get("bring_form", 0) + 1
        state.models_done = tr("{model} is now in use.", model=plain(f"{package.name} {package.version}"))
        st.rerun()


def show(compared: Comparison) -> None:
    """The new model's pictures, and both counts of each photo."""
    trial, library = compared.trial, bloomcount().library
    name = plain(f"{trial.name} {trial.version}")
    st.success(tr("{model} with {taxa} can be used.", model=name, taxa=tr("{number} taxa", number=number(trial.kinds))))
    if not compared.photos:
        st.caption(tr("No photos are stored yet."))
        return
    st.caption(tr("{seconds} s a photo", seconds=f"{compared.seconds:.2f}"))
    reviewed, old, new = compared.agreement
    if reviewed:
        st.markdown(
            tr(
                "Within one flower of what people counted: the model in use in {old} of {photos} photos, the new "
                "one in {new}.",
                old=number(old),
                new=number(new),
                photos=number(reviewed),
            )
        )
    for column, photo in zip(st.columns(PICTURES), compared.photos[:PICTURES], strict=False):
        if drawn := picture(library, photo):
            column.image(drawn, caption=photo.file)
    st.dataframe(
        {
            tr("Photo"): [photo.file for photo in compared.photos],
            tr("Model in use"): ["" if photo.old is None else number(photo.old) for photo in compared.photos],
            tr("New model"): [figure(photo.new) for photo in compared.photos],
            tr("Reviewed"): ["" if photo.person is None else number(photo.person) for photo in compared.photos],
            tr("Names"): [", ".join(photo.new.taxa) if photo.new else "" for photo in compared.photos],
        },
        hide_index=True,
    )


def figure(tried: Tried | None) -> str:
    """The count of the new model, with its interval where it has one."""
    if tried is None:
        return tr("could not be read")
    low, high = (tried.count if end is None else end for end in (tried.low, tried.high))
    return count_with_interval(Count(tried.count, low, high))
