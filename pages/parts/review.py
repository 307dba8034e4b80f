"""Review of a photo's count by a person: confirm it, correct it, or take the review back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from core.formatting import count_with_doubt, noted_at
from core.language import tr, vernacular
from core.people.person import Person
from core.recognition.counting import TaxonCount
from core.recognition.taxa import Taxon, taxa_of
from core.review.reviews import save_counts, save_review, standing, undo_review
from core.survey.counted_photos import CountedPhoto, count_photo
from web.markdown import plain
from web.process import bloomcount

MOST_FLOWERS = 99_999


def review_panel(photo: CountedPhoto, person: Person) -> bool:
    """Show the buttons and the form to review a counted photo; True if the person has just used one."""
    result, counted, bloom = photo.result, photo.count, bloomcount()
    assert result.analysis is not None
    assert counted is not None
    package = bloom.models.package_of(result.analysis.model, result.analysis.model_version)
    photo_id, said, at_least = result.photo.photo_id, None, False
    if result.review:
        st.caption(_beside_the_model(photo))
        help_ = tr("The model's count is used again.")
        if st.button(tr("Undo"), icon=":material/undo:", key="take_back", help=help_):
            undo_review(bloom.library, photo_id, package=package, by=person)
            return True
    elif result.flag:
        st.caption(tr("Too crowded for a reliable count. Count by eye, or keep it as a minimum."))
        at_least = st.button(tr("Confirm as a minimum"), icon=":material/check:", key="at_least", shortcut="y")
    elif st.button(
        tr("Confirm"),
        icon=":material/check:",
        key="right",
        shortcut="y",
        help=tr("Charts and exports then use these counts as yours, without an interval. You can undo this."),
    ):
        said = {row.taxon.name: row.flowers.count for row in counted.taxa}
    with st.expander(tr("Correct the count"), icon=":material/edit:"):
        typed = _counts_form(
            f"{photo_id}-{result.review.review_id if result.review else counted.taxa}",
            counted.taxa,
            taxa_of(package.names),
        )
    said = said if typed is None else typed
    if at_least:
        left = replace(standing(result, package), at_least=True)
        save_review(bloom.library, photo_id, left, package=package, by=person)
    elif said is not None:
        save_counts(bloom.library, photo_id, said, package=package, by=person)
    return at_least or said is not None


def _counts_form(of: str, rows: tuple[TaxonCount, ...], taxa: Mapping[str, Taxon]) -> dict[str, int] | None:
    """The flowers of each taxon as the person typed them, None until they are sent. of: what the fields start from."""
    key, fields = hash(of), {row.taxon.name: (_called(row.taxon), row.flowers.count) for row in rows}
    others = {taxon: _called(row) for taxon, row in taxa.items() if taxon == row.name and taxon not in fields}
    added = st.multiselect(
        tr("Other taxa in this photo"),
        sorted(others, key=lambda taxon: others[taxon].lower()),
        format_func=lambda taxon: others[taxon],
        placeholder=tr("Choose or search"),
        select_all=False,
        wrap=False,  # else it shrinks when it is left, and the button below moves from under the pointer
        key=f"review_more-{key}",
    )
    fields |= {taxon: (others[taxon], 1) for taxon in added}
    if not fields:
        return None
    with st.form(f"review-{key}", border=False):
        said = {
            taxon: st.number_input(plain(name), 0, MOST_FLOWERS, count, key=f"review-{taxon}-{key}")
            for taxon, (name, count) in fields.items()
        }
        st.caption(tr("Flowers of each taxon; 0 where there are none."))
        return said if st.form_submit_button(tr("Save count")) else None


def _called(taxon: Taxon) -> str:
    """The taxon's vernacular and scientific name; the one that says so where it is named only to genus or family."""
    name = vernacular(taxon)
    return name if name.startswith(taxon.scientific_name) else f"{name} · {taxon.scientific_name}"


def _beside_the_model(photo: CountedPhoto) -> str:
    """Say when a person made the count that is shown, and what the model says."""
    said, result = photo.result.review, replace(photo.result, review=None)
    counted = count_photo(result, bloomcount().models.package_of, None)
    assert said is not None
    assert counted is not None
    when, figure = noted_at(said.at), count_with_doubt(counted.total)
    if said.record:
        return tr("Reviewed on {when}. The model counted {figure}.", when=when, figure=figure)
    return tr("Corrected on {when}. The model counted {figure}; the boxes are the model's.", when=when, figure=figure)
