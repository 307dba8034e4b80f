"""Photos of 24 and 100 megapixels through the shipped recogniser: counts, seams, memory."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from core.intake.seams import SEAMS_MAY_CHANGE, SHIFTED_BY
from core.photo.reading import Photo, read_photo
from core.recognition.counting import count_flowers
from core.recognition.recogniser import LONG_SIDE_PX, BloomRecogniser, load_recogniser
from core.settings import SHIPPED_MODEL, PhotoLimits
from tests.core.camera import camera_exif
from tests.core.scenes import meadow

ROOT = Path(__file__).parents[3]
MOST_MB = 1200


def as_read(scene: Image.Image) -> Photo:
    file = BytesIO()
    scene.save(file, "JPEG", quality=90)
    return read_photo(file.getvalue(), name="meadow.jpg", limits=PhotoLimits(200), long_side_px=LONG_SIDE_PX)


def counted(recogniser: BloomRecogniser, photo: Photo) -> int:
    package, (flowers, flag) = recogniser.package, recogniser.recognise(photo)
    return count_flowers(
        flowers,
        package_labels=package.labels,
        threshold=package.default_threshold,
        recall=package.recall,
        widening=package.widening,
        flag=flag,
    ).total.count


@pytest.mark.parametrize(
    ("flowers", "sides_px"),
    [
        pytest.param(150, (100, 220), id="seen in the whole view"),
        pytest.param(120, (50, 90), id="too small for the whole view"),
    ],
)
def test_a_count_hardly_depends_on_where_the_seams_are(flowers, sides_px):
    photo = as_read(meadow(6000, 4000, flowers=flowers, sides_px=sides_px))
    here = counted(load_recogniser(SHIPPED_MODEL), photo)
    there = counted(load_recogniser(SHIPPED_MODEL, grid_shift=SHIFTED_BY), photo)
    assert here == pytest.approx(flowers, rel=0.1)
    assert abs(there - here) <= SEAMS_MAY_CHANGE * here


def test_a_photo_of_100_megapixels_held_sideways_takes_at_most_1200_mb(tmp_path):
    file = tmp_path / "large.jpg"
    Image.new("RGB", (12_000, 8_400), (60, 110, 50)).save(file, "JPEG", exif=camera_exif(orientation=6))
    code = (
        "import sys; from pathlib import Path; from bench.memory import peak_mb;"
        "from core.photo.reading import read_photo;"
        "from core.recognition.recogniser import LONG_SIDE_PX, load_recogniser;"
        "from core.settings import SHIPPED_MODEL, PhotoLimits;"
        "import core.recognition.detector as detector; detector._PROBE_DOUBT = 0;"  # all its pixels are looked at
        "photo = read_photo(Path(sys.argv[1]).read_bytes(), name='x', limits=PhotoLimits(),long_side_px=LONG_SIDE_PX);"
        "load_recogniser(SHIPPED_MODEL).recognise(photo); print(peak_mb(), photo.at_least(10**6).size)"
    )
    out = subprocess.run(
        [sys.executable, "-c", code, file], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    peak, size = out.split(maxsplit=1)
    assert size.strip() == "(8400, 12000)"
    assert 400 < float(peak) <= MOST_MB
