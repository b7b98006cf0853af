"""The mood that is asked for, by the name of a rasa or in everyday words."""

from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError

from api.params import ResourcesDep
from recommend import moods
from recommend.moods import MoodTarget, Rasa
from runtime.result_cache import ResultCache


async def parse_mood(
    request: Request,
    resources: ResourcesDep,
    mood: Annotated[
        str | None,
        Query(
            max_length=60,
            description="love, laughter, sorrow, anger, courage, fear, disgust, wonder or peace; "
            "or what people say of such an evening, in any of the languages",
            examples=["feel good"],
        ),
    ] = None,
) -> MoodTarget | None:
    """Return the mood asked for.

    Raises `RequestValidationError` for words that name none.
    """
    if mood is None or not mood.strip():
        return None
    rasa = moods.parse_mood(mood)
    if rasa is None:
        raise RequestValidationError([_unknown_mood_error(mood)])
    embedder = resources.embedder
    if embedder is None:
        return MoodTarget(rasa, None)
    known: ResultCache = request.app.state.moods
    lies = await run_in_threadpool(
        known.get_or_compute, "rasas", lambda: moods.mood_vectors(embedder)
    )
    return MoodTarget(rasa, lies[rasa])


def _unknown_mood_error(text: str) -> dict[str, object]:
    known = ", ".join(Rasa)
    return {
        "type": "mood",
        "loc": ("query", "mood"),
        "msg": f"names no mood; there are {known}, and everyday words for them",
        "input": text,
    }


MoodDep = Annotated[MoodTarget | None, Depends(parse_mood)]
