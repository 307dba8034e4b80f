"""A date that cannot be right needs a look, and steers no headline, chart or archive; the others of its drop stay."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.bloomcount import Bloomcount, assemble
from core.settings import Settings
from core.store import now
from core.store.library import Library
from core.store.records import PhotoRecord
from core.store.selection import Selection

UPLOADED = datetime(2026, 6, 3, 12, tzinfo=UTC)


def photo(number: int, taken_at: str | None, drop_id: str = "d-1") -> PhotoRecord:
    upload = {"file": f"{number}.jpg", "bytes": 9, "site": "plot", "note": "", "uploaded_by": "anna"}
    return PhotoRecord(
        drop_id=drop_id,
        photo_id=f"{number:064x}",
        uploaded_at=UPLOADED,
        width=8,
        height=6,
        taken_at=taken_at,
        latitude=None,
        longitude=None,
        **upload,
    )


def misdated(bloom: Bloomcount, *taken: str | None) -> set[str | None]:
    bloom.library.record([photo(number, when) for number, when in enumerate(taken)], [], [])
    photos = bloom.library.photo_records(Selection(attention="misdated"))
    return {one.taken_at for batch in photos for one in batch}


def again(bloom: Bloomcount) -> Library:
    """The same store, read anew."""
    return Library(bloom.library.blobs, bloom.library.tables)


@pytest.fixture
def bloom(tmp_path: Path) -> Bloomcount:
    return assemble(Settings(store=str(tmp_path)))


@pytest.mark.parametrize(
    ("taken", "doubted"),
    [
        pytest.param(["9999-12-31T23:59:59"], {"9999-12-31T23:59:59"}, id="at the end of time"),
        pytest.param(["2026-06-05T00:00:00"], {"2026-06-05T00:00:00"}, id="after the upload"),
        pytest.param(["2026-06-04T08:00:00"], set(), id="a clock of another time zone"),
        pytest.param(["1989-12-31T10:00:00"], {"1989-12-31T10:00:00"}, id="before digital cameras"),
        pytest.param(["2019-05-01T10:00:00"], set(), id="an old photo by itself"),
        pytest.param([None], set(), id="no date is another matter"),
        pytest.param(["2026-06-01"] * 4 + ["2020-01-01"], {"2020-01-01"}, id="a clock that was reset"),
        pytest.param(["2026-06-01"] * 4 + ["2026-06-02T00:10:00"], set(), id="past midnight"),
        pytest.param(["2026-06-01", "2026-06-01", "2025-06-01"], {"2025-06-01"}, id="one of three"),
        pytest.param(["2026-06-01", "2025-06-01"], set(), id="nobody can tell which of two"),
        pytest.param([f"2026-05-{day:02}" for day in range(1, 29)], set(), id="the photos of a month"),
        pytest.param(["2026-06-01"] * 9 + ["2020-01-01"] * 2, {"2020-01-01"}, id="two of eleven"),
    ],
)
def test_dates_that_cannot_be_right_need_a_look(bloom, taken, doubted):
    assert misdated(bloom, *taken) == doubted


def test_a_date_in_doubt_is_no_day_of_charts_and_the_next_photos_decide_anew(bloom):
    assert misdated(bloom, "2026-06-01", "2026-06-01T09:00:00", "2020-01-01") == {"2020-01-01"}
    bloom.library.record([photo(number, "2020-01-02") for number in (7, 8, 9)], [], [])
    assert misdated(bloom) == set()


@given(days=st.lists(st.integers(0, 4000), min_size=1, max_size=12), seed=st.randoms())
@settings(max_examples=25, deadline=None)
def test_doubt_does_not_depend_on_the_order_of_arrival(tmp_path_factory, days, seed):
    taken = [(date(2026, 6, 1) - timedelta(days=day)).isoformat() for day in days]
    shuffled = seed.sample(taken, len(taken))
    stores = (assemble(Settings(store=str(tmp_path_factory.mktemp("store")))) for _ in range(2))
    one, other = (misdated(store, *order) for store, order in zip(stores, (taken, shuffled), strict=True))
    assert one == other


ARRIVALS = st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["d-1", "d-2", "d-3"]), st.integers(0, 3)), max_size=9)


@given(arrivals=ARRIVALS)
@settings(max_examples=20, deadline=None)
def test_days_after_each_addition_are_those_of_all_rows_at_once(tmp_path_factory, arrivals):
    bloom = assemble(Settings(store=str(tmp_path_factory.mktemp("store"))))
    for minute, (number, drop_id, days) in enumerate(arrivals):
        one = photo(number, (date(2026, 6, 1) - timedelta(days=days)).isoformat(), drop_id)
        at = UPLOADED + timedelta(minutes=minute)
        changed = {"changed_by": "lea", "changed_at": at} if minute % 2 else {"uploaded_at": at}
        bloom.library.record([replace(one, **changed)], [], [])
        bloom.library.cache.current()
    grown, anew = (each.cache.current().photos.select("photo_id", "day") for each in (bloom.library, again(bloom)))
    assert grown.equals(anew)


def test_an_addition_looks_at_the_days_of_its_own_drops_alone(bloom, monkeypatch):
    bloom.library.record([photo(number, "2026-06-01", f"d-{number // 2}") for number in range(20)], [], [])
    bloom.library.cache.current()
    asked = []
    with_days = now.with_days
    monkeypatch.setattr(now, "with_days", lambda photos: asked.append(len(photos)) or with_days(photos))
    bloom.library.record([photo(20, "2026-06-01", "d-3")], [], [])
    assert len(bloom.library.cache.current().photos) == 21
    assert asked == [3]
