"""Callers that ask at the same time share a pass through the model."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from math import ceil

import numpy as np

from vocabulary.arrays import Matrix

MAX_TOKENS_PER_PASS = (
    256  # in a pass; more would outgrow the caches and keep the next caller waiting
)

TokenSequences = Sequence[list[int]]


class _PendingCall:
    """What one caller waits for."""

    __slots__ = ("failure", "leads", "left", "queued", "rows", "told")

    def __init__(self, count: int) -> None:
        self.rows: list[Matrix | None] = [None] * count
        self.left = self.queued = count  # to come, and of these not in any pass yet
        self.failure: Exception | None = None
        self.leads = False  # a place is his, until he hands it on
        self.told = threading.Event()


_QueuedSequence = tuple[_PendingCall, int, list[int]]
"""A sequence of tokens, and whose row of which number it becomes."""


class PassBatcher:
    """At most `places` passes at once; each takes its share of all that wait.

    Whoever finds a free place makes a pass, for himself and for others, and hands the place on to
    one who still waits. It has no thread of its own, so a process may fork.
    """

    def __init__(self, run_pass: Callable[[TokenSequences], Matrix], max_passes: int) -> None:
        self._run_pass = run_pass
        self._max_passes = max_passes
        self._lock = threading.Lock()
        self._queue: deque[_QueuedSequence] = deque()
        self._running_passes = 0

    def run(self, sequences: TokenSequences) -> Matrix:
        """Return a row for each of at least one sequence.

        Raises what the pass raised.
        """
        call = _PendingCall(len(sequences))
        with self._lock:
            self._queue.extend((call, row, each) for row, each in enumerate(sequences))
            call.leads = self._running_passes < self._max_passes
            self._running_passes += call.leads
        # A place that came too late, when another pass had done all, is still handed on.
        while call.left or call.leads:
            if call.leads:
                self._lead_pass(call)
            else:
                call.told.wait()
                call.told.clear()
        if call.failure is not None:
            raise call.failure
        return np.stack([row for row in call.rows if row is not None])

    def _lead_pass(self, leader: _PendingCall) -> None:
        with self._lock:
            jobs = self._take_share()
        rows: Sequence[Matrix | None] = [None] * len(jobs)
        failure = None
        try:
            rows = list(self._run_pass([sequence for _, _, sequence in jobs])) if jobs else []
        except Exception as error:  # each of the callers raises it
            failure = error
        finally:
            with self._lock:
                for (call, number, _), row in zip(jobs, rows, strict=True):
                    call.rows[number] = row
                    call.left -= 1
                    call.failure = call.failure or failure
                self._hand_over(leader)
            for call in {id(call): call for call, _, _ in jobs}.values():
                call.told.set()

    def _hand_over(self, leader: _PendingCall) -> None:
        """Keep the place for the leader's own rest, else give it to one who waits without."""
        if leader.queued:
            return
        leader.leads = False
        successor = next((call for call, _, _ in self._queue if not call.leads), None)
        if successor is None:
            self._running_passes -= 1
        else:
            successor.leads = True
            successor.told.set()

    def _take_share(self) -> list[_QueuedSequence]:
        """Return a place's share of those who wait, the first in any case.

        A caller alone takes all of his: the weights are then read once.
        """
        callers = {id(call) for call, _, _ in self._queue}
        places = self._max_passes if len(callers) > 1 else 1
        share = ceil(len(self._queue) / places)
        jobs: list[_QueuedSequence] = []
        tokens = 0
        while len(jobs) < share:
            tokens += len(self._queue[0][2])
            if jobs and tokens > MAX_TOKENS_PER_PASS:
                break
            jobs.append(self._queue.popleft())
            jobs[-1][0].queued -= 1
        return jobs
