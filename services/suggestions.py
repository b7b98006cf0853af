"""Suggestions while typing, as lists show them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from catalog import languages, regions
from runtime.catalogue_view import CatalogueView
from search.suggestions.highlight import Span, highlight_spans
from search.suggestions.suggestion import (
    MAX_TYPED_LETTERS,
    SuggestedPerson,
    Suggestion,
    SuggestionKind,
    SuggestionRequest,
    Topic,
)
from services.suggestion_topics import region_topics
from vocabulary.ids import Region
from vocabulary.kinds import Kind
from vocabulary.name_folding import fold
from vocabulary.title_summary import TitleSummary
from vocabulary.writing_systems import script_of

LATIN_SCRIPT = "Latn"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionCard:
    """Something to choose while typing; fields that do not apply to its kind are none.

    `text` is in the script that was typed, if the name is known in it; `highlight` are its parts
    that match the typed text, in code points; `query` is the text to search for if it is chosen.
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


def suggest(
    catalogue: CatalogueView,
    text: str,
    *,
    region: Region,
    preferred_languages: Iterable[str] = (),
    popular_queries: Sequence[str] = (),
    limit: int,
) -> list[SuggestionCard]:
    """Return what may be meant by a text that is still being typed."""
    request = SuggestionRequest(
        folded=fold(text[:MAX_TYPED_LETTERS]),
        region=regions.known_region(region),
        languages=dict.fromkeys(map(languages.normalise_code, preferred_languages), 1.0),
    )
    topics = region_topics(request.region, tuple(popular_queries))
    suggestions = catalogue.suggester.suggest(request, topics=topics, limit=limit)
    script = script_of(request.text)
    return [_suggestion_card(each, request.text, script) for each in suggestions]


def _suggestion_card(suggestion: Suggestion, typed_text: str, script: str) -> SuggestionCard:
    subject = suggestion.subject
    text = _text_in_script(subject, script)
    title = subject if isinstance(subject, TitleSummary) else None
    return SuggestionCard(
        kind=suggestion.kind,
        text=text,
        query=text,
        highlight=highlight_spans(text, typed_text),
        id=_subject_id(subject),
        title=title.title if title else None,
        title_kind=title.kind if title else None,
        year=title.year if title else None,
        language=title.language if title else None,
        poster_url=title.poster_url if title else None,
    )


def _text_in_script(subject: TitleSummary | SuggestedPerson | Topic, script: str) -> str:
    """Return a name in a script if it is known in it, else the usual one."""
    if isinstance(subject, TitleSummary):
        return _title_in_script(subject, script)
    if isinstance(subject, SuggestedPerson):
        return subject.name
    language = languages.language_of_script(script)
    if subject.kind is SuggestionKind.LANGUAGE and language in languages.HOME_LANGUAGES:
        return languages.language_name(subject.id, in_language=language)
    return subject.text


def _title_in_script(summary: TitleSummary, script: str) -> str:
    if script == LATIN_SCRIPT:
        return summary.title
    names = (summary.original_title or summary.title, *summary.names)
    return next((name for name in names if script_of(name) == script), summary.title)


def _subject_id(subject: TitleSummary | SuggestedPerson | Topic) -> int | str | None:
    if isinstance(subject, SuggestedPerson):
        return None
    is_query = isinstance(subject, Topic) and subject.kind is SuggestionKind.QUERY
    return None if is_query else subject.id
