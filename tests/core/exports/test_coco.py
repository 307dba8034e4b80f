"""The flowers that a store counted, as pycocotools loads them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from pycocotools.cocoeval import COCOeval

from core.exports.publication import LICENCES, UNTOLD
from core.store.pictures import photo_key
from core.store.records import Observation
from core.store.selection import Selection
from tests.core.exports.reading import coco, coco_totals, exported
from tests.core.exports.summer import NOON, summer


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    return summer(tmp_path_factory.mktemp("summer"))


def boxes(read, file: str) -> list[dict]:
    (image,) = [one for one in read.dataset["images"] if one["uploaded_as"] == file]
    return read.loadAnns(read.getAnnIds(imgIds=[image["id"]]))


def test_a_counted_flower_is_a_box_and_a_candidate_below_the_threshold_is_none(stored):
    read = coco(exported(stored, "coco"))
    found = [(read.cats[one["category_id"]]["name"], one["bbox"], one["score"]) for one in boxes(read, "meadow.jpg")]
    assert found == [
        ("oxeye-daisy", [0.0, 0.0, 2.5, 2.5], 0.99),
        ("oxeye-daisy", [1.0, 1.0, 2.5, 2.5], 0.9),
        ("=cmd", [3.0, 3.0, 2.5, 2.5], 0.8),
    ]


def test_a_photo_without_flowers_is_an_image_without_boxes(stored):
    assert boxes(coco(exported(stored, "coco")), "mown.jpg") == []


def test_flowers_that_a_person_counted_and_nobody_boxed_are_a_crowd_over_the_photo(stored):
    *boxed, crowd = boxes(coco(exported(stored, "coco")), "heap.jpg")
    assert [(one["flowers"], one["iscrowd"]) for one in boxed] == [(1, 0), (1, 0)]
    assert {key: crowd[key] for key in ("flowers", "iscrowd", "bbox", "area")} == {
        "flowers": 3, "iscrowd": 1, "bbox": [0, 0, 40, 30], "area": 1200,
    }  # fmt: skip


def test_a_person_who_counted_fewer_leaves_the_surest_boxes(tmp_path):
    stored = summer(tmp_path)
    (heap,) = [row for row in stored.rows() if row["file"] == "heap.jpg"]
    later = heap["at"].to_pydatetime() + timedelta(hours=1)
    less = Observation(
        heap["photo_id"], "oxeye-daisy", 1, 1, 1, 1.0, "confident", "flower head", "lea", later, None, "r2"
    )
    stored.library.record([], [], [less])
    (left,) = boxes(coco(exported(stored, "coco")), "heap.jpg")
    assert (left["score"], left["flowers"]) == (0.95, 1)


def test_a_picture_is_found_by_the_name_of_the_persons_own_file_and_in_the_store(stored):
    images = coco(exported(stored, "coco")).dataset["images"]
    assert sorted(image["file_name"] for image in images) == ["doubt.jpg", "heap.jpg", "meadow.jpg", "mown.jpg"]
    assert [image["store_key"] for image in images] == [photo_key(image["photo_id"]) for image in images]


def test_two_photos_of_one_name_are_never_taken_for_each_other(tmp_path):
    stored = summer(tmp_path)
    (mown,) = [row["photo_id"] for row in stored.rows() if row["file"] == "mown.jpg"]
    (record,) = [result.photo for result in stored.library.each_result([mown])]
    stored.library.record([replace(record, file="meadow.jpg", changed_by="lea", changed_at=NOON)], [], [])
    names = [image["file_name"] for image in coco(exported(stored, "coco")).dataset["images"]]
    assert sorted(names)[2:] == sorted({f"meadow-{mown[:8]}.jpg", *names} - {"doubt.jpg", "heap.jpg"})
    assert all(name.startswith("meadow-") for name in sorted(names)[2:])


def test_the_licence_of_the_publication_is_that_of_each_picture(stored):
    read = json.loads(exported(stored, "coco"))
    (licence,) = read["licenses"]
    assert (licence["name"], licence["url"]) == ("CC BY 4.0", LICENCES["CC BY 4.0"])
    assert {image["license"] for image in read["images"]} == {licence["id"]}
    (missing,) = json.loads(exported(replace(stored, publication=UNTOLD), "coco"))["licenses"]
    assert missing["name"] == "No licence was given yet"


def test_categories_are_the_labels_in_their_order_and_what_else_was_met(stored):
    categories = coco(exported(stored, "coco")).dataset["categories"]
    assert [(one["id"], one["name"]) for one in categories] == [(1, "oxeye-daisy"), (2, "=cmd"), (3, "unknown")]


def test_a_taxon_that_is_asked_for_alone_is_boxed_alone(tmp_path):
    stored = summer(tmp_path, Selection(taxa=("=cmd",)))
    flowers, photos = coco_totals(exported(stored, "coco"))
    assert [taxon for _, taxon in flowers] == ["=cmd"]
    assert len(photos) == 4


@pytest.mark.parametrize("name", ["coco", "geojson"])
def test_a_file_of_some_taxa_says_of_which(tmp_path, name):
    read = json.loads(exported(summer(tmp_path, Selection(taxa=("=cmd",))), name))
    assert "Selection: taxon: =cmd." in (read["info"]["description"] if name == "coco" else read["description"])


def test_the_boxes_evaluate_as_perfect_against_themselves(stored):
    """The file can be used as it is to measure a detector with pycocotools; crowds are left out of the figures."""
    truth = coco(exported(stored, "coco"))
    found = [one for one in truth.dataset["annotations"] if not one["iscrowd"]]
    evaluation = COCOeval(truth, truth.loadRes([dict(one) for one in found]), "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    precision = evaluation.eval["precision"][..., -1]  # the last: up to 100 boxes a photo
    assert np.allclose(precision[precision > -1], 1)
