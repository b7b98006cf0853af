"""People named in a query, and how sure it is that they are meant."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from search.names import phonetic
from search.names.tokenizer import Word
from search.parsing.entity_dictionary import EntityDictionary
from search.parsing.lexicon import COMMON_NAMES
from search.parsing.person_aliases import AMBIGUOUS_ALIASES, CERTAIN_ALIASES, split_names
from search.parsing.person_index import TAMIL_LETTERS, NameMatchLevel, PersonMatch
from search.parsing.phrase_table import MEANINGS_BY_SPELLING, NO_MEANINGS, PhraseRole
from vocabulary.ids import TitleId

MAX_NAME_WORDS = 4  # words
MIN_TITLES_OF_COMMON_WORD = (
    3  # titles; a word that so many are called by is no name of a person alone
)
GENITIVE_ENDINGS = ("inte", "yude", "யின்", "ின்", "யோட", "ിന്റെ", "യുടെ", "ുടെ", "ರ")
MIN_NAME_PART_LETTERS = 4  # letters
MIN_ALIAS_KEY_LETTERS = 5  # letters
MIN_FULL_NAME_LETTERS = 7  # letters of a name in several words, unless it is written the same
TITLES_PER_NAMESAKE = 4  # of a star; some titles are named after one
MIN_DISTINCTIVE_NAME_LETTERS = 9  # letters of a name that nobody else and nothing else has
MIN_SINGLE_NAME_TITLES = 2  # titles of somebody with one name
MIN_WELL_KNOWN_TITLES = 5  # titles; whoever has one name and fewer may as well be a character
CATALOGUE_TITLES_PER_WELL_KNOWN_TITLE = (
    8000  # of a catalogue: one title more to be well known in it
)
MAX_NAMES_PER_TITLE = 2  # of somebody; what occurs in more names is a word and nobody's name
MIN_PROMINENT_TITLES = 3  # titles; fewer do not make a part of a name somebody's
MIN_PROMINENCE_RATIO = 3  # times as many titles as the next who bears the name


class Certainty(IntEnum):
    """How sure it is that somebody is meant."""

    DOUBTFUL = 1  # a word as well
    PARTIAL = 2  # one word of a name
    PROBABLE = 3  # a name of one word, or a name with a slip
    CERTAIN = 4  # a whole name, or a short one that nobody else has


@dataclass(frozen=True, slots=True)
class PersonMention:
    """Somebody named by so many words of the query."""

    word_count: int
    name: str  # folded
    title_ids: frozenset[TitleId]
    certainty: Certainty
    is_well_known: bool  # so well that no character is meant
    is_title_name: bool = False  # a title has the same name


AliasTable = dict[str, tuple[str, ...]]


def _by_lookup_form(table: AliasTable) -> AliasTable:
    """Return who is meant by a short name as written, and as it sounds."""
    forms: AliasTable = {}
    for alias, names in table.items():
        spoken = phonetic.phonetic_key(alias).replace(" ", "")
        for form in _lookup_forms(alias.replace(" ", ""), spoken):
            forms.setdefault(form, names)
    return forms


def _lookup_forms(spelling: str, alias_key: str) -> list[str]:
    """Return what to look a short name up by; little of a short one is left of its sound."""
    return [spelling] if len(alias_key) < MIN_ALIAS_KEY_LETTERS else [spelling, alias_key]


def _by_loose_key(table: AliasTable) -> AliasTable:
    """Return who is meant by a short name as Tamil would write it."""
    sounds = {alias: phonetic.phonetic_key(alias).replace(" ", "") for alias in table}
    return {
        loose: table[alias]
        for alias, spoken in sounds.items()
        if len(loose := phonetic.loose_key(spoken)) >= MIN_ALIAS_KEY_LETTERS
    }


def _with_spelling_variants(table: AliasTable) -> AliasTable:
    """Return a table in which each spelling of a long name stands for all of them."""
    own = {
        name: names
        for names in table.values()
        for name in names
        if len(name) >= MIN_DISTINCTIVE_NAME_LETTERS
    }
    return own | table


ALIASES_BY_FORM = _by_lookup_form(_with_spelling_variants(split_names(CERTAIN_ALIASES)))
ALIASES_BY_LOOSE_KEY = _by_loose_key(split_names(CERTAIN_ALIASES))
AMBIGUOUS_ALIASES_BY_FORM = _by_lookup_form(split_names(AMBIGUOUS_ALIASES))
COMMON_NAME_KEYS = frozenset(map(phonetic.phonetic_key, COMMON_NAMES))


def find_mention(words: Sequence[Word], entities: EntityDictionary) -> PersonMention | None:
    """Return who is named by the first words, by as many of them as possible."""
    for length in range(min(MAX_NAME_WORDS, len(words)), 0, -1):
        said = words[:length]
        if PhraseRole.FILLER in MEANINGS_BY_SPELLING.get(said[-1].folded, NO_MEANINGS):
            continue
        found = _find_person(said, entities)
        if found is None and (owner := _without_genitive(said[-1])) is not None:
            found = _find_person([*said[:-1], owner], entities)
        if found is not None:
            return replace(found, is_title_name=entities.find_title(said) is not None)
    return None


def _without_genitive(word: Word) -> Word | None:
    """Return a word without its ending of the genitive, if it has one: Mohanlal's."""
    folded = word.folded
    if folded.endswith("s") and word.end - word.start == len(folded) + 1:
        bare = folded[:-1]
    else:
        endings = (each for each in GENITIVE_ENDINGS if folded.endswith(each))
        bare = folded.removesuffix(next(endings, ""))
    if bare == folded or len(bare) < MIN_NAME_PART_LETTERS:
        return None
    return Word(word.start, word.end, bare, phonetic.phonetic_key(bare))


def find_full_name_mention(
    words: Sequence[Word], entities: EntityDictionary
) -> PersonMention | None:
    """Return who is named by the first words in full, as in a long description."""
    for length in range(min(MAX_NAME_WORDS, len(words)), 1, -1):
        person = entities.find_person(" ".join(word.folded for word in words[:length]))
        if person is not None and len(person.title_ids) >= MIN_PROMINENT_TITLES:
            return _build_mention(words[:length], [person], Certainty.CERTAIN, entities)
    return None


def _find_person(words: Sequence[Word], entities: EntityDictionary) -> PersonMention | None:
    spoken = "".join(word.key for word in words).replace(" ", "")
    if sum(letter.isalpha() for letter in spoken) < 2 or words[0].folded.isdecimal():
        return None
    short = _find_alias(ALIASES_BY_FORM, spoken, words, entities)
    if short is not None:
        return short
    people = entities.find_people(words)
    tamil = any(word.folded[0] in TAMIL_LETTERS for word in words)
    if tamil and not (people and people[0].level >= NameMatchLevel.SAME_SOUND):
        short = _find_alias(ALIASES_BY_LOOSE_KEY, phonetic.loose_key(spoken), words, entities)
    if short is not None:
        return short
    ambiguous = _find_alias(AMBIGUOUS_ALIASES_BY_FORM, spoken, words, entities)
    found = [
        each for each in (_match_full_name(words, people, entities), ambiguous) if each is not None
    ]
    if found:
        return max(found, key=lambda each: len(each.title_ids))
    return _match_name_part(words[0], entities) if len(words) == 1 else None


def _find_alias(
    table: AliasTable, joined_key: str, words: Sequence[Word], entities: EntityDictionary
) -> PersonMention | None:
    forms = ("".join(word.folded for word in words), joined_key)
    names = next((table[form] for form in forms if form in table), ())
    known = [person for name in names if (person := entities.find_person(name)) is not None]
    if not known:
        return None
    certainty = Certainty.CERTAIN
    if table is AMBIGUOUS_ALIASES_BY_FORM:
        certainty = Certainty.DOUBTFUL
    elif len(words) == 1 and any(
        words[0].key in phonetic.phonetic_key(name).split() for name in names
    ):
        certainty = Certainty.PROBABLE  # a given name, which others have too
    return _build_mention(words, known, certainty, entities)


def _match_full_name(
    words: Sequence[Word], people: Sequence[PersonMatch], entities: EntityDictionary
) -> PersonMention | None:
    if not people:
        return None
    likeness = people[0].level
    if likeness < NameMatchLevel.SAME_SOUND:
        people = [max(people, key=lambda each: len(each.title_ids))]
    if len(words) > 1 or any(" " in each.name for each in people):
        several = len(words) > 1 and likeness >= NameMatchLevel.SAME_SOUND
        short = sum(len(word.key) for word in words) < MIN_FULL_NAME_LETTERS
        if short and likeness < NameMatchLevel.EXACT:
            return None
        certainty = Certainty.CERTAIN if several and not short else Certainty.PROBABLE
        if all(word.key in COMMON_NAME_KEYS for word in words) and not is_well_known(
            people, entities
        ):
            certainty = Certainty.DOUBTFUL
        return _build_mention(words, people, certainty, entities)
    if _max_title_count(people) < (
        MIN_PROMINENT_TITLES if likeness < NameMatchLevel.EXACT else MIN_SINGLE_NAME_TITLES
    ):
        return None
    if entities.count_titles_with_word(words[0]) > MAX_NAMES_PER_TITLE * _max_title_count(people):
        return None
    return _build_mention(
        words, people, _single_name_certainty(words[0], people, entities), entities
    )


def _single_name_certainty(
    word: Word, people: Sequence[PersonMatch], entities: EntityDictionary
) -> Certainty:
    if any(each.name in COMMON_NAMES for each in people) or is_common_word(word, people, entities):
        return Certainty.DOUBTFUL
    known = is_well_known(people, entities)
    alike = (
        people[0].level >= NameMatchLevel.SAME_SOUND and len(word.folded) >= MIN_NAME_PART_LETTERS
    )
    if known and alike:
        return Certainty.PROBABLE
    return Certainty.DOUBTFUL if people[0].level is NameMatchLevel.EXACT else Certainty.PARTIAL


def is_well_known(people: Sequence[PersonMatch], entities: EntityDictionary) -> bool:
    """Tell whether somebody has so many titles that he is meant before any character."""
    return _max_title_count(people) >= max(
        MIN_WELL_KNOWN_TITLES, len(entities) // CATALOGUE_TITLES_PER_WELL_KNOWN_TITLE
    )


def _match_name_part(word: Word, entities: EntityDictionary) -> PersonMention | None:
    """Return who is known by this one word of a name, if somebody is far more than others."""
    if len(word.key) < MIN_NAME_PART_LETTERS or word.key in COMMON_NAME_KEYS:
        return None
    bearers = sorted(entities.people_with_name_part(word), key=lambda each: -len(each.title_ids))
    if not bearers or len(bearers[0].title_ids) < MIN_PROMINENT_TITLES:
        return None
    if len(bearers) > 1 and len(bearers[0].title_ids) < MIN_PROMINENCE_RATIO * len(
        bearers[1].title_ids
    ):
        return None
    if is_common_word(word, (), entities):
        return None
    return _build_mention([word], bearers[:1], Certainty.PARTIAL, entities)


def is_common_word(word: Word, people: Sequence[PersonMatch], entities: EntityDictionary) -> bool:
    """Tell whether a word is one in plots and titles, more than these people's name."""
    occurs = entities.count_titles_with_word(word)
    return word.key in COMMON_NAME_KEYS or occurs >= max(
        MIN_TITLES_OF_COMMON_WORD, _max_title_count(people) // TITLES_PER_NAMESAKE
    )


def _build_mention(
    words: Sequence[Word],
    people: Sequence[PersonMatch],
    certainty: Certainty,
    entities: EntityDictionary,
) -> PersonMention:
    best = max(people, key=lambda each: (len(each.title_ids), each.name))
    titles: frozenset[TitleId] = frozenset().union(*(each.title_ids for each in people))
    known = is_well_known(people, entities)
    return PersonMention(len(words), best.name, titles, certainty, known)


def _max_title_count(people: Sequence[PersonMatch]) -> int:
    return max((len(each.title_ids) for each in people), default=0)


VOWELS = frozenset("aeiouy")
SHORT_NAME_WORDS = frozenset(
    {"om", "jr", "de", "la", "le", "al", "di", "da", "ed", "jo", "bo", "li"}
)


def display_name(name: str) -> str:
    """Return a folded name as people write it.

    >>> shown("ss rajamouli"), shown("om puri"), shown("ntr")
    ('SS Rajamouli', 'Om Puri', 'NTR')
    """
    return " ".join(_capitalise(word, first=at == 0) for at, word in enumerate(name.split()))


def _capitalise(word: str, *, first: bool) -> str:
    initials = len(word) <= 3 and VOWELS.isdisjoint(word) and word not in SHORT_NAME_WORDS
    if initials or (first and len(word) == 2 and word not in SHORT_NAME_WORDS):
        return word.upper()
    return word[:1].upper() + word[1:]
