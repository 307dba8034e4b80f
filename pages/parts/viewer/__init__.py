"""A photo that can be zoomed, dragged and read with the keyboard alone, with a box around each counted flower."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from core.language import tr, vernacular
from core.recognition.taxa import Names, Taxon, taxa_of
from core.survey.counted_photos import CountedPhoto
from pages.parts.photo import box_place, boxes_by_size, in_words, kind_of_box

HERE = Path(__file__).parent
_html, _css, _js, _elements = (
    (HERE / name).read_text(encoding="utf-8") for name in ("viewer.html", "viewer.css", "viewer.js", "../elements.js")
)
_viewer = st.components.v2.component("bloomcount.viewer", html=_html, css=_css, js=_elements + _js)


def show_viewer(photo: CountedPhoto, colours: Mapping[str, str], names: Names, *, ahead: str | None = None) -> None:
    """The photo with its boxes; pointing at one, choosing it or tabbing to it names its five best taxa.

    names: of the package that the flowers were counted with. ahead: id of the photo that is fetched meanwhile.
    """
    record, boxes = photo.result.photo, _boxes(photo, colours, taxa_of(names))
    hints = [tr("Zoom with Ctrl and the wheel, or with two fingers.")]
    if boxes:
        hints.insert(0, tr("Point at a box or select it to see its five best names."))
    _viewer(
        key="viewer",
        data={
            "photo": record.photo_id,
            "width": record.width,
            "height": record.height,
            "picture": f"/pictures/{record.photo_id}.webp",
            "fine": f"/fine/{record.photo_id}.webp",
            "ahead": f"/pictures/{ahead}.webp" if ahead else None,
            "alt": in_words(photo),
            "boxes": boxes,
            "hint": " ".join(hints),
            "alone": tr("This flower alone:"),
            "words": {"closer": tr("Zoom in"), "farther": tr("Zoom out"), "whole": tr("Whole photo")},
        },
    )


def _boxes(photo: CountedPhoto, colours: Mapping[str, str], taxa: Mapping[str, Taxon]) -> list[dict[str, Any]]:
    if photo.count is None or photo.result.analysis is None:
        return []
    flowers = photo.boxes
    return [
        {
            "place": box_place(photo, index),
            "kind": kind_of_box(name.taxon),
            "colour": colours[name.taxon.name],
            "name": _two_names(name.taxon),
            "sure": tr("named by a person") if name.by_person else f"{name.confidence:.2f}",
            "best": [
                (_two_names(taxa[best.taxon]) if best.taxon in taxa else ("", best.taxon), f"{best.score:.2f}")
                for best in flowers.taxa[index]
            ],
        }
        for index, name in boxes_by_size(photo)
    ]


def _two_names(taxon: Taxon) -> tuple[str, str]:
    """The scientific name and what the vernacular adds to it."""
    return taxon.scientific_name, vernacular(taxon).removeprefix(taxon.scientific_name).strip()
