"""The columns of the stored tables, and their rows to and from the records.

Flowers go column by column (a meadow has thousands, a page of photos has many meadows): boxes and probabilities stay
float32, scores stay what they were, so that what is read equals what was written to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from core.recognition.flowers import Flowers, TaxonScore
from core.store.records import (
    Analysis,
    Fieldwork,
    Observation,
    PhotoRecord,
    ReviewedFlower,
    ReviewRecord,
    SeenAgain,
    Site,
)

TIME = pa.timestamp("us", tz="UTC")
BOX = pa.struct([(side, pa.float32()) for side in ("xmin", "ymin", "xmax", "ymax")])
TAXON = pa.struct([("taxon", pa.string()), ("score", pa.float64())])
FLOWER = pa.struct([("box", BOX), ("probability", pa.float32()), ("taxa", pa.list_(TAXON))])

REVIEWED = pa.struct([("box", BOX), ("taxon", pa.string()), ("from", pa.int32())])
MORE = pa.struct([("taxon", pa.string()), ("count", pa.int32())])

NUMBERS = ("quadrat_m2", "length_m", "width_m", "minutes")
"""The numbers of a protocol, of sites and of drops."""

PHOTOS = pa.schema(
    [
        ("photo_id", pa.string()),
        ("file", pa.string()),
        ("bytes", pa.int64()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("taken_at", pa.string()),
        ("latitude", pa.float64()),
        ("longitude", pa.float64()),
        ("site", pa.string()),
        ("note", pa.string()),
        ("drop_id", pa.string()),
        ("uploaded_by", pa.string()),
        ("uploaded_at", TIME),
        ("problem", pa.string()),
        ("changed_by", pa.string()),
        ("changed_at", TIME),
        ("hidden_by", pa.string()),
        ("hidden_at", TIME),
        ("hidden_why", pa.string()),
        ("altitude_m", pa.float64()),
        ("height_m", pa.float64()),
        ("gimbal_pitch_deg", pa.float64()),
        ("gimbal_yaw_deg", pa.float64()),
        ("gimbal_roll_deg", pa.float64()),
        ("position_of", pa.string()),
    ]
)

DROPS = pa.schema(
    [
        ("drop_id", pa.string()),
        ("photo_id", pa.string()),
        ("by", pa.string()),
        ("at", TIME),
        ("site", pa.string()),
        ("note", pa.string()),
        ("file", pa.string()),
        ("protocol", pa.string()),
        *((name, pa.float64()) for name in NUMBERS),
        ("observer", pa.string()),
        ("weather", pa.string()),
    ]
)
"""A photo that came again in a later drop; without photo_id the field work that a drop shows, the newest row of it."""

ANALYSES = pa.schema(
    [
        ("analysis_id", pa.string()),
        ("photo_id", pa.string()),
        ("model", pa.string()),
        ("model_version", pa.string()),
        ("analysed_at", TIME),
        ("seconds", pa.float64()),
        ("flag", pa.string()),
        ("flowers", pa.list_(FLOWER)),
        ("features", pa.list_(pa.binary())),
    ]
)

OBSERVATIONS = pa.schema(
    [
        ("photo_id", pa.string()),
        ("taxon", pa.string()),
        ("count", pa.int32()),
        ("count_low", pa.int32()),
        ("count_high", pa.int32()),
        ("confidence", pa.float64()),
        ("band", pa.string()),
        ("unit", pa.string()),
        ("by", pa.string()),
        ("at", TIME),
        ("analysis_id", pa.string()),
        ("review_id", pa.string()),
        ("how", pa.string()),
        ("at_least", pa.bool_()),
        ("name_list", pa.string()),
    ]
)

REVIEWS = pa.schema(
    [
        ("review_id", pa.string()),
        ("photo_id", pa.string()),
        ("by", pa.string()),
        ("at", TIME),
        ("how", pa.string()),
        ("names", pa.string()),
        ("numbers", pa.string()),
        ("flowers", pa.list_(REVIEWED)),
        ("more", pa.list_(MORE)),
        ("at_least", pa.bool_()),
        ("analysis_id", pa.string()),
        ("undoes", pa.string()),
        ("sample_id", pa.string()),
        ("looked_at", pa.list_(pa.int32())),
    ]
)

SITES = pa.schema(
    [
        ("site", pa.string()),
        ("latitude", pa.float64()),
        ("longitude", pa.float64()),
        ("habitat", pa.string()),
        ("area_m2", pa.float64()),
        ("changed_by", pa.string()),
        ("changed_at", TIME),
        ("removed", pa.bool_()),
        ("parent", pa.string()),
        ("protocol", pa.string()),
        *((name, pa.float64()) for name in NUMBERS),
    ]
)

TRAIL = pa.schema(
    [
        ("at", TIME),
        ("by", pa.string()),
        ("from", pa.string()),
        ("action", pa.string()),
        ("what", pa.string()),
        ("before", pa.string()),
        ("after", pa.string()),
    ]
)

OBSERVED = pa.schema(
    [
        *(PHOTOS.field(name) for name in ("photo_id", "file", "site", "note", "taken_at", "latitude", "longitude")),
        PHOTOS.field("position_of"),
        *(PHOTOS.field(name) for name in ("drop_id", "uploaded_by", "uploaded_at")),
        *(OBSERVATIONS.field(name) for name in ("taxon", "count", "count_low", "count_high", "confidence", "band")),
        OBSERVATIONS.field("unit"),
        ("reviewed", pa.bool_()),
        ANALYSES.field("flag"),
        ("model", pa.string()),
        OBSERVATIONS.field("by"),
        OBSERVATIONS.field("at"),
        OBSERVATIONS.field("how"),
        OBSERVATIONS.field("name_list"),
    ]
)
"""A row of Library.observed: a photo, a taxon in it (or none), and what holds of it now.

flag: why the count is a lower bound; empty where a person counted, unless they say that there are more.
"""

SCHEMAS = {
    "photos": PHOTOS,
    "drops": DROPS,
    "analyses": ANALYSES,
    "observations": OBSERVATIONS,
    "reviews": REVIEWS,
    "sites": SITES,
    "trail": TRAIL,
}
"""Every table of the store. A column may be added here at any time: older rows read as null."""


def photo_rows(photos: Sequence[PhotoRecord]) -> pa.Table:
    """Rows of tables/photos."""
    return _rows(photos, PHOTOS)


def seen_rows(seen: Sequence[SeenAgain]) -> pa.Table:
    """Rows of tables/drops."""
    return _some(seen, SeenAgain, DROPS)


def fieldwork_rows(fieldwork: Sequence[Fieldwork]) -> pa.Table:
    """Rows of tables/drops that are of no photo."""
    return _some(fieldwork, Fieldwork, DROPS)


def observation_rows(observations: Sequence[Observation]) -> pa.Table:
    """Rows of tables/observations."""
    return _rows(observations, OBSERVATIONS)


def analysis_rows(analyses: Sequence[Analysis]) -> pa.Table:
    """Rows of tables/analyses."""
    flowers = [analysis.flowers for analysis in analyses]
    plain = [name for name in ANALYSES.names if name not in ("flowers", "features")]
    columns = [_column(analyses, name, ANALYSES.field(name).type) for name in plain]
    return pa.table([*columns, flowers_column(flowers), features_column(flowers)], schema=ANALYSES)


def review_rows(reviews: Sequence[ReviewRecord]) -> pa.Table:
    """Rows of tables/reviews."""
    plain = [field for field in REVIEWS if field.name not in ("flowers", "more")]
    columns = {field.name: _column(reviews, field.name, field.type) for field in plain}
    columns["flowers"] = pa.array(
        [
            [
                {"box": dict(zip(BOX.names, one.box_xyxy, strict=True)), "taxon": one.taxon, "from": one.candidate}
                for one in review.flowers
            ]
            for review in reviews
        ],
        REVIEWS.field("flowers").type,
    )
    more = [[{"taxon": taxon, "count": count} for taxon, count in review.more.items()] for review in reviews]
    columns["more"] = pa.array(more, REVIEWS.field("more").type)
    return pa.table([columns[name] for name in REVIEWS.names], schema=REVIEWS)


def reviews_from(rows: pa.Table) -> list[ReviewRecord]:
    """The records of rows that have at least the columns of tables/reviews."""
    names = [name for name in REVIEWS.names if name not in ("how", "flowers", "more", "looked_at")]
    return [
        ReviewRecord(
            **{name: row[name] for name in names},
            flowers=tuple(
                ReviewedFlower(tuple(one["box"][side] for side in BOX.names), one["taxon"], one["from"])
                for one in row["flowers"]
            ),
            more={one["taxon"]: one["count"] for one in row["more"]},
            looked_at=None if row["looked_at"] is None else tuple(row["looked_at"]),
        )
        for row in rows.select(REVIEWS.names).to_pylist()
    ]


def site_rows(sites: Sequence[Site]) -> pa.Table:
    """Rows of tables/sites."""
    return _rows(sites, SITES)


def sites_from(rows: pa.Table) -> list[Site]:
    """The records of rows that have at least the columns of tables/sites."""
    return [Site(**row) for row in _plain(rows, Site)]


def fieldwork_from(rows: pa.Table) -> list[Fieldwork]:
    """The records of rows that have at least the columns of tables/drops."""
    return [Fieldwork(**row) for row in _plain(rows, Fieldwork)]


def seen_from(rows: pa.Table) -> list[SeenAgain]:
    """The records of rows that have at least the columns of tables/drops."""
    return [SeenAgain(**row) for row in _plain(rows, SeenAgain)]


def photos_from(rows: pl.DataFrame) -> list[PhotoRecord]:
    """The records of rows that have at least the columns of tables/photos."""
    names = [field.name for field in fields(PhotoRecord)]
    return [PhotoRecord(**row) for row in rows.select(names).iter_rows(named=True)]


def analyses_from(rows: pa.Table) -> list[Analysis]:
    """The records of rows that have at least the columns of tables/analyses; but for features, see features_from."""
    names = [name for name in ANALYSES.names if name not in ("analysis_id", "flowers", "features")]
    flowers = flowers_from(rows["flowers"])
    plain = rows.select(names).to_pylist()
    return [Analysis(**row, flowers=found) for row, found in zip(plain, flowers, strict=True)]


def flowers_column(photos: Sequence[Flowers]) -> pa.Array:
    """One list of FLOWER a photo."""
    boxes = np.concatenate([np.empty((0, 4), np.float32), *(f.boxes_xyxy for f in photos)])
    box = pa.StructArray.from_arrays([pa.array(np.ascontiguousarray(side)) for side in boxes.T], fields=list(BOX))
    probability = pa.array(np.concatenate([np.empty(0, np.float32), *(f.probability for f in photos)]))
    per_flower = [taxa for f in photos for taxa in f.taxa]
    scores = [score for taxa in per_flower for score in taxa]
    taxon = pa.StructArray.from_arrays(
        [pa.array([s.taxon for s in scores], pa.string()), pa.array([s.score for s in scores], pa.float64())],
        fields=list(TAXON),
    )
    taxa_lists = pa.ListArray.from_arrays(_offsets(per_flower), taxon)
    flower = pa.StructArray.from_arrays([box, probability, taxa_lists], fields=list(FLOWER))
    return pa.ListArray.from_arrays(_offsets(photos), flower)


def features_column(photos: Sequence[Flowers]) -> pa.Array:
    """One list of bytes a photo, a flower each; null where its package has none."""
    lists = [None if one.features is None else [row.tobytes() for row in one.features] for one in photos]
    return pa.array(lists, pa.list_(pa.binary()))


def features_from(column: pa.ChunkedArray) -> list[NDArray[np.int8] | None]:
    """The features (n, numbers) of each row's n flowers; None where there are none, or the row has no flower."""
    return [
        np.stack([np.frombuffer(one, np.int8) for one in flowers]) if flowers else None
        for flowers in column.to_pylist()
    ]


def flowers_from(column: pa.ChunkedArray) -> list[Flowers]:
    """The Flowers of each row; a row without a list has none."""
    lists = pa.chunked_array(
        [chunk.cast(pa.list_(FLOWER)) for chunk in column.chunks], pa.list_(FLOWER)
    ).combine_chunks()
    flower = lists.flatten()
    box, taxa_lists = flower.field("box"), flower.field("taxa")
    boxes = np.stack([box.field(side).to_numpy(zero_copy_only=False) for side in BOX.names], axis=1).astype(np.float32)
    probability = flower.field("probability").to_numpy(zero_copy_only=False).astype(np.float32)
    scores = taxa_lists.flatten()
    pairs = list(map(TaxonScore, scores.field("taxon").to_pylist(), scores.field("score").to_pylist()))
    taxa = [tuple(pairs[start:end]) for start, end in _spans(taxa_lists)]
    return [Flowers(boxes[start:end], probability[start:end], tuple(taxa[start:end])) for start, end in _spans(lists)]


def _offsets(lists: Iterable[Any]) -> pa.Array:
    return pa.array(accumulate((len(one) for one in lists), initial=0), pa.int32())


def _spans(lists: pa.ListArray) -> Iterable[tuple[int, int]]:
    """The start and end of each list in the flattened values."""
    return pairwise(accumulate(lists.value_lengths().fill_null(0).to_pylist(), initial=0))


def _rows(records: Sequence[Any], schema: pa.Schema) -> pa.Table:
    return pa.table([_column(records, field.name, field.type) for field in schema], schema=schema)


def _some(records: Sequence[Any], record: type, schema: pa.Schema) -> pa.Table:
    """Rows of a table that holds several kinds of record; columns that are not of this one are null."""
    own = {field.name for field in fields(record)}
    columns = [
        _column(records, field.name, field.type) if field.name in own else pa.nulls(len(records), field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def _column(records: Sequence[Any], name: str, kind: pa.DataType) -> pa.Array:
    values = [getattr(record, name) for record in records]
    if kind == TIME:
        values = [value and _utc(value, name) for value in values]
    return pa.array(values, kind)


def _utc(at: datetime, name: str) -> datetime:
    if at.tzinfo is None:
        raise ValueError(f"{name} {at} has no time zone: use datetime.now(UTC)")
    return at.astimezone(UTC)


def _plain(rows: pa.Table, record: type) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = rows.select([field.name for field in fields(record)]).to_pylist()
    return found
