"""`rasika search`: the search box in the terminal."""

from collections.abc import Sequence

from rich.table import Table

from api.metrics import Metrics
from api.schemas.search import SearchResponse
from catalog import genres, languages
from config.resources import open_resources
from config.settings import Settings
from index.query import Filter
from runtime.catalogue_view import create_catalogue_view
from scripts.cli.console import out
from services import search as search_service
from services import seeding
from vocabulary.ids import Region


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
        result = search_service.search(
            view,
            Metrics(),
            query=search_service.analyze(view, resources.embedder, text),
            filter=title_filter,
            region=region,
            limit=limit,
            offset=0,
            has_embedder=resources.embedder is not None,
        )
    _print_result(result)


def _print_result(result: SearchResponse) -> None:
    if result.chips:
        out.print(f"understood: {', '.join(chip.label for chip in result.chips)}", markup=False)
    if result.relaxed:
        relaxed = ", ".join(chip.label for chip in result.relaxed)
        out.print(f"ignored, because no title matches everything: {relaxed}", markup=False)
    if result.did_you_mean:
        out.print(f"did you mean: {result.did_you_mean.title}", markup=False)
    table = Table("score", "title", "", "year", "language", "genres", box=None)
    for card in result.items:
        table.add_row(
            f"{card.score:.3f}",
            card.title,
            card.original_title if card.original_title != card.title else "",
            str(card.year or ""),
            languages.language_name(card.language) if card.language else "",
            ", ".join(card.genres),
        )
    out.print(table)
