"""People with accounts who watch and look at their feeds: the callers of `rasika bench feed`.

    python -m scripts.bench.feed_load < plan > measured

A process of their own, as that of `scripts.bench.http_load`, and closed loops like there. In each
loop somebody looks at his feed, tells what he did with a title of it, and looks again: the title
has to be gone, and what is left has to be worth something else to him than a moment ago.
"""

import json
import random
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from itertools import cycle
from uuid import uuid4

import psutil

from scripts.bench.http_load import HOST, REQUEST_TIMEOUT_S, LoadResult, cpu_seconds

LIVEZ_PATH = "/livez"
FEED_PATH = "/api/recommendations/personalized?explain=true&limit=20"
INTERACTIONS_PATH = "/api/user/interactions"
REGISTER_PATH, PROFILE_PATH = "/api/auth/register", "/api/user/profile"

HISTORY_DAYS = 100  # that a history goes back
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

MAX_TRIES = 2
UNREACHABLE_STATUS = 599
SUCCESS_STATUSES = range(200, 300)
EMPTY_FEED = b'{"items": []}'

EventValues = tuple[str, float | None, float | None]


@dataclass(frozen=True, slots=True)
class FeedLoadPlan:
    """Whom to play; one caller and several take turns, so that a noisy machine slows all alike."""

    port: int
    server: int  # its process id
    caller_count: int
    rounds: int
    turn_s: float
    titles: list[int]
    history: int  # events that each has behind him


@dataclass(slots=True)
class FeedLoadResult:
    """What came of it: times by case, and how many feeds were not as they should be: none."""

    cases: dict[str, LoadResult] = field(default_factory=dict)
    feeds_checked: int = 0
    feeds_with_known_titles: int = 0
    feeds_not_moved: int = 0
    feeds_moved_without_cause: int = 0


class FeedLoadUser:
    """Somebody with an account and a history."""

    def __init__(self, plan: FeedLoadPlan, number: int) -> None:
        self._connection = HTTPConnection(HOST, plan.port, timeout=REQUEST_TIMEOUT_S)
        self._server = psutil.Process(plan.server)
        self._rng = random.Random(number)  # noqa: S311  # nothing secret
        self._token = ""
        self._used_titles: set[int] = set()
        self._last_scores: dict[int, float] = {}
        self.result = FeedLoadResult()
        self.posts, self.feeds = LoadResult(), LoadResult()
        self._register()
        self._post_history(plan)
        self.run_cycle()
        self.posts, self.feeds = LoadResult(), LoadResult()

    def run_cycle(self) -> None:
        """Look, do something, and look again."""
        before = self._fetch_feed()
        if self._last_scores and before != self._last_scores:
            self.result.feeds_moved_without_cause += 1
        if not before:
            return
        title_id = self._rng.choice(list(before))
        self._post_interaction(
            self._interaction(title_id, self._rng.choice(CURRENT_EVENTS), datetime.now(UTC))
        )
        after = self._fetch_feed()
        both = before.keys() & after.keys()
        self.result.feeds_not_moved += bool(both) and all(before[n] == after[n] for n in both)
        self._last_scores = after

    def delete_account(self) -> None:
        """Delete the account and everything with it."""
        self._request("DELETE", PROFILE_PATH)
        self._connection.close()

    def _register(self) -> None:
        email = f"{uuid4().hex}@example.com"
        body = {"email": email, "password": uuid4().hex}
        self._token = json.loads(self._request_or_raise("POST", REGISTER_PATH, body))[
            "access_token"
        ]

    def _post_history(self, plan: FeedLoadPlan) -> None:
        titles = self._rng.sample(plan.titles, min(plan.history, len(plan.titles) // 2))
        ages = sorted((self._rng.uniform(0, HISTORY_DAYS) for _ in titles), reverse=True)
        now = datetime.now(UTC)
        past = [
            self._interaction(title_id, self._rng.choice(PAST_EVENTS), now - timedelta(days=age))
            for title_id, age in zip(titles, ages, strict=True)
        ]
        self._request_or_raise("POST", INTERACTIONS_PATH, past)

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

    def _fetch_feed(self) -> dict[int, float]:
        """Return what the feed holds and what each is worth."""
        answer = self._timed_request(self.feeds, "GET", FEED_PATH)
        found = {each["id"]: each["score"] for each in json.loads(answer)["items"]}
        self.result.feeds_checked += 1
        self.result.feeds_with_known_titles += bool(found.keys() & self._used_titles)
        return found

    def _post_interaction(self, line: dict[str, object]) -> None:
        self._timed_request(self.posts, "POST", INTERACTIONS_PATH, line)

    def _timed_request(
        self, answered: LoadResult, method: str, path: str, body: object = None
    ) -> bytes:
        spent, began = cpu_seconds(self._server), time.perf_counter()
        status, answer = self._request(method, path, body)
        answered.latencies_s.append(time.perf_counter() - began)
        answered.server_cpu_s += cpu_seconds(self._server) - spent
        answered.errors += status not in SUCCESS_STATUSES
        return answer if status in SUCCESS_STATUSES else EMPTY_FEED

    def _request_or_raise(self, method: str, path: str, body: object) -> bytes:
        status, answer = self._request(method, path, body)
        if status not in SUCCESS_STATUSES:
            raise RuntimeError(f"{method} {path}: {status} {answer.decode(errors='replace')}")
        return answer

    def _request(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        sent = None if body is None else json.dumps(body).encode()
        if sent is not None:
            headers["Content-Type"] = "application/json"
        # A server closes what is idle for seconds; all that is asked here may be asked twice.
        for _ in range(MAX_TRIES):
            try:
                self._connection.request(method, path, sent, headers)
                response = self._connection.getresponse()
                return response.status, response.read()
            except (OSError, HTTPException):
                self._connection.close()  # the next request opens it again
        return UNREACHABLE_STATUS, b""


def measure(load_plan: FeedLoadPlan) -> FeedLoadResult:
    """Return what came of it."""
    guests = [FeedLoadUser(load_plan, number) for number in range(load_plan.caller_count)]
    total = FeedLoadResult()
    several = f"{load_plan.caller_count} callers"
    for _ in range(load_plan.rounds):
        _measure_livez(load_plan, total)
        _turn(total, "one caller", guests, lambda end: _run_one_by_one(guests, end), load_plan)
        _turn(total, several, guests, lambda end: _run_concurrently(guests, end), load_plan)
    for guest in guests:
        for name in ("checked", "with_known_titles", "not_moved", "moved_without_cause"):
            each = f"feeds_{name}"
            setattr(total, each, getattr(total, each) + getattr(guest.result, each))
        guest.delete_account()
    return total


def _measure_livez(plan: FeedLoadPlan, total: FeedLoadResult) -> None:
    """Ask what costs nothing but HTTP."""
    connection = HTTPConnection(HOST, plan.port, timeout=REQUEST_TIMEOUT_S)
    answered = total.cases.setdefault(LIVEZ_PATH, LoadResult())
    started = time.perf_counter()
    while time.perf_counter() < started + plan.turn_s / 4:
        began = time.perf_counter()
        connection.request("GET", LIVEZ_PATH)
        connection.getresponse().read()
        answered.latencies_s.append(time.perf_counter() - began)
    answered.elapsed_s += time.perf_counter() - started
    connection.close()


def _turn(
    total: FeedLoadResult,
    crowd: str,
    users: Sequence[FeedLoadUser],
    use: Callable[[float], None],
    plan: FeedLoadPlan,
) -> None:
    for guest in users:
        guest.posts, guest.feeds = LoadResult(), LoadResult()
    began = time.perf_counter()
    use(began + plan.turn_s)
    passed = time.perf_counter() - began
    for what in ("posts", "feeds"):
        case = total.cases.setdefault(f"{what}, {crowd}", LoadResult())
        case.elapsed_s += passed
        for guest in users:
            case.latencies_s += getattr(guest, what).latencies_s
            case.errors += getattr(guest, what).errors
            case.server_cpu_s += getattr(guest, what).server_cpu_s


def _run_one_by_one(users: Sequence[FeedLoadUser], end: float) -> None:
    for guest in cycle(users):
        guest.run_cycle()
        if time.perf_counter() > end:
            break


def _run_concurrently(users: Sequence[FeedLoadUser], end: float) -> None:
    threads = [threading.Thread(target=_run_until, args=(guest, end)) for guest in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _run_until(user: FeedLoadUser, end: float) -> None:
    user.run_cycle()
    while time.perf_counter() < end:
        user.run_cycle()


def main() -> None:
    """Read a plan and write what came of it."""
    json.dump(asdict(measure(FeedLoadPlan(**json.load(sys.stdin)))), sys.stdout)


if __name__ == "__main__":
    main()
