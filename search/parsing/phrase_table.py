"""The phrases of the lexicon and their meanings, looked up by spelling or by sound."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cache

from search.names.phonetic import phonetic_key
from search.names.tokenizer import Word, tokenize
from search.parsing import lexicon
from search.parsing.mood_lexicon import MOOD_ENTRIES


class PhraseRole(StrEnum):
    """The role of a phrase in a query."""

    FILM = "film"
    FILMS = "films"
    KIND = "kind"
    LANGUAGE = "language"
    GENRE = "genre"
    GENRE_PLURAL = "genres"  # several films of a genre
    FILM_GENRE = "film-genre"  # a genre if a word for film follows
    MOOD = "mood"
    AGE = "age"
    PROVIDER = "provider"
    AMBIGUOUS_PROVIDER = "provider-after-on"
    LIKE_BEFORE = "like-before"
    LIKE_BEFORE_WEAK = "like-before-weak"
    LIKE_AFTER = "like-after"
    CONTRAST = "but"
    FILLER = "filler"
    NEGATION_BEFORE = "not"  # before what it excludes
    NEGATION_AFTER = "not-after"
    PLOT_TEXT = "plain"  # plot words that begin like another phrase


FILM_ROLES = (PhraseRole.FILM, PhraseRole.FILMS, PhraseRole.KIND, PhraseRole.GENRE_PLURAL)
LIKE_ROLES = (PhraseRole.LIKE_BEFORE, PhraseRole.LIKE_BEFORE_WEAK, PhraseRole.LIKE_AFTER)

PhraseMeanings = Mapping[PhraseRole, str]
"""Role, to its meaning: a code, space-separated slugs, or nothing."""

PhraseMatch = tuple[int, PhraseMeanings]
"""The number of words of a phrase, and its meanings."""

PhraseTable = Mapping[str, PhraseMeanings]

MAX_PHRASE_WORDS = 4
MIN_KEY_LETTERS = 4  # shorter words sound like too many others
BY_SOUND_MARK = "~"
SOUTH_INDIAN_CODE = "south"


def _lexicon_lines() -> Iterator[tuple[str, PhraseRole, str]]:
    """Yield the lines of the lexicon: phrases, their role and their meaning."""
    yield lexicon.FILM_WORDS, PhraseRole.FILM, ""
    yield lexicon.FILM_PLURALS, PhraseRole.FILMS, ""
    yield lexicon.SOUTH_INDIAN_PHRASES, PhraseRole.LANGUAGE, SOUTH_INDIAN_CODE
    yield lexicon.OLD_FILM_PHRASES, PhraseRole.AGE, "old"
    yield lexicon.NEW_FILM_PHRASES, PhraseRole.AGE, "new"
    yield lexicon.LIKE_BEFORE, PhraseRole.LIKE_BEFORE, ""
    yield lexicon.LIKE_BEFORE_WEAK, PhraseRole.LIKE_BEFORE_WEAK, ""
    yield lexicon.LIKE_AFTER, PhraseRole.LIKE_AFTER, ""
    yield lexicon.CONTRAST_WORDS, PhraseRole.CONTRAST, ""
    yield lexicon.FILLERS, PhraseRole.FILLER, ""
    yield lexicon.NEGATIONS_BEFORE, PhraseRole.NEGATION_BEFORE, ""
    yield lexicon.NEGATIONS_AFTER, PhraseRole.NEGATION_AFTER, ""
    yield lexicon.PLOT_PHRASES, PhraseRole.PLOT_TEXT, ""
    yield from ((mood.phrases, PhraseRole.MOOD, key) for key, mood in MOOD_ENTRIES.items())
    for role, table in (
        (PhraseRole.KIND, lexicon.KINDS),
        (PhraseRole.LANGUAGE, lexicon.LANGUAGES),
        (PhraseRole.GENRE, lexicon.GENRES),
        (PhraseRole.GENRE_PLURAL, lexicon.GENRE_PLURALS),
        (PhraseRole.FILM_GENRE, lexicon.FILM_GENRES),
        (PhraseRole.PROVIDER, lexicon.PROVIDERS),
        (PhraseRole.AMBIGUOUS_PROVIDER, lexicon.AMBIGUOUS_PROVIDERS),
    ):
        yield from ((phrases, role, meaning) for meaning, phrases in table.items())


@cache
def _phrase_tables() -> tuple[PhraseTable, PhraseTable]:
    """Return the meanings of phrases by spelling, and by phonetic key."""
    by_spelling: dict[str, dict[PhraseRole, str]] = {}
    by_sound: dict[str, dict[PhraseRole, str]] = {}
    for line, role, meaning in _lexicon_lines():
        for entry in line.split(","):
            phrase = entry.strip()
            folded = " ".join(word.folded for word in tokenize(phrase.removeprefix(BY_SOUND_MARK)))
            by_spelling.setdefault(folded, {}).setdefault(role, meaning)
            if phrase.startswith(BY_SOUND_MARK):
                by_sound.setdefault(phonetic_key(folded), {}).setdefault(role, meaning)
    return by_spelling, by_sound


NO_MEANINGS: PhraseMeanings = {}


def is_filler(word: Word) -> bool:
    """Return whether a single word is a filler."""
    return PhraseRole.FILLER in _phrase_tables()[0].get(word.folded, NO_MEANINGS)


def match_phrase(words: Sequence[Word]) -> PhraseMatch:
    """Return the longest phrase that the words begin with; a single word if there is none."""
    for length in range(min(MAX_PHRASE_WORDS, len(words)), 0, -1):
        meanings = _look_up(words[:length])
        if meanings:
            return length, meanings
    return 1, NO_MEANINGS


def _look_up(words: Sequence[Word]) -> PhraseMeanings:
    folded = " ".join(word.folded for word in words)
    by_spelling, by_sound = _phrase_tables()
    meanings = by_spelling.get(folded)
    if meanings is not None:
        return meanings
    if folded.isascii() and len(folded) < MIN_KEY_LETTERS:
        return NO_MEANINGS
    meanings = by_sound.get(" ".join(word.key for word in words), NO_MEANINGS)
    # Languages share sounds, not words: Kannada's "dog" sounds like Hindi's "new".
    return meanings if folded.isascii() or PhraseRole.LANGUAGE in meanings else NO_MEANINGS


def has_any(meanings: PhraseMeanings, roles: Iterable[PhraseRole]) -> bool:
    """Return whether a phrase can have one of these roles."""
    return any(role in meanings for role in roles)
