"""The callers of `rasika bench feed`: users with accounts who act and look at their feeds.

    python -m scripts.bench.feed_load < plan.json > results.json

In each cycle a user reads their feed, sends an interaction with one of its titles and reads it
again: that title has to be gone, and the scores of the others have to differ from before.
"""

import json
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle
from uuid import uuid4

import psutil

from scripts.bench.load_client import (
    LIVEZ_PATH,
    SUCCESS_STATUSES,
    Connection,
    LoadPlan,
    LoadResult,
    cpu_seconds,
    run_closed_loops,
)

FEED_PATH = "/api/recommendations/personalized?explain=true&limit=20"
INTERACTIONS_PATH = "/api/user/interactions"
REGISTER_PATH, PROFILE_PATH = "/api/auth/register", "/api/user/profile"

HISTORY_DAYS = 100
PAST_EVENTS = (  # event, value, progress
    ("complete", None, None),
    ("like", None, None),
    ("rate", 4.0, None),
    ("watch", None, 0.5),
    ("watch", None, 0.1),
    ("favorite", None, None),
    ("rate", 2.0, None),
    ("dismiss", None, None),
)
CURRENT_EVENTS = (
    ("dismiss", None, None),
    ("like", None, None),
    ("rate", 4.5, None),
    ("dislike", None, None),
    ("complete", None, None),
)

EventValues = tuple[str, float | None, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLoadPlan(LoadPlan):
    """The titles that users choose from, and the events that each has behind them."""

    title_ids: list[int]
    history_events: int


@dataclass(slots=True)
class FeedCheck:
    """How many feeds were read, and how many were wrong in which way."""

    feeds_checked: int = 0
    feeds_with_known_titles: int = 0
    feeds_not_moved: int = 0  # the same scores although the user acted
    feeds_moved_without_cause: int = 0


class FeedLoadUser:
    """A user with an account and a history; numbers give the same choices in every run."""

    def __init__(self, plan: FeedLoadPlan, number: int) -> None:
        self._connection = Connection(plan.port)
        self._server = psutil.Process(plan.server_pid)
        self._rng = random.Random(number)  # noqa: S311  # nothing secret
        self._used_titles: set[int] = set()
        self._last_scores: dict[int, float] = {}
        self.check = FeedCheck()
        self._register()
        self._post_history(plan)
        self.start_turn()
        self.run_cycle()

    def start_turn(self) -> None:
        """Forget the latencies of the last turn."""
        self.posts, self.feeds = LoadResult(), LoadResult()

    def run_cycle(self) -> None:
        """Read the feed, act, and read it again."""
        before = self._fetch_scores()
        if self._last_scores and before != self._last_scores:
            self.check.feeds_moved_without_cause += 1
        if not before:
            return
        title_id = self._rng.choice(list(before))
        event = self._interaction(title_id, self._rng.choice(CURRENT_EVENTS), datetime.now(UTC))
        with self._measure_server_cpu(self.posts):
            self._connection.timed_request(self.posts, "POST", INTERACTIONS_PATH, event)
        after = self._fetch_scores()
        common = before.keys() & after.keys()
        self.check.feeds_not_moved += bool(common) and all(before[n] == after[n] for n in common)
        self._last_scores = after

    def delete_account(self) -> None:
        """Delete the account and everything with it."""
        self._connection.request("DELETE", PROFILE_PATH)
        self._connection.close()

    def _register(self) -> None:
        body = {"email": f"{uuid4().hex}@example.com", "password": uuid4().hex}
        token = json.loads(self._post_or_raise(REGISTER_PATH, body))["access_token"]
        self._connection.headers["Authorization"] = f"Bearer {token}"

    def _post_history(self, plan: FeedLoadPlan) -> None:
        size = min(plan.history_events, len(plan.title_ids) // 2)
        title_ids = self._rng.sample(plan.title_ids, size)
        ages = sorted((self._rng.uniform(0, HISTORY_DAYS) for _ in title_ids), reverse=True)
        now = datetime.now(UTC)
        events = [
            self._interaction(title_id, self._rng.choice(PAST_EVENTS), now - timedelta(days=age))
            for title_id, age in zip(title_ids, ages, strict=True)
        ]
        self._post_or_raise(INTERACTIONS_PATH, events)

    def _interaction(self, title_id: int, values: EventValues, at: datetime) -> dict[str, object]:
        event, value, progress = values
        self._used_titles.add(title_id)
        return {
            "id": str(uuid4()),
            "content_id": title_id,
            "event": event,
            "value": value,
            "progress": progress,
            "at": at.isoformat(),
        }

    def _fetch_scores(self) -> dict[int, float]:
        """Return the score of each title of the feed; none if it could not be read."""
        with self._measure_server_cpu(self.feeds):
            status, content = self._connection.timed_request(self.feeds, "GET", FEED_PATH)
        items = json.loads(content)["items"] if status in SUCCESS_STATUSES else []
        scores = {item["id"]: item["score"] for item in items}
        self.check.feeds_checked += 1
        self.check.feeds_with_known_titles += bool(scores.keys() & self._used_titles)
        return scores

    @contextmanager
    def _measure_server_cpu(self, result: LoadResult) -> Iterator[None]:
        before = cpu_seconds(self._server)
        yield
        result.server_cpu_s += cpu_seconds(self._server) - before

    def _post_or_raise(self, path: str, body: object) -> bytes:
        status, content = self._connection.request("POST", path, body)
        if status not in SUCCESS_STATUSES:
            raise RuntimeError(f"POST {path}: {status} {content.decode(errors='replace')}")
        return content


def measure(plan: FeedLoadPlan) -> tuple[dict[str, LoadResult], FeedCheck]:
    """Return the result of each case, and the check of all feeds."""
    users = [FeedLoadUser(plan, number) for number in range(plan.caller_count)]
    results: dict[str, LoadResult] = {LIVEZ_PATH: LoadResult()}
    for _ in range(plan.round_count):
        _measure_livez(plan, results[LIVEZ_PATH])
        _run_turn(plan, results, "one caller", users, [_one_by_one(users)])
        several = f"{plan.caller_count} callers"
        _run_turn(plan, results, several, users, [user.run_cycle for user in users])
    total = FeedCheck()
    for user in users:
        for name, count in asdict(user.check).items():
            setattr(total, name, getattr(total, name) + count)
        user.delete_account()
    return results, total


def _one_by_one(users: Sequence[FeedLoadUser]) -> Callable[[], object]:
    """Return a call that runs the cycle of the next user."""
    endless = cycle(users)
    return lambda: next(endless).run_cycle()


def _measure_livez(plan: FeedLoadPlan, result: LoadResult) -> None:
    connection = Connection(plan.port)
    result.elapsed_s += run_closed_loops(
        [lambda: connection.timed_request(result, "GET", LIVEZ_PATH)], plan.turn_s / 4
    )
    connection.close()


def _run_turn(
    plan: FeedLoadPlan,
    results: dict[str, LoadResult],
    callers: str,
    users: Sequence[FeedLoadUser],
    calls: Sequence[Callable[[], object]],
) -> None:
    for user in users:
        user.start_turn()
    elapsed_s = run_closed_loops(calls, plan.turn_s)
    for case in ("posts", "feeds"):
        result = results.setdefault(f"{case}, {callers}", LoadResult())
        result.elapsed_s += elapsed_s
        for user in users:
            result.add(user.posts if case == "posts" else user.feeds)


def main() -> None:
    """Read a plan and print the results."""
    results, check = measure(FeedLoadPlan(**json.load(sys.stdin)))
    cases = {name: asdict(each) for name, each in results.items()}
    json.dump({"cases": cases, "check": asdict(check)}, sys.stdout)


if __name__ == "__main__":
    main()
