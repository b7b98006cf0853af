"""Moods by name or in everyday words, with the vector that a feed leans to."""

from embeddings.embedder import Embedder
from recommend import moods
from recommend.moods import MoodTarget
from runtime.result_cache import ResultCache


class UnknownMood(ValueError):
    """No mood has this name."""


def resolve_mood(text: str, embedder: Embedder | None, cache: ResultCache) -> MoodTarget | None:
    """Return the mood that a text names, None for an empty text; vectors are cached.

    Raises `UnknownMood`.
    """
    if not text.strip():
        return None
    rasa = moods.parse_mood(text)
    if rasa is None:
        raise UnknownMood(text)
    if embedder is None:
        return MoodTarget(rasa, None)
    vectors = cache.get_or_compute("rasas", lambda: moods.mood_vectors(embedder))
    return MoodTarget(rasa, vectors[rasa])
