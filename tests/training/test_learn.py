"""Learning from reviews: new names are given, old ones stay, and worse is not called better."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from core.bloomcount import assemble
from core.recognition.flowers import Flowers, TaxonScore
from core.recognition.loading import load_model
from core.recognition.package import load_package
from core.recognition.taxa import taxa_of
from core.review.agreement import Share
from core.review.lessons import FOLDS, ReviewedPhoto, folds, reviewed_photos
from core.review.proposal import best_threshold, recall_of
from core.review.reviews import Said, save_review
from core.settings import SHIPPED_MODEL, Settings
from core.store.records import Analysis, ReviewedFlower
from tests.survey import library_of, person, photo
from training import detectors, learn, more_finds, more_names
from training.calibration import Seen
from training.dataset import PhotoRow
from training.more_names import Outputs, learn_more, remember
from training.names import LastLayer
from training.side_by_side import Answer, Results, changed, faults, verdict
from training.teaching import reserve

BLOOM = load_package(SHIPPED_MODEL)
TAXA = taxa_of(BLOOM.labels)
NONE = np.empty((0, 4), np.float32)


def reviewed(number: int, *, visit: str, kind: str = "rose") -> ReviewedPhoto:
    return ReviewedPhoto(f"{number:064x}", f"{number}.jpg", "r", visit, NONE, (), NONE, {kind: 1}, 1, False)


def test_the_visits_of_each_taxon_are_in_all_parts_and_none_that_taught_before():
    photos = [
        reviewed(number, visit=f"{kind} {number // 2}", kind=kind)
        for number, kind in enumerate(["rose", "yarrow"] * 40)
    ]
    part_of = folds(photos, ())
    for kind in ("rose", "yarrow"):
        assert sorted(Counter(part for visit, part in part_of.items() if visit.startswith(kind)).values()) == [10] * 4
    taught = {photo.photo_id for photo in photos if part_of[photo.visit] == 0}
    assert set(folds(photos, taught)) == {visit for visit, part in part_of.items() if part}


def clusters(taxa: int, random: np.random.Generator) -> np.ndarray:
    """The middles of taxa in a space in which an old layer tells some of them apart."""
    return random.gamma(1.0, 0.6, (taxa, 1280)).astype(np.float32)


def flowers(middles: np.ndarray, places: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return np.asarray((middles[places] + random.normal(0, 0.5, (len(places), 1280))).clip(0), np.float32)


def old_layer(middles: np.ndarray) -> LastLayer:
    """A layer as a training would leave it: the likeliest of these taxa, and "not a flower" never."""
    kernel = np.column_stack([*(middles - middles.mean(axis=0)), np.zeros(1280)]) / 40
    bias = np.array([*(-0.5 * (middles * (middles - middles.mean(axis=0))).sum(axis=1) / 40), -9.0])
    return LastLayer(kernel.astype(np.float32), bias.astype(np.float32))


def test_new_taxa_get_names_and_taxa_that_the_store_does_not_show_keep_theirs():
    random = np.random.default_rng(3)
    package = replace(BLOOM, labels=BLOOM.labels[:8], kinds=8, other_kind=False)
    outputs = Outputs(package, BLOOM.labels[20:22])
    middles = clusters(10, random)
    old = old_layer(middles[:8])
    shown = np.repeat([0, 1, 2, 8, 9], 40)  # five taxa of the base are not shown
    features = flowers(middles, shown, random)
    memory = remember(features, shown, old, 8, temperature=1.0)
    layer = learn_more(features, shown, features, old, outputs, memory)
    np.testing.assert_array_equal(layer.kernel[:, 3:8], old.kernel[:, 3:8])
    truth = np.repeat(np.arange(10), 30)
    named = (flowers(middles, truth, random) @ layer.kernel + layer.bias).argmax(axis=1)
    right = [float((named[truth == place] == place).mean()) for place in range(10)]
    assert min(right[8:]) > 0.9
    assert min(right[:8]) > 0.9


def test_new_taxa_stand_behind_the_taxa_and_before_the_other_kinds():
    new = replace(BLOOM.labels[0], taxon="new", scientific_name="Nova nova")
    outputs = Outputs(BLOOM, [new])
    assert outputs.labels == (*BLOOM.taxa, new, *BLOOM.labels[BLOOM.kinds :])
    assert outputs.many == len(BLOOM.labels) + 1 + 2
    assert outputs.of("new") == BLOOM.kinds
    assert BLOOM.kinds not in outputs.before


def looked_at(margin: float, *, taxa: int) -> Seen:
    """A photo of the first taxon with one sure flower, that scores so much more for the last."""
    logits = np.zeros((1, taxa + 1), np.float32)
    logits[0, 0], logits[0, taxa - 1], logits[0, -1] = 8, 8 + margin, -8
    row = PhotoRow(
        "p", 400, 300, "s", "g", "first", 1, "all", np.array([[0, 0, 90, 90]], np.float32), None, "calibration"
    )
    return Seen(row, row.boxes_xyxy, np.ones(1, np.float32), logits, logits, np.ones(1, bool))


@pytest.mark.parametrize(
    ("margins", "by"),
    [
        pytest.param([-1.0] * 100, 0.0, id="nothing is lost"),
        pytest.param([-1.0] * 99 + [0.6], 0.0, id="one in a hundred may be lost"),
        pytest.param([-1.0] * 98 + [0.6, 0.9], 0.75, id="the least that keeps enough"),
        pytest.param([9.0] * 100, 0.0, id="no number helps"),
    ],
)
def test_new_names_are_held_back_by_the_least_that_keeps_the_old_ones(margins, by):
    first, new = (replace(BLOOM.labels[place], taxon=taxon) for place, taxon in ((0, "first"), (9, "new")))
    package = replace(BLOOM, labels=(first, *BLOOM.labels[1:4]), kinds=4, other_kind=False)
    photos = [(looked_at(-9.0, taxa=4), looked_at(margin, taxa=5)) for margin in margins]
    assert reserve(photos, package, Outputs(package, [new])) == by


def results(old: int, new: int, *, error: float = 1.0, empty: int = 0) -> Results:
    return Results(Share(old, 200), Share(new, 20), Share(9, 10), Share(9, 10), error, Share(empty, 20))


@pytest.mark.parametrize(
    ("after", "words"),
    [
        pytest.param(results(179, 15), [], id="more names and as good"),
        pytest.param(results(177, 15), [], id="a loss of a point and a half"),
        pytest.param(results(176, 15), ["Of the old taxa 176"], id="a loss of two points"),
        pytest.param(results(180, 15, empty=1), ["photos without flowers"], id="one photo in twenty is five points"),
        pytest.param(results(180, 15, error=1.1), ["Counts are 1.10"], id="counts that are farther off"),
        pytest.param(results(180, 15, empty=3), ["photos without flowers"], id="flowers where there are none"),
        pytest.param(results(180, 0), ["as many as before"], id="nothing gained"),
    ],
)
def test_worse_is_not_called_better(after, words):
    said = faults(results(180, 0), after)
    assert len(said) == len(words)
    assert all(word in sentence for word, sentence in zip(words, said, strict=True))


def test_in_a_store_with_few_photos_of_old_taxa_none_may_be_lost():
    few = [Results(Share(old, 37), Share(15, 20), Share(9, 10), Share(9, 10), 1.0, Share(0, 0)) for old in (36, 35)]
    assert len(faults(*few)) == 1


def test_the_card_says_which_photos_were_lost_and_won_one_by_one():
    photos = [reviewed(number, visit=str(number)) for number in range(4)]
    right, wrong = Answer(1, 1, 1, "rose"), Answer(1, 1, 1, "yarrow")
    lost_and_won = changed(photos, [right, wrong, wrong, right], [wrong, right, right, "cannot be read"], ())
    assert lost_and_won == (1, 2)
    assert "1 wrong that the base named right, and 2 the other way round" in verdict([], *lost_and_won)
    assert changed([replace(one, whole=False) for one in photos], [right] * 4, [wrong] * 4, ()) == (0, 0)


def test_the_threshold_moves_only_where_that_is_surely_better():
    numbers = [2] * 40
    both = [np.array([0.9, 0.6, 0.3], np.float32)] * 40
    assert best_threshold(both, numbers, usual=0.5) == 0.5
    assert 0.3 < best_threshold(both, numbers, usual=0.2) <= 0.6
    crowd = [*both, np.array([0.55] * 60, np.float32)]
    assert best_threshold(crowd, [*numbers, 2], usual=0.5) == 0.5  # one crowded photo does not decide
    assert recall_of([np.array([0.9, 0.6], np.float32)], [3]) == pytest.approx(0.5)


def test_a_review_teaches_names_and_what_was_taken_away(tmp_path):
    library = library_of(tmp_path)
    one = photo("a.jpg", site="dunes")
    boxes = np.array([[0, 0, 10, 10], [20, 0, 30, 10]], np.float32)
    scores = ((TaxonScore("rose", 0.9),), (TaxonScore("rose", 0.9),))
    found = Flowers(boxes, np.array([0.9, 0.8], np.float32), scores)
    library.record([one], [Analysis(one.photo_id, "bloom", "2.0", datetime.now(UTC), 1.0, "", found)], [])
    kept = ReviewedFlower((0.0, 0.0, 10.0, 10.0), "armeria-maritima", 0)
    drawn = ReviewedFlower((5.0, 15.0, 9.0, 20.0), "yarrow", None)
    save_review(library, one.photo_id, Said(flowers=(kept, drawn)), package=BLOOM, by=person("ben"))
    [photo_] = reviewed_photos(library, lambda *_: BLOOM, TAXA)
    assert (photo_.names, photo_.number, photo_.drawn) == (("armeria-maritima", "yarrow"), 2, True)
    assert photo_.rejected_xyxy.tolist() == [[20, 0, 30, 10]]
    assert photo_.visit == "dunes 2026-06-12"


def picture(number: int) -> bytes:
    """One colour, in which there is little to find: looking at many finds takes long."""
    file = BytesIO()
    Image.new("RGB", (128, 96), (20 * number, 120, 60)).save(file, "PNG")
    return file.getvalue()


def test_a_run_that_was_stopped_looks_at_no_photo_twice_and_gives_out_nothing_worse(tmp_path, monkeypatch):
    monkeypatch.setattr(learn, "LEAST_MEASURED", 8)
    monkeypatch.setattr(detectors, "LEAST_DRAWN", 8)
    monkeypatch.setattr(more_names, "_STEPS", 5)
    monkeypatch.setattr(more_names, "_TRIES", 1)
    monkeypatch.setattr(more_names, "_DRAWN", 2)
    monkeypatch.setattr(more_finds, "_STEPS", 2)
    bloom = assemble(Settings(store=str(tmp_path / "store")))
    for number in range(12):
        photo_id = bloom.library.pictures.add(picture(number))
        one = photo(f"{number}.png", photo_id=photo_id, width=128, height=96, site=f"plot {number}")
        nothing = Flowers(NONE, np.empty(0, np.float32), ())
        bloom.library.record([one], [Analysis(photo_id, "bloom", "2.0", datetime.now(UTC), 1.0, "", nothing)], [])
        box = ReviewedFlower((20.0, 20.0, 80.0, 80.0), "armeria-maritima", None)
        save_review(bloom.library, photo_id, Said(flowers=(box,)), package=BLOOM, by=person("ben"))
    work, out = tmp_path / "work", tmp_path / "out"
    first = learn.learn(bloom, SHIPPED_MODEL, work, out)
    kept = {file: file.stat().st_mtime_ns for ending in ("npz", "tflite") for file in work.glob(f"*/**/*.{ending}")}
    looks = [file for file in kept if file.parent.name.startswith("by-")]
    assert len(looks) == 12
    assert len([file for file in kept if file.name.startswith("detector-")]) >= FOLDS
    looks[0].unlink()
    again = learn.learn(bloom, SHIPPED_MODEL, work, out)
    same = {file for file, at in kept.items() if file.stat().st_mtime_ns == at}
    assert same >= {file for file in kept if file.suffix == ".npz" or file.name.startswith("detector-")} - {looks[0]}
    assert looks[0] not in same
    assert (again.version, again.figures) == (first.version, first.figures)
    assert again.reasons
    assert not out.exists()
    package = load_model(again.package).package
    assert package.version == again.version
    assert package.taxa[-1].scientific_name == "Armeria maritima"
    assert len(package.labels) == len(BLOOM.labels) + 1
    card = (again.package / "README.md").read_text("utf-8")
    assert "not better" in card
    assert "average precision" in card
