"""Texts of one kind, say the names of titles, and which of them resemble what was asked."""

import math
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.names.postings import NO_ROWS, Postings, Rows, top_rows
from search.names.query_words import (
    COMMON_WORD_FACTOR,
    COMMON_WORDS,
    NameQuery,
    QueryPart,
    name_words,
)
from search.names.similarity import PhoneticForm, PhoneticTable, phonetic_form, trigrams
from search.names.spelling import SpellingIndex

MAX_WORD_CANDIDATES = 24  # texts that share words, looked at one by one
MIN_TRIGRAM_SHARE, MAX_TRIGRAM_CANDIDATES = 0.4, 100  # trigrams (Dice), texts that share so many
MAX_NAMES_PER_WORD = 3000  # texts; a word of more finds nothing beside rarer ones

SAME_SOUND_STRENGTH, SAME_SOUND_RESPACED_STRENGTH = 0.97, 0.96  # of the very text
MAX_INEXACT_STRENGTH = 0.95  # at most, with other letters, or words in another order
PREFIX_BASE_STRENGTH, PREFIX_SHARE_WEIGHT = (
    0.62,
    0.28,
)  # a text that goes on after what was typed; how much of it was typed
MIN_PREFIX_LETTERS, MIN_PREFIX_LOOSE_LETTERS = 3, 6  # letters typed, or of a loose key
OTHER_NUMBER_FACTOR = 0.75  # Drishyam 2 is not Drishyam 3
QUERY_COVERAGE_EXPONENT, NAME_COVERAGE_EXPONENT = (
    1.2,
    0.35,
)  # what is left over of the question tells more


@dataclass(frozen=True, slots=True)
class SimilarName:
    """A text that resembles what was asked; `whole` if nothing asked is left over."""

    row: int
    strength: float
    covers_query: bool


class NameIndex:
    """Folded texts, numbered from 0, and the titles that have them. Not thread-safe."""

    def __init__(self, spelling: SpellingIndex) -> None:
        self._spelling = spelling
        self._names: list[str] = []
        self._row_of_name: dict[str, int] = {}
        self._title_ids: list[tuple[int, ...]] = []
        self._rows_of_title: dict[int, array[int]] = {}
        self._forms = PhoneticTable()
        self._by_trigram = Postings()
        self._by_word = Postings()
        self._word_frequencies = array("i")  # texts that hold a word
        self._word_numbers = array("i")  # of all texts, one after the other
        self._word_ends = array("i", [0])

    def __len__(self) -> int:
        return len(self._names)

    def name(self, row: int) -> str:
        """Return a text."""
        return self._names[row]

    def title_ids(self, row: int) -> tuple[int, ...]:
        """Return the titles that have a text."""
        return self._title_ids[row]

    def set_names(self, title_id: int, names: Iterable[str]) -> None:
        """Set the texts of a title."""
        rows = array("i", dict.fromkeys(map(self._add_name, names)))
        before = self._rows_of_title.pop(title_id, ())
        if rows:
            self._rows_of_title[title_id] = rows
        for row in set(before).difference(rows):
            self._title_ids[row] = tuple(each for each in self._title_ids[row] if each != title_id)
        for row in set(rows).difference(before):
            self._title_ids[row] += (title_id,)

    def find_similar(self, query: NameQuery) -> list[SimilarName]:
        """Return the texts that resemble what was asked, in any order."""
        found = self._candidates(query) if self._names and query.words else []
        exact = self._row_of_name.get(query.folded)
        if exact is not None:
            found.append(SimilarName(exact, 1.0, True))
        return [each for each in found if each.strength > 0]

    def compact(self) -> None:
        """Make ready for many questions after many additions."""
        self._by_trigram.compact()
        self._by_word.compact()

    def _candidates(self, query: NameQuery) -> list[SimilarName]:
        weights = self._query_weights(query)
        by_words, by_trigrams = (
            self._rows_sharing_words(query, weights),
            self._rows_sharing_trigrams(query),
        )
        rows = np.union1d(by_words, self._forms.rows_of_similar_length(query.form, by_trigrams))
        whole = (
            self._forms.similarities(query.form, rows) if query.is_short else np.zeros(len(rows))
        )
        kept = (whole > 0) | np.isin(rows, by_words)
        closer = zip(rows[kept].tolist(), whole[kept].tolist(), strict=True)
        return [self._compare(query, weights, row, share) for row, share in closer]

    def _add_name(self, name: str) -> int:
        known = self._row_of_name.get(name)
        if known is not None:
            return known
        row = self._row_of_name[name] = len(self._names)
        self._names.append(name)
        self._title_ids.append(())
        spelling = self._spelling
        numbers = [each for each in map(spelling.add, name_words(name)) if spelling.key(each)]
        sound = PhoneticForm.from_words(map(spelling.word, numbers), map(spelling.key, numbers))
        self._forms.add(sound)
        self._by_trigram.append_row(trigrams(sound.loose_key))
        self._by_word.add(dict.fromkeys(numbers), row)
        for number in set(numbers):
            self._count_word(number)
        self._word_numbers.extend(numbers)
        self._word_ends.append(len(self._word_numbers))
        return row

    def _count_word(self, number: int) -> None:
        if number >= len(self._word_frequencies):
            self._word_frequencies.extend([0] * (number + 1 - len(self._word_frequencies)))
        self._word_frequencies[number] += 1

    def _word_weight(self, number: int) -> float:
        """Return how much a word tells: the rarer, the more."""
        holding = self._word_frequencies[number] if number < len(self._word_frequencies) else 0
        weight = math.log1p(len(self._names) / max(1, holding))
        return (
            COMMON_WORD_FACTOR * weight if self._spelling.word(number) in COMMON_WORDS else weight
        )

    def _query_weights(self, query: NameQuery) -> list[float]:
        """Return how much each word asked for tells: what the likeliest word of a text does."""
        unknown = math.log1p(len(self._names))
        weights = [
            COMMON_WORD_FACTOR * unknown / 2 if word in COMMON_WORDS else unknown
            for word in query.words
        ]
        for part in query.parts:
            place = part.positions[0]
            if len(part.positions) == 1 and query.words[place] not in COMMON_WORDS:
                weights[place] = self._likeliest_weight(part) or unknown
        return weights

    def _likeliest_weight(self, part: QueryPart) -> float:
        known = (
            (like, -number) for number, like in part.similar_words.items() if self._is_used(number)
        )
        likeliest = max(known, default=None)
        return self._word_weight(-likeliest[1]) if likeliest else 0.0

    def _is_used(self, number: int) -> bool:
        return number < len(self._word_frequencies) and self._word_frequencies[number] > 0

    def _rows_sharing_words(self, query: NameQuery, weights: Sequence[float]) -> Rows:
        """Return the texts that share the most words, by weight."""
        rows: list[Rows] = []
        shares: list[NDArray[np.float64]] = []
        weighed = [
            (sum(weights[at] for at in part.positions), part.similar_words) for part in query.parts
        ]
        for weight, near in sorted(weighed, key=lambda each: -each[0]):
            for number, likeness in near.items():
                if not self._is_used(number) or (
                    rows and self._word_frequencies[number] > MAX_NAMES_PER_WORD
                ):
                    continue
                rows.append(self._by_word.rows_of(number))
                shares.append(np.full(len(rows[-1]), weight * likeness))
        if not rows:
            return NO_ROWS
        shared = np.bincount(np.concatenate(rows), np.concatenate(shares))
        found = np.flatnonzero(shared > 0)
        ends = np.frombuffer(self._word_ends, np.int32)
        own = (ends[found + 1] - ends[found]) * (sum(weights) / len(weights))
        return top_rows(found, shared[found] / (sum(weights) + own / 2), MAX_WORD_CANDIDATES)

    def _rows_sharing_trigrams(self, query: NameQuery) -> Rows:
        if not query.is_short:
            return NO_ROWS
        parts = trigrams(query.form.loose_key)
        return self._by_trigram.rows_sharing(
            parts, min_share=MIN_TRIGRAM_SHARE, limit=MAX_TRIGRAM_CANDIDATES
        )

    def _compare(
        self, query: NameQuery, weights: Sequence[float], row: int, similarity: float
    ) -> SimilarName:
        """Return how much a text resembles what was asked, as a whole or by its words."""
        if not self._title_ids[row]:
            return SimilarName(row, 0.0, False)
        numbers = self._word_numbers[self._word_ends[row] : self._word_ends[row + 1]]
        by_words, complete = self._word_coverage(query, weights, numbers)
        whole = self._whole_name_strength(query, row, numbers, similarity)
        return SimilarName(row, max(whole, by_words), complete or whole >= by_words)

    def _whole_name_strength(
        self, query: NameQuery, row: int, numbers: Sequence[int], similarity: float
    ) -> float:
        sound = self._forms.key(row)
        if sound == query.form.key:
            return (
                SAME_SOUND_STRENGTH
                if len(numbers) == len(query.words)
                else SAME_SOUND_RESPACED_STRENGTH
            )
        if self._is_prefix(query, row):
            return PREFIX_BASE_STRENGTH + PREFIX_SHARE_WEIGHT * min(
                1.0, len(query.form.key) / len(sound)
            )
        if similarity and self._number_keys(numbers) != query.numbers:
            similarity *= OTHER_NUMBER_FACTOR
        return MAX_INEXACT_STRENGTH * similarity

    def _is_prefix(self, query: NameQuery, row: int) -> bool:
        """Tell whether a text goes on after what was typed, which may be a name in Tamil."""
        if len(query.form.word) < MIN_PREFIX_LETTERS:
            return False
        if self._forms.key(row).startswith(query.form.key):
            return True
        heard_loosely = query.form.loose_key
        return len(heard_loosely) >= MIN_PREFIX_LOOSE_LETTERS and self._forms.loose_key(
            row
        ).startswith(heard_loosely)

    def _number_keys(self, numbers: Sequence[int]) -> set[str]:
        words = (phonetic_form(self._spelling.word(number)) for number in numbers)
        return {word.key for word in words if word.is_number}

    def _word_coverage(
        self, query: NameQuery, weights: Sequence[float], numbers: Sequence[int]
    ) -> tuple[float, bool]:
        """Return the likeness by words, each used once, and whether every one asked was found."""
        pairs = sorted(
            (
                (likeness, part.positions, place)
                for part in query.parts
                for place, number in enumerate(numbers)
                if (likeness := part.similar_words.get(number))
            ),
            key=lambda pair: (-pair[0], -len(pair[1])),
        )
        if not pairs:
            return 0.0, False
        own = [self._word_weight(number) for number in numbers]
        left_asked, left_own = set(range(len(weights))), set(range(len(own)))
        of_asked = of_own = 0.0
        for likeness, places, place in pairs:
            if place in left_own and left_asked.issuperset(places):
                left_asked.difference_update(places)
                left_own.remove(place)
                of_asked += likeness * sum(weights[at] for at in places)
                of_own += likeness * own[place]
        share = (of_asked / sum(weights)) ** QUERY_COVERAGE_EXPONENT
        return MAX_INEXACT_STRENGTH * share * (
            of_own / sum(own)
        ) ** NAME_COVERAGE_EXPONENT, not left_asked
