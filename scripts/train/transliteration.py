"""Learning graphones from word pairs (`search/language/transliteration.py`)."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from search.language.transliteration import MAX_GRAPHONE_LATIN_LETTERS, GraphoneModel

MAX_NATIVE_LETTERS = 3  # letters of a graphone
MAX_PAIR_LETTERS = 22  # letters
MAX_ALIGNED_PAIRS = 8_000  # pairs that graphones are learnt from; all pairs are segmented by them
EM_ROUNDS = 5
MIN_EXPECTED_COUNT = 0.05  # occurrences of a graphone, else it is forgotten
MIN_GRAPHONE_COUNT = 3  # occurrences of a graphone in the model
MIN_BIGRAM_COUNT = 2  # of two in a row
DISCOUNT = 0.5
EDGE_GRAPHONES = (("", ""), ("$", "$"))

Pair = tuple[str, str]
"""Latin, native: of a word, or of a graphone."""


def learn(pairs: Sequence[Pair]) -> GraphoneModel:
    """Return the bigram of the graphones of word pairs, absolutely discounted."""
    usable = [pair for pair in pairs if all(0 < len(side) <= MAX_PAIR_LETTERS for side in pair)]
    likely = _align(usable[:MAX_ALIGNED_PAIRS])
    rows = [row for pair in usable if (row := _segment(pair, likely))]
    seen = Counter(graphone for row in rows for graphone in row)
    kept = [
        *EDGE_GRAPHONES,
        *(pair for pair, count in seen.most_common() if count >= MIN_GRAPHONE_COUNT),
    ]
    return _bigram(kept, rows)


def _bigram(kept: list[Pair], rows: list[list[Pair]]) -> GraphoneModel:
    numbers = {pair: number for number, pair in enumerate(kept)}
    alone: Counter[int] = Counter()
    following: Counter[tuple[int, int]] = Counter()
    for row in rows:
        chain = [0, *(numbers.get(graphone, -1) for graphone in row), 1]
        if -1 in chain:
            continue
        alone.update(chain[1:])
        following.update(pairwise(chain))
    before: Counter[int] = Counter()
    kinds: Counter[int] = Counter()
    for (last, _), count in following.items():
        before[last] += count
        kinds[last] += 1
    total = alone.total()
    single = [
        (alone[number] + DISCOUNT) / (total + DISCOUNT * len(kept)) for number in range(len(kept))
    ]
    spare = [
        DISCOUNT * kinds[number] / before[number] if before[number] else 1.0
        for number in range(len(kept))
    ]
    bigrams: list[dict[int, float]] = [{} for _ in kept]
    for (last, number), count in following.items():
        if count >= MIN_BIGRAM_COUNT:
            share = (count - DISCOUNT) / before[last] + spare[last] * single[number]
            bigrams[last][number] = math.log(share)
    return GraphoneModel(
        pairs=kept,
        unigram_log_probabilities=[math.log(each) for each in single],
        bigram_log_probabilities=bigrams,
        backoff_log_weights=[math.log(each) for each in spare],
    )


def _align(pairs: Sequence[Pair]) -> dict[Pair, float]:
    """Return the probabilities of graphones, by expectation and maximisation."""
    likely: dict[Pair, float] | None = None
    for _ in range(EM_ROUNDS):
        expected: dict[Pair, float] = defaultdict(float)
        for latin, native in pairs:
            _add_expected_counts(latin, native, likely, expected)
        total = sum(expected.values())
        likely = {
            pair: count / total for pair, count in expected.items() if count > MIN_EXPECTED_COUNT
        }
    return likely or {}


def _add_expected_counts(
    latin: str, native: str, likely: dict[Pair, float] | None, expected: dict[Pair, float]
) -> None:
    """Add the expected graphones of a pair: forward, then backward."""
    ends = len(latin), len(native)
    forward: dict[tuple[int, int], float] = defaultdict(float, {(0, 0): 1.0})
    steps = []
    for at, pair, to in _steps(latin, native):
        if not forward[at]:
            continue
        weight = _initial_weight(pair) if likely is None else likely.get(pair, 0.0)
        if weight:
            forward[to] += forward[at] * weight
            steps.append((at, pair, to, weight))
    if not forward[ends]:
        return
    backward: dict[tuple[int, int], float] = defaultdict(float, {ends: 1.0})
    for at, pair, to, weight in reversed(steps):
        rest = weight * backward[to]
        backward[at] += rest
        expected[pair] += forward[at] * rest / forward[ends]


def _steps(latin: str, native: str) -> Iterator[tuple[tuple[int, int], Pair, tuple[int, int]]]:
    for i in range(len(latin)):
        for j in range(len(native)):
            for k in range(i + 1, min(i + MAX_GRAPHONE_LATIN_LETTERS, len(latin)) + 1):
                for m in range(j + 1, min(j + MAX_NATIVE_LETTERS, len(native)) + 1):
                    yield (i, j), (latin[i:k], native[j:m]), (k, m)


def _initial_weight(pair: Pair) -> float:
    """Short graphones of like length are likelier."""
    latin, native = map(len, pair)
    return float(0.1 ** (2 * (latin - 1) if latin == native else latin + native - 2))


def _segment(pair: Pair, likely: dict[Pair, float]) -> list[Pair]:
    """Return the likeliest graphones of a word pair; none where none fit."""
    latin, native = pair
    ends = len(latin), len(native)
    best: dict[tuple[int, int], tuple[float, tuple[int, int], Pair]] = {}
    best[0, 0] = 0.0, (0, 0), ("", "")
    for at, graphone, to in _steps(latin, native):
        weight = likely.get(graphone)
        if weight is None or at not in best:
            continue
        score = best[at][0] + math.log(weight)
        if to not in best or score > best[to][0]:
            best[to] = score, at, graphone
    if ends not in best:
        return []
    row = []
    at = ends
    while at != (0, 0):
        _, at, graphone = best[at]
        row.append(graphone)
    return row[::-1]
