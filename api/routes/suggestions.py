"""What may be meant, while it is being typed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.cpu_limiter import CoresDep
from api.params import LiveDep, Words
from api.region_detection import RegionDep
from api.routes.search import LONGEST
from api.schemas.titles import Listed, rendered
from catalog import languages, regions
from db.title_summaries import TitleSummary
from search.suggestions.highlight import Span, highlights
from search.suggestions.suggester import LONGEST as LONGEST_TYPED
from search.suggestions.suggester import Person, Suggestion, Topic, Typed, What
from services.suggestion_topics import topics
from vocabulary.kinds import Kind
from vocabulary.name_folding import fold
from vocabulary.writing_systems import script_of

MOST = 20  # suggestions in one answer; more would be a page of results
FEW = 8  # what fits on a phone above its keyboard
POPULAR = 50  # searches of a region
LATIN = "Latn"

router = APIRouter(prefix="/api/search", tags=["search"])


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionShown:
    """Something to choose while typing; what does not belong to its kind is none.

    `text` is in the script that was typed, where the name is known in it; `highlight` are the
    parts of it that were typed, in code points; `query` is what to search for when it is chosen.
    """

    kind: What
    text: str
    query: str
    highlight: list[Span]
    id: int | str | None = None
    title: str | None = None
    title_kind: Kind | None = None
    year: int | None = None
    language: str | None = None
    poster_url: str | None = None


@router.get("/suggest", operation_id="search_suggest", response_model=Listed[SuggestionShown])
async def suggest(
    request: Request,
    live: LiveDep,
    region: RegionDep,
    cores: CoresDep,
    q: Annotated[
        str,
        Query(
            description="what was typed so far, in any script",
            examples=["baahu", "బాహు"],
            max_length=LONGEST,
        ),
    ] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = FEW,
    language: Annotated[Words, Query(description="ISO 639-1, preferred where much fits")] = [],  # noqa: B006  # FastAPI copies it
) -> Response:
    """Suggest titles, people, genres, languages and queries for what is being typed."""
    popular = request.app.state.popular.of(region)[:POPULAR]
    typed = Typed(
        folded=fold(q[:LONGEST_TYPED]),
        region=regions.known_region(region),
        languages=dict.fromkeys(map(languages.normalise_code, language), 1.0),
    )
    return await cores.run(
        lambda: rendered(
            Listed[SuggestionShown](
                items=_shown(
                    live.suggester.suggest(
                        typed, topics=topics(typed.region, tuple(popular)), limit=limit
                    ),
                    typed.text,
                ),
                total=None,
                limit=limit,
                offset=0,
            )
        )
    )


def _shown(found: Sequence[Suggestion], typed: str) -> list[SuggestionShown]:
    script = script_of(typed)
    return [_shown_one(each.of, typed, script) for each in found]


def _shown_one(of: TitleSummary | Person | Topic, typed: str, script: str) -> SuggestionShown:
    if isinstance(of, TitleSummary):
        text = _name(of, script)
        return SuggestionShown(
            kind=What.TITLE,
            text=text,
            query=text,
            highlight=highlights(text, typed),
            id=of.id,
            title=of.title,
            title_kind=of.kind,
            year=of.year,
            language=of.language,
            poster_url=of.poster_url,
        )
    if isinstance(of, Person):
        spans = highlights(of.name, typed)
        return SuggestionShown(kind=What.PERSON, text=of.name, query=of.name, highlight=spans)
    text = _topic(of, script)
    spans = highlights(text, typed)
    return SuggestionShown(kind=of.what, text=text, query=text, highlight=spans, id=_id(of))


def _name(listing: TitleSummary, script: str) -> str:
    """Return a title's name in a script where it has one, else the one it is known by."""
    if script == LATIN:
        return listing.title
    written = (listing.original_title or listing.title, *listing.names)
    return next((name for name in written if script_of(name) == script), listing.title)


def _topic(topic: Topic, script: str) -> str:
    inside = languages.language_of_script(script)
    if topic.what is What.LANGUAGE and inside in languages.HOME_LANGUAGES:
        return languages.language_name(topic.id, inside=inside)
    return topic.text


def _id(topic: Topic) -> str | None:
    return None if topic.what is What.QUERY else topic.id
