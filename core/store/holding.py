"""What now holds of every photo, as columns of numbers: of its rows the newest, of its analyses, of its reviews.

The same rules as the SQL in core/store/questions.py, which says them plainly and takes half a minute for a million
photos; tests hold both equal. "Newest" needs no order of arrival, so new rows are put beside what is there: one photo
more beside a million costs a fraction of a second. What is there is never changed, so whoever reads it may go on.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.store.schemas import SCHEMAS
from core.store.tables import NO_TABLE, Version
from core.store.texts import NONE, Codes, Pool, Words, codes_of

Numbers = NDArray[Any]
Columns = dict[str, Numbers]

NEVER = np.iinfo(np.int64).min
"""The time of what did not happen, in place of microseconds since 1970."""

PHOTO_WORDS = ("site", "note", "drop_id", "uploaded_by", "problem")
PHOTO_POOLS = ("file", "taken_at")
ROW_WORDS = ("taxon", "band", "unit", "by")
WORDS = (*PHOTO_WORDS, "day", "flag", "model", *ROW_WORDS)
POOLS = ("photo_id", "source", *PHOTO_POOLS)

READ = {
    "photos": ("photo_id", *PHOTO_WORDS, *PHOTO_POOLS, "latitude", "longitude", "uploaded_at", "changed_at"),
    "analyses": ("photo_id", "analysis_id", "model", "model_version", "analysed_at", "flag"),
    "observations": (
        *("photo_id", "taxon", "count", "count_low", "count_high", "confidence", "band", "unit", "by", "at"),
        *("analysis_id", "review_id"),
    ),
}
"""The columns that are needed of each table, in the order in which they are read, the opposite of Library.record: a
photo has its analysis, and that its observations."""

PHOTO_COLUMNS: dict[str, tuple[Any, Any]] = {
    **dict.fromkeys(("site", "note", "drop_id", "uploaded_by", "problem", "day", "flag", "model"), (np.int32, NONE)),
    **dict.fromkeys(("file", "taken_at", "analysis", "review"), (np.int32, NONE)),
    **dict.fromkeys(("latitude", "longitude"), (np.float64, np.nan)),
    **dict.fromkeys(("uploaded_at", "changed_at", "analysed_at", "reviewed_at"), (np.int64, NEVER)),
}
"""Type, and value where there is none. One a photo; analysis and review: numbers of the pool "source"; changed_at: when
it was uploaded or corrected last."""

ROW_COLUMNS: dict[str, Any] = {
    **dict.fromkeys(("photo", "source", *ROW_WORDS, "count", "count_low", "count_high"), np.int32),
    "confidence": np.float64,
    "at": np.int64,
}
"""One a photo, source and taxon; photo: its number."""


@dataclass(frozen=True)
class Holding:
    """All photos up to some version of each table. photos: PHOTO_COLUMNS. rows: ROW_COLUMNS, those of one photo by
    falling count, then taxon.
    """

    versions: dict[str, Version] = field(default_factory=lambda: dict.fromkeys(READ, NO_TABLE))
    words: dict[str, Words] = field(default_factory=lambda: {name: Words() for name in WORDS})
    pools: dict[str, Pool] = field(default_factory=lambda: {name: Pool() for name in POOLS})
    photos: Columns = field(
        default_factory=lambda: {name: np.empty(0, kind) for name, (kind, _) in PHOTO_COLUMNS.items()}
    )
    rows: Columns = field(default_factory=lambda: {name: np.empty(0, kind) for name, kind in ROW_COLUMNS.items()})

    def __len__(self) -> int:
        return len(self.photos["site"])

    def with_rows(self, added: dict[str, pa.Table], versions: dict[str, Version]) -> Holding:
        """With these rows of the three tables (columns READ) as well, which make it that of these versions."""
        added = {table: _empty(table) for table in READ} | added
        there = [added[table]["photo_id"].combine_chunks() for table in READ]
        (photo, analysed, observed), ids = codes_of(there)
        number, pool = self._numbers(ids)
        grown = replace(self, versions=versions, pools={**self.pools, "photo_id": pool}, photos=self._longer(len(pool)))
        return (
            grown._with_photos(number[photo], added["photos"])
            ._with_sources(number[observed], added["observations"], number[analysed], added["analyses"])
            ._checked()
        )

    @cached_property
    def _ranks(self) -> dict[str, NDArray[np.int64]]:
        return {}

    @cached_property
    def place(self) -> NDArray[np.int32]:
        """Where each photo stands in the order of uploads; of those uploaded at the same moment by photo_id."""
        at = self.photos["uploaded_at"]
        order = np.argsort(at, kind="stable")
        same = np.flatnonzero(at[order][1:] == at[order][:-1])
        if len(same):
            tied = np.unique(np.concatenate([same, same + 1]))
            which = order[tied]
            by_id = np.argsort(pc.rank(self.pools["photo_id"].take(which)).to_numpy())
            order[tied] = which[by_id][np.argsort(at[which][by_id], kind="stable")]
        place = np.empty(len(order), np.int32)
        place[order] = np.arange(len(order), dtype=np.int32)
        return place

    @cached_property
    def reviewed(self) -> NDArray[np.bool_]:
        """Photos of which a review holds: the newest was not taken back."""
        return np.asarray(self.photos["review"] != NONE)

    @cached_property
    def looked_at(self) -> NDArray[np.bool_]:
        """Photos that were uploaded, could be read and were analysed."""
        photos = self.photos
        read = photos["problem"] == self.words["problem"].code("")
        return np.asarray(read & (photos["uploaded_at"] != NEVER) & (photos["analysed_at"] != NEVER))

    @cached_property
    def holding(self) -> NDArray[np.int64]:
        """The rows that hold, by upload of their photos, then falling count, then taxon."""
        source = np.where(self.reviewed, self.photos["review"], self.photos["analysis"])
        photo = self.rows["photo"]
        rows = np.flatnonzero((self.rows["source"] == source[photo]) & self.looked_at[photo])
        return rows[np.argsort(self.place[photo[rows]], kind="stable")]

    def rank(self, name: str) -> NDArray[np.int64]:
        """Where each photo's text of one of PHOTO_POOLS stands in the order of all; 0 where it has none."""
        if name not in self._ranks:
            texts = self.pools[name].take(self.photos[name])
            rank = pc.rank(texts, tiebreaker="dense").to_numpy().astype(np.int64)
            self._ranks[name] = np.where(self.photos[name] == NONE, 0, rank)
        return self._ranks[name]

    def used(self, name: str) -> list[str]:
        """The texts of one of WORDS that a photo or a row has, by alphabet."""
        columns = self.photos if name in self.photos else self.rows
        words: list[str] = self.words[name].dictionary(columns[name]).dictionary.to_pylist()
        return words

    def _numbers(self, ids: pa.Array) -> tuple[NDArray[np.int64], Pool]:
        """The number of each of these photos, and the pool with those that are new."""
        number = np.full(len(ids), NONE, np.int64)
        pool = self.pools["photo_id"]
        if len(pool):
            found = pc.index_in(pool.texts, value_set=ids).combine_chunks()
            known = np.flatnonzero(found.is_valid().to_numpy(zero_copy_only=False))
            number[found.drop_null().to_numpy()] = known
        new = np.flatnonzero(number < 0)
        number[new] = len(pool) + np.arange(len(new))
        return number, pool.with_more(ids.take(pa.array(new))) if len(new) else pool

    def _longer(self, length: int) -> Columns:
        more = length - len(self)
        return {
            name: np.concatenate([values, np.full(more, PHOTO_COLUMNS[name][1], values.dtype)]) if more else values
            for name, values in self.photos.items()
        }

    def _with_photos(self, number: NDArray[np.int64], rows: pa.Table) -> Holding:
        """Of each photo the row uploaded or corrected last; of several at one moment that of the last drop."""
        codes = {name: self.words[name].codes(rows[name]) for name in PHOTO_WORDS}
        codes["day"] = self.words["day"].codes(pc.utf8_slice_codeunits(rows["taken_at"], 0, 10))
        rank = np.append(self.words["drop_id"].rank(), NONE)
        uploaded = _micros(rows["uploaded_at"])
        at, drop = _micros(pc.coalesce(rows["changed_at"], rows["uploaded_at"])), rank[codes["drop_id"]]
        last = _last(number, at, drop)
        number, at, drop = number[last], at[last], drop[last]
        old_at, old_drop = self.photos["changed_at"][number], rank[self.photos["drop_id"][number]]
        newer = (at > old_at) | (at == old_at) & (drop >= old_drop)
        last, number = last[newer], number[newer]
        pools = dict(self.pools)
        values: Columns = {name: code[last] for name, code in codes.items()}
        for name in PHOTO_POOLS:
            texts = rows[name].combine_chunks().take(pa.array(last))
            first = len(pools[name])
            pools[name] = pools[name].with_more(texts)
            values[name] = np.where(
                texts.is_valid().to_numpy(zero_copy_only=False), first + np.arange(len(last)), NONE
            ).astype(np.int32)
        for name in ("latitude", "longitude"):
            values[name] = rows[name].to_numpy()[last]
        values |= {"uploaded_at": uploaded[last], "changed_at": at[newer]}
        return replace(self, pools=pools, photos=_written(self.photos, number, values))

    def _with_sources(
        self, observed: NDArray[np.int64], observations: pa.Table, analysed: NDArray[np.int64], analyses: pa.Table
    ) -> Holding:
        """Of each photo the newest analysis and review; of each source all rows, one a taxon."""
        touched = np.zeros(len(self), bool)
        touched[observed] = touched[analysed] = True
        mine = np.flatnonzero(touched)
        old = np.flatnonzero(touched[self.rows["photo"]])
        review, pool = observations["review_id"].combine_chunks(), self.pools["source"]
        known = np.concatenate([self.rows["source"][old], self.photos["analysis"][mine]])
        (before, said_id, review_id, source_id), ids = codes_of(
            [
                pool.take(known),
                analyses["analysis_id"].combine_chunks(),
                review,
                pc.coalesce(review, observations["analysis_id"].combine_chunks()),
            ]
        )
        code = np.full(len(ids) + 1, NONE, np.int64)
        code[before] = known
        code[-1] = NONE
        new = np.flatnonzero(code[:-1] < 0)
        code[new] = len(pool) + np.arange(len(new))
        grown = replace(self, pools={**self.pools, "source": pool.with_more(ids.take(pa.array(new)))})
        return (
            grown._with_analyses(analysed, analyses, code[said_id])
            ._with_reviews(observed, observations, code[review_id])
            ._with_observations(observed, observations, code[source_id], old)
        )

    def _with_analyses(self, number: NDArray[np.int64], rows: pa.Table, source: NDArray[np.int64]) -> Holding:
        at = _micros(rows["analysed_at"])
        model = pc.binary_join_element_wise(rows["model"], rows["model_version"], " ")
        values: Columns = {
            "analysis": source.astype(np.int32),
            "analysed_at": at,
            "flag": self.words["flag"].codes(rows["flag"]),
            "model": self.words["model"].codes(model),
        }
        return self._newest(number, at, source, values, "analysis", "analysed_at")

    def _with_reviews(self, number: NDArray[np.int64], rows: pa.Table, source: NDArray[np.int64]) -> Holding:
        is_review = np.flatnonzero(source != NONE)
        number, source, at = number[is_review], source[is_review], _micros(rows["at"])[is_review]
        taken_back = rows["taxon"].is_null().to_numpy()[is_review]
        values: Columns = {"review": np.where(taken_back, NONE, source).astype(np.int32), "reviewed_at": at}
        return self._newest(number, at, source, values, "review", "reviewed_at")

    def _newest(
        self,
        number: NDArray[np.int64],
        at: NDArray[np.int64],
        source: NDArray[np.int64],
        values: Columns,
        column: str,
        column_at: str,
    ) -> Holding:
        """The values of the newest of each photo, of two at one moment that with the lower id."""
        low = -self._rank_where_tied(number, at, source, self.photos[column], self.photos[column_at])
        last = _last(number, at, low[: len(at)])
        number, old = number[last], low[len(at) :]
        old_at = self.photos[column_at][number]
        newer = (at[last] > old_at) | (at[last] == old_at) & (low[: len(at)][last] >= old[number])
        chosen = last[newer]
        return replace(
            self, photos=_written(self.photos, number[newer], {name: new[chosen] for name, new in values.items()})
        )

    def _rank_where_tied(
        self,
        number: NDArray[np.int64],
        at: NDArray[np.int64],
        source: NDArray[np.int64],
        old_source: Codes,
        old_at: NDArray[np.int64],
    ) -> NDArray[np.int64]:
        """The order of the ids of these sources, then of those that photos have; 0 where no other is as new."""
        rank = np.zeros(len(source) + len(old_source), np.int64)
        order = np.lexsort((at, number))
        same = np.flatnonzero((number[order][1:] == number[order][:-1]) & (at[order][1:] == at[order][:-1]))
        tied = np.unique(np.concatenate([order[same], order[same + 1], np.flatnonzero(at == old_at[number])]))
        if len(tied):
            photos = np.unique(number[tied])
            ids = self.pools["source"].take(np.concatenate([source[tied], old_source[photos]]).astype(np.int64))
            rank[np.concatenate([tied, len(source) + photos])] = pc.rank(ids, tiebreaker="dense").to_numpy()
        return rank

    def _with_observations(
        self, number: NDArray[np.int64], rows: pa.Table, source: NDArray[np.int64], old: NDArray[np.int64]
    ) -> Holding:
        """old: the rows that these photos have already. Rows that say of no source, or of no taxon, are left out."""
        new: Columns = {
            "photo": number,
            "source": source,
            **{name: self.words[name].codes(rows[name]) for name in ROW_WORDS},
            **{name: rows[name].to_numpy() for name in ("count", "count_low", "count_high", "confidence")},
            "at": _micros(rows["at"]),
        }
        says = (source != NONE) & (new["taxon"] != NONE)
        both = {
            name: np.concatenate([self.rows[name][old], new[name][says]]).astype(kind)
            for name, kind in ROW_COLUMNS.items()
        }
        key = (both["photo"].astype(np.int64) * max(len(self.pools["source"]), 1) + both["source"]) * len(
            self.words["taxon"].words
        ) + both["taxon"]
        last = _last(key, both["at"], both["at"])
        taxon = np.append(self.words["taxon"].rank(), NONE)[both["taxon"][last]]
        last = last[np.lexsort((taxon, -both["count"][last].astype(np.int64), both["photo"][last]))]
        kept = np.ones(len(self.rows["photo"]), bool)
        kept[old] = False
        return replace(
            self,
            rows={name: np.concatenate([self.rows[name][kept], values[last]]) for name, values in both.items()},
        )

    def _checked(self) -> Holding:
        for columns in (self.photos, self.rows):
            for values in columns.values():
                values.flags.writeable = False
        return self


def _empty(table: str) -> pa.Table:
    return SCHEMAS[table].empty_table().select(READ[table])


def _last(number: NDArray[np.int64], at: NDArray[np.int64], then: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which row of each number is the last by `at`, then by `then`; in the order of the numbers."""
    order = np.argsort(number, kind="stable")
    grouped = number[order]
    if len(order) and (grouped[1:] == grouped[:-1]).any():
        order = np.lexsort((then, at, number))
        grouped = number[order]
    ends = np.flatnonzero(np.append(grouped[1:] != grouped[:-1], True)) if len(order) else order
    return order[ends]


def _written(columns: Columns, number: NDArray[np.int64], values: Columns) -> Columns:
    """The columns with these values of some photos in new arrays."""
    if not len(number):
        return columns
    written = {}
    for name, new in values.items():
        column = columns[name].copy()
        column[number] = new
        written[name] = column
    return {**columns, **written}


def _micros(times: pa.ChunkedArray) -> NDArray[np.int64]:
    return np.asarray(times.cast(pa.int64()).fill_null(NEVER).to_numpy())
