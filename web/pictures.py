"""Stored photos as a browser shows them, and what their cameras wrote."""

from __future__ import annotations

import streamlit as st

from core.errors import BloomError
from core.intake.pipeline import room_for
from core.photo.reading import camera_words, read_photo
from core.photo.thumbnail import thumbnail
from web.process import bloomcount


def reduced(photo_id: str, long_side_px: int) -> bytes:
    """A stored photo as WebP, no larger than this. Raises StoreError or InvalidPhoto."""
    bloom = bloomcount()
    data = bloom.library.pictures.photo(photo_id)
    limits = bloom.settings.photo_limits
    with room_for(data, name=photo_id, limits=limits, long_side_px=long_side_px):
        photo = read_photo(data, name=photo_id, limits=limits, long_side_px=long_side_px)
        return thumbnail(photo, long_side_px=long_side_px)


@st.cache_data(max_entries=1000, show_spinner=False)
def camera_of(photo_id: str, file: str) -> tuple[str, ...]:
    """Camera and exposure of a stored photo, where they are known."""
    try:
        return camera_words(bloomcount().library.pictures.photo(photo_id), name=file)
    except BloomError:
        return ()
