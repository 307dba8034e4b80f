"""Which rows of what now holds a selection is about, and their columns.

What core/store/selection.py says in SQL, on columns of numbers; tests hold both equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.store.doubt import DOUBTFUL
from core.store.holding import NEVER, PHOTO_POOLS, Holding, Numbers
from core.store.schemas import OBSERVED
from core.store.selection import Selection
from core.store.texts import NONE, TEXT, Codes, Words

UNKNOWN_TAXON = "unknown"
"""As core/recognition/package.py calls it."""

DAY_MICROS = 24 * 3600 * 1_000_000

Mask = NDArray[np.bool_]

_OF_PHOTOS = ("site", "note", "drop_id", "uploaded_by", "flag", "model")
_TEXTS_OR_EMPTY = ("taxon", "band", "unit")


@dataclass(frozen=True)
class Found:
    """The observations of a selection, in the order of Library.observed. photo: the number of each one's photo.

    row: the number of its row in the holding; NONE for a photo in which nothing of the selection was found.
    """

    holding: Holding
    photo: NDArray[np.int32]
    row: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.photo)

    def slice(self, start: int, length: int) -> Found:
        """Some of them."""
        return Found(self.holding, self.photo[start : start + length], self.row[start : start + length])

    def at(self, places: NDArray[np.int64]) -> Found:
        """Those at these places."""
        return Found(self.holding, self.photo[places], self.row[places])

    def of_photo(self, name: str) -> Numbers:
        """A column of PHOTO_COLUMNS, one value a row."""
        return self.holding.photos[name][self.photo]

    def of_row(self, name: str, otherwise: float = 0) -> Numbers:
        """A column of ROW_COLUMNS, one value a row."""
        values = self.holding.rows[name]
        taken = values[self.row] if len(values) else np.full(len(self), otherwise, values.dtype)
        taken[self.row == NONE] = otherwise
        return taken

    def reviewed(self) -> Mask:
        """Whether a person said it."""
        return self.holding.reviewed[self.photo]

    def table(self, columns: Sequence[str] = OBSERVED.names) -> pa.Table:
        """These columns, texts that many rows share as dictionaries (sorted), with photo (its number) and its day."""
        texts = {name: self.texts(name) for name in columns}
        return pa.table({"photo": pa.array(self.photo), "day": self.days(), **texts})

    def days(self) -> pa.Array:
        """The day on which each photo was taken, null where that is not known."""
        return _days(self.holding.words["day"].words).take(_indices(self.of_photo("day")))

    def texts(self, name: str) -> pa.Array:
        """A column of OBSERVED."""
        words, pools = self.holding.words, self.holding.pools
        if name == "photo_id":
            return pools["photo_id"].take(self.photo)
        if name in PHOTO_POOLS:
            return pools[name].take(self.of_photo(name))
        if name in _OF_PHOTOS:
            return words[name].dictionary(self.of_photo(name))
        if name in _TEXTS_OR_EMPTY:
            return words[name].dictionary(self._or_empty(name))
        if name == "by":
            return self._by()
        if name == "reviewed":
            return pa.array(self.reviewed())
        if name == "at":
            at = np.where(self.row == NONE, self.of_photo("analysed_at"), self.of_row("at"))
            return pa.array(at).view(OBSERVED.field(name).type)
        if name == "uploaded_at":
            return pa.array(self.of_photo(name)).view(OBSERVED.field(name).type)
        values = self.of_photo(name) if name in self.holding.photos else self.of_row(name, _otherwise(name))
        return pa.array(values, from_pandas=values.dtype.kind == "f")

    def _or_empty(self, name: str) -> Codes:
        codes: Codes = self.of_row(name, NONE)
        codes[codes == NONE] = self.holding.words[name].codes(pa.chunked_array([[""]], pa.string()))[0]
        return codes

    def _by(self) -> pa.DictionaryArray:
        """Who or what said it: for a photo without flowers the model."""
        by, model = self.holding.words["by"], self.holding.words["model"]
        of_model = by.codes(pa.chunked_array([model.words], pa.string()))
        codes = self.of_row("by", NONE)
        nobody = codes == NONE
        codes[nobody] = np.append(of_model, np.int32(NONE))[self.of_photo("model")[nobody]]
        return by.dictionary(codes)


def found(holding: Holding, which: Selection) -> Found:
    """The observations of a selection. Not for a drop: of a photo in several it may be an older row (Library)."""
    if which.drop_id is not None:
        raise ValueError("a drop is found by SQL")
    chosen = photos_of(holding, which) & holding.looked_at
    rows = holding.holding
    rows = rows[chosen[holding.rows["photo"][rows]]]
    rows = rows[_observations(holding, which, rows)]
    return _of_totals(_with_empty(holding, chosen, rows), which)


def said_by_people(holding: Holding, photo_ids: Sequence[str]) -> Found:
    """The observations of the reviews that hold of these photos."""
    reviewed = np.flatnonzero(holding.reviewed)
    ids = holding.pools["photo_id"].take(reviewed)
    asked = np.zeros(len(holding), bool)
    asked[reviewed[pc.is_in(ids, value_set=pa.array(photo_ids, ids.type)).to_numpy(zero_copy_only=False)]] = True
    photo = holding.rows["photo"]
    rows = np.flatnonzero(asked[photo] & (holding.rows["source"] == holding.photos["review"][photo]))
    return Found(holding, photo[rows], rows)


def _with_empty(holding: Holding, chosen: Mask, rows: NDArray[np.int64]) -> Found:
    """These rows, and one for each chosen photo that has none among them."""
    photo = holding.rows["photo"][rows]
    empty = chosen.copy()
    empty[photo] = False
    without = np.flatnonzero(empty).astype(np.int32)
    photo = np.concatenate([photo, without])
    rows = np.concatenate([rows, np.full(len(without), NONE, np.int64)])
    order = np.argsort(holding.place[photo], kind="stable")
    return Found(holding, photo[order], rows[order])


def photos_of(holding: Holding, which: Selection) -> Mask:
    """The photos of a selection, whatever was found in them."""
    photos, words = holding.photos, holding.words
    chosen: Mask = photos["uploaded_at"] != NEVER
    read = photos["problem"] == words["problem"].code("")
    if which.sites:
        chosen &= _among(photos["site"], words["site"], which.sites)
    if which.people:
        chosen &= _among(photos["uploaded_by"], words["uploaded_by"], which.people)
    if which.taken_from or which.taken_to:
        first, last = which.taken_from or date.min, which.taken_to or date.max
        days = (day for day in words["day"].words if first.isoformat() <= day <= last.isoformat())
        chosen &= _among(photos["day"], words["day"], days)
    if which.uploaded_from:
        chosen &= photos["uploaded_at"] >= _midnight(which.uploaded_from)
    if which.uploaded_to:
        chosen &= photos["uploaded_at"] < _midnight(which.uploaded_to) + DAY_MICROS
    if which.reviewed_only:
        chosen &= holding.reviewed
    if which.attention == "undated":
        chosen &= read & (photos["taken_at"] == NONE)
    elif which.attention == "unplaced":
        nowhere = np.isnan(photos["latitude"]) | np.isnan(photos["longitude"])
        chosen &= read & nowhere & (photos["site"] == words["site"].code(""))
    elif which.attention == "failed":
        chosen &= ~read
    return chosen


def _observations(holding: Holding, which: Selection, rows: NDArray[np.int64]) -> Mask:
    kept = np.ones(len(rows), bool)
    if which.taxa:
        kept &= _among(holding.rows["taxon"][rows], holding.words["taxon"], which.taxa)
    if which.min_confidence > 0:
        kept &= holding.rows["confidence"][rows] >= which.min_confidence
    return kept


def _of_totals(them: Found, which: Selection) -> Found:
    """Those of photos whose totals are asked for."""
    if which.of_totals() == "TRUE":
        return them
    count = summed(them, them.of_row("count"))
    kept = np.ones(len(them.holding), bool)
    if which.count_from is not None:
        kept &= count >= which.count_from
    if which.count_to is not None:
        kept &= count <= which.count_to
    if which.attention == "flagged":
        kept &= _flagged(them.holding) & ~them.holding.reviewed
    elif which.attention == "doubtful":
        kept &= doubt(them) >= DOUBTFUL
    mine = kept[them.photo]
    return Found(them.holding, them.photo[mine], them.row[mine])


def doubt(them: Found) -> NDArray[np.float64]:
    """Flowers in doubt for each flower counted, by the number of the photo; see core/store/doubt.py."""
    count = them.of_row("count")
    unknown = them.of_row("taxon", NONE) == them.holding.words["taxon"].code(UNKNOWN_TAXON)
    nameless = np.where(unknown, 1.0, 1.0 - them.of_row("confidence", 1.0))
    doubted = summed(them, (them.of_row("count_high") - them.of_row("count_low")) / 2 + count * nameless)
    total = summed(them, count)
    shown = (total > 0) & ~them.holding.reviewed
    share = np.divide(doubted, total, out=np.zeros(len(total)), where=shown)
    return np.where(shown, share + _flagged(them.holding), 0.0)


def summed(them: Found, values: Numbers) -> NDArray[np.float64]:
    """The sum of the values of each photo's rows, by the number of the photo."""
    return np.asarray(np.bincount(them.photo, weights=values, minlength=len(them.holding)), np.float64)


def _flagged(holding: Holding) -> Mask:
    flag = holding.photos["flag"]
    return np.asarray((flag != holding.words["flag"].code("")) & (flag != NONE))


def _among(codes: Codes, words: Words, asked: Iterable[str]) -> Mask:
    there = np.zeros(len(words.words) + 1, bool)  # the last stands for NONE
    there[words.those(asked)] = True
    return there[codes]


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp()) * 1_000_000


def _otherwise(name: str) -> Any:
    return np.nan if name == "confidence" else 0


def with_dictionaries(rows: pa.Table) -> pa.Table:
    """The same for rows that SQL found."""
    number = rows["photo_id"].combine_chunks().dictionary_encode().indices
    columns = {}
    for name in OBSERVED.names:
        column = rows[name].cast(OBSERVED.field(name).type)
        if name in (*_OF_PHOTOS, *_TEXTS_OR_EMPTY, "by"):
            words = Words()
            columns[name] = words.dictionary(words.codes(column))
        else:
            columns[name] = column.cast(TEXT) if column.type == pa.string() else column
    words = Words()
    day = words.codes(pc.utf8_slice_codeunits(columns["taken_at"], 0, 10))
    return pa.table({"photo": number, "day": _days(words.words).take(_indices(day)), **columns})


def _days(words: Iterable[str]) -> pa.Array:
    """The days that are written so; null for what is none."""
    days: list[datetime | None] = []
    for word in words:
        try:
            days.append(datetime.strptime(word, "%Y-%m-%d"))
        except ValueError:
            days.append(None)
    return pa.array(days, pa.timestamp("us"))


def _indices(codes: Codes) -> pa.Array:
    return pa.array(codes, mask=codes < 0)
