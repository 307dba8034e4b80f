"""Metrics of this process, for Prometheus and the page System.

Prometheus adds up the processes of a store; each counts since it was started.
"""

from __future__ import annotations

import logging

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.metrics import MetricWrapperBase

log = logging.getLogger(__name__)

disable_created_metrics()  # type: ignore[no-untyped-call]

ARRIVED = Counter("bloom_photos_arrived", "Photos that this server took in")
FINISHED = Counter("bloom_photos_finished", "Photos whose result this server stored", ["result"])
SECONDS = Histogram(
    "bloom_stage_seconds", "How long a photo stayed in a stage", ["stage"], buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)
)
S3_ERRORS = Counter("bloom_s3_errors", "Requests to S3 that failed after all tries", ["code"])
CLUSTER_WORKERS = Gauge("bloom_cluster_workers", "Workers of a Ray cluster that count for this command")
CLUSTER_RETRIES = Counter("bloom_cluster_retries", "Photos handed out again, as a worker ended or the store failed")
SIGN_IN_FAILURES = Counter("bloom_sign_in_failures", "Attempts to sign in that were refused", ["reason"])

COUNTED, COUNTED_AGAIN, UNCOUNTED = "counted", "counted again", "could not be counted"
READ, DECODE, RECOGNISE, STORE = "read", "decode", "recognise", "store"
WRONG, SLOWED, DISABLED = "wrong name or password", "too many attempts", "disabled account"

for _metric, _labels in (
    (FINISHED, (COUNTED, COUNTED_AGAIN, UNCOUNTED)),
    (SECONDS, (READ, DECODE, RECOGNISE, STORE)),
    (SIGN_IN_FAILURES, (WRONG, SLOWED, DISABLED)),
):
    for _label in _labels:
        _metric.labels(_label)  # a figure that is not there cannot be told from one that is 0


def refused_sign_in(reason: str, address: str) -> None:
    """Count a refused sign-in and log its address, never its name: people type passwords there."""
    SIGN_IN_FAILURES.labels(reason).inc()
    log.info("A sign-in from %s was refused: %s", address, reason)


def totals(counter: Counter) -> dict[str, int]:
    """Counts by label; under "" where the counter has none."""
    return {label: int(value) for label, value in _values(counter, "_total").items()}


def mean_seconds() -> dict[str, float]:
    """Seconds a photo stays in each stage, on average since the start; stages that no photo has passed are left out.

    Photos are stored together: the seconds of storing are of a batch.
    """
    sums, counts = _values(SECONDS, "_sum"), _values(SECONDS, "_count")
    return {stage: sums[stage] / count for stage, count in counts.items() if count}


def _values(metric: MetricWrapperBase, ending: str) -> dict[str, float]:
    return {
        next(iter(sample.labels.values()), ""): sample.value
        for family in metric.collect()
        for sample in family.samples
        if sample.name.endswith(ending)
    }
