"""Every export says what the screen says, whatever the store holds."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import NamedTuple

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.exports.formats import FORMATS
from core.exports.stored import Stored
from core.intake.inbox import ticket_of
from core.intake.pipeline import Decoded, analyse
from core.people.person import Person
from core.photo.reading import Photo, PhotoFacts
from core.recognition.flowers import Flowers, TaxonScore
from core.recognition.recogniser import Recognition
from core.settings import Settings
from core.store.blobs import open_blobs
from core.store.library import Library
from core.store.records import Fieldwork, Site
from core.store.selection import EVERYTHING, Selection
from core.store.tables import Tables
from core.survey.counted_photos import count_photos
from core.survey.observed import observed
from core.survey.repeats import visits
from core.survey.sampling import PROTOCOLS
from tests.core.counting_squares import LABELS, PACKAGE
from tests.core.exports.reading import READ_BACK, Totals, exported, package_tables
from tests.counts_saved import save_counts
from tests.survey import photo

TEXTS = st.sampled_from(["dunes", "", "=2+3", "Plot\t3\nwest\r", "'t Zand", "æ 雛菊"]) | st.text(max_size=6)
"""Names of sites and files as people, and others, type them."""


class Made(NamedTuple):
    """A photo to be put into a store. found: taxon and probability of each candidate. review: None where nobody did."""

    site: str
    file: str
    taken_at: str | None
    latitude: float | None
    state: str
    flag: str
    found: list[tuple[str, float]]
    review: Mapping[str, int] | None


NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)
LEA = Person("lea", "Lea", "lead", datetime(2026, 6, 1, tzinfo=UTC), "")
TAXA = st.sampled_from([*(label.taxon for label in LABELS), "of another model"])
MADE = st.builds(
    Made,
    site=TEXTS,
    file=TEXTS,
    taken_at=st.sampled_from([None, "2026-06-12T12:00:00", "2026-06-13T08:00:00+02:00"]),
    latitude=st.none() | st.floats(-90, 90),
    state=st.sampled_from(["counted", "counted", "counted", "waits", "broken"]),
    flag=st.sampled_from(["", "crowded"]),
    found=st.lists(st.tuples(TAXA, st.floats(0.05, 1)), max_size=5),
    review=st.none() | st.dictionaries(TAXA, st.integers(1, 40), max_size=2),
)
SELECTIONS = st.sampled_from(
    [
        EVERYTHING,
        Selection(reviewed_only=True),
        Selection(taxa=("=cmd",)),
        Selection(min_confidence=0.95),
        Selection(taken_from=date(2026, 6, 13)),
        Selection(count_from=2),
    ]
)


class Says:
    """A recogniser that finds what it was told."""

    package = PACKAGE

    def __init__(self, made: Made) -> None:
        self._made = made

    def recognise(self, _: Photo) -> Recognition:
        n = len(self._made.found)
        corner = np.arange(n, dtype=np.float32)[:, None] * np.ones((1, 2), np.float32)
        flowers = Flowers(
            np.hstack([corner, corner + 2]),
            np.array([probability for _, probability in self._made.found], np.float32),
            tuple((TaxonScore(taxon, 0.97),) for taxon, _ in self._made.found),
        )
        return Recognition(flowers, self._made.flag)


PIXELS = Photo(np.zeros((30, 40, 3), np.uint8), 40, 30, PhotoFacts(40, 30, None, None, None, None))


def put(library: Library, made: list[Made]) -> None:
    """Record the photos as intake does, then what a person said of them."""
    photos, analyses, observations = [], [], []
    for number, one in enumerate(made):
        record = replace(
            photo(f"photo {number}"),
            file=one.file,
            site=one.site,
            taken_at=one.taken_at,
            latitude=one.latitude,
            longitude=None if one.latitude is None else 4.5,
            problem=f"{one.file} is damaged." if one.state == "broken" else "",
        )
        photos.append(record)
        if one.state != "counted":
            continue
        decoded = Decoded(PIXELS, "")
        finished = analyse(decoded, ticket_of(record), Says(one))
        analyses.append(finished.result.analysis)
        observations += finished.observations
    library.record(photos, analyses, observations)
    for record, one in zip(photos, made, strict=True):
        if one.review is not None and one.state == "counted":
            save_counts(library, record.photo_id, one.review, package=PACKAGE, by=LEA)


def on_screen(stored: Stored) -> Totals:
    """Totals as the pages show them."""
    rows = observed(stored.library, stored.labels, stored.which)
    flowers = {
        (photo_id, taxon): count
        for photo_id, taxon, count in zip(rows["photo_id"], rows["taxon"], rows["count"].tolist(), strict=True)
        if taxon
    }
    return Totals(flowers, set(rows["photo_id"]))


def on_cards(library: Library) -> Totals:
    """Totals as the cards of all photos show them, at the recogniser's own threshold."""
    results = [result for batch in library.export_results() for result in batch]
    counted = [
        photo for photo in count_photos(results, package_of=lambda *_: PACKAGE, threshold=None).photos if photo.count
    ]
    flowers = {
        (photo.result.photo.photo_id, row.taxon.name): row.flowers.count
        for photo in counted
        if photo.count
        for row in photo.count.taxa
    }
    return Totals(flowers, {photo.result.photo.photo_id for photo in counted})


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    made=st.lists(MADE, max_size=6),
    which=SELECTIONS,
    of_site=st.none() | st.sampled_from(PROTOCOLS),
    of_drop=st.none() | st.sampled_from(PROTOCOLS),
)
def test_the_screen_and_every_format_agree(made, which, of_site, of_drop):
    with tempfile.TemporaryDirectory() as folder:
        store = Settings(store=folder)
        library = Library(open_blobs(store), Tables(store))
        if made:
            put(library, made)
        site = Site("dunes", None, None, "", 9.0, "lea", NOON, parent="coast", protocol=of_site)
        library.describe_sites([site], by=LEA)
        library.describe_fieldwork(Fieldwork("d20260612", "lea", NOON, protocol=of_drop), by=LEA)
        stored = Stored(library, LABELS, lambda *_: PACKAGE, which)
        assert on_cards(library) == on_screen(replace(stored, which=EVERYTHING))
        shown = on_screen(stored)
        for name, totals in READ_BACK.items():
            assert totals(exported(stored, name)) == shown, name
        on_pages = visits(observed(stored.library, stored.labels, which))["count"].sum()
        assert sum(row["count"] for row in package_tables(exported(stored, "package"))["visits"]) == on_pages


def test_every_format_with_rows_is_read_back():
    assert {*READ_BACK, "report"} == set(FORMATS)
