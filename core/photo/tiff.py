"""TIFF says how its numbers are meant, in ways that decoders do not all heed: told here, or refused with the reason.

A TIFF may hold 10, 12 or 16 bits, fractions, black and white the other way round, colours in planes apart, bands that
are no colours, and several pages. Numbers that would be shown wrong are never shown.
"""

from __future__ import annotations

from io import BytesIO

from PIL import ImageFile, TiffImagePlugin

from core.photo import exif

_SUBFILE, _OLD_SUBFILE, _BITS, _PHOTOMETRIC, _MOST, _PLANES = 254, 255, 258, 262, 281, 284
_REDUCED, _MASK, _OLD_REDUCED = 1, 4, 2
_MOST_PAGES = 1000
_WHITES = (255, 1023, 4095, 16383, 65535)
"""White of 8, 10, 12, 14 and 16 bits."""

_DARK_U8 = 64
"""Colours of 16 bits that all stay below a quarter of white use fewer bits than they say."""

SAVE_IT = "Save it as a TIFF of 8 bits a colour (RGB) or as JPEG."


class UnreadKind(Exception):
    """A whole file of a kind that is not read. Its text follows the file's name: what it is, and what to do."""


def to_full_page(picture: ImageFile.ImageFile) -> bool:
    """Go to the one page that is a photo, past thumbnails and masks; False where there are only such, as in raw files.

    Raises UnreadKind for several photos.
    """
    pages = getattr(picture, "n_frames", 1)
    full = [page for page in range(min(pages, _MOST_PAGES)) if _is_full(picture, page)]
    if len(full) > 1:
        raise UnreadKind(f"is a TIFF of {pages} pages. Save each page as a photo of its own.")
    picture.seek(full[0] if full else 0)
    return bool(full)


def refuse_unread(picture: ImageFile.ImageFile) -> None:
    """Raise UnreadKind for numbers that would be read wrongly, as far as the header tells."""
    bits = _numbers(picture, _BITS)
    if _number(picture, _PLANES) == 2 and any(depth != 8 for depth in bits):
        raise UnreadKind(f"is a TIFF with colours of {max(bits)} bits in planes apart, which is not read. {SAVE_IT}")
    if picture.mode in ("LAB", "HSV"):
        raise UnreadKind(f"is a TIFF in {picture.mode} colours, which is not read. {SAVE_IT}")


def refuse_dark(picture: ImageFile.ImageFile) -> None:
    """Raise UnreadKind for decoded colours of 10, 12 or 14 bits that are stored as 16: they would be nearly black."""
    if picture.mode not in ("RGB", "RGBA", "RGBX") or max(_numbers(picture, _BITS), default=8) <= 8:
        return
    brightest = max(high for _, high in picture.getextrema()[:3])  # type: ignore[misc]
    if brightest < _DARK_U8:
        raise UnreadKind(f"is a TIFF of 16 bits a colour that uses fewer, and how many it does not say. {SAVE_IT}")


def levels(picture: ImageFile.ImageFile, low: float, high: float) -> tuple[float, float]:
    """The values of black and white of a grey picture whose values go from low to high.

    Raises UnreadKind for measurements, which have neither.
    """
    if low < 0 or high > _WHITES[-1]:
        raise UnreadKind(f"is a TIFF of measurements ({low:g} to {high:g}), not of a photo's grey levels. {SAVE_IT}")
    if picture.mode == "F" and high <= 1:
        white = 1
    elif picture.format != "TIFF":
        white = _WHITES[-1]
    else:
        (depth, *_), declared = _numbers(picture, _BITS) or (16,), max(_numbers(picture, _MOST), default=0)
        least = 2**depth - 1 if depth in (10, 12, 14) else 0
        white = next(white for white in (declared, least, *_WHITES) if white >= max(high, 1))
    return (white, 0) if _number(picture, _PHOTOMETRIC) == 0 else (0, white)


def is_whole(data: bytes) -> bool:
    """True if the header of a TIFF that cannot be opened is all there: it is of a kind that is not read."""
    if data[:4] == b"MM\0+":
        return True
    try:
        TiffImagePlugin.TiffImageFile(BytesIO(data))
    except SyntaxError as reason:
        return "unknown" in str(reason) or "Invalid" in str(reason)
    except KeyError:  # a compression
        return True
    except Exception:  # on damaged bytes it ends in any of a dozen errors
        return False
    return True


def _is_full(picture: ImageFile.ImageFile, page: int) -> bool:
    picture.seek(page)
    return not _number(picture, _SUBFILE) & (_REDUCED | _MASK) and _number(picture, _OLD_SUBFILE) != _OLD_REDUCED


def _numbers(picture: ImageFile.ImageFile, tag: int) -> tuple[int, ...]:
    value = exif.tag_value(getattr(picture, "tag_v2", {}), tag)
    return tuple(each for each in (value if isinstance(value, tuple) else (value,)) if isinstance(each, int))


def _number(picture: ImageFile.ImageFile, tag: int) -> int:
    return (_numbers(picture, tag) or (-1 if tag == _PHOTOMETRIC else 0,))[0]
