"""Rows written to a table come back equal to the last bit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.recognition.flowers import MOST_FEATURES, Flowers, TaxonScore
from core.store.records import PhotoRecord
from core.store.schemas import (
    PHOTOS,
    features_column,
    features_from,
    flowers_column,
    flowers_from,
    photo_rows,
    photos_from,
)

TAXA = st.lists(st.builds(TaxonScore, st.text(max_size=12), st.floats(0, 1)), max_size=5).map(tuple)


@st.composite
def flowers(draw: st.DrawFn) -> Flowers:
    taxa = tuple(draw(st.lists(TAXA, max_size=6)))
    side, probability = st.floats(0, 20_000, width=32), st.floats(0, 1, width=32)
    boxes = draw(st.lists(st.tuples(side, side, side, side), min_size=len(taxa), max_size=len(taxa)))
    sure = draw(st.lists(probability, min_size=len(taxa), max_size=len(taxa)))
    return Flowers(np.array(boxes, np.float32).reshape(-1, 4), np.array(sure, np.float32), taxa)


@settings(deadline=None)
@given(st.lists(flowers(), max_size=4))
def test_flowers_come_back_to_the_last_bit(photos: list[Flowers]) -> None:
    back = flowers_from(pa.chunked_array([flowers_column(photos)]))
    assert [one.taxa for one in back] == [one.taxa for one in photos]
    for written, read in zip(photos, back, strict=True):
        assert (read.boxes_xyxy.dtype, read.probability.dtype) == (np.float32, np.float32)
        assert read.boxes_xyxy.tobytes() == written.boxes_xyxy.tobytes()
        assert read.probability.tobytes() == written.probability.tobytes()


@settings(deadline=None)
@given(st.lists(st.tuples(flowers(), st.none() | st.integers(1, MOST_FEATURES), st.integers(0, 2**32)), max_size=4))
def test_features_come_back_byte_by_byte_in_at_most_128_a_flower(photos: list[tuple[Flowers, int | None, int]]) -> None:
    seen = [
        replace(found, features=n and np.random.default_rng(seed).integers(-127, 128, (len(found), n), np.int8))
        for found, n, seed in photos
    ]
    back = features_from(pa.chunked_array([features_column(seen)]))
    for found, read in zip(seen, back, strict=True):
        if found.features is None or len(found) == 0:
            assert read is None
        else:
            assert read is not None
            assert (read.dtype, read.shape) == (np.int8, found.features.shape)
            assert read.tobytes() == found.features.tobytes()


@settings(deadline=None)
@given(st.lists(flowers(), max_size=3), st.lists(flowers(), max_size=3))
def test_rows_of_several_files_read_as_one_column(first: list[Flowers], second: list[Flowers]) -> None:
    column = pa.chunked_array([flowers_column(first), flowers_column(second), flowers_column(first).slice(1)])
    assert [one.taxa for one in flowers_from(column)] == [one.taxa for one in first + second + first[1:]]


PHOTO = PhotoRecord(
    photo_id="ab",
    file="a.jpg",
    bytes=3,
    width=4,
    height=5,
    taken_at=None,
    latitude=None,
    longitude=4.5,
    site="",
    note="",
    drop_id="d",
    uploaded_by="anna",
    uploaded_at=datetime(2026, 6, 12, 14, tzinfo=UTC),
)


def test_a_time_is_stored_in_utc() -> None:
    summer = timezone(timedelta(hours=2))
    rows = photo_rows([PhotoRecord(**{**_dict(PHOTO), "uploaded_at": datetime(2026, 6, 12, 16, tzinfo=summer)})])
    assert rows.schema == PHOTOS
    assert photos_from(pl.DataFrame(rows)) == [PHOTO]
    assert photos_from(pl.DataFrame(rows))[0].uploaded_at.utcoffset() == timedelta(0)


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="uploaded_at 2026-06-12 14:00:00 has no time zone"):
        photo_rows([PhotoRecord(**{**_dict(PHOTO), "uploaded_at": datetime(2026, 6, 12, 14)})])


def _dict(photo: PhotoRecord) -> dict[str, object]:
    return {name: getattr(photo, name) for name in PHOTOS.names}
