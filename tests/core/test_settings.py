"""Settings take every value that they say is allowed."""

from __future__ import annotations

import pytest

from core.errors import InvalidSettings
from core.settings import MAP_TILES, MapTiles, load_settings


@pytest.mark.parametrize(("said", "limit"), [("50", 50), ("12.5", 13), ("0.5", 1)])
def test_a_photo_as_large_as_the_limit_is_not_refused(said, limit):
    assert load_settings({"BLOOM_MAX_MEGAPIXELS": said}).photo_limits.megapixels == limit


@pytest.mark.parametrize("said", ["", "off"])
def test_nobody_is_asked_for_tiles_unless_somebody_wants_it(said):
    assert load_settings({"BLOOM_MAP_TILES": said}).map_tiles is None
    assert load_settings({}).map_tiles is None


@pytest.mark.parametrize(
    ("said", "server"),
    [
        ("pdok", "https://service.pdok.nl"),
        ("pdok-photo", "https://service.pdok.nl"),
        ("osm", "https://tile.openstreetmap.org"),
        ("http://127.0.0.1:8080/{z}/{x}/{y}.png © us, 2026", "http://127.0.0.1:8080"),
    ],
)
def test_the_server_of_tiles_is_known(said, server):
    tiles = load_settings({"BLOOM_MAP_TILES": said}).map_tiles
    assert tiles
    assert tiles.server == server
    assert tiles.attribution


def test_tiles_of_an_address_come_with_who_made_them():
    said = "https://tiles.example.org/{z}/{y}/{x}.jpg?key=1 © Example and others"
    tiles = load_settings({"BLOOM_MAP_TILES": said}).map_tiles
    assert tiles == MapTiles("https://tiles.example.org/{z}/{y}/{x}.jpg?key=1", "© Example and others")
    assert tiles not in MAP_TILES.values()


@pytest.mark.parametrize(
    "said",
    [
        "pdok-map",
        "https://tiles.example.org/{z}/{x}.png © Example",
        "https://tiles.example.org/{z}/{x}/{y}.png",
        "tiles.example.org/{z}/{x}/{y}.png © Example",
        "https://a.example.org;script-src/{z}/{x}/{y}.png © Example",
        "https://user:word@tiles.example.org/{z}/{x}/{y}.png © Example",
        "javascript:alert(1)/{z}/{x}/{y} © Example",
    ],
)
def test_tiles_that_cannot_be_or_do_not_say_who_made_them_are_refused(said):
    with pytest.raises(InvalidSettings, match="BLOOM_MAP_TILES is"):
        load_settings({"BLOOM_MAP_TILES": said})
