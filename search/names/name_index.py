"""Names of one kind, such as those of titles, and which of them resemble a query."""

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

MAX_WORD_CANDIDATES = 24  # names that share words and are compared one by one
MIN_TRIGRAM_SHARE, MAX_TRIGRAM_CANDIDATES = 0.4, 100  # Dice coefficient, names
MAX_NAMES_PER_WORD = 3000  # a more frequent word adds no candidates beside rarer words

SAME_SOUND_STRENGTH, SAME_SOUND_RESPACED_STRENGTH = 0.97, 0.96  # an identical name is 1
MAX_INEXACT_STRENGTH = 0.95  # with other letters, or words in another order
# Strength of a name that begins with the query: the base, and what the typed share adds.
PREFIX_BASE_STRENGTH, PREFIX_SHARE_WEIGHT = 0.62, 0.28
MIN_PREFIX_LETTERS, MIN_PREFIX_LOOSE_LETTERS = 3, 6  # of the query, of its loose key
OTHER_NUMBER_FACTOR = 0.75  # Drishyam 2 is not Drishyam 3
# Words of the query that are left over matter more than words of the name.
QUERY_COVERAGE_EXPONENT, NAME_COVERAGE_EXPONENT = 1.2, 0.35


@dataclass(frozen=True, slots=True)
class SimilarName:
    """A name that resembles a query; it covers the query if no word is left over."""

    row: int
    strength: float
    covers_query: bool


class NameIndex:
    """Folded names, numbered from 0, and the titles that have them. Not thread-safe."""

    def __init__(self, spelling: SpellingIndex) -> None:
        self._spelling = spelling
        self._names: list[str] = []
        self._row_of_name: dict[str, int] = {}
        self._title_ids: list[tuple[int, ...]] = []
        self._rows_of_title: dict[int, array[int]] = {}
        self._forms = PhoneticTable()
        self._by_trigram = Postings()
        self._by_word = Postings()
        self._word_frequencies = array("i")  # names that contain each word
        self._word_numbers = array("i")  # of all names, concatenated
        self._word_ends = array("i", [0])

    def name(self, row: int) -> str:
        """Return a name."""
        return self._names[row]

    def title_ids(self, row: int) -> tuple[int, ...]:
        """Return the titles that have a name."""
        return self._title_ids[row]

    def set_names(self, title_id: int, names: Iterable[str]) -> None:
        """Set the names of a title; without names it is removed."""
        rows = array("i", dict.fromkeys(map(self._add_name, names)))
        before = self._rows_of_title.pop(title_id, ())
        if rows:
            self._rows_of_title[title_id] = rows
        for row in set(before).difference(rows):
            self._title_ids[row] = tuple(each for each in self._title_ids[row] if each != title_id)
        for row in set(rows).difference(before):
            self._title_ids[row] += (title_id,)

    def find_similar(self, query: NameQuery) -> list[SimilarName]:
        """Return the names that resemble a query, in any order."""
        matches = self._candidates(query) if self._names and query.words else []
        exact = self._row_of_name.get(query.folded)
        if exact is not None:
            matches.append(SimilarName(exact, 1.0, True))
        return [match for match in matches if match.strength > 0]

    def compact(self) -> None:
        """Prepare for many lookups after many additions."""
        self._by_trigram.compact()
        self._by_word.compact()

    def _candidates(self, query: NameQuery) -> list[SimilarName]:
        weights = self._query_weights(query)
        by_words = self._rows_sharing_words(query, weights)
        by_trigrams = self._rows_sharing_trigrams(query)
        rows = np.union1d(by_words, self._forms.rows_of_similar_length(query.form, by_trigrams))
        similarities = (
            self._forms.similarities(query.form, rows) if query.is_short else np.zeros(len(rows))
        )
        similar = (similarities > 0) | np.isin(rows, by_words)
        pairs = zip(rows[similar].tolist(), similarities[similar].tolist(), strict=True)
        return [self._compare(query, weights, row, similarity) for row, similarity in pairs]

    def _add_name(self, name: str) -> int:
        row = self._row_of_name.get(name)
        if row is not None:
            return row
        row = self._row_of_name[name] = len(self._names)
        self._names.append(name)
        self._title_ids.append(())
        spelling = self._spelling
        numbers = [each for each in map(spelling.add, name_words(name)) if spelling.key(each)]
        form = PhoneticForm.from_words(map(spelling.word, numbers), map(spelling.key, numbers))
        self._forms.add(form)
        self._by_trigram.append_row(trigrams(form.loose_key))
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
        """Return the weight of a word of names: the rarer, the greater."""
        frequency = self._word_frequencies[number] if number < len(self._word_frequencies) else 0
        weight = math.log1p(len(self._names) / max(1, frequency))
        is_common = self._spelling.word(number) in COMMON_WORDS
        return COMMON_WORD_FACTOR * weight if is_common else weight

    def _query_weights(self, query: NameQuery) -> list[float]:
        """Return the weight of each query word: that of the most similar word of names."""
        unknown = math.log1p(len(self._names))
        weights = [
            COMMON_WORD_FACTOR * unknown / 2 if word in COMMON_WORDS else unknown
            for word in query.words
        ]
        for part in query.parts:
            position = part.positions[0]
            if len(part.positions) == 1 and query.words[position] not in COMMON_WORDS:
                weights[position] = self._best_word_weight(part) or unknown
        return weights

    def _best_word_weight(self, part: QueryPart) -> float:
        candidates = (
            (similarity, -number)
            for number, similarity in part.similar_words.items()
            if self._is_used(number)
        )
        best = max(candidates, default=None)
        return self._word_weight(-best[1]) if best else 0.0

    def _is_used(self, number: int) -> bool:
        return number < len(self._word_frequencies) and self._word_frequencies[number] > 0

    def _rows_sharing_words(self, query: NameQuery, weights: Sequence[float]) -> Rows:
        """Return the names that share the most words, by weight."""
        rows: list[Rows] = []
        shares: list[NDArray[np.float64]] = []
        weighted_parts = [
            (sum(weights[at] for at in part.positions), part.similar_words) for part in query.parts
        ]
        for weight, similar_words in sorted(weighted_parts, key=lambda each: -each[0]):
            for number, similarity in similar_words.items():
                if not self._is_used(number) or (
                    rows and self._word_frequencies[number] > MAX_NAMES_PER_WORD
                ):
                    continue
                rows.append(self._by_word.rows_of(number))
                shares.append(np.full(len(rows[-1]), weight * similarity))
        if not rows:
            return NO_ROWS
        shared = np.bincount(np.concatenate(rows), np.concatenate(shares))
        candidates = np.flatnonzero(shared > 0)
        ends = np.frombuffer(self._word_ends, np.int32)
        own = (ends[candidates + 1] - ends[candidates]) * (sum(weights) / len(weights))
        scores = shared[candidates] / (sum(weights) + own / 2)
        return top_rows(candidates, scores, MAX_WORD_CANDIDATES)

    def _rows_sharing_trigrams(self, query: NameQuery) -> Rows:
        if not query.is_short:
            return NO_ROWS
        return self._by_trigram.rows_sharing(
            trigrams(query.form.loose_key),
            min_share=MIN_TRIGRAM_SHARE,
            limit=MAX_TRIGRAM_CANDIDATES,
        )

    def _compare(
        self, query: NameQuery, weights: Sequence[float], row: int, similarity: float
    ) -> SimilarName:
        """Return how much a name resembles a query, as a whole or by its words."""
        if not self._title_ids[row]:
            return SimilarName(row, 0.0, False)
        numbers = self._word_numbers[self._word_ends[row] : self._word_ends[row + 1]]
        by_words, covers_query = self._word_coverage(query, weights, numbers)
        whole = self._whole_name_strength(query, row, numbers, similarity)
        return SimilarName(row, max(whole, by_words), covers_query or whole >= by_words)

    def _whole_name_strength(
        self, query: NameQuery, row: int, numbers: Sequence[int], similarity: float
    ) -> float:
        key = self._forms.key(row)
        if key == query.form.key:
            same_words = len(numbers) == len(query.words)
            return SAME_SOUND_STRENGTH if same_words else SAME_SOUND_RESPACED_STRENGTH
        if self._is_prefix(query, row):
            typed_share = min(1.0, len(query.form.key) / len(key))
            return PREFIX_BASE_STRENGTH + PREFIX_SHARE_WEIGHT * typed_share
        if similarity and self._number_keys(numbers) != query.numbers:
            similarity *= OTHER_NUMBER_FACTOR
        return MAX_INEXACT_STRENGTH * similarity

    def _is_prefix(self, query: NameQuery, row: int) -> bool:
        """Return whether a name begins with the query, which may be in Tamil."""
        if len(query.form.word) < MIN_PREFIX_LETTERS:
            return False
        if self._forms.key(row).startswith(query.form.key):
            return True
        loose_key = query.form.loose_key
        return len(loose_key) >= MIN_PREFIX_LOOSE_LETTERS and self._forms.loose_key(row).startswith(
            loose_key
        )

    def _number_keys(self, numbers: Sequence[int]) -> set[str]:
        words = (phonetic_form(self._spelling.word(number)) for number in numbers)
        return {word.key for word in words if word.is_number}

    def _word_coverage(
        self, query: NameQuery, weights: Sequence[float], numbers: Sequence[int]
    ) -> tuple[float, bool]:
        """Return the strength by words, each used once, and whether all query words are covered."""
        pairs = _matching_words(query, numbers)
        if not pairs:
            return 0.0, False
        own = [self._word_weight(number) for number in numbers]
        open_query, open_name = set(range(len(weights))), set(range(len(own)))
        query_weight = name_weight = 0.0
        for similarity, query_positions, name_position in pairs:
            if name_position in open_name and open_query.issuperset(query_positions):
                open_query.difference_update(query_positions)
                open_name.remove(name_position)
                query_weight += similarity * sum(weights[at] for at in query_positions)
                name_weight += similarity * own[name_position]
        query_share = (query_weight / sum(weights)) ** QUERY_COVERAGE_EXPONENT
        name_share = (name_weight / sum(own)) ** NAME_COVERAGE_EXPONENT
        return MAX_INEXACT_STRENGTH * query_share * name_share, not open_query


def _matching_words(
    query: NameQuery, numbers: Sequence[int]
) -> list[tuple[float, tuple[int, ...], int]]:
    """Return similarity, positions in the query and position in the name, the best first."""
    pairs = (
        (similarity, part.positions, position)
        for part in query.parts
        for position, number in enumerate(numbers)
        if (similarity := part.similar_words.get(number))
    )
    return sorted(pairs, key=lambda pair: (-pair[0], -len(pair[1])))
