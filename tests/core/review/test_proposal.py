"""Threshold and recall that hold for a store are proposed from blind recounts, taken over, and taken back."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from core.bloomcount import assemble
from core.recognition.flowers import Flowers, TaxonScore
from core.review.agreement import ENOUGH
from core.review.proposal import go_back, propose, take_over
from core.review.reviews import Said, save_review
from core.settings import Settings
from core.store.records import Analysis
from core.store.trail import Part
from tests.survey import person, photo

LEAD = person("lea", "lead")


@pytest.fixture
def bloom(tmp_path):
    return assemble(Settings(store=str(tmp_path)))


def recounted(bloom, photos: int, *, blind: bool = True) -> None:
    """Photos in which the model is sure of one flower and counts a second that nobody sees."""
    package = bloom.models.package()
    scores = ((TaxonScore("rose", 0.9),),) * 2
    found = Flowers(np.array([[0, 0, 9, 9], [20, 0, 29, 9]], np.float32), np.array([0.9, 0.45], np.float32), scores)
    for number in range(photos):
        one = photo(f"{number}.jpg")
        analysis = Analysis(one.photo_id, package.name, package.version, datetime.now(UTC), 1.0, "", found)
        bloom.library.record([one], [analysis], [])
        said = Said(more={"rose": 1}, sample_id="s" if blind else None)
        save_review(bloom.library, one.photo_id, said, package=package, by=person("ben"))


def test_with_too_few_blind_recounts_it_says_how_many_are_needed(bloom):
    recounted(bloom, ENOUGH - 1)
    package = bloom.models.package()
    proposal = propose(bloom.library, package)
    assert (proposal.photos, proposal.missing) == (ENOUGH - 1, 1)
    assert (proposal.threshold, proposal.recall) == (package.default_threshold, package.recall)


def test_who_saw_the_count_is_no_evidence(bloom):
    recounted(bloom, ENOUGH, blind=False)
    assert propose(bloom.library, bloom.models.package()).photos == 0


def test_a_lead_takes_the_numbers_over_and_takes_them_back(bloom):
    recounted(bloom, ENOUGH)
    before = bloom.models.package()
    proposal = propose(bloom.library, before)
    assert proposal.threshold > 0.45 >= before.default_threshold
    used = take_over(bloom.models, bloom.recount, proposal, by=LEAD)
    assert (used.default_threshold, used.recall) == (proposal.threshold, proposal.recall)
    assert used.version.startswith(f"{before.version}+fitted.")
    assert bloom.models.package().version == used.version
    assert bloom.recount.progress(used.name, used.version).going
    again = go_back(bloom.models, bloom.recount, by=LEAD)
    assert (again.version, again.default_threshold) == (before.version, before.default_threshold)
    said = bloom.library.trail.entries(Part())["action"].to_list()
    assert said.count("model chosen") == 2
