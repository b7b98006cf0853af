"""What the words of the lexicon mean, looked up longest first, as written or by their sound."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

from search.names import phonetic
from search.names.tokenizer import Word, words_of
from search.parsing import lexicon
from search.parsing.mood_lexicon import MOODS


class Role(StrEnum):
    """What a phrase does in a query."""

    FILM = "film"
    FILMS = "films"
    KIND = "kind"
    LANGUAGE = "language"
    GENRE = "genre"
    GENRES = "genres"  # several films of it
    FILM_GENRE = "film-genre"  # a genre where a word for film follows
    MOOD = "mood"
    AGE = "age"
    PROVIDER = "provider"
    PROVIDER_AFTER_ON = "provider-after-on"
    LIKE_BEFORE = "like-before"
    LIKE_BEFORE_WEAK = "like-before-weak"
    LIKE_AFTER = "like-after"
    BUT = "but"
    FILLER = "filler"
    NOT = "not"  # before what is not wanted
    NOT_AFTER = "not-after"
    PLAIN = "plain"  # words of plots that begin like something else


Meanings = Mapping[Role, str]
"""Roles to what is meant: a code, slugs parted by spaces, or nothing."""

LONGEST = 4  # words of a phrase
SHORTEST_SOUND = 4  # letters; shorter words sound like too many others
BY_SOUND = "~"
SOUTH = "south"


def _entries() -> Iterator[tuple[str, Role, str]]:
    """Yield the lines of the lexicon: phrases, their role and what they mean."""
    yield lexicon.FILM, Role.FILM, ""
    yield lexicon.FILMS, Role.FILMS, ""
    yield lexicon.SOUTH, Role.LANGUAGE, SOUTH
    yield lexicon.OLD, Role.AGE, "old"
    yield lexicon.NEW, Role.AGE, "new"
    yield lexicon.LIKE_BEFORE, Role.LIKE_BEFORE, ""
    yield lexicon.LIKE_BEFORE_WEAK, Role.LIKE_BEFORE_WEAK, ""
    yield lexicon.LIKE_AFTER, Role.LIKE_AFTER, ""
    yield lexicon.BUT, Role.BUT, ""
    yield lexicon.FILLERS, Role.FILLER, ""
    yield lexicon.NOT, Role.NOT, ""
    yield lexicon.NOT_AFTER, Role.NOT_AFTER, ""
    yield lexicon.PLAIN, Role.PLAIN, ""
    yield from ((mood.said, Role.MOOD, key) for key, mood in MOODS.items())
    for role, table in (
        (Role.KIND, lexicon.KINDS),
        (Role.LANGUAGE, lexicon.LANGUAGES),
        (Role.GENRE, lexicon.GENRES),
        (Role.GENRES, lexicon.GENRE_LISTS),
        (Role.FILM_GENRE, lexicon.ONLY_BEFORE_FILM),
        (Role.PROVIDER, lexicon.PROVIDERS),
        (Role.PROVIDER_AFTER_ON, lexicon.PROVIDERS_AFTER_ON),
    ):
        yield from ((said, role, meant) for meant, said in table.items())


def _tables() -> tuple[dict[str, Meanings], dict[str, Meanings]]:
    written: dict[str, dict[Role, str]] = {}
    sounds: dict[str, dict[Role, str]] = {}
    for line, role, meant in _entries():
        for entry in line.split(","):
            phrase = entry.strip()
            words = [word.folded for word in words_of(phrase.removeprefix(BY_SOUND))]
            written.setdefault(" ".join(words), {}).setdefault(role, meant)
            if phrase.startswith(BY_SOUND):
                sounds.setdefault(phonetic.key(" ".join(words)), {}).setdefault(role, meant)
    return dict(written), dict(sounds)


WRITTEN, SOUNDS = _tables()
NOTHING: Meanings = {}


def phrase(words: Sequence[Word]) -> tuple[int, Meanings]:
    """Return how many words from the first on are a phrase of the lexicon, and what it means."""
    for length in range(min(LONGEST, len(words)), 0, -1):
        meanings = _meanings(words[:length])
        if meanings:
            return length, meanings
    return 1, NOTHING


def _meanings(words: Sequence[Word]) -> Meanings:
    folded = " ".join(word.folded for word in words)
    known = WRITTEN.get(folded)
    if known is not None:
        return known
    if folded.isascii() and len(folded) < SHORTEST_SOUND:
        return NOTHING
    heard = SOUNDS.get(" ".join(word.key for word in words), NOTHING)
    # Languages share sounds, not words: Kannada's dog sounds like Hindi's new.
    return heard if folded.isascii() or Role.LANGUAGE in heard else NOTHING


def has_any(meanings: Meanings, roles: Iterable[Role]) -> bool:
    """Tell whether a phrase can play one of these roles."""
    return any(role in meanings for role in roles)
