"""Photo: one photo in close-up, the flowers found in it and by whom, and its facts."""

from __future__ import annotations

from contextvars import copy_context
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath

import streamlit as st

from core.charts.colours import taxon_colours
from core.errors import BloomError
from core.exports.picture import picture_with_boxes
from core.formatting import count_with_doubt, file_size, noted_at, taken_when
from core.intake.corrections import correct, correct_many, may_correct
from core.language import tr
from core.store.gallery import Place, order_of
from core.store.records import Analysis, PhotoRecord, PhotoResult, Site
from core.store.selection import Selection
from core.survey.counted_photos import CountedPhoto, count_photo, count_photos
from core.survey.drop_words import hidden_words
from core.survey.position_words import photo_position
from pages.parts.changes import change_photos, say_changed
from pages.parts.photo import count_lines, facts_table, flag_words, said_by, source_sans
from pages.parts.position import ask_position
from pages.parts.results import (
    PHOTOS_A_PAGE,
    PHOTOS_PAGE,
    REVIEW_PAGE,
    Query,
    empty_page,
    say_model_problem,
    threshold_slider,
)
from pages.parts.viewer import show_viewer
from web.markdown import plain
from web.pictures import camera_of
from web.process import bloomcount
from web.session import require, while_signed_in

person = require("researcher")

bloom = bloomcount()
library = bloom.library
asked = {word: st.query_params.get_all(word) for word in st.query_params}
which, order = Selection.from_query(asked), order_of(asked.get("sort", [""])[0])


def heading(photo: PhotoRecord, place: Place | None) -> None:
    """The file's name between the ways to its neighbours, and the way back to the page of the gallery that shows it."""
    page = (place.number - 1) // PHOTOS_A_PAGE + 1 if place else 1
    query: Query = {**which.to_query(), "sort": [order], "photos_page": [str(page)]}
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link(PHOTOS_PAGE, label=tr("All photos"), icon=":material/arrow_back:", query_params=query)
        leaf(tr("Previous"), place.previous if place else None, "left")
        leaf(tr("Next"), place.next if place else None, "right")
        st.caption(
            tr("{number} of {total} (arrow keys work too)", number=place.number, total=place.total)
            if place
            else tr("This photo does not match the filters in the link."),
            width="content",
        )
    st.title(plain(photo.file))


def leaf(label: str, to: str | None, key: str) -> None:
    """The button, and the arrow key, that goes to a neighbour."""
    if st.button(label, key=f"leaf_{key}", icon=f":material/chevron_{key}:", shortcut=key, disabled=to is None):
        st.query_params["id"] = to or ""
        st.rerun()


@st.fragment
def look(photo: PhotoRecord, analyses: list[Analysis], place: Place | None) -> None:
    """The photo with its boxes beside its counts; the slider recounts, and nothing else of the page runs again."""
    require("researcher")
    review = library.reviews_of([photo.photo_id]).get(photo.photo_id)
    left, right = st.columns([3, 1.35], gap="medium")
    with right:
        analysis = choose_analysis(analyses) if analyses else None
        threshold = None
        if analysis is not None:
            package = bloom.models.package_of(analysis.model, analysis.model_version)
            counts = st.container()
            threshold = None if review else threshold_slider(package)
        [counted] = count_photos(
            [PhotoResult(photo, analysis, review)], package_of=bloom.models.package_of, threshold=threshold
        ).photos
        colours = taxon_colours(row.taxon.name for row in counted.count.taxa) if counted.count else {}
        if counted.count is not None:
            with counts:
                show_counts(counted, colours)
            show_review(counted)
            download(counted, colours, threshold)
        elif photo.problem:
            st.error(plain(photo.problem))
        else:
            st.markdown(tr("This photo is waiting to be counted. Check again in a moment."))
        download_original(photo)
        show_facts(photo, analysis)
    with left:
        if not photo.problem:
            names = package.names if analysis is not None else ()
            show_viewer(counted, colours, names, ahead=place.next if place else None)


def choose_analysis(analyses: list[Analysis]) -> Analysis:
    """Choose the analysis whose boxes are shown, the newest at first. All are listed, with model and time."""
    if len(analyses) == 1:
        return analyses[0]
    by_id = {analysis.analysis_id: analysis for analysis in analyses}
    chosen = st.radio(
        tr("Counts of this photo, newest first"),
        list(by_id),
        format_func=lambda key: f"{by_id[key].model} {by_id[key].model_version}",
        captions=[counted_when(analysis) for analysis in analyses],
        key="analysis",
    )
    return by_id[chosen]


def counted_when(analysis: Analysis) -> str:
    """The time of an analysis in words, how long it took, and its flag."""
    when = tr("{day} in {seconds} s", day=noted_at(analysis.analysed_at), seconds=f"{analysis.seconds:.1f}")
    return f"{when} · {flag_words(analysis.flag)}" if analysis.flag else when


def show_counts(counted: CountedPhoto, colours: dict[str, str]) -> None:
    """Show the number of flowers, in all and by taxon."""
    assert counted.count is not None
    figure = count_with_doubt(counted.count.total)
    st.subheader(tr("1 flower") if figure == "1" else tr("{figure} flowers", figure=figure))
    st.html(count_lines(counted, colours))


def show_review(counted: CountedPhoto) -> None:
    """Say when a person made the count that is shown, and what the model says; the way to the page Review."""
    result = counted.result
    if result.review:
        by_model = count_photo(replace(result, review=None), bloom.models.package_of, None)
        assert by_model is not None
        figure, when = count_with_doubt(by_model.total), noted_at(result.review.at)
        words = (
            tr("Reviewed on {when}. The model counted {figure}.", when=when, figure=figure)
            if result.reviewed
            else tr("Some flowers named on {when}. The model counted {figure}.", when=when, figure=figure)
        )
        st.caption(words)
    query: Query = {"id": [result.photo.photo_id], **which.to_query()}
    st.page_link(REVIEW_PAGE, label=tr("Review"), icon=":material/rate_review:", query_params=query)


def download(counted: CountedPhoto, colours: dict[str, str], threshold: float | None) -> None:
    """The button that saves the photo with these boxes."""
    photo, analysis, count = counted.result.photo, counted.result.analysis, counted.count
    assert analysis is not None
    assert count is not None
    review = counted.result.review
    how = (
        "" if counted.result.reviewed else f"{analysis.model} {analysis.model_version}",
        said_by(review) or tr("minimum confidence {threshold}", threshold=f"{threshold:.2f}"),
    )
    facts = (photo.file, photo.site, (photo.taken_at or "")[:10], *how)
    here = copy_context()  # it is drawn later, in another thread: in the language of this one

    def drawn() -> bytes:
        return here.copy().run(
            picture_with_boxes,
            library.pictures.photo(photo.photo_id),
            name=photo.file,
            limits=bloom.settings.photo_limits,
            flowers=counted.boxes,
            count=count,
            colours=colours,
            caption=" · ".join(filter(None, facts)),
            font_file=source_sans(),
        )

    st.download_button(
        tr("Picture with boxes"),
        while_signed_in(drawn),
        f"{PurePosixPath(photo.file).stem}-bloomcount.jpg",
        "image/jpeg",
        on_click="ignore",
        icon=":material/download:",
        width="stretch",
    )


def download_original(photo: PhotoRecord) -> None:
    """The button that saves the photo as it was uploaded."""
    st.download_button(
        tr("Photo as uploaded"),
        while_signed_in(lambda: library.pictures.photo(photo.photo_id)),
        PurePosixPath(photo.file).name,
        "application/octet-stream",
        on_click="ignore",
        icon=":material/download:",
        width="stretch",
    )


def show_facts(photo: PhotoRecord, analysis: Analysis | None) -> None:
    """Show the facts of the photo, one per row."""
    megapixels = tr("{width} × {height} pixels", width=photo.width, height=photo.height) if photo.width else ""
    facts = {
        tr("Taken"): taken_when(photo.taken_at) if photo.taken_at else tr("no date given"),
        tr("Site"): photo.site or tr("no site given"),
        tr("Position"): photo_position(photo, site_of(photo)) or tr("no position given"),
        tr("Note"): photo.note,
        tr("Camera"): " · ".join(camera_of(photo.photo_id, photo.file)) if not photo.problem else "",
        tr("Size"): " · ".join(filter(None, (megapixels, file_size(photo.bytes)))),
        tr("Uploaded"): f"{photo.uploaded_by}, {noted_at(photo.uploaded_at)}",
        tr("Corrected"): f"{photo.changed_by}, {noted_at(photo.changed_at)}"
        if photo.changed_by and photo.changed_at
        else "",
        tr("Counted"): f"{analysis.model} {analysis.model_version}, {counted_when(analysis)}" if analysis else "",
        tr("SHA-256"): photo.photo_id,
    }
    st.html(facts_table(facts))


def site_of(photo: PhotoRecord) -> Site | None:
    """The description of the photo's site, None where it has none."""
    return library.described_sites().get(photo.site) if photo.site else None


def show_changes(photo: PhotoRecord) -> None:
    """Show who hid the photo, and the changes that may be made of it beside site and note."""
    if photo.hidden_at:
        st.warning(plain(hidden_words(photo)))
    if may_correct(person, photo):
        with st.expander(tr("More changes"), icon=":material/more_horiz:"):
            ids = [photo.photo_id]
            make = partial(correct_many, library, ids, by=person)
            change_photos(ids, 1, person, key=photo.photo_id, make=make, hidden=photo.hidden_at is not None)


def correct_form(photo: PhotoRecord) -> None:
    """Show the form that corrects site and note after a mistake at upload."""
    of = f"{photo.photo_id}-{photo.changed_at}"  # fields keep what they show: what is newer has its own
    with st.expander(tr("Correct site or note"), icon=":material/edit:"), st.form("correct", border=False):
        sites = ["", *dict.fromkeys(filter(None, [photo.site, *library.sites()]))]
        site = st.selectbox(
            tr("Site"),
            sites,
            index=sites.index(photo.site),
            format_func=lambda site: site or tr("no site given"),
            accept_new_options=True,
            key=f"correct_site-{of}",
        )
        note = st.text_input(tr("Note"), photo.note, max_chars=500, key=f"correct_note-{of}")
        if st.form_submit_button(tr("Save correction")):
            try:
                correct(library, photo, site=site or "", note=note, by=person)
            except BloomError as problem:
                st.error(str(problem))
            else:
                st.rerun()


say_changed(person)


def say_deleted(photo_id: str) -> bool:
    """Say who deleted the photo and when, if somebody did; True if so."""
    deleted = library.tombstones.of(photo_id)
    if deleted:
        kept = tr("Its counts are kept.") if deleted.counts_kept else tr("Its counts are deleted too.")
        who = tr("Deleted for privacy by {person}, {when}.", person=deleted.by, when=noted_at(deleted.at))
        st.info(plain(f"{who} {kept}"), icon=":material/delete_forever:")
    return deleted is not None


photo_id = asked.get("id", [""])[0]
photo = library.photo(photo_id)
if photo is None:
    st.title(tr("Photo"))
    if not say_deleted(photo_id):
        empty_page(
            tr("Photo not found. The link may be incomplete.")
            if "id" in asked
            else tr("No photo is chosen. Choose one on the page *Photos*.")
        )
    st.page_link(PHOTOS_PAGE, label=tr("All photos"), icon=":material/arrow_back:")
elif not say_model_problem():
    place = library.place(photo.photo_id, which, order=order)
    heading(photo, place)
    if not photo.uploaded_by:
        say_deleted(photo_id)
    ask_position(photo, site_of(photo), person)
    look(photo, library.analyses_of(photo.photo_id), place)
    if may_correct(person, photo):
        correct_form(photo)
    show_changes(photo)
