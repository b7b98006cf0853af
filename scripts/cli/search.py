"""`rasika search`: the search box in the terminal."""

from collections.abc import Sequence

from rich.table import Table

from catalog import genres, languages
from config.resources import open_resources
from config.settings import Settings
from index.query import Filter
from runtime.catalogue_view import create_catalogue_view
from scripts.cli.console import out
from search.pipeline import SearchResult
from services import search as search_service
from services import seeding
from services.search import SearchRequest
from services.title_cards import TitleCard
from vocabulary.ids import Region
from vocabulary.title_summary import TitleSummary


def search(
    settings: Settings,
    text: str,
    *,
    language_codes: Sequence[str],
    genre_names: Sequence[str],
    region: Region,
    limit: int,
) -> None:
    """Search and print the results."""
    title_filter = Filter(
        languages=frozenset(map(languages.normalise_code, language_codes)),
        genres_any=frozenset(slug for name in genre_names for slug in genres.canonical_slugs(name)),
    )
    with open_resources(settings) as resources:
        if settings.seed:
            seeding.seed_catalogue(resources.engine, resources.embedder)
        view = create_catalogue_view(resources)
        view.load()
        request = SearchRequest(filter=title_filter, region=region, limit=limit)
        query = search_service.analyze(view, resources.embedder, text)
        result = search_service.search(view, query, request)
        cards = search_service.search_cards(view, query, result, request)
        did_you_mean = view.titles.get(result.did_you_mean or 0)
    _print_result(result, cards, did_you_mean)


def _print_result(
    result: SearchResult, cards: Sequence[TitleCard], did_you_mean: TitleSummary | None
) -> None:
    if result.chips:
        out.print(f"understood: {', '.join(chip.label for chip in result.chips)}", markup=False)
    if result.relaxed_chips:
        relaxed = ", ".join(chip.label for chip in result.relaxed_chips)
        out.print(f"ignored, because no title matches everything: {relaxed}", markup=False)
    if did_you_mean:
        out.print(f"did you mean: {did_you_mean.title}", markup=False)
    table = Table("score", "title", "", "year", "language", "genres", box=None)
    for card in cards:
        table.add_row(
            f"{card.score:.3f}",
            card.title,
            card.original_title if card.original_title != card.title else "",
            str(card.year or ""),
            languages.language_name(card.language) if card.language else "",
            ", ".join(card.genres),
        )
    out.print(table)
