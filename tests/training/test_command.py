"""The command line of training."""

from pathlib import Path
from shutil import copyfile

import pytest
from PIL import Image

from core.errors import InvalidModel
from core.recognition.recogniser import load_recogniser
from tests.app_server import ROOT
from tests.core.digits import digit_package, write_toml
from training.__main__ import main

SAMPLE = ROOT / "pages" / "parts" / "samples" / "dahlia.jpg"


def test_a_folder_that_is_no_data_folder_ends_with_one_sentence(tmp_path, capsys):
    assert main(["evaluate", "--data", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith(f"{tmp_path / 'photos.csv'} is missing")


@pytest.mark.parametrize("command", ["train", "evaluate", "compare", "from-coco"])
def test_help_shows_an_example(command, capsys):
    with pytest.raises(SystemExit) as done:
        main([command, "--help"])
    assert done.value.code == 0
    assert f"Example: python -m training {command} " in " ".join(capsys.readouterr().out.split())


def brought(folder: Path) -> Path:
    """A classifier with names of its own."""
    package = digit_package(folder)
    rows = [f"kind-{n},Kind {n},Genus {n},Family,kind {n},soort {n}" for n in range(10)]
    (package / "labels.csv").write_text("taxon,scientific_name,genus,family,english,dutch\n" + "\n".join(rows) + "\n")
    write_toml(package)
    return package


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with one photo of a kind that the brought classifier knows, and one that is not there."""
    folder = tmp_path / "data"
    folder.mkdir()
    copyfile(SAMPLE, folder / "dahlia.jpg")
    with Image.open(SAMPLE) as image:
        width, height = image.size
    (folder / "photos.csv").write_text(
        "photo,width,height,source,group,taxon,flowers,boxed\n"
        f"dahlia.jpg,{width},{height},mine,g1,kind-3,,no\ngone.jpg,9,9,mine,g2,kind-3,,no\n"
    )
    return folder


def test_a_classifier_that_people_bring_is_measured_by_its_own_names(tmp_path, data, capsys):
    assert main(["evaluate", "--data", str(data), "--model", str(brought(tmp_path / "digits"))]) == 1
    out = capsys.readouterr().out
    assert "digits 1 with bloom" in out
    assert "kind-" in out
    assert "gone.jpg cannot be opened" in out


def test_two_packages_are_compared_though_a_photo_is_missing(tmp_path, data, capsys, monkeypatch):
    monkeypatch.setattr("training.dataset.split_of", lambda _, **__: "validation")
    package = str(brought(tmp_path / "digits"))
    assert main(["compare", package, package, "--data", str(data)]) == 1
    said = capsys.readouterr()
    assert said.out.startswith("of 1 photos the same count in 100.0 %")
    assert "gone.jpg cannot be opened" in said.err


def test_a_classifier_alone_is_no_recogniser(tmp_path):
    with pytest.raises(InvalidModel, match="is no recogniser, which finds, counts and names by itself"):
        load_recogniser(brought(tmp_path / "digits"))
