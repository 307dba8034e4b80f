"""Names by rank: the outputs, what a photo teaches, and a last layer in the file of a network in 8 bits."""

from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from core.recognition.interpreters import Interpreters
from core.recognition.network import Network
from core.recognition.package import load_package
from core.recognition.taxa import Label
from core.settings import SHIPPED_MODEL
from tests.training.photos import photo, squares
from training.last_layer import FEATURES, LIKENESS, packed, parsed, with_last_layer, with_likeness, without_last_layer
from training.leaves import UNSAID, Leaves, Truth
from training.named_crops import NamedCrops, names_loss
from training.names import blended, learn, photos_crops, slope
from training.package_files import UNCALIBRATED, write_labels, write_package
from training.packing import pack

TAXA = [
    Label(taxon, name, rank, genus, family, taxon, taxon, "flower head", "5-8", "native")
    for taxon, name, rank, genus, family in [
        ("cornflower", "Centaurea cyanus", "species", "Centaurea", "Asteraceae"),
        ("red-clover", "Trifolium pratense", "species", "Trifolium", "Fabaceae"),
        ("rose", "Rosa", "genus", "Rosa", "Rosaceae"),
    ]
]


def row(kind: str = "", family: str = "", *, taxon: str = "", name: str = "p", boxes: int = 1):
    found = replace(photo(boxes, name=name, taxon=taxon, boxed="foreground"), split="train")
    return replace(found, kind=kind, genus=kind.partition(" ")[0], family=family)


STRANGE = [
    *(row(f"Trifolium {n}", "Fabaceae", name=f"t{n}") for n in range(3)),
    *(row(f"Vicia {n}", "Fabaceae", name=f"v{n}") for n in range(2)),
    *(row(f"Galium {n}", "Rubiaceae", name=f"g{n}") for n in range(4)),
    row("Drosera anglica", "Droseraceae", name="d"),
    row("Centaurea stoebe", "Asteraceae", name="c"),
]
LEAVES = Leaves(STRANGE, TAXA)


def test_outputs_are_the_taxa_then_the_other_kinds_of_a_genus_or_family_with_enough_photos():
    assert [label.taxon for label in LEAVES.labels] == [
        "cornflower", "red-clover", "rose", "trifolium", "fabaceae", "rubiaceae",
    ]  # fmt: skip
    assert (LEAVES.kinds, LEAVES.other, LEAVES.nothing) == (3, 6, 7)
    assert (LEAVES.labels[3].english, LEAVES.labels[4].dutch) == ("Trifolium (genus)", "Fabaceae (familie)")
    member = dict(zip(LEAVES.families, LEAVES.in_family().T, strict=False))
    assert np.flatnonzero(member["Fabaceae"]).tolist() == [1, 3, 4]


@pytest.mark.parametrize(
    ("a_row", "label", "family"),
    [
        pytest.param(row("Trifolium pratense", "Fabaceae", taxon="red-clover"), 1, "Fabaceae", id="a taxon"),
        pytest.param(row("Trifolium pratense", "Fabaceae"), 1, "Fabaceae", id="a taxon by its scientific name"),
        pytest.param(row("Rosa canina", "Rosaceae"), 2, "Rosaceae", id="a species of a taxon that is a genus"),
        pytest.param(row("Trifolium arvense", "Fabaceae"), 3, "Fabaceae", id="another clover"),
        pytest.param(row("Lotus tenuis", "Fabaceae"), 4, "Fabaceae", id="another genus of a family of ours"),
        pytest.param(row("Galium verum", "Rubiaceae"), 5, "Rubiaceae", id="another family with an output"),
        pytest.param(row("Centaurea stoebe", "Asteraceae"), UNSAID, "Asteraceae", id="no output says so little"),
    ],
)
def test_each_kind_teaches_the_finest_name_that_there_is_and_its_family(a_row, label, family):
    assert LEAVES.truth(a_row) == Truth(label, LEAVES.families.index(family))


def test_what_no_label_stands_for_teaches_another_kind_and_no_flower_teaches_nothing():
    assert LEAVES.truth(row("Drosera anglica", "Droseraceae")) == Truth(LEAVES.other, len(LEAVES.families))
    assert LEAVES.truth(photo(0)) == Truth(LEAVES.nothing, UNSAID)
    assert LEAVES.truth(photo(1)) is None, "nobody says what it shows"
    assert LEAVES.truth(row("Paeonia", "Paeoniaceae")) is None, "peonies only measure"


def test_boxes_that_an_eye_rejected_beside_the_right_ones_teach_no_flower():
    judged = replace(row(taxon="rose", kind="Rosa", boxes=2), rejected_xyxy=squares(2) + np.array([0, 40, 0, 40]))
    touching = replace(judged, photo="q", rejected_xyxy=squares(2))
    crops = photos_crops([judged, touching], LEAVES, {})
    nothing = [crop for crop in crops if crop.truth.label == LEAVES.nothing]
    assert {crop.photo for crop in nothing} == {"p"}
    assert len(nothing) == 2
    assert {crop.truth for crop in crops} - {crop.truth for crop in nothing} == {LEAVES.truth(judged)}


def test_a_layer_that_was_learned_tells_kinds_and_families_apart():
    random = np.random.default_rng(1)
    truths = [LEAVES.truth(each) for each in (*STRANGE, row(taxon="rose"), photo(0))] * 40
    centres = {truth: random.normal(size=FEATURES) for truth in dict.fromkeys(truths)}
    features = np.array([centres[truth] + random.normal(size=FEATURES) * 0.3 for truth in truths], np.float32)
    layer = learn(features, truths, LEAVES)
    logits = features @ layer.kernel + layer.bias
    said = np.array([truth.label for truth in truths])
    assert (logits.argmax(axis=1) == said)[said != UNSAID].all()
    in_asteraceae = LEAVES.in_family()[:, LEAVES.families.index("Asteraceae")]
    assert in_asteraceae[logits.argmax(axis=1)][said == UNSAID].all(), "its family is all that it teaches"


def test_the_whole_network_learns_by_the_slope_that_its_last_layer_was_learned_by():
    random = np.random.default_rng(2)
    truths = [LEAVES.truth(each) for each in (*STRANGE, row(taxon="rose"), photo(0))]
    label, family = np.array([(truth.label, truth.family) for truth in truths]).T
    logits = random.normal(size=(len(truths), LEAVES.nothing + 1)).astype(np.float32)
    _, labels, families = blended(logits.copy(), label, family, LEAVES, random)
    told = tf.Variable(logits)
    with tf.GradientTape() as tape:
        loss = names_loss(LEAVES)(lambda crops, training: told, np.zeros(1, np.uint8), labels, families)
    expected = slope(logits, labels, families, LEAVES.in_family()) / len(truths)
    np.testing.assert_allclose(tape.gradient(loss, told), expected, atol=1e-5)


def test_crops_come_varied_with_what_they_are_and_some_are_blended(tmp_path):
    rows = [row(taxon=taxon, name=f"{taxon}.png", boxes=2) for taxon in ("rose", "red-clover")]
    for each in rows:
        Image.new("RGB", (each.width_px, each.height_px), (200, 30, 90)).save(tmp_path / each.photo)
    crops = photos_crops(rows, LEAVES, {})
    maker = NamedCrops(pack(rows, tmp_path, tmp_path / "pack"), crops, LEAVES, size_px=32, batch=64)
    pixels, labels, families = maker(np.random.default_rng(0))
    assert (pixels.shape, pixels.dtype) == ((64, 32, 32, 3), np.uint8)
    assert labels.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert families.sum(axis=1) == pytest.approx(1, abs=1e-5)
    surest = labels.argmax(axis=1)
    assert set(surest) == {1, 2}
    assert 0.05 < np.mean(labels.max(axis=1) < 0.9) < 0.5, "of two kinds"
    again = maker(np.random.default_rng(0))
    assert all((one == other).all() for one, other in zip((pixels, labels, families), again, strict=True))


def test_a_second_output_for_likeness_changes_no_bit_of_the_first(tmp_path):
    shipped = load_package(SHIPPED_MODEL).classifier
    whole, bare = tmp_path / "whole.tflite", tmp_path / "features.tflite"
    kernel = np.random.default_rng(1).normal(size=(FEATURES, 80)).astype(np.float32)
    one_output = _one_output(with_last_layer(shipped.path.read_bytes(), kernel, np.ones(80, np.float32)))
    (tmp_path / "one.tflite").write_bytes(one_output)
    whole.write_bytes(with_likeness(one_output))
    bare.write_bytes(without_last_layer(whole.read_bytes()))
    look, before, features = (Interpreters(Network(path, 256)) for path in (whole, tmp_path / "one.tflite", bare))
    assert look.output_shapes() == [(80,), (LIKENESS,)]
    for seed in range(4):
        pixels = np.random.default_rng(seed).uniform(0, 255, (256, 256, 3)).astype(np.float32)
        logits, likeness = look.outputs(pixels)
        assert logits.tobytes() == before(pixels).tobytes()
        directions = np.linalg.svd(kernel.T - kernel.T.mean(axis=0), full_matrices=False)[2][:LIKENESS]
        np.testing.assert_allclose(np.abs(likeness), np.abs(directions @ features(pixels)), rtol=1e-3, atol=1e-3)
    assert with_likeness(whole.read_bytes()) == whole.read_bytes(), "features stay comparable"


def _one_output(tflite: bytes) -> bytes:
    model = parsed(tflite)
    graph = model.subgraphs[0]
    graph.operators.pop(-2)
    graph.outputs = graph.outputs[:1]
    return packed(model)


def test_another_last_layer_leaves_the_rest_of_the_file_as_it_is(tmp_path):
    shipped = load_package(SHIPPED_MODEL)
    whole = shipped.classifier.path.read_bytes()
    (tmp_path / "features.tflite").write_bytes(without_last_layer(whole))
    pixels = np.random.default_rng(0).uniform(0, 255, (256, 256, 3)).astype(np.float32)
    features = Interpreters(Network(tmp_path / "features.tflite", 256))(pixels)
    kernel = np.random.default_rng(1).normal(size=(FEATURES, LEAVES.nothing + 1)).astype(np.float32)
    bias = np.arange(LEAVES.nothing + 1, dtype=np.float32)
    (tmp_path / "classifier.tflite").write_bytes(with_last_layer(whole, kernel, bias))
    (tmp_path / "detector.tflite").write_bytes(shipped.detector.path.read_bytes())
    write_labels(LEAVES.labels, tmp_path / "labels.csv")
    write_package(tmp_path / "labels.csv", UNCALIBRATED, tmp_path, kinds=LEAVES.kinds)
    package = load_package(tmp_path)
    np.testing.assert_allclose(Interpreters(package.classifier)(pixels), features @ kernel + bias, rtol=1e-4, atol=1e-3)
    assert (package.taxa, package.labels, package.other_kind) == (tuple(TAXA), LEAVES.labels, True)
    assert sha256(whole).digest() == sha256(shipped.classifier.path.read_bytes()).digest()
