"""Files of sites: what spreadsheets and maps write is read, and every row that is not used is named."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.csv_files import CSV_FORMS, FORMULA_STARTS, csv_bytes
from core.errors import InvalidSite
from core.store.records import Site
from core.survey.coordinates import checked
from core.survey.file_rows import COLUMNS, MOST_ROWS
from core.survey.sampling import LARGEST, PROTOCOLS
from core.survey.sites_file import Answers, SitesFile, read_sites, site_rows, sites_geojson

NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)
BEFORE = datetime(2026, 6, 1, 12, tzinfo=UTC)
UNANSWERED = Answers()
DUNES = Site("Dunes", 52.4291, 4.5771, "dry dune grassland", 25.0, "lea", BEFORE)


def _read(data: bytes | str, file: str = "sites.csv", *known: Site, answers: Answers = UNANSWERED) -> SitesFile:
    content = data.encode() if isinstance(data, str) else data
    by_name = {site.site: site for site in known}
    return read_sites(content, file, known=by_name, names=by_name, by="anna", at=NOON, answers=answers)


def _csv(sites: list[Site], form: str = "comma") -> bytes:
    return csv_bytes(site_rows(sites), COLUMNS, form=CSV_FORMS[form])


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
        lambda name, place, habitat, area, protocol, numbers, plot: Site(
            name,
            *place,
            habitat,
            area,
            "anna",
            NOON,
            False,
            "The site of " + name if plot else None,
            protocol,
            *numbers,
        ),
        TEXT.filter(bool),
        PLACES | st.just((None, None)),
        TEXT,
        st.none() | st.floats(1e-3, 1e9),
        st.none() | st.sampled_from(PROTOCOLS),
        st.tuples(*(st.none() | st.floats(1e-3, limit) for limit in LARGEST.values())),
        st.booleans(),
    ),
    unique_by=lambda site: site.site.casefold(),
    min_size=1,
    max_size=6,
)


@settings(deadline=None)
@given(SITES)
def test_what_is_written_as_csv_or_geojson_is_read_back(sites: list[Site]) -> None:
    for text, file in (
        *((_csv(sites, form), "sites.csv") for form in CSV_FORMS),
        (sites_geojson(sites), "sites.geojson"),
    ):
        found = _read(text, file, answers=Answers(swapped=False))
        assert (list(found.sites), found.refused, found.unused) == (sites, (), ())
        again = _read(text, file, *sites, answers=Answers(swapped=False))
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
    assert [site.site for site in found.sites] == ["good", "grid", "also good"]
    assert [(refused.row, refused.site) for refused in found.refused] == [
        (3, "swapped"),
        (4, "half"),
        (5, ""),
        (6, "Good"),
        (8, "words"),
        (9, "minus"),
        (10, "none"),
        (11, "text"),
        (12, "shifted"),
    ]
    reasons = [refused.reason for refused in found.refused]
    expected = [
        "look swapped",
        "half a position",
        "needs a name",
        "is already in this file, in row 2",
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
    found = _read(_csv([DUNES]), "sites.csv", DUNES)
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
    assert [_said(site) for site in found.sites] == [
        ("A", 52.1, 5.2, "", 4.0),
        ("D", 52.1551723, 5.3872035, "", None),
        ("F", None, None, "heath", None),
    ]
    assert [(refused.row, refused.site) for refused in found.refused] == [
        (2, "B"),
        (3, "C"),
        (5, "E"),
        (7, ""),
        (8, ""),
    ]
    assert found.unused == ("fid",)
    wanted = ["Point", "look swapped", "without longitude", "name", "Point"]
    assert [word for word, refused in zip(wanted, found.refused, strict=True) if word not in refused.reason] == []


def test_one_feature_is_a_file() -> None:
    text = json.dumps(_feature({"type": "Point", "coordinates": [5.2, 52.1]}, name="A"))
    assert [_said(site) for site in _read(text).sites] == [("A", 52.1, 5.2, "", None)]


# --- numbers that may be read in two ways


@pytest.mark.parametrize(
    ("data", "areas"),
    [
        pytest.param(
            "naam;oppervlakte m²\nA;1.250\nB;12.500\nC;950,5\n", [1250, 12500, 950.5], id="other areas, Dutch"
        ),
        pytest.param('site,area\nA,"1,250"\nB,950.5\n', [1250, 950.5], id="other areas, English"),
        pytest.param("naam;lat;lon;area\nA;52,4291;4,5771;1.250\n", [1250], id="degrees, Dutch"),
        pytest.param("site;lat;lon;area\nA;52.429;4.577;1.250\n", [1.25], id="degrees, English"),
        pytest.param("naam;x;y;area\nA;101.234,5;487.654,2;1.250\n", [1250], id="metres, Dutch"),
        pytest.param("naam;lat;lon;area\nA;52.4291;4.5771;1.250\nB;52.43;4.58;7,5\n", [1250, 7.5], id="areas first"),
        pytest.param("site;area\nA;1.250.000\nB;1.250\n", [1250000, 1250], id="millions"),
        pytest.param("site;area\nA;0,125\nB;1.250\n", [0.125, 1250], id="a part of one"),
    ],
)
def test_the_whole_file_decides_which_mark_is_the_decimal_one(data: str, areas: list[float]) -> None:
    found = _read(data)
    assert ([site.area_m2 for site in found.sites], found.refused, found.ambiguous) == (areas, (), "")


@pytest.mark.parametrize("data", ["site;area\nA;1.250\nB;9\n", "site;area\nA;1.250\nB;9\nC;1,5\nD;1.5\n"])
def test_a_number_that_nothing_explains_is_asked_about(data: str) -> None:
    found = _read(data)
    assert ("A" in [site.site for site in found.sites], found.ambiguous) == (False, "1.250")
    assert [(refused.row, refused.site) for refused in found.refused] == [(2, "A")]
    assert "may be 1.25 or 1250 m²" in found.refused[0].reason
    for decimal, area in ((",", 1250), (".", 1.25)):
        answered = _read(data, answers=Answers(decimal=decimal))
        assert (answered.sites[0].area_m2, answered.refused) == (area, ())


def test_a_number_of_geojson_is_the_number_it_is() -> None:
    text = json.dumps(_feature(None, naam="A", oppervlakte=1.25) | {"properties": {"naam": "A", "area": 1.125}})
    assert [_said(site) for site in _read(text).sites] == [("A", None, None, "", 1.125)]


# --- positions under any usual name

WESTERTOREN = pytest.approx((52.374530, 4.883523), abs=5e-6)


@pytest.mark.parametrize(
    "header",
    [
        *("naam;X_RD;Y_RD", "naam;x;y", "naam;RDx;RDy", "naam;X (RD);Y (RD)", "naam;X-coördinaat;Y-coördinaat"),
        *("naam;Rijksdriehoek X;Rijksdriehoek Y", "naam;POINT_X;POINT_Y", "naam;Easting;Northing"),
        *("naam;x_28992;y_28992", "naam;RD New x (m);RD New y (m)", "naam;lon;lat", "naam;lat;lon", "naam;oost;noord"),
        *("Plotnr.;X coord;Y coord", "Locatienaam;XRD;YRD", "plot id;plot x;plot y"),
    ],
)
def test_the_dutch_grid_is_read_under_any_usual_name(header: str) -> None:
    for x, y in (("120700,723", "487525,502"), ("120.700,723", "487.525,502"), ("120700.723", "487525.502")):
        (site,) = _read(f"{header}\nA;{x};{y}\n").sites
        assert (site.latitude, site.longitude) == WESTERTOREN


def test_whole_metres_with_marks_between_thousands_are_metres() -> None:
    (site,) = _read("naam;x;y\nA;120.701;487.526\n").sites
    assert (site.latitude, site.longitude) == pytest.approx((52.374535, 4.883526), abs=1e-5)


@pytest.mark.parametrize(
    "data",
    [
        "Site name,Latitude (WGS84),Longitude (WGS84)\nA,52.1,4.5\n",
        "Site name,Lat. (decimal degrees),Long. (decimal degrees)\nA,52.1,4.5\n",
        "naam;GPS breedte;GPS lengte\nA;52,1;4,5\n",
        "naam;plotLat;plotLon\nA;52,1;4,5\n",
        "naam;coördinaten\nA;52.1, 4.5\n",
        "naam;Coördinaten (WGS84)\nA;52,1 NB 4,5 OL\n",
        "naam;lat/lon\nA;52.1 4.5\n",
        "naam;GPS coördinaten\nA;52.1 4.5\n",
        "naam;wkt\nA;POINT (4.5 52.1)\n",
        "naam;geom\nA;POINT Z(4.5 52.1 3)\n",
        "naam;WKT_geom\nA;MULTIPOINT ((4.5 52.1))\n",
        "naam;geometrie\nA;SRID=4326;POINT(4.5 52.1)\n".replace("A;SRID=4326;P", 'A;"SRID=4326;P').replace("1)", '1)"'),
        "naam|lat|lon\nA|52.1|4.5\n",
        "Plots of 2026\nCounted by Anna, 12 June\n\nnaam,lat,lon\nA,52.1,4.5\n",
        "Locaties;;\n;;\nnaam;lat;lon\nA;52,1;4,5\n",
        "naam;breedtegraad;lengtegraad\nA;52° 06′ 00″ NB;4° 30′ OL\n",
    ],
)
def test_a_position_is_read_however_the_table_says_it(data: str) -> None:
    found = _read(data)
    assert [_said(site) for site in found.sites] == [("A", 52.1, 4.5, "", None)]
    assert found.refused == ()


def test_rows_below_a_title_are_numbered_as_a_spreadsheet_does() -> None:
    found = _read("sep=;\nPlots\nnaam;lat;lon\nA;52,1;4,5\nB;x;y\n")
    assert [(refused.row, refused.site) for refused in found.refused] == [(5, "B")]


@pytest.mark.parametrize(
    "data",
    [
        "naam;A1;A2\nA;120700;487525\nB;120800;487625\n",
        "naam;plek\nA;52.1234, 4.5678\n",
        "naam;een;twee\nA;4.5678;52.1234\nB;;\n",
    ],
)
def test_positions_in_columns_of_unknown_names_are_not_lost_in_silence(data: str) -> None:
    found = _read(data)
    assert found.sites == ()
    assert {refused.site for refused in found.refused} >= {"A"}
    assert all("was not read" in refused.reason for refused in found.refused)


def test_sites_that_stay_without_a_position_are_told() -> None:
    assert _read("naam;habitat\nA;heath\nDunes;slack\n", "a.csv", DUNES).without_position == ("A",)


def test_another_shape_is_refused_by_name() -> None:
    polygon = 'naam;wkt\nA;"POLYGON ((4 52, 5 52, 5 53, 4 52))"\nB;"MULTIPOINT ((4.5 52.1), (4.6 52.1))"\n'
    found = _read(polygon)
    assert [(refused.site, refused.reason.split(":")[0]) for refused in found.refused] == [
        ("A", "is a POLYGON"),
        ("B", "is a MULTIPOINT"),
    ]


def test_an_unclosed_quotation_mark_costs_its_own_row_alone() -> None:
    found = _read('site;latitude;longitude;habitat\n"A;52,1;4,5;x\nB;52,2;4,5;"two\nlines"\nC;52,3;4,5;x\n"D;52;4;x\n')
    assert [site.site for site in found.sites] == ["B", "C"]
    assert found.sites[0].habitat == "two lines"
    assert [(refused.row, refused.site) for refused in found.refused] == [(2, "A"), (5, "D")]
    assert all("quotation mark" in refused.reason for refused in found.refused)


def test_geojson_of_one_point_each_and_of_other_grids_is_read() -> None:
    many = [
        _feature({"type": "MultiPoint", "coordinates": [[4.5, 52.1]]}, naam="A"),
        _feature({"type": "MultiPoint", "coordinates": [[4.5, 52.1], [4.6, 52.1]]}, naam="B"),
    ]
    found = _read(json.dumps({"type": "FeatureCollection", "features": many}))
    assert [_said(site) for site in found.sites] == [("A", 52.1, 4.5, "", None)]
    assert [(refused.row, refused.site) for refused in found.refused] == [(2, "B")]
    for system, x, y in (("EPSG::28992", 120700.723, 487525.502), ("EPSG::32631", 628217.1, 5804365.3)):
        crs = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:{system}"}}
        point = _feature({"type": "Point", "coordinates": [x, y]}, naam="A")
        (site,) = _read(json.dumps({"type": "FeatureCollection", "crs": crs, "features": [point]})).sites
        assert (site.latitude, site.longitude) == pytest.approx((52.374530, 4.883523), abs=2e-5)


# --- latitude and longitude that stand swapped

BERLIN_AND_PARIS = "site;lat;lon\nBerlin;13,405;52,52\nParis;2,3522;48,8566\n"


def test_a_file_that_stands_swapped_is_asked_about_anywhere_on_earth() -> None:
    found = _read(BERLIN_AND_PARIS)
    assert (found.sites, found.in_doubt) == ((), ("Berlin", "Paris"))
    assert ["swapped" in refused.reason for refused in found.refused] == [True, True]
    swapped = _read(BERLIN_AND_PARIS, answers=Answers(swapped=True))
    assert [_said(site)[:3] for site in swapped.sites] == [("Berlin", 52.52, 13.405), ("Paris", 48.8566, 2.3522)]
    as_named = _read(BERLIN_AND_PARIS, answers=Answers(swapped=False))
    assert [_said(site)[:3] for site in as_named.sites] == [("Berlin", 13.405, 52.52), ("Paris", 2.3522, 48.8566)]


def test_one_row_that_is_surely_swapped_puts_the_others_in_doubt() -> None:
    found = _read("site;lat;lon\nMadrid;-3,7;40,4\nSydney;151,2;-33,9\nLeiden;52,16;4,49\n")
    assert [site.site for site in found.sites] == ["Leiden"]
    assert [(refused.site, "swapped" in refused.reason) for refused in found.refused] == [
        ("Madrid", True),
        ("Sydney", True),
    ]


def test_known_sites_show_which_way_round_a_new_one_is() -> None:
    madrid = Site("Madrid", 40.4, -3.7, "", None, "lea", BEFORE)
    assert _read("site;lat;lon\nToledo;-4,03;39,86\n", "a.csv", madrid).in_doubt == ("Toledo",)
    assert _read("site;lat;lon\nToledo;39,86;-4,03\n", "a.csv", madrid).in_doubt == ()


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [(38.53, -28.63), (28.1, -15.4), (12.15, -68.27), (-17.8, 177.4), (53.48, 6.2), (17.48, -62.97), (64.1, -21.9)],
)
def test_islands_are_not_taken_for_swapped(latitude: float, longitude: float) -> None:
    found = _read(f"site,lat,lon\nA,{latitude},{longitude}\n")
    assert [_said(site)[:3] for site in found.sites] == [("A", latitude, longitude)]


# --- plots and protocols


def test_a_file_may_describe_plots_with_their_protocols():
    found = _read("site;plot;area_m2;protocol;length_m;width_m;minutes\nDunes;;;Quadrats;;;\ndunes;D1;25;;;;\n"
                  "Dunes;D2;;transect;50;2,5;\nDunes;D3;;FIT;;;10\n")  # fmt: skip
    assert [(site.site, site.parent, site.protocol, site.area_m2) for site in found.sites] == [
        ("Dunes", None, "quadrats", None),
        ("D1", "Dunes", None, 25),
        ("D2", "Dunes", "transect", None),
        ("D3", "Dunes", "timed", None),
    ]
    assert (found.sites[2].length_m, found.sites[2].width_m, found.sites[3].minutes) == (50, 2.5, 10)


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("by eye;;", "by eye is not a protocol. Write views, quadrats, transect, timed."),
        ("transect;-3;", "Length, m: -3 cannot be. Give more than 0 and at most 100000."),
        ("timed;;2000", "Minutes: 2000 cannot be. Give more than 0 and at most 1440."),
    ],
)
def test_a_protocol_or_a_number_that_cannot_be_is_named_with_its_row(cell, why):
    found = _read(f"site;protocol;length_m;minutes\nDunes;{cell}\n")
    assert [refused.reason for refused in found.refused] == [why]
