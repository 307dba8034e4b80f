"""Small pictures of photos."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from core.photo.reading import Photo, fit

THUMBNAIL_PX = 512


def thumbnail(photo: Photo, *, long_side_px: int = THUMBNAIL_PX) -> bytes:
    """The photo as WebP, its long side 512 px (or as asked) or its own where that is shorter.

    A photo that was decoded smaller than asked is decoded again.
    """
    file, picture = BytesIO(), photo.at_least(long_side_px)
    small = picture.resize(fit(picture.size, long_side_px), Image.Resampling.BOX)
    small.save(file, "WEBP", quality=80, method=0)
    return file.getvalue()
