"""A data folder with anything wrong in it is refused in one sentence that says where."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.training.photos import photo
from training.dataset import InvalidDataset, PhotoRow, expect_enough, read_dataset

PHOTOS = "photo,width,height,source,group,taxon,flowers,boxed\n"
GOOD = {
    "photos.csv": PHOTOS + "a.jpg,40,30,mine,g1,rose,1,all\nb.jpg,40,30,mine,g2,,,no\n",
    "boxes.csv": "photo,xmin,ymin,xmax,ymax\na.jpg,1,2,9.5,8\nof another folder,1,2,3,4\n",
    "counts.csv": "photo,low,best,high,unit,note\na.jpg,1,2,3,flower,\n",
}


def folder(path: Path, **files: str) -> Path:
    for name, text in {**GOOD, **{f"{name}.csv": text for name, text in files.items()}}.items():
        (path / name).write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("file", "text", "sentence"),
    [
        pytest.param("photos", PHOTOS, r"photos.csv has no rows", id="no photos"),
        pytest.param("photos", "\n", r"photos.csv has no column boxed, flowers", id="no header"),
        pytest.param("photos", PHOTOS + "a,40,30,s,g,,1,all\n" * 2, "has a twice; each photo has one row", id="twice"),
        pytest.param("photos", PHOTOS + "a,wide,30,s,g,,1,all\n", "line 2: width is 'wide'; it must be a n", id="word"),
        pytest.param("photos", PHOTOS + "a,40\n", "line 2: boxed is ''; it must be one of all, fore", id="short row"),
        pytest.param("photos", PHOTOS + "a,40,30,s,g,,-1,all\n", "flowers is '-1'; it must be a whole number", id="-1"),
        pytest.param("photos", PHOTOS + "a,40,30,s,g,,1.5,all\n", "flowers is '1.5'; it must be a whole", id="1.5"),
        pytest.param("photos", PHOTOS + "a,40,30,s,g,,1,some\n", "boxed is 'some'; it must be one of all", id="boxed"),
        pytest.param("photos", PHOTOS + ",40,30,s,g,,1,all\n", "line 2: photo is empty", id="no name"),
        pytest.param("boxes", "photo,xmin,ymin,xmax\n", "boxes.csv has no column ymax", id="no ymax"),
        pytest.param("boxes", "photo,xmin,ymin,xmax,ymax\na,5,5,5,9\n", "line 2: the box has no area", id="no area"),
        pytest.param("boxes", "photo,xmin,ymin,xmax,ymax\na,nan,5,5,9\n", "xmin is 'nan'; it must be a n", id="nan"),
        pytest.param(
            "boxes", "photo,xmin,ymin,xmax,ymax\na,1,5,9\n", "ymax is ''; it must be a number", id="no number"
        ),
        pytest.param("counts", "photo,low,high\n", "counts.csv has no column best", id="no best"),
        pytest.param("counts", "photo,low,best,high\na,3,2,4\n", "low 3, best 2, high 4; best lies", id="best < low"),
        pytest.param("counts", "photo,low,best,high\na,1,,4\n", "line 2: best is ''; it must be a num", id="no best"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path, file, text, sentence):
    with pytest.raises(InvalidDataset, match=sentence):
        read_dataset(folder(tmp_path, **{file: text}))


def test_a_table_that_is_not_text_is_named(tmp_path):
    (folder(tmp_path) / "boxes.csv").write_bytes(b"photo,xmin,ymin,xmax,ymax\n\xff\xfe\x00")
    with pytest.raises(InvalidDataset, match=r"boxes\.csv is not a CSV file in UTF-8"):
        read_dataset(tmp_path)


def test_a_good_folder_is_read_whole_also_with_a_byte_order_mark(tmp_path):
    rose, nobody = read_dataset(folder(tmp_path, photos="\ufeff" + GOOD["photos.csv"]))
    assert rose.boxes_xyxy.tolist() == [[1, 2, 9.5, 8]]
    assert (rose.taxon, rose.flowers, rose.eye.best) == ("rose", 1, 2)
    assert (nobody.flowers, len(nobody.boxes_xyxy), nobody.eye, nobody.complete) == (None, 0, None, False)


def test_a_folder_says_the_genus_of_what_has_no_taxon(tmp_path):
    text = PHOTOS.replace("boxed", "boxed,genus") + (
        "a.jpg,40,30,mine,g1,,1,all,Trifolium\n"
        "b.jpg,40,30,mine,g2,rose,1,all,Rosa\n"
        "boxes/kiwi/001.webp,40,30,kiwi,g3,,1,foreground,\n"
        "boxes/kiwi/002.webp,40,30,mine,g3,,1,foreground,\n"
        "boxes/garden/160.webp,40,30,garden,g3,,1,foreground,\n"
    )
    rows = read_dataset(folder(tmp_path, photos=text))
    assert [row.genus for row in rows] == ["Trifolium", "", "Actinidia", "", ""]


def test_photos_without_a_group_are_split_one_by_one(tmp_path):
    text = PHOTOS + "".join(f"{n}.jpg,40,30,mine,,rose,1,all\n" for n in range(200))
    rows = read_dataset(folder(tmp_path, photos=text))
    assert {row.split for row in rows} == {"train", "calibration", "validation"}


def enough() -> dict[str, PhotoRow]:
    """The fewest photos that networks can learn from."""
    rose, none = photo(1, taxon="rose"), photo(0)
    return {
        "one": replace(rose, split="train"),
        "none": replace(none, split="train"),
        "calibrates": replace(rose, split="calibration"),
    }


def test_the_fewest_photos_that_are_enough_are_enough():
    expect_enough(list(enough().values()), ["rose"])


@pytest.mark.parametrize(
    ("without", "sentence"),
    [
        ("one", "no photo with boxes to learn from; and none of one of the taxa to learn from. The hash of its group"),
        ("none", r"no photo without flowers to learn from \(boxed all, flowers 0\)"),
        ("calibrates", "no photo of one of the taxa to calibrate with"),
    ],
)
def test_a_folder_that_is_not_enough_is_refused_before_hours_of_learning(without, sentence):
    with pytest.raises(InvalidDataset, match=sentence):
        expect_enough([row for name, row in enough().items() if name != without], ["rose"])


def test_a_taxon_that_has_no_label_is_named_before_hours_of_learning():
    with pytest.raises(InvalidDataset, match=r"photos\.csv names rose, which labels\.csv does not"):
        expect_enough(list(enough().values()), ["tulip"])
