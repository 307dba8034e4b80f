"""Any number of made-up photos as rows of the tables, column by column: a million take minutes, in flat memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from itertools import accumulate

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.demo import DROP, MODEL, MODEL_VERSION, OLDER_VERSION
from core.demo.scenes import HEIGHT_PX, SCENES_A_MONTH, WIDTH_PX, Scene, scene_number
from core.demo.sites import SITES
from core.recognition.taxa import UNKNOWN_TAXON
from core.store.demo_mark import DEMO_MARK, DEMO_PEOPLE
from core.store.records import analysis_id
from core.store.schemas import ANALYSES, OBSERVATIONS, PHOTOS, features_column, flowers_column

BATCH = 100_000
PHOTOS_A_VISIT = 30
DAYS = 3 * 365
MONTH_WEIGHT = np.array([1, 1.5, 4, 7, 11, 13, 13, 10, 6, 3, 1, 0.5])
"""Relative number of field trips in each month."""

RECENT_DAYS = 1, 35, 12, 50
"""Days ago that somebody was out, whatever the season, so that *Overview* has something to compare."""

FAILED, UNDATED, UNPLACED, REVIEWED, COUNTED_AGAIN = 0.004, 0.01, 0.12, 0.06, 0.02
SECOND, MICROSECOND = np.timedelta64(1, "s"), np.timedelta64(1, "us")


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of the three tables for the same photos; scene of each photo, -1 for one that could not be read."""

    photos: pa.Table
    analyses: pa.Table
    observations: pa.Table
    scene: NDArray[np.int64]


def rows(count: int, scenes: Sequence[Scene], *, today: date, rng: np.random.Generator) -> Iterator[Rows]:
    """Generate `count` photos of the three years before today, oldest first, BATCH at a time."""
    visits = max(1, count // PHOTOS_A_VISIT)
    days = np.datetime64(today, "D") - np.arange(DAYS, 0, -1)
    weight = MONTH_WEIGHT[_month(days)]
    visit_day = rng.choice(days, size=visits, p=weight / weight.sum())
    recent = days[-np.array(RECENT_DAYS)][: visits // 4]
    visit_day[: len(recent)] = recent
    visit_day.sort()
    visit_site = rng.choice(len(SITES), size=visits)
    visit_of = np.sort(rng.integers(visits, size=count))
    columns = _Columns(scenes)
    for start in range(0, count, BATCH):
        photos = _Photos(start, visit_of[start : start + BATCH], visit_day, visit_site, rng)
        yield columns.rows(photos, rng)


class _Photos:
    """A batch of photos: where, when and by whom each was taken, and which scene it shows."""

    def __init__(
        self,
        first: int,
        visit: NDArray[np.int64],
        visit_day: NDArray[np.datetime64],
        visit_site: NDArray[np.int64],
        rng: np.random.Generator,
    ) -> None:
        n = len(visit)
        self.number = np.arange(first, first + n)
        self.ids = [
            DEMO_MARK + sha256(f"demo photo {number}".encode()).hexdigest()[len(DEMO_MARK) :] for number in self.number
        ]
        self.visit, self.site, self.day = visit, visit_site[visit], visit_day[visit]
        self.person = (visit * 7 + self.site) % len(DEMO_PEOPLE)
        nth = np.arange(n) - np.searchsorted(visit, visit)  # of its visit
        self.taken = self.day + (9 * 3600 + visit % 7 * 3600 + nth * 45 + rng.integers(0, 40, n)) * SECOND
        seconds = 18 * 3600 + visit % 4 * 3600 + nth * 3
        self.uploaded = self.day + (seconds * 1_000_000 + rng.integers(1_000_000, size=n)) * MICROSECOND
        self.failed = rng.random(n) < FAILED
        scene = scene_number(self.site, _month(self.day), rng.integers(SCENES_A_MONTH, size=n))
        self.scene = np.where(self.failed, -1, scene)

    def table(self, rng: np.random.Generator) -> pa.Table:
        n = len(self.ids)
        place = np.array([(site.latitude, site.longitude) for site in SITES])[self.site]
        place += rng.normal(0, [0.0004, 0.0006], (n, 2))
        unplaced, undated = (self.failed | (rng.random(n) < share) for share in (UNPLACED, UNDATED))
        files = [f"IMG_{number:07d}.JPG" for number in self.number]
        read = np.where(self.failed, 0, 1)
        columns = {
            "photo_id": pa.array(self.ids),
            "file": pa.array(files),
            "bytes": pa.array(rng.integers(80_000, 400_000, n)),
            "width": pa.array(read * WIDTH_PX, pa.int32()),
            "height": pa.array(read * HEIGHT_PX, pa.int32()),
            "taken_at": pa.array(np.datetime_as_string(self.taken, unit="s"), pa.string(), mask=undated),
            "latitude": pa.array(place[:, 0].round(6), mask=unplaced),
            "longitude": pa.array(place[:, 1].round(6), mask=unplaced),
            "site": _words([site.site for site in SITES], self.site),
            "note": _words(["", "after rain", "plot mown last week"], rng.choice(3, n, p=[0.9, 0.06, 0.04])),
            "drop_id": pa.array([f"{DROP}{visit:07d}" for visit in self.visit]),
            "uploaded_by": _words(DEMO_PEOPLE, self.person),
            "uploaded_at": _times(self.uploaded),
            "problem": pa.array(
                [
                    f"{file} ends in the middle of the picture: copy it again." if failed else ""
                    for file, failed in zip(files, self.failed.tolist(), strict=True)
                ]
            ),
        }
        unchanged = {field.name: pa.nulls(n, field.type) for field in PHOTOS if field.name not in columns}
        return pa.table(columns | unchanged, schema=PHOTOS)


class _Columns:
    """The scenes' flowers and counts as columns, from which any photo's rows are taken."""

    def __init__(self, scenes: Sequence[Scene]) -> None:
        flowers = [scene.flowers for scene in scenes]
        self._flowers, self._features = flowers_column(flowers), features_column(flowers)
        self._flag = pa.array([scene.flag for scene in scenes])
        counts = [row for scene in scenes for row in scene.taxa]
        self._taxa = pa.table(
            {
                "taxon": [row.taxon.name for row in counts],
                "count": pa.array([row.flowers.count for row in counts], pa.int32()),
                "count_low": pa.array([row.flowers.low for row in counts], pa.int32()),
                "count_high": pa.array([row.flowers.high for row in counts], pa.int32()),
                "confidence": [row.confidence for row in counts],
                "band": [row.band for row in counts],
                "unit": [row.unit for row in counts],
            }
        )
        self._first = np.array([*accumulate((len(scene.taxa) for scene in scenes), initial=0)])

    def rows(self, photos: _Photos, rng: np.random.Generator) -> Rows:
        """The rows of a batch. Some photos were counted before by an older version, some a person has reviewed."""
        read = np.flatnonzero(~photos.failed)
        again = rng.choice(read, size=int(COUNTED_AGAIN * len(read)), replace=False)
        reviewed = rng.choice(read, size=int(REVIEWED * len(read)), replace=False)
        before = scene_number(
            photos.site[again], _month(photos.day[again]), rng.integers(SCENES_A_MONTH, size=len(again))
        )
        older = _AnalysedPhotos(photos, again, before, OLDER_VERSION, after_s=20)
        newer = _AnalysedPhotos(photos, read, photos.scene[read], MODEL_VERSION, after_s=60)
        return Rows(
            photos.table(rng),
            pa.concat_tables([self._analyses(older, rng), self._analyses(newer, rng)]),
            pa.concat_tables(
                [self._observations(older), self._observations(newer), self._reviews(photos, reviewed, rng)]
            ),
            photos.scene,
        )

    def _analyses(self, analysed: _AnalysedPhotos, rng: np.random.Generator) -> pa.Table:
        n = len(analysed.ids)
        columns = {
            "analysis_id": pa.array(analysed.analysis_ids, pa.string()),
            "photo_id": pa.array(analysed.ids, pa.string()),
            "model": _words([MODEL], np.zeros(n, int)),
            "model_version": _words([analysed.version], np.zeros(n, int)),
            "analysed_at": _times(analysed.at),
            "seconds": pa.array(rng.uniform(0.2, 0.9, n).round(3)),
            "flag": self._flag.take(pa.array(analysed.scene)),
            "flowers": self._flowers.take(pa.array(analysed.scene)),
            "features": self._features.take(pa.array(analysed.scene)),
        }
        return pa.table(columns, schema=ANALYSES)

    def _observations(self, analysed: _AnalysedPhotos) -> pa.Table:
        whose, taxa = self._of(analysed.scene)
        columns = {
            "photo_id": pa.array(analysed.ids, pa.string()).take(pa.array(whose)),
            **{name: taxa[name] for name in taxa.column_names},
            "by": _words([f"{MODEL} {analysed.version}"], np.zeros(len(whose), int)),
            "at": _times(analysed.at[whose]),
            "analysis_id": pa.array(analysed.analysis_ids, pa.string()).take(pa.array(whose)),
            "review_id": pa.nulls(len(whose), pa.string()),
            "how": pa.nulls(len(whose), pa.string()),
            "at_least": pa.nulls(len(whose), pa.bool_()),
            "name_list": pa.nulls(len(whose), pa.string()),
        }
        return pa.table(columns, schema=OBSERVATIONS)

    def _reviews(self, photos: _Photos, reviewed: NDArray[np.int64], rng: np.random.Generator) -> pa.Table:
        """Reviews by people: the model's counts, here and there with a flower more."""
        whose, taxa = self._of(photos.scene[reviewed])
        count = pa.array(taxa["count"].to_numpy() + (rng.random(len(whose)) < 0.3), pa.int32())
        named = taxa["taxon"].to_numpy(zero_copy_only=False) != UNKNOWN_TAXON
        ids = np.array(photos.ids, dtype=object)[reviewed]
        columns = {
            "photo_id": pa.array(ids[whose], pa.string()),
            "taxon": taxa["taxon"],
            **dict.fromkeys(("count", "count_low", "count_high"), count),
            "confidence": pa.array(named.astype(float)),
            "band": _words(["unknown", "confident"], named.astype(int)),
            "unit": taxa["unit"],
            "by": _words(DEMO_PEOPLE, (photos.person[reviewed] + 1)[whose] % len(DEMO_PEOPLE)),
            "at": _times(photos.uploaded[reviewed][whose] + 86_400 * SECOND),
            "analysis_id": pa.nulls(len(whose), pa.string()),
            "review_id": pa.array([f"{DROP}{photo_id[-24:]}" for photo_id in ids])
            .cast(pa.string())
            .take(pa.array(whose)),
            "how": _words(["chosen"], np.zeros(len(whose), int)),
            "at_least": pa.array(np.zeros(len(whose), bool)),
            "name_list": pa.nulls(len(whose), pa.string()),
        }
        return pa.table(columns, schema=OBSERVATIONS)

    def _of(self, scene: NDArray[np.int64]) -> tuple[NDArray[np.int64], pa.Table]:
        """Rows of all taxa of these scenes, and for each row the number of its scene."""
        many = self._first[scene + 1] - self._first[scene]
        whose = np.repeat(np.arange(len(scene)), many)
        nth = np.arange(len(whose)) - np.repeat(np.cumsum(many) - many, many)
        return whose, self._taxa.take(pa.array(self._first[scene][whose] + nth))


class _AnalysedPhotos:
    """Analyses by one model version of some photos of a batch: their scenes, ids and times."""

    def __init__(
        self, photos: _Photos, which: NDArray[np.int64], scene: NDArray[np.int64], version: str, *, after_s: int
    ) -> None:
        self.ids = [photos.ids[number] for number in which.tolist()]
        self.scene, self.version = scene, version
        self.at = photos.uploaded[which] + after_s * SECOND
        self.analysis_ids = [analysis_id(photo_id, MODEL, version) for photo_id in self.ids]


def _month(days: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """0-11."""
    return np.asarray(days.astype("datetime64[M]").astype(np.int64) % 12)


def _words(words: Sequence[str], numbers: NDArray[np.int64]) -> pa.Array:
    return pa.array(words, pa.string()).take(pa.array(numbers))


def _times(at: NDArray[np.datetime64]) -> pa.Array:
    return pa.array(at.astype("datetime64[us]")).cast(pa.timestamp("us", tz="UTC"))
