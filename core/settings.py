"""BLOOM_* environment variables as one frozen Settings, read once at start and handed on whole."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from urllib.parse import urlsplit

from core.errors import InvalidSettings

TILES = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?/[^\s;,'\"]*")
"""The server of an address of tiles goes into the Content-Security-Policy: nothing else may come along."""
SHIPPED_MODEL = Path(__file__).parent.parent / "models" / "bloom"


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a server: a name or number of this machine, and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class PhotoLimits:
    """The largest photo that is read: by its pixels, and by the memory that this takes at once (MB: millions of bytes).

    Photos in hand together take no more memory than one may.
    """

    megapixels: int = 250
    memory_mb: int = 1200

    @property
    def memory_bytes(self) -> int:
        """The memory in bytes."""
        return self.memory_mb * 1_000_000


@dataclass(frozen=True, slots=True)
class MapTiles:
    """Tiles of a map from a server: their address with {z}, {x} and {y}, who made them, and the last zoom they have."""

    address: str
    attribution: str
    most_zoom: int = 19

    @property
    def server(self) -> str:
        """The server, as https://tile.example.org: it sees the address of each browser that shows the map."""
        scheme, server = urlsplit(self.address)[:2]
        return f"{scheme}://{server}"


MAP_TILES = {
    "pdok": MapTiles(
        "https://service.pdok.nl/brt/achtergrondkaart/wmts/v2_0/standaard/EPSG:3857/{z}/{x}/{y}.png",
        "BRT Achtergrondkaart © Kadaster, CC BY 4.0",
    ),
    "pdok-photo": MapTiles(
        "https://service.pdok.nl/hwh/luchtfotorgb/wmts/v1_0/Actueel_orthoHR/EPSG:3857/{z}/{x}/{y}.jpeg",
        "Luchtfoto © Beeldmateriaal Nederland, PDOK, CC BY 4.0",
    ),
    "osm": MapTiles("https://tile.openstreetmap.org/{z}/{x}/{y}.png", "© OpenStreetMap contributors, ODbL"),
}
"""The grounds with a name of their own: the Dutch base map, Dutch aerial photos, and OpenStreetMap."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings that the operator of Bloomcount may change.

    store: a folder, or s3://bucket/prefix (BLOOM_STORE).
    s3_endpoint: address of an S3 that is not Amazon's (BLOOM_S3_ENDPOINT), None for Amazon's.
    model_dir: folder of the model package that counts (BLOOM_MODEL).
    photo_limits: larger photos are refused before they are decoded (BLOOM_MAX_MEGAPIXELS, BLOOM_PHOTO_MEMORY_MB).
    lease_s: after this long without a sign of life another process takes over a photo (BLOOM_LEASE_S).
    metrics: where Prometheus may read figures, None for nowhere (BLOOM_METRICS).
    map_tiles: the ground of the map, None for land and borders alone (BLOOM_MAP_TILES).
    """

    store: str = "data/"
    s3_endpoint: str | None = None
    model_dir: Path = SHIPPED_MODEL
    photo_limits: PhotoLimits = PhotoLimits()
    lease_s: float = 30.0
    metrics: Address | None = Address("127.0.0.1", 9464)
    map_tiles: MapTiles | None = None

    @property
    def store_on_s3(self) -> bool:
        """True if the store is a bucket and not a folder."""
        return self.store.startswith("s3://")


def load_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from BLOOM_* variables; those unset or empty keep their defaults.

    Raises InvalidSettings naming the variable, its value and what it takes.
    """
    default = Settings()
    return Settings(
        store=environment.get("BLOOM_STORE") or default.store,
        s3_endpoint=environment.get("BLOOM_S3_ENDPOINT") or None,
        model_dir=Path(environment.get("BLOOM_MODEL") or default.model_dir),
        photo_limits=PhotoLimits(
            megapixels=ceil(_positive(environment, "BLOOM_MAX_MEGAPIXELS", default.photo_limits.megapixels)),
            memory_mb=ceil(_positive(environment, "BLOOM_PHOTO_MEMORY_MB", default.photo_limits.memory_mb)),
        ),
        lease_s=_positive(environment, "BLOOM_LEASE_S", default.lease_s),
        metrics=_address(environment, "BLOOM_METRICS", default.metrics),
        map_tiles=_map_tiles(environment.get("BLOOM_MAP_TILES") or "off"),
    )


def _address(environment: Mapping[str, str], variable: str, default: Address | None) -> Address | None:
    text = environment.get(variable)
    if not text:
        return default
    if text == "off":
        return None
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 <= int(port) < 65536:
        raise InvalidSettings(f"{variable} is {text!r}; it must be an address and a port, as 127.0.0.1:9464, or off.")
    return Address(host.removeprefix("[").removesuffix("]"), int(port))


def _map_tiles(text: str) -> MapTiles | None:
    if text == "off":
        return None
    if text in MAP_TILES:
        return MAP_TILES[text]
    address, _, attribution = text.partition(" ")
    if not TILES.fullmatch(address) or not all(place in address for place in ("{z}", "{x}", "{y}")):
        raise InvalidSettings(
            f"BLOOM_MAP_TILES is {text!r}; it must be {', '.join(MAP_TILES)}, off, or the address of tiles with "
            "{z}, {x} and {y}, then a space and who made them, as https://tiles.example.org/{z}/{x}/{y}.png © Example."
        )
    if not attribution.strip():
        raise InvalidSettings(f"BLOOM_MAP_TILES is {text!r}; after the address a space and who made the tiles.")
    return MapTiles(address, attribution.strip())


def _positive(environment: Mapping[str, str], variable: str, default: float) -> float:
    text = environment.get(variable) or str(default)
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value < float("inf"):
        raise InvalidSettings(f"{variable} is {text!r}; it must be a number above 0.")
    return value
