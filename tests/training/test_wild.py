"""Wild flowers beside the garden's: one reader for both, and figures on names at every rank."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.recognition.counting import PhotoCount, TaxonCount
from core.recognition.intervals import Count
from core.recognition.taxa import UNKNOWN_FLOWER, Taxon
from tests.training.photos import flowers, photo, squares
from training.answers import Answer
from training.dataset import EyeCount, InvalidDataset, PhotoRow, read_all_labels, read_dataset
from training.wild_figures import wild_figures

HEAD = "photo,width,height,source,group,taxon,scientific_name,genus,family,flowers,boxed,note"
LABELS = "taxon,scientific_name,genus,family,english,dutch"
SPECIES = [f"Silene {n}" for n in range(200)]


@pytest.fixture
def data(tmp_path) -> Path:
    """A garden photo, and below it wild photos: one taxon, and 200 other kinds with two photos each."""
    wild = tmp_path / "wild"
    wild.mkdir()
    write(tmp_path / "photos.csv", "photo,width,height,source,group,taxon,flowers,boxed", "a.jpg,40,30,mine,g,rose,,no")
    write(tmp_path / "labels.csv", LABELS, "rose,Rosa,Rosa,Rosaceae,rose,roos")
    write(wild / "labels-new.csv", LABELS, "chicory,Cichorium intybus,Cichorium,Asteraceae,chicory,cichorei")
    strange = [
        f"wild/{n}-{part}.webp,40,30,web,{n}{part},,{name},Silene,Caryophyllaceae,,no,"
        for n, name in enumerate(SPECIES)
        for part in "ab"
    ]
    write(wild / "photos.csv", HEAD,
          "wild/c.webp,40,30,web,w,chicory,Cichorium intybus,Cichorium,Asteraceae,1,foreground,", *strange)  # fmt: skip
    write(wild / "boxes.csv", "photo,xmin,ymin,xmax,ymax,by", "wild/c.webp,1,2,9,8,candidate")
    write(wild / "rejected.csv", "photo,xmin,ymin,xmax,ymax", "wild/c.webp,20,2,29,8")
    write(wild / "counts.csv", "photo,low,best,high,missed,note", "wild/c.webp,1,2,3,1,")
    return tmp_path


def write(path: Path, *lines: str) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_tables_of_wild_flowers_are_read_with_the_folder_that_holds_them(data):
    garden, chicory, *strange = read_dataset(data)
    assert (garden.photo, garden.wild, chicory.photo, chicory.wild) == ("a.jpg", False, "wild/c.webp", True)
    assert (chicory.genus, chicory.family, chicory.kind) == ("Cichorium", "Asteraceae", "Cichorium intybus")
    assert chicory.boxes_xyxy.tolist() == [[1, 2, 9, 8]]
    assert chicory.rejected_xyxy.tolist() == [[20, 2, 29, 8]]
    assert chicory.eye == EyeCount(1, 2, 3, missed=1)
    assert not chicory.complete, "one flower was seen and not boxed"
    assert len(strange) == 400
    assert [label.taxon for label in read_all_labels(data)] == ["rose", "chicory"]


def test_the_folder_of_wild_flowers_is_read_by_itself_too(data):
    together = [row for row in read_dataset(data) if row.wild]
    (data / "wild" / "c.webp").touch()
    alone = read_dataset(data / "wild")
    assert [row.photo for row in alone] == [row.photo.removeprefix("wild/") for row in together]
    assert [row.split for row in alone] == [row.split for row in together]
    assert len(alone[0].boxes_xyxy) == len(alone[0].rejected_xyxy) == alone[0].eye.missed == 1


def test_kinds_without_a_taxon_are_split_by_kind_so_that_those_that_validate_were_never_seen(data):
    splits: dict[str, set[str]] = {}
    for row in read_dataset(data)[2:]:
        splits.setdefault(row.kind, set()).add(row.split)
    assert all(len(each) == 1 for each in splits.values())
    often = [next(iter(each)) for each in splits.values()]
    assert 0.15 < often.count("validation") / len(often) < 0.35
    assert 0.08 < often.count("calibration") / len(often) < 0.25


def test_a_photo_judged_with_its_boxes_in_view_may_teach(data):
    groups = [f"w{n}" for n in range(50)]
    lines = [f"wild/{g}.webp,9,9,web,{g},chicory,Cichorium intybus,Cichorium,Asteraceae,0,foreground," for g in groups]
    write(data / "wild" / "photos.csv", HEAD, *lines)
    write(data / "wild" / "counts.csv", "photo,low,best,high,missed,note", *(f"wild/{g}.webp,1,2,3,1," for g in groups))
    assert "train" in {row.split for row in read_dataset(data) if row.wild}


@pytest.mark.parametrize(
    ("english", "dutch", "as_shown"),
    [
        ("californian poppy", "slaapmutsje", ("Californian poppy", "slaapmutsje")),
        ("new england aster", "nieuw-engelse aster", ("New England aster", "Nieuw-Engelse aster")),
        ("sweet william", "duizendschoon", ("sweet William", "duizendschoon")),
        ("cape flower", "landscape", ("Cape flower", "landscape")),
    ],
)
def test_names_of_plants_have_the_capitals_of_proper_names(data, english, dutch, as_shown):
    write(data / "labels.csv", LABELS, f"rose,Rosa,Rosa,Rosaceae,{english},{dutch}")
    label = read_all_labels(data)[0]
    assert (label.english, label.dutch) == as_shown


def test_a_photo_that_both_folders_name_is_refused(data):
    write(data / "photos.csv", "photo,width,height,source,group,taxon,flowers,boxed", "wild/c.webp,4,3,s,g,rose,,no")
    with pytest.raises(InvalidDataset, match=r"wild/c\.webp twice"):
        read_dataset(data)


CHICORY = Taxon("chicory", "Cichorium intybus", "species", "Asteraceae", "", "")
CICHORIUM = Taxon("cichorium", "Cichorium", "genus", "Asteraceae", "", "")
ASTERACEAE = Taxon("asteraceae", "Asteraceae", "family", "Asteraceae", "", "")
ROSE = Taxon("rose", "Rosa", "genus", "Rosaceae", "", "")


def wild(*, taxon: str = "chicory", eye: tuple[int, int, int] = (1, 1, 1)) -> PhotoRow:
    row = replace(photo(1, taxon=taxon), kind="Cichorium intybus", genus="Cichorium", family="Asteraceae")
    return row if taxon else replace(row, kind="Cichorium endivia", eye=EyeCount(*eye, missed=0))


ONE = Count(1, 1, 1)


def called(row: PhotoRow, taxon: Taxon | None, *, count: Count = ONE, sure: float = 0.8) -> Answer:
    if taxon is None:
        return Answer(row, flowers(squares(0), []), PhotoCount(Count(0, 0, 0), (), ()), ())
    seen = PhotoCount(count, (TaxonCount(taxon, count, "flower", sure),), ())
    return Answer(row, flowers(squares(1), [0.9]), seen, ())


def values(*answers: Answer) -> dict[str, float]:
    return {figure.key: round(figure.value, 1) for figure in wild_figures(answers)}


def test_a_name_of_a_taught_taxon_is_right_at_its_own_rank():
    found = values(*(called(wild(), name) for name in (CHICORY, CICHORIUM, ASTERACEAE, ROSE, UNKNOWN_FLOWER, None)))
    assert found["wild_top1_counted"] == pytest.approx(100 / 6, abs=0.1)
    assert found["wild_names_right"] == 75.0
    assert found["wild_none_counted"] == pytest.approx(100 / 6, abs=0.1)


def test_a_kind_never_seen_should_get_a_family_and_no_species():
    names = [(CHICORY, 0.95), (CICHORIUM, 0.8), (ASTERACEAE, 0.9), (replace(ASTERACEAE, family="Apiaceae"), 0.5)]
    found = values(*(called(wild(taxon=""), name, sure=sure) for name, sure in names))
    assert (found["strange_named"], found["strange_named_surely"], found["strange_misnamed"]) == (50, 25, 25)
    assert (found["strange_family_given"], found["strange_family_right"]) == (50, 50)


def test_a_flagged_number_is_a_lower_bound():
    eye = (10, 20, 30)
    counts = [Count(12, 8, 15), Count(12, 8, 15, lower_bound=True), Count(25, 22, 30, lower_bound=True)]
    found = values(*(called(wild(taxon="", eye=eye), ROSE, count=count) for count in counts))
    assert found["wild_eye_inside"] == 100
    assert found["wild_interval_holds"] == found["wild_many_holds"] == pytest.approx(100 / 3, abs=0.1)
    assert found["wild_many_ratio"] == 0.6


def test_garden_photos_have_no_wild_figures():
    assert all(np.isnan(figure.value) for figure in wild_figures([called(photo(1, taxon="rose"), ROSE)]))
