import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from embeddings.batcher import MAX_TOKENS_PER_PASS, PassBatcher
from vocabulary.arrays import Matrix


class RecordingPass:
    """A pass that takes a while; the row of a sequence is its sum."""

    def __init__(self, seconds: float = 0.002) -> None:
        self.batch_sizes: list[int] = []
        self.max_concurrent = 0
        self._seconds = seconds
        self._running = 0
        self._lock = threading.Lock()

    def __call__(self, sequences: Sequence[list[int]]) -> Matrix:
        with self._lock:
            self._running += 1
            self.max_concurrent = max(self.max_concurrent, self._running)
            self.batch_sizes.append(len(sequences))
        time.sleep(self._seconds)
        with self._lock:
            self._running -= 1
        if any(sequence == [13] for sequence in sequences):
            raise ValueError("unlucky")
        return np.array([[sum(sequence)] for sequence in sequences], np.float32)


def test_each_caller_gets_his_own_rows_in_order() -> None:
    passing = RecordingPass()
    together = PassBatcher(passing, max_passes=2)

    def ask(number: int) -> list[float]:
        asked = [[1000 * number + each] for each in range(number % 4 + 1)]
        return [float(row[0]) for row in together.run(asked)]

    with ThreadPoolExecutor(12) as threads:
        found = list(threads.map(ask, range(300)))
    assert found == [[1000 * n + each for each in range(n % 4 + 1)] for n in range(300)]
    assert passing.max_concurrent == 2


@pytest.mark.parametrize("places", [1, 3])
def test_passes_at_once_are_bounded_and_shared(places: int) -> None:
    passing = RecordingPass(0.01)
    together = PassBatcher(passing, places)
    with ThreadPoolExecutor(12) as threads:
        list(threads.map(lambda n: together.run([[n]]), range(14, 74)))
    assert passing.max_concurrent == places
    assert len(passing.batch_sizes) < 60
    assert sum(passing.batch_sizes) == 60


def test_a_pass_is_not_made_too_long() -> None:
    passing = RecordingPass(0)
    together = PassBatcher(passing, max_passes=1)
    long = [[1] * (MAX_TOKENS_PER_PASS // 2)] * 7
    assert len(together.run(long)) == 7
    assert passing.batch_sizes == [2, 2, 2, 1]
    together.run([[1] * (2 * MAX_TOKENS_PER_PASS)])
    assert passing.batch_sizes[-1] == 1


def test_what_fails_is_told_to_those_of_the_pass_and_the_next_go_on() -> None:
    passing = RecordingPass()
    together = PassBatcher(passing, max_passes=1)

    def ask(number: int) -> bool:
        try:
            return float(together.run([[number]])[0, 0]) == number
        except ValueError as error:
            return str(error) == "unlucky"

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(ask, list(range(10, 20)) * 10))
    assert float(together.run([[5]])[0, 0]) == 5


def test_no_place_is_lost_among_callers_with_many() -> None:
    passing = RecordingPass()
    together = PassBatcher(passing, max_passes=2)
    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(lambda n: together.run([[14] * 50] * n), range(1, 60)))
    assert [len(rows) for rows in found] == list(range(1, 60))
    assert together._running_passes == 0
    passing.max_concurrent = 0
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda n: together.run([[n]]), range(14, 34)))
    assert passing.max_concurrent == 2
