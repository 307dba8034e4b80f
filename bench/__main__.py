"""Measure, print."""

from __future__ import annotations

import sys

from bench.pipeline import compare_speed, memory_over_many
from bench.start import health_after_start
from bench.uploads import memory_of_a_drop

for measure in (health_after_start, memory_over_many, memory_of_a_drop, compare_speed):
    sys.stdout.write(measure() + "\n")
    sys.stdout.flush()
