"""XMP and IPTC, the facts that drones and editors write beside a picture."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from PIL import Image, IptcImagePlugin

from core.photo import exif

_XMP_TAG = 700
_DATE, _TIME = (2, 55), (2, 60)


def xmp_of(picture: Image.Image) -> str:
    """The XMP of a picture as text, empty where it has none."""
    packet = picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp")
    packet = packet or exif.tag_value(getattr(picture, "tag_v2", {}), _XMP_TAG) or b""
    return packet.decode("utf-8", "replace") if isinstance(packet, bytes) else str(packet)


def xmp_value(xmp: str, names: Sequence[str]) -> str:
    """The first of these properties ("drone-dji:GpsLatitude") that has a value, as attribute or element; else empty."""
    for name in names:
        found = re.search(rf"""\b{re.escape(name)}(?:\s*=\s*["']([^"'<]+)["']|[^<>]*>\s*([^<]*?)\s*<)""", xmp)
        if found and (value := (found[1] or found[2] or "").strip()):
            return value
    return ""


def iptc_date(picture: Image.Image) -> str:
    """Date and time of creation by IPTC, as "2026:06:01 10:20:30+0200"; empty where there are none."""
    try:
        said: dict[tuple[int, int], Any] = IptcImagePlugin.getiptcinfo(picture) or {}  # type: ignore[arg-type]
        day, time = (bytes(said.get(tag, b"")).decode("ascii") for tag in (_DATE, _TIME))
    except Exception:  # a damaged table ends in any of a dozen errors; the picture is still good
        return ""
    day, time = re.sub(r"^(\d{4})(\d\d)(\d\d)$", r"\1:\2:\3", day), re.sub(r"^(\d\d)(\d\d)(\d\d)", r"\1:\2:\3", time)
    return f"{day} {time}".strip() if day else ""
