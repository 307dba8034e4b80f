"""A package that is not whole is refused with a sentence; the shipped one loads."""

import shutil
from pathlib import Path

import pytest

from core.errors import InvalidModel
from core.recognition.package import load_package
from core.recognition.recogniser import BloomRecogniser, load_recogniser
from core.settings import SHIPPED_MODEL


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED_MODEL, tmp_path / "model"))


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "model.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_the_shipped_package_names_142_taxa_and_has_a_threshold():
    package = load_package(SHIPPED_MODEL)
    assert (package.name, package.kinds, len(package.labels)) == ("bloom", 142, 190)
    assert 0.05 <= package.default_threshold <= 0.95


@pytest.mark.parametrize("name", ["model.toml", "labels.csv", "detector.tflite", "classifier.tflite"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(InvalidModel, match=name.replace(".", r"\.") + " is missing"):
        load_package(folder)


@pytest.mark.parametrize("name", ["labels.csv", "detector.tflite", "classifier.tflite"])
def test_a_tampered_file_is_refused(folder, name):
    with (folder / name).open("ab") as file:
        file.write(b"x")
    with pytest.raises(InvalidModel, match="sha256 differs"):
        load_package(folder)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        pytest.param("format = 1", "format = 2", "format 2", id="another format"),
        pytest.param("format = 1", "format =", "cannot be read", id="not TOML"),
        pytest.param('name = "bloom"', 'name = ""', "must be a text", id="no name"),
        pytest.param("[calibration]", "[other]", r"no section \[calibration\]", id="no calibration"),
        pytest.param(
            "default_threshold = 0", "default_threshold = 7", "must be a number from 0.05 to 1", id="threshold"
        ),
        pytest.param('"labels.csv"', '"../labels.csv"', "in the same folder", id="a file outside the folder"),
    ],
)
def test_a_model_toml_that_is_wrong_is_named(folder, old, new, sentence):
    edit(folder, old, new)
    with pytest.raises(InvalidModel, match=sentence):
        load_package(folder)


def test_labels_after_the_kinds_stand_for_the_other_kinds_of_a_genus_or_family(folder):
    edit(folder, "kinds = 142", "kinds = 100")
    package = load_package(folder)
    assert (package.kinds, package.taxa) == (100, package.labels[:100])


@pytest.mark.parametrize("kinds", ["0", "1000", '"all"'])
def test_a_wrong_number_of_kinds_is_named(folder, kinds):
    edit(folder, "kinds = 142", f"kinds = {kinds}")
    with pytest.raises(InvalidModel, match=r"\[labels\]: kinds is .* it must be a number from 1 to"):
        load_package(folder)


def test_an_output_for_other_kinds_is_one_more_than_the_labels(folder):
    edit(folder, "other_kind = true", "other_kind = false")
    with pytest.raises(InvalidModel, match="gives 192 numbers; with its input and labels it should give 191"):
        BloomRecogniser(load_package(folder))


def test_a_wrong_number_of_labels_is_refused(folder):
    from hashlib import sha256

    path = folder / "labels.csv"
    old = sha256(path.read_bytes()).hexdigest()
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    edit(folder, old, sha256(path.read_bytes()).hexdigest())
    with pytest.raises(InvalidModel, match="gives 192 numbers; with its input and labels it should give 191"):
        BloomRecogniser(load_package(folder))


def test_a_file_that_is_no_network_is_refused(folder):
    from hashlib import sha256

    path = folder / "detector.tflite"
    old = sha256(path.read_bytes()).hexdigest()
    path.write_bytes(b"not a network")
    edit(folder, old, sha256(path.read_bytes()).hexdigest())
    with pytest.raises(InvalidModel, match="not a LiteRT network"):
        load_recogniser(folder)


@pytest.mark.parametrize(
    ("interval", "sentence"),
    [
        pytest.param(
            "counts = [3, 1]\nlow = [1, 1]\nhigh = [1, 1]", "counts is .* list of growing numbers", id="order"
        ),
        pytest.param("counts = [1, 4]\nlow = [1]\nhigh = [1, 1]", "low is .* list of 2 numbers from 0 to 1", id="few"),
        pytest.param("counts = [1]\nlow = [1]\nhigh = [0.5]", "high is .* list of 1 numbers from 1 to", id="high"),
        pytest.param(
            "counts = [1]\ndoubts = [1, 2]\nlow = [1]\nhigh = [1]", "low is .* list of 2 numbers", id="doubts"
        ),
        pytest.param("counts = []\nlow = []\nhigh = []", "counts is ", id="none"),
    ],
)
def test_a_wrong_interval_is_named(folder, interval, sentence):
    toml = folder / "model.toml"
    toml.write_text(f"{toml.read_text().partition('[interval]')[0]}[interval]\n{interval}\n")
    with pytest.raises(InvalidModel, match=sentence):
        load_package(folder)
