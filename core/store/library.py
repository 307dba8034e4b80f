"""The questions that pages, commands and workers ask of the store, and the way in for rows.

Rows are only ever added; core/store/now.py says which of them hold. Questions are about these current rows, which are
kept in memory; flowers are fetched from their table, for the analyses that are current.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import polars as pl
import pyarrow as pa

from core.store.blobs import Blobs
from core.store.cache import Cache
from core.store.conditions import COUNTED, DELETED, READABLE, STORED, of_photos
from core.store.distances import far_from_site
from core.store.drops import SEEN, StoredDrop, doubtful_photos, drop_times, stored_drops
from core.store.gallery import GalleryPage, GalleryPhoto, Order, Place, gallery_of
from core.store.matches import columns_of, matches
from core.store.now import OBSERVATION, ROWS, CurrentRows
from core.store.pictures import Pictures
from core.store.records import (
    Analysis,
    Observation,
    PhotoRecord,
    PhotoResult,
    Review,
    ReviewRecord,
    SeenAgain,
    Site,
)
from core.store.reviewed import current_reviews, every_review
from core.store.schemas import (
    ANALYSES,
    DROPS,
    OBSERVED,
    PHOTOS,
    analyses_from,
    analysis_rows,
    observation_rows,
    photo_rows,
    photos_from,
    review_rows,
    seen_from,
    seen_rows,
    site_rows,
    sites_from,
)
from core.store.selection import EVERYTHING, Selection
from core.store.tables import Tables, quoted, quoted_list
from core.store.tombstones import Tombstones
from core.store.trail import Actor, Entry, Trail

EXPORT_BATCH = 500
"""Photos a batch of export_results: a few MB of flowers."""

RECORDS_AT_ONCE = 100
BATCH = 8192

IS_MISSING = " is missing from the store. Upload it again."
"""The end of the problem of a photo whose bytes were gone when it was to be counted."""

DELETED_FILE = "(deleted)"
"""The file name of a deleted photo whose counts are kept."""

_STAYS = (
    *("photo_id", "bytes", "width", "height", "taken_at", "site", "drop_id", "uploaded_at", "problem"),
    *("changed_at", "hidden_at"),
)
_NAMELESS = {
    **{name: "NULL" for name in PHOTOS.names if name not in _STAYS},
    **{"file": quoted(DELETED_FILE), "note": "''", "uploaded_by": "''"},
}
_OF_DROP = "SELECT * FROM drops WHERE drop_id = {} AND photo_id IS NOT NULL"

_DESCRIBED = (
    "SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY site ORDER BY changed_at DESC, changed_by) AS place "
    "FROM sites) WHERE place = 1 AND NOT removed ORDER BY site"
)


class Library:
    """The rows of one store. Threads may share one; every method may raise StoreError."""

    def __init__(self, blobs: Blobs, tables: Tables) -> None:
        self.blobs = blobs
        self.tables = tables
        self.pictures = Pictures(blobs)
        self.cache = Cache(blobs, tables)
        self.trail = Trail(tables)
        self.tombstones = Tombstones(blobs)

    def record(
        self,
        photos: Sequence[PhotoRecord],
        analyses: Sequence[Analysis],
        observations: Sequence[Observation],
        seen: Sequence[SeenAgain] = (),
        reviews: Sequence[ReviewRecord] = (),
    ) -> None:
        """Add rows, what is referred to first: an analysis has its observations, without which it is one of no flowers;

        a photo that has its row has all its results, so its ticket may go afterwards. After a crash in between the same
        rows may be recorded again: they count once, and observations of no analysis not at all. A review holds once its
        observations are there; one without them was never said.
        """
        if reviews:
            self.tables.append("reviews", review_rows(reviews))
        if observations:
            self.tables.append("observations", observation_rows(observations))
        if analyses:
            self.tables.append("analyses", analysis_rows(analyses))
        if seen:
            self.tables.append("drops", seen_rows(seen))
        if photos:
            self.tables.append("photos", photo_rows(photos))

    def describe_sites(self, sites: Sequence[Site], *, by: Actor) -> None:
        """Keep these descriptions of sites; earlier ones stay in the table."""
        if not sites:
            return
        before = self.described_sites()
        self.tables.append("sites", site_rows(sites))
        self.trail.add_all(
            [
                Entry(
                    "site description removed" if site.removed else "site described",
                    site.site,
                    _description(before[site.site]) if site.site in before else {},
                    {} if site.removed else _description(site),
                )
                for site in sites
            ],
            by=by,
        )

    def erase(self, photo_ids: Sequence[str], *, keep_counts: bool) -> None:
        """Leave nothing of these photos: bytes, small picture, rows, older versions of the tables, snapshot.

        keep_counts: of those that were counted a row without file name, position, note and person stays, with counts.
        Whatever is done already may be done again.
        """
        for photo_id in photo_ids:
            self.pictures.erase(photo_id)
        counted = _stored(self.cache.current(), photo_ids).filter(COUNTED)["photo_id"].to_list() if keep_counts else []
        where, others = (f"photo_id IN {quoted_list(ids)}" for ids in (photo_ids, set(photo_ids) - set(counted)))
        self.tables.erase("photos", where, unless=f"photo_id IN {quoted_list(counted)}", **_NAMELESS)
        self.tables.erase("drops", where)
        for table in ("observations", "reviews", "analyses") if set(photo_ids) - set(counted) else ():
            self.tables.erase(table, others)
        self.cache.erase()

    def drops_of(self, photo_id: str) -> list[str]:
        """The drop_ids of the drops that a photo came in."""
        rows, here = self.cache.current(), pl.col("photo_id") == photo_id
        drops = [frame.filter(here)["drop_id"].cast(pl.String) for frame in (rows.photos, rows.later)]
        again = self._again(f"SELECT drop_id FROM drops WHERE photo_id = {quoted(photo_id)}")["drop_id"]
        return pl.concat([*drops, again]).drop_nulls().unique().sort().to_list()

    def tidy(self) -> None:
        """Rewrite many small files as few large ones, and keep a fresh snapshot. For a quiet moment."""
        self.tables.compact()
        self.cache.keep()

    def edition(self) -> str:
        """Another text after each change of the rows, in any process."""
        others = [self.tables.version(table) for table in ("sites", "drops")]
        return repr([*self.cache.current().versions.items(), *others])

    def photo(self, photo_id: str) -> PhotoRecord | None:
        """The current record of a photo, hidden or not; None where there is none."""
        return self.photos([photo_id]).get(photo_id)

    def photos(self, photo_ids: Iterable[str]) -> dict[str, PhotoRecord]:
        """The current records of the stored photos among these, hidden or not, by photo_id in the order asked."""
        return {photo.photo_id: photo for photo in photos_from(_stored(self.cache.current(), photo_ids))}

    def photos_lately(self, photo_ids: Iterable[str]) -> dict[str, PhotoRecord]:
        """The same as photos, as they were when somebody last asked for the current rows."""
        return {photo.photo_id: photo for photo in photos_from(_stored(self.cache.lately(), photo_ids))}

    def every_photo(self) -> Iterator[list[PhotoRecord]]:
        """All photos by upload, hidden or not, some thousands at a time."""
        for some in self.cache.current().photos.filter(STORED).iter_slices(BATCH):
            yield photos_from(some)

    def photo_records(self, which: Selection = EVERYTHING) -> Iterator[list[PhotoRecord]]:
        """The photos of a selection by upload, whatever was found in them, some thousands at a time."""
        for some in _chosen(self._rows(which), which).iter_slices(BATCH):
            yield photos_from(some)

    def records_of(self, which: Selection | Sequence[str]) -> Iterator[list[PhotoRecord]]:
        """The photos that the gallery of a selection shows, or these photo_ids, hidden or not, in batches."""
        if isinstance(which, Selection):
            rows = self._rows(which)
            photos = rows.photos[gallery_of(rows, which, "oldest").photos]
        else:
            photos = _stored(self.cache.current(), which)
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
            yield from photos_from(_chosen(self._rows(which), which, ~READABLE))

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
        sql = f"SELECT at, drop_id FROM drops WHERE by = {quoted(username)} ORDER BY at DESC LIMIT 1"
        newest = max([*mine.iter_rows(), *self._again(sql).iter_rows()], default=None)
        return None if newest is None else str(newest[1])

    def seen_again(self, drop_id: str) -> list[SeenAgain]:
        """The photos that were here already when a drop came, and what was said of that drop; each once, by file."""
        rows, in_drop = self.cache.current(), pl.col("drop_id") == drop_id
        before = rows.later.filter(in_drop).join(rows.photos.filter(in_drop), on="photo_id", how="anti")
        columns = {"by": "uploaded_by", "at": "uploaded_at"}
        uploads = before.select(pl.col(columns.get(name, name)).alias(name) for name in DROPS.names)
        seen = pl.concat([self._again(_OF_DROP.format(quoted(drop_id))), uploads.cast({pl.Categorical: pl.String})])
        return seen_from(seen.sort("at").unique("photo_id", keep="first").sort("file", "photo_id").to_arrow())

    def _again(self, sql: str) -> pl.DataFrame:
        """The answer to a question about tables/drops."""
        return pl.DataFrame(self.tables.query(sql, "drops"))

    def drop_results(self, drop_id: str) -> list[PhotoResult]:
        """The stored photos of a drop by upload, with analysis and review."""
        return [result for batch in self.export_results(Selection(drop_id=drop_id)) for result in batch]

    def export_results(self, which: Selection = EVERYTHING) -> Iterator[list[PhotoResult]]:
        """The photos of a selection by upload, then file, EXPORT_BATCH at a time: memory stays flat for any store."""
        rows = self._rows(which)
        photos = _chosen(rows, which)
        if which.of_counts:
            photos = photos.filter(pl.col("place").is_in(matches(rows, which, ())["photo"].implode()))
        for some in photos.sort("uploaded_at", "file", "photo_id").iter_slices(EXPORT_BATCH):
            yield list(self._results(rows, some))

    def results_for(self, photo_ids: Sequence[str]) -> list[PhotoResult]:
        """The stored photos among these with analysis and review, in the order asked."""
        return list(self.each_result(photo_ids))

    def each_result(self, photo_ids: Sequence[str]) -> Iterator[PhotoResult]:
        """results_for one by one, so that however many flowers they have few are in memory as records."""
        rows = self.cache.current()
        return self._results(rows, _stored(rows, photo_ids))

    def reviews_of(self, photo_ids: Sequence[str]) -> dict[str, Review]:
        """The reviews of these photos by photo_id, without those that were taken back."""
        rows = self.cache.current()
        return current_reviews(self.tables, rows, _stored(rows, photo_ids))

    def review_records(self, photo_ids: Sequence[str]) -> list[ReviewRecord]:
        """Every review that anybody ever said of these photos, undone ones and undoings too, by time.

        Reviews of version 1.0 have numbers without boxes; one that takes back all has none, and neither names nor
        numbers are signed.
        """
        return every_review(self.tables, photo_ids)

    def counts_by_model(self, photo_ids: Sequence[str]) -> dict[str, dict[str, tuple[int, int, int]]]:
        """The counts of the newest analysis of each of these photos, whatever people said: count, low, high by taxon,

        and of "" for all of them together.
        """
        photos = _stored(self.cache.current(), photo_ids).filter(COUNTED)
        where = f"analysis_id IN {quoted_list(photos['analysis_id'])}"
        sql = f"SELECT DISTINCT photo_id, taxon, count, count_low, count_high FROM observations WHERE {where}"
        rows = pl.DataFrame(self.tables.query(sql, "observations")).iter_rows()
        found = {photo_id: {"": (0, 0, 0)} for photo_id in photos["photo_id"]}
        for photo_id, taxon, count, low, high in rows:
            total = found[photo_id][""]
            found[photo_id] |= {taxon: (count, low, high), "": (total[0] + count, total[1] + low, total[2] + high)}
        return found

    def analyses_of(self, photo_id: str) -> list[Analysis]:
        """All analyses of a photo, newest first."""
        analyses = analyses_from(self._analyses([photo_id]))
        return sorted(analyses, key=lambda analysis: analysis.analysed_at, reverse=True)

    def counted(self, photo_ids: Sequence[str], model: str, model_version: str) -> set[str]:
        """The ids of the analyses by this model version that are the newest of these photos."""
        if not photo_ids:  # a worker that has nothing to do asks all day
            return set()
        asked = pl.col("photo_id").is_in(photo_ids) & _newest_by(model, model_version)
        return set(self.cache.current().photos.filter(asked)["analysis_id"])

    def to_recount(self, model: str, model_version: str, *, after: str, most: int) -> list[PhotoRecord]:
        """Photos that could be read and whose newest analysis is another model's, by photo_id, beyond `after`."""
        waits = READABLE & (pl.col("photo_id") > after) & ~_newest_by(model, model_version)
        photos = self.cache.current().photos.filter(STORED, ~DELETED, waits)
        return photos_from(photos.bottom_k(most, by="photo_id").sort("photo_id"))

    def recounted(self, model: str, model_version: str) -> tuple[int, int]:
        """Count the readable photos whose newest analysis is by this model version, and all readable photos."""
        readable = self.cache.current().photos.filter(STORED, ~DELETED, READABLE)
        return len(readable.filter(_newest_by(model, model_version))), len(readable)

    def analysed_since(self, moments: Sequence[datetime]) -> list[int]:
        """For each of these moments (with time zone), count the photos with an analysis made then or later."""
        analysed_at = self.cache.current().photos["analysed_at"]
        return [int((analysed_at >= moment).sum()) for moment in moments]

    def gallery(self, which: Selection = EVERYTHING, *, order: Order, page: int, per_page: int) -> GalleryPage:
        """One page (the first is 0) of the photos of a selection in which something of it was found.

        Beyond the last page it is the last one.
        """
        rows = self._rows(which)
        gallery = gallery_of(rows, which, order)
        total = len(gallery.photos)
        page = min(page, max(0, total - 1) // per_page)
        places = gallery.photos.slice(page * per_page, per_page)
        totals = gallery.totals(places)
        results = self._results(rows, rows.photos.with_row_index("place")[places])
        return GalleryPage(tuple(map(GalleryPhoto, results, map(totals.get, places))), page, total)

    def number_of_photos(self, which: Selection = EVERYTHING) -> int:
        """Count the photos that the gallery of a selection shows."""
        return len(gallery_of(self._rows(which), which, "newest").photos)

    def place(self, photo_id: str, which: Selection, *, order: Order) -> Place | None:
        """The place of a photo in that gallery; None where it is not in it."""
        return gallery_of(self._rows(which), which, order).place(photo_id)

    def sites(self) -> list[str]:
        """The names of all sites that photos that are not hidden have now or that are described, by alphabet."""
        there = self.cache.current().photos.filter(pl.col("hidden_at").is_null())["site"]
        return sorted(set(_texts(there)) | set(self.described_sites()))

    def described_sites(self) -> dict[str, Site]:
        """The newest description of each site that is on the list, by name."""
        return {site.site: site for site in sites_from(self.tables.query(_DESCRIBED, "sites"))}

    def people(self) -> list[str]:
        """The user names of all who uploaded photos, by alphabet."""
        return _texts(self.cache.current().photos["uploaded_by"])

    def taxa(self) -> list[str]:
        """All taxa that were ever found, by alphabet."""
        rows = self.cache.current()
        return sorted({*_texts(rows.observations["taxon"]), *_texts(rows.other["taxon"])})

    def observed(self, which: Selection = EVERYTHING) -> Iterator[pl.DataFrame]:
        """The observations of a selection that stand, one row a photo and taxon: OBSERVED, by photo, some thousands at
        a time.

        A photo that was counted and shows nothing of the selection has one row with taxon "" and count 0. A review
        stands in the place of what models found, until it is taken back.
        """
        rows = self._rows(which)
        return (columns_of(rows, some, OBSERVED.names) for some in matches(rows, which).iter_slices(BATCH))

    def observed_table(self, which: Selection = EVERYTHING, columns: Sequence[str] = OBSERVED.names) -> pl.DataFrame:
        """All of the same at once. columns: those of OBSERVED that are wanted.

        With them come photo, a number that stands for photo_id within this table, and day, when it was taken, null
        where unknown. Texts that many rows share are categorical.
        """
        rows = self._rows(which)
        observations = matches(rows, which, [name for name in OBSERVATION if name in columns])
        return columns_of(rows, observations, columns)

    def _rows(self, which: Selection) -> CurrentRows:
        rows = self.cache.current()
        if which.drop_id is not None:
            again = self._again(_OF_DROP.format(quoted(which.drop_id)))["photo_id"]
            rows = rows.of_drop(which.drop_id, again.to_list())
        return rows.only(far_from_site(self.described_sites())) if which.attention == "far" else rows

    def _results(self, rows: CurrentRows, photos: pl.DataFrame) -> Iterator[PhotoResult]:
        """These photos, RECORDS_AT_ONCE of them in memory as records; as rows of a table flowers are far smaller."""
        analyses = self._analyses(photos["photo_id"])
        place_of = {analysis_id: place for place, analysis_id in enumerate(analyses["analysis_id"].to_pylist())}
        reviews = current_reviews(self.tables, rows, photos)
        for some in photos.iter_slices(RECORDS_AT_ONCE):
            places = [place_of[analysis_id] for analysis_id in some["analysis_id"] if analysis_id in place_of]
            current = analyses_from(analyses.take(pa.array(places, pa.int64())))
            of_photo = {analysis.photo_id: analysis for analysis in current}
            for photo in photos_from(some):
                yield PhotoResult(photo, of_photo.get(photo.photo_id), reviews.get(photo.photo_id))

    def _analyses(self, photo_ids: Iterable[str]) -> pa.Table:
        """All analyses of these photos with their flowers; one that was recorded twice is one row."""
        sql = (
            "SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY analysis_id ORDER BY analysed_at DESC) AS place "
            f"FROM analyses WHERE photo_id IN {quoted_list(photo_ids)}) WHERE place = 1"
        )
        return self.tables.query(sql, "analyses").select(ANALYSES.names).cast(ANALYSES)


def _description(site: Site) -> dict[str, object]:
    """The description of a site by a person, by column."""
    return {name: getattr(site, name) for name in ("latitude", "longitude", "habitat", "area_m2")}


def _chosen(rows: CurrentRows, which: Selection, *more: pl.Expr) -> pl.DataFrame:
    """The photos of a selection for which more holds, whatever was found in them, with their place."""
    return rows.photos.with_row_index("place").filter(of_photos(which), *more)


def _stored(rows: CurrentRows, photo_ids: Iterable[str]) -> pl.DataFrame:
    """The stored photos among these, hidden or not, in the order asked, with their place."""
    asked = pl.DataFrame({"photo_id": list(dict.fromkeys(photo_ids))}, {"photo_id": pl.String})
    every = rows.photos.with_row_index("place")
    photos = every.filter(STORED, pl.col("photo_id").is_in(asked["photo_id"].implode()))
    return asked.join(photos, on="photo_id", how="inner", maintain_order="left")


def _newest_by(model: str, model_version: str) -> pl.Expr:
    """The condition that the newest analysis of a photo is by this model version."""
    return pl.col("model").eq_missing(pl.lit(f"{model} {model_version}"))


def _texts(column: pl.Series) -> list[str]:
    """The texts of a column that are not empty, each once, by alphabet."""
    return sorted(filter(None, column.unique().to_list()))
