"""Weeks of every year on one axis, and steps of time that suit the span."""

from __future__ import annotations

import pandas as pd
import pytest

from core.charts.season import weeks
from core.survey.repeats import visits
from core.survey.season import by_week, pulse, usual_step
from tests.core.survey.tables import seen, table


def _visits():
    return visits(
        table(
            [
                seen("a", {"poppy": 4, "rose": 2}, day="2025-06-10"),
                seen("b", {"poppy": 8}, day="2026-06-09"),
                seen("c", {}, day="2026-06-11"),
                seen("d", {"rose": 1}, day=None),
            ]
        )
    )


def test_weeks_are_means_over_their_visits_with_visits_in_vain_and_bounds():
    rows = by_week(_visits()).set_index("year")
    assert rows[["week", "visits", "per_visit", "low", "high"]].to_numpy().tolist() == [
        [24, 1, 6, 4, 8],
        [24, 2, 4, 3.5, 4.5],
    ]
    assert rows.loc[2026, "start"] == pd.Timestamp("2026-06-08")


@pytest.mark.parametrize(
    ("last", "step"),
    [("2026-06-14", "day"), ("2026-09-01", "week"), ("2028-06-01", "month"), ("2036-06-01", "year")],
)
def test_steps_follow_the_span(last, step):
    assert usual_step(pd.Timestamp("2026-06-01"), pd.Timestamp(last)) == step


def test_the_pulse_has_every_step_of_the_span_and_all_that_was_dated():
    course = pulse(_visits())
    assert course.sum().to_dict() == {"flowers": 14, "photos": 3, "taxa": 3, "visits": 3}
    assert len(course) == 13


def test_a_click_on_a_week_knows_its_monday_and_hovering_says_the_interval():
    earlier, *_, newest = weeks(by_week(_visits()), note="").data
    assert (earlier.name, newest.name) == ("2025", "2026")
    assert list(newest.customdata[0]) == ["2026-06-08", 24, "4.0 (3.5-4.5)", 2]
