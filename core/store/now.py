"""The current rows of one store, as polars frames: what holds now of every photo. No other module decides it.

Rows are only added. A photo keeps file, site, note, person and drop of its first upload; what its newest correction
says (changed_at) overrides that, and what was read from its bytes is that of the newest row. Of its analyses the newest
is current; at one moment that with the lower id. So it is with its reviews; one without taxon takes back what people
said before. The observations that stand are those of the review, else of the analysis, whose newest stand: they are
recorded anew when another list of names holds; of two rows of one taxon the newer stands. A photo is reviewed where a
person answered for all of it: a review of some of its flowers has an empty `how`. Texts that many rows share are coded
here, once for all that follows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property

import numpy as np
import polars as pl

from core.store.schemas import OBSERVATIONS, PHOTOS, SCHEMAS
from core.store.tables import Version

READ = {
    "photos": tuple(PHOTOS.names),
    "analyses": ("photo_id", "analysis_id", "model", "model_version", "analysed_at", "flag"),
    "observations": tuple(OBSERVATIONS.names),
}
"""The columns that are needed of each table, in the order in which tables are read, the opposite of Library.record: a
photo has its analysis, and that its observations."""


def _coded(name: str) -> pl.Categorical:
    return pl.Categorical(pl.Categories(name, namespace="bloomcount"))


CODED = {
    **{name: _coded(name) for name in ("site", "note", "drop_id", "problem", "flag", "taxon", "band", "unit")},
    "hidden_why": _coded("why"),
    "position_of": _coded("position_of"),
    **dict.fromkeys(("uploaded_by", "changed_by", "hidden_by"), _coded("person")),
    **dict.fromkeys(("model", "by"), _coded("by")),
    "how": _coded("how"),
    "name_list": _coded("name_list"),
}
"""The types of texts that many rows share: 4 bytes a row, in the order of their bytes. by is a person or a model."""

FIRST = ("file", "drop_id", "uploaded_by", "uploaded_at")
"""The columns of a photo that its first upload gives for good."""

CORRECTED = ("site", "note", "position_of", "hidden_by", "hidden_at", "hidden_why", "changed_by", "changed_at")
"""The columns of a photo that its newest correction gives, else its first upload."""

OBSERVATION = (
    "taxon",
    "count",
    "count_low",
    "count_high",
    "confidence",
    "band",
    "unit",
    "by",
    "at",
    "how",
    "name_list",
)


_ALL = pl.lit(True)
MOST_CHUNKS = 16
"""Frames that grew so often are made whole again: each piece costs every question a little."""


def _columns(*names: str) -> list[pl.Expr]:
    return [pl.col(name).cast(CODED[name]) if name in CODED else pl.col(name) for name in names]


_DAY = pl.col("taken_at").str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False).alias("day")
_EARLIEST = date(1990, 1, 1)
"""Before this day there were no digital cameras."""

_AGREE = 0.8
"""The share of a drop's photos that must be of one day, and the days beside it, for the others to be doubted."""

ROWS = {
    "photos": [*_columns(*PHOTOS.names), _DAY, pl.lit(None, pl.Boolean).alias("far")],
    "analyses": [
        *_columns("photo_id", "analysis_id", "analysed_at", "flag"),
        pl.concat_str("model", "model_version", separator=" ").cast(CODED["model"]).alias("model"),
    ],
    "observations": _columns("photo_id", "analysis_id", "review_id", *OBSERVATION, "at_least"),
}
"""The columns of READ as they are kept. day: when a photo was taken, null where that is no day, or in doubt. far: from
its site; null until somebody asks, as sites have a table of their own."""


def with_days(photos: pl.DataFrame) -> pl.DataFrame:
    """The photos with their day, null where it cannot be: before digital cameras, after the upload (clocks may be a day

    ahead), or off by more than a day in a drop whose other photos agree. No other function decides it.
    """
    uploaded_on = pl.col("uploaded_at").dt.date()
    possible = pl.when(_DAY.is_between(_EARLIEST, uploaded_on + pl.duration(days=1))).then(_DAY)
    near = (pl.col("day").to_physical() - pl.col("day").to_physical().median().over("drop_id")).abs() <= 1
    agreeing, apart = near.sum().over("drop_id"), (~near).sum().over("drop_id")
    others_agree = ((apart == 1) & (agreeing >= 2)) | (agreeing >= _AGREE * (agreeing + apart))
    return photos.with_columns(possible.alias("day")).with_columns(
        pl.when(near | ~others_agree).then("day").alias("day")
    )


def _with_days_of(photos: pl.DataFrame, *changed: pl.DataFrame) -> pl.DataFrame:
    """The photos, with the days of those decided anew that share a drop with changed ones; the others keep theirs."""
    drops = pl.concat([rows["drop_id"] for rows in changed]).to_physical().unique().implode()
    places = photos["drop_id"].to_physical().is_in(drops).arg_true()  # as codes: a tenth of the time
    days = photos["day"].clone().scatter(places, with_days(photos[places])["day"])
    return photos.with_columns(days)


@cache
def no_rows(table: str) -> pl.DataFrame:
    """An empty frame with the columns of ROWS. Made when asked for: a process that used polars must not be forked."""
    return pl.DataFrame(SCHEMAS[table].empty_table().select(READ[table])).select(ROWS[table])


@dataclass(frozen=True, eq=False)
class CurrentRows:
    """The current rows at some version of each table. Nobody may change them.

    photos: one row a photo, by upload, then photo_id, with its analysis and its review, null where there is none.
    review_stands: the review was not taken back; reviewed: and it answers for the whole photo; at_least: it says that
    there are more. uploaded_at: null while only other
    tables know the photo. observations: those that stand; photo is the place of their photo, in whose order they are,
    then by falling count, then taxon. A photo in which nothing was found has one with taxon "". later: of photos that
    were uploaded again, the first row of each other drop, and what was read later than the current row says. other:
    observations that do not stand, or not yet.
    """

    versions: Mapping[str, Version]
    photos: pl.DataFrame
    observations: pl.DataFrame
    later: pl.DataFrame
    other: pl.DataFrame

    @property
    def size(self) -> int:
        """The number of rows of all frames."""
        return len(self.photos) + len(self.observations) + len(self.later) + len(self.other)

    @cached_property
    def _ranks(self) -> dict[str, pl.Series]:
        return {}

    def rank(self, name: str) -> pl.Series:
        """The place of each photo's text in the order of all, null where it has none."""
        if name not in self._ranks:
            self._ranks[name] = self.photos[name].rank("dense")
        return self._ranks[name]

    @classmethod
    def of(cls, rows: Mapping[str, pl.DataFrame], versions: Mapping[str, Version]) -> CurrentRows:
        """The current rows among all rows of the tables (columns ROWS), at these versions."""
        every = {table: rows.get(table, no_rows(table)) for table in READ}
        photos, standing, later, other = _settled(
            every["photos"], every["analyses"], _reviews(every["observations"]), every["observations"], first_place=0
        )
        photos, standing = _in_order(photos, standing)
        return cls(versions, with_days(photos), standing, later, other)

    def with_rows(self, added: Mapping[str, pl.DataFrame], versions: Mapping[str, Version]) -> CurrentRows:
        """The current rows with these rows of some tables (columns ROWS) as well, at these versions.

        Whatever is known of the photos that they are about is decided anew; the rest stays.
        """
        new = {table: added.get(table, no_rows(table)) for table in READ}
        ids = pl.concat([rows["photo_id"] for rows in new.values()]).unique().implode()
        asked, photos = pl.col("photo_id").is_in(ids), self.photos.with_row_index("place")
        mine, observations = photos.filter(asked), self.observations
        stood = _with_sources(observations, mine)
        settled, standing, later, other = _settled(
            _stacked(mine.filter(pl.col("uploaded_at").is_not_null()), self.later.filter(asked), new["photos"]),
            _stacked(mine.filter(pl.col("analysis_id").is_not_null()), new["analyses"]),
            _stacked(mine.filter(pl.col("review_id").is_not_null()), _reviews(new["observations"])),
            _stacked(stood, self.other.filter(asked), new["observations"]),
            first_place=len(self.photos),
        )
        gone = mine["place"].implode()
        if len(mine):
            observations = observations.filter(~pl.col("photo").is_in(gone))
        photos, observations = _in_order(
            pl.concat([photos, settled]), pl.concat([observations, standing]), ~pl.col("place").is_in(gone)
        )
        return CurrentRows(
            versions,
            _with_days_of(photos, mine, settled),
            observations,
            pl.concat([self.later.filter(~asked), later]),
            pl.concat([self.other.filter(~asked), other]),
        )

    def of_drop(self, drop_id: str, again: Sequence[str] = ()) -> CurrentRows:
        """The photos of a drop, as they are now: its own, those uploaded in it again, and `again` (photo_ids)."""
        later = self.later.filter(pl.col("drop_id") == drop_id)["photo_id"]
        ids = pl.concat([later, pl.Series(again, dtype=pl.String)]).implode()
        here = self.photos.with_row_index("place").filter(
            (pl.col("drop_id") == drop_id) | pl.col("photo_id").is_in(ids)
        )
        observations = self.observations.filter(pl.col("photo").is_in(here["place"].implode()))
        return CurrentRows(self.versions, *_in_order(here, observations), no_rows("photos"), no_rows("observations"))


def without_flowers(photos: pl.DataFrame) -> pl.DataFrame:
    """One observation a photo that says that nothing was found in it. photos: with their `place`."""
    values = {
        **dict.fromkeys(("taxon", "band", "unit"), pl.lit("")),
        **dict.fromkeys(("count", "count_low", "count_high"), pl.lit(0)),
        **dict.fromkeys(("confidence", "how", "name_list"), pl.lit(None)),
        "by": pl.col("model"),
        "at": pl.col("analysed_at"),
    }
    kinds = no_rows("observations").schema
    return photos.select(
        pl.col("place").alias("photo"), *(values[name].cast(kinds[name]).alias(name) for name in OBSERVATION)
    )


def _settled(
    photos: pl.DataFrame, analyses: pl.DataFrame, reviews: pl.DataFrame, observations: pl.DataFrame, *, first_place: int
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Decide what holds of some photos, from all their rows: the frames of CurrentRows, photos with a `place`."""
    current, later = _current_photos(photos)
    current = _joined(current, _newest(analyses, "analysed_at", "analysis_id"))
    current = _joined(current, _newest(reviews, "reviewed_at", "review_id", "review_stands"))
    said = pl.col("review_stands", "reviewed", "at_least").fill_null(False)
    current = current.with_columns(said).with_row_index("place", offset=first_place)
    source = pl.when("review_stands").then("review_id").otherwise("analysis_id").alias("source")
    sources = current.select("photo_id", source, pl.col("place").alias("photo"))
    rows = observations.join(sources, on="photo_id", how="left", maintain_order="left")
    named, stands = pl.col("taxon").is_not_null(), pl.coalesce("review_id", "analysis_id") == pl.col("source")
    other = rows.filter(named, ~stands.fill_null(False)).select(observations.columns)
    standing = rows.filter(stands & named).select("photo", *OBSERVATION, "review_id")
    if standing["name_list"].null_count() < len(standing):  # names may have been given anew
        newest_names = pl.col("at") == pl.col("at").max().over("photo")
        standing = standing.filter(newest_names | pl.col("review_id").is_not_null())
    standing = standing.drop("review_id")
    once, again = _repeated(standing, pl.col("photo").cast(pl.UInt64) * 2**32 + pl.col("taxon").to_physical())
    newest = again.sort("at", descending=True).unique(["photo", "taxon"], keep="first", maintain_order=True)
    empty = current.filter(pl.col("analysed_at").is_not_null() & ~pl.col("place").is_in(standing["photo"].implode()))
    single, several = _repeated(pl.concat([once, newest, without_flowers(empty)]), pl.col("photo"))
    return current, pl.concat([single, several.sort("count", "taxon", descending=[True, False])]), later, other


def _repeated(rows: pl.DataFrame, key: pl.Expr) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows whose key no other row has, and those whose key others have too: few, as photos seldom come again."""
    again = rows.select(key).to_series().is_duplicated()
    return (rows.filter(~again), rows.filter(again)) if again.any() else (rows, rows.clear())


def _current_photos(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The current row of each photo, which stands for all rows it is made of, and the frame `later` of CurrentRows."""
    once, again = _repeated(rows, pl.col("photo_id").hash())
    said_at = pl.coalesce("changed_at", "uploaded_at")
    by_drop = again.sort("uploaded_at", "drop_id", said_at).unique(
        ["photo_id", "drop_id"], keep="first", maintain_order=True
    )
    is_first = pl.col("photo_id").is_first_distinct()
    first, others = by_drop.filter(is_first), by_drop.filter(~is_first)
    corrections = again.filter(pl.col("changed_at").is_not_null()).sort("changed_at")
    corrected = corrections.unique("photo_id", keep="last", maintain_order=True).select("photo_id", *CORRECTED)
    read = again.sort(said_at, "drop_id").unique("photo_id", keep="last", maintain_order=True)
    of_first = pl.col("changed_at_new").is_null()
    current = (
        read.drop(*FIRST, *CORRECTED)
        .join(first.select("photo_id", *FIRST, *CORRECTED), on="photo_id", maintain_order="left")
        .join(corrected, on="photo_id", how="left", suffix="_new", maintain_order="left")
        .with_columns(pl.when(of_first).then(name).otherwise(f"{name}_new").alias(name) for name in CORRECTED)
        .select(rows.columns)
    )
    newer = read.filter(said_at > current.select(said_at).to_series())
    return pl.concat([once, current]), pl.concat([others, newer]).unique(maintain_order=True)


def _newest(rows: pl.DataFrame, at: str, *ties: str) -> pl.DataFrame:
    """The newest row of each photo; of those at one moment the lowest by the ties."""
    once, again = _repeated(rows, pl.col("photo_id").hash())
    newest_first = again.sort(at, *ties, descending=[True, *(False for _ in ties)])
    return pl.concat([once, newest_first.unique("photo_id", keep="first", maintain_order=True)])


def _joined(photos: pl.DataFrame, results: pl.DataFrame) -> pl.DataFrame:
    """The photos with their results, and results of photos that have no row yet."""
    joined = photos.join(results, on="photo_id", how="left", maintain_order="left")
    if joined[results.columns[1]].count() == len(results):
        return joined
    return pl.concat([joined, results.join(photos, on="photo_id", how="anti")], how="diagonal")


def _reviews(observations: pl.DataFrame) -> pl.DataFrame:
    """The reviews that observations belong to."""
    return observations.filter(pl.col("review_id").is_not_null()).select(
        "photo_id",
        "review_id",
        pl.col("at").alias("reviewed_at"),
        pl.col("taxon").is_not_null().alias("review_stands"),
        (pl.col("taxon").is_not_null() & (pl.col("how") != "").fill_null(True)).alias("reviewed"),
        pl.col("at_least").fill_null(False),
    )


def _with_sources(standing: pl.DataFrame, photos: pl.DataFrame) -> pl.DataFrame:
    """The observations as they are in their table. photos: theirs, with `place`."""
    sources = photos.select(
        pl.col("place").alias("photo"),
        "photo_id",
        pl.when(~pl.col("review_stands")).then("analysis_id").alias("analysis_id"),
        pl.when("review_stands").then("review_id").alias("review_id"),
        pl.when("review_stands").then("at_least").alias("at_least"),
    )
    recorded = (pl.col("taxon") != "") | pl.col("review_id").is_not_null()
    return standing.join(sources, on="photo").filter(recorded)


def _stacked(*frames: pl.DataFrame) -> pl.DataFrame:
    """The rows of all frames, with the columns of the last."""
    return pl.concat([frame.select(frames[-1].columns) for frame in frames])


def _in_order(
    photos: pl.DataFrame, observations: pl.DataFrame, which: pl.Expr = _ALL
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Sort photos by upload, and their observations in the same order. photos: with the `place` they are known by.

    New photos are mostly the last, so that nothing moves.
    """
    keys = photos.select("uploaded_at", "photo_id", "place").with_row_index("row").filter(which)
    rows = keys.sort("uploaded_at", "photo_id")["row"]
    if len(rows) < len(photos) or not rows.is_sorted():
        photos = photos[rows]
    before = photos["place"].to_numpy()
    place = np.zeros(int(before.max(initial=0)) + 1, np.uint32)
    place[before] = np.arange(len(before), dtype=np.uint32)
    observations = observations.with_columns(pl.Series("photo", place[observations["photo"].to_numpy()]))
    if not observations["photo"].is_sorted():
        observations = observations.sort("photo", maintain_order=True)
    return _whole(photos.drop("place")), _whole(observations)


def _whole(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.rechunk() if frame.n_chunks() > MOST_CHUNKS else frame


@cache
def empty() -> CurrentRows:
    """The current rows of a store without tables."""
    return CurrentRows.of({}, {})
