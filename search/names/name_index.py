"""Texts of one kind, say the names of titles, and which of them resemble what was asked."""

import math
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.names.postings import NO_ROWS, Postings, Rows, best
from search.names.query_words import LITTLE, SAYS_LITTLE, Asked, Part, words_of
from search.names.similarity import Heard, Sounds, heard, trigrams
from search.names.spelling import Spelling

CLOSER = 24  # texts that share words, looked at one by one
SHARED, CLOSER_WHOLE = 0.4, 100  # trigrams (Dice), texts that share so many
COMMON_WORD = 3000  # texts; a word of more finds nothing beside rarer ones

SAME_SOUND, SAME_JOINED = 0.97, 0.96  # of the very text
OTHERWISE = 0.95  # at most, with other letters, or words in another order
BEGINNING, BEGUN = 0.62, 0.28  # a text that goes on after what was typed; how much of it was typed
SHORTEST_BEGINNING, SHORTEST_HEARD = 3, 6  # letters typed, or of a loose key
OTHER_NUMBER = 0.75  # Drishyam 2 is not Drishyam 3
ASKED_EXPONENT, OWN_EXPONENT = 1.2, 0.35  # what is left over of the question tells more


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
        found = self._closer(asked) if self._texts and asked.words else []
        exact = self._rows.get(asked.folded)
        if exact is not None:
            found.append(Resembling(exact, 1.0, True))
        return [each for each in found if each.strength > 0]

    def settle(self) -> None:
        """Make ready for many questions after many additions."""
        self._by_trigram.settle()
        self._by_word.settle()

    def _closer(self, asked: Asked) -> list[Resembling]:
        weights = self._weights(asked)
        by_words, by_trigrams = self._sharing_words(asked, weights), self._sharing_trigrams(asked)
        rows = np.union1d(by_words, self._sounds.as_long(asked.sound, by_trigrams))
        whole = self._sounds.alike(asked.sound, rows) if asked.short else np.zeros(len(rows))
        kept = (whole > 0) | np.isin(rows, by_words)
        closer = zip(rows[kept].tolist(), whole[kept].tolist(), strict=True)
        return [self._compared(asked, weights, row, share) for row, share in closer]

    def _row(self, text: str) -> int:
        known = self._rows.get(text)
        if known is not None:
            return known
        row = self._rows[text] = len(self._texts)
        self._texts.append(text)
        self._titles.append(())
        spelling = self._spelling
        numbers = [each for each in map(spelling.add, words_of(text)) if spelling.key(each)]
        sound = Heard.of(map(spelling.word, numbers), map(spelling.key, numbers))
        self._sounds.add(sound)
        self._by_trigram.append(trigrams(sound.loose))
        self._by_word.add(dict.fromkeys(numbers), row)
        for number in set(numbers):
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
        unknown = math.log1p(len(self._texts))
        weights = [SAYS_LITTLE * unknown / 2 if word in LITTLE else unknown for word in asked.words]
        for part in asked.parts:
            place = part.places[0]
            if len(part.places) == 1 and asked.words[place] not in LITTLE:
                weights[place] = self._likeliest_weight(part) or unknown
        return weights

    def _likeliest_weight(self, part: Part) -> float:
        known = ((like, -number) for number, like in part.near.items() if self._has(number))
        likeliest = max(known, default=None)
        return self._weight(-likeliest[1]) if likeliest else 0.0

    def _has(self, number: int) -> bool:
        return number < len(self._holding) and self._holding[number] > 0

    def _sharing_words(self, asked: Asked, weights: Sequence[float]) -> Rows:
        """Return the texts that share the most words, by weight."""
        rows: list[Rows] = []
        shares: list[NDArray[np.float64]] = []
        weighed = [(sum(weights[at] for at in part.places), part.near) for part in asked.parts]
        for weight, near in sorted(weighed, key=lambda each: -each[0]):
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
        return len(heard_loosely) >= SHORTEST_HEARD and self._sounds.loose(row).startswith(
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
                (likeness, part.places, place)
                for part in asked.parts
                for place, number in enumerate(numbers)
                if (likeness := part.near.get(number))
            ),
            key=lambda pair: (-pair[0], -len(pair[1])),
        )
        if not pairs:
            return 0.0, False
        own = [self._weight(number) for number in numbers]
        left_asked, left_own = set(range(len(weights))), set(range(len(own)))
        of_asked = of_own = 0.0
        for likeness, places, place in pairs:
            if place in left_own and left_asked.issuperset(places):
                left_asked.difference_update(places)
                left_own.remove(place)
                of_asked += likeness * sum(weights[at] for at in places)
                of_own += likeness * own[place]
        share = (of_asked / sum(weights)) ** ASKED_EXPONENT
        return OTHERWISE * share * (of_own / sum(own)) ** OWN_EXPONENT, not left_asked
