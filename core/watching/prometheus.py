"""The figures of metrics.py and of the queue, for Prometheus, on an address of their own: never on the app's port.

What a load balancer or proxy hands on is decided by its port, so no header and no rule can open this one to the web.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from prometheus_client import REGISTRY, start_http_server
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from core import VERSION
from core.bloomcount import Bloomcount
from core.errors import BloomError, StoreError
from core.intake.inbox import Queue
from core.settings import Address

log = logging.getLogger(__name__)


class StoreFigures(Collector):
    """Figures of the whole store, asked for at each look: the queue, and whether the store answers."""

    def __init__(self, bloom: Bloomcount) -> None:
        self._bloom = bloom

    def describe(self) -> list[Metric]:
        """Describe nothing: else the store would be asked before anybody looks."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The queue of a store that answers; of any, whether it does, and version and model of this process."""
        version = {"version": VERSION} | self._model()
        yield InfoMetricFamily("bloom", "Bloomcount and the model in use", value=version)
        up = GaugeMetricFamily("bloom_store_up", "1 when the store answers, else 0")
        try:
            queue = self._bloom.inbox.queue()
        except StoreError:
            up.add_metric([], 0)
        else:
            up.add_metric([], 1)
            waiting = "Photos of this store that wait or are being counted"
            yield GaugeMetricFamily("bloom_queue_photos", waiting, value=queue.waiting)
            oldest = "How long the photo waits that arrived first"
            yield GaugeMetricFamily("bloom_queue_oldest_seconds", oldest, value=age_s(queue))
        yield up

    def _model(self) -> dict[str, str]:
        try:
            package = self._bloom.models.package()
        except BloomError:
            return {"model": "", "model_version": ""}
        return {"model": package.name, "model_version": package.version}


def age_s(queue: Queue) -> float:
    """Seconds that the oldest photo has been waiting; 0 where none waits."""
    return max(0.0, (datetime.now(UTC) - queue.oldest_at).total_seconds()) if queue.oldest_at else 0.0


@contextmanager
def figures_served(bloom: Bloomcount | None, address: Address | None) -> Iterator[None]:
    """Serve the figures at the address while the block runs; an address in use is logged, and nothing else fails.

    bloom: whose store is looked at too, None for this process alone.
    """
    if address is None:
        yield
        return
    figures = StoreFigures(bloom) if bloom else None
    try:
        server, thread = start_http_server(address.port, address.host)
    except OSError as error:
        log.warning("No figures for Prometheus: %s is not free (%s). Set BLOOM_METRICS.", address, error.strerror)
        yield
        return
    if figures:
        REGISTRY.register(figures)
    log.info("Figures for Prometheus are at http://%s/metrics", address)
    try:
        yield
    finally:
        if figures:
            REGISTRY.unregister(figures)
        server.shutdown()
        server.server_close()
        thread.join()
