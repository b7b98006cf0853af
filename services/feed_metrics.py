"""Quality measures of the feeds of a process, for Prometheus and administrators."""

import secrets
from collections.abc import Sequence
from hashlib import blake2b
from uuid import UUID

import numpy as np
from prometheus_client import CollectorRegistry, Gauge, Summary

from index.query import Filter
from recommend import metrics, queries
from recommend.explanations import liked_title_ids
from runtime.catalogue_reader import freshness
from runtime.catalogue_view import CatalogueView
from services.feed import FeedResult
from services.title_attributes import content_vectors
from vocabulary.ids import TitleId
from vocabulary.kinds import ScopeKind

DIGEST_BYTES = 16
MAX_EXPECTED_TITLES = 100  # what a feed without personalisation would show


class FeedMetrics:
    """Measures the feeds of this process; see `recommend.metrics`.

    Viewer ids are not stored, only their digest under a secret of the process.
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
            "Share of the catalogue in the latest feeds of this process's viewers",
            registry=registry,
        ).set_function(lambda: self._observed.coverage(len(catalogue.titles)))
        Gauge(
            "rasika_feed_personalisation",
            "Dissimilarity of the latest feeds of different viewers, 0..1",
            registry=registry,
        ).set_function(self._observed.personalisation)

    def observe(self, viewer_id: UUID | None, result: FeedResult) -> dict[str, float]:
        """Count a feed and return its own measures."""
        ids = [item.hit.title_id for item in result.items]
        measures = self._measure(ids, result)
        for name, summary in self._summaries.items():
            summary.observe(measures[name])
        if viewer_id is not None:
            self._observed.add(self._alias(viewer_id), ids)
        return measures

    def with_totals(self, measures: dict[str, float]) -> dict[str, float]:
        """Return a feed's measures with `coverage` and `personalisation` of all feeds."""
        return measures | {
            "coverage": self._observed.coverage(len(self._catalogue.titles)),
            "personalisation": self._observed.personalisation(),
        }

    def forget(self, viewer_id: UUID) -> None:
        """Forget a viewer's feeds."""
        self._observed.add(self._alias(viewer_id), ())

    def _alias(self, viewer_id: UUID) -> bytes:
        return blake2b(viewer_id.bytes, key=self._secret, digest_size=DIGEST_BYTES).digest()

    def _measure(self, ids: Sequence[TitleId], result: FeedResult) -> dict[str, float]:
        catalogue = self._catalogue
        listings = [each for title_id in ids if (each := catalogue.titles.get(title_id))]
        popularity = [each.popularity.get((ScopeKind.GLOBAL, ""), 0.0) for each in listings]
        vectors = content_vectors(catalogue, ids)
        liked = content_vectors(catalogue, liked_title_ids(result.context.title_states))
        return {
            "intra_list_diversity": metrics.intra_list_diversity(vectors),
            "novelty_bits": metrics.novelty(np.array(popularity)),
            "serendipity": metrics.serendipity(
                ids, vectors, expected=self._expected_titles(result), liked=liked
            ),
            "freshness": metrics.freshness(np.array([freshness(each) for each in listings])),
        }

    def _expected_titles(self, result: FeedResult) -> frozenset[TitleId]:
        region, catalogue = result.context.region, self._catalogue
        query = queries.best_known(region, Filter(), k=MAX_EXPECTED_TITLES)
        return catalogue.result_cache.get_or_compute(
            ("expected", region),
            lambda: frozenset(hit.title_id for hit in catalogue.index.search(query)),
        )
