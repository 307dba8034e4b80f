"""Run the measurements and print them."""

from __future__ import annotations

import sys

from bench.large_photos import seams_and_memory_of_large_photos
from bench.peer import compare_with_yolo
from bench.pipeline import compare_speed, memory_over_many
from bench.scale import pages_of_many
from bench.small_files import memory_of_small_files
from bench.start import health_after_start
from bench.strangers import memory_of_strangers
from bench.uploads import memory_of_a_drop

MEASURES = (
    health_after_start,
    memory_over_many,
    memory_of_a_drop,
    memory_of_strangers,
    memory_of_small_files,
    seams_and_memory_of_large_photos,
    pages_of_many,
    compare_speed,
    compare_with_yolo,
)

for measure in MEASURES:
    sys.stdout.write(measure() + "\n")
    sys.stdout.flush()
