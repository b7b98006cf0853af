"""The query of each feature: what it asks of the index, and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from index.query import Boosts, Filter, Query
from vocabulary.arrays import Vector
from vocabulary.ids import Region, TitleId
from vocabulary.kinds import Kind, Space

# Boosts are on the scale of a cosine, -1..1.
TRENDING_POPULARITY_BOOST = 0.4
TRENDING_REGIONAL_BOOST = 0.6
TRENDING_FRESHNESS_BOOST = 0.5
HOT_FRESHNESS_BOOST = 3.0  # two years on, still more than all fame
HOT_POPULARITY_BOOST = 0.2
HOT_REGIONAL_BOOST = 0.2
SIMILAR_POPULARITY_BOOST = 0.03

MIN_CRITICS_RATING = 7.8  # 0..10
MIN_FAVOURITE_RATING = 7.0  # 0..10
MIN_CRITICS_VOTES = 100  # fewer are somebody's friends
MIN_FAVOURITE_VOTES = 1000


def trending(region: Region, filter: Filter, *, k: int) -> Query:
    """Ask for what is well known in the region, the newer the better."""
    boosts = Boosts(
        popularity=TRENDING_POPULARITY_BOOST,
        regional={region: TRENDING_REGIONAL_BOOST},
        freshness=TRENDING_FRESHNESS_BOOST,
    )
    return Query(filter=filter, boosts=boosts, k=k)


def whats_hot(region: Region, filter: Filter, *, k: int) -> Query:
    """Ask for what is new, the well known first."""
    boosts = Boosts(
        popularity=HOT_POPULARITY_BOOST,
        regional={region: HOT_REGIONAL_BOOST},
        freshness=HOT_FRESHNESS_BOOST,
    )
    return Query(filter=filter, boosts=boosts, k=k)


def best_known(region: Region, filter: Filter, *, k: int) -> Query:
    """Ask for what is well known, whatever its age."""
    boosts = Boosts(
        popularity=TRENDING_POPULARITY_BOOST, regional={region: TRENDING_REGIONAL_BOOST}
    )
    return Query(filter=filter, boosts=boosts, k=k)


def critics_choice(region: Region, filter: Filter, *, k: int) -> Query:
    """Ask for what is rated very high, by more than a few."""
    high = replace(filter, min_rating=MIN_CRITICS_RATING, min_votes=MIN_CRITICS_VOTES)
    return best_known(region, high, k=k)


def user_favourites(region: Region, filter: Filter, *, k: int) -> Query:
    """Ask for what is rated high by very many."""
    many = replace(filter, min_rating=MIN_FAVOURITE_RATING, min_votes=MIN_FAVOURITE_VOTES)
    return best_known(region, many, k=k)


def similar_to(title_id: TitleId, vector: Vector, filter: Filter, *, k: int) -> Query:
    """Ask for what is near the title's own vector, the title itself left out."""
    others = replace(filter, exclude=filter.exclude | {title_id})
    return Query(
        vector=vector,
        space=Space.CONTENT,
        filter=others,
        boosts=Boosts(popularity=SIMILAR_POPULARITY_BOOST),
        k=k,
    )


@dataclass(frozen=True, slots=True)
class RowPlan:
    """A row of a homepage before it is filled."""

    key: str
    title: str
    query: Query
    anchor_id: TitleId | None = None  # what all of it is like


def homepage_rows(
    region: Region,
    region_name: str,
    *,
    language_weights: Mapping[str, float],
    languages: Mapping[str, str],
    genres: Mapping[str, str],
    filter: Filter,
    k: int,
) -> list[RowPlan]:
    """Return the rows of a page, in order; `languages` and `genres` map codes to labels.

    What is watched most in the region (`watched`: language to weight) comes first.
    """
    by_weight = sorted(languages, key=lambda code: -language_weights.get(code, 0.0))
    rows = [
        RowPlan("trending", f"Trending in {region_name}", trending(region, filter, k=k)),
        RowPlan("whats_hot", "What's hot", whats_hot(region, filter, k=k)),
    ]
    in_language = [
        RowPlan(
            f"language:{code}",
            f"{languages[code]} cinema",
            best_known(region, _movies_in(filter, code), k=k),
        )
        for code in by_weight
    ]
    acclaimed = [
        RowPlan("critics_choice", "Critics' choice", critics_choice(region, filter, k=k)),
        RowPlan("user_favourites", "Loved by viewers", user_favourites(region, filter, k=k)),
    ]
    in_genre = [
        RowPlan(
            f"genre:{slug}",
            label,
            best_known(region, replace(filter, genres_any=frozenset({slug})), k=k),
        )
        for slug, label in genres.items()
    ]
    in_kind = [
        RowPlan(
            f"kind:{kind}",
            label,
            best_known(region, replace(filter, kinds=frozenset({kind})), k=k),
        )
        for kind, label in ((Kind.SERIES, "Series"), (Kind.ANIME, "Anime"))
    ]
    return [*rows, *in_language[:2], *acclaimed, *in_language[2:], *in_kind, *in_genre]


@dataclass(frozen=True, slots=True)
class Anchor:
    """A title that a row is built around, and what the row is called."""

    title_id: TitleId
    heading: str
    vector: Vector


def personal_rows(
    region: Region,
    anchors: Sequence[Anchor],
    *,
    languages: Sequence[str],
    heading: str,
    filter: Filter,
    k: int,
) -> list[RowPlan]:
    """Return the rows that are one person's: what is like titles that he liked, his languages.

    `heading` is that of the row of languages.
    """
    rows = [
        RowPlan(
            f"because:{each.title_id}",
            each.heading,
            similar_to(each.title_id, each.vector, filter, k=k),
            anchor_id=each.title_id,
        )
        for each in anchors
    ]
    if languages:
        own = replace(filter, languages=frozenset(languages))
        rows.append(RowPlan("languages", heading, trending(region, own, k=k)))
    return rows


def _movies_in(filter: Filter, language: str) -> Filter:
    return replace(filter, kinds=frozenset({Kind.MOVIE}), languages=frozenset({language}))
