"""The `mood` parameter: the name of a rasa, or everyday words for it."""

from typing import Annotated

from fastapi import Depends, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError

from api.state import AppStateDep
from recommend.moods import MoodTarget, Rasa
from services.moods import UnknownMood, resolve_mood


async def parse_mood(
    state: AppStateDep,
    mood: Annotated[
        str | None,
        Query(
            max_length=60,
            description="love, laughter, sorrow, anger, courage, fear, disgust, wonder or peace; "
            "or everyday words for it, in any of the languages",
            examples=["feel good"],
        ),
    ] = None,
) -> MoodTarget | None:
    """Return the requested mood.

    Raises `RequestValidationError` for words that name none.
    """
    text, embedder = mood or "", state.resources.embedder
    try:
        return await run_in_threadpool(resolve_mood, text, embedder, state.mood_cache)
    except UnknownMood as error:
        raise RequestValidationError([_unknown_mood_error(text)]) from error


def _unknown_mood_error(text: str) -> dict[str, object]:
    known = ", ".join(Rasa)
    return {
        "type": "mood",
        "loc": ("query", "mood"),
        "msg": f"not a mood; use {known}, or everyday words for one of them",
        "input": text,
    }


MoodDep = Annotated[MoodTarget | None, Depends(parse_mood)]
