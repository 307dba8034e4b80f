"""Positions as people type them, and those that cannot be."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.errors import InvalidSite
from core.survey.coordinates import checked, pair_from, position_of
from core.survey.numbers import decimal_marks, is_ambiguous, number_from, told_mark

LATITUDE = st.floats(-90, 90).map(lambda degrees: round(degrees, 7))
LONGITUDE = st.floats(-180, 180).map(lambda degrees: round(degrees, 7))


def _possible(latitude: float, longitude: float) -> tuple[float, float]:
    """Return the pair; skip one that is taken for a mistake."""
    try:
        return checked(latitude, longitude)
    except InvalidSite:
        assume(False)
        raise


@pytest.mark.parametrize(
    "text",
    [
        "52.4291, 4.5771",
        "52.4291,4.5771",
        "52.4291 4.5771",
        "52,4291 4,5771",
        "52,4291, 4,5771",
        "52,4291; 4,5771",
        "52,4291;4,5771",
        " 52.4291° N, 4.5771° E ",
        "52.4291N 4.5771E",
        "N52.4291 E4.5771",
        "4.5771 E, 52.4291 N",
        "52,4291 N 4,5771 O",
        "52°25'44.76\"N 4°34'37.56\"E",
        "52° 25′ 44,76″ N, 4° 34′ 37,56″ O",
        "52°25.746'N 4°34.626'E",
        "52,4291 NB 4,5771 OL",
        "52,4291° N.B., 4,5771° O.L.",
        "NB 52,4291 OL 4,5771",
        "52º25´44,76´´NB 4º34´37,56´´OL",
    ],
)
def test_one_place_however_it_is_written(text: str) -> None:
    assert position_of(text) == pytest.approx((52.4291, 4.5771), abs=1e-7)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("-33.9249, 18.4241", (-33.9249, 18.4241)),
        ("33.9249 S 18.4241 E", (-33.9249, 18.4241)),
        ("33.9249 Z 18.4241 O", (-33.9249, 18.4241)),
        ("33.9249 ZB 18.4241 OL", (-33.9249, 18.4241)),
        ("12.1 NB 68.3 WL", (12.1, -68.3)),
        ("51.5, −0.12", (51.5, -0.12)),
        ("51.5 N 0.12 W", (51.5, -0.12)),
        ("51.5 N, -0.12 W", (51.5, -0.12)),
        ("-33.9249 S 18.4241 E", (-33.9249, 18.4241)),
        ("52 5", (52.0, 5.0)),
        ("12.1, -68.3", (12.1, -68.3)),
    ],
)
def test_south_and_west(text: str, position: tuple[float, float]) -> None:
    assert position_of(text) == position


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "is not a position", id="nothing"),
        pytest.param("52,4291", "is not a position", id="one number, decimal comma"),
        pytest.param("52.4291", "is not a position", id="one number"),
        pytest.param("the dunes", "is not a position", id="words"),
        pytest.param("1 2 3", "is not a position", id="three numbers"),
        pytest.param("4.5771, 52.4291", "look swapped", id="swapped, in the Netherlands"),
        pytest.param("151.2, -33.9", "look swapped", id="swapped, latitude over 90"),
        pytest.param("95, 185", "is not on the map", id="nowhere"),
        pytest.param("0, 0", "devices write", id="no fix"),
        pytest.param("52.4 N 4.5 N", "one direction twice", id="two latitudes"),
        pytest.param("52°61'N 4°10'E", "go up to 60", id="61 minutes"),
    ],
)
def test_what_is_no_position_says_why(text: str, reason: str) -> None:
    with pytest.raises(InvalidSite, match=reason):
        position_of(text)


@pytest.mark.parametrize(
    "text", ["120700,723 487525,502", "120700.723, 487525.502", "487525.502 120700.723", "120.700,723 487.525,502"]
)
def test_metres_of_the_dutch_grid_are_the_place_they_name(text: str) -> None:
    assert position_of(text) == pytest.approx((52.374530, 4.883523), abs=5e-6)  # Westertoren, Amsterdam, EPSG:28992


@given(LATITUDE, LONGITUDE)
def test_what_is_written_with_a_point_or_a_comma_is_read_back(latitude: float, longitude: float) -> None:
    place = _possible(latitude, longitude)
    for written in (repr, lambda degrees: repr(degrees).replace(".", ",")):
        assert checked(*pair_from(written(latitude), written(longitude))) == place
        assert position_of(f"{written(latitude)}; {written(longitude)}") == place
        assert position_of(f"{written(latitude)}, {written(longitude)}") == place


@given(st.floats(50.6, 53.7), st.floats(3.2, 7.3))
def test_no_dutch_position_is_taken_swapped(latitude: float, longitude: float) -> None:
    assert checked(latitude, longitude) == (round(latitude, 7), round(longitude, 7))
    with pytest.raises(InvalidSite, match="look swapped"):
        checked(longitude, latitude)


@given(st.floats(), st.floats())
def test_any_two_numbers_are_a_position_on_earth_or_refused(latitude: float, longitude: float) -> None:
    try:
        place = checked(latitude, longitude)
    except InvalidSite:
        return
    assert -90 <= place.latitude <= 90
    assert -180 <= place.longitude <= 180


@given(st.text(max_size=30))
def test_any_text_is_a_position_or_refused(text: str) -> None:
    try:
        place = position_of(text)
    except InvalidSite:
        return
    assert checked(*place) == place


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("25", 25.0),
        ("2,5", 2.5),
        ("2.5", 2.5),
        ("1.234,5", 1234.5),
        ("1,234.5", 1234.5),
        ("1 234,5", 1234.5),
        (" 1\u00a0234 ", 1234.0),
    ],
)
def test_numbers_of_both_sides_of_the_channel(text: str, number: float) -> None:
    assert number_from(text) == number


@pytest.mark.parametrize("text", ["", "many", "nan", "inf", "1,2,3", "1.2.3", "25 m2"])
def test_what_is_no_number_is_said(text: str) -> None:
    with pytest.raises(InvalidSite, match="is not a number"):
        number_from(text)


@pytest.mark.parametrize(
    ("text", "marks", "ambiguous"),
    [
        ("1.250", (".", ","), True),
        ("1,250", (".", ","), True),
        ("1250", (".", ","), False),
        ("0.125", (".",), False),
        ("12,5", (",",), False),
        ("1.250,5", (",",), False),
        ("1,250,000", (".",), False),
        ("1250.125", (".",), False),
        ("1.2.3", (), False),
        ("", (), False),
    ],
)
def test_a_number_tells_its_decimal_mark_or_leaves_it_open(text: str, marks: tuple[str, ...], ambiguous: bool) -> None:
    assert (decimal_marks(text), is_ambiguous(text)) == (marks, ambiguous)


def test_the_other_numbers_tell_the_decimal_mark_unless_they_differ() -> None:
    assert told_mark(["1.250", "950,5", "7"]) == ","
    assert told_mark(["1.250", "7"]) is None
    assert told_mark(["950,5", "950.5"]) is None
    assert [number_from("1.250", mark) for mark in (",", ".", None)] == [1250.0, 1.25, 1.25]
