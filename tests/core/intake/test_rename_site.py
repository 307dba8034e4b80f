"""Two spellings of a site become one, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core.bloomcount import assemble
from core.intake.corrections import NotAllowed, rename_site
from core.intake.pipeline import accept
from core.intake.worker import Worker
from core.people.person import Person
from core.settings import Settings
from core.store.blobs import open_blobs
from core.store.library import Library
from core.store.records import Drop, Site
from core.store.selection import Selection
from core.store.tables import Tables
from core.survey.observed import observed
from tests.core.counting_squares import Squares, photo_of
from tests.people import ADMIN
from tests.survey import count, photo

NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)
LEA = Person("lea", "Lea", "lead", NOON, "")
DUENS = Site("duens", 52.4, 4.5, "dune", 25.0, "anna", NOON)


def _library(settings: Settings) -> Library:
    library = Library(open_blobs(settings), Tables(settings))
    count(library, photo("a", site="duens"), {"rosa": 3})
    count(library, photo("b", site="dunes"), {"rosa": 1})
    count(library, photo("c", site="wood"), {})
    return library


def _sites(library: Library) -> dict[str, str]:
    rows = observed(library, ())
    return dict(zip(rows["file"], rows["site"], strict=True))


@pytest.fixture(params=["folder", "s3"])
def library(request: pytest.FixtureRequest, tmp_path) -> Library:
    return _library(
        Settings(store=str(tmp_path)) if request.param == "folder" else request.getfixturevalue("s3_settings")
    )


def test_a_misspelt_site_is_one_with_the_right_one_in_every_figure(library: Library) -> None:
    library.describe_sites([DUENS], by=ADMIN)
    assert rename_site(library, "duens", "dunes", by=LEA) == 1
    assert _sites(library) == {"a": "dunes", "b": "dunes", "c": "wood"}
    assert library.sites() == ["dunes", "wood"]
    assert {*observed(library, (), Selection(sites=("dunes",)))["file"]} == {"a", "b"}
    described = library.described_sites()
    assert (list(described), described["dunes"].area_m2, described["dunes"].changed_by) == (["dunes"], 25.0, "lea")
    assert rename_site(library, "duens", "dunes", by=LEA) == 0


def test_what_is_said_of_the_right_site_stays(tmp_path) -> None:
    library = _library(Settings(store=str(tmp_path)))
    dunes = replace(DUENS, site="dunes", habitat="slack")
    library.describe_sites([DUENS, dunes], by=ADMIN)
    rename_site(library, "duens", "dunes", by=LEA)
    assert library.described_sites() == {"dunes": dunes}


def test_history_says_who_renamed(tmp_path) -> None:
    library = _library(Settings(store=str(tmp_path)))
    rename_site(library, "duens", "dunes", by=LEA)
    a = library.photo(photo("a").photo_id)
    assert a is not None
    assert (a.site, a.changed_by, a.uploaded_by, a.uploaded_at) == ("dunes", "lea", "anna", photo("a").uploaded_at)
    rows = library.tables.query("SELECT site FROM photos WHERE file = 'a' ORDER BY changed_at NULLS FIRST", "photos")
    assert rows["site"].to_pylist() == ["duens", "dunes"]


def test_photos_that_wait_or_are_being_counted_get_the_new_name_too(tmp_path) -> None:
    bloom = assemble(Settings(store=str(tmp_path)))

    def drop(flowers: int, site: str) -> None:
        one = Drop("20260501T102030-ab12", site, "", "anna")
        accept(bloom.library, bloom.inbox, photo_of(flowers), file=str(flowers), drop=one)

    class Renames(Squares):
        def recognise(self, found):
            for site in once:
                drop(3, site)
                assert rename_site(bloom.library, site, "dunes", by=LEA) == 2
            return super().recognise(found)

    once = iter(["duens"])
    drop(1, "duens")
    drop(2, "wood")
    squares = Renames()
    while Worker(bloom.library, bloom.inbox, lambda: squares, bloom.settings).count_all():
        pass
    assert _sites(bloom.library) == {"1": "dunes", "2": "wood", "3": "dunes"}
    assert _sites(assemble(bloom.settings).library) == {"1": "dunes", "2": "wood", "3": "dunes"}
    assert {len(result.analysis.flowers) for batch in bloom.library.export_results() for result in batch} == {1, 2, 3}


def test_a_researcher_renames_nothing(tmp_path) -> None:
    library = _library(Settings(store=str(tmp_path)))
    with pytest.raises(NotAllowed, match="only a lead can rename a site"):
        rename_site(library, "duens", "dunes", by=replace(LEA, role="researcher"))
    assert _sites(library)["a"] == "duens"


def test_the_plots_of_a_renamed_site_stay_its_plots(library):
    plots = [Site(name, None, None, "", None, "lea", NOON, parent="duens") for name in ("duens 1", "dunes")]
    library.describe_sites([DUENS, *plots], by=LEA)
    rename_site(library, "duens", "dunes", by=LEA)
    assert {name: site.parent for name, site in library.described_sites().items()} == {
        "duens 1": "dunes",
        "dunes": None,
    }


def test_photos_of_its_plots_stay_of_their_plots(library):
    library.describe_sites([replace(DUENS, site="wood", parent="duens")], by=LEA)
    assert rename_site(library, "duens", "dunes", by=LEA) == 1
    assert _sites(library) == {"a": "dunes", "b": "dunes", "c": "wood"}
