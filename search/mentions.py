"""People named in a query, and how sure it is that they are meant."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from index.query import TitleId
from search import phonetic
from search.aliases import CERTAIN, DOUBTFUL, meant
from search.known import Person, Vocabulary
from search.lexicon import ORDINARY
from search.words import Word

LONGEST_NAME = 4  # words
WORD_IN_NAMES = 3  # titles; a word that so many are called by is no name of a person alone
SHORTEST_PART = 4  # letters
SHORTEST_SOUND = 5  # letters
PROMINENT = 3  # titles; fewer do not make a part of a name somebody's
APART = 3  # times as many titles as the next who bears the name


class Certainty(IntEnum):
    """How sure it is that somebody is meant."""

    DOUBTFUL = 1  # a word as well
    PARTIAL = 2  # one word of a name
    PROBABLE = 3  # a name of one word, or a name with a slip
    CERTAIN = 4  # a whole name, or a short one that nobody else has


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody named by so many words of the query."""

    words: int
    name: str  # folded
    titles: frozenset[TitleId]
    certainty: Certainty


ShortNames = dict[str, tuple[str, ...]]


def _by_form(table: ShortNames) -> ShortNames:
    """Return who is meant by a short name as written, and as it sounds."""
    forms: ShortNames = {}
    for alias, names in table.items():
        spoken = phonetic.key(alias).replace(" ", "")
        for form in _forms(alias.replace(" ", ""), spoken):
            forms.setdefault(form, names)
    return forms


def _forms(written: str, spoken: str) -> list[str]:
    """Return what to look a short name up by; little of a short one is left of its sound."""
    return [written] if len(spoken) < SHORTEST_SOUND else [written, spoken]


def _by_loose_form(table: ShortNames) -> ShortNames:
    """Return who is meant by a short name as Tamil would write it."""
    sounds = {alias: phonetic.key(alias).replace(" ", "") for alias in table}
    return {
        phonetic.loose(spoken): table[alias]
        for alias, spoken in sounds.items()
        if len(spoken) >= SHORTEST_SOUND
    }


SHORT_NAMES = _by_form(meant(CERTAIN))
LOOSE_SHORT_NAMES = _by_loose_form(meant(CERTAIN))
AMBIGUOUS_NAMES = _by_form(meant(DOUBTFUL))
ORDINARY_SOUNDS = frozenset(map(phonetic.key, ORDINARY))


def mention(words: Sequence[Word], vocabulary: Vocabulary, *, exactly: bool) -> Mention | None:
    """Return who is named by the first words, by as many of them as possible.

    `exactly`: only by a whole name of several words, as in a long description.
    """
    for length in range(min(LONGEST_NAME, len(words)), 1 if exactly else 0, -1):
        found = _named(words[:length], vocabulary, exactly=exactly)
        if found is not None:
            return found
    return None


def _named(words: Sequence[Word], vocabulary: Vocabulary, *, exactly: bool) -> Mention | None:
    spoken = "".join(word.key for word in words).replace(" ", "")
    if not spoken:
        return None
    short = _short(SHORT_NAMES, spoken, words, vocabulary)
    if short is not None:
        return short
    whole = _whole(words, vocabulary, exactly=exactly)
    ambiguous = _short(AMBIGUOUS_NAMES, spoken, words, vocabulary)
    found = [each for each in (whole, ambiguous) if each is not None]
    if found:
        return max(found, key=lambda each: len(each.titles))
    if not all(word.folded.isascii() for word in words):
        short = _short(LOOSE_SHORT_NAMES, phonetic.loose(spoken), words, vocabulary)
    return short or (_part(words[0], vocabulary) if len(words) == 1 else None)


def _short(
    table: ShortNames, spoken: str, words: Sequence[Word], vocabulary: Vocabulary
) -> Mention | None:
    forms = _forms("".join(word.folded for word in words), spoken)
    names = next((table[form] for form in forms if form in table), ())
    known = [person for name in names if (person := vocabulary.person(name)) is not None]
    if not known:
        return None
    person = max(known, key=lambda each: len(each.titles))
    certainty = Certainty.CERTAIN
    if table is AMBIGUOUS_NAMES:
        certainty = Certainty.DOUBTFUL
    elif len(words) == 1 and words[0].key in phonetic.key(person.name).split():
        certainty = Certainty.PROBABLE  # a given name, which others have too
    return _mention(words, [person], certainty)


def _whole(words: Sequence[Word], vocabulary: Vocabulary, *, exactly: bool) -> Mention | None:
    people = vocabulary.people(words)
    if not people or (exactly and not people[0].exact):
        return None
    several = len(words) > 1 or " " in people[0].name
    if several:
        return _mention(words, people, Certainty.CERTAIN if people[0].exact else Certainty.PROBABLE)
    if not people[0].exact and _titles(people) < PROMINENT:
        return None
    return _mention(words, people, _of_one_word(words[0], people, vocabulary))


def _of_one_word(word: Word, people: Sequence[Person], vocabulary: Vocabulary) -> Certainty:
    if is_word(word, vocabulary) or any(each.name in ORDINARY for each in people):
        return Certainty.DOUBTFUL
    return Certainty.PROBABLE


def _part(word: Word, vocabulary: Vocabulary) -> Mention | None:
    """Return who is known by this one word of a name, if somebody is far more than others."""
    if len(word.key) < SHORTEST_PART or is_word(word, vocabulary):
        return None
    bearers = sorted(vocabulary.bearers(word), key=lambda each: -len(each.titles))
    if not bearers or len(bearers[0].titles) < PROMINENT:
        return None
    if len(bearers) > 1 and len(bearers[0].titles) < APART * len(bearers[1].titles):
        return None
    return _mention([word], bearers[:1], Certainty.PARTIAL)


def is_word(word: Word, vocabulary: Vocabulary) -> bool:
    """Tell whether a word is a word or a name in plots, whoever may be called so."""
    return word.key in ORDINARY_SOUNDS or vocabulary.in_names(word) >= WORD_IN_NAMES


def _mention(words: Sequence[Word], people: Sequence[Person], certainty: Certainty) -> Mention:
    best = max(people, key=lambda each: (len(each.titles), each.name))
    return Mention(
        len(words), best.name, frozenset().union(*(each.titles for each in people)), certainty
    )


def _titles(people: Sequence[Person]) -> int:
    return max(len(each.titles) for each in people)


NO_VOWELS = frozenset("aeiouy")
SHORT_WORDS = frozenset({"om", "jr", "de", "la", "le", "al", "di", "da", "ed", "jo", "bo", "li"})


def shown(name: str) -> str:
    """Return a folded name as people write it.

    >>> shown("ss rajamouli"), shown("om puri"), shown("ntr")
    ('SS Rajamouli', 'Om Puri', 'NTR')
    """
    return " ".join(_capitalised(word, first=at == 0) for at, word in enumerate(name.split()))


def _capitalised(word: str, *, first: bool) -> str:
    initials = len(word) <= 3 and NO_VOWELS.isdisjoint(word) and word not in SHORT_WORDS
    if initials or (first and len(word) == 2 and word not in SHORT_WORDS):
        return word.upper()
    return word[:1].upper() + word[1:]
