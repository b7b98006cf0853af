"""People named in a query, and how sure it is that they are meant."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from index.query import TitleId
from search.names import phonetic
from search.names.tokenizer import Word
from search.parsing.entity_dictionary import Vocabulary
from search.parsing.lexicon import ORDINARY
from search.parsing.person_aliases import CERTAIN, DOUBTFUL, meant
from search.parsing.person_index import TAMIL, Likeness, Person
from search.parsing.phrase_table import NOTHING, WRITTEN, Role

LONGEST_NAME = 4  # words
WORD_IN_NAMES = 3  # titles; a word that so many are called by is no name of a person alone
GENITIVES = ("inte", "yude", "யின்", "ின்", "யோட", "ിന്റെ", "യുടെ", "ുടെ", "ರ")
SHORTEST_PART = 4  # letters
SHORTEST_SOUND = 5  # letters
SHORTEST_WHOLE = 7  # letters of a name in several words, unless it is written the same
TITLES_PER_NAME = 4  # of a star; some titles are named after one
LONG = 9  # letters of a name that nobody else and nothing else has
FEWEST = 2  # titles of somebody with one name
WELL_KNOWN = 5  # titles; whoever has one name and fewer may as well be a character
TITLES_PER_WELL_KNOWN = 8000  # of a catalogue: one title more to be well known in it
NAMES_PER_TITLE = 2  # of somebody; what occurs in more names is a word and nobody's name
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
    known: bool  # so well that no character is meant
    title: bool = False  # a title has the same name


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
        loose: table[alias]
        for alias, spoken in sounds.items()
        if len(loose := phonetic.loose(spoken)) >= SHORTEST_SOUND
    }


def _with_own_names(table: ShortNames) -> ShortNames:
    """Return a table in which each spelling of a long name stands for all of them."""
    own = {name: names for names in table.values() for name in names if len(name) >= LONG}
    return own | table


SHORT_NAMES = _by_form(_with_own_names(meant(CERTAIN)))
LOOSE_SHORT_NAMES = _by_loose_form(meant(CERTAIN))
AMBIGUOUS_NAMES = _by_form(meant(DOUBTFUL))
ORDINARY_SOUNDS = frozenset(map(phonetic.key, ORDINARY))


def mention(words: Sequence[Word], vocabulary: Vocabulary) -> Mention | None:
    """Return who is named by the first words, by as many of them as possible."""
    for length in range(min(LONGEST_NAME, len(words)), 0, -1):
        said = words[:length]
        if Role.FILLER in WRITTEN.get(said[-1].folded, NOTHING):
            continue
        found = _named(said, vocabulary)
        if found is None and (owner := _owner(said[-1])) is not None:
            found = _named([*said[:-1], owner], vocabulary)
        if found is not None:
            return replace(found, title=vocabulary.title(said) is not None)
    return None


def _owner(word: Word) -> Word | None:
    """Return a word without its ending of the genitive, if it has one: Mohanlal's."""
    folded = word.folded
    if folded.endswith("s") and word.end - word.start == len(folded) + 1:
        bare = folded[:-1]
    else:
        endings = (each for each in GENITIVES if folded.endswith(each))
        bare = folded.removesuffix(next(endings, ""))
    if bare == folded or len(bare) < SHORTEST_PART:
        return None
    return Word(word.start, word.end, bare, phonetic.key(bare))


def written_mention(words: Sequence[Word], vocabulary: Vocabulary) -> Mention | None:
    """Return who is named by the first words in full, as in a long description."""
    for length in range(min(LONGEST_NAME, len(words)), 1, -1):
        person = vocabulary.person(" ".join(word.folded for word in words[:length]))
        if person is not None and len(person.titles) >= PROMINENT:
            return _mention(words[:length], [person], Certainty.CERTAIN, vocabulary)
    return None


def _named(words: Sequence[Word], vocabulary: Vocabulary) -> Mention | None:
    spoken = "".join(word.key for word in words).replace(" ", "")
    if sum(letter.isalpha() for letter in spoken) < 2 or words[0].folded.isdecimal():
        return None
    short = _short(SHORT_NAMES, spoken, words, vocabulary)
    if short is not None:
        return short
    people = vocabulary.people(words)
    tamil = any(word.folded[0] in TAMIL for word in words)
    if tamil and not (people and people[0].likeness >= Likeness.SPOKEN):
        short = _short(LOOSE_SHORT_NAMES, phonetic.loose(spoken), words, vocabulary)
    if short is not None:
        return short
    ambiguous = _short(AMBIGUOUS_NAMES, spoken, words, vocabulary)
    found = [each for each in (_whole(words, people, vocabulary), ambiguous) if each is not None]
    if found:
        return max(found, key=lambda each: len(each.titles))
    return _part(words[0], vocabulary) if len(words) == 1 else None


def _short(
    table: ShortNames, spoken: str, words: Sequence[Word], vocabulary: Vocabulary
) -> Mention | None:
    forms = ("".join(word.folded for word in words), spoken)
    names = next((table[form] for form in forms if form in table), ())
    known = [person for name in names if (person := vocabulary.person(name)) is not None]
    if not known:
        return None
    certainty = Certainty.CERTAIN
    if table is AMBIGUOUS_NAMES:
        certainty = Certainty.DOUBTFUL
    elif len(words) == 1 and any(words[0].key in phonetic.key(name).split() for name in names):
        certainty = Certainty.PROBABLE  # a given name, which others have too
    return _mention(words, known, certainty, vocabulary)


def _whole(
    words: Sequence[Word], people: Sequence[Person], vocabulary: Vocabulary
) -> Mention | None:
    if not people:
        return None
    likeness = people[0].likeness
    if likeness < Likeness.SPOKEN:
        people = [max(people, key=lambda each: len(each.titles))]
    if len(words) > 1 or any(" " in each.name for each in people):
        several = len(words) > 1 and likeness >= Likeness.SPOKEN
        short = sum(len(word.key) for word in words) < SHORTEST_WHOLE
        if short and likeness < Likeness.WRITTEN:
            return None
        certainty = Certainty.CERTAIN if several and not short else Certainty.PROBABLE
        if all(word.key in ORDINARY_SOUNDS for word in words) and not well_known(
            people, vocabulary
        ):
            certainty = Certainty.DOUBTFUL
        return _mention(words, people, certainty, vocabulary)
    if _titles(people) < (PROMINENT if likeness < Likeness.WRITTEN else FEWEST):
        return None
    if vocabulary.in_names(words[0]) > NAMES_PER_TITLE * _titles(people):
        return None
    return _mention(words, people, _of_one_word(words[0], people, vocabulary), vocabulary)


def _of_one_word(word: Word, people: Sequence[Person], vocabulary: Vocabulary) -> Certainty:
    if any(each.name in ORDINARY for each in people) or is_word(word, people, vocabulary):
        return Certainty.DOUBTFUL
    known = well_known(people, vocabulary)
    alike = people[0].likeness >= Likeness.SPOKEN and len(word.folded) >= SHORTEST_PART
    if known and alike:
        return Certainty.PROBABLE
    return Certainty.DOUBTFUL if people[0].likeness is Likeness.WRITTEN else Certainty.PARTIAL


def well_known(people: Sequence[Person], vocabulary: Vocabulary) -> bool:
    """Tell whether somebody has so many titles that he is meant before any character."""
    return _titles(people) >= max(WELL_KNOWN, len(vocabulary) // TITLES_PER_WELL_KNOWN)


def _part(word: Word, vocabulary: Vocabulary) -> Mention | None:
    """Return who is known by this one word of a name, if somebody is far more than others."""
    if len(word.key) < SHORTEST_PART or word.key in ORDINARY_SOUNDS:
        return None
    bearers = sorted(vocabulary.bearers(word), key=lambda each: -len(each.titles))
    if not bearers or len(bearers[0].titles) < PROMINENT:
        return None
    if len(bearers) > 1 and len(bearers[0].titles) < APART * len(bearers[1].titles):
        return None
    if is_word(word, (), vocabulary):
        return None
    return _mention([word], bearers[:1], Certainty.PARTIAL, vocabulary)


def is_word(word: Word, people: Sequence[Person], vocabulary: Vocabulary) -> bool:
    """Tell whether a word is one in plots and titles, more than these people's name."""
    occurs = vocabulary.in_names(word)
    return word.key in ORDINARY_SOUNDS or occurs >= max(
        WORD_IN_NAMES, _titles(people) // TITLES_PER_NAME
    )


def _mention(
    words: Sequence[Word],
    people: Sequence[Person],
    certainty: Certainty,
    vocabulary: Vocabulary,
) -> Mention:
    best = max(people, key=lambda each: (len(each.titles), each.name))
    titles: frozenset[TitleId] = frozenset().union(*(each.titles for each in people))
    known = well_known(people, vocabulary)
    return Mention(len(words), best.name, titles, certainty, known)


def _titles(people: Sequence[Person]) -> int:
    return max((len(each.titles) for each in people), default=0)


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
