"""Measure, print."""

from __future__ import annotations

import sys

from bench.pipeline import compare_with_bare_networks, memory_over_many
from bench.start import health_after_start
from bench.uploads import memory_of_a_drop

for measure in (health_after_start, compare_with_bare_networks, memory_over_many, memory_of_a_drop):
    sys.stdout.write(measure() + "\n")
    sys.stdout.flush()
