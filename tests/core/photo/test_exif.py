"""Facts from the camera are taken over only where they can be trusted: read from real files."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from core.photo.exif import iso_date, position
from core.photo.reading import PhotoFacts, camera_words, read_photo
from core.settings import PhotoLimits
from tests.core.camera import camera_exif

ORIGINAL, DIGITIZED, CHANGED = 0x9003, 0x9004, 0x0132
MAKE, MODEL = 0x010F, 0x0110
OFFSET, OFFSET_ORIGINAL, OFFSET_DIGITIZED, SUBSECOND = 0x9010, 0x9011, 0x9012, 0x9291


def facts(file_format: str = "JPEG", **tables: dict) -> PhotoFacts:
    file = BytesIO()
    Image.new("RGB", (8, 6)).save(file, file_format, exif=camera_exif(**tables))
    return read_photo(file.getvalue(), name="x.jpg", limits=PhotoLimits(1)).facts


@pytest.mark.parametrize(
    ("base", "details", "taken_at"),
    [
        pytest.param({}, {ORIGINAL: "2026:05:01 10:20:30"}, "2026-05-01T10:20:30", id="no offset given"),
        pytest.param(
            {},
            {ORIGINAL: "2026:05:01 10:20:30", OFFSET_ORIGINAL: "+02:00"},
            "2026-05-01T10:20:30+02:00",
            id="with offset",
        ),
        pytest.param(
            {},
            {ORIGINAL: "2026:05:01 10:20:30", OFFSET_ORIGINAL: "-03:30"},
            "2026-05-01T10:20:30-03:30",
            id="west",
        ),
        pytest.param(
            {}, {ORIGINAL: "2026:05:01 10:20:30", OFFSET_ORIGINAL: "Z"}, "2026-05-01T10:20:30+00:00", id="Zulu"
        ),
        pytest.param(
            {}, {ORIGINAL: "2026:05:01 10:20:30", OFFSET_ORIGINAL: "   :  "}, "2026-05-01T10:20:30", id="blank offset"
        ),
        pytest.param(
            {}, {ORIGINAL: "2026:05:01 10:20:30", OFFSET_ORIGINAL: "+99:00"}, "2026-05-01T10:20:30", id="no such offset"
        ),
        pytest.param(
            {}, {ORIGINAL: "2026:05:01 10:20:30", OFFSET: "+02:00"}, "2026-05-01T10:20:30", id="another date's offset"
        ),
        pytest.param(
            {}, {ORIGINAL: "2026:05:01 10:20:30", SUBSECOND: "987"}, "2026-05-01T10:20:30", id="fractions left out"
        ),
        pytest.param({}, {ORIGINAL: "2026-05-01 10:20:30"}, "2026-05-01T10:20:30", id="dashes"),
        pytest.param(
            {CHANGED: "2027:01:01 00:00:00"},
            {ORIGINAL: "2026:05:01 10:20:30", DIGITIZED: "2026:06:01 10:20:30"},
            "2026-05-01T10:20:30",
            id="the shutter before all others",
        ),
        pytest.param(
            {CHANGED: "2027:01:01 00:00:00"},
            {ORIGINAL: "    :  :     :  :  ", DIGITIZED: "2026:06:01 10:20:30", OFFSET_DIGITIZED: "+01:00"},
            "2026-06-01T10:20:30+01:00",
            id="then digitising",
        ),
        pytest.param({CHANGED: "2027:01:01 00:00:00"}, {}, "2027-01-01T00:00:00", id="then the file's own"),
        pytest.param({}, {ORIGINAL: "0000:00:00 00:00:00"}, None, id="clock never set"),
        pytest.param({}, {ORIGINAL: "    :  :     :  :  "}, None, id="blanks"),
        pytest.param({}, {ORIGINAL: "2026:02:30 10:00:00"}, None, id="no such day"),
        pytest.param({}, {ORIGINAL: "yesterday"}, None, id="words"),
        pytest.param({}, {ORIGINAL: "2026:05:01 24:04:20"}, "2026-05-01T00:04:20", id="hour 24 of some phones"),
        pytest.param({}, {ORIGINAL: "2026:05:01 10:20:60"}, "2026-05-01T10:20:59", id="leap second"),
        pytest.param({}, {ORIGINAL: "2026: 5: 1  9: 5: 3"}, "2026-05-01T09:05:03", id="spaces"),
        pytest.param({}, {ORIGINAL: "2026:5:1 9:05:03"}, "2026-05-01T09:05:03", id="single digits"),
        pytest.param({}, {ORIGINAL: "2026.05.01 10.20.30"}, "2026-05-01T10:20:30", id="dots"),
        pytest.param({}, {ORIGINAL: "2026:05:01 10:20"}, "2026-05-01T10:20:00", id="no seconds"),
        pytest.param({}, {ORIGINAL: "2026:05:01"}, "2026-05-01", id="a day alone"),
        pytest.param({}, {ORIGINAL: "2026-05-01T10:20:30.25+02:00"}, "2026-05-01T10:20:30+02:00", id="offset behind"),
        pytest.param(
            {}, {ORIGINAL: "2026:05:01 10:20:30", OFFSET_ORIGINAL: "+0200"}, "2026-05-01T10:20:30+02:00", id="no colon"
        ),
        pytest.param({ORIGINAL: "2026:05:01 10:20:30"}, {}, "2026-05-01T10:20:30", id="in the first table"),
        pytest.param({CHANGED: "2026:11:20 21:00:00", 0x0131: "Editor 1.0"}, {}, None, id="the date of an edit"),
        pytest.param(
            {CHANGED: "2026:11:20 21:00:00"}, {ORIGINAL: "0000:00:00 00:00:00"}, None, id="clock never set, then edited"
        ),
        pytest.param({}, {}, None, id="nothing"),
    ],
)
def test_when_a_photo_was_taken(base, details, taken_at):
    assert facts(base=base, details=details).taken_at == taken_at


def where(gps: dict) -> tuple[float | None, float | None]:
    found = facts(gps=gps)
    return found.latitude, found.longitude


NORTH_EAST = {1: "N", 2: (52.0, 5.0, 30.0), 3: "E", 4: (4.0, 30.0, 0.0)}
ZERO_OVER_ZERO = IFDRational(0, 0)


@pytest.mark.parametrize(
    ("changed", "position"),
    [
        pytest.param({}, (52.0916667, 4.5), id="north east"),
        pytest.param({1: "S"}, (-52.0916667, 4.5), id="south"),
        pytest.param({3: "W"}, (52.0916667, -4.5), id="west"),
        pytest.param({1: "n", 3: "e"}, (52.0916667, 4.5), id="small letters"),
        pytest.param({2: (52.5,)}, (52.5, 4.5), id="degrees alone"),
        pytest.param({2: (ZERO_OVER_ZERO,) * 3}, (None, None), id="zero over zero"),
        pytest.param({4: (IFDRational(5, 0), 0.0, 0.0)}, (None, None), id="five over zero"),
        pytest.param({2: (91.0, 0.0, 0.0)}, (None, None), id="beyond the pole"),
        pytest.param({4: (180.0, 0.0, 1.0)}, (None, None), id="beyond the date line"),
        pytest.param({2: (52.0, 75.0, 0.0)}, (None, None), id="75 minutes"),
        pytest.param({1: ""}, (None, None), id="north or south not said"),
        pytest.param({9: "V"}, (None, None), id="void fix"),
        pytest.param({9: "A"}, (52.0916667, 4.5), id="a fix"),
        pytest.param({18: "TOKYO"}, (None, None), id="foreign datum"),
        pytest.param({18: "WGS-84"}, (52.0916667, 4.5), id="our datum"),
        pytest.param({2: (52.0, 30.0, ZERO_OVER_ZERO)}, (52.5, 4.5), id="seconds zero over zero"),
        pytest.param({2: (52.5, ZERO_OVER_ZERO, ZERO_OVER_ZERO)}, (52.5, 4.5), id="minutes too"),
        pytest.param({3: "Q"}, (None, None), id="neither east nor west"),
        pytest.param({2: (0.0, 0.0, 0.0), 4: (0.0, 0.0, 0.0)}, (None, None), id="a phone without a fix"),
        pytest.param({2: (0.0, 0.0, 0.0)}, (0.0, 4.5), id="on the equator"),
    ],
)
def test_where_a_photo_was_taken(changed, position):
    assert where({**NORTH_EAST, **changed}) == position


@pytest.mark.parametrize(
    "changed",
    [{1: "S", 2: (-33.0, 30.0, 0.0)}, {1: "", 2: (-33.0, 30.0, 0.0), 3: ""}, {1: "S", 2: (-33.0, -30.0, 0.0)}],
)
def test_signed_positions_are_read_with_and_without_letters(changed):
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({**NORTH_EAST, **changed})
    assert position(exif) == (-33.5, 4.5)


DRONE = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description %s><drone-dji:GimbalYawDegree>+12.5\
</drone-dji:GimbalYawDegree></rdf:Description></rdf:RDF></x:xmpmeta>"""


def with_xmp(attributes: str, **tables: dict) -> PhotoFacts:
    file = BytesIO()
    xmp = (DRONE % attributes).encode()
    Image.new("RGB", (8, 6)).save(file, "JPEG", exif=camera_exif(**tables), xmp=xmp)
    return read_photo(file.getvalue(), name="x.jpg", limits=PhotoLimits(1)).facts


def test_a_drone_says_where_and_how_high_it_flew():
    flown = with_xmp(
        'drone-dji:GpsLatitude="+52.4291" drone-dji:GpsLongtitude="-4.5771" drone-dji:AbsoluteAltitude="+31.20" '
        'drone-dji:RelativeAltitude="+10.05" drone-dji:GimbalPitchDegree="-90.00" drone-dji:GimbalRollDegree="+0.00"'
    )
    assert (flown.latitude, flown.longitude, flown.altitude_m, flown.height_m) == (52.4291, -4.5771, 31.2, 10.05)
    assert (flown.gimbal_pitch_deg, flown.gimbal_yaw_deg, flown.gimbal_roll_deg) == (-90, 12.5, 0)


@pytest.mark.parametrize(
    ("said", "position"),
    [
        ('exif:GPSLatitude="52,25.746N" exif:GPSLongitude="4,34.626W"', (52.4291, -4.5771)),
        ('exif:GPSLatitude="52,25,44.8S" exif:GPSLongitude="4,34,37.6E"', (-52.4291111, 4.5771111)),
        ('exif:GPSLatitude="north" exif:GPSLongitude="4,34.626W"', (None, None)),
        ('drone-dji:GpsLatitude="0.0" drone-dji:GpsLongitude="0.0"', (None, None)),
    ],
)
def test_positions_of_xmp_are_read_where_exif_has_none(said, position):
    found = with_xmp(said)
    assert (found.latitude, found.longitude) == position
    exif_first = with_xmp(said, gps=NORTH_EAST)
    assert (exif_first.latitude, exif_first.longitude) == (52.0916667, 4.5)


@pytest.mark.parametrize(
    ("said", "taken_at"),
    [
        ('photoshop:DateCreated="2026-06-01T10:20:30"', "2026-06-01T10:20:30"),
        ('exif:DateTimeOriginal="2026-06-01T10:20:30+02:00"', "2026-06-01T10:20:30+02:00"),
        ('xmp:CreateDate="2026-06-01T10:20:30" xmp:ModifyDate="2026-11-20T21:00:00"', "2026-06-01T10:20:30"),
        ('xmp:CreateDate="2026-11-20T21:00:00" xmp:ModifyDate="2026-11-20T21:00:00"', None),
        ('xmp:ModifyDate="2026-11-20T21:00:00"', None),
    ],
)
def test_dates_of_xmp_are_read_and_never_that_of_an_edit(said, taken_at):
    assert with_xmp(said, base={CHANGED: "2026:11:20 21:00:00"}).taken_at == taken_at


def test_the_date_of_iptc_is_read():
    fields = b"".join(
        b"\x1c\x02" + bytes([number]) + len(text).to_bytes(2, "big") + text
        for number, text in ((55, b"20260601"), (60, b"102030+0200"))
    )
    block = b"8BIM\x04\x04\0\0" + len(fields).to_bytes(4, "big") + fields + b"\0" * (len(fields) % 2)
    segment = b"Photoshop 3.0\0" + block
    file = BytesIO()
    Image.new("RGB", (8, 6)).save(file, "JPEG")
    data = file.getvalue()
    data = data[:2] + b"\xff\xed" + (len(segment) + 2).to_bytes(2, "big") + segment + data[2:]
    assert read_photo(data, name="x.jpg", limits=PhotoLimits(1)).facts.taken_at == "2026-06-01T10:20:30+02:00"


@given(text=st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_date_or_none(text):
    said = iso_date(text)
    assert said is None or datetime.fromisoformat(said)


@given(when=st.datetimes(min_value=datetime(1000, 1, 1)).map(lambda when: when.replace(microsecond=0)))
@settings(max_examples=100, deadline=None)
@pytest.mark.parametrize("form", ["%Y:%m:%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d %H.%M.%S"])
def test_a_date_survives_every_form(form, when):
    assert iso_date(when.strftime(form)) == when.isoformat()


@given(latitude=st.floats(-90, 90), longitude=st.floats(-180, 180))
@settings(max_examples=60, deadline=None)
def test_positions_survive_the_camera_within_a_hand(latitude, longitude):
    def sexagesimal(degrees: float) -> tuple[IFDRational, ...]:
        units = round(abs(degrees) * 3600 * 1000)
        return tuple(
            IFDRational(*pair) for pair in ((units // 3_600_000, 1), (units // 60_000 % 60, 1), (units % 60_000, 1000))
        )

    found = where(
        {
            1: "N" if latitude >= 0 else "S",
            2: sexagesimal(latitude),
            3: "E" if longitude >= 0 else "W",
            4: sexagesimal(longitude),
        }
    )
    if found == (None, None):
        assert round(abs(latitude) * 3_600_000) == round(abs(longitude) * 3_600_000) == 0
    else:
        assert found == pytest.approx((latitude, longitude), abs=1e-6)


@pytest.mark.parametrize(
    ("base", "camera"),
    [
        pytest.param({0x010F: "Apple", 0x0110: "iPhone 15"}, "Apple iPhone 15", id="make and model"),
        pytest.param({0x010F: "Canon", 0x0110: "Canon EOS R6"}, "Canon EOS R6", id="make only once"),
        pytest.param({0x010F: "NIKON\0\0\0  ", 0x0110: " Z 6 "}, "NIKON Z 6", id="padding"),
        pytest.param({0x0110: "Pixel 8"}, "Pixel 8", id="model alone"),
        pytest.param({}, None, id="nothing"),
    ],
)
def test_what_took_the_photo(base, camera):
    assert facts(base=base).camera == camera


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF"])
def test_every_format_keeps_its_facts(file_format):
    assert facts(
        file_format, base={0x010F: "Canon"}, details={ORIGINAL: "2026:05:01 10:20:30"}, gps=NORTH_EAST
    ) == PhotoFacts(8, 6, "2026-05-01T10:20:30", 52.0916667, 4.5, "Canon")


@pytest.mark.parametrize(
    ("base", "details", "words"),
    [
        pytest.param({}, {}, (), id="nothing written"),
        pytest.param(
            {MAKE: "Canon", MODEL: "Canon EOS R6"},
            {0x829A: IFDRational(1, 250), 0x829D: IFDRational(28, 10), 0x8827: 100, 0x920A: IFDRational(35, 1)},
            ("Canon EOS R6", "1/250 s · f/2.8 · ISO 100 · 35 mm"),
            id="all of it",
        ),
        pytest.param({}, {0x829A: IFDRational(2, 1), 0x8827: (200, 0)}, ("2 s · ISO 200",), id="long exposure"),
        pytest.param({}, {0x829A: IFDRational(1, 0), 0x829D: IFDRational(0, 1), 0x8827: "?"}, (), id="nonsense"),
    ],
)
def test_what_people_want_to_know_of_the_camera(base, details, words):
    file = BytesIO()
    Image.new("RGB", (8, 6)).save(file, "JPEG", exif=camera_exif(base=base, details=details))
    assert camera_words(file.getvalue(), name="x.jpg") == words
