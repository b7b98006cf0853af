"""People named in a query, and how certain it is that the words mean them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cache

from search.names.phonetic import loose_key, phonetic_key
from search.names.tokenizer import Word
from search.parsing.entity_dictionary import EntityDictionary
from search.parsing.lexicon import COMMON_NAMES
from search.parsing.person_aliases import AMBIGUOUS_ALIASES, CERTAIN_ALIASES, split_names
from search.parsing.person_index import TAMIL_LETTERS, NameMatchLevel, PersonMatch
from search.parsing.phrase_table import is_filler
from vocabulary.ids import TitleId

MAX_NAME_WORDS = 4
MIN_TITLES_OF_COMMON_WORD = 3  # a word in the names of this many titles is not only a name
GENITIVE_ENDINGS = ("inte", "yude", "யின்", "ின்", "யோட", "ിന്റെ", "യുടെ", "ുടെ", "ರ")
MIN_NAME_PART_LETTERS = 4
MIN_ALIAS_KEY_LETTERS = 5
MIN_FULL_NAME_LETTERS = 7  # of a key of several words, unless the spelling is exact
TITLES_PER_NAMESAKE = 4  # of a star: some titles are named after stars
MIN_DISTINCTIVE_NAME_LETTERS = 9  # of a name that belongs to one person only
MIN_SINGLE_NAME_TITLES = 2  # of a person with a single name
MIN_WELL_KNOWN_TITLES = 5  # a single name with fewer may be a character's
CATALOGUE_TITLES_PER_WELL_KNOWN_TITLE = 8000  # in larger catalogues well known takes more
MAX_NAMES_PER_TITLE = 2  # of a person; a word in more title names than this is a common word
MIN_PROMINENT_TITLES = 3  # of a person who can be found by a part of their name
MIN_PROMINENCE_RATIO = 3  # as many titles as the next person with the same name part


class Certainty(IntEnum):
    """How certain it is that words mean a person."""

    DOUBTFUL = 1  # also a common word
    PARTIAL = 2  # one word of a longer name
    PROBABLE = 3  # a name of one word, or a name with a typo
    CERTAIN = 4  # a full name, or an alias of one person only


@dataclass(frozen=True, slots=True)
class PersonMention:
    """A person named by the first words of a query."""

    word_count: int
    name: str  # folded
    title_ids: frozenset[TitleId]
    certainty: Certainty
    is_well_known: bool  # rather than a character
    is_title_name: bool = False  # a title has the same name


AliasTable = dict[str, tuple[str, ...]]


def _by_lookup_form(table: AliasTable) -> AliasTable:
    """Return the names behind aliases, by spelling and, if it is long enough, by phonetic key."""
    forms: AliasTable = {}
    for alias, names in table.items():
        forms.setdefault(alias.replace(" ", ""), names)
        key = phonetic_key(alias).replace(" ", "")
        if len(key) >= MIN_ALIAS_KEY_LETTERS:
            forms.setdefault(key, names)
    return forms


def _by_loose_key(table: AliasTable) -> AliasTable:
    """Return the names behind aliases as Tamil writes them."""
    keys = {alias: loose_key(phonetic_key(alias).replace(" ", "")) for alias in table}
    return {key: table[alias] for alias, key in keys.items() if len(key) >= MIN_ALIAS_KEY_LETTERS}


def _with_spelling_variants(table: AliasTable) -> AliasTable:
    """Return a table in which each long name is also an alias, of all its spellings."""
    long_names = {
        name: names
        for names in table.values()
        for name in names
        if len(name) >= MIN_DISTINCTIVE_NAME_LETTERS
    }
    return long_names | table


@dataclass(frozen=True, slots=True)
class _NicknameTables:
    certain: AliasTable  # by spelling or phonetic key
    certain_loose: AliasTable  # by loose key
    ambiguous: AliasTable  # by spelling or phonetic key
    common_names: frozenset[str]  # phonetic keys


@cache
def _name_tables() -> _NicknameTables:
    certain = split_names(CERTAIN_ALIASES)
    return _NicknameTables(
        _by_lookup_form(_with_spelling_variants(certain)),
        _by_loose_key(certain),
        _by_lookup_form(split_names(AMBIGUOUS_ALIASES)),
        frozenset(map(phonetic_key, COMMON_NAMES)),
    )


def find_mention(words: Sequence[Word], entities: EntityDictionary) -> PersonMention | None:
    """Return the person named by the first words, by as many of them as possible."""
    for length in range(min(MAX_NAME_WORDS, len(words)), 0, -1):
        name = words[:length]
        if is_filler(name[-1]):
            continue
        mention = _find_person(name, entities)
        if mention is None and (bare := _without_genitive(name[-1])) is not None:
            mention = _find_person([*name[:-1], bare], entities)
        if mention is not None:
            return replace(mention, is_title_name=entities.find_title(name) is not None)
    return None


def _without_genitive(word: Word) -> Word | None:
    """Return a word without its genitive ending, if it has one: Mohanlal's."""
    folded = word.folded
    if folded.endswith("s") and word.end - word.start == len(folded) + 1:
        bare = folded[:-1]
    else:
        endings = (each for each in GENITIVE_ENDINGS if folded.endswith(each))
        bare = folded.removesuffix(next(endings, ""))
    if bare == folded or len(bare) < MIN_NAME_PART_LETTERS:
        return None
    return Word(word.start, word.end, bare, phonetic_key(bare))


def find_full_name_mention(
    words: Sequence[Word], entities: EntityDictionary
) -> PersonMention | None:
    """Return the person whose full name the first words are, for long descriptions."""
    for length in range(min(MAX_NAME_WORDS, len(words)), 1, -1):
        person = entities.find_person(" ".join(word.folded for word in words[:length]))
        if person is not None and len(person.title_ids) >= MIN_PROMINENT_TITLES:
            return _build_mention(words[:length], [person], Certainty.CERTAIN, entities)
    return None


def _find_person(words: Sequence[Word], entities: EntityDictionary) -> PersonMention | None:
    key, tables = "".join(word.key for word in words).replace(" ", ""), _name_tables()
    if sum(letter.isalpha() for letter in key) < 2 or words[0].folded.isdecimal():
        return None
    alias = _find_alias(tables.certain, key, words, entities)
    if alias is not None:
        return alias
    people = entities.find_people(words)
    is_tamil = any(word.folded[0] in TAMIL_LETTERS for word in words)
    if is_tamil and not (people and people[0].level >= NameMatchLevel.SAME_SOUND):
        alias = _find_alias(tables.certain_loose, loose_key(key), words, entities)
    if alias is not None:
        return alias
    ambiguous = _find_alias(tables.ambiguous, key, words, entities)
    candidates = [_match_full_name(words, people, entities), ambiguous]
    mentions = [mention for mention in candidates if mention is not None]
    if mentions:
        return max(mentions, key=lambda mention: len(mention.title_ids))
    return _match_name_part(words[0], entities) if len(words) == 1 else None


def _find_alias(
    table: AliasTable, joined_key: str, words: Sequence[Word], entities: EntityDictionary
) -> PersonMention | None:
    forms = ("".join(word.folded for word in words), joined_key)
    names = next((table[form] for form in forms if form in table), ())
    people = [person for name in names if (person := entities.find_person(name)) is not None]
    if not people:
        return None
    certainty = Certainty.CERTAIN
    if table is _name_tables().ambiguous:
        certainty = Certainty.DOUBTFUL
    elif len(words) == 1 and any(words[0].key in phonetic_key(name).split() for name in names):
        certainty = Certainty.PROBABLE  # a given name, which others have too
    return _build_mention(words, people, certainty, entities)


def _match_full_name(
    words: Sequence[Word], people: Sequence[PersonMatch], entities: EntityDictionary
) -> PersonMention | None:
    if not people:
        return None
    if people[0].level < NameMatchLevel.SAME_SOUND:
        people = [max(people, key=lambda each: len(each.title_ids))]
    if len(words) > 1 or any(" " in each.name for each in people):
        certainty = _multi_word_certainty(words, people, entities)
    else:
        certainty = _single_name_certainty(words[0], people, entities)
    return None if certainty is None else _build_mention(words, people, certainty, entities)


def _multi_word_certainty(
    words: Sequence[Word], people: Sequence[PersonMatch], entities: EntityDictionary
) -> Certainty | None:
    level = people[0].level
    is_short = sum(len(word.key) for word in words) < MIN_FULL_NAME_LETTERS
    if is_short and level < NameMatchLevel.EXACT:
        return None
    is_common = all(word.key in _name_tables().common_names for word in words)
    if is_common and not is_well_known(people, entities):
        return Certainty.DOUBTFUL
    is_certain = len(words) > 1 and level >= NameMatchLevel.SAME_SOUND and not is_short
    return Certainty.CERTAIN if is_certain else Certainty.PROBABLE


def _single_name_certainty(
    word: Word, people: Sequence[PersonMatch], entities: EntityDictionary
) -> Certainty | None:
    level, titles = people[0].level, _max_title_count(people)
    if titles < (MIN_PROMINENT_TITLES if level < NameMatchLevel.EXACT else MIN_SINGLE_NAME_TITLES):
        return None
    if entities.count_titles_with_word(word) > MAX_NAMES_PER_TITLE * titles:
        return None
    if any(each.name in COMMON_NAMES for each in people) or is_common_word(word, people, entities):
        return Certainty.DOUBTFUL
    is_close = level >= NameMatchLevel.SAME_SOUND and len(word.folded) >= MIN_NAME_PART_LETTERS
    if is_close and is_well_known(people, entities):
        return Certainty.PROBABLE
    return Certainty.DOUBTFUL if level is NameMatchLevel.EXACT else Certainty.PARTIAL


def is_well_known(people: Sequence[PersonMatch], entities: EntityDictionary) -> bool:
    """Return whether someone has enough titles to be meant rather than a character."""
    return _max_title_count(people) >= max(
        MIN_WELL_KNOWN_TITLES, len(entities) // CATALOGUE_TITLES_PER_WELL_KNOWN_TITLE
    )


def _match_name_part(word: Word, entities: EntityDictionary) -> PersonMention | None:
    """Return the person known by this one word of a name, if they have by far the most titles."""
    if len(word.key) < MIN_NAME_PART_LETTERS or word.key in _name_tables().common_names:
        return None
    people = sorted(entities.people_with_name_part(word), key=lambda each: -len(each.title_ids))
    if not people or len(people[0].title_ids) < MIN_PROMINENT_TITLES:
        return None
    second = len(people[1].title_ids) if len(people) > 1 else 0
    if len(people[0].title_ids) < MIN_PROMINENCE_RATIO * second:
        return None
    if is_common_word(word, (), entities):
        return None
    return _build_mention([word], people[:1], Certainty.PARTIAL, entities)


def is_common_word(word: Word, people: Sequence[PersonMatch], entities: EntityDictionary) -> bool:
    """Return whether a word of plots and title names is more than the name of these people."""
    frequency = entities.count_titles_with_word(word)
    return word.key in _name_tables().common_names or frequency >= max(
        MIN_TITLES_OF_COMMON_WORD, _max_title_count(people) // TITLES_PER_NAMESAKE
    )


def _build_mention(
    words: Sequence[Word],
    people: Sequence[PersonMatch],
    certainty: Certainty,
    entities: EntityDictionary,
) -> PersonMention:
    best = max(people, key=lambda each: (len(each.title_ids), each.name))
    title_ids: frozenset[TitleId] = frozenset().union(*(each.title_ids for each in people))
    return PersonMention(
        len(words), best.name, title_ids, certainty, is_well_known(people, entities)
    )


def _max_title_count(people: Sequence[PersonMatch]) -> int:
    return max((len(each.title_ids) for each in people), default=0)
