from datetime import UTC, datetime

import pytest

from core.formatting import (
    count_with_doubt,
    day,
    day_and_time,
    duration,
    file_size,
    noted_at,
    number,
    photos,
    taken_when,
)
from core.language import use_language
from core.recognition.intervals import Count
from core.survey.coordinates import position_in_words


@pytest.mark.parametrize(
    ("count", "low", "high", "lower_bound", "text"),
    [
        pytest.param(7, 6, 9, False, "7 (6-9)", id="between"),
        pytest.param(1, 1, 1, False, "1", id="no doubt"),
        pytest.param(40, 38, 52, True, "≥ 40", id="lower bound"),
        pytest.param(12345, 12000, 13000, False, "12\u2009345 (12\u2009000-13\u2009000)", id="thousands"),
        pytest.param(0, 0, 1, False, "0 (0-1)", id="perhaps one"),
    ],
)
def test_a_count_shows_its_doubt(count, low, high, lower_bound, text):
    assert count_with_doubt(Count(count, low, high, lower_bound)) == text


def test_days_are_written_out():
    assert day(datetime(2026, 6, 3)) == "3 Jun 2026"
    assert day_and_time(datetime(2026, 6, 3, 14, 2)) == "3 Jun 2026 14:02"


@pytest.mark.parametrize(
    ("utc", "dutch"),
    [((6, 3, 23, 2), "4 Jun 2026 01:02"), ((12, 3, 22, 2), "3 Dec 2026 23:02")],
    ids=["summer", "winter"],
)
def test_moments_are_in_dutch_time(utc, dutch):
    assert noted_at(datetime(2026, *utc, tzinfo=UTC)) == dutch


def test_days_and_places_in_dutch():
    use_language("nl")
    try:
        assert [day(datetime(2026, month, 3)) for month in (3, 5, 10)] == ["3 mrt 2026", "3 mei 2026", "3 okt 2026"]
        assert position_in_words(-52.4291, 4.5771) == "52.4291 Z 4.5771 O"
        assert duration(7500) == "2 u 5 min"
    finally:
        use_language("en")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "1 s"), (12.4, "12 s"), (100, "2 min"), (3600, "60 min"), (7500, "2 h 5 min")]
)
def test_time_left_is_rough(seconds, text):
    assert duration(seconds) == text


def test_one_photo_is_not_photos():
    assert [photos(n) for n in (0, 1, 2)] == ["0 photos", "1 photo", "2 photos"]
    assert number(999) == "999"


@pytest.mark.parametrize(
    ("size_bytes", "text"), [(0, "1 kB"), (37_400, "37 kB"), (4_230_000, "4.2 MB"), (61_218_000_000, "61.2 GB")]
)
def test_files_have_a_size(size_bytes, text):
    assert file_size(size_bytes) == text


@pytest.mark.parametrize(
    ("taken_at", "text"),
    [("2026-06-03T14:02:11", "3 Jun 2026 14:02"), ("2026-06-03T14:02:11+02:00", "3 Jun 2026 14:02"), ("June", "June")],
)
def test_a_photo_was_taken_when_the_clock_of_its_camera_says(taken_at, text):
    assert taken_when(taken_at) == text
