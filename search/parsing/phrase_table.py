"""What the words of the lexicon mean, looked up longest first, as written or by their sound."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

from search.names import phonetic
from search.names.tokenizer import Word, tokenize
from search.parsing import lexicon
from search.parsing.mood_lexicon import MOOD_ENTRIES


class PhraseRole(StrEnum):
    """What a phrase does in a query."""

    FILM = "film"
    FILMS = "films"
    KIND = "kind"
    LANGUAGE = "language"
    GENRE = "genre"
    GENRE_PLURAL = "genres"  # several films of it
    FILM_GENRE = "film-genre"  # a genre where a word for film follows
    MOOD = "mood"
    AGE = "age"
    PROVIDER = "provider"
    AMBIGUOUS_PROVIDER = "provider-after-on"
    LIKE_BEFORE = "like-before"
    LIKE_BEFORE_WEAK = "like-before-weak"
    LIKE_AFTER = "like-after"
    CONTRAST = "but"
    FILLER = "filler"
    NEGATION_BEFORE = "not"  # before what is not wanted
    NEGATION_AFTER = "not-after"
    PLOT_TEXT = "plain"  # words of plots that begin like something else


PhraseMeanings = Mapping[PhraseRole, str]
"""Roles to what is meant: a code, slugs parted by spaces, or nothing."""

MAX_PHRASE_WORDS = 4  # words of a phrase
MIN_KEY_LETTERS = 4  # letters; shorter words sound like too many others
BY_SOUND_MARK = "~"
SOUTH_INDIAN_CODE = "south"


def _lexicon_lines() -> Iterator[tuple[str, PhraseRole, str]]:
    """Yield the lines of the lexicon: phrases, their role and what they mean."""
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
        yield from ((said, role, meant) for meant, said in table.items())


def _build_tables() -> tuple[dict[str, PhraseMeanings], dict[str, PhraseMeanings]]:
    written: dict[str, dict[PhraseRole, str]] = {}
    sounds: dict[str, dict[PhraseRole, str]] = {}
    for line, role, meant in _lexicon_lines():
        for entry in line.split(","):
            phrase = entry.strip()
            words = [word.folded for word in tokenize(phrase.removeprefix(BY_SOUND_MARK))]
            written.setdefault(" ".join(words), {}).setdefault(role, meant)
            if phrase.startswith(BY_SOUND_MARK):
                sounds.setdefault(phonetic.phonetic_key(" ".join(words)), {}).setdefault(
                    role, meant
                )
    return dict(written), dict(sounds)


MEANINGS_BY_SPELLING, MEANINGS_BY_SOUND = _build_tables()
NO_MEANINGS: PhraseMeanings = {}


def match_phrase(words: Sequence[Word]) -> tuple[int, PhraseMeanings]:
    """Return how many words from the first on are a phrase of the lexicon, and what it means."""
    for length in range(min(MAX_PHRASE_WORDS, len(words)), 0, -1):
        meanings = _look_up(words[:length])
        if meanings:
            return length, meanings
    return 1, NO_MEANINGS


def _look_up(words: Sequence[Word]) -> PhraseMeanings:
    folded = " ".join(word.folded for word in words)
    known = MEANINGS_BY_SPELLING.get(folded)
    if known is not None:
        return known
    if folded.isascii() and len(folded) < MIN_KEY_LETTERS:
        return NO_MEANINGS
    heard = MEANINGS_BY_SOUND.get(" ".join(word.key for word in words), NO_MEANINGS)
    # Languages share sounds, not words: Kannada's dog sounds like Hindi's new.
    return heard if folded.isascii() or PhraseRole.LANGUAGE in heard else NO_MEANINGS


def has_any(meanings: PhraseMeanings, roles: Iterable[PhraseRole]) -> bool:
    """Tell whether a phrase can play one of these roles."""
    return any(role in meanings for role in roles)
