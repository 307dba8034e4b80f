"""Boxes in the COCO format, which most annotation tools and evaluations read: every candidate with its score."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.recognition.package import Label
from core.store.records import PhotoResult

UNKNOWN = "unknown"
"""The taxon of a flower without a name, as in the CSV."""


class CocoBoxes:
    """Gathers photos, then gives the one COCO document of all.

    A box has the category of its best taxon, `score` the probability that it is a flower, `taxon_score` that of its
    taxon. Every taxon of the labels is a category, in their order from 1; the last is for flowers without a taxon.
    """

    def __init__(self, labels: Iterable[Label]) -> None:
        families = {label.taxon: label.family for label in labels} | {UNKNOWN: ""}
        self._category = {taxon: number for number, taxon in enumerate(families, start=1)}
        self._document: dict[str, list[dict[str, Any]]] = {
            "images": [],
            "annotations": [],
            "categories": [
                {"id": number, "name": taxon, "supercategory": families[taxon]}
                for taxon, number in self._category.items()
            ],
        }

    def add(self, result: PhotoResult) -> None:
        """One photo with all its candidates; a photo that could not be counted is left out."""
        if result.analysis is None:
            return
        photo, flowers = result.photo, result.analysis.flowers
        image_id = len(self._document["images"]) + 1
        self._document["images"].append(
            {
                "id": image_id,
                "file_name": photo.file,
                "width": photo.width,
                "height": photo.height,
                "photo_id": photo.photo_id,
            }
        )
        for box, probability, taxa in zip(
            flowers.boxes_xyxy.tolist(), flowers.probability.tolist(), flowers.taxa, strict=True
        ):
            taxon, score = taxa[0] if taxa and taxa[0].taxon in self._category else (UNKNOWN, 0.0)
            self._add_box(image_id, box, self._category[taxon], score=probability, taxon_score=score)

    def document(self) -> dict[str, Any]:
        """The document, to be written as JSON."""
        return self._document

    def _add_box(self, image_id: int, box: list[float], category_id: int, *, score: float, taxon_score: float) -> None:
        xmin, ymin, xmax, ymax = box
        width, height = xmax - xmin, ymax - ymin
        self._document["annotations"].append(
            {
                "id": len(self._document["annotations"]) + 1,
                "image_id": image_id,
                "category_id": category_id,
                "bbox": [round(side, 2) for side in (xmin, ymin, width, height)],
                "area": round(width * height, 2),
                "iscrowd": 0,
                "score": round(score, 4),
                "taxon_score": round(taxon_score, 4),
            }
        )
