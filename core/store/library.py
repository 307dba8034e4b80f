"""The questions that pages and commands ask of the store, and the two ways in: a photo's bytes, a photo's rows.

Bytes lie under their SHA-256, so the same photo twice is one photo. Rows are only ever added: of a photo the row
uploaded or corrected last counts, of its analyses the newest, and a row written twice counts once. What a person said
of a photo counts before them all, however old it is.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pyarrow as pa

from core.errors import Conflict
from core.store import questions
from core.store.blobs import BlobInfo, Blobs, MissingBlob
from core.store.found import found, said_by_people, with_dictionaries
from core.store.gallery import GalleryPage, Order, Place, Shown, Totals, sql_order
from core.store.present import Present
from core.store.records import Analysis, Observation, PhotoRecord, PhotoResult, Review, Site, analysis_id
from core.store.schemas import (
    ANALYSES,
    OBSERVED,
    analyses_from,
    analysis_rows,
    observation_rows,
    photo_rows,
    photos_from,
    site_rows,
    sites_from,
)
from core.store.selection import EVERYTHING, Selection
from core.store.shown import gallery_of
from core.store.tables import Tables, quoted, quoted_list

EXPORT_BATCH = 500
"""Photos a batch of export_results: a few MB of flowers."""

RECORDS_AT_ONCE = 100
"""Photos of each_result that are records at a time; as rows of a table flowers are far smaller."""

OBSERVED_BATCH = 8192

_EVERY_TABLE = ("photos", "analyses", "observations")

IS_MISSING = " is missing from the store. Upload it again."
"""How the problem of a photo ends whose bytes were gone when it was to be counted."""

PHOTO_ID = re.compile(r"[0-9a-f]{64}")


class Library:
    """Photos, and what was found in them, of one store. Threads may share one; every method may raise StoreError."""

    def __init__(self, blobs: Blobs, tables: Tables) -> None:
        self.blobs = blobs
        self.tables = tables
        self.present = Present(blobs, tables)

    def tidy(self) -> None:
        """Few large files instead of many small ones, and a fresh snapshot of what now holds. For a quiet moment."""
        self.tables.compact()
        self.present.keep()

    def edition(self) -> str:
        """Another text after each change of the rows, in any process."""
        return repr([*self.present.now().versions.items(), self.tables.version("sites")])

    def add_photo_bytes(self, data: bytes) -> str:
        """The photo_id (SHA-256, hex) of these bytes, which are now durable; those that were there already stay."""
        photo_id = sha256(data).hexdigest()
        with suppress(Conflict):
            self.blobs.put(photo_key(photo_id), data, if_absent=True)
        return photo_id

    def photo_bytes(self, photo_id: str) -> bytes:
        """The bytes as uploaded. Raises MissingBlob."""
        return self.blobs.get(photo_key(photo_id))

    def has_photo(self, photo_id: str) -> bool:
        """Whether the bytes of such a photo are kept. False for what cannot be a photo_id."""
        return PHOTO_ID.fullmatch(photo_id) is not None and self.blobs.exists(photo_key(photo_id))

    def kept_photos(self) -> Iterator[BlobInfo]:
        """All photos whose bytes are kept, by key (photo_key), with or without rows."""
        return self.blobs.list("photos/")

    def put_thumb(self, photo_id: str, webp: bytes) -> None:
        """Keep the small picture of a photo."""
        self.blobs.put(_shelf("thumbs", photo_id) + ".webp", webp)

    def put_picture(self, photo_id: str, data: bytes, webp: bytes) -> None:
        """Keep bytes and small picture of a photo whose id is not made from its bytes: a demo photo's."""
        self.blobs.put(_shelf("photos", photo_id), data)
        self.put_thumb(photo_id, webp)

    def thumb(self, photo_id: str) -> bytes | None:
        """The small picture (WebP), None where there is none."""
        try:
            return self.blobs.get(_shelf("thumbs", photo_id) + ".webp")
        except MissingBlob:
            return None

    def record(
        self, photos: Sequence[PhotoRecord], analyses: Sequence[Analysis], observations: Sequence[Observation]
    ) -> None:
        """Add rows, what is referred to first: an analysis has its observations, without which it is one of no flowers;

        a photo that has its row has all its results, so its ticket may go afterwards. After a crash in between the same
        rows may be recorded again: they count once, and observations of no analysis not at all.
        """
        if observations:
            self.tables.append("observations", observation_rows(observations))
        if analyses:
            self.tables.append("analyses", analysis_rows(analyses))
        if photos:
            self.tables.append("photos", photo_rows(photos))

    def analyses_of(self, photo_id: str) -> list[Analysis]:
        """Everything that models said of a photo, newest first."""
        rows = self.tables.query(f"SELECT * FROM analyses WHERE photo_id = {quoted(photo_id)}", "analyses")
        found = {analysis.analysis_id: analysis for analysis in analyses_from(rows)}
        return sorted(found.values(), key=lambda analysis: analysis.analysed_at, reverse=True)

    def counted(self, photo_ids: Sequence[str], model: str, model_version: str) -> set[str]:
        """The ids of the analyses by this model version that are the newest of these photos."""
        if not photo_ids:  # a worker that has nothing to do asks all day
            return set()
        sql = questions.last_said(model, model_version, f"photo_id IN {quoted_list(photo_ids)}")
        return set(self.tables.query(sql, "analyses")["analysis_id"].to_pylist())

    def to_recount(self, model: str, model_version: str, *, after: str, most: int) -> list[PhotoRecord]:
        """Photos that could be read and whose newest analysis is another model's, by photo_id, beyond `after`."""
        sql = (
            f"SELECT * FROM ({questions.newest(f'photo_id > {quoted(after)}')}) WHERE problem = '' AND photo_id NOT IN "
            f"(SELECT photo_id FROM ({questions.last_said(model, model_version)})) ORDER BY photo_id LIMIT {int(most)}"
        )
        return photos_from(self.tables.query(sql, "photos", "analyses"))

    def recounted(self, model: str, model_version: str) -> tuple[int, int]:
        """How many photos could be read and have their newest analysis by this model version, and how many could."""
        sql = (
            f"SELECT count(said.photo_id) AS counted, count(*) AS total FROM ({questions.newest()}) AS p LEFT JOIN "
            f"({questions.last_said(model, model_version)}) AS said ON p.photo_id = said.photo_id WHERE p.problem = ''"
        )
        found = self.tables.query(sql, "photos", "analyses")
        return found["counted"][0].as_py(), found["total"][0].as_py()

    def uncounted(self) -> list[PhotoRecord]:
        """Photos of which nothing says what was found in them, or why nothing could be; or only that they were missing.

        Those recorded by a process that did both are not among them, whatever it is doing at this moment.
        """
        sql = (
            f"SELECT * FROM ({questions.newest()}) WHERE right(problem, {len(IS_MISSING)}) = {quoted(IS_MISSING)} "
            "OR (problem = '' AND photo_id NOT IN (SELECT photo_id FROM analyses)) ORDER BY photo_id"
        )
        return photos_from(self.tables.query(sql, "photos", "analyses"))

    def analysed_since(self, moments: Sequence[datetime]) -> list[int]:
        """Of each of these moments (with time zone) how many photos have an analysis made then or later."""
        since = [f"TIMESTAMP '{moment.astimezone(UTC).isoformat()}'" for moment in moments]
        sums = (f"count(*) FILTER (WHERE last >= {moment}) AS n{place}" for place, moment in enumerate(since))
        newest = f"SELECT max(analysed_at) AS last FROM analyses WHERE analysed_at >= {min(since)} GROUP BY photo_id"
        found = self.tables.query(f"SELECT {', '.join(sums)} FROM ({newest})", "analyses")
        return [int(column[0].as_py()) for column in found.columns]

    def analyses_for(self, photo_ids: Sequence[str], model: str, model_version: str) -> dict[str, Analysis]:
        """What this model version said of each of these photos, by photo_id; those it has not seen are left out."""
        ids = [analysis_id(photo_id, model, model_version) for photo_id in photo_ids]
        return _by_photo(analyses_from(self._newest_analyses(f"analysis_id IN {quoted_list(ids)}")))

    def photo(self, photo_id: str) -> PhotoRecord | None:
        """The photo as it is now, None where there is none."""
        found = photos_from(self._photos(questions.newest(f"photo_id = {quoted(photo_id)}")))
        return next(iter(found), None)

    def results_for(self, photo_ids: Sequence[str]) -> list[PhotoResult]:
        """The stored photos among these, in the order asked."""
        where = f"photo_id IN {quoted_list(photo_ids)}"
        found = {photo.photo_id: photo for photo in photos_from(self._photos(questions.newest(where)))}
        return self._with_analyses([found[photo_id] for photo_id in dict.fromkeys(photo_ids) if photo_id in found])

    def each_result(self, photo_ids: Sequence[str]) -> Iterator[PhotoResult]:
        """results_for one by one, so that however many flowers they have few are in memory as records.

        Without reviews: who writes boxes has the counts that hold from `observed`.
        """
        where = f"photo_id IN {quoted_list(photo_ids)}"
        found = {photo.photo_id: photo for photo in photos_from(self._photos(questions.newest(where)))}
        rows = self._newest_analyses(where).select(ANALYSES.names).cast(ANALYSES)
        place = {photo_id: row for row, photo_id in enumerate(rows["photo_id"].to_pylist())}
        there = [photo_id for photo_id in dict.fromkeys(photo_ids) if photo_id in found]
        for start in range(0, len(there), RECORDS_AT_ONCE):
            some = there[start : start + RECORDS_AT_ONCE]
            analyses = analyses_from(rows.take([place[photo_id] for photo_id in some if photo_id in place]))
            of_photo = {analysis.photo_id: analysis for analysis in analyses}
            yield from (PhotoResult(found[photo_id], of_photo.get(photo_id)) for photo_id in some)

    def reviews_of(self, photo_ids: Sequence[str]) -> dict[str, Review]:
        """What people say of these photos, by photo_id; those of which no review holds are left out."""
        rows = said_by_people(self.present.now(), photo_ids).table(("photo_id", "taxon", "count", "by", "at"))
        said: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in rows.to_pylist():
            said[row["photo_id"]].append(row)
        return {
            photo_id: Review(
                found[0]["by"], found[0]["at"], {row["taxon"]: row["count"] for row in found if row["taxon"]}
            )
            for photo_id, found in said.items()
        }

    def drop_results(self, drop_id: str) -> list[PhotoResult]:
        """The stored photos of a drop in upload order, each with its newest analysis."""
        return [result for batch in self.export_results(Selection(drop_id=drop_id)) for result in batch]

    def photos_page(self, *, page: int, per_page: int) -> tuple[list[PhotoResult], int]:
        """One page (the first is 0) of all photos, newest upload first, and how many photos there are."""
        ids = self._photos(
            "SELECT photo_id FROM photos GROUP BY photo_id ORDER BY max(uploaded_at) DESC, photo_id "
            f"LIMIT {int(per_page)} OFFSET {int(page) * int(per_page)}"
        )
        total = self._photos("SELECT count(DISTINCT photo_id) AS total FROM photos")
        return self.results_for(ids["photo_id"].to_pylist()), total["total"][0].as_py()

    def gallery(self, which: Selection = EVERYTHING, *, order: Order, page: int, per_page: int) -> GalleryPage:
        """One page (the first is 0) of the photos of a selection in which something of it was found.

        Beyond the last page it is the last one.
        """
        shown = gallery_of(self.present.now(), which, order) if which.drop_id is None else None
        every = [] if shown else self._gallery_ids(which, order)
        total = len(shown.photos) if shown else len(every)
        page = min(page, max(0, total - 1) // per_page)
        start, end = page * per_page, (page + 1) * per_page
        ids = shown.ids(start, end) if shown else every[start:end]
        totals = shown.totals(start, end) if shown else self._totals(which, ids)
        photos = tuple(Shown(result, totals.get(result.photo.photo_id)) for result in self.results_for(ids))
        return GalleryPage(photos, page, total)

    def number_of_photos(self, which: Selection = EVERYTHING) -> int:
        """How many photos the gallery of a selection shows."""
        if which.drop_id is None:
            return len(gallery_of(self.present.now(), which, "newest").photos)
        return len(self._gallery_ids(which, "newest"))

    def place(self, photo_id: str, which: Selection, *, order: Order) -> Place | None:
        """Where a photo stands in that gallery; None where it is not in it."""
        if which.drop_id is None:
            return gallery_of(self.present.now(), which, order).place(photo_id)
        ids = [None, *self._gallery_ids(which, order), None]
        if photo_id not in ids:
            return None
        at = ids.index(photo_id)
        return Place(ids[at - 1], ids[at + 1], at, len(ids) - 2)

    def latest_drop(self, username: str) -> str | None:
        """The drop of this person that has the newest stored photo."""
        rows = self._photos(
            f"SELECT drop_id FROM photos WHERE uploaded_by = {quoted(username)} ORDER BY uploaded_at DESC LIMIT 1"
        )
        return next(iter(rows["drop_id"].to_pylist()), None)

    def sites(self) -> list[str]:
        """The names of all sites that photos have now or that are described, by alphabet."""
        return sorted(set(self.present.now().used("site")) - {""} | set(self.described_sites()))

    def describe_sites(self, sites: Sequence[Site]) -> None:
        """Keep what is now said of these sites; what was said before stays in the table."""
        if sites:
            self.tables.append("sites", site_rows(sites))

    def described_sites(self) -> dict[str, Site]:
        """What was said last of each site that is on the list, by name."""
        rows = sites_from(self.tables.query(f"SELECT * FROM ({questions.DESCRIBED}) ORDER BY site", "sites"))
        return {site.site: site for site in rows}

    def people(self) -> list[str]:
        """The user names of all who uploaded photos, by alphabet."""
        return self.present.now().used("uploaded_by")

    def taxa(self) -> list[str]:
        """All taxa that were ever found, by alphabet."""
        return list(filter(None, self.present.now().used("taxon")))

    def export_results(self, which: Selection = EVERYTHING) -> Iterator[list[PhotoResult]]:
        """Those photos in upload order, one row a photo, EXPORT_BATCH at a time: memory stays flat for any store."""
        where = questions.of_totals(which, questions.found(which))
        sql = f"SELECT * FROM ({questions.chosen(which)}) WHERE {where} ORDER BY uploaded_at, file, photo_id"
        for rows in _in_batches(self.tables.stream(sql, *_EVERY_TABLE)):
            yield self._with_analyses(photos_from(rows))

    def photo_records(self, which: Selection) -> Iterator[list[PhotoRecord]]:
        """Those photos without what was found in them, some thousands at a time, all as of now."""
        for rows in self.tables.stream(f"SELECT * FROM ({questions.chosen(which)})", "photos"):
            if rows.num_rows:
                yield photos_from(pa.Table.from_batches([rows]))

    def unread(self, which: Selection = EVERYTHING) -> Iterator[PhotoRecord]:
        """Those photos that could not be read, in upload order; each says why. None where a count is asked for."""
        if which.reviewed_only or which.of_totals() != "TRUE":
            return
        sql = f"SELECT * FROM ({questions.chosen(which)}) WHERE problem <> '' ORDER BY uploaded_at, photo_id"
        for rows in _in_batches(self.tables.stream(sql, "photos")):
            yield from photos_from(rows)

    def observed(self, which: Selection = EVERYTHING) -> Iterator[pa.RecordBatch]:
        """What now holds of those photos that were counted: one row a photo and taxon, as OBSERVED says, by photo.

        A photo in which nothing of the selection was found has one row with taxon "" and count 0. A review stands in
        the place of what models said, until it is taken back.
        """
        if which.drop_id is not None:
            return (batch.cast(OBSERVED) for batch in self.tables.stream(questions.observed(which), *_EVERY_TABLE))
        them = found(self.present.now(), which)
        return (
            batch
            for start in range(0, len(them), OBSERVED_BATCH)
            for batch in them.slice(start, OBSERVED_BATCH).table().select(OBSERVED.names).cast(OBSERVED).to_batches()
        )

    def observed_table(self, which: Selection = EVERYTHING, columns: Sequence[str] = OBSERVED.names) -> pa.Table:
        """All of the same at once, with texts that many rows share as dictionaries (sorted): small, and fast to group.

        columns: those of OBSERVED that are wanted. With them come photo, a number that stands for photo_id within this
        table, and day, when it was taken, null where unknown.
        """
        if which.drop_id is not None:
            every = with_dictionaries(self.tables.query(questions.observed(which), *_EVERY_TABLE))
            return every.select(["photo", "day", *columns])
        return found(self.present.now(), which).table(columns)

    def _photos(self, sql: str) -> pa.Table:
        return self.tables.query(sql, "photos")

    def _gallery_ids(self, which: Selection, order: Order) -> list[str]:
        """The photos of a gallery by plain SQL."""
        sql = f"SELECT photo_id FROM ({questions.shown(which, order)}) ORDER BY {sql_order(order)}"
        ids: list[str] = self.tables.query(sql, *_EVERY_TABLE)["photo_id"].to_pylist()
        return ids

    def _totals(self, which: Selection, photo_ids: Sequence[str]) -> dict[str, Totals]:
        found = questions.found(which, f"photo_id IN {quoted_list(photo_ids)}")
        rows = self.tables.query(questions.totals(found), *_EVERY_TABLE).to_pylist()
        return {row.pop("photo_id"): Totals(**row | {"taxa": tuple(filter(None, row["taxa"]))}) for row in rows}

    def _with_analyses(self, photos: Sequence[PhotoRecord]) -> list[PhotoResult]:
        if not photos:
            return []
        rows = self._newest_analyses(f"photo_id IN {quoted_list(photo.photo_id for photo in photos)}")
        analyses, reviews = _by_photo(analyses_from(rows)), self.reviews_of([photo.photo_id for photo in photos])
        return [PhotoResult(p, analyses.get(p.photo_id), reviews.get(p.photo_id)) for p in photos]

    def _newest_analyses(self, where: str) -> pa.Table:
        sql = (
            "SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY photo_id ORDER BY analysed_at DESC, analysis_id) "
            f"AS place FROM analyses WHERE {where}) WHERE place = 1"
        )
        return self.tables.query(sql, "analyses")


def _by_photo(analyses: Iterable[Analysis]) -> dict[str, Analysis]:
    return {analysis.photo_id: analysis for analysis in analyses}


def photo_key(photo_id: str) -> str:
    """Where in the store the bytes of a photo lie."""
    return _shelf("photos", photo_id)


def _shelf(kind: str, photo_id: str) -> str:
    return f"{kind}/{photo_id[:2]}/{photo_id}"


def _in_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Tables of EXPORT_BATCH rows, the last one shorter."""
    for batch in batches:
        for start in range(0, batch.num_rows, EXPORT_BATCH):
            yield pa.Table.from_batches([batch.slice(start, EXPORT_BATCH)])
