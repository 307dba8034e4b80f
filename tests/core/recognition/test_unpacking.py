"""A model that comes through a browser: unpacked within its limits, drafted, and tried where it can do no harm."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import InvalidModel
from core.recognition.brought import unpacking
from core.recognition.brought.draft import write_draft, write_sums
from core.recognition.brought.unpacking import network_in, unpack
from core.recognition.package import load_package
from core.recognition.trial import try_package
from core.settings import SHIPPED_MODEL
from tests.core.detectors import ULTRALYTICS, onnx_detector
from tests.core.recognition.test_brought_detectors import BOXES, SQUARES, photo, seen


def zipped(files: Mapping[str, bytes], *, link: str = "") -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
        if link:
            entry = zipfile.ZipInfo(link)
            entry.external_attr = 0o120777 << 16
            packed.writestr(entry, "/etc/passwd")
    return data.getvalue()


@pytest.mark.parametrize("top", ["", "veld/"])
def test_a_zip_is_unpacked_with_or_without_its_own_folder(tmp_path, top):
    data = zipped({f"{top}model.toml": b"a", f"{top}net.onnx": b"b", "__MACOSX/x": b"c", f"{top}.DS_Store": b"d"})
    unpack(data, name="veld.zip", into=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.toml", "net.onnx"]


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        pytest.param({"../net.onnx": b""}, "'../net.onnx', which lies outside its folder", id="up"),
        pytest.param({"/net.onnx": b""}, "'/net.onnx', which lies outside its folder", id="root"),
        pytest.param({"a/..\\..\\net.onnx": b""}, "which lies outside its folder", id="backslashes"),
        pytest.param({"C:net.onnx": b""}, "which lies outside its folder", id="a drive"),
        pytest.param({".bashrc": b""}, "'.bashrc', a hidden file", id="hidden"),
        pytest.param({"m/saved_model.pb": b""}, "holds a SavedModel, which is a program", id="SavedModel"),
        pytest.param({f"{n}.txt": b"" for n in range(201)}, "holds 201 files; a model has a few", id="files"),
        pytest.param({"net.onnx": bytes(3_000_000)}, "unpacks to more than 2 MB, which no model", id="a bomb"),
    ],
)
def test_a_zip_that_would_do_harm_is_refused_in_a_sentence(tmp_path, monkeypatch, files, sentence):
    monkeypatch.setattr(unpacking, "MOST_BYTES", 2_000_000)
    with pytest.raises(InvalidModel, match=sentence):
        unpack(zipped(files), name="veld.zip", into=tmp_path / "in")
    assert not (tmp_path / "net.onnx").exists()


def test_links_broken_zips_and_other_files_are_refused(tmp_path):
    for data, name, sentence in (
        (zipped({}, link="net.onnx"), "a.zip", "which is a link"),
        (b"PK\x03\x04 half", "a.zip", "is no whole zip file"),
        (b"MZ", "a.exe", "is no network file"),
    ):
        with pytest.raises(InvalidModel, match=sentence):
            unpack(data, name=name, into=tmp_path)


def test_a_bare_file_becomes_a_package_by_what_it_says_of_itself(tmp_path):
    names = ULTRALYTICS | {"names": "{0: 'Bellis perennis', 1: 'Viola nova', 2: 'klaproos'}"}
    data = onnx_detector(tmp_path / "bare.onnx", layout="yolo", facts=names).read_bytes()
    folder = tmp_path / "package"
    folder.mkdir()
    unpack(data, name="Veld v2.onnx", into=folder)
    write_draft(network_in(folder), known=load_package(SHIPPED_MODEL).taxa)
    package = load_package(folder)
    assert (package.name, package.version) == ("veld-v2", "1 (not calibrated)")
    assert [(label.scientific_name, label.family) for label in package.labels][:2] == [
        ("Bellis perennis", "Asteraceae"),
        ("Viola nova", "Incertae sedis"),
    ]
    (folder / "labels.csv").write_text((folder / "labels.csv").read_text().replace("Incertae sedis", "Violaceae"))
    with pytest.raises(InvalidModel, match="its sha256 differs"):
        load_package(folder)
    write_sums(folder)
    assert load_package(folder).labels[1].family == "Violaceae"


def test_a_first_class_that_is_no_flower_moves_no_name_and_is_not_counted(tmp_path):
    names = ULTRALYTICS | {"names": "{0: 'background', 1: 'green', 2: 'blue'}"}
    write_draft(onnx_detector(tmp_path / "squares.onnx", layout="boxes-and-scores", facts=names), known=())
    assert seen(tmp_path) == BOXES[1:]


@pytest.fixture
def package(tmp_path) -> Path:
    write_draft(onnx_detector(tmp_path / "squares.onnx", layout="yolo", facts=ULTRALYTICS), known=())
    return tmp_path


def test_a_package_is_tried_on_photos_in_a_process_of_its_own(package):
    picture, broken = package / "photo.png", package / "broken.png"
    Image.fromarray(np.asarray(photo().picture)).save(picture)
    broken.write_bytes(b"no photo")
    trial = try_package(package, [picture, broken])
    found, none = trial.photos
    assert (trial.name, trial.version, trial.kinds, none) == ("squares", "1 (not calibrated)", 3, None)
    assert (found.count, found.low, found.taxa) == (3, None, {"red": 1, "green": 1, "blue": 1})
    assert sorted((round(box[0] * 80), round(box[1] * 60)) for box in found.boxes_xyxy) == [
        (x, y) for _, x, y in SQUARES
    ]


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        pytest.param({"most_s": 0.2}, "was stopped after 0 seconds. Bring a smaller one", id="time"),
        pytest.param({"most_bytes": 40_000_000}, "more than 0 GB of memory|more memory than", id="memory"),
    ],
)
def test_a_network_that_takes_too_much_is_stopped_and_said_so(package, limits, sentence):
    with pytest.raises(InvalidModel, match=sentence):
        try_package(package, **limits)
