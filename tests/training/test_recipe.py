"""A work folder goes on with what it was begun with, and with nothing else."""

import pytest

from training.dataset import InvalidDataset
from training.recipe import train


def test_a_work_folder_that_was_begun_with_other_tables_is_refused_and_left_as_it_is(tmp_path):
    data, work = tmp_path / "data", tmp_path / "work"
    data.mkdir()
    work.mkdir()
    rows = [
        f"{n}.png,40,30,mine,,{taxon},{flowers},all" for n in range(99) for taxon, flowers in (("rose", 1), ("", 0))
    ]
    named = [row.replace(".png", f"-{n}.png", 1) for n, row in enumerate(rows)]
    head = "photo,width,height,source,group,taxon,flowers,boxed"
    (data / "photos.csv").write_text("\n".join([head, *named]))
    boxes = [f"{row.split(',')[0]},1,2,9,8" for row in named if ",rose," in row]
    (data / "boxes.csv").write_text("\n".join(["photo,xmin,ymin,xmax,ymax", *boxes]))
    (data / "labels.csv").write_text(
        "taxon,scientific_name,genus,family,english,dutch\nrose,Rosa,Rosa,Rosaceae,rose,roos\n"
    )
    (work / "tables.sha256").write_text("of another folder")
    with pytest.raises(InvalidDataset, match=r"was begun with other tables than .* Name another folder with --work"):
        train(data, work, tmp_path / "out")
    assert [path.name for path in work.iterdir()] == ["tables.sha256"]
    assert (work / "tables.sha256").read_text() == "of another folder"
