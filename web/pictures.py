"""Stored photos as a browser shows them, and what their cameras wrote."""

from __future__ import annotations

from io import BytesIO
from math import ceil

import numpy as np
import streamlit as st
from PIL import Image

from core.errors import BloomError
from core.intake.pipeline import room_for
from core.photo.reading import camera_words, read_photo
from core.photo.thumbnail import THUMBNAIL_PX, thumbnail
from core.recognition.classifier import crop, side_px
from web.process import bloomcount

CUT_PX, MOST_CUT = 192, 3000
"""Side of a flower's picture, and how many are kept: some 20 MB."""

YEAR_S = 365 * 24 * 3600
KEPT_BY_BROWSERS = {"Cache-Control": f"private, max-age={YEAR_S}, immutable"}


def reduced(photo_id: str, long_side_px: int) -> bytes:
    """A stored photo as WebP, no larger than this. Raises StoreError or InvalidPhoto."""
    bloom = bloomcount()
    data = bloom.library.pictures.photo(photo_id)
    limits = bloom.settings.photo_limits
    with room_for(data, name=photo_id, limits=limits, long_side_px=long_side_px):
        photo = read_photo(data, name=photo_id, limits=limits, long_side_px=long_side_px)
        return thumbnail(photo, long_side_px=long_side_px)


@st.cache_data(max_entries=MOST_CUT, show_spinner=False)
def cut(photo_id: str, left: int, top: int, right: int, bottom: int) -> bytes | None:
    """The square around a box in the upright photo as WebP, None where there is no such photo.

    A large flower is cut from the small picture of its photo, which is there already. Raises StoreError, InvalidPhoto.
    """
    bloom = bloomcount()
    record = bloom.library.photos([photo_id]).get(photo_id)
    if record is None or not record.width:
        return None
    long_side_px = max(record.width, record.height)
    box = np.array([left, top, right, bottom], np.float32)
    needed_px = min(long_side_px, long_side_px * CUT_PX / max(side_px(box), 1))
    thumb = bloom.library.pictures.thumb(photo_id) if needed_px <= THUMBNAIL_PX else None
    if thumb is not None:
        picture = Image.open(BytesIO(thumb)).convert("RGB")
    else:
        data, limits, needed_px = bloom.library.pictures.photo(photo_id), bloom.settings.photo_limits, ceil(needed_px)
        with room_for(data, name=photo_id, limits=limits, long_side_px=needed_px):
            picture = read_photo(data, name=photo_id, limits=limits, long_side_px=needed_px).at_least(needed_px)
    pixels = crop(picture, box * (max(picture.size) / long_side_px), sizes_px=(CUT_PX,))
    file = BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(file, "WEBP", quality=80, method=0)
    return file.getvalue()


@st.cache_data(max_entries=1000, show_spinner=False)
def camera_of(photo_id: str, file: str) -> tuple[str, ...]:
    """Camera and exposure of a stored photo, where they are known."""
    try:
        return camera_words(bloomcount().library.pictures.photo(photo_id), name=file)
    except BloomError:
        return ()
