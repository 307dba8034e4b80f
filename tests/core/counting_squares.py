"""A recogniser without networks: it reads off a made photo how many flowers of which kind it shows.

Photos are plain JPEGs whose colour says it, so that any process can say what the right count is.
"""

from __future__ import annotations

import time
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageStat

from core.photo.reading import Photo
from core.recognition.flowers import Flowers, TaxonScore
from core.recognition.network import Network
from core.recognition.package import Calibration, ModelPackage
from core.recognition.recogniser import Recognition
from core.recognition.taxa import Label

LABELS = (
    Label("oxeye-daisy", "Leucanthemum vulgare", "species", "Leucanthemum", "Asteraceae", "oxeye daisy",
          "gewone margriet", "flower head", "5-8", "native"),
    Label("=cmd", "Rosa rugosa", "species", "Rosa", "Rosaceae", "=HYPERLINK rose", "rimpelroos", "flower", "", ""),
)  # fmt: skip

PACKAGE = ModelPackage(
    directory=Path("models/squares"),
    name="squares",
    version="1",
    labels=LABELS,
    detector=Network(Path("detector.tflite"), 64),
    classifier=Network(Path("classifier.tflite"), 64),
    calibration=Calibration(0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0),
    default_threshold=0.5,
    recall=1.0,
    kinds=len(LABELS),
)

STEP = 24


def photo_of(flowers: int, *, kind: int = 0, number: int = 0) -> bytes:
    """A JPEG that shows 0 to 10 flowers of a kind; each number gives other bytes."""
    file = BytesIO()
    colour = (flowers * STEP, kind * 200, 40)
    Image.new("RGB", (32 + number % 16, 32 + number // 16), colour).save(file, "JPEG", quality=95)
    return file.getvalue()


class Squares:
    """Counts what photo_of made. seconds: how long a photo takes. broken: raises on photos of so many flowers."""

    package = PACKAGE

    def __init__(self, *, seconds: float = 0.0, broken: int | None = None) -> None:
        self.seconds = seconds
        self.broken = broken
        self.seen = 0

    def recognise(self, photo: Photo) -> Recognition:
        time.sleep(self.seconds)
        self.seen += 1
        red, green, _ = ImageStat.Stat(photo.picture).mean
        count = round(float(red) / STEP)
        if count == self.broken:
            raise ZeroDivisionError("a bug")
        left = np.arange(count, dtype=np.float32)
        boxes = np.stack([left, left, left + 1, left + 1], axis=1).reshape(count, 4)
        taxon = LABELS[round(float(green) / 200)].taxon
        return Recognition(
            Flowers(boxes, np.full(count, 0.99, np.float32), ((TaxonScore(taxon, 0.97),),) * count), flag=""
        )
