"""The state of the store as the page System shows it: it answers, or it says in a sentence why not."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version

from core import VERSION
from core.bloomcount import assemble
from core.intake.worker import Worker
from core.settings import Settings
from core.watching.system import LIBRARIES, RECENT, store_state, versions
from tests.core.counting_squares import Squares, photo_of
from tests.core.watching.test_metrics import upload


def test_a_store_tells_its_queue_and_what_was_counted_lately(tmp_path):
    bloom = assemble(Settings(store=str(tmp_path / "store")))
    upload(bloom, photo_of(1), photo_of(2))
    assert store_state(bloom).recent == (0,) * len(RECENT)
    Worker(bloom.library, bloom.inbox, Squares, bloom.settings).count_all()
    upload(bloom, photo_of(3))
    state = store_state(bloom)
    assert (state.problem, state.queue.waiting, state.recent) == ("", 1, (2,) * len(RECENT))
    assert state.free_bytes > 0


def test_a_bucket_has_no_disk_that_fills(s3_settings):
    state = store_state(assemble(s3_settings))
    assert (state.on_s3, state.address, state.problem, state.free_bytes) == (True, s3_settings.store, "", None)
    assert state.answer_s > 0


def test_a_bucket_that_is_away_says_why_and_claims_nothing(s3_settings):
    away = assemble(replace(s3_settings, store="s3://no-such-bucket-here/x"))
    state = store_state(away)
    assert "no-such-bucket-here" in state.problem
    assert (state.queue, state.recent, state.answer_s) == (None, None, None)


def test_versions_are_those_that_run():
    found = versions()
    assert found["Bloomcount"] == VERSION
    assert all(found[name] in ("", version(name)) for name in LIBRARIES)
