"""The rows of a homepage: their queries, and filling them without repeating a title."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from index.query import Filter, Hit, Query, VectorIndex
from recommend import queries
from vocabulary.arrays import Vector
from vocabulary.ids import Region, TitleId
from vocabulary.kinds import Kind

MIN_ROW_TITLES = 3  # a shorter row looks broken and is left out


@dataclass(frozen=True, slots=True)
class RowPlan:
    """A row of a homepage before it is filled."""

    key: str
    title: str
    query: Query
    anchor_id: TitleId | None = None  # title that the row is similar to


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

    Languages come in the order of `language_weights`, the region's weight of each language.
    """
    by_weight = sorted(languages, key=lambda code: -language_weights.get(code, 0.0))
    rows = [
        RowPlan("trending", f"Trending in {region_name}", queries.trending(region, filter, k=k)),
        RowPlan("whats_hot", "What's hot", queries.whats_hot(region, filter, k=k)),
    ]
    in_language = [
        RowPlan(
            f"language:{code}",
            f"{languages[code]} cinema",
            queries.best_known(region, _movies_in(filter, code), k=k),
        )
        for code in by_weight
    ]
    acclaimed = [
        RowPlan("critics_choice", "Critics' choice", queries.critics_choice(region, filter, k=k)),
        RowPlan(
            "user_favourites", "Loved by viewers", queries.user_favourites(region, filter, k=k)
        ),
    ]
    in_genre = [
        RowPlan(
            f"genre:{slug}",
            label,
            queries.best_known(region, replace(filter, genres_any=frozenset({slug})), k=k),
        )
        for slug, label in genres.items()
    ]
    in_kind = [
        RowPlan(
            f"kind:{kind}",
            label,
            queries.best_known(region, replace(filter, kinds=frozenset({kind})), k=k),
        )
        for kind, label in ((Kind.SERIES, "Series"), (Kind.ANIME, "Anime"))
    ]
    return [*rows, *in_language[:2], *acclaimed, *in_language[2:], *in_kind, *in_genre]


@dataclass(frozen=True, slots=True)
class Anchor:
    """A title that a row is similar to, and the heading of the row."""

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
    """Return a viewer's own rows: titles similar to liked ones, and trending in their languages.

    `heading` is that of the row of languages.
    """
    rows = [
        RowPlan(
            f"because:{each.title_id}",
            each.heading,
            queries.similar_to(each.title_id, each.vector, filter, k=k),
            anchor_id=each.title_id,
        )
        for each in anchors
    ]
    if languages:
        own = replace(filter, languages=frozenset(languages))
        rows.append(RowPlan("languages", heading, queries.trending(region, own, k=k)))
    return rows


def _movies_in(filter: Filter, language: str) -> Filter:
    return replace(filter, kinds=frozenset({Kind.MOVIE}), languages=frozenset({language}))


@dataclass(frozen=True, slots=True)
class FilledRow:
    """A filled row."""

    plan: RowPlan
    hits: list[Hit]


def fill_rows(index: VectorIndex, plans: Iterable[RowPlan]) -> list[FilledRow]:
    """Return the rows in order; no row repeats a title of an earlier one."""
    shown: set[TitleId] = set()
    rows = []
    for plan in plans:
        others = replace(plan.query.filter, exclude=plan.query.filter.exclude | shown)
        hits = index.search(replace(plan.query, filter=others))
        if len(hits) >= MIN_ROW_TITLES:
            shown.update(hit.title_id for hit in hits)
            rows.append(FilledRow(plan, hits))
    return rows
