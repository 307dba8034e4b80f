"""Blind recount: the photos of a sample one after another, without the model's word or anybody's, to count again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from core.language import tr, vernacular
from core.recognition.taxa import Taxon, taxa_of
from core.review.reviews import Said, save_review
from core.review.samples import left_to, sample_of
from core.store.records import PhotoRecord, PhotoResult
from core.survey.counted_photos import CountedPhoto
from pages.parts.results import empty_page, say_model_problem
from pages.parts.viewer import show_viewer
from web.markdown import plain
from web.process import bloomcount, package
from web.session import require
from web.tables import edition

person = require("researcher")

ACCURACY_PAGE = Path(__file__).parent.parent / "insight" / "accuracy.py"
MOST_FLOWERS = 99_999

library = bloomcount().library


def called(taxon: Taxon) -> str:
    """The taxon's vernacular and scientific name."""
    return " · ".join(dict.fromkeys((vernacular(taxon), taxon.scientific_name))) if taxon.rank else vernacular(taxon)


def counts_form(photo: PhotoRecord) -> dict[str, int] | None:
    """The flowers of each taxon as the person counts them, None until they are sent."""
    taxa: Mapping[str, Taxon] = taxa_of(package().names)
    names = {name: called(taxon) for name, taxon in taxa.items() if name == taxon.name}
    chosen = st.multiselect(
        tr("Taxa in this photo"),
        sorted(names, key=lambda name: names[name].lower()),
        format_func=lambda name: names[name],
        placeholder=tr("Choose or search"),
        select_all=False,
        wrap=False,
        key=f"blind_taxa-{photo.photo_id}",
    )
    with st.form(f"blind-{photo.photo_id}", border=False):
        counts = {
            name: st.number_input(plain(names[name]), 0, MOST_FLOWERS, 1, key=f"blind-{name}-{photo.photo_id}")
            for name in chosen
        }
        label = tr("Save and next") if chosen else tr("No flowers, next")
        return counts if st.form_submit_button(label, icon=":material/check:") else None


sample = sample_of(library, st.query_params.get("sample", ""))
left = left_to(library, sample, person) if sample else []
st.title(tr("Blind recount"))
st.page_link(ACCURACY_PAGE, label=tr("Accuracy"), icon=":material/arrow_back:")
if sample is None:
    empty_page(tr("Sample not found. The link may be incomplete."))
elif not left:
    st.success(tr("You have recounted all of them."))
elif not say_model_problem():
    photo = library.photos(left[:1])[left[0]]
    st.caption(
        tr(
            "{number} of {total}. Count every flower that you see; neither the model's count nor anybody's is shown.",
            number=len(sample.photo_ids) - len(left) + 1,
            total=len(sample.photo_ids),
        )
    )
    picture, form = st.columns([3, 1.35], gap="medium")
    with picture:
        unseen = CountedPhoto(PhotoResult(photo, None), None)
        show_viewer(unseen, {}, (), ahead=left[1] if len(left) > 1 else None)
    with form:
        counts = counts_form(photo)
    if counts is not None:
        save_review(
            library, photo.photo_id, Said(more=counts, sample_id=sample.sample_id), package=package(), by=person
        )
        edition.clear()
        st.rerun()
