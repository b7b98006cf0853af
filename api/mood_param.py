"""The `mood` parameter: the name of a rasa, or everyday words for it."""

from typing import Annotated

from fastapi import Depends, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError

from api.state import AppStateDep
from recommend import moods
from recommend.moods import MoodTarget, Rasa


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
    if mood is None or not mood.strip():
        return None
    rasa = moods.parse_mood(mood)
    if rasa is None:
        raise RequestValidationError([_unknown_mood_error(mood)])
    embedder = state.resources.embedder
    if embedder is None:
        return MoodTarget(rasa, None)
    vectors = await run_in_threadpool(
        state.mood_cache.get_or_compute, "rasas", lambda: moods.mood_vectors(embedder)
    )
    return MoodTarget(rasa, vectors[rasa])


def _unknown_mood_error(text: str) -> dict[str, object]:
    known = ", ".join(Rasa)
    return {
        "type": "mood",
        "loc": ("query", "mood"),
        "msg": f"not a mood; use {known}, or everyday words for one of them",
        "input": text,
    }


MoodDep = Annotated[MoodTarget | None, Depends(parse_mood)]
