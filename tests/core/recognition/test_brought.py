"""Classifiers that people bring: each kind of file names the flowers that the shipped one finds, or is refused."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from core.errors import InvalidModel
from core.photo.reading import Photo, read_photo
from core.recognition.brought.classifier import BroughtClassifier, label_scores
from core.recognition.brought.described import Naming
from core.recognition.classifier import crop, prepared
from core.recognition.loading import load_model
from core.recognition.network import Network
from core.recognition.package import load_package
from core.recognition.recogniser import BloomRecogniser, load_recogniser
from core.settings import SHIPPED_MODEL, PhotoLimits
from tests.app_server import ROOT
from tests.core.digits import DIGITS, KINDS, SIDE_PX, digit_net, digit_package, kernel, write_toml
from tests.core.recognition.test_detector import PX, SeesSquares, jpeg, squares

HEAD = "taxon,scientific_name,genus,family,english,dutch"
SAMPLE = ROOT / "pages" / "parts" / "samples" / "dahlia.jpg"


@pytest.fixture(scope="module")
def photo() -> Photo:
    return read_photo(SAMPLE.read_bytes(), name="dahlia.jpg", limits=PhotoLimits(200), long_side_px=1000)


@pytest.fixture(scope="module")
def shipped() -> BloomRecogniser:
    return load_recogniser(SHIPPED_MODEL)


@pytest.fixture(scope="module")
def packages(tmp_path_factory) -> dict[str, Path]:
    """One digit package for each kind of file."""
    return {kind: digit_package(tmp_path_factory.mktemp("kind") / "digits", file=kind) for kind in KINDS}


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    return digit_package(tmp_path / "digits")


def softmax(logits: np.ndarray) -> np.ndarray:
    exponent = np.exp(logits - logits.max())
    return exponent / exponent.sum()


# --- what is counted with one


@pytest.mark.parametrize("kind", KINDS)
def test_a_digit_net_names_each_flower_as_its_numbers_say(packages, photo, kind):
    model = load_model(packages[kind])
    found = model.recognise(photo).flowers
    assert len(found) > 0
    scale = photo.picture.width / photo.width_px
    for box, taxa in zip(found.boxes_xyxy, found.taxa, strict=True):
        pixels = crop(photo.picture, box * np.float32(scale), sizes_px=(SIDE_PX,))
        grey = pixels @ np.array([0.299, 0.587, 0.114]) / 255
        scores = softmax(grey.reshape(-1) @ kernel())
        best = np.argsort(-scores)[:5]
        assert [taxon for taxon, _ in taxa] == [DIGITS[n] for n in best]
        np.testing.assert_allclose([score for _, score in taxa], scores[best], rtol=2e-3)


def test_small_flowers_of_a_large_photo_are_named_from_finer_pixels(digits):
    photo = jpeg(squares(4000, 3000, [(x, y, 60) for x in range(40, 3700, 300) for y in range(40, 1500, 300)]))
    finder = load_recogniser(SHIPPED_MODEL)
    finder.detector = SeesSquares()
    finder.detector.input_px = PX
    package = load_package(digits)
    found = BroughtClassifier(package, package.naming, finder).recognise(photo).flowers
    picture = photo.at_least(4000)
    assert len(found) > 0
    for box, taxa in zip(found.boxes_xyxy, found.taxa, strict=True):
        grey = crop(picture, box, sizes_px=(SIDE_PX,)) @ np.array([0.299, 0.587, 0.114]) / 255
        best = np.sort(softmax(grey.reshape(-1) @ kernel()))[:-6:-1]
        np.testing.assert_allclose([score for _, score in taxa], best, rtol=2e-3)


def test_where_flowers_are_and_how_sure_stays_the_shipped_recognisers_word(packages, photo, shipped):
    theirs, ours = load_model(packages["digits.h5"]).recognise(photo), shipped.recognise(photo)
    np.testing.assert_array_equal(theirs.flowers.boxes_xyxy, ours.flowers.boxes_xyxy)
    np.testing.assert_array_equal(theirs.flowers.probability, ours.flowers.probability)
    assert theirs.flag == ours.flag


def test_its_counts_are_read_with_its_labels_and_the_shipped_threshold(packages, shipped):
    package = load_model(packages["digits.h5"]).package
    assert (package.name, package.version) == ("digits", f"1 with bloom {shipped.package.version}")
    assert tuple(label.taxon for label in package.labels) == DIGITS
    assert (package.recall, package.default_threshold) == (shipped.package.recall, shipped.package.default_threshold)


def test_the_shipped_package_is_loaded_as_it_is():
    assert isinstance(load_model(SHIPPED_MODEL), BloomRecogniser)


def test_a_photo_without_flowers_has_no_names(packages):
    blank = np.full((300, 400, 3), 127, np.uint8)
    facts = read_photo(SAMPLE.read_bytes(), name="", limits=PhotoLimits(200)).facts
    found = load_model(packages["digits.keras"]).recognise(Photo(Image.fromarray(blank), 400, 300, facts)).flowers
    assert (len(found), found.taxa) == (0, ())


@pytest.mark.parametrize("kind", KINDS)
def test_threads_share_it_and_each_photo_always_gives_the_same(packages, photo, kind):
    model = load_model(packages[kind])
    turned = Photo(ImageOps.mirror(photo.picture), photo.width_px, photo.height_px, photo.facts)
    photos = [photo, turned] * 4
    alone = [model.recognise(one).flowers.taxa for one in photos]
    with ThreadPoolExecutor(4) as threads:
        assert [found.flowers.taxa for found in threads.map(model.recognise, photos)] == alone


def test_a_net_of_its_own_size_colour_and_scale_sees_what_model_toml_says(tmp_path, photo):
    import keras

    black, white = [-2.0, -1.0, 0.0], [2.0, 3.0, 1.0]
    net = keras.Sequential([keras.Input((32, 32, 3)), keras.layers.GlobalAveragePooling2D()])
    settings = {"input_px": 32, "channels": 3, "output": "logits", "black": black, "white": white}
    folder = digit_package(tmp_path / "colour", file="colour.keras", net=net)
    (folder / "labels.csv").write_text(f"{HEAD}\nred,R,,F,,\ngreen,G,,F,,\nblue,B,,F,,\n")
    write_toml(folder, file="colour.keras", **settings)
    found = load_model(folder).recognise(photo).flowers
    scale = np.float32(photo.picture.width / photo.width_px)
    share = crop(photo.picture, found.boxes_xyxy[0] * scale, sizes_px=(32,)).mean(axis=(0, 1)) / 255
    scores = softmax(np.array(black) + share * (np.array(white) - black))
    expected = sorted(zip(scores, ("red", "green", "blue"), strict=True), reverse=True)
    assert [taxon for taxon, _ in found.taxa[0]] == [taxon for _, taxon in expected]
    np.testing.assert_allclose([score for _, score in found.taxa[0]], [score for score, _ in expected], rtol=1e-4)


def test_what_goes_to_not_a_flower_is_nobodys():
    naming = Naming(Network(Path("x"), 28), "probabilities", not_a_flower="last", temperature=1.0)
    scores = label_scores(np.array([[0.2, 0.1, 0.7]], np.float32), naming)
    np.testing.assert_allclose(scores, [[0.2, 0.1]], rtol=1e-5)


@pytest.mark.parametrize("output", ["probabilities", "logits"])
def test_a_temperature_makes_scores_milder_in_either_form(output):
    naming = Naming(Network(Path("x"), 28), output, not_a_flower="", temperature=2.0)
    logits = np.array([[4.0, 0.0]], np.float32)
    outputs = np.exp(logits) / np.exp(logits).sum() if output == "probabilities" else logits
    np.testing.assert_allclose(label_scores(outputs, naming), [softmax(np.array([2.0, 0.0]))], rtol=1e-5)


def test_a_background_that_comes_first_moves_no_name():
    naming = Naming(Network(Path("x"), 28), "probabilities", not_a_flower="first", temperature=1.0)
    np.testing.assert_allclose(label_scores(np.array([[0.7, 0.2, 0.1]], np.float32), naming), [[0.2, 0.1]], rtol=1e-5)


def test_sigmoids_are_probabilities_each_by_itself_and_share_what_is_over_one():
    naming = Naming(Network(Path("x"), 28), "sigmoid", not_a_flower="", temperature=1.0)
    outputs = np.array([[0.6, 0.2], [0.9, 0.9]], np.float32)
    np.testing.assert_allclose(label_scores(outputs, naming), [[0.6, 0.2], [0.5, 0.5]], rtol=1e-5)


def test_a_quantised_file_takes_and_gives_numbers_by_its_own_scales(tmp_path, packages, photo):
    from tensorflow import lite, uint8

    converter = lite.TFLiteConverter.from_keras_model(digit_net())
    converter.optimizations = [lite.Optimize.DEFAULT]
    greys = np.random.default_rng(2).random((20, 1, SIDE_PX, SIDE_PX, 1)).astype(np.float32)
    converter.representative_dataset = lambda: ([grey] for grey in greys)
    converter.target_spec.supported_ops = [lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = uint8
    folder = digit_package(tmp_path / "digits", file="digits.tflite")
    (folder / "digits.tflite").write_bytes(converter.convert())
    write_toml(folder, file="digits.tflite")
    exact, coarse = (load_model(each).recognise(photo).flowers.taxa for each in (packages["digits.tflite"], folder))
    for one, other in zip(exact, coarse, strict=True):
        assert one[0].taxon == other[0].taxon
        assert one[0].score == pytest.approx(other[0].score, abs=0.1)


def test_a_file_of_keras_2_as_teachable_machine_writes_it_is_read(tmp_path, photo):
    import h5py
    import keras

    depthwise = keras.layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="depthwise")
    net = digit_net(layers=(depthwise,))
    depthwise.set_weights([np.eye(9)[4].reshape(3, 3, 1, 1)])
    folder = digit_package(tmp_path / "digits", net=net)
    with h5py.File(folder / "digits.h5", "r+") as file:
        described = json.loads(file.attrs["model_config"])
        first, *rest = described["config"]["layers"]
        rest[0]["config"] |= {"groups": 1, "batch_input_shape": first["config"]["batch_shape"]}
        for layer in rest:
            layer["config"]["dtype"] = "float32"
        described["config"] = {"name": "sequential", "layers": rest}
        file.attrs["model_config"] = json.dumps(described)
        file.attrs["keras_version"] = "2.4.0"
    write_toml(folder)
    plain = load_model(digit_package(tmp_path / "plain")).recognise(photo).flowers.taxa
    assert load_model(folder).recognise(photo).flowers.taxa == plain


def test_pixels_run_from_black_to_white_and_grey_is_their_brightness():
    pixels = np.array([[[0, 0, 0], [255, 255, 255], [255, 0, 0]]], np.float32)
    grey = prepared(pixels, Network(Path("x"), 1, channels=1, black=(1.0,), white=(0.0,)))
    np.testing.assert_allclose(grey[0, :, 0], [1.0, 0.0, 1 - 0.299], atol=1e-6)
    np.testing.assert_array_equal(prepared(pixels, Network(Path("x"), 1)), pixels)


# --- what is refused, and the sentence


@pytest.mark.parametrize("kind", KINDS)
def test_a_tampered_file_is_refused(tmp_path, kind):
    folder = digit_package(tmp_path / "digits", file=kind)
    file = folder / kind if (folder / kind).is_file() else folder / kind / "variables" / "variables.index"
    file.write_bytes(file.read_bytes() + b"x")
    with pytest.raises(InvalidModel, match=r"digits\S* is not the file .* sha256 differs: it is [0-9a-f]{64}"):
        load_model(folder)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda folder: (folder / "variables" / "more").touch(), id="one more"),
        pytest.param(lambda folder: (folder / "fingerprint.pb").unlink(), id="one less"),
        pytest.param(lambda folder: (folder / "fingerprint.pb").rename(folder / "other.pb"), id="renamed"),
    ],
)  # fmt: skip
def test_every_file_of_a_saved_model_is_in_its_sha256(tmp_path, change):
    folder = digit_package(tmp_path / "digits", file="digits")
    change(folder / "digits")
    with pytest.raises(InvalidModel, match="sha256 differs"):
        load_package(folder)


def test_a_hidden_file_in_a_saved_model_is_named(tmp_path):
    folder = digit_package(tmp_path / "digits", file="digits")
    (folder / "digits" / ".DS_Store").touch()
    with pytest.raises(InvalidModel, match=r"\.DS_Store is a hidden file, which no network needs. Delete it."):
        load_package(folder)


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_number_of_labels_is_refused(packages, tmp_path, kind):
    folder = digit_package(tmp_path / "digits", file=kind)
    rows = (folder / "labels.csv").read_text().splitlines(keepends=True)
    (folder / "labels.csv").write_text("".join(rows[:-1]))
    write_toml(folder, file=kind)
    with pytest.raises(
        InvalidModel, match=r"gives 10 numbers; for the 9 taxa of labels.csv it should give 9\. Correct"
    ):
        load_model(folder)
    write_toml(folder, file=kind, not_a_flower=True)
    assert len(load_model(folder).package.labels) == 9


def net_of_nothing() -> Any:
    net = digit_net()
    net.layers[-1].set_weights([kernel() * np.nan, np.zeros(10, np.float32)])
    return net


@pytest.mark.parametrize("kind", KINDS)
def test_a_network_whose_numbers_are_none_fails_its_forward_pass(tmp_path, kind):
    folder = digit_package(tmp_path / "digits", file=kind, net=net_of_nothing())
    with pytest.raises(InvalidModel, match="numbers that are not finite"):
        load_model(folder)


def test_a_network_that_breaks_on_a_picture_fails_its_forward_pass(tmp_path):
    import tensorflow as tf

    class Broken(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((1, SIDE_PX, SIDE_PX, 1), tf.float32)])
        def __call__(self, pixels):
            tf.debugging.assert_greater(pixels, 2.0, message="too dark")
            return tf.zeros((1, 10))

    net = Broken()
    folder = digit_package(tmp_path / "digits", file="digits")
    tf.saved_model.save(net, str(folder / "digits"), signatures=net.__call__)
    write_toml(folder, file="digits")
    with pytest.raises(InvalidModel, match=r"digits fails on a picture: .*too dark.* Mend the network\."):
        load_model(folder)


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_code_in_a_keras_file_is_refused_by_safe_mode_and_never_runs(tmp_path, ending):
    import keras

    marker = tmp_path / "ran"
    layer = keras.layers.Lambda(lambda x, path=str(marker): (open(path, "w").close(), x)[1])
    net = digit_net(layers=(layer,))
    folder = digit_package(tmp_path / "digits", file=f"digits{ending}", net=net)
    marker.unlink()
    with pytest.raises(InvalidModel, match=r"carries code of its own .* and safe mode is on\. Build it of Keras's own"):
        load_model(folder)
    assert not marker.exists()


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_a_layer_that_is_not_kerass_is_refused_by_safe_mode(tmp_path, ending):
    import keras

    class Petals(keras.layers.Layer):
        def call(self, x):
            return x

    folder = digit_package(tmp_path / "digits", file=f"digits{ending}", net=digit_net(layers=(Petals(),)))
    with pytest.raises(InvalidModel, match="a class that is not Keras's"):
        load_model(folder)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if Path(kind).suffix])
@pytest.mark.parametrize("data", [b"", b"no network", b"PK\x03\x04 half a zip", b"\x89HDF\r\n\x1a\n half"], ids=len)
def test_a_file_that_is_no_network_is_refused(digits, kind, data):
    (digits / kind).write_bytes(data)
    write_toml(digits, file=kind)
    with pytest.raises(InvalidModel, match=kind):
        load_model(digits)


def test_a_folder_that_is_no_saved_model_is_refused(digits):
    (digits / "digits").mkdir()
    (digits / "digits" / "saved_model.pb").write_bytes(b"x")
    write_toml(digits, file="digits")
    with pytest.raises(InvalidModel, match="digits cannot be loaded"):
        load_model(digits)


def test_a_file_of_another_kind_is_named_with_those_that_are_read(digits):
    (digits / "digits.pt").write_bytes(b"x")
    write_toml(digits, file="digits.pt")
    with pytest.raises(
        InvalidModel, match=r"a file that ends in \.tflite, \.keras, \.h5, \.onnx, or the folder of a SavedModel"
    ):
        load_package(digits)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param({"input_px": 32}, r"takes 28 x 28 x 1 numbers, and not one picture of 32 x 32 x 1", id="size"),
        pytest.param({"channels": 3}, r"not one picture of 28 x 28 x 3. Correct input_px or channels", id="colour"),
        pytest.param({"output": "logits"}, 'gives probabilities: they add up to 1. Write output = "prob', id="output"),
        pytest.param({"input_px": 28.5}, "input_px is 28.5; it must be a whole number from 8 to 4096", id="half"),
        pytest.param({"channels": 2}, "channels is 2; it must be 1 or 3", id="two channels"),
        pytest.param({"channels": True}, "channels is True; it must be 1 or 3", id="true is no number"),
        pytest.param(
            {"black": "dark"}, "black is 'dark'; it must be a number, or a list with one per channel", id="black"
        ),
        pytest.param({"white": [1.0, 1.0]}, "white is .* a list with one per channel", id="white of other channels"),
        pytest.param({"not_a_flower": 1}, "not_a_flower is 1; it must be false or true", id="not a flower"),
        pytest.param({"temperature": 0}, "temperature is 0; it must be a number from 0.01 to 100", id="temperature"),
        pytest.param({"chanels": 1}, "there is no key chanels; the keys are black, channels, file", id="misspelt"),
        pytest.param({"name": "../digits"}, "name is '../digits'; it must be a text of small letters", id="name"),
        pytest.param({"version": "1/2"}, "version is '1/2'; it must be a text of letters", id="version"),
    ],
)
def test_a_model_toml_that_is_wrong_is_named(digits, changes, sentence):
    write_toml(digits, **changes)
    with pytest.raises(InvalidModel, match=sentence):
        load_model(digits)


@pytest.mark.parametrize("name", ["", ".", "..", "../digits.h5", "/etc/passwd", ".digits.h5"])
def test_a_file_outside_the_folder_is_refused(digits, name):
    text = (digits / "model.toml").read_text()
    (digits / "model.toml").write_text(text.replace('file = "digits.h5"', f'file = "{name}"'))
    with pytest.raises(InvalidModel, match="it must be the name of a file in the same folder"):
        load_package(digits)


def test_a_folder_in_place_of_labels_is_refused(digits):
    (digits / "labels.csv").unlink()
    (digits / "labels.csv").mkdir()
    write_toml(digits)
    with pytest.raises(InvalidModel, match=r"labels\.csv cannot be opened: Is a directory"):
        load_package(digits)


def test_logits_that_are_called_probabilities_are_refused(tmp_path):
    folder = digit_package(tmp_path / "digits", net=digit_net(activation=None))
    with pytest.raises(
        InvalidModel, match=r'which are no probabilities of one taxon among all. Write output = "logits" in model.toml'
    ):
        load_model(folder)
    write_toml(folder, output="logits")
    assert load_model(folder).package.name == "digits"


def test_a_network_with_two_inputs_is_refused(tmp_path):
    import keras

    a, b = keras.Input((SIDE_PX, SIDE_PX, 1)), keras.Input((SIDE_PX, SIDE_PX, 1))
    both = keras.layers.Dense(10, activation="softmax")(keras.layers.Flatten()(keras.layers.Add()([a, b])))
    folder = digit_package(tmp_path / "digits", file="digits.keras", net=keras.Model([a, b], both))
    with pytest.raises(InvalidModel, match="has 2 inputs; it must have one, the picture"):
        load_model(folder)


def test_a_grey_network_may_lack_its_one_channel(tmp_path, photo):
    import keras

    dense = keras.layers.Dense(10, activation="softmax")
    flat = keras.Sequential([keras.Input((SIDE_PX, SIDE_PX)), keras.layers.Flatten(), dense])
    dense.set_weights([kernel(), np.zeros(10, np.float32)])
    lacking = load_model(digit_package(tmp_path / "flat", net=flat)).recognise(photo)
    assert lacking.flowers.taxa == load_model(digit_package(tmp_path / "digits")).recognise(photo).flowers.taxa


# --- labels.csv


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("taxon,family\na,b\n", "has no column dutch, english, genus, scientific_name; c", id="few"),
        pytest.param("taxon;family\na;b\n", "columns are separated by commas", id="semicolons"),
        pytest.param(f"{HEAD}\nunknown,A,B,C,d,e\n", "'unknown' is kept for flowers without a name", id="unknown"),
        pytest.param(f"{HEAD}\nnot-flower,A,B,C,d,e\n", 'write in model.toml where it stands: not_a_', id="no flower"),
        pytest.param(f"{HEAD}\na,,B,C,d,e\n", "a needs a taxon, a scientific name, a family", id="no name"),
        pytest.param(f"{HEAD}\n", "has no taxa", id="empty"),
        pytest.param(f"{HEAD}\na,A,B,C,d,e\na,A,B,C,d,e\n", "has the taxon 'a' 2 times", id="twice"),
        pytest.param(
            f"{HEAD}\nrosa,Rosa canina,Rosa,C,d,e\nb,Rosa rugosa,Rosa,C,d,e\n",
            "'rosa' is Rosa canina, but flowers that are named only as Rosa get that name too",
            id="called like the genus",
        ),
        pytest.param(f"{HEAD}\na,A,B,C,caf\udce9,e\n", "cannot be read: .* Save it as CSV in UTF-8", id="not UTF-8"),
    ],
)  # fmt: skip
def test_a_labels_csv_that_is_wrong_is_named(digits, text, sentence):
    (digits / "labels.csv").write_bytes(text.encode("utf-8", "surrogateescape"))
    write_toml(digits)
    with pytest.raises(InvalidModel, match=sentence):
        load_package(digits)


def test_columns_that_a_person_may_leave_out_have_their_usual_value(digits):
    label = load_package(digits).labels[0]
    assert (label.rank, label.floral_unit, label.flowering_months, label.status_nl) == ("species", "flower", "", "")


def test_a_labels_csv_from_a_spreadsheet_may_begin_with_a_mark(digits):
    (digits / "labels.csv").write_bytes(b"\xef\xbb\xbf" + (digits / "labels.csv").read_bytes())
    write_toml(digits)
    assert load_package(digits).labels[0].taxon == "nul"


def test_the_same_network_in_another_file_has_the_same_scores(packages, photo):
    taxa = [load_model(packages[kind]).recognise(photo).flowers.taxa for kind in KINDS]
    for other in taxa[1:]:
        for a, b in zip(taxa[0], other, strict=True):
            assert [score.taxon for score in a] == [score.taxon for score in b]
            np.testing.assert_allclose([s.score for s in a], [s.score for s in b], rtol=1e-3)
