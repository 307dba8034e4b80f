"""Groups are never separated, and the same folder splits the same way for ever."""

import csv
from pathlib import Path

import pytest

from training.dataset import InvalidDataset, read_dataset
from training.splits import split_of

DATA = Path(__file__).parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(not (DATA / "photos.csv").exists(), reason="needs ../shared/data")


def test_splits_are_fixed_for_ever():
    assert [split_of(f"g{n:05}", counted=False) for n in range(6)] == [
        "train",
        "validation",
        "train",
        "train",
        "calibration",
        "train",
    ]
    assert [split_of(f"g{n:05}", counted=True) for n in range(6)] == [
        "validation",
        "validation",
        "validation",
        "validation",
        "calibration",
        "calibration",
    ]


def test_a_counted_group_never_teaches():
    assert {split_of(f"g{n}", counted=True) for n in range(200)} == {"calibration", "validation"}


def test_about_a_tenth_validates():
    splits = [split_of(f"g{n}", counted=False) for n in range(4000)]
    assert 0.08 < splits.count("validation") / 4000 < 0.12
    assert 0.05 < splits.count("calibration") / 4000 < 0.09


def write(folder: Path, name: str, header: str, *rows: str) -> None:
    (folder / name).write_text("\n".join([header, *rows]) + "\n")


def test_photos_of_one_group_share_its_split_even_where_one_was_counted(tmp_path):
    rows = [f"{n}-{part}.webp,10,10,x,g{n},rose,1,foreground,o" for n in range(60) for part in "ab"]
    write(tmp_path, "photos.csv", "photo,width,height,source,group,taxon,flowers,boxed,origin", *rows)
    write(tmp_path, "counts.csv", "photo,low,best,high,unit,note", *(f"{n}-a.webp,1,2,3,flower," for n in range(30)))
    found = read_dataset(tmp_path)
    assert all(a.split == b.split for a, b in zip(found[::2], found[1::2], strict=True))
    assert "train" not in {row.split for row in found[:60]}


def test_a_folder_without_boxes_or_counts_can_be_read(tmp_path):
    write(tmp_path, "photos.csv", "photo,width,height,source,group,taxon,flowers,boxed,origin", "a,9,9,x,g,,0,all,o")
    (row,) = read_dataset(tmp_path)
    assert row.without_flowers
    assert (row.eye, row.boxes_xyxy.shape) == (None, (0, 4))


@pytest.mark.parametrize(
    ("header", "sentence"),
    [pytest.param(None, "photos.csv is missing", id="no photos.csv"),
     pytest.param("photo,width", "has no column boxed, flowers", id="columns missing")],
)  # fmt: skip
def test_a_folder_of_another_form_is_named(tmp_path, header, sentence):
    if header:
        write(tmp_path, "photos.csv", header, "a,1")
    with pytest.raises(InvalidDataset, match=sentence):
        read_dataset(tmp_path)


@needs_data
def test_the_shared_folder_splits_by_group_and_leaves_every_taxon_photos_to_learn_from():
    rows = read_dataset(DATA)
    split_of_group: dict[str, set[str]] = {}
    for row in rows:
        split_of_group.setdefault(row.group, set()).add(row.split)
    assert all(len(splits) == 1 for splits in split_of_group.values())
    taxa = set()
    for labels in (DATA / "labels.csv", DATA / "wild" / "labels-new.csv"):
        with labels.open(encoding="utf-8") as file:
            taxa |= {label["taxon"] for label in csv.DictReader(file)}
    assert {row.taxon for row in rows if row.split == "train" and row.taxon} == taxa
