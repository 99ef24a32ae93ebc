"""Counts and durations of requests, per route, method and status, for Prometheus."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

if TYPE_CHECKING:
    from starlette.types import Scope

BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class RequestMetrics:
    """The metrics of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ["method", "route", "status"]
        self._requests = Counter("http_requests", "Requests answered", labels, registry=self.registry)
        self._seconds = Histogram(
            "http_request_duration_seconds",
            "Time to answer",
            ["method", "route"],
            buckets=BUCKETS_S,
            registry=self.registry,
        )
        self.outbox_waiting = Gauge(
            "outbox_events_waiting", "Events not yet carried to an inbox", registry=self.registry
        )
        self.inbox_pending = Gauge("inbox_events_pending", "Events waiting for their handler", registry=self.registry)
        self.inbox_dead = Gauge("inbox_events_dead", "Events whose handler gave up", registry=self.registry)
        self.breaker_state = Gauge(
            "vendor_breaker_state",
            "Circuit breaker of a vendor: 0 closed, 1 half open, 2 open",
            ["vendor"],
            registry=self.registry,
        )
        self.vendor_outage = Gauge(
            "vendor_outage", "Whether a vendor can't be used: 1 since a call failed", ["vendor"], registry=self.registry
        )
        self._series = cache(self._make_series)  # looking a series up by its labels costs more than counting in it

    def observe(self, scope: Scope, status: int, seconds: float) -> None:
        """Count one answer. The route's pattern, not its path, is the label: paths carry ids and have no bound."""
        route = scope.get("route")
        count, histogram = self._series(scope["method"], getattr(route, "path", "none"), status)
        count.inc()
        histogram.observe(seconds)

    def _make_series(self, method: str, route: str, status: int) -> tuple[Any, Any]:
        return self._requests.labels(method, route, str(status)), self._seconds.labels(method, route)
