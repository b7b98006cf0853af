"""Texts of one kind, say the names of titles, and which of them resemble what was asked."""

import math
import re
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.likeness import Heard, Sounds, heard, trigrams
from search.postings import NO_ROWS, Postings, Rows, best
from search.spelling import Near, Spelling

MOST_WORDS = 8  # that are looked up in any spelling; who writes more tells a plot
LONGEST = 64  # words of a text that count
CLOSER = 40  # texts that share words, looked at one by one
SHARED, CLOSER_WHOLE = 0.4, 100  # trigrams (Dice), texts that share so many
COMMON_WORD = 3000  # texts; a word of more finds nothing beside rarer ones

SAME_SOUND, SAME_JOINED = 0.97, 0.96  # of the very text
OTHERWISE = 0.95  # at most, with other letters, or words in another order
BEGINNING, BEGUN = 0.8, 0.1  # a text that goes on after what was typed; how much of it was typed
SHORTEST_BEGINNING = 3  # letters
OTHER_NUMBER = 0.75  # Drishyam 2 is not Drishyam 3
ASKED_EXPONENT, OWN_EXPONENT = 1.2, 0.35  # what is left over of the question tells more

# Words that say nothing of which title weigh so much of what they would.
SAYS_LITTLE = 0.15
LITTLE = {"a", "an", "and", "the", "of", "in", "on", "to", "for", "by", "with", "is", "full", "hd"}
LITTLE |= {"movie", "movies", "film", "films", "cinema", "picture"}
LITTLE |= {"part", "chapter", "volume", "season"}
ROMAN = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}
PARTS = re.compile(r"\d+|\D+")


def words_of(folded: str) -> list[str]:
    """Return the words of a folded text that can be heard; numbers apart and in digits.

    >>> words_of("kgf2"), words_of("baahubali ii")
    (['kgf', '2'], ['baahubali', '2'])
    """
    parts = [part for word in folded.split()[:LONGEST] for part in PARTS.findall(word)]
    words = [*parts[:1], *(ROMAN.get(part, part) for part in parts[1:])][:LONGEST]
    return [word for word in words if heard(word).key]


@dataclass(frozen=True, slots=True)
class Asked:
    """A folded text, its words, and the known words that each may stand for."""

    folded: str
    words: list[str]
    near: list[Near]
    sound: Heard

    @classmethod
    def of(cls, folded: str, spelling: Spelling) -> "Asked":
        """Return a text with its words looked up."""
        words = words_of(folded)
        near = [(spelling.near if len(words) <= MOST_WORDS else spelling.same)(w) for w in words]
        if words and len(words) <= MOST_WORDS:
            near[-1] = spelling.beginning(words[-1]) | near[-1]
        return cls(folded, words, near, Heard.of(words))

    @property
    def short(self) -> bool:
        """Whether it may be a name as a whole."""
        return len(self.words) <= MOST_WORDS

    @property
    def numbers(self) -> set[str]:
        """What it counts."""
        return {heard(word).key for word in self.words if heard(word).number}


@dataclass(frozen=True, slots=True)
class Resembling:
    """A text that resembles what was asked; `whole` if nothing asked is left over."""

    row: int
    strength: float
    whole: bool


class Texts:
    """Folded texts, numbered from 0, and the titles that have them. Not thread-safe."""

    def __init__(self, spelling: Spelling) -> None:
        self._spelling = spelling
        self._texts: list[str] = []
        self._rows: dict[str, int] = {}
        self._titles: list[tuple[int, ...]] = []
        self._of_title: dict[int, array[int]] = {}
        self._sounds = Sounds()
        self._by_trigram = Postings()
        self._by_word = Postings()
        self._holding = array("i")  # texts that hold a word
        self._words = array("i")  # of all texts, one after the other
        self._ends = array("i", [0])

    def __len__(self) -> int:
        return len(self._texts)

    def text(self, row: int) -> str:
        """Return a text."""
        return self._texts[row]

    def titles(self, row: int) -> tuple[int, ...]:
        """Return the titles that have a text."""
        return self._titles[row]

    def assign(self, title_id: int, texts: Iterable[str]) -> None:
        """Set the texts of a title."""
        rows = array("i", dict.fromkeys(map(self._row, texts)))
        before = self._of_title.pop(title_id, ())
        if rows:
            self._of_title[title_id] = rows
        for row in set(before).difference(rows):
            self._titles[row] = tuple(each for each in self._titles[row] if each != title_id)
        for row in set(rows).difference(before):
            self._titles[row] += (title_id,)

    def resembling(self, asked: Asked) -> list[Resembling]:
        """Return the texts that resemble what was asked, in any order."""
        if not self._texts:
            return []
        weights = self._weights(asked)
        rows = np.union1d(self._sharing_words(asked, weights), self._sharing_trigrams(asked))
        whole = self._sounds.alike(asked.sound, rows) if asked.short else np.zeros(len(rows))
        closer = zip(rows.tolist(), whole.tolist(), strict=True)
        found = [self._compared(asked, weights, row, share) for row, share in closer]
        exact = self._rows.get(asked.folded)
        if exact is not None:
            found.append(Resembling(exact, 1.0, True))
        return [each for each in found if each.strength > 0]

    def settle(self) -> None:
        """Make ready for many questions after many additions."""
        self._by_trigram.settle()
        self._by_word.settle()

    def _row(self, text: str) -> int:
        known = self._rows.get(text)
        if known is not None:
            return known
        row = self._rows[text] = len(self._texts)
        words = words_of(text)
        self._texts.append(text)
        self._titles.append(())
        sound = Heard.of(words)
        self._sounds.add(sound)
        self._by_trigram.add_all(trigrams(sound.loose), row)
        numbers = [self._spelling.add(word) for word in words]
        for number in dict.fromkeys(numbers):
            self._by_word.add(number, row)
            self._hold(number)
        self._words.extend(numbers)
        self._ends.append(len(self._words))
        return row

    def _hold(self, number: int) -> None:
        if number >= len(self._holding):
            self._holding.extend([0] * (number + 1 - len(self._holding)))
        self._holding[number] += 1

    def _weight(self, number: int) -> float:
        """Return how much a word tells: the rarer, the more."""
        holding = self._holding[number] if number < len(self._holding) else 0
        weight = math.log1p(len(self._texts) / max(1, holding))
        return SAYS_LITTLE * weight if self._spelling.word(number) in LITTLE else weight

    def _weights(self, asked: Asked) -> list[float]:
        """Return how much each word asked for tells: what the likeliest word of a text does."""
        return [
            self._asked_weight(word, near)
            for word, near in zip(asked.words, asked.near, strict=True)
        ]

    def _asked_weight(self, word: str, near: Near) -> float:
        unknown = math.log1p(len(self._texts))
        if word in LITTLE:
            return SAYS_LITTLE * unknown / 2
        likeliest = max(
            ((like, -number) for number, like in near.items() if self._has(number)), default=None
        )
        return self._weight(-likeliest[1]) if likeliest else unknown

    def _has(self, number: int) -> bool:
        return number < len(self._holding) and self._holding[number] > 0

    def _sharing_words(self, asked: Asked, weights: Sequence[float]) -> Rows:
        """Return the texts that share the most words, by weight."""
        rows: list[Rows] = []
        shares: list[NDArray[np.float64]] = []
        by_weight = sorted(zip(weights, asked.near, strict=True), key=lambda each: -each[0])
        for weight, near in by_weight:
            for number, likeness in near.items():
                if not self._has(number) or (rows and self._holding[number] > COMMON_WORD):
                    continue
                rows.append(self._by_word.of(number))
                shares.append(np.full(len(rows[-1]), weight * likeness))
        if not rows:
            return NO_ROWS
        shared = np.bincount(np.concatenate(rows), np.concatenate(shares))
        found = np.flatnonzero(shared > 0)
        ends = np.frombuffer(self._ends, np.int32)
        own = (ends[found + 1] - ends[found]) * (sum(weights) / len(weights))
        return best(found, shared[found] / (sum(weights) + own / 2), CLOSER)

    def _sharing_trigrams(self, asked: Asked) -> Rows:
        if not asked.short:
            return NO_ROWS
        parts = trigrams(asked.sound.loose)
        return self._by_trigram.sharing(parts, share=SHARED, most=CLOSER_WHOLE)

    def _compared(
        self, asked: Asked, weights: Sequence[float], row: int, alike: float
    ) -> Resembling:
        """Return how much a text resembles what was asked, as a whole or by its words."""
        if not self._titles[row]:
            return Resembling(row, 0.0, False)
        numbers = self._words[self._ends[row] : self._ends[row + 1]]
        by_words, complete = self._covered(asked, weights, numbers)
        whole = self._whole(asked, row, numbers, alike)
        return Resembling(row, max(whole, by_words), complete or whole >= by_words)

    def _whole(self, asked: Asked, row: int, numbers: Sequence[int], alike: float) -> float:
        sound = self._sounds.key(row)
        if sound == asked.sound.key:
            return SAME_SOUND if len(numbers) == len(asked.words) else SAME_JOINED
        if self._begins(asked, row):
            return BEGINNING + BEGUN * min(1.0, len(asked.sound.key) / len(sound))
        if alike and self._counted(numbers) != asked.numbers:
            alike *= OTHER_NUMBER
        return OTHERWISE * alike

    def _begins(self, asked: Asked, row: int) -> bool:
        """Tell whether a text goes on after what was typed, which may be a name in Tamil."""
        if len(asked.sound.word) < SHORTEST_BEGINNING:
            return False
        if self._sounds.key(row).startswith(asked.sound.key):
            return True
        heard_loosely = asked.sound.loose
        return len(heard_loosely) > SHORTEST_BEGINNING and self._sounds.loose(row).startswith(
            heard_loosely
        )

    def _counted(self, numbers: Sequence[int]) -> set[str]:
        words = (heard(self._spelling.word(number)) for number in numbers)
        return {word.key for word in words if word.number}

    def _covered(
        self, asked: Asked, weights: Sequence[float], numbers: Sequence[int]
    ) -> tuple[float, bool]:
        """Return the likeness by words, each used once, and whether every one asked was found."""
        pairs = sorted(
            (
                (likeness, at, place)
                for at, near in enumerate(asked.near)
                for place, number in enumerate(numbers)
                if (likeness := near.get(number))
            ),
            key=lambda pair: -pair[0],
        )
        if not pairs:
            return 0.0, False
        own = [self._weight(number) for number in numbers]
        left_asked, left_own = set(range(len(weights))), set(range(len(own)))
        of_asked = of_own = 0.0
        for likeness, at, place in pairs:
            if at in left_asked and place in left_own:
                left_asked.remove(at)
                left_own.remove(place)
                of_asked += likeness * weights[at]
                of_own += likeness * own[place]
        share = (of_asked / sum(weights)) ** ASKED_EXPONENT
        return OTHERWISE * share * (of_own / sum(own)) ** OWN_EXPONENT, not left_asked
