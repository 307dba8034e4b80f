"""Bytes as they were uploaded -> upright pixels and what the camera wrote beside them.

The header is checked before anything is decoded, and a JPEG is decoded no larger than asked for.
A photo keeps its bytes, so that finer pixels can be had of the few photos that need them.
Bytes that are not a whole photo raise InvalidPhoto with a sentence for the person who took it.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from math import isfinite

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, ImageFile

from core.errors import InvalidPhoto
from core.photo import exif
from core.photo.colour import told_profile
from core.photo.completeness import is_whole
from core.photo.file_kinds import PHOTO_KINDS, RAW, kind_of
from core.photo.memory import JPEG, REDUCTIONS, finest_reduction, peak_bytes, webp_bytes, webp_size
from core.photo.metadata import iptc_date, xmp_of, xmp_value
from core.photo.pixels import resized, rgb
from core.photo.tiff import SAVE_IT, UnreadKind, refuse_dark, refuse_unread, to_full_page
from core.photo.tiff import is_whole as tiff_is_whole
from core.settings import PhotoLimits

SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".webp", ".tif", ".tiff"),
    *(".heic", ".heif", ".hif", ".heics", ".heifs", ".avif"),
)
"""Endings of the files that are photos by their name; others are by their content."""


LATITUDE = ("drone-dji:GpsLatitude", "drone-dji:GPSLatitude", "exif:GPSLatitude")
LONGITUDE = ("drone-dji:GpsLongitude", "drone-dji:GpsLongtitude", "drone-dji:GPSLongitude", "exif:GPSLongitude")
FLIGHT = (
    ("drone-dji:AbsoluteAltitude",),
    ("drone-dji:RelativeAltitude", "Camera:AboveGroundAltitude"),
    ("drone-dji:GimbalPitchDegree", "Camera:Pitch"),
    ("drone-dji:GimbalYawDegree", "Camera:Yaw"),
    ("drone-dji:GimbalRollDegree", "Camera:Roll"),
)
"""Properties of XMP as drones write them; DJI's first ones misspelt the longitude."""

_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF")
_ACCEPTED = "JPEG, PNG, WebP, TIFF, HEIC or AVIF"
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
_DNG_VERSION = 0xC612

pillow_heif.register_heif_opener()
Image.MAX_IMAGE_PIXELS = None  # its limit is lower than ours and its words are no botanist's; _check_size comes first
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")  # remarks on broken EXIF


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """Facts about a photo besides its pixels.

    width_px, height_px: of the upright photo in full size.
    taken_at: ISO 8601, with offset only where the camera gave one. latitude, longitude: degrees, WGS 84.
    altitude_m: above the sea. height_m: above where a drone took off. gimbal_…: its camera's attitude, straight down
    with pitch -90.
    """

    width_px: int
    height_px: int
    taken_at: str | None
    latitude: float | None
    longitude: float | None
    camera: str | None
    altitude_m: float | None = None
    height_m: float | None = None
    gimbal_pitch_deg: float | None = None
    gimbal_yaw_deg: float | None = None
    gimbal_roll_deg: float | None = None


@dataclass(frozen=True, slots=True)
class Photo:
    """A decoded photo.

    picture: RGB, loaded, upright, possibly reduced. Not to be changed.
    width_px, height_px: of the upright photo in full size.
    data: the bytes it was read from, from which finer pixels can be had; empty where picture is all there is.
    reduction: the finest pixels that memory allows, 2 for half of each side.
    """

    picture: Image.Image
    width_px: int
    height_px: int
    facts: PhotoFacts
    data: bytes = field(default=b"", repr=False)
    reduction: int = 1

    @property
    def long_side_px(self) -> int:
        """The long side of the photo in full size."""
        return max(self.width_px, self.height_px)

    @property
    def finest_px(self) -> int:
        """The long side of the finest pixels that can be had."""
        return max(self.long_side_px // self.reduction, 1) if self.data else max(self.picture.size)

    @property
    def finest_per_px(self) -> float:
        """Pixels that can be had for one of the photo in full size, at most 1."""
        return min(self.finest_px / self.long_side_px, 1.0)

    def at_least(self, long_side_px: int) -> Image.Image:
        """The picture with at least this long side, or as many as there are; nothing is kept.

        A JPEG is decoded again, at an eighth, a quarter, half or all of its size; other formats always at full size.
        """
        wanted_px = min(long_side_px, self.finest_px)
        if max(self.picture.size) >= wanted_px:
            return self.picture
        picture = _open(self.data, "The photo")
        _decode(picture, wanted_px)
        turn = _turn(_exif(picture))  # once decoded: a TIFF turns itself, and says so then
        return _turned(rgb(picture, 1 if picture.format in JPEG else self.reduction), turn)


def read_photo(data: bytes, *, name: str, limits: PhotoLimits, long_side_px: int | None = None) -> Photo:
    """The photo in these bytes, its long side exactly long_side_px or the finest that can be had where that is less.

    Raises InvalidPhoto naming the file, what it seems to be and what to do.
    """
    picture, reduction = _checked(data, name, limits)
    scan_at = picture.fp.tell() if picture.fp and picture.format in JPEG else 0
    finest_px = max(max(picture.size) // reduction, 1)
    wanted_px = min(long_side_px or finest_px, finest_px)
    try:
        stored_px = _decode(picture, wanted_px)
        written = _exif(picture)
        turn = _turn(written)
        full_px = stored_px[::-1] if turn in _SIDEWAYS else stored_px
        facts = _facts(picture, written, full_px)
        reduced = resized(picture, fit(stored_px, wanted_px))
        if not is_whole(data, picture.format or "", scan_at, reduced, partial(_decoded, to_px=reduced.size)):
            raise _unreadable(data, name)
        upright = _turned(reduced, turn)
    except (InvalidPhoto, UnreadKind) as error:
        raise InvalidPhoto(str(error) if isinstance(error, InvalidPhoto) else f"{name} {error}") from error
    except MemoryError as error:
        raise InvalidPhoto(_too_much(name, picture.size, peak_bytes(picture, reduction), limits)) from error
    except Exception as error:  # on damaged bytes Pillow's decoders end in any of a dozen errors
        raise _unreadable(data, name) from error
    return Photo(upright, *full_px, facts, data, reduction)


def memory_needed(data: bytes, *, name: str, limits: PhotoLimits, long_side_px: int | None = None) -> int:
    """Memory in bytes that a photo takes when it is read at this size (None: as fine as can be); 0 if it is none."""
    try:
        picture, finest = _checked(data, name, limits)
    except InvalidPhoto:
        return 0
    wanted_px = long_side_px or max(picture.size)
    enough = (by for by in REDUCTIONS if by >= finest and max(picture.size) // by >= wanted_px)
    return len(data) + peak_bytes(picture, max(enough, default=finest))


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
            return _photo_page(_with_profile(attempt), name)
        except InvalidPhoto:
            raise
        except UnreadKind as kind:
            raise InvalidPhoto(f"{name} {kind}") from kind
        except Exception as error:
            reason = error
    raise _unreadable(data, name) from reason


def _with_profile(data: bytes) -> ImageFile.ImageFile:
    """The header of the picture, with a profile also where its colours are told otherwise. Raises UnreadKind."""
    picture = Image.open(BytesIO(data), formats=_FORMATS)
    if not picture.info.get("icc_profile"):
        picture.info["icc_profile"] = told_profile(picture, data)
    return picture


def _photo_page(picture: ImageFile.ImageFile, name: str) -> ImageFile.ImageFile:
    """The picture, a TIFF at its page with the photo. Raises InvalidPhoto for raw files and kinds that are not read."""
    if picture.format != "TIFF":
        return picture
    try:
        is_raw = exif.tag_value(getattr(picture, "tag_v2", {}), _DNG_VERSION) is not None
        if is_raw or not to_full_page(picture):
            raise InvalidPhoto(_sentence(name, RAW))
        refuse_unread(picture)
    except UnreadKind as kind:
        raise InvalidPhoto(f"{name} {kind}") from kind
    return picture


def _checked(data: bytes, name: str, limits: PhotoLimits) -> tuple[ImageFile.ImageFile, int]:
    """The header of the picture, and the reduction at which its pixels fit into memory."""
    if size := webp_size(data):
        _check_size(size, name, limits)
        if webp_bytes(size) > limits.memory_bytes:
            raise InvalidPhoto(_too_much(name, size, webp_bytes(size), limits))
    picture = _open(data, name)
    _check_size(picture.size, name, limits)
    reduction = finest_reduction(picture, limits.memory_bytes)
    if reduction is None:
        raise InvalidPhoto(_too_much(name, picture.size, peak_bytes(picture, REDUCTIONS[-1]), limits))
    return picture, reduction


def _check_size(size: tuple[int, int], name: str, limits: PhotoLimits) -> None:
    width, height = size
    megapixels = width * height / 1e6
    if megapixels > limits.megapixels:
        raise InvalidPhoto(
            f"{name} has {megapixels:,.0f} megapixels ({width} × {height}); the limit is {limits.megapixels} "
            "(BLOOM_MAX_MEGAPIXELS). Make it smaller, or cut it into several photos."
        )


def _too_much(name: str, size: tuple[int, int], needed_bytes: int, limits: PhotoLimits) -> str:
    width, height = size
    return (
        f"{name} ({width} × {height}) takes {needed_bytes / 1e6:,.0f} MB of memory to read; the limit is "
        f"{limits.memory_mb:,} MB (BLOOM_PHOTO_MEMORY_MB). Save it as an ordinary JPEG, make it smaller, or cut it "
        "into several photos."
    )


def _decode(picture: ImageFile.ImageFile, long_side_px: int | None) -> tuple[int, int]:
    """Load the pixels, no more than needed of a JPEG; the full size, for TIFF and HEIC as they turned themselves."""
    if picture.format not in JPEG:
        picture.load()
        refuse_dark(picture)
        return picture.size
    full_px = picture.size
    picture.draft(None, fit(full_px, long_side_px))
    picture.load()
    return full_px


def _decoded(data: bytes, to_px: tuple[int, int]) -> Image.Image | None:
    """The picture in other bytes at this size, None where they cannot be decoded."""
    try:
        picture = _with_profile(data)
        _decode(picture, max(to_px))
        return resized(picture, to_px)
    except Exception:  # on damaged bytes Pillow's decoders end in any of a dozen errors
        return None


def _facts(picture: ImageFile.ImageFile, written: Image.Exif, full_px: tuple[int, int]) -> PhotoFacts:
    xmp = xmp_of(picture)
    changed = xmp_value(xmp, ("xmp:ModifyDate",))
    created = xmp_value(xmp, ("xmp:CreateDate",))  # of the file, where a program made it
    when = xmp_value(xmp, ("exif:DateTimeOriginal", "photoshop:DateCreated")) or iptc_date(picture)
    when = when or (created if created != changed else "")
    where = xmp_value(xmp, LATITUDE), xmp_value(xmp, LONGITUDE)
    latitude, longitude = exif.position(written, written=where)
    taken_at = exif.taken_at(written, written=when, program=changed)
    flight = (_number(xmp_value(xmp, names)) for names in FLIGHT)
    altitude_m, *rest = flight
    altitude_m = exif.altitude_m(written) if altitude_m is None else altitude_m
    return PhotoFacts(*full_px, taken_at, latitude, longitude, exif.camera(written), altitude_m, *rest)


def _number(text: str) -> float | None:
    """A number of XMP, as "+101.50"; None for what is none."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None


def _turn(written: Image.Exif) -> Image.Transpose | None:
    return _UPRIGHT.get(exif.orientation(written))


def _turned(picture: Image.Image, turn: Image.Transpose | None) -> Image.Image:
    """The picture upright. Where it is turned the original is closed: it would double 400 MB of a large photo."""
    if turn is None:
        return picture
    upright = picture.transpose(turn)
    picture.close()
    return upright


def fit(full_px: tuple[int, int], long_side_px: int | None) -> tuple[int, int]:
    """Width and height with the long side cut down to long_side_px, at least 1 px each."""
    scale = min(1.0, (long_side_px or max(full_px)) / max(full_px))
    width, height = (max(1, round(side * scale)) for side in full_px)
    return width, height


def _exif(picture: Image.Image) -> Image.Exif:
    try:
        return picture.getexif()
    except Exception:  # a damaged table ends in any of a dozen errors; the picture is still good
        return Image.Exif()


def _unreadable(data: bytes, name: str) -> InvalidPhoto:
    if not data:
        return InvalidPhoto(f"{name} is empty (0 bytes). Copy it again from the camera or its card.")
    kind = kind_of(data[:4096], name)
    if kind == "a TIFF picture" and tiff_is_whole(data):
        return InvalidPhoto(
            f"{name} is a TIFF of a kind that is not read: its number format, bands or compression. {SAVE_IT} "
            "If no program opens it, copy it again from the camera or its card."
        )
    return InvalidPhoto(_sentence(name, kind))


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
