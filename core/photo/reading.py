"""Bytes as they were uploaded -> upright pixels and what the camera wrote beside them.

The header is checked before anything is decoded, and a JPEG is decoded no larger than asked for.
A photo keeps its bytes, so that finer pixels can be had of the few photos that need them.
Bytes that are not a whole photo raise InvalidPhoto with a sentence for the person who took it.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, ImageFile

from core.errors import InvalidPhoto
from core.photo import exif
from core.photo.file_kinds import PHOTO_KINDS, RAW, kind_of

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".heic", ".heif")
"""Endings of the files that are looked at in a folder."""


_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "HEIF")
_ACCEPTED = "JPEG, PNG, WebP, TIFF or HEIC"
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF 2.32, tag 0x0112: what turns the stored picture upright."""

_SIDEWAYS = (
    Image.Transpose.TRANSPOSE,
    Image.Transpose.ROTATE_270,
    Image.Transpose.TRANSVERSE,
    Image.Transpose.ROTATE_90,
)
_JPEG = ("JPEG", "MPO")
_FILL = ((128, 128),) * 3
_DNG_VERSION, _NEW_SUBFILE_TYPE = 0xC612, 0xFE  # TIFF tags of raw files, whose first picture is a thumbnail

pillow_heif.register_heif_opener()
Image.MAX_IMAGE_PIXELS = None  # its limit is lower than ours and its words are no botanist's; _check_size comes first
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")  # remarks on broken EXIF


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """Facts about a photo besides its pixels.

    width_px, height_px: of the upright photo in full size.
    taken_at: ISO 8601, with offset only where the camera gave one. latitude, longitude: degrees, WGS 84.
    """

    width_px: int
    height_px: int
    taken_at: str | None
    latitude: float | None
    longitude: float | None
    camera: str | None


@dataclass(frozen=True, slots=True)
class Photo:
    """A decoded photo.

    picture: RGB, loaded, upright, possibly reduced. Not to be changed.
    width_px, height_px: of the upright photo in full size.
    data: the bytes it was read from, from which finer pixels can be had; empty where picture is all there is.
    """

    picture: Image.Image
    width_px: int
    height_px: int
    facts: PhotoFacts
    data: bytes = field(default=b"", repr=False)

    @property
    def long_side_px(self) -> int:
        """The long side of the photo in full size."""
        return max(self.width_px, self.height_px)

    @property
    def finest_px(self) -> int:
        """The long side of the finest pixels that can be had."""
        return self.long_side_px if self.data else max(self.picture.size)

    def at_least(self, long_side_px: int) -> Image.Image:
        """The picture with at least this long side, or as many as there are; nothing is kept.

        A JPEG is decoded again, at an eighth, a quarter, half or all of its size; other formats always at full size.
        """
        if max(self.picture.size) >= min(long_side_px, self.finest_px):
            return self.picture
        picture = _open(self.data, "The photo")
        _decode(picture, long_side_px)
        return _turned(_rgb(picture), _turn(_exif(picture)))  # once decoded: a TIFF turns itself, and says so then


def read_photo(data: bytes, *, name: str, max_megapixels: int, long_side_px: int | None = None) -> Photo:
    """The photo in these bytes, its long side exactly long_side_px or its own where that is shorter (None: full size).

    Raises InvalidPhoto naming the file, what it seems to be and what to do.
    """
    picture = _open(data, name)
    _check(picture, name, max_megapixels)
    try:
        full_px = _decode(picture, long_side_px)
        reduced = _resized(_rgb(picture), fit(full_px, long_side_px))
    except Exception as error:  # on damaged bytes Pillow's decoders end in any of a dozen errors
        raise _unreadable(data, name) from error
    written = _exif(picture)
    turn = _turn(written)
    full_px = full_px[::-1] if turn in _SIDEWAYS else full_px
    latitude, longitude = exif.position(written)
    facts = PhotoFacts(*full_px, exif.taken_at(written), latitude, longitude, exif.camera(written))
    return Photo(_turned(reduced, turn), *full_px, facts, data)


def camera_words(data: bytes, *, name: str) -> tuple[str, ...]:
    """Camera and exposure as written beside the photo, where they are; nothing is decoded. Raises InvalidPhoto."""
    written = _exif(_open(data, name))
    return tuple(filter(None, (exif.camera(written), exif.exposure(written))))


def only_pixels(rgb_u8: NDArray[np.uint8]) -> Photo:
    """A photo made of pixels alone."""
    height, width = rgb_u8.shape[:2]
    return Photo(Image.fromarray(rgb_u8), width, height, PhotoFacts(width, height, None, None, None, None))


def _open(data: bytes, name: str) -> ImageFile.ImageFile:
    """The header of the picture, read; EXIF that Pillow stumbles over is left out."""
    if kind_of(data[:4096], name) == RAW:
        raise InvalidPhoto(_sentence(name, RAW))
    for without_exif in (False, True):
        attempt = data.replace(b"Exif\0\0", b"Void\0\0") if without_exif else data
        try:
            return Image.open(BytesIO(attempt), formats=_FORMATS)
        except Exception as error:
            reason = error
    raise _unreadable(data, name) from reason


def _check(picture: ImageFile.ImageFile, name: str, max_megapixels: int) -> None:
    width, height = picture.size
    megapixels = width * height / 1e6
    if megapixels > max_megapixels:
        raise InvalidPhoto(
            f"{name} has {megapixels:,.0f} megapixels ({width} × {height}); the limit is {max_megapixels} "
            "(BLOOM_MAX_MEGAPIXELS). Make it smaller, or cut it into several photos."
        )
    tags = getattr(picture, "tag_v2", {})
    if exif.tag_value(tags, _DNG_VERSION) is not None or exif.tag_value(tags, _NEW_SUBFILE_TYPE) == 1:
        raise InvalidPhoto(_sentence(name, RAW))


def _decode(picture: ImageFile.ImageFile, long_side_px: int | None) -> tuple[int, int]:
    """Load the pixels, no more than needed of a JPEG; the full size, for TIFF and HEIC as they turned themselves."""
    if picture.format not in _JPEG:
        picture.load()
        return picture.size
    full_px = picture.size
    picture.draft(None, fit(full_px, long_side_px))
    picture.load()
    if _filled_up(picture):
        raise ValueError("the last rows were filled up by the decoder")
    return full_px


def _filled_up(picture: Image.Image) -> bool:
    """True if the picture ends in the flat grey with which libjpeg silently replaces missing parts of a JPEG.

    Looks at the right quarter of the last row; where the first row is as grey, the photo has a grey ground.
    """
    width, height = picture.size
    rows = (picture.crop((width * 3 // 4, y, width, y + 1)) for y in (0, height - 1))
    first, last = (row.convert("RGB").getextrema() for row in rows)
    return last == _FILL and first != _FILL


def _rgb(picture: Image.Image) -> Image.Image:
    """The loaded picture in 8 bits red, green, blue; what is transparent becomes white."""
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        return _grey(np.asarray(picture))
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _turn(written: Image.Exif) -> Image.Transpose | None:
    return _UPRIGHT.get(exif.orientation(written))


def _turned(picture: Image.Image, turn: Image.Transpose | None) -> Image.Image:
    """The picture upright. Where it is turned the original is closed: it would double 400 MB of a large photo."""
    if turn is None:
        return picture
    upright = picture.transpose(turn)
    picture.close()
    return upright


def _grey(values: NDArray[Any]) -> Image.Image:
    """Convert to 8 bits: 16 bits by their upper half; 32 bits and fractions, which have no white, by their range."""
    if values.dtype.itemsize == 2:
        return Image.fromarray((values >> 8).astype(np.uint8)).convert("RGB")
    finite = np.nan_to_num(values.astype(np.float64), posinf=0, neginf=0)
    levels = np.interp(finite, (finite.min(), finite.max()), (0, 255))
    return Image.fromarray(levels.astype(np.uint8)).convert("RGB")


def fit(full_px: tuple[int, int], long_side_px: int | None) -> tuple[int, int]:
    """Width and height with the long side cut down to long_side_px, at least 1 px each."""
    scale = min(1.0, (long_side_px or max(full_px)) / max(full_px))
    width, height = (max(1, round(side * scale)) for side in full_px)
    return width, height


def _resized(picture: Image.Image, to_px: tuple[int, int]) -> Image.Image:
    if picture.size == to_px:
        return picture
    return picture.resize(to_px, Image.Resampling.BILINEAR, reducing_gap=2.0)


def _exif(picture: Image.Image) -> Image.Exif:
    try:
        return picture.getexif()
    except Exception:  # a damaged table ends in any of a dozen errors; the picture is still good
        return Image.Exif()


def _unreadable(data: bytes, name: str) -> InvalidPhoto:
    if not data:
        return InvalidPhoto(f"{name} is empty (0 bytes). Copy it again from the camera or its card.")
    return InvalidPhoto(_sentence(name, kind_of(data[:4096], name)))


def _sentence(name: str, kind: str | None) -> str:
    if kind is None:
        return f"{name} is not a photo that can be read. Bloomcount reads {_ACCEPTED}."
    if kind in PHOTO_KINDS:
        return (
            f"{name} begins as {kind} but is damaged or incomplete. Copy it again from the camera or its card, "
            "or open it in a photo program and save it as JPEG."
        )
    if kind == RAW:
        return f"{name} is a camera raw file. Export it as JPEG or TIFF with the camera's own program first."
    return f"{name} seems to be {kind}, not a photo. Bloomcount reads {_ACCEPTED}."
