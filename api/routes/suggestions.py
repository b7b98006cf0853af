"""What may be meant, while it is being typed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.cpu_limiter import CpuLimiterDep
from api.params import CatalogueViewDep, TextListParam
from api.region_detection import RegionDep
from api.routes.search import MAX_QUERY_CHARACTERS
from api.schemas.titles import ListResponse, json_response
from catalog import languages, regions
from search.suggestions.highlight import Span, highlight_spans
from search.suggestions.suggestion import MAX_TYPED_LETTERS as LONGEST_TYPED
from search.suggestions.suggestion import (
    SuggestedPerson,
    Suggestion,
    SuggestionKind,
    SuggestionRequest,
    Topic,
)
from services.suggestion_topics import region_topics
from vocabulary.kinds import Kind
from vocabulary.name_folding import fold
from vocabulary.title_summary import TitleSummary
from vocabulary.writing_systems import script_of

MAX_SUGGESTIONS = 20  # suggestions in one answer; more would be a page of results
DEFAULT_SUGGESTIONS = 8  # what fits on a phone above its keyboard
MAX_POPULAR_QUERIES = 50  # searches of a region
LATIN_SCRIPT = "Latn"

router = APIRouter(prefix="/api/search", tags=["search"])


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionCard:
    """Something to choose while typing; what does not belong to its kind is none.

    `text` is in the script that was typed, where the name is known in it; `highlight` are the
    parts of it that were typed, in code points; `query` is what to search for when it is chosen.
    """

    kind: SuggestionKind
    text: str
    query: str
    highlight: list[Span]
    id: int | str | None = None
    title: str | None = None
    title_kind: Kind | None = None
    year: int | None = None
    language: str | None = None
    poster_url: str | None = None


@router.get("/suggest", operation_id="search_suggest", response_model=ListResponse[SuggestionCard])
async def list_suggestions(
    request: Request,
    catalogue: CatalogueViewDep,
    region: RegionDep,
    cpu_limiter: CpuLimiterDep,
    q: Annotated[
        str,
        Query(
            description="what was typed so far, in any script",
            examples=["baahu", "బాహు"],
            max_length=MAX_QUERY_CHARACTERS,
        ),
    ] = "",
    limit: Annotated[int, Query(ge=1, le=MAX_SUGGESTIONS)] = DEFAULT_SUGGESTIONS,
    language: Annotated[
        TextListParam, Query(description="ISO 639-1, preferred where much fits")
    ] = [],  # noqa: B006  # FastAPI copies it
) -> Response:
    """Suggest titles, people, genres, languages and queries for what is being typed."""
    popular = request.app.state.popular.of(region)[:MAX_POPULAR_QUERIES]
    typed = SuggestionRequest(
        folded=fold(q[:LONGEST_TYPED]),
        region=regions.known_region(region),
        languages=dict.fromkeys(map(languages.normalise_code, language), 1.0),
    )
    return await cpu_limiter.run(
        lambda: json_response(
            ListResponse[SuggestionCard](
                items=_suggestion_cards(
                    catalogue.suggester.suggest(
                        typed, topics=region_topics(typed.region, tuple(popular)), limit=limit
                    ),
                    typed.text,
                ),
                total=None,
                limit=limit,
                offset=0,
            )
        )
    )


def _suggestion_cards(suggestions: Sequence[Suggestion], typed_text: str) -> list[SuggestionCard]:
    script = script_of(typed_text)
    return [_suggestion_card(each.subject, typed_text, script) for each in suggestions]


def _suggestion_card(
    subject: TitleSummary | SuggestedPerson | Topic, typed_text: str, script: str
) -> SuggestionCard:
    if isinstance(subject, TitleSummary):
        text = _name_in_script(subject, script)
        return SuggestionCard(
            kind=SuggestionKind.TITLE,
            text=text,
            query=text,
            highlight=highlight_spans(text, typed_text),
            id=subject.id,
            title=subject.title,
            title_kind=subject.kind,
            year=subject.year,
            language=subject.language,
            poster_url=subject.poster_url,
        )
    if isinstance(subject, SuggestedPerson):
        spans = highlight_spans(subject.name, typed_text)
        return SuggestionCard(
            kind=SuggestionKind.PERSON, text=subject.name, query=subject.name, highlight=spans
        )
    text = _topic_text(subject, script)
    spans = highlight_spans(text, typed_text)
    return SuggestionCard(
        kind=subject.kind, text=text, query=text, highlight=spans, id=_topic_id(subject)
    )


def _name_in_script(listing: TitleSummary, script: str) -> str:
    """Return a title's name in a script where it has one, else the one it is known by."""
    if script == LATIN_SCRIPT:
        return listing.title
    written = (listing.original_title or listing.title, *listing.names)
    return next((name for name in written if script_of(name) == script), listing.title)


def _topic_text(topic: Topic, script: str) -> str:
    inside = languages.language_of_script(script)
    if topic.kind is SuggestionKind.LANGUAGE and inside in languages.HOME_LANGUAGES:
        return languages.language_name(topic.id, in_language=inside)
    return topic.text


def _topic_id(topic: Topic) -> str | None:
    return None if topic.kind is SuggestionKind.QUERY else topic.id
