"""What feeds are like beside what they find: told to administrators and to Prometheus."""

import secrets
from collections.abc import Sequence
from hashlib import blake2b
from uuid import UUID

import numpy as np
from prometheus_client import CollectorRegistry, Gauge, Summary

from api.schemas.feed import FeedMetricsResponse
from index.query import Filter
from recommend import metrics, queries
from recommend.explanations import liked_title_ids
from runtime.catalogue_reader import freshness
from runtime.catalogue_view import CatalogueView
from services.feed import FeedResult, content_vectors
from vocabulary.ids import TitleId
from vocabulary.kinds import ScopeKind

DIGEST_BYTES = 16
MAX_EXPECTED_TITLES = 100  # titles: what somebody who knew nothing of a person would show him


class FeedMetrics:
    """The feeds that a process gave, as they are measured; see `recommend.metrics`.

    Nobody's number is kept: people are told apart by a digest that says nothing elsewhere.
    """

    def __init__(self, registry: CollectorRegistry, catalogue: CatalogueView) -> None:
        self._catalogue = catalogue
        self._secret = secrets.token_bytes(DIGEST_BYTES)
        self._observed = metrics.RecentLists()
        self._summaries = {
            name: Summary(f"rasika_feed_{name}", about, registry=registry)
            for name, about in (
                ("intra_list_diversity", "Mean distance of the titles of a feed, 0..2"),
                ("novelty_bits", "Mean self-information of the titles of a feed, bits"),
                ("serendipity", "Share of a feed that is unexpected and near to what is liked"),
                ("freshness", "Mean freshness of the titles of a feed, 0..1"),
            )
        }
        Gauge(
            "rasika_feed_coverage",
            "Share of the catalogue in the latest feeds of the last people of this process",
            registry=registry,
        ).set_function(lambda: self._observed.coverage(len(catalogue.titles)))
        Gauge(
            "rasika_feed_personalisation",
            "How unlike each other the latest feeds of people are, 0..1",
            registry=registry,
        ).set_function(self._observed.personalisation)

    def observe(self, viewer_id: UUID | None, result: FeedResult) -> dict[str, float]:
        """Count a feed and return what it is like by itself."""
        ids = [item.hit.title_id for item in result.items]
        measures = self._measure(ids, result)
        for name, summary in self._summaries.items():
            summary.observe(measures[name])
        if viewer_id is not None:
            self._observed.add(self._alias(viewer_id), ids)
        return measures

    def summarize(self, measures: dict[str, float]) -> FeedMetricsResponse:
        """Return the measures of a feed, and beside them those of all together."""
        return FeedMetricsResponse(
            **measures,
            coverage=self._observed.coverage(len(self._catalogue.titles)),
            personalisation=self._observed.personalisation(),
        )

    def forget(self, viewer_id: UUID) -> None:
        """Forget what somebody was given."""
        self._observed.add(self._alias(viewer_id), ())

    def _alias(self, viewer_id: UUID) -> bytes:
        return blake2b(viewer_id.bytes, key=self._secret, digest_size=DIGEST_BYTES).digest()

    def _measure(self, ids: Sequence[TitleId], result: FeedResult) -> dict[str, float]:
        live = self._catalogue
        listings = [each for title_id in ids if (each := live.titles.get(title_id))]
        known = [each.popularity.get((ScopeKind.GLOBAL, ""), 0.0) for each in listings]
        own = content_vectors(live, ids)
        liked = content_vectors(live, liked_title_ids(result.context.title_states))
        return {
            "intra_list_diversity": metrics.intra_list_diversity(own),
            "novelty_bits": metrics.novelty(np.array(known)),
            "serendipity": metrics.serendipity(
                ids, own, expected=self._expected_titles(result), liked=liked
            ),
            "freshness": metrics.freshness(np.array([freshness(each) for each in listings])),
        }

    def _expected_titles(self, result: FeedResult) -> frozenset[TitleId]:
        region, live = result.context.region, self._catalogue
        query = queries.best_known(region, Filter(), k=MAX_EXPECTED_TITLES)
        return live.result_cache.get_or_compute(
            ("expected", region),
            lambda: frozenset(hit.title_id for hit in live.index.search(query)),
        )
