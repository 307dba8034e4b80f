"""Export: the observations of a selection as a file, in the format that whoever reads it asks for."""

from __future__ import annotations

from dataclasses import asdict, replace

import streamlit as st

from core.csv_files import COMMA, CSV_FORMS
from core.errors import BloomError
from core.exports.columns import COLUMNS
from core.exports.contents import Contents, contents
from core.exports.formats import FORMATS, Format
from core.exports.prepared import Prepared
from core.exports.publication import BASES, LICENCES, Publication, keep_publication, read_publication
from core.exports.stored import Stored
from core.formatting import file_size, number
from core.language import tr, translated
from core.store.selection import EVERYTHING, Selection
from core.survey.repeats import Repeats
from pages.parts.downloads import choose_csv, download_rows
from pages.parts.filter_bar import filter_bar
from pages.parts.results import empty_page, say_model_problem
from pages.parts.survey import choose_repeats
from web.markdown import plain
from web.process import bloomcount, package, prepared_files
from web.session import require
from web.tables import observations_of

person = require("researcher")

state, bloom = st.session_state, bloomcount()


def say_contents(held: Contents, which: Selection) -> None:
    """Show how much the file will hold, and what is wrong with it."""
    figures = [
        tr("Flowers: **{flowers}**", flowers=number(held.flowers)),
        tr("Taxa: **{taxa}**", taxa=number(held.taxa)),
        tr("Photos: **{photos}**", photos=number(held.photos)),
        tr("Without such flowers: **{without}**", without=number(held.without_flowers))
        if which.of_some_flowers
        else tr("Without flowers: **{without}**", without=number(held.without_flowers)),
    ]
    st.markdown(" · ".join(figures))
    st.caption(
        tr(
            "Counts are per photo. Photos of one place on one day may show the same flowers, so do not add "
            "them up without a rule for repeats. Every file except the CSV says so; the report uses such a "
            "rule."
        )
    )
    if held.made_up:
        st.warning(
            tr(
                "{photos} of these photos are made up, for the demo. Leave them out of anything that you publish.",
                photos=number(held.made_up),
            )
        )


def say_what_gbif_misses(held: Contents) -> None:
    """Show what users of a Darwin Core Archive will miss of these photos."""
    reasons = [
        *([tr("without a date: {photos}", photos=number(held.undated))] if held.undated else []),
        *([tr("without a position: {photos}", photos=number(held.unplaced))] if held.unplaced else []),
        *([tr("not reviewed by a person: {photos}", photos=number(held.unreviewed))] if held.unreviewed else []),
    ]
    if reasons:
        sentence = tr(
            "Photos {reasons}. The archive includes and marks them. GBIF accepts records without a date, but "
            "asks for one.",
            reasons=", ".join(reasons),
        )
        st.markdown(f":material/info: {sentence}")


def publication_form() -> Publication:
    """Show the form for who publishes the data, and return what it says; it is kept for everybody."""
    kept = read_publication(bloom.blobs)
    of = hash(kept)  # fields keep what they show: what somebody else keeps meanwhile has its own
    with st.expander(tr("Publisher of these data"), expanded=bool(kept.missing)), st.form("publication", border=False):
        title = st.text_input(tr("Title of the data set"), kept.title, key=f"publication_title-{of}")
        left, right = st.columns(2)
        publisher = left.text_input(tr("Publisher"), kept.publisher, key=f"publication_publisher-{of}")
        licence = right.selectbox(
            tr("Licence"),
            list(LICENCES),
            index=list(LICENCES).index(kept.licence) if kept.licence else None,
            placeholder=tr("Choose one of the three that GBIF accepts"),
            key=f"publication_licence-{of}",
        )
        left, right = st.columns(2)
        contact = left.text_input(tr("Contact person"), kept.contact, key=f"publication_contact-{of}")
        email = right.text_input(tr("E-mail of the contact"), kept.email, key=f"publication_email-{of}")
        country = st.text_input(
            tr("Country where the photos were taken, in two letters"),
            kept.country,
            key=f"publication_country-{of}",
            max_chars=2,
            placeholder="NL",
        )
        description = st.text_area(tr("What was done, and why"), kept.description, key=f"publication_description-{of}")
        basis = st.radio(
            tr("The photos were taken"),
            BASES,
            index=BASES.index(kept.basis_of_record),
            format_func=lambda basis: tr("by people") if basis == BASES[0] else tr("by automatic cameras"),
            horizontal=True,
            key=f"publication_basis-{of}",
        )
        typed = Publication(
            title.strip(),
            publisher.strip(),
            contact.strip(),
            email.strip(),
            licence or "",
            description.strip(),
            basis,
            country.strip().upper(),
        )
        if st.form_submit_button(tr("Save")):
            try:
                keep_publication(bloom.blobs, typed, by=person)
            except BloomError as problem:
                st.error(plain(str(problem)))
            else:
                st.rerun()
    if kept.missing:
        st.warning(tr("Not ready for GBIF yet: fill in and save the form above. The archive says what is missing."))
    return kept


def prepare(stored: Stored, wanted: Format, held: Contents) -> Prepared | None:
    """The file, or a sentence on why there is none."""
    bar = st.progress(0.0, tr("Writing the file …"))

    def show_progress(done: int) -> None:
        bar.progress(
            min(1.0, done / held.observations),
            tr("{done} of {total} observations written", done=number(done), total=number(held.observations)),
        )

    file = f"bloomcount-{stored.at:%Y-%m-%d}{wanted.suffix}"
    telling = replace(stored, progress=show_progress)
    try:
        return prepared_files().prepare(
            person.username, file, wanted.media_type, lambda out: wanted.write(telling, out)
        )
    except BloomError as problem:
        st.error(plain(str(problem)))
        return None
    finally:
        bar.empty()


def offer(stored: Stored, name: str, held: Contents) -> None:
    """The button that makes the file, then the one that fetches it."""
    asked = (name, stored.which, asdict(stored.publication), stored.people, stored.csv_form, stored.repeats)
    with st.container(horizontal=True, vertical_alignment="center"):
        clicked = st.button(tr("Prepare the file"), type="primary", icon=":material/inventory_2:", key="prepare")
        ready = st.container(width="content")
    if clicked:
        state.export_asked, state.export_token = asked, None
        if prepared := prepare(stored, FORMATS[name], held):
            state.export_token = prepared.token
    token = state.get("export_token") if state.get("export_asked") == asked else None
    if token and (file := prepared_files().find(token, person.username)):
        ready.link_button(
            tr("Download {file} ({size})", file=file.name, size=file_size(file.size_bytes)),
            f"/exports/{file.token}/{file.name}",
            icon=":material/download:",
        )


def dictionary() -> list[dict[str, str]]:
    """The meaning of each column, a row each."""
    return [{"column": column, "holds": holds} for column, holds in COLUMNS.items()]


st.title(tr("Export"))
if not say_model_problem():
    which = filter_bar()
    labels = package().names
    held = contents(observations_of(which), bloom.library.described_sites())
    if not held.photos:
        empty_page(
            tr(
                "No counted photos yet. Photos that you drop on *Count flowers* can be exported here once they "
                "are counted."
            )
            if which == EVERYTHING
            else tr("No counted photos match these filters. Widen or clear them.")
        )
    else:
        say_contents(held, which)
        name = st.radio(
            tr("Format"),
            FORMATS,
            format_func=lambda name: f"**{translated(FORMATS[name].title)}** · {translated(FORMATS[name].purpose)}",
            key="format",
        )
        wanted, about = FORMATS[name], read_publication(bloom.blobs)
        if wanted.published:
            say_what_gbif_misses(held)
            about = publication_form()
        repeats = choose_repeats() if wanted.adds_up else Repeats()
        if name == "csv":
            choose_csv(person)
        people, form = bloom.accounts.published(), CSV_FORMS.get(person.csv, COMMA)
        stored = Stored(bloom.library, labels, bloom.models.package_of, which, about, people, form, repeats)
        offer(stored, name, held)
        if wanted.our_columns:
            st.caption(tr("What the columns mean"))
            with st.container(horizontal=True):
                download_rows(dictionary, ("column", "holds"), "bloomcount-columns", key="dictionary")
