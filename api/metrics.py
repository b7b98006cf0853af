"""Prometheus metrics, one registry per application."""

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from runtime.background import BACKGROUND_FAILURES
from runtime.catalogue_view import CatalogueView

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """Requests by route, degraded answers by cause, interactions, and the state of the index."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(BACKGROUND_FAILURES)
        self.requests = Histogram(
            "rasika_request_seconds",
            "Time to answer a request",
            ["method", "route", "status"],
            buckets=BUCKETS_S,
            registry=self.registry,
        )
        self.degraded = Counter(
            "rasika_degraded_total",
            "Degraded answers, by what was missing",
            ["without"],
            registry=self.registry,
        )
        self.searches_dropped = Counter(
            "rasika_searches_dropped_total",
            "Searches and clicks that were not stored: too many at once, or PostgreSQL away",
            registry=self.registry,
        )
        self.interactions = Counter(
            "rasika_interactions_total",
            "Interactions stored",
            ["event"],
            registry=self.registry,
        )
        self.index_titles = Gauge(
            "rasika_index_titles", "Titles in the index of this process", registry=self.registry
        )
        self.index_unconfirmed_s = Gauge(
            "rasika_index_unconfirmed_seconds",
            "Seconds since PostgreSQL last confirmed that the index is up to date",
            registry=self.registry,
        )
        self.is_listening = Gauge(
            "rasika_change_log_heard",
            "1 if PostgreSQL notifies this process of changes; 0 if it polls for them",
            registry=self.registry,
        )

    def observe_catalogue(self, catalogue: CatalogueView) -> None:
        """Set the gauges of the index, at each scrape."""
        self.index_titles.set(len(catalogue.titles))
        self.index_unconfirmed_s.set(time.monotonic() - catalogue.confirmed_at)
        self.is_listening.set(catalogue.change_listener.is_listening)

    def exposition(self) -> bytes:
        """Return the metrics in Prometheus' text format."""
        return generate_latest(self.registry)
