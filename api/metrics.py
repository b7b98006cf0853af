"""What Prometheus reads, one registry per application."""

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """Requests by route, steps down by cause, what viewers did, and the size of the index."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Histogram(
            "rasika_request_seconds",
            "Time to answer a request",
            ["method", "route", "status"],
            buckets=BUCKETS_S,
            registry=self.registry,
        )
        self.degraded = Counter(
            "rasika_degraded_total",
            "Answers that had to do without something",
            ["without"],
            registry=self.registry,
        )
        self.searches_dropped = Counter(
            "rasika_searches_dropped_total",
            "Searches and clicks that were not kept: too many at once, or PostgreSQL away",
            registry=self.registry,
        )
        self.interactions = Counter(
            "rasika_interactions_total",
            "What viewers did, as far as it was stored",
            ["event"],
            registry=self.registry,
        )
        self.index_titles = Gauge(
            "rasika_index_titles", "Titles in the index of this process", registry=self.registry
        )
        self.index_unconfirmed_s = Gauge(
            "rasika_index_unconfirmed_seconds",
            "Since PostgreSQL last confirmed that the index misses nothing",
            registry=self.registry,
        )
        self.is_listening = Gauge(
            "rasika_change_log_heard",
            "1 where PostgreSQL tells this process of changes; 0: it looks for them by itself",
            registry=self.registry,
        )

    def exposition(self) -> bytes:
        """Return the metrics in Prometheus' text form."""
        return generate_latest(self.registry)


class TimingMiddleware:
    """ASGI middleware that times requests; routes are named by their pattern, not by their ids."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._requests = metrics.requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request and count it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = time.perf_counter()
        try:
            await self._app(scope, receive, watched)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            taken = time.perf_counter() - began
            self._requests.labels(scope["method"], route, str(status)).observe(taken)
