"""Two packages beside each other, on the samples: one dahlia, no flower."""

from dataclasses import replace
from pathlib import Path

from core.recognition.package import load_package
from core.recognition.recogniser import BloomRecogniser
from core.settings import SHIPPED_MODEL
from tests.training.photos import photo
from training.compare import Agreement, agreement

SAMPLES = Path(__file__).parents[2] / "pages" / "parts" / "samples"
PHOTOS = [photo(name=name) for name in ("dahlia.jpg", "temple.jpg")]


def test_a_package_agrees_with_itself_and_not_with_one_that_counts_nothing():
    package = load_package(SHIPPED_MODEL)
    one, blind = BloomRecogniser(package), BloomRecogniser(replace(package, default_threshold=1.0))
    assert agreement(one, one, PHOTOS, SAMPLES) == (Agreement(photos=2, same_count=2, within_one=2, same_name=2), [])
    assert agreement(one, blind, PHOTOS, SAMPLES)[0] == Agreement(photos=2, same_count=1, within_one=2, same_name=1)


def test_it_says_its_shares():
    assert str(Agreement(photos=8, same_count=7, within_one=8, same_name=6)) == (
        "of 8 photos the same count in 87.5 %, within one in 100.0 %, the same name in 75.0 %"
    )
