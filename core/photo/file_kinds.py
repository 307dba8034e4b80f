"""Guess the kind of a file from its bytes, so that an error can name a file that is not a photo."""

from __future__ import annotations

from pathlib import PurePath

RAW = "a camera raw file"
PHOTO_KINDS = ("a JPEG photo", "a PNG picture", "a WebP picture", "a TIFF picture", "a HEIC photo", "an AVIF picture")

_RAW_SUFFIXES = (".3fr", ".arw", ".cr2", ".cr3", ".dng", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".srw")

_NO_PHOTO_FOLDERS = frozenset({"@eadir", "__macosx", "@recycle", "#recycle", "$recycle.bin", "lost.dir"})
"""Folders of thumbnails and of what was thrown away, as storage systems make them, in small letters."""

_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8", "a JPEG photo"),
    (b"\x89PNG", "a PNG picture"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    (b"II+\0", "a TIFF picture"),
    (b"MM\0+", "a TIFF picture"),
    (b"GIF8", "a GIF picture"),
    (b"BM", "a BMP picture"),
    (b"8BPS", "a Photoshop document"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or Office document"),
    (b"\x1f\x8b", "a compressed archive"),
    (b"7z\xbc\xaf", "a compressed archive"),
    (b"Rar!", "a compressed archive"),
    (b"\xd0\xcf\x11\xe0", "an Office document"),
    (b"FUJIFILMCCD-RAW", RAW),
    (b"IIRO", RAW),
    (b"IIU\0", RAW),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"OggS", "a sound or video recording"),
    (b"ID3", "a sound recording"),
    (b"fLaC", "a sound recording"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"SQLite format 3", "a database"),
)

_RIFF = {b"WEBP": "a WebP picture", b"AVI ": "a video", b"WAVE": "a sound recording"}
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"})
_BRANDS = {
    b"avif": "an AVIF picture",
    b"avis": "an AVIF picture",
    b"crx ": RAW,
}


def is_hidden(path: str) -> bool:
    """True for a path in which a name begins with a dot, or is that of a folder of thumbnails or thrown away files."""
    parts = path.replace("\\", "/").lower().split("/")
    return any((part.startswith(".") and part.strip(".")) or part in _NO_PHOTO_FOLDERS for part in parts)


def kind_of(start: bytes, name: str) -> str | None:
    """Name the probable kind of a file ("a PDF document", "a JPEG photo"); None if nothing shows it.

    start: its first bytes, some hundred are enough. Most camera raw files are told by their name: inside they are TIFF.
    """
    if PurePath(name).suffix.lower() in _RAW_SUFFIXES or start[8:11] == b"CR\2":
        return RAW
    if start[:4] == b"RIFF":
        return _RIFF.get(start[8:12])
    if start[4:8] == b"ftyp":
        return "a HEIC photo" if start[8:12] in _HEIF_BRANDS else _BRANDS.get(start[8:12], "a video")
    for beginning, kind in _STARTS:
        if start.startswith(beginning):
            return kind
    return _kind_of_text(start[:512])


def _kind_of_text(start: bytes) -> str | None:
    try:
        text = start.decode("utf-8-sig").lstrip().lower()
    except UnicodeDecodeError as error:
        if error.end < len(start) - 3:  # not merely a letter cut in two at the end
            return None
        text = start[: error.start].decode("utf-8-sig").lstrip().lower()
    if any(not letter.isprintable() and not letter.isspace() for letter in text):
        return None
    if text.startswith(("<!doctype html", "<html")):
        return "a web page"
    if "<svg" in text:
        return "an SVG drawing"
    return "a text file"
