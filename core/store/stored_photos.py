"""The photos of one store and the drops they came in: questions about their rows, whatever was found in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from datetime import datetime

import polars as pl

from core.store.blobs import Blobs
from core.store.cache import Cache
from core.store.conditions import DELETED, READABLE, STORED, of_photos, with_plots
from core.store.distances import far_from_site
from core.store.drops import SEEN, StoredDrop, doubtful_photos, drop_times, stored_drops
from core.store.gallery import gallery_of
from core.store.now import ROWS, CurrentRows
from core.store.pictures import Pictures
from core.store.records import Fieldwork, PhotoRecord, SeenAgain, Site
from core.store.schemas import PHOTOS, fieldwork_from, photos_from, seen_from, sites_from
from core.store.selection import EVERYTHING, Selection
from core.store.tables import Tables, quoted, quoted_list
from core.store.tombstones import Tombstones
from core.store.trail import Trail

BATCH = 8192
IS_MISSING = " is missing from the store. Upload it again."
"""The end of the problem of a photo whose bytes were gone when it was to be counted."""

_OF_DROP = "SELECT * FROM drops WHERE drop_id = {} AND photo_id IS NOT NULL"

_FIELDWORK = (
    "SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY drop_id ORDER BY at DESC, by) AS place "
    "FROM drops WHERE photo_id IS NULL) WHERE place = 1"
)

_DESCRIBED = (
    "SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY site ORDER BY changed_at DESC, changed_by) AS place "
    "FROM sites) WHERE place = 1 AND NOT removed ORDER BY site"
)


class StoredPhotos:
    """The photos of one store. Threads may share one; every method may raise StoreError."""

    def __init__(self, blobs: Blobs, tables: Tables) -> None:
        self.blobs = blobs
        self.tables = tables
        self.pictures = Pictures(blobs)
        self.cache = Cache(blobs, tables)
        self.trail = Trail(tables)
        self.tombstones = Tombstones(blobs)

    def drops_of(self, photo_id: str) -> list[str]:
        """The drop_ids of the drops that a photo came in."""
        rows, here = self.cache.current(), pl.col("photo_id") == photo_id
        drops = [frame.filter(here)["drop_id"].cast(pl.String) for frame in (rows.photos, rows.later)]
        again = self._again(f"SELECT drop_id FROM drops WHERE photo_id = {quoted(photo_id)}")["drop_id"]
        return pl.concat([*drops, again]).drop_nulls().unique().sort().to_list()

    def photo(self, photo_id: str) -> PhotoRecord | None:
        """The current record of a photo, hidden or not; None where there is none."""
        return self.photos([photo_id]).get(photo_id)

    def photos(self, photo_ids: Iterable[str]) -> dict[str, PhotoRecord]:
        """The current records of the stored photos among these, hidden or not, by photo_id in the order asked."""
        return {photo.photo_id: photo for photo in photos_from(asked_photos(self.cache.current(), photo_ids))}

    def photos_lately(self, photo_ids: Iterable[str]) -> dict[str, PhotoRecord]:
        """The same as photos, as they were when somebody last asked for the current rows."""
        return {photo.photo_id: photo for photo in photos_from(asked_photos(self.cache.lately(), photo_ids))}

    def every_photo(self) -> Iterator[list[PhotoRecord]]:
        """All photos by upload, hidden or not, some thousands at a time."""
        for some in self.cache.current().photos.filter(STORED).iter_slices(BATCH):
            yield photos_from(some)

    def photo_records(self, which: Selection = EVERYTHING) -> Iterator[list[PhotoRecord]]:
        """The photos of a selection by upload, whatever was found in them, some thousands at a time."""
        for some in chosen_photos(*self._asked(which)).iter_slices(BATCH):
            yield photos_from(some)

    def records_of(self, which: Selection | Sequence[str]) -> Iterator[list[PhotoRecord]]:
        """The photos that the gallery of a selection shows, or these photo_ids, hidden or not, in batches."""
        if isinstance(which, Selection):
            rows, which = self._asked(which)
            photos = rows.photos[gallery_of(rows, which, "oldest").photos]
        else:
            photos = asked_photos(self.cache.current(), which)
        for some in photos.iter_slices(BATCH):
            yield photos_from(some)

    def photos_before(self, at: datetime, *, by: str) -> dict[str, PhotoRecord]:
        """The photos that somebody changed at a moment as they were before, without those changed again since."""
        theirs = (pl.col("changed_at") == at) & (pl.col("changed_by") == by)
        ids = self.cache.current().photos.filter(theirs)["photo_id"]
        sql = f"SELECT * FROM photos WHERE photo_id IN {quoted_list(ids)}"
        rows = pl.DataFrame(self.tables.query(sql, "photos").select(PHOTOS.names)).select(ROWS["photos"])
        before = CurrentRows.of({"photos": rows.filter(~theirs.fill_null(False))}, {})
        return {photo.photo_id: photo for photo in photos_from(before.photos)}

    def uploaded_differently(self) -> list[tuple[PhotoRecord, PhotoRecord]]:
        """The first and the last upload of photos whose uploads say other sites or notes, where nobody corrected them

        since. Only version 1.0 wrote such rows, or two processes at one moment.
        """
        sql = (
            "SELECT * FROM photos WHERE photo_id IN "
            "(SELECT photo_id FROM photos WHERE changed_at IS NULL GROUP BY photo_id HAVING count(*) > 1)"
        )
        rows = pl.DataFrame(self.tables.query(sql, "photos").select(PHOTOS.names)).sort("uploaded_at", "drop_id")
        corrected = dict(rows.group_by("photo_id").agg(pl.col("changed_at").max()).iter_rows())
        uploads = rows.filter(pl.col("changed_at").is_null())
        first, last = (uploads.unique("photo_id", keep=which, maintain_order=True) for which in ("first", "last"))
        pairs = zip(*(photos_from(some.sort("photo_id")) for some in (first, last)), strict=True)
        return [
            (one, other)
            for one, other in pairs
            if (one.site, one.note) != (other.site, other.note)
            and (corrected[one.photo_id] or other.uploaded_at) <= other.uploaded_at
        ]

    def drop_times(self, by: str | None) -> dict[str, datetime]:
        """The moment at which each drop of a person, or of everybody, began, by drop_id."""
        return drop_times(self.cache.current(), self._again(SEEN), by)

    def stored_drops(self, drop_ids: Sequence[str]) -> dict[str, StoredDrop]:
        """These drops by drop_id, as far as they are stored."""
        return stored_drops(self.cache.current(), self._again(SEEN), drop_ids)

    def drops(self, by: str | None, *, most: int = 100) -> list[StoredDrop]:
        """The newest drops of a person, or of everybody, as far as they are stored; the newest first."""
        times = self.drop_times(by)
        newest = sorted(times, key=lambda drop_id: (times[drop_id], drop_id), reverse=True)[:most]
        stored = self.stored_drops(newest)
        return [stored[drop_id] for drop_id in newest]

    def doubtful_of_drops(self, drop_ids: Sequence[str]) -> dict[str, int]:
        """The number of photos of each drop, of its own and not hidden, whose count is in much doubt."""
        return doubtful_photos(self.cache.current(), drop_ids)

    def ids_from(self, start: str) -> list[str]:
        """The photo_ids of the photos, hidden or not, whose id begins so."""
        photos = self.cache.current().photos
        return photos.filter(STORED, pl.col("photo_id").str.starts_with(start))["photo_id"].to_list()

    def own_photos(self, drop_id: str) -> list[str]:
        """The photo_ids of the photos that came first in this drop, hidden or not."""
        photos = self.cache.current().photos
        return photos.filter(STORED, pl.col("drop_id") == drop_id)["photo_id"].to_list()

    def unread(self, which: Selection = EVERYTHING) -> Iterator[PhotoRecord]:
        """The photos of a selection that could not be read, by upload; each says why. None where it asks for counts."""
        if not which.of_counts and not which.reviewed_only:
            yield from photos_from(chosen_photos(*self._asked(which), ~READABLE))

    def uncounted(self) -> list[PhotoRecord]:
        """All photos without an analysis and without a problem, or whose file was once missing, by photo_id.

        Those recorded by a process that did both are not among them, whatever it is doing at this moment.
        """
        was_missing = pl.col("problem").cast(pl.String).str.ends_with(IS_MISSING)
        waits = was_missing | (READABLE & pl.col("analysis_id").is_null())
        return photos_from(self.cache.current().photos.filter(STORED, ~DELETED, waits).sort("photo_id"))

    def latest_drop(self, username: str) -> str | None:
        """The drop of this person in which the newest photo came, or came again; hidden ones do not count."""
        rows, columns = self.cache.current(), ["uploaded_by", "uploaded_at", "drop_id"]
        there = rows.photos.filter(pl.col("hidden_at").is_null())
        every = pl.concat([there.select(columns), rows.later.select(columns)])
        mine = (
            every.filter(pl.col("uploaded_by") == username).top_k(1, by="uploaded_at").select("uploaded_at", "drop_id")
        )
        mine_again = f"by = {quoted(username)} AND photo_id IS NOT NULL"
        sql = f"SELECT at, drop_id FROM drops WHERE {mine_again} ORDER BY at DESC LIMIT 1"
        newest = max([*mine.iter_rows(), *self._again(sql).iter_rows()], default=None)
        return None if newest is None else str(newest[1])

    def seen_again(self, drop_id: str) -> list[SeenAgain]:
        """The photos that were here already when a drop came, and what was said of that drop; each once, by file."""
        rows, in_drop = self.cache.current(), pl.col("drop_id") == drop_id
        before = rows.later.filter(in_drop).join(rows.photos.filter(in_drop), on="photo_id", how="anti")
        columns = {"by": "uploaded_by", "at": "uploaded_at"}
        names = [field.name for field in fields(SeenAgain)]
        uploads = before.select(pl.col(columns.get(name, name)).alias(name) for name in names)
        again = self._again(_OF_DROP.format(quoted(drop_id))).select(names)
        seen = pl.concat([again, uploads.cast({pl.Categorical: pl.String})])
        return seen_from(seen.sort("at").unique("photo_id", keep="first").sort("file", "photo_id").to_arrow())

    def _again(self, sql: str) -> pl.DataFrame:
        """The answer to a question about tables/drops."""
        return pl.DataFrame(self.tables.query(sql, "drops"))

    def described_sites(self) -> dict[str, Site]:
        """The newest description of each site that is on the list, by name."""
        return {site.site: site for site in sites_from(self.tables.query(_DESCRIBED, "sites"))}

    def fieldwork(self) -> dict[str, Fieldwork]:
        """The newest word on the field work of each drop of which somebody said it, by drop_id."""
        return {one.drop_id: one for one in fieldwork_from(self.tables.query(_FIELDWORK, "drops"))}

    def _asked(self, which: Selection) -> tuple[CurrentRows, Selection]:
        """The rows that a selection is asked of, and the selection with the plots of its sites."""
        rows = self.cache.current()
        if which.sites:
            which = with_plots(which, self.described_sites())
        if which.drop_id is not None:
            again = self._again(_OF_DROP.format(quoted(which.drop_id)))["photo_id"]
            rows = rows.of_drop(which.drop_id, again.to_list())
        if which.attention == "far":
            far = far_from_site(self.described_sites()).fill_null(False).alias("far")
            rows = replace(rows, photos=rows.photos.with_columns(far))
        return rows, which


def chosen_photos(rows: CurrentRows, which: Selection, *more: pl.Expr) -> pl.DataFrame:
    """The photos of a selection for which more holds, whatever was found in them, with their place."""
    return rows.photos.with_row_index("place").filter(of_photos(which), *more)


def asked_photos(rows: CurrentRows, photo_ids: Iterable[str]) -> pl.DataFrame:
    """The stored photos among these, hidden or not, in the order asked, with their place."""
    asked = pl.DataFrame({"photo_id": list(dict.fromkeys(photo_ids))}, {"photo_id": pl.String})
    every = rows.photos.with_row_index("place")
    photos = every.filter(STORED, pl.col("photo_id").is_in(asked["photo_id"].implode()))
    return asked.join(photos, on="photo_id", how="inner", maintain_order="left")
