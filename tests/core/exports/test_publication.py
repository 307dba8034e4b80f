"""The publisher's details are typed once, and invalid ones are refused in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.exports.publication import LICENCES, UNTOLD, InvalidPublication, keep_publication, read_publication
from core.settings import Settings
from core.store.blobs import Blobs, open_blobs
from tests.core.exports.summer import PUBLICATION
from tests.people import ADMIN


@pytest.fixture
def blobs(tmp_path) -> Blobs:
    return open_blobs(Settings(store=str(tmp_path)))


def test_nothing_is_said_before_somebody_types_it(blobs):
    assert read_publication(blobs) == UNTOLD
    assert UNTOLD.missing == ("title", "publisher", "contact", "email", "licence")


@pytest.mark.parametrize("licence", LICENCES)
def test_what_was_typed_is_there_next_time(blobs, licence):
    keep_publication(blobs, replace(PUBLICATION, licence=licence), by=ADMIN)
    assert read_publication(blobs) == replace(PUBLICATION, licence=licence)
    assert read_publication(blobs).missing == ()


def test_the_newest_holds(blobs):
    keep_publication(blobs, PUBLICATION, by=ADMIN)
    keep_publication(blobs, replace(PUBLICATION, title="Flowers of the wood", email=""), by=ADMIN)
    assert read_publication(blobs) == replace(PUBLICATION, title="Flowers of the wood", email="")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"email": "lea"}, "'lea' is not an e-mail address; write it as anna@example.org."),
        (
            {"licence": "GPL"},
            "'GPL' is not a licence that GBIF accepts; choose CC0 1.0 or CC BY 4.0 or CC BY-NC 4.0.",
        ),
        (
            {"basis_of_record": "Guess"},
            "'Guess' is not a basis of record; choose HumanObservation or MachineObservation.",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_changes(blobs, change, sentence):
    keep_publication(blobs, PUBLICATION, by=ADMIN)
    with pytest.raises(InvalidPublication) as problem:
        keep_publication(blobs, replace(PUBLICATION, **change), by=ADMIN)
    assert str(problem.value) == sentence
    assert read_publication(blobs) == PUBLICATION
