"""Callers that ask at the same time share a pass through the model."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from math import ceil

import numpy as np

from embeddings.embedder import Matrix

MOST_TOKENS = 256  # in a pass; more would outgrow the caches and keep the next caller waiting

Sequences = Sequence[list[int]]


class _Call:
    """What one caller waits for."""

    __slots__ = ("failure", "leads", "left", "queued", "rows", "told")

    def __init__(self, count: int) -> None:
        self.rows: list[Matrix | None] = [None] * count
        self.left = self.queued = count  # to come, and of these not in any pass yet
        self.failure: Exception | None = None
        self.leads = False  # a place is his, until he hands it on
        self.told = threading.Event()


_Job = tuple[_Call, int, list[int]]
"""A sequence of tokens, and whose row of which number it becomes."""


class Together:
    """At most `places` passes at once; each takes its share of all that wait.

    Whoever finds a free place makes a pass, for himself and for others, and hands the place on to
    one who still waits. It has no thread of its own, so a process may fork.
    """

    def __init__(self, passing: Callable[[Sequences], Matrix], places: int) -> None:
        self._passing = passing
        self._places = places
        self._lock = threading.Lock()
        self._waiting: deque[_Job] = deque()
        self._passes = 0

    def rows(self, sequences: Sequences) -> Matrix:
        """Return a row for each of at least one sequence.

        Raises what the pass raised.
        """
        call = _Call(len(sequences))
        with self._lock:
            self._waiting.extend((call, row, each) for row, each in enumerate(sequences))
            call.leads = self._passes < self._places
            self._passes += call.leads
        # A place that came too late, when another pass had done all, is still handed on.
        while call.left or call.leads:
            if call.leads:
                self._pass(call)
            else:
                call.told.wait()
                call.told.clear()
        if call.failure is not None:
            raise call.failure
        return np.stack([row for row in call.rows if row is not None])

    def _pass(self, leader: _Call) -> None:
        with self._lock:
            jobs = self._taken()
        rows: Sequence[Matrix | None] = [None] * len(jobs)
        failure = None
        try:
            rows = list(self._passing([sequence for _, _, sequence in jobs])) if jobs else []
        except Exception as error:  # each of the callers raises it
            failure = error
        finally:
            with self._lock:
                for (call, number, _), row in zip(jobs, rows, strict=True):
                    call.rows[number] = row
                    call.left -= 1
                    call.failure = call.failure or failure
                self._hand_on(leader)
            for call in {id(call): call for call, _, _ in jobs}.values():
                call.told.set()

    def _hand_on(self, leader: _Call) -> None:
        """Keep the place for the leader's own rest, else give it to one who waits without."""
        if leader.queued:
            return
        leader.leads = False
        successor = next((call for call, _, _ in self._waiting if not call.leads), None)
        if successor is None:
            self._passes -= 1
        else:
            successor.leads = True
            successor.told.set()

    def _taken(self) -> list[_Job]:
        """Return a place's share of those who wait, the first in any case.

        A caller alone takes all of his: the weights are then read once.
        """
        callers = {id(call) for call, _, _ in self._waiting}
        places = self._places if len(callers) > 1 else 1
        share = ceil(len(self._waiting) / places)
        jobs: list[_Job] = []
        tokens = 0
        while len(jobs) < share:
            tokens += len(self._waiting[0][2])
            if jobs and tokens > MOST_TOKENS:
                break
            jobs.append(self._waiting.popleft())
            jobs[-1][0].queued -= 1
        return jobs
