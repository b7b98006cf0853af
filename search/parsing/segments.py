"""A query in pieces: what each of its words may be, and which of them stand together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from search.names.tokenizer import Word
from search.parsing.entity_dictionary import Vocabulary
from search.parsing.like_requests import FILM_ROLES, Like, Phrase
from search.parsing.periods import Period, period
from search.parsing.person_mentions import Certainty, Mention, mention, written_mention
from search.parsing.phrase_table import NOTHING, Meanings, Role, has_any

SHORT = 4  # words beside fillers: too few for a plot
LONGEST_WITH_PARTS = 9  # words; in longer texts only whole names of people are looked for
LONGEST_PROTECTED = 6  # words of a title's name inside a query


@dataclass(frozen=True, slots=True)
class Item:
    """Words `first` to `last` (not included) of a query, and what they may be."""

    first: int
    last: int
    meanings: Meanings = field(default_factory=dict)
    person: Mention | None = None
    period: Period | None = None

    @property
    def filler(self) -> bool:
        """Whether the words only join others."""
        return Role.FILLER in self.meanings

    @property
    def plain(self) -> bool:
        """Whether the words belong to the plot, whatever stands around them."""
        return not (self.person or self.period or self.meanings) or Role.PLAIN in self.meanings

    @property
    def film(self) -> bool:
        """Whether the words say that films are asked for."""
        return has_any(self.meanings, FILM_ROLES)


@dataclass(frozen=True, slots=True)
class Group:
    """Items side by side, none of them plain."""

    items: tuple[Item, ...]
    whole: bool  # there is nothing else in the query
    start: bool  # at the beginning of the query
    end: bool  # at its end
    films: bool  # films are asked for somewhere in the query
    named: bool  # all that stands outside is the name of a title
    content: int  # words of the query beside fillers and words for film
    plain: int  # words of the query outside every group

    @property
    def film(self) -> bool:
        """Whether films are asked for here."""
        return any(item.film for item in self.items)

    @property
    def edge(self) -> bool:
        """Whether no plot stands on both sides."""
        return self.start or self.end

    @property
    def asked(self) -> bool:
        """Whether what stands here is asked for, and not told."""
        return self.whole or (self.film and self.edge)

    @property
    def short(self) -> bool:
        """Whether the query is too short to tell a plot."""
        return self.content <= SHORT

    def has(self, *roles: Role) -> bool:
        """Tell whether any words here can play one of these roles."""
        return any(has_any(item.meanings, roles) for item in self.items)


def items_of(
    words: Sequence[Word], phrases: Sequence[Phrase], like: Like | None, vocabulary: Vocabulary
) -> Iterator[Item]:
    """Yield the items of a query in order, the longest reading of each word first."""
    closed = _protected(words, phrases, vocabulary)
    if like is not None:
        closed |= set(like.places)
    at = 0
    while at < len(words):
        if at in closed:
            taken = next((e for e in range(at, len(words)) if e not in closed), len(words))
            is_like = like is not None and at in like.places
            yield Item(at, taken, {Role.FILLER: ""} if is_like else NOTHING)
        else:
            end = next((e for e in range(at, len(words)) if e in closed), len(words))
            item = _item(words[at:end], at, phrases[at], vocabulary, total=len(words))
            taken = item.last
            yield item
        at = taken


def _item(
    words: Sequence[Word], at: int, found: Phrase, vocabulary: Vocabulary, *, total: int
) -> Item:
    length, meanings = found if found[0] <= len(words) else (1, NOTHING)
    when = period([word.folded for word in words[:7]])
    if when is not None and when.words >= length:
        return Item(at, at + when.words, period=when)
    person = _person(words, found, vocabulary, total=total)
    if person is not None and person.words >= length and _outweighs(person, meanings):
        return Item(at, at + person.words, person=person)
    return Item(at, at + length, meanings)


def _person(
    words: Sequence[Word], found: Phrase, vocabulary: Vocabulary, *, total: int
) -> Mention | None:
    """Return who is named; fillers and words for film begin nobody's name."""
    if has_any(found[1], (Role.FILLER, Role.PLAIN, *FILM_ROLES)):
        return None
    if total > LONGEST_WITH_PARTS:
        return written_mention(words, vocabulary)
    return mention(words, vocabulary)


def _outweighs(person: Mention, meanings: Meanings) -> bool:
    """Tell whether a name is likelier than what its first words mean otherwise."""
    return not meanings or person.certainty is Certainty.CERTAIN


def _protected(
    words: Sequence[Word], phrases: Sequence[Phrase], vocabulary: Vocabulary
) -> set[int]:
    """Return the places of names of titles inside the query, which are not to be read apart.

    Such a name has a word that says nothing else: there is a "Tamil Comedy" for everything.
    """
    telling, plain = [False] * len(words), [True] * len(words)
    for at, (length, meanings) in enumerate(phrases):
        if meanings:
            plain[at : at + length] = [False] * length
            telling[at : at + length] = [Role.FILLER not in meanings] * length
        elif period([words[at].folded]) is not None:
            plain[at], telling[at] = False, True
    closed: set[int] = set()
    for name in _stretches(telling, plain):
        said = words[name.start : name.stop]
        if closed.issuperset(name) or vocabulary.title(said) is None:
            continue
        if not vocabulary.people(said):
            closed |= set(name)
    return closed


def _stretches(telling: Sequence[bool], plain: Sequence[bool]) -> Iterator[range]:
    """Yield the stretches of words with a telling and a plain one among them, longest first."""
    total = len(telling)
    for length in range(min(LONGEST_PROTECTED, total), 1, -1):
        for first in range(total - length + 1):
            last = first + length
            if any(telling[first:last]) and any(plain[first:last]):
                yield range(first, last)


def groups_of(
    items: Sequence[Item], words: Sequence[Word], vocabulary: Vocabulary
) -> Iterator[Group]:
    """Yield the groups of a query in order."""
    plain = sum(item.last - item.first for item in items if item.plain)
    content = sum(
        item.last - item.first
        for item in items
        if not item.filler and not has_any(item.meanings, (Role.FILM, Role.FILMS))
    )
    films = any(item.film for item in items)
    outside = [word for item in items if item.plain for word in words[item.first : item.last]]
    named = bool(outside) and vocabulary.title(outside) is not None
    run: list[Item] = []
    for item in [*items, None]:
        if item is not None and not item.plain:
            run.append(item)
        elif run:
            yield Group(
                tuple(run),
                whole=not plain,
                start=run[0].first == 0,
                end=run[-1].last == len(words),
                films=films,
                named=named,
                content=content,
                plain=plain,
            )
            run = []
