"""Models: an admin sees which one counts, checks and switches, and has stored photos counted again."""

from __future__ import annotations

import re
import time
from pathlib import Path

import numpy as np
import pytest

from core.intake.pipeline import accept
from core.recognition.package import load_package
from core.review.names import find_names
from core.settings import SHIPPED_MODEL
from core.store.records import Drop
from tests.core.digits import digit_net, digit_package, kernel, write_toml
from tests.pages.test_count import DAHLIA, TEMPLE, words
from tests.people import ADMIN
from web.markdown import plain
from web.process import bloomcount, stop_worker, worker
from web.tables import edition

MODELS = "pages/admin/models.py"
COUNT = "pages/field/count.py"
COUNTED_S = 180

_PACKAGE = load_package(SHIPPED_MODEL)
SHIPPED = plain(f"{_PACKAGE.name} {_PACKAGE.version}")


@pytest.fixture(autouse=True)
def _counting_ends_with_the_test(browser):
    yield
    stop_worker()


@pytest.fixture(scope="module")
def digits(tmp_path_factory) -> Path:
    return digit_package(tmp_path_factory.mktemp("brought") / "digits")


def shown(tab) -> str:
    """All sentences on the tab."""
    assert not tab.exception
    return words(tab) + " " + " ".join(text.value for text in tab.success)


def choose(tab, name):
    """The tab with that package selected, `name` as the list has it."""
    box = tab.selectbox(key="model")
    return box.set_value(box.options.index(name)).run()


def press(tab, key):
    return tab.button(key=key).click().run()


def put_into_the_store(folder: Path) -> None:
    """Put a package into the store, as if it had been in use before."""
    models = bloomcount().models
    models.use(folder, by=ADMIN)
    models.use(bloomcount().settings.model_dir, by=ADMIN)


def drop(*photos: bytes) -> None:
    for number, data in enumerate(photos):
        about = Drop("20260501T102030-ab12", "", "", "anna")
        accept(bloomcount().library, bloomcount().inbox, data, file=f"{number}.jpg", drop=about)


def until_counted(seconds=COUNTED_S) -> None:
    end = time.monotonic() + seconds
    while bloomcount().inbox.waiting():
        assert time.monotonic() < end, "the photos were never counted"
        time.sleep(0.2)


def newest() -> set[str]:
    return {r.analysis.model for batch in bloomcount().library.export_results() for r in batch if r.analysis}


def cards(browser) -> str:
    """The photos of anna's drop with their boxes, names and counts, as her page shows them."""
    return "".join(str(html.proto.body) for html in browser.open_as("anna", COUNT).get("html"))


@pytest.mark.parametrize("username", ["anna", "lea"])
def test_models_is_for_admins(browser, username):
    tab = browser.open_as(username, MODELS)
    assert "This page is for administrators" in shown(tab)
    assert (len(tab.dataframe), len(tab.button)) == (0, 0)


def test_the_shipped_model_is_in_use_at_first(browser):
    tab = browser.open_as("admin", MODELS)
    assert f"In use: **{SHIPPED}**, 142 taxa" in shown(tab)
    assert tab.dataframe[0].value[["Model", "State"]].to_numpy().tolist() == [["bloom", "in use"]]
    assert "Use only models of people you trust" in shown(tab)
    assert "can be used." in shown(press(tab, "check"))


def test_check_switch_and_count_again(browser, digits):
    put_into_the_store(digits)
    worker()
    drop(DAHLIA, TEMPLE)
    until_counted()
    tab = choose(browser.open_as("admin", MODELS), "digits 1 (in the store)")
    assert f"digits 1 with {SHIPPED} with 10 taxa can be used." in shown(press(tab, "check"))
    assert bloomcount().models.package().name == "bloom"
    press(tab, "use")
    assert f"digits 1 with {SHIPPED} is now in use." in shown(tab)
    assert "chosen by admin" in shown(tab)
    assert "2 of 2 photos: the newest count is by another model." in shown(tab)
    assert newest() == {"bloom"}
    press(tab, "recount")
    end = time.monotonic() + COUNTED_S
    while "the newest count of each is by digits" not in shown(tab.run()):
        assert time.monotonic() < end, shown(tab)
        time.sleep(0.2)
    assert newest() == {"digits"}
    assert "Digitus" in cards(browser)


def test_what_was_counted_before_keeps_its_names_after_a_switch(browser, digits):
    worker()
    drop(DAHLIA)
    until_counted()
    before = cards(browser)
    assert 'class="box' in before
    bloomcount().models.use(digits, by=ADMIN)
    assert bloomcount().models.package().name == "digits"
    assert cards(browser) == before


def test_counting_again_is_stopped(browser, digits):
    drop(DAHLIA)
    worker()
    until_counted()
    stop_worker()
    bloomcount().models.use(digits, by=ADMIN)
    tab = press(browser.open_as("admin", MODELS), "recount")
    assert [b.label for b in tab.button if b.key == "stop_recount"] == ["Pause"]
    press(tab, "stop_recount")
    assert "1 of 1 photo: the newest count is by another model." in shown(tab)


def test_every_page_says_which_model_counts_and_how_far_counting_again_is(browser, digits):
    drop(DAHLIA)
    worker()
    until_counted()
    stop_worker()
    shipped = bloomcount().models.package()

    def said() -> str:
        edition.clear()
        return browser.open_as("anna").sidebar.caption[-1].value

    assert said() == "Counted by " + plain(f"bloom {shipped.version}")
    bloomcount().models.use(digits, by=ADMIN)
    press(browser.open_as("admin", MODELS), "recount")
    chosen = bloomcount().models.package()
    assert said() == plain(f"{chosen.name} {chosen.version}") + (
        " counts all photos again: 0 of 1. The others keep their earlier counts meanwhile."
    )


def tampered(folder: Path) -> None:
    key = "models/digits/1/digits.h5"
    bloomcount().blobs.put(key, bloomcount().blobs.get(key) + b"x")


def wrong_labels(folder: Path) -> None:
    rows = (folder / "labels.csv").read_text().splitlines(keepends=True)
    (folder / "labels.csv").write_text("".join(rows[:-1]))
    write_toml(folder)
    replace_in_store(folder)


def failing(folder: Path) -> None:
    net = digit_net()
    net.layers[-1].set_weights([kernel() * np.nan, np.zeros(10, np.float32)])
    net.save(folder / "digits.h5")
    write_toml(folder)
    replace_in_store(folder)


def replace_in_store(folder: Path) -> None:
    """Change a model in the store as somebody with access to the bucket could, and nobody by the app."""
    for file in folder.iterdir():
        bloomcount().blobs.put(f"models/digits/1/{file.name}", file.read_bytes())


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        pytest.param(tampered, "sha256 differs", id="tampered file"),
        pytest.param(wrong_labels, "for the 9 taxa of labels", id="wrong label count"),
        pytest.param(failing, "numbers that are not finite", id="failed forward pass"),
    ],
)
def test_a_model_that_does_not_work_is_refused_in_a_sentence_and_the_present_one_counts_on(
    browser, tmp_path, spoil, sentence
):
    folder = digit_package(tmp_path / "digits")
    put_into_the_store(folder)
    spoil(folder)
    tab = choose(browser.open_as("admin", MODELS), "digits 1 (in the store)")
    for key in ("check", "use"):
        (error,) = press(tab, key).error
        assert re.match(rf"models/digits/1/digits\.h5 .*{sentence}", error.value.replace("\\", ""))
    assert error.value.endswith("The model in use has not changed.")
    assert "In use: **bloom" in shown(tab)
    worker()
    drop(DAHLIA)
    until_counted()
    assert newest() == {"bloom"}


def test_count_says_what_is_wrong_with_the_model_and_keeps_photos_all_the_same(browser, tmp_path, monkeypatch):
    monkeypatch.setenv("BLOOM_MODEL", str(tmp_path / "nothing"))
    bloomcount.clear()
    tab = browser.open_as("anna", COUNT)
    (error,) = tab.error
    said = error.value.replace("\\", "")
    assert said.startswith("No flowers can be counted now. ")
    assert f"{tmp_path / 'nothing' / 'model.toml'} is missing; a model package is a folder with a model.toml." in said
    assert said.endswith("once an administrator has chosen a model that works, on the page Models.")
    tab.file_uploader[0].set_value([("dahlia.jpg", DAHLIA, "image/jpeg")]).run()
    assert not tab.exception
    assert len(bloomcount().inbox.waiting(bloomcount().latest_drop("anna"))) == 1
    admin = browser.open_as("admin", MODELS)
    assert "No model can be used, and photos wait" in shown(admin)
    press(choose(admin, next(o for o in admin.selectbox(key="model").options if o.startswith("bloom"))), "use")
    until_counted()
    assert "in 1 photo" in words(tab.run())
    assert not tab.error


def test_a_bare_network_file_is_drafted_tried_on_photos_and_taken(browser, tmp_path):
    from tests.core.detectors import ULTRALYTICS, onnx_detector

    data = onnx_detector(tmp_path / "squares.onnx", layout="yolo", facts=ULTRALYTICS).read_bytes()
    worker()
    drop(DAHLIA)
    until_counted()
    tab = browser.open_as("admin", MODELS)
    tab.file_uploader[0].set_value([("Veld.onnx", data, "application/octet-stream")]).run()
    assert 'kind = "detector"' in tab.text_area[0].value
    press(tab, "try")
    assert r"veld 1 \(not calibrated\) with 3 taxa can be used." in shown(tab) or "veld 1" in shown(tab)
    table = tab.dataframe[-1].value
    assert (table["Photo"].tolist(), table["New model"].tolist()) == (["0.jpg"], ["0"])
    assert bloomcount().models.package().name == "bloom"
    press(tab, "take")
    assert "is now in use." in shown(tab)
    assert bloomcount().models.package().name == "veld"


def test_a_list_of_names_is_added_and_its_bad_rows_are_named(browser):
    tab = browser.open_as("admin", MODELS)
    data = b"scientific_name,family,dutch\nEchium pininana,Boraginaceae,reuzenslangenkruid\nEchium,Boraginaceae,\n"
    tab.file_uploader(key="names").set_value([("own.csv", data, "text/csv")]).run()
    assert tab.dataframe[-1].value["Row"].tolist() == [3]
    tab.button(key="use_names").click().run()
    assert "Reviewers can now choose from 1 more names." in shown(tab)
    found = find_names(bloomcount().models.package(), "reuzensl")
    assert [match.name for match in found] == ["echium-pininana"]


def test_the_names_that_may_be_given_are_chosen_for_the_store_and_for_a_site(browser):
    tab = browser.open_as("admin", MODELS)
    assert "All names." in shown(tab)
    tab.selectbox(key="names_which").select_index(1).run()
    press(tab, "let_names")
    assert "Whole store: **Flora of the Netherlands**" in shown(tab)
    data = b"scientific_name,family\nDaucus carota,Apiaceae\n"
    tab.file_uploader(key="names").set_value([("own.csv", data, "text/csv")]).run()
    tab.selectbox(key="names_which").select_index(2).run()
    press(tab, "let_names")
    lists = bloomcount().models.names.all().lists
    assert [plant.name for plant in lists.at("").plants] == ["daucus-carota"]
    assert lists.at("").title.startswith("own.csv ")
