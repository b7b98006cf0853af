"""The index queries of trending, homepage rows and similar titles."""

from dataclasses import replace

from index.query import Boosts, Filter, Query
from vocabulary.arrays import Vector
from vocabulary.ids import Region, TitleId
from vocabulary.kinds import Space

# Boosts are on the scale of a cosine, -1..1.
TRENDING_POPULARITY_BOOST = 0.4
TRENDING_REGIONAL_BOOST = 0.6
TRENDING_FRESHNESS_BOOST = 0.5
HOT_FRESHNESS_BOOST = 3.0  # after two years still more than any popularity
HOT_POPULARITY_BOOST = 0.2
HOT_REGIONAL_BOOST = 0.2
SIMILAR_POPULARITY_BOOST = 0.03

MIN_CRITICS_RATING = 7.8  # 0..10
MIN_FAVOURITE_RATING = 7.0  # 0..10
MIN_CRITICS_VOTES = 100  # fewer may be friends of the makers
MIN_FAVOURITE_VOTES = 1000


def trending(region: Region, filter: Filter, *, k: int) -> Query:
    """Query for titles well known in the region, newer ones first."""
    boosts = Boosts(
        popularity=TRENDING_POPULARITY_BOOST,
        regional={region: TRENDING_REGIONAL_BOOST},
        freshness=TRENDING_FRESHNESS_BOOST,
    )
    return Query(filter=filter, boosts=boosts, k=k)


def whats_hot(region: Region, filter: Filter, *, k: int) -> Query:
    """Query for new titles, well known ones first."""
    boosts = Boosts(
        popularity=HOT_POPULARITY_BOOST,
        regional={region: HOT_REGIONAL_BOOST},
        freshness=HOT_FRESHNESS_BOOST,
    )
    return Query(filter=filter, boosts=boosts, k=k)


def best_known(region: Region, filter: Filter, *, k: int) -> Query:
    """Query for well known titles of any age."""
    boosts = Boosts(
        popularity=TRENDING_POPULARITY_BOOST, regional={region: TRENDING_REGIONAL_BOOST}
    )
    return Query(filter=filter, boosts=boosts, k=k)


def critics_choice(region: Region, filter: Filter, *, k: int) -> Query:
    """Query for titles rated very high by at least `MIN_CRITICS_VOTES`."""
    high = replace(filter, min_rating=MIN_CRITICS_RATING, min_votes=MIN_CRITICS_VOTES)
    return best_known(region, high, k=k)


def user_favourites(region: Region, filter: Filter, *, k: int) -> Query:
    """Query for titles rated high by at least `MIN_FAVOURITE_VOTES`."""
    many = replace(filter, min_rating=MIN_FAVOURITE_RATING, min_votes=MIN_FAVOURITE_VOTES)
    return best_known(region, many, k=k)


def similar_to(title_id: TitleId, vector: Vector, filter: Filter, *, k: int) -> Query:
    """Query for titles near a title's vector, except the title itself."""
    others = replace(filter, exclude=filter.exclude | {title_id})
    return Query(
        vector=vector,
        space=Space.CONTENT,
        filter=others,
        boosts=Boosts(popularity=SIMILAR_POPULARITY_BOOST),
        k=k,
    )
