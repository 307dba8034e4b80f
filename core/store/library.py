"""The questions that pages, commands and workers ask of the store, and the way in for rows.

Rows are only ever added; core/store/now.py says which of them hold. Questions are about these current rows, which are
kept in memory; flowers are fetched from their table, for the analyses that are current.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from core.store.conditions import COUNTED, DELETED, READABLE, STORED
from core.store.gallery import GalleryPage, GalleryPhoto, Order, Place, gallery_of
from core.store.glance import Glance, glance_of
from core.store.matches import columns_of, matches
from core.store.now import OBSERVATION, CurrentRows
from core.store.records import (
    Analysis,
    Fieldwork,
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
    NUMBERS,
    OBSERVED,
    PHOTOS,
    analyses_from,
    analysis_rows,
    features_from,
    fieldwork_rows,
    observation_rows,
    photo_rows,
    photos_from,
    review_rows,
    seen_rows,
    site_rows,
)
from core.store.selection import EVERYTHING, Selection
from core.store.stored_photos import BATCH, StoredPhotos, asked_photos, chosen_photos
from core.store.tables import quoted, quoted_list
from core.store.trail import Actor, Entry
from core.store.waiting import names_waiting, photos_waiting

EXPORT_BATCH = 500
"""Photos a batch of export_results: a few MB of flowers."""

RECORDS_AT_ONCE = 100

DELETED_FILE = "(deleted)"
"""The file name of a deleted photo whose counts are kept."""

_WITH_FLOWERS = pa.schema([field for field in ANALYSES if field.name != "features"])
"""The columns of analyses but the features: few pages ask for those."""

_STAYS = (
    *("photo_id", "bytes", "width", "height", "taken_at", "site", "drop_id", "uploaded_at", "problem"),
    *("changed_at", "hidden_at"),
)
_NAMELESS = {
    **{name: "NULL" for name in PHOTOS.names if name not in _STAYS},
    **{"file": quoted(DELETED_FILE), "note": "''", "uploaded_by": "''"},
}


class Library(StoredPhotos):
    """The rows of one store. Threads may share one; every method may raise StoreError."""

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

    def describe_fieldwork(self, fieldwork: Fieldwork, *, by: Actor) -> None:
        """Keep what somebody says of the field work of a drop; earlier words stay in the table."""
        before = self.fieldwork().get(fieldwork.drop_id)
        self.tables.append("drops", fieldwork_rows([fieldwork]))
        entry = Entry(
            "field work described", f"drop {fieldwork.drop_id}", _said(before) if before else {}, _said(fieldwork)
        )
        self.trail.add_all([entry], by=by)

    def erase(self, photo_ids: Sequence[str], *, keep_counts: bool) -> None:
        """Leave nothing of these photos: bytes, small picture, rows, older versions of the tables, snapshot.

        keep_counts: of those that were counted a row without file name, position, note and person stays, with counts.
        Whatever is done already may be done again.
        """
        for photo_id in photo_ids:
            self.pictures.erase(photo_id)
        asked = asked_photos(self.cache.current(), photo_ids if keep_counts else [])
        counted = asked.filter(COUNTED)["photo_id"].to_list()
        self._erase_fieldwork(photo_ids, counted)  # while the photos still tell whose drops they were
        where, others = (f"photo_id IN {quoted_list(ids)}" for ids in (photo_ids, set(photo_ids) - set(counted)))
        self.tables.erase("photos", where, unless=f"photo_id IN {quoted_list(counted)}", **_NAMELESS)
        self.tables.erase("drops", where)
        for table in ("observations", "reviews", "analyses") if set(photo_ids) - set(counted) else ():
            self.tables.erase(table, others)
        self.cache.erase()

    def _erase_fieldwork(self, erased: Sequence[str], kept: Sequence[str]) -> None:
        """Leave no person and no weather in what was said of drops all of whose photos are erased.

        kept: those whose counts stay, and with them the protocol of their drop.
        """
        if not (said := self.fieldwork()):
            return
        photos = self.cache.current().photos.filter(pl.col("drop_id").cast(pl.String).is_in(list(said)))
        gone, stays = (pl.col("photo_id").is_in(ids) | DELETED for ids in (erased, kept))
        alone = photos.group_by("drop_id").agg(gone=gone.all(), kept=stays.any())
        alone = alone.filter("gone").cast({"drop_id": pl.String})
        if alone.is_empty():
            return
        counted = alone.filter("kept")["drop_id"].to_list()
        nobody = dict.fromkeys(("by", "observer", "weather"), "''")
        for drops, unless in ((set(alone["drop_id"]) - set(counted), "false"), (counted, "true")):
            if drops:
                where = f"photo_id IS NULL AND drop_id IN {quoted_list(drops)}"
                self.tables.erase("drops", where, unless, **(nobody if unless == "true" else {}))

    def tidy(self) -> None:
        """Rewrite many small files as few large ones, and keep a fresh snapshot. For a quiet moment."""
        self.tables.compact()
        self.cache.keep()

    def edition(self) -> str:
        """Another text after each change of the rows, in any process."""
        others = [self.tables.version(table) for table in ("sites", "drops")]
        return repr([*self.cache.current().versions.items(), *others])

    def drop_results(self, drop_id: str) -> list[PhotoResult]:
        """The stored photos of a drop by upload, with analysis and review."""
        return [result for batch in self.export_results(Selection(drop_id=drop_id)) for result in batch]

    def export_results(self, which: Selection = EVERYTHING) -> Iterator[list[PhotoResult]]:
        """The photos of a selection by upload, then file, EXPORT_BATCH at a time: memory stays flat for any store."""
        rows, which = self._asked(which)
        photos = chosen_photos(rows, which)
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
        return self._results(rows, asked_photos(rows, photo_ids))

    def reviews_of(self, photo_ids: Sequence[str]) -> dict[str, Review]:
        """The reviews of these photos by photo_id, without those that were taken back."""
        rows = self.cache.current()
        return current_reviews(self.tables, rows, asked_photos(rows, photo_ids))

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
        photos = asked_photos(self.cache.current(), photo_ids).filter(COUNTED)
        where = f"analysis_id IN {quoted_list(photos['analysis_id'])}"
        sql = (
            "SELECT DISTINCT photo_id, taxon, count, count_low, count_high FROM (SELECT *, rank() OVER "
            f"(PARTITION BY analysis_id ORDER BY at DESC) AS place FROM observations WHERE {where}) WHERE place = 1"
        )
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

    def features_of(self, photo_ids: Sequence[str]) -> dict[str, NDArray[np.int8]]:
        """The features of the flowers in all analyses of these photos, by analysis_id, where there are any."""
        sql = f"SELECT DISTINCT analysis_id, features FROM analyses WHERE photo_id IN {quoted_list(photo_ids)}"
        rows = self.tables.query(sql, "analyses")
        found = zip(rows["analysis_id"].to_pylist(), features_from(rows["features"]), strict=True)
        return {analysis_id: features for analysis_id, features in found if features is not None}

    def counted(self, photo_ids: Sequence[str], model: str, model_version: str) -> set[str]:
        """The ids of the analyses by this model version that are the newest of these photos."""
        if not photo_ids:  # a worker that has nothing to do asks all day
            return set()
        asked = pl.col("photo_id").is_in(photo_ids) & _newest_by(model, model_version)
        return set(self.cache.current().photos.filter(asked)["analysis_id"])

    def counted_photos(self, model: str, model_version: str) -> list[str]:
        """The ids of the photos whose newest analysis is by this model version."""
        return self.cache.current().photos.filter(COUNTED, _newest_by(model, model_version))["photo_id"].to_list()

    def to_recount(self, model: str, model_version: str, *, after: str, most: int) -> list[PhotoRecord]:
        """Photos that could be read and whose newest analysis is another model's, by photo_id, beyond `after`."""
        waits = READABLE & (pl.col("photo_id") > after) & ~_newest_by(model, model_version)
        photos = self.cache.current().photos.filter(STORED, ~DELETED, waits)
        return photos_from(photos.bottom_k(most, by="photo_id").sort("photo_id"))

    def recounted(self, model: str, model_version: str) -> tuple[int, int]:
        """Count the readable photos whose newest analysis is by this model version, and all readable photos."""
        readable = self.cache.current().photos.filter(STORED, ~DELETED, READABLE)
        return len(readable.filter(_newest_by(model, model_version))), len(readable)

    def named_by_other_lists(self, title_of: Mapping[str, str], *, most: int) -> list[PhotoResult]:
        """Photos that models named, and by another list of names than now holds at their site, at most so many.

        title_of: the title of each site's list, and under "" of all other sites'.
        """
        rows = self.cache.current()
        asked = rows.photos.with_row_index("place").filter(COUNTED, ~pl.col("review_stands"))
        title = pl.col("site").cast(pl.String).replace_strict(title_of, default=title_of[""], return_dtype=pl.String)
        titles = rows.observations.filter(pl.col("taxon") != "").select(
            pl.col("photo").alias("place"), pl.col("name_list").cast(pl.String).fill_null("")
        )
        others = asked.join(titles.unique(), on="place", maintain_order="left").filter(pl.col("name_list") != title)
        return list(self._results(rows, others.unique("place", maintain_order=True).head(most).drop("name_list")))

    def analysed_since(self, moments: Sequence[datetime]) -> list[int]:
        """For each of these moments (with time zone), count the photos with an analysis made then or later."""
        analysed_at = self.cache.current().photos["analysed_at"]
        return [int((analysed_at >= moment).sum()) for moment in moments]

    def gallery(self, which: Selection = EVERYTHING, *, order: Order, page: int, per_page: int) -> GalleryPage:
        """One page (the first is 0) of the photos of a selection in which something of it was found.

        Beyond the last page it is the last one.
        """
        rows, which = self._asked(which)
        gallery = gallery_of(rows, which, order)
        total = len(gallery.photos)
        page = min(page, max(0, total - 1) // per_page)
        places = gallery.photos.slice(page * per_page, per_page)
        totals = gallery.totals(places)
        results = self._results(rows, rows.photos.with_row_index("place")[places])
        return GalleryPage(tuple(map(GalleryPhoto, results, map(totals.get, places))), page, total)

    def number_of_photos(self, which: Selection = EVERYTHING) -> int:
        """Count the photos that the gallery of a selection shows."""
        return len(gallery_of(*self._asked(which), "newest").photos)

    def queue(self, which: Selection, *, most: int) -> tuple[list[str], int]:
        """The photo_ids of a selection, the most doubtful first, at most so many; and how many there are."""
        gallery = gallery_of(*self._asked(which), "doubt")
        first = gallery.rows.photos["photo_id"].gather(gallery.photos.head(most))
        return first.to_list(), len(gallery.photos)

    def names_waiting(self, which: Selection) -> dict[str, int]:
        """The flowers of a selection of which no person said what they are, by taxon, the most first."""
        return names_waiting(*self._asked(which))

    def photos_waiting(self, which: Selection, taxon: str, *, most: int) -> list[str]:
        """The photo_ids of a selection in which such flowers of a taxon are, those named least surely first."""
        return photos_waiting(*self._asked(which), taxon, most=most)

    def photos_reviewed_in_part(self) -> list[str]:
        """The photo_ids of the photos that are not hidden and of which a person said what some flowers are."""
        some = pl.col("review_stands") & ~pl.col("reviewed")
        return chosen_photos(self.cache.current(), EVERYTHING, COUNTED, some)["photo_id"].to_list()

    def glance(self, which: Selection = EVERYTHING) -> Glance:
        """The photos of a selection that need a look, by number, and those that are worth seeing."""
        which = replace(which, attention=None)
        seen = glance_of(*self._asked(which))
        far = self.number_of_photos(replace(which, attention="far"))
        return replace(seen, asking={**seen.asking, "far": far})

    def place(self, photo_id: str, which: Selection, *, order: Order) -> Place | None:
        """The place of a photo in that gallery; None where it is not in it."""
        return gallery_of(*self._asked(which), order).place(photo_id)

    def sites(self) -> list[str]:
        """The names, by alphabet, of all sites and plots that are described or that photos have that are not hidden."""
        there, described = self.cache.current().photos.filter(pl.col("hidden_at").is_null()), self.described_sites()
        return sorted({*_texts(there["site"]), *described, *filter(None, (one.parent for one in described.values()))})

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
        rows, which = self._asked(which)
        return (columns_of(rows, some, OBSERVED.names) for some in matches(rows, which).iter_slices(BATCH))

    def observed_table(self, which: Selection = EVERYTHING, columns: Sequence[str] = OBSERVED.names) -> pl.DataFrame:
        """All of the same at once. columns: those of OBSERVED that are wanted.

        With them come photo, a number that stands for photo_id within this table, and day, when it was taken, null
        where unknown. Texts that many rows share are categorical.
        """
        rows, which = self._asked(which)
        observations = matches(rows, which, [name for name in OBSERVATION if name in columns])
        return columns_of(rows, observations, columns)

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
        """All analyses of these photos with their flowers, without features; one that was recorded twice is one row."""
        sql = (
            "SELECT * EXCEPT (features) FROM (SELECT *, row_number() OVER (PARTITION BY analysis_id "
            f"ORDER BY analysed_at DESC) AS place FROM analyses WHERE photo_id IN {quoted_list(photo_ids)}) "
            "WHERE place = 1"
        )
        return self.tables.query(sql, "analyses").select(_WITH_FLOWERS.names).cast(_WITH_FLOWERS)


def _description(site: Site) -> dict[str, object]:
    """The description of a site by a person, by column."""
    names = ("latitude", "longitude", "habitat", "area_m2")
    return {name: getattr(site, name) for name in names} | _said(site, "parent", "protocol", *NUMBERS)


def _said(record: Site | Fieldwork, *names: str) -> dict[str, object]:
    """The columns that somebody filled, of Fieldwork all that are said."""
    names = names or ("protocol", *NUMBERS, "observer", "weather")
    return {name: value for name in names if (value := getattr(record, name))}


def _newest_by(model: str, model_version: str) -> pl.Expr:
    """The condition that the newest analysis of a photo is by this model version."""
    return pl.col("model").eq_missing(pl.lit(f"{model} {model_version}"))


def _texts(column: pl.Series) -> list[str]:
    """The texts of a column that are not empty, each once, by alphabet."""
    return sorted(filter(None, column.unique().to_list()))
