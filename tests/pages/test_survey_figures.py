"""The figures of survey pages are made once for all who ask, and never stand in for other figures."""

import pandas as pd
import pytest

from core.store.selection import EVERYTHING, Selection
from core.survey.comparison import Comparison
from core.survey.repeats import Repeats, Rule
from pages.parts.survey import Survey
from web.tables import cached_figures


@pytest.fixture
def survey():
    cached_figures.clear()
    return survey_of(EVERYTHING, [1, 2, 3])


def survey_of(which: Selection, counts: list[int], *, rule: Rule = "maximum", edition: str = "1") -> Survey:
    visits = pd.DataFrame({"count": counts})
    return Survey(which, Repeats(rule), visits.copy(), visits, edition, 0, 0, 0, "", "", Comparison())


def most(visits):
    return max(visits["count"])


def fewest(visits):
    return min(visits["count"])


def at_least(visits, count):
    return sum(visits["count"] >= count)


def size(table):
    return table.size


def test_two_figures_on_one_line_are_told_apart(survey, monkeypatch):
    same_line = fewest.__code__.replace(co_firstlineno=most.__code__.co_firstlineno)
    monkeypatch.setattr(fewest, "__code__", same_line)
    assert (survey.figures(most, survey.visits), survey.figures(fewest, survey.visits)) == (3, 1)


def test_one_figure_with_other_arguments_is_another(survey):
    assert [survey.figures(at_least, survey.visits, count) for count in (1, 2, 3)] == [3, 2, 1]


def test_observations_and_visits_are_told_apart(survey):
    visits, observations = survey.visits, survey.observations
    observations["site"] = "dunes"
    assert (survey.figures(size, visits), survey.figures(size, observations)) == (3, 6)


@pytest.mark.parametrize(
    "other",
    [
        survey_of(Selection(sites=("dunes",)), [5]),
        survey_of(EVERYTHING, [5], rule="sum"),
        survey_of(EVERYTHING, [5], edition="2"),
    ],
    ids=["selection", "rule for repeats", "edition"],
)
def test_a_figure_is_made_anew_for_another(survey, other):
    assert (survey.figures(most, survey.visits), other.figures(most, other.visits)) == (3, 5)


def test_a_figure_is_made_once_for_all_who_ask_for_the_same(survey):
    same = survey_of(EVERYTHING, [9, 9, 9])  # which those two can never be: it shows that nothing is made again
    assert (survey.figures(most, survey.visits), same.figures(most, same.visits)) == (3, 3)


def test_what_may_depend_on_more_than_its_arguments_is_refused(survey):
    limit = 2

    def above(visits):
        return sum(visits["count"] > limit)

    for work in (above, lambda visits: len(visits)):
        with pytest.raises(TypeError, match="name a function of a module"):
            survey.figures(work, survey.visits)
