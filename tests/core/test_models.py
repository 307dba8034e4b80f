"""The model in use is chosen once for the whole store, switched while it runs, and never one that does not work."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import copyfile, rmtree

import numpy as np
import pytest

from core import models as models_module
from core.bloomcount import Bloomcount, assemble
from core.errors import InvalidModel, StoreError
from core.intake.inbox import new_drop_id
from core.intake.pipeline import accept
from core.intake.worker import Worker
from core.models import IN_USE, LOOK_EVERY_S, Models
from core.recognition.loading import load_model
from core.recognition.model_toml import files_of
from core.settings import SHIPPED_MODEL, Settings
from core.store.packages import fetch_package
from core.store.records import Drop
from core.survey.counted_photos import count_photos
from tests.app_server import ROOT
from tests.core.digits import digit_net, digit_package, kernel, write_toml
from tests.people import ADMIN

DAHLIA = (ROOT / "pages" / "parts" / "samples" / "dahlia.jpg").read_bytes()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def bloom(tmp_path: Path) -> Bloomcount:
    return assemble(Settings(store=str(tmp_path / "store"), lease_s=5))


@pytest.fixture(scope="module")
def digits(tmp_path_factory) -> Path:
    """A package that works; tests that change one make their own."""
    return digit_package(tmp_path_factory.mktemp("brought") / "digits")


def another_process(bloom: Bloomcount, clock: Clock | None = None) -> Models:
    return Models(bloom.blobs, bloom.settings, clock=clock or Clock())


def running(models: Models) -> str:
    return models.newest_recogniser().package.name


def drop(bloom: Bloomcount, number: int) -> str:
    """A photo of a dahlia in a drop of its own; each number gives other bytes."""
    drop_id = new_drop_id()
    data = DAHLIA + bytes([number])
    accept(bloom.library, bloom.inbox, data, file=f"{number}.jpg", drop=Drop(drop_id, "", "", "anna"))
    return drop_id


def until(done: Callable[[], bool], *, seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.05)


# --- choosing


def test_without_a_choice_it_is_bloom_model(bloom):
    assert running(bloom.models) == "bloom"
    assert [(m.name, m.folder, m.in_use) for m in bloom.models.listed()] == [("bloom", SHIPPED_MODEL, True)]


def test_what_is_taken_into_use_counts_here_at_once_and_elsewhere_at_the_next_look(bloom, digits):
    clock = Clock()
    other = another_process(bloom, clock)
    assert running(other) == "bloom"
    bloom.models.use(digits, by=ADMIN)
    assert bloom.models.package().name == running(bloom.models) == "digits"
    assert running(other) == "bloom"
    clock.now += LOOK_EVERY_S
    assert running(other) == other.package().name == "digits"
    assert running(another_process(bloom)) == "digits"
    assert (bloom.models.chosen().by, bloom.models.chosen().version) == ("admin", "1")
    assert [(m.name, m.version, m.folder, m.in_use) for m in other.listed()][1] == ("digits", "1", None, True)


def test_what_is_in_use_lies_in_the_store_and_needs_its_folder_no_more(bloom, tmp_path):
    folder = digit_package(tmp_path / "mine")
    bloom.models.use(folder, by=ADMIN)
    for file in folder.iterdir():
        file.unlink()
    assert running(another_process(bloom)) == "digits"
    listed = bloom.models.listed()[1]
    assert load_model(bloom.models.folder_of(listed)).package.name == "digits"


def test_back_to_bloom_model(bloom, digits):
    bloom.models.use(digits, by=ADMIN)
    bloom.models.use(SHIPPED_MODEL, by=ADMIN)
    assert running(bloom.models) == running(another_process(bloom)) == "bloom"
    assert [m.in_use for m in bloom.models.listed()] == [True, False]


def test_a_store_on_s3_gives_the_model_to_every_machine(s3_settings, digits):
    bloom = assemble(s3_settings)
    bloom.models.use(digits, by=ADMIN)
    assert running(another_process(bloom)) == "digits"


def test_of_two_who_choose_at_once_one_choice_holds_for_all(bloom, digits, tmp_path):
    second = digit_package(tmp_path / "second", name="second")
    processes = [another_process(bloom), another_process(bloom)]
    threads = [
        threading.Thread(target=process.use, args=(folder,), kwargs={"by": ADMIN})
        for process, folder in zip(processes, (digits, second), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for process in processes:
        process._clock.now += LOOK_EVERY_S
    assert {running(process) for process in processes} == {bloom.models.chosen().name}


@pytest.mark.parametrize("change", [{"version": "1", "black": 0.5}, {"version": "1", "temperature": 3.0}])
def test_a_version_never_changes(bloom, digits, tmp_path, change):
    bloom.models.use(digits, by=ADMIN)
    with pytest.raises(StoreError, match="another digits 1 already"):
        bloom.models.use(digit_package(tmp_path / "changed", **change), by=ADMIN)
    bloom.models.use(digit_package(tmp_path / "next", **change | {"version": "2"}), by=ADMIN)
    assert bloom.models.chosen().version == "2"


def test_nobody_passes_for_the_shipped_model(bloom, tmp_path):
    with pytest.raises(InvalidModel, match=r"bloom already holds a different bloom \S+\. Give this one"):
        bloom.models.use(
            digit_package(tmp_path / "x", name="bloom", version=another_process(bloom).package().version),
            by=ADMIN,
        )


# --- refusing


def tampered(folder: Path) -> None:
    with (folder / "digits.h5").open("ab") as file:
        file.write(b"x")


def wrong_labels(folder: Path) -> None:
    rows = (folder / "labels.csv").read_text().splitlines(keepends=True)
    (folder / "labels.csv").write_text("".join(rows[:-1]))
    write_toml(folder, version="2")


def failing(folder: Path) -> None:
    net = digit_net()
    net.layers[-1].set_weights([kernel() * np.nan, np.zeros(10, np.float32)])
    net.save(folder / "digits.h5")
    write_toml(folder, version="2")


def test_a_link_out_of_the_folder_brings_no_other_file_of_the_machine_into_the_store(bloom, digits, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("password")
    (digits / "README.md").unlink(missing_ok=True)
    (digits / "README.md").symlink_to(secret)
    with pytest.raises(InvalidModel, match=f"{digits}/README.md is a link out of the folder"):
        bloom.models.use(digits, by=ADMIN)
    assert not list(bloom.blobs.list("models/digits"))


def test_a_folder_behind_a_link_is_one(bloom, digits, tmp_path):
    (tmp_path / "latest").symlink_to(digits)
    (digits / "README.md").unlink(missing_ok=True)
    (digits / "words.md").write_text("# Digits")
    (digits / "README.md").symlink_to("words.md")
    assert bloom.models.use(tmp_path / "latest", by=ADMIN).name == "digits"


REFUSED = [
    pytest.param(tampered, "sha256 differs", id="tampered file"),
    pytest.param(wrong_labels, "for the 9 taxa of labels.csv it should give 9", id="wrong label count"),
    pytest.param(failing, "numbers that are not finite", id="failed forward pass"),
]


@pytest.mark.parametrize(("spoil", "sentence"), REFUSED)
def test_what_does_not_work_is_refused_and_nothing_changes_anywhere(bloom, digits, tmp_path, spoil, sentence):
    bloom.models.use(digits, by=ADMIN)
    before, kept = bloom.models.newest_recogniser(), {blob.key: blob.bytes for blob in bloom.blobs.list("models/")}
    folder = digit_package(tmp_path / "spoilt", version="2")
    spoil(folder)
    with pytest.raises(InvalidModel, match=f"^{folder}/.*{sentence}"):
        bloom.models.use(folder, by=ADMIN)
    assert bloom.models.newest_recogniser() is before
    assert bloom.models.chosen().version == "1"
    assert {blob.key: blob.bytes for blob in bloom.blobs.list("models/")} == kept


def test_one_that_was_spoilt_in_the_store_is_refused_and_the_running_one_counts_on(bloom, digits, caplog):
    clock = Clock()
    other = another_process(bloom, clock)
    before = other.newest_recogniser()
    bloom.models.use(digits, by=ADMIN)
    key = "models/digits/1/digits.h5"
    bloom.blobs.put(key, bloom.blobs.get(key) + b"x")
    clock.now += LOOK_EVERY_S
    assert other.newest_recogniser() is other.recogniser() is before
    assert other.problem.startswith("models/digits/1/digits.h5 is not the file that model.toml was written for")
    assert "bloom stays in use: " in caplog.text
    bloom.models.use(digits, by=ADMIN)
    clock.now += LOOK_EVERY_S
    assert (running(other), other.problem) == ("digits", "")


def test_a_refused_model_is_not_loaded_again_at_every_look(bloom, digits, monkeypatch):
    clock, loads = Clock(), Counter()
    other = another_process(bloom, clock)
    other.newest_recogniser()
    bloom.models.use(digits, by=ADMIN)

    def refuses(_: Path) -> None:
        loads["tried"] += 1
        raise InvalidModel("It cannot be used.")

    monkeypatch.setattr(models_module, "load_model", refuses)
    for _ in range(5):
        clock.now += LOOK_EVERY_S
        assert running(other) == "bloom"
    assert loads["tried"] == 1


def test_a_store_that_is_away_leaves_the_running_one(bloom, monkeypatch):
    clock = Clock()
    models = another_process(bloom, clock)
    before = models.newest_recogniser()
    monkeypatch.setattr(models, "_blobs", None)

    def away(*_: object) -> None:
        raise StoreError("The network is down.")

    monkeypatch.setattr(models_module, "read_document", away)
    clock.now += LOOK_EVERY_S
    assert models.newest_recogniser() is before


def test_a_damaged_choice_leaves_the_running_one_and_is_said_until_it_is_mended(bloom):
    clock = Clock()
    models = another_process(bloom, clock)
    before = models.newest_recogniser()
    bloom.blobs.put(IN_USE, b"{half")
    clock.now += LOOK_EVERY_S
    assert models.newest_recogniser() is before
    assert models.unread.startswith("models/in-use.json in the store is damaged")
    with pytest.raises(StoreError, match=r"models/in-use\.json in the store is damaged"):
        another_process(bloom).newest_recogniser()
    bloom.blobs.delete(IN_USE)
    clock.now += LOOK_EVERY_S
    assert (models.newest_recogniser(), models.unread) == (before, "")


def test_a_fresh_process_with_a_spoilt_model_says_so_until_it_is_mended(bloom, digits):
    bloom.models.use(digits, by=ADMIN)
    key = "models/digits/1/digits.h5"
    bloom.blobs.put(key, b"")
    fresh = another_process(bloom)
    for ask in (fresh.package, fresh.recogniser, fresh.newest_recogniser, fresh.package):
        with pytest.raises(InvalidModel, match="sha256 differs"):
            ask()
    bloom.models.use(digits, by=ADMIN)
    assert running(fresh) == fresh.package().name == "digits"


def test_a_fresh_process_fetches_a_model_that_it_cannot_use_once_a_choice(bloom, digits, monkeypatch):
    bloom.models.use(digits, by=ADMIN)
    bloom.blobs.put("models/digits/1/digits.h5", b"")
    fresh, fetches = another_process(bloom), Counter()

    def counting(*arguments: object, **names: str) -> None:
        fetches["made"] += 1
        fetch_package(*arguments, **names)

    monkeypatch.setattr(models_module, "fetch_package", counting)
    for _ in range(5):
        with pytest.raises(InvalidModel, match="sha256 differs"):
            fresh.recogniser()
    assert fetches["made"] == 1


def test_one_that_is_gone_from_the_store_is_named(bloom, digits):
    bloom.models.use(digits, by=ADMIN)
    for blob in list(bloom.blobs.list("models/digits/")):
        bloom.blobs.delete(blob.key)
    with pytest.raises(InvalidModel, match=r"The store holds no model digits 1\. Choose another one"):
        another_process(bloom).package()


def test_a_choice_that_leads_out_of_the_store_is_refused(bloom):
    bloom.blobs.put(IN_USE, b'{"name": "../../accounts", "version": "1"}')
    with pytest.raises(StoreError, match="cannot name something in the store"):
        another_process(bloom).package()


def test_while_one_thread_loads_the_others_go_on_with_the_running_one(bloom, digits, monkeypatch):
    clock, loading, go_on = Clock(), threading.Event(), threading.Event()
    models = another_process(bloom, clock)
    models.newest_recogniser()
    bloom.models.use(digits, by=ADMIN)

    def slowly(folder: Path) -> object:
        loading.set()
        assert go_on.wait(60)
        return load_model(folder)

    monkeypatch.setattr(models_module, "load_model", slowly)
    clock.now += LOOK_EVERY_S
    loader = threading.Thread(target=models.newest_recogniser)
    loader.start()
    assert loading.wait(60)
    clock.now += LOOK_EVERY_S
    assert running(models) == models.package().name == "bloom"
    go_on.set()
    loader.join()
    assert models.package().name == "digits"


# --- reading what was counted before


def test_what_another_model_found_is_read_with_its_labels(bloom, digits):
    shipped = bloom.models.package()
    bloom.models.use(digits, by=ADMIN)
    in_use = bloom.models.package()
    assert bloom.models.package_of(shipped.name, shipped.version).labels == shipped.labels
    assert bloom.models.package_of("bloom", "0.1").labels == shipped.labels
    assert bloom.models.package_of("digits", in_use.version) is in_use
    assert bloom.models.package_of("gone", "1") is in_use
    bloom.models.use(SHIPPED_MODEL, by=ADMIN)
    assert bloom.models.package_of("digits", in_use.version).labels == in_use.labels


def release(folder: Path, version: str, *, threshold: str) -> Path:
    """The shipped package as an update of Bloomcount would bring it."""
    folder.mkdir()
    for file in files_of(SHIPPED_MODEL):
        copyfile(SHIPPED_MODEL / file, folder / file)
    toml = folder / "model.toml"
    said = re.sub("^version = .*", f'version = "{version}"', toml.read_text(), flags=re.M)
    toml.write_text(re.sub("^default_threshold = .*", f"default_threshold = {threshold}", said, flags=re.M))
    return folder


def test_after_an_update_what_the_model_before_found_is_read_with_it(bloom, tmp_path):
    """An analysis is read with the package that made it, in every process: pages, charts and exports agree."""
    old = release(tmp_path / "old", "0.8", threshold="0.61")
    before = assemble(replace(bloom.settings, model_dir=old))
    drop(before, 1)
    Worker(before.library, before.inbox, before.models.newest_recogniser, before.settings).count_all()
    rmtree(old)
    after = assemble(replace(bloom.settings, model_dir=release(tmp_path / "new", "0.9", threshold="0.22")))
    (result,) = next(after.library.export_results())
    package = after.models.package_of(result.analysis.model, result.analysis.model_version)
    assert (package.version, package.default_threshold) == ("0.8", 0.61)
    assert after.models.package().default_threshold == 0.22
    assert after.models.package_of("bloom", "0.9") is after.models.package()
    counted = count_photos([result], package_of=after.models.package_of, threshold=None)
    assert counted.totals.total.count == sum(after.library.observed_table()["count"])


def test_after_an_update_what_a_brought_classifier_named_is_read_with_what_found_it(
    bloom, digits, tmp_path, monkeypatch
):
    def ship(version: str, threshold: str) -> Models:
        folder = release(tmp_path / version, version, threshold=threshold)
        monkeypatch.setattr("core.recognition.package.SHIPPED_MODEL", folder)
        monkeypatch.setattr("core.recognition.loading.SHIPPED_MODEL", folder)
        monkeypatch.setattr("core.models.SHIPPED_MODEL", folder)
        return assemble(replace(bloom.settings, model_dir=folder)).models

    before = ship("0.8", "0.61")
    before.use(digits, by=ADMIN)
    counted_with = before.recogniser().package
    after = ship("0.9", "0.22")
    assert after.recogniser().package.default_threshold == 0.22
    read_with = after.package_of(counted_with.name, counted_with.version)
    assert (read_with.version, read_with.default_threshold) == (counted_with.version, 0.61)
    assert read_with.labels == counted_with.labels


def test_what_this_machine_brings_is_listed_once_and_what_it_brought_before_can_be_chosen(bloom, tmp_path):
    old = release(tmp_path / "old", "0.8", threshold="0.61")
    assert running(assemble(replace(bloom.settings, model_dir=old)).models) == "bloom"
    assert running(bloom.models) == "bloom"
    shipped = bloom.models.package().version
    assert [(m.version, m.folder, m.in_use) for m in bloom.models.listed()] == [
        (shipped, SHIPPED_MODEL, True),
        ("0.8", None, False),
    ]
    bloom.models.use(bloom.models.folder_of(bloom.models.listed()[1]), by=ADMIN)
    assert [(m.version, m.folder, m.in_use) for m in bloom.models.listed()] == [
        (shipped, SHIPPED_MODEL, False),
        ("0.8", None, True),
    ]


def test_a_store_that_cannot_keep_the_model_of_this_machine_is_counted_with_it(bloom, caplog):
    (Path(bloom.settings.store) / "models").mkdir(parents=True)
    (Path(bloom.settings.store) / "models" / "bloom").write_text("in the way")
    assert running(bloom.models) == "bloom"
    assert "is not kept in the store" in caplog.text


# --- with a worker that counts


def models_of(bloom: Bloomcount) -> list[str]:
    """The model of the newest analysis of each photo, in upload order."""
    return [result.analysis.model for batch in bloom.library.export_results() for result in batch]


def test_a_running_worker_switches_between_two_photos_and_stays_when_the_next_is_refused(bloom, digits, tmp_path):
    worker = Worker(bloom.library, bloom.inbox, bloom.models.newest_recogniser, bloom.settings)
    worker.start()
    try:
        drop(bloom, 1)
        until(lambda: not bloom.inbox.waiting())
        bloom.models.use(digits, by=ADMIN)
        drop(bloom, 2)
        until(lambda: not bloom.inbox.waiting())
        for spoil in (tampered, wrong_labels, failing):
            folder = digit_package(tmp_path / spoil.__name__, version="2")
            spoil(folder)
            with pytest.raises(InvalidModel):
                bloom.models.use(folder, by=ADMIN)
        drop(bloom, 3)
        until(lambda: not bloom.inbox.waiting())
    finally:
        worker.stop(30)
    assert models_of(bloom) == ["bloom", "digits", "digits"]


def test_a_worker_of_another_process_follows_within_a_backlog(bloom, digits):
    """It looks before each claim, so a long drop does not hold the old model."""
    clock = Clock()
    other = another_process(bloom, clock)
    other.newest_recogniser()
    for number in range(20):
        drop(bloom, number)
    asked = Counter()

    def recogniser() -> object:
        asked["times"] += 1
        if asked["times"] == 3:  # begin; first claim; second claim
            bloom.models.use(digits, by=ADMIN)
            clock.now += LOOK_EVERY_S
        return other.newest_recogniser()

    worker = Worker(bloom.library, bloom.inbox, recogniser, bloom.settings)
    assert (worker.count_all(), worker.count_all()) == (16, 4)
    assert Counter(models_of(bloom)) == {"bloom": 16, "digits": 4}
