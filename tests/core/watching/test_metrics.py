"""The process counts its own work, and what Prometheus reads is what the page System shows."""

from __future__ import annotations

import logging

import pytest

from core.bloomcount import Bloomcount, assemble
from core.errors import AccountProblem, StoreError
from core.intake.pipeline import accept
from core.intake.worker import Worker
from core.people.accounts import Accounts
from core.settings import Settings
from core.store.blobs import FolderBlobs, open_blobs
from core.store.records import Drop
from core.watching import metrics
from tests.core.counting_squares import Squares, photo_of
from tests.people import ADMIN

DROP = "20260501T102030-ab12"


def upload(bloom: Bloomcount, *photos: bytes) -> None:
    for number, data in enumerate(photos):
        accept(bloom.library, bloom.inbox, data, file=f"{number}.jpg", drop=Drop(DROP, "", "", "anna"))


class Since:
    """Counts since this was made."""

    def __init__(self, counter) -> None:
        self.counter = counter
        self.before = metrics.totals(counter)

    def __call__(self) -> dict[str, int]:
        now = metrics.totals(self.counter)
        return {
            label: total - self.before.get(label, 0)
            for label, total in now.items()
            if total > self.before.get(label, 0)
        }


def test_photos_are_counted_when_they_arrive_and_when_they_are_finished(tmp_path):
    bloom = assemble(Settings(store=str(tmp_path)))
    arrived, finished = Since(metrics.ARRIVED), Since(metrics.FINISHED)
    upload(bloom, photo_of(1), photo_of(2), photo_of(5), b"no photo")
    assert (arrived(), finished()) == ({"": 4}, {})
    Worker(bloom.library, bloom.inbox, lambda: Squares(broken=5), bloom.settings).count_all()
    assert finished() == {metrics.COUNTED: 2, metrics.UNCOUNTED: 2}


def test_every_stage_of_a_photo_has_its_seconds(tmp_path):
    bloom = assemble(Settings(store=str(tmp_path)))
    upload(bloom, photo_of(1))
    Worker(bloom.library, bloom.inbox, lambda: Squares(seconds=0.05), bloom.settings).count_all()
    seconds = metrics.mean_seconds()
    assert set(seconds) == {metrics.READ, metrics.DECODE, metrics.RECOGNISE, metrics.STORE}
    assert seconds[metrics.RECOGNISE] > 0


def test_refused_sign_ins_are_counted_by_reason_and_never_tell_what_was_typed(tmp_path, caplog):
    accounts = Accounts(FolderBlobs(tmp_path))
    accounts.first_start()
    accounts.add("anna", "Anna", "researcher", by=ADMIN)
    accounts.set_password("anna", "four calm yellow daisies", address=ADMIN.address)
    accounts.add("ben", "Ben", "researcher", by=ADMIN)
    accounts.set_password("ben", "four calm yellow daisies", address=ADMIN.address)
    accounts.disable("ben", by=ADMIN)
    refused = Since(metrics.SIGN_IN_FAILURES)
    with caplog.at_level(logging.INFO):
        for username, password in [("secret typed here", "x"), ("anna", "wrong"), ("ben", "four calm yellow daisies")]:
            with pytest.raises(AccountProblem):
                accounts.sign_in(username, password, address="192.0.2.9")
        for _ in range(50):
            with pytest.raises(AccountProblem):
                accounts.sign_in("anna", "wrong", address="192.0.2.9")
    counted = refused()
    assert counted[metrics.DISABLED] == 1
    assert counted[metrics.SLOWED] > 0
    assert counted[metrics.WRONG] + counted[metrics.SLOWED] == 52
    assert "192.0.2.9" in caplog.text
    assert not any(word in caplog.text for word in ("secret", "anna", "ben", "daisies"))


def test_a_bucket_that_refuses_is_counted_by_its_own_word(s3_settings, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not the right one")
    errors = Since(metrics.S3_ERRORS)
    with pytest.raises(StoreError):
        open_blobs(s3_settings).get("photos/x")
    assert errors() == {"SignatureDoesNotMatch": 1}
