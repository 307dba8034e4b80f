"""Reviews as they are read: those that hold now of some photos, and everything that was ever said of them.

What holds is decided by the observations (core/store/now.py); tables/reviews has each flower of a review. Reviews of
version 1.0 are observations alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from core.store.now import CurrentRows
from core.store.records import How, Review, ReviewRecord
from core.store.schemas import REVIEWS, reviews_from
from core.store.tables import Tables, quoted_list


def current_reviews(tables: Tables, rows: CurrentRows, photos: pl.DataFrame) -> dict[str, Review]:
    """The reviews that hold of these photos by photo_id. photos: with their place in the rows."""
    reviewed = photos.filter("review_stands").select(
        "photo_id", "review_id", "at_least", pl.col("place").alias("photo")
    )
    if not len(reviewed):
        return {}
    records = _records(tables, f"review_id IN {quoted_list(reviewed['review_id'])}")
    here = pl.col("photo").is_in(reviewed["photo"].implode())
    observations = rows.observations.filter(here).select("photo", "taxon", "count", "by", "at", "how")
    said: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in observations.join(reviewed, on="photo", maintain_order="left").iter_rows(named=True):
        said[row["photo_id"]].append(row)
    return {photo_id: _review(rows_of_photo, records) for photo_id, rows_of_photo in said.items()}


def _review(rows: Sequence[dict[str, Any]], records: Mapping[str, ReviewRecord]) -> Review:
    """The review that these observations of one photo follow from. Of some flowers alone they are the model's word."""
    first, record = rows[0], records.get(rows[0]["review_id"])
    return Review(
        record.by if record and not record.whole else first["by"],
        first["at"],
        {row["taxon"]: row["count"] for row in rows if row["taxon"]},
        first["review_id"],
        first["how"] or "",
        first["at_least"],
        record,
    )


def every_review(tables: Tables, photo_ids: Sequence[str]) -> list[ReviewRecord]:
    """Every review that anybody ever saved of these photos, undone ones and undoings too, by time."""
    photos = quoted_list(photo_ids)
    sql = f"SELECT * FROM observations WHERE review_id IS NOT NULL AND photo_id IN {photos}"
    said: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in tables.query(sql, "observations").to_pylist():
        said[row["review_id"]].append(row)
    kept = _records(tables, f"photo_id IN {photos}")
    holding = [kept.get(review_id) or _of_1_0(rows) for review_id, rows in said.items()]
    return sorted(holding, key=lambda record: (record.at, record.review_id))


def _of_1_0(rows: Sequence[dict[str, Any]]) -> ReviewRecord:
    """The record of a review that is observations alone."""
    first = rows[0]
    numbers: How = "" if first["taxon"] is None else "chosen"
    counts = {row["taxon"]: row["count"] for row in rows if row["taxon"]}
    about = {name: first[name] for name in ("review_id", "photo_id", "by", "at")}
    return ReviewRecord(**about, names=numbers, numbers=numbers, more=counts)


def _records(tables: Tables, where: str) -> dict[str, ReviewRecord]:
    """Rows of tables/reviews by review_id; one that was recorded twice is one."""
    rows = tables.query(f"SELECT * FROM reviews WHERE {where}", "reviews")
    return {record.review_id: record for record in reviews_from(rows.select(REVIEWS.names).cast(REVIEWS))}
