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

from scripts.bench.http_load import HOST, TIMEOUT_S, Answered, cpu

LIVEZ = "/livez"
FEED = "/api/recommendations/personalized?explain=true&limit=20"
INTERACTIONS = "/api/user/interactions"
REGISTER, PROFILE = "/api/auth/register", "/api/user/profile"

DAYS = 100  # that a history goes back
PAST = (  # event, value, progress
    ("complete", None, None),
    ("like", None, None),
    ("rate", 4.0, None),
    ("watch", None, 0.5),
    ("watch", None, 0.1),
    ("favorite", None, None),
    ("rate", 2.0, None),
    ("dismiss", None, None),
)
NOW = (
    ("dismiss", None, None),
    ("like", None, None),
    ("rate", 4.5, None),
    ("dislike", None, None),
    ("complete", None, None),
)

TRIES = 2
UNREACHABLE = 599
GOOD = range(200, 300)
NOTHING = b'{"items": []}'

Told = tuple[str, float | None, float | None]


@dataclass(frozen=True, slots=True)
class Plan:
    """Whom to play; one caller and several take turns, so that a noisy machine slows all alike."""

    port: int
    server: int  # its process id
    callers: int
    rounds: int
    turn_s: float
    titles: list[int]
    history: int  # events that each has behind him


@dataclass(slots=True)
class Measured:
    """What came of it: times by case, and how many feeds were not as they should be: none."""

    cases: dict[str, Answered] = field(default_factory=dict)
    feeds_checked: int = 0
    feeds_with_known_titles: int = 0
    feeds_not_moved: int = 0
    feeds_moved_without_cause: int = 0


class Guest:
    """Somebody with an account and a history."""

    def __init__(self, plan: Plan, number: int) -> None:
        self._connection = HTTPConnection(HOST, plan.port, timeout=TIMEOUT_S)
        self._server = psutil.Process(plan.server)
        self._rng = random.Random(number)  # noqa: S311  # nothing secret
        self._token = ""
        self._known: set[int] = set()
        self._last: dict[int, float] = {}
        self.checked = Measured()
        self.posts, self.feeds = Answered(), Answered()
        self._register()
        self._begin(plan)
        self.use()
        self.posts, self.feeds = Answered(), Answered()

    def use(self) -> None:
        """Look, do something, and look again."""
        before = self._look()
        if self._last and before != self._last:
            self.checked.feeds_moved_without_cause += 1
        if not before:
            return
        title_id = self._rng.choice(list(before))
        self._tell(self._line(title_id, self._rng.choice(NOW), datetime.now(UTC)))
        after = self._look()
        both = before.keys() & after.keys()
        self.checked.feeds_not_moved += bool(both) and all(before[n] == after[n] for n in both)
        self._last = after

    def leave(self) -> None:
        """Delete the account and everything with it."""
        self._ask("DELETE", PROFILE)
        self._connection.close()

    def _register(self) -> None:
        email = f"{uuid4().hex}@example.com"
        body = {"email": email, "password": uuid4().hex}
        self._token = json.loads(self._must("POST", REGISTER, body))["access_token"]

    def _begin(self, plan: Plan) -> None:
        titles = self._rng.sample(plan.titles, min(plan.history, len(plan.titles) // 2))
        ages = sorted((self._rng.uniform(0, DAYS) for _ in titles), reverse=True)
        now = datetime.now(UTC)
        past = [
            self._line(title_id, self._rng.choice(PAST), now - timedelta(days=age))
            for title_id, age in zip(titles, ages, strict=True)
        ]
        self._must("POST", INTERACTIONS, past)

    def _line(self, title_id: int, told: Told, at: datetime) -> dict[str, object]:
        event, value, progress = told
        self._known.add(title_id)
        return {
            "id": str(uuid4()),
            "content_id": title_id,
            "event": event,
            "value": value,
            "progress": progress,
            "at": at.isoformat(),
        }

    def _look(self) -> dict[int, float]:
        """Return what the feed holds and what each is worth."""
        answer = self._timed(self.feeds, "GET", FEED)
        found = {each["id"]: each["score"] for each in json.loads(answer)["items"]}
        self.checked.feeds_checked += 1
        self.checked.feeds_with_known_titles += bool(found.keys() & self._known)
        return found

    def _tell(self, line: dict[str, object]) -> None:
        self._timed(self.posts, "POST", INTERACTIONS, line)

    def _timed(self, answered: Answered, method: str, path: str, body: object = None) -> bytes:
        spent, began = cpu(self._server), time.perf_counter()
        status, answer = self._ask(method, path, body)
        answered.seconds.append(time.perf_counter() - began)
        answered.server_cpu += cpu(self._server) - spent
        answered.errors += status not in GOOD
        return answer if status in GOOD else NOTHING

    def _must(self, method: str, path: str, body: object) -> bytes:
        status, answer = self._ask(method, path, body)
        if status not in GOOD:
            raise RuntimeError(f"{method} {path}: {status} {answer.decode(errors='replace')}")
        return answer

    def _ask(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        sent = None if body is None else json.dumps(body).encode()
        if sent is not None:
            headers["Content-Type"] = "application/json"
        # A server closes what is idle for seconds; all that is asked here may be asked twice.
        for _ in range(TRIES):
            try:
                self._connection.request(method, path, sent, headers)
                response = self._connection.getresponse()
                return response.status, response.read()
            except (OSError, HTTPException):
                self._connection.close()  # the next request opens it again
        return UNREACHABLE, b""


def measure(plan: Plan) -> Measured:
    """Return what came of it."""
    guests = [Guest(plan, number) for number in range(plan.callers)]
    total = Measured()
    several = f"{plan.callers} callers"
    for _ in range(plan.rounds):
        _bare(plan, total)
        _turn(total, "one caller", guests, lambda end: _one_after_the_other(guests, end), plan)
        _turn(total, several, guests, lambda end: _all_at_once(guests, end), plan)
    for guest in guests:
        for name in ("checked", "with_known_titles", "not_moved", "moved_without_cause"):
            each = f"feeds_{name}"
            setattr(total, each, getattr(total, each) + getattr(guest.checked, each))
        guest.leave()
    return total


def _bare(plan: Plan, total: Measured) -> None:
    """Ask what costs nothing but HTTP."""
    connection = HTTPConnection(HOST, plan.port, timeout=TIMEOUT_S)
    answered = total.cases.setdefault(LIVEZ, Answered())
    started = time.perf_counter()
    while time.perf_counter() < started + plan.turn_s / 4:
        began = time.perf_counter()
        connection.request("GET", LIVEZ)
        connection.getresponse().read()
        answered.seconds.append(time.perf_counter() - began)
    answered.passed += time.perf_counter() - started
    connection.close()


def _turn(
    total: Measured,
    crowd: str,
    guests: Sequence[Guest],
    use: Callable[[float], None],
    plan: Plan,
) -> None:
    for guest in guests:
        guest.posts, guest.feeds = Answered(), Answered()
    began = time.perf_counter()
    use(began + plan.turn_s)
    passed = time.perf_counter() - began
    for what in ("posts", "feeds"):
        case = total.cases.setdefault(f"{what}, {crowd}", Answered())
        case.passed += passed
        for guest in guests:
            case.seconds += getattr(guest, what).seconds
            case.errors += getattr(guest, what).errors
            case.server_cpu += getattr(guest, what).server_cpu


def _one_after_the_other(guests: Sequence[Guest], end: float) -> None:
    for guest in cycle(guests):
        guest.use()
        if time.perf_counter() > end:
            break


def _all_at_once(guests: Sequence[Guest], end: float) -> None:
    threads = [threading.Thread(target=_until, args=(guest, end)) for guest in guests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _until(guest: Guest, end: float) -> None:
    guest.use()
    while time.perf_counter() < end:
        guest.use()


def main() -> None:
    """Read a plan and write what came of it."""
    json.dump(asdict(measure(Plan(**json.load(sys.stdin)))), sys.stdout)


if __name__ == "__main__":
    main()
