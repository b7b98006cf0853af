import pytest
from sqlalchemy import Engine

from api.metrics import Metrics
from db import searches
from runtime import background
from runtime.background import BACKGROUND_FAILURES, BackgroundLoop
from runtime.change_listener import ChangeListener
from runtime.follower import Follower
from runtime.search_log import SearchLog
from tests.runtime.search_lines import make_search
from tests.waiting import wait_until


@pytest.fixture(autouse=True)
def _retry_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "RETRY_RANGE_S", (0.01, 0.02))


def failure_count(loop: str) -> float:
    return float(BACKGROUND_FAILURES.labels(loop)._value.get())


class FailingTwice:
    """Fails as no code foresaw, twice."""

    has_pending_changes = False

    def __init__(self) -> None:
        self.calls = 0

    def catch_up(self) -> int:
        self.calls += 1
        if self.calls <= 2:
            raise ZeroDivisionError
        return 0


def test_a_loop_goes_on_after_unexpected_errors_and_counts_them() -> None:
    target, before = FailingTwice(), failure_count("failing")

    def step() -> float:
        target.catch_up()
        return 0.01

    loop = BackgroundLoop("failing", step)
    loop.start()
    wait_until(lambda: target.calls > 3)
    loop.stop()
    assert failure_count("failing") - before == 2
    assert 'rasika_background_failures_total{loop="failing"}' in Metrics().exposition().decode()


def test_a_follower_goes_on_after_unexpected_errors(own_database: Engine) -> None:
    target = FailingTwice()
    follower = Follower("failing-twice", target, ChangeListener(own_database))
    follower.start()
    wait_until(lambda: target.calls > 3)
    follower.stop()


def test_the_search_log_goes_on_after_unexpected_errors(
    own_database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.search_log.FLUSH_INTERVAL_S", 0.01)
    dropped: list[int] = []
    search_log = SearchLog(own_database, dropped.append)
    with monkeypatch.context() as patched:
        patched.setattr(searches, "record", lambda *_: 1 / 0)
        search_log.add(make_search())
        search_log.start()
        wait_until(lambda: dropped == [1])
    written: list[int] = []
    monkeypatch.setattr(searches, "record", lambda _, lines: written.append(len(lines)))
    search_log.add(make_search())
    wait_until(lambda: 1 in written)
    search_log.stop()


def test_the_change_listener_goes_on_after_unexpected_errors(
    own_database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.change_listener.RETRY_DELAY_RANGE_S", (0.01, 0.02))
    listener = ChangeListener(own_database)
    with monkeypatch.context() as patched:
        patched.setattr("runtime.change_listener.listen", lambda *_: 1 / 0)
        before = failure_count("listen")
        listener.start()
        wait_until(lambda: failure_count("listen") > before)
    wait_until(lambda: listener.is_listening)
    listener.stop()
