"""Families as Prometheus and OpenMetrics read them, and the endpoint they are read from (prometheus_client).

Refuses to listen anywhere but where it is told, and to answer anything but ``GET /metrics`` and ``/``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from procwire.metrics.reason import MetricsError
from procwire.metrics.tally import COUNTER, Family

Read = Callable[[], Iterable[Family]]


def library() -> Any:
    """prometheus_client. Raises MetricsError where it is not installed."""
    try:
        import prometheus_client
        import prometheus_client.core
        import prometheus_client.exposition
    except ImportError:
        raise MetricsError("this needs prometheus_client: pip install 'procwire[metrics]'") from None
    return prometheus_client


class Collector:
    """What prometheus_client asks at each scrape."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._core = library().core

    def describe(self) -> list[Any]:
        """Nothing beforehand: the families are known when they are asked for."""
        return []

    def collect(self) -> Iterator[Any]:
        """Each family in the library's words."""
        for family in self._read():
            names = [name for name, _ in next(iter(family.samples), ())]
            made = self._core.CounterMetricFamily if family.kind == COUNTER else self._core.GaugeMetricFamily
            metric = made(family.name, family.doc, labels=names)
            for labels, value in family.samples.items():
                metric.add_metric([value for _, value in labels], value)
            yield metric


def text(read: Read) -> bytes:
    """The exposition format, version 0.0.4."""
    prometheus = library()
    registry = prometheus.CollectorRegistry(auto_describe=False)
    registry.register(Collector(read))
    said: bytes = prometheus.generate_latest(registry)
    return said


def serve(read: Read, address: str, port: int) -> Any:
    """Listen and answer on threads of the library's; ``shutdown`` ends the server. Raises OSError."""
    prometheus = library()
    registry = prometheus.CollectorRegistry(auto_describe=False)
    registry.register(Collector(read))
    server, _ = prometheus.start_http_server(port, addr=address, registry=registry)
    return server
