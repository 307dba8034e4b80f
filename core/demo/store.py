"""Add demo photos to a store, and remove them without touching anything else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import lru_cache

import numpy as np
import pyarrow as pa

from core.demo.pictures import jpeg
from core.demo.rows import rows
from core.demo.scenes import scenes
from core.demo.sites import described
from core.errors import StoreError
from core.photo.reading import read_photo
from core.photo.thumbnail import thumbnail
from core.recognition.package import ModelPackage
from core.settings import PhotoLimits
from core.store.demo_mark import DEMO_MARK, DEMO_PEOPLE
from core.store.library import Library
from core.store.schemas import site_rows
from core.store.tables import quoted, quoted_list

PICTURES = 2_000
"""Number of newest photos with a drawn picture; for the others the store says that there is none."""

SEED = 20260601


def demo_photos(library: Library) -> int:
    """Count the demo photos in the store. Raises StoreError."""
    sql = f"SELECT count(DISTINCT photo_id) AS n FROM photos WHERE {_marked('photo_id', DEMO_MARK)}"
    return int(library.tables.query(sql, "photos")["n"][0].as_py())


def fill(
    library: Library,
    package: ModelPackage,
    count: int,
    *,
    today: date | None = None,
    progress: Callable[[int], object] = lambda _: None,
) -> None:
    """Add demo photos and their results to the store; progress: called with how many are stored so far.

    The same number gives the same photos, up to the day it is asked for. Raises StoreError, also where the store has
    demo photos already.
    """
    if there := demo_photos(library):
        raise StoreError(
            f"The store has {there:,} demo photos already. Remove them first: python -m core demo --remove"
        )
    rng = np.random.default_rng(SEED)
    made_scenes = scenes(package, rng)
    picture = lru_cache(maxsize=None)(lambda number: _picture(jpeg(made_scenes[number])))
    today = today or datetime.now(UTC).date()
    library.tables.append("sites", site_rows(described(datetime(today.year - 3, today.month, 1, tzinfo=UTC))))
    done = 0
    for batch in rows(count, made_scenes, today=today, rng=rng):
        ids, sizes = batch.photos["photo_id"].to_pylist(), batch.photos["bytes"].to_pylist()
        for nth in range(max(0, count - PICTURES - done), len(ids)):
            if batch.scene[nth] >= 0:
                data, webp = picture(int(batch.scene[nth]))
                library.pictures.put_demo(ids[nth], data, webp)
                sizes[nth] = len(data)
        library.tables.append("observations", batch.observations)
        library.tables.append("analyses", batch.analyses)
        column = batch.photos.column_names.index("bytes")
        library.tables.append("photos", batch.photos.set_column(column, "bytes", pa.array(sizes)))
        done += len(ids)
        progress(done)
    library.tidy()


def remove(library: Library) -> int:
    """Remove exactly the demo photos from the store, with all their rows; return how many.

    Real photos stay, also those that others add meanwhile. Raises StoreError.
    """
    there = demo_photos(library)
    for table in ("photos", "analyses", "observations", "reviews"):
        library.tables.delete(table, _marked("photo_id", DEMO_MARK))
    mine = [site.site for site in described(datetime.now(UTC))]
    library.tables.delete("sites", f"site IN {quoted_list(mine)} AND changed_by IN {quoted_list(DEMO_PEOPLE)}")
    for kind in ("photos", "thumbs"):
        for blob in list(library.blobs.list(f"{kind}/{DEMO_MARK[:2]}/{DEMO_MARK}")):
            library.blobs.delete(blob.key)
    library.tidy()
    return there


def _marked(column: str, start: str) -> str:
    """The SQL condition that a text starts so; a range, so that files without such rows are left alone unread."""
    after = start[:-1] + chr(ord(start[-1]) + 1)
    return f"{column} >= {quoted(start)} AND {column} < {quoted(after)}"


def _picture(data: bytes) -> tuple[bytes, bytes]:
    return data, thumbnail(read_photo(data, name="demo", limits=PhotoLimits(), long_side_px=512))
