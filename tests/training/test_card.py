"""The model card of a package, written from a folder of photos, and what `evaluate` then measures."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from PIL import Image

from core.settings import SHIPPED_MODEL
from training.__main__ import main
from training.breakdown import Confusion
from training.card import write_card
from training.confusion_pictures import write_pictures
from training.dataset import read_dataset
from training.splits import split_of

SAMPLE = Path(__file__).parents[2] / "pages" / "parts" / "samples" / "dahlia.jpg"
HEAD = "photo,width,height,source,group,taxon,flowers,boxed,genus"
GROUPS = [f"g{n}" for n in range(99)]
VALIDATION = [group for group in GROUPS if split_of(group, counted=False) == "validation"]
TRAIN = [group for group in GROUPS if split_of(group, counted=False) == "train"]


def write(folder: Path, name: str, *lines: str) -> None:
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Four photos: two that teach, two that validate; each another file."""
    folder = tmp_path_factory.mktemp("data")
    with Image.open(SAMPLE) as sample:
        width, height = sample.size
    groups = [*TRAIN[:2], *VALIDATION[:2]]
    for n in range(3):
        (folder / f"{n}.jpg").write_bytes(SAMPLE.read_bytes() + bytes([n]))
    Image.new("RGB", (64, 64), "green").save(folder / "3.jpg")
    write(folder, "photos.csv", HEAD,
          *(f"{n}.jpg,{width},{height},tf_flowers,{groups[n]},orange-dahlia,1,foreground," for n in range(3)),
          f"3.jpg,64,64,beans,{groups[3]},,0,all,")  # fmt: skip
    write(folder, "boxes.csv", "photo,xmin,ymin,xmax,ymax", *(f"{n}.jpg,1,1,{width},{height}" for n in range(3)))
    return folder


@pytest.fixture(scope="module")
def package(data, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("package") / "made"
    shutil.copytree(SHIPPED_MODEL, folder, ignore=shutil.ignore_patterns("README.md", "*.png", "*.txt"))
    write_card(read_dataset(data), data, folder)
    return folder


def test_the_card_says_what_taught_and_what_it_cannot_do(package):
    card = (package / "README.md").read_text(encoding="utf-8")
    assert "| tf_flowers | 2 | Flickr photos, CC BY 2.0; boxes CC BY 4.0 |" in card
    assert "On 2 of the 2 validation photos" in card
    for words in ("not a Dutch flora", "garden and British", "the weights are for research", "and not by a person"):
        assert words in card.replace("\n", " ")
    assert "{" not in card


def test_the_pictures_of_the_card_lie_beside_it_and_are_small(package):
    names = re.findall(r"!\[[^]]*\]\(([^)]+)\)", (package / "README.md").read_text(encoding="utf-8"))
    assert names == ["reliability.png", "counts.png"]
    for name in names:
        assert (package / name).stat().st_size < 150_000
        with Image.open(package / name) as picture:
            picture.verify()


def test_evaluate_measures_what_the_card_measured(package, data, tmp_path, capsys):
    assert main(["evaluate", "--data", str(data), "--model", str(package), "--json", str(tmp_path / "f.json")]) == 0
    text, values = capsys.readouterr().out, json.loads((tmp_path / "f.json").read_text())
    assert values["photos"] == 2
    assert json.loads(re.search(r"```json\n(.*)```", text, re.DOTALL)[1]) == values["figures"]
    table = text[text.index("| measured") : text.index("By source")].strip()
    assert table in (package / "README.md").read_text(encoding="utf-8")


def test_a_photo_of_each_of_the_worst_confusions_is_written(tmp_path):
    Image.new("RGB", (900, 300), "green").save(tmp_path / "a.png")
    made = tmp_path / "made"
    write_pictures([Confusion("elder", "unknown", 3, "a.png"), Confusion("rose", "", 1, "a.png")], tmp_path, made)
    assert sorted(path.name for path in made.iterdir()) == [
        "01-elder-called-unknown.webp", "02-rose-called-nothing.webp"
    ]  # fmt: skip
    with Image.open(made / "01-elder-called-unknown.webp") as picture:
        assert picture.size == (480, 160)


def test_a_foreign_folder_is_measured_whole_and_what_cannot_be_read_is_named(package, tmp_path, capsys):
    (tmp_path / "a.jpg").write_bytes(SAMPLE.read_bytes() + b"mine")
    (tmp_path / "b.jpg").write_bytes(SAMPLE.read_bytes()[:5000])
    write(tmp_path, "photos.csv", HEAD, f"a.jpg,1,1,mine,{TRAIN[0]},orange-dahlia,,no,",
          "b.jpg,1,1,mine,x,rose,,no,", "c.jpg,1,1,mine,y,rose,,no,")  # fmt: skip
    assert main(["evaluate", "--data", str(tmp_path), "--model", str(package)]) == 1
    text = capsys.readouterr().out
    assert "on 1 photos; 2 could not be read." in text
    assert "b.jpg begins as" in text
    assert "c.jpg cannot be opened: No such file or directory. photos.csv names it." in text


def test_a_folder_of_which_everything_taught_leaves_nothing_to_measure(package, data, tmp_path, capsys):
    shutil.copy(data / "0.jpg", tmp_path)
    write(tmp_path, "photos.csv", HEAD, f"0.jpg,1,1,mine,{VALIDATION[0]},orange-dahlia,,no,")
    assert main(["evaluate", "--data", str(tmp_path), "--model", str(package)]) == 2
    assert "1 of the 1 photos in" in capsys.readouterr().err
