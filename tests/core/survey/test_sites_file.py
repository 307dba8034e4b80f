"""Files of sites: what spreadsheets and maps write is read, and every row that is not used is named."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.csv_files import FORMULA_STARTS
from core.errors import InvalidSite
from core.store.records import Site
from core.survey.coordinates import checked
from core.survey.sites_file import MOST_ROWS, SitesFile, read_sites, sites_csv, sites_geojson

NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)
BEFORE = datetime(2026, 6, 1, 12, tzinfo=UTC)
DUNES = Site("Dunes", 52.4291, 4.5771, "dry dune grassland", 25.0, "lea", BEFORE)


def _read(data: bytes | str, file: str = "sites.csv", *known: Site) -> SitesFile:
    content = data.encode() if isinstance(data, str) else data
    by_name = {site.site: site for site in known}
    return read_sites(content, file, known=by_name, names=by_name, by="anna", at=NOON)


def _said(site: Site) -> tuple[object, ...]:
    return (site.site, site.latitude, site.longitude, site.habitat, site.area_m2)


# --- round trips


def _is_place(pair: tuple[float, float]) -> bool:
    try:
        checked(*pair)
    except InvalidSite:
        return False
    return True


def _plain(text: str) -> str:
    """The name as it is saved; a CSV writes a formula with an apostrophe before it."""
    name = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return name.lstrip("'") if name.lstrip("'").startswith(FORMULA_STARTS) else name


TEXT = st.text(max_size=20).map(_plain)
PLACES = st.tuples(st.floats(-90, 90), st.floats(-180, 180)).filter(_is_place).map(lambda pair: tuple(checked(*pair)))
SITES = st.lists(
    st.builds(
        lambda name, place, habitat, area: Site(name, *place, habitat, area, "anna", NOON),
        TEXT.filter(bool),
        PLACES | st.just((None, None)),
        TEXT,
        st.none() | st.floats(1e-3, 1e9),
    ),
    unique_by=lambda site: site.site.casefold(),
    min_size=1,
    max_size=6,
)


@given(SITES)
def test_what_is_written_as_csv_or_geojson_is_read_back(sites: list[Site]) -> None:
    for text, file in ((sites_csv(sites), "sites.csv"), (sites_geojson(sites), "sites.geojson")):
        found = _read(text, file)
        assert (list(found.sites), found.refused, found.unused) == (sites, (), ())
        again = _read(text, file, *sites)
        assert (again.sites, again.unchanged) == ((), tuple(site.site for site in sites))


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_with_a_sentence(data: bytes) -> None:
    for content in (data, b"site;lat;lon\n" + data, b'{"features":' + data):
        try:
            found = _read(content)
        except InvalidSite:
            continue
        assert all(refused.reason for refused in found.refused)


# --- what spreadsheets write


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("site,latitude,longitude,habitat,area_m2\nHeath é,52.1,5.2,heath,4.5\n".encode(), id="plain"),
        pytest.param(
            "\ufeffNaam;Breedtegraad;Lengtegraad;Biotoop;Oppervlakte (m²)\r\nHeath é;52,1;5,2;heath;4,5\r\n".encode(),
            id="Dutch Excel, UTF-8 with BOM",
        ),
        pytest.param(
            "naam;lat;lon;habitat;oppervlakte_m2\r\nHeath é;52,1;5,2;heath;4,5\r\n".encode("cp1252"),
            id="Dutch Excel, Windows-1252",
        ),
        pytest.param(
            "Site\tLat\tLon\tHabitat\tArea m2\r\nHeath é\t52.1\t5.2\theath\t4.5\r\n".encode("utf-16"),
            id="Excel, Unicode text",
        ),
        pytest.param("sep=;\nsite;lat;lon;habitat;area\nHeath é;52,1;5,2;heath;4,5\n\n;;;;\n".encode(), id="sep="),
        pytest.param('site,lat,lon,habitat,area\n"Heath é","52,1","5,2",heath,"4,5"\n'.encode(), id="quoted commas"),
        pytest.param("site,lat,lon,habitat,area\n Heath  é ,52.1 N,5.2 E,heath,4.5".encode(), id="spaces, directions"),
        pytest.param("habitat,area,lon,lat,site\rheath,4.5,5.2,52.1,Heath é\r".encode(), id="other order, old Mac"),
    ],
)
def test_what_spreadsheets_write_is_read(data: bytes) -> None:
    found = _read(data)
    assert [_said(site) for site in found.sites] == [("Heath é", 52.1, 5.2, "heath", 4.5)]
    assert (found.refused, found.unused) == ((), ())
    assert (found.sites[0].changed_by, found.sites[0].changed_at) == ("anna", NOON)


def test_each_refused_row_is_named_and_the_others_are_read() -> None:
    rows = [
        "site;lat;lon;area;remark",
        "good;52,1;5,2;10;x",
        "swapped;5,2;52,1;;",
        "half;52,1;;;",
        ";52,1;5,2;;",
        "Good;52,1;5,3;;",
        "grid;463000;155000;;",
        "words;north;east;;",
        "minus;52,1;5,2;-4;",
        "none;52,1;5,2;0;",
        "text;52,1;5,2;large;",
        "shifted;52;1;5;2;extra",
        "also good;;;;",
    ]
    found = _read("\n".join(rows))
    assert [site.site for site in found.sites] == ["good", "also good"]
    assert [(refused.row, refused.site) for refused in found.refused] == [
        (3, "swapped"),
        (4, "half"),
        (5, ""),
        (6, "Good"),
        (7, "grid"),
        (8, "words"),
        (9, "minus"),
        (10, "none"),
        (11, "text"),
        (12, ""),
    ]
    reasons = [refused.reason for refused in found.refused]
    expected = [
        "look swapped",
        "half a position",
        "needs a name",
        "is already in this file, in row 2",
        "Dutch grid",
        "not a number of degrees",
        "-4 m²",
        "0 m²",
        "not a number",
        "decimal comma",
    ]
    assert [wanted for wanted, reason in zip(expected, reasons, strict=True) if wanted not in reason] == []
    assert found.unused == ("remark",)


def test_an_unquoted_decimal_comma_between_commas_is_recognised() -> None:
    found = _read("site,lat,lon\nA,52,1,5,2\n")
    assert (found.sites, [refused.row for refused in found.refused]) == ((), [2])
    assert "decimal comma" in found.refused[0].reason


def test_an_empty_cell_keeps_what_is_known() -> None:
    found = _read("site,area_m2\nDunes,40\nWood,9\n", "areas.csv", DUNES)
    assert [_said(site) for site in found.sites] == [
        ("Dunes", 52.4291, 4.5771, "dry dune grassland", 40.0),
        ("Wood", None, None, "", 9.0),
    ]


def test_a_name_in_other_letters_is_the_site_that_is_there() -> None:
    found = _read("site,habitat\nDUNES,wet dune slack\n", "sites.csv", DUNES)
    assert found.sites == (replace(DUNES, habitat="wet dune slack", changed_by="anna", changed_at=NOON),)


def test_a_name_that_photos_have_keeps_their_spelling() -> None:
    found = read_sites(b"site,area\nwood  2,9\n", "a.csv", known={}, names=["Wood 2"], by="anna", at=NOON)
    assert [_said(site) for site in found.sites] == [("Wood 2", None, None, "", 9.0)]


def test_what_is_said_already_is_no_change() -> None:
    found = _read(sites_csv([DUNES]), "sites.csv", DUNES)
    assert (found.sites, found.unchanged) == ((), ("Dunes",))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        pytest.param(b"", "sites.csv is empty", id="empty"),
        pytest.param(b"\xef\xbb\xbf\n \n", "sites.csv is empty", id="blank"),
        pytest.param(b"PK\x03\x04rest", "Save the sheet as CSV", id="xlsx"),
        pytest.param(b"\x89PNG\0\0", "is not a text file", id="picture"),
        pytest.param(b"lat,lon\n52,5\n", "no column `site`. Its columns: lat, lon.", id="no names"),
        pytest.param(b"site\n" + b"a\n" * (MOST_ROWS + 1), "is the limit. Split it.", id="too long"),
        pytest.param(b'{"type": "FeatureCollection", ', "is not GeoJSON", id="half a GeoJSON"),
        pytest.param(b'{"type": "Topology"}', "no list of features", id="another JSON"),
        pytest.param(b"{" * 100_000, "is not GeoJSON", id="very deep"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(data: bytes, sentence: str) -> None:
    with pytest.raises(InvalidSite, match=sentence.replace(".", r"\.")):
        _read(data)


# --- GeoJSON


def _feature(geometry: object, **properties: object) -> dict[str, object]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def test_points_are_read_and_other_features_named() -> None:
    features = [
        _feature({"type": "Point", "coordinates": [5.2, 52.1, 3.0]}, naam="A", oppervlakte=4, fid=1),
        _feature({"type": "Polygon", "coordinates": [[[5, 52], [6, 52], [6, 53], [5, 52]]]}, naam="B"),
        _feature({"type": "Point", "coordinates": [52.1, 5.2]}, naam="C"),
        _feature({"type": "Point", "coordinates": [155000, 463000]}, naam="D"),
        _feature({"type": "Point", "coordinates": ["x", None]}, naam="E"),
        _feature(None, naam="F", habitat="heath"),
        "no feature",
        {"type": "Feature", "properties": None, "geometry": 3},
    ]
    found = _read(json.dumps({"type": "FeatureCollection", "features": features}), "plots.geojson")
    assert [_said(site) for site in found.sites] == [("A", 52.1, 5.2, "", 4.0), ("F", None, None, "heath", None)]
    assert [refused.row for refused in found.refused] == [2, 3, 4, 5, 7, 8]
    assert found.unused == ("fid",)
    wanted = ["Point", "look swapped", "Dutch grid", "without longitude", "name", "Point"]
    assert [word for word, refused in zip(wanted, found.refused, strict=True) if word not in refused.reason] == []


def test_one_feature_is_a_file() -> None:
    text = json.dumps(_feature({"type": "Point", "coordinates": [5.2, 52.1]}, name="A"))
    assert [_said(site) for site in _read(text).sites] == [("A", 52.1, 5.2, "", None)]
