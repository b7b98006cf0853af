"""Titles to pick from at onboarding: a few picks reveal most of a taste.

Rashid et al. (IUI 2002) compare which titles to ask about first: popular ones are known but reveal
little, divisive ones reveal much but are often unknown; balancing popularity and spread works best.
So each language contributes its best known titles, and of those the list takes dissimilar ones.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import ceil

from index.query import Filter, Hit, Query
from recommend import queries
from recommend.diversity import Candidate, Caps, diversify
from recommend.ranking import RankingFeatures
from vocabulary.arrays import Matrix
from vocabulary.ids import Region, TitleId

CANDIDATES_PER_PLACE = 5
MIN_LANGUAGE_WEIGHT = 0.1  # so that each language gets a place
ONBOARDING_CAPS = Caps(franchise=0.0, director=0.05, language=1.0, genre=0.25)
POPULARITY_SHARE = 0.5  # the rest is dissimilarity to the titles above


def language_shares(
    requested: Sequence[str], preferred: Mapping[str, float], regional: Mapping[str, float]
) -> dict[str, float]:
    """Return languages and their shares: the requested ones, else those of the profile.

    Without either, those of the region (language to weight).
    """
    chosen = dict.fromkeys(requested, 1.0) or {
        code: each for code, each in preferred.items() if each > 0
    }
    weights = {code: max(each, MIN_LANGUAGE_WEIGHT) for code, each in (chosen or regional).items()}
    return {code: weight / sum(weights.values()) for code, weight in weights.items()}


def candidate_queries(
    region: Region, shares: Mapping[str, float], filter: Filter, *, k: int
) -> list[Query]:
    """Return queries for the best known titles of each language, and last of any language."""
    own = [
        queries.best_known(
            region,
            replace(filter, languages=frozenset({code})),
            k=CANDIDATES_PER_PLACE * ceil(share * k),
        )
        for code, share in shares.items()
    ]
    return [*own, queries.best_known(region, filter, k=CANDIDATES_PER_PLACE * k)]


def select_titles(
    shares: Mapping[str, float],
    results: Sequence[Sequence[Hit]],
    *,
    features_of: Callable[[TitleId], RankingFeatures | None],
    vectors: Callable[[Sequence[TitleId]], Matrix],
    k: int,
) -> list[Hit]:
    """Return `k` of the results, alternating between the languages by their shares.

    If the languages have fewer, the best known titles of any language follow.
    """
    turns: list[tuple[float, Hit]] = []
    for (code, share), hits in zip(shares.items(), results, strict=False):
        own = [
            hit for hit in hits if (known := features_of(hit.title_id)) and known.language == code
        ]
        chosen = _select_diverse(own, features_of, vectors, k=ceil(share * k))
        turns += [((place + 0.5) / share, hit) for place, hit in enumerate(chosen)]
    by_turns = [hit for _, hit in sorted(turns, key=lambda turn: turn[0])][:k]
    shown = {hit.title_id for hit in by_turns}
    others = [hit for hit in results[-1] if hit.title_id not in shown]
    return by_turns + _select_diverse(others, features_of, vectors, k=k - len(by_turns))


def _select_diverse(
    hits: Sequence[Hit],
    features_of: Callable[[TitleId], RankingFeatures | None],
    vectors: Callable[[Sequence[TitleId]], Matrix],
    *,
    k: int,
) -> list[Hit]:
    """Return some of the hits, well known and dissimilar, the best first."""
    known = [(hit, each) for hit in hits if (each := features_of(hit.title_id))]
    if not known:
        return []
    candidates = [
        Candidate(
            title_id=hit.title_id,
            score=hit.score,
            directors=each.directors,
            franchise=each.franchise,
            genre=each.genres[0] if each.genres else "",
        )
        for hit, each in known
    ]
    selected = diversify(
        candidates,
        vectors([hit.title_id for hit, _ in known]),
        k=k,
        caps=ONBOARDING_CAPS,
        relevance_share=POPULARITY_SHARE,
    )
    return [known[position][0] for position in selected]
