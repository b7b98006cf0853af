"""Sign-ins in a database: one line of tokens each, whoever hands them in."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from db.engine import open_session
from viewers import accounts, login_sessions
from viewers.login_sessions import GRACE, NO_GRACE, Pair
from viewers.tokens import Tokens, Use

TOKENS = Tokens(lambda: [b"a key of the tests"])
A_MONTH_AGO = {"then": datetime.now(UTC) - timedelta(days=61)}


@pytest.fixture
def pair(own: Engine) -> Pair:
    with open_session(own) as writing:
        viewer_id = accounts.add(writing, "asha@example.com", password_hash=None)
        begun = login_sessions.begin(writing, viewer_id, tokens=TOKENS)
        writing.commit()
    return begun


def refreshed(own: Engine, token: str, grace: timedelta) -> str | None:
    with open_session(own) as writing:
        found = login_sessions.refresh(writing, token, tokens=TOKENS, grace=grace)
        writing.commit()
    return None if found is None else number(found.pair.refresh)


def number(token: str) -> str:
    return (TOKENS.read(Use.REFRESH, token) or {})["jti"]


def goes_on(reading: Session, pair: Pair) -> bool:
    sign_in_id = login_sessions.of_access(TOKENS, pair.access)
    assert sign_in_id is not None
    return login_sessions.going_on(reading, sign_in_id) is not None


def test_of_many_who_hand_in_a_token_at_once_one_has_it(own: Engine, pair: Pair) -> None:
    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(refreshed, own, pair.refresh, NO_GRACE) for _ in range(8)]
    assert len([each.result() for each in asked if each.result()]) == 1
    with open_session(own) as reading:
        assert not goes_on(reading, pair)


def test_within_the_grace_all_of_them_get_the_same_successor(own: Engine, pair: Pair) -> None:
    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(refreshed, own, pair.refresh, GRACE) for _ in range(8)]
    assert len({each.result() for each in asked}) == 1
    assert asked[0].result() not in (None, number(pair.refresh))
    with open_session(own) as reading:
        assert goes_on(reading, pair)


def test_after_the_grace_a_copy_ends_the_sign_in(own: Engine, pair: Pair) -> None:
    assert refreshed(own, pair.refresh, GRACE)
    with own.begin() as connection:
        late = {"grace": GRACE}
        connection.execute(text("UPDATE refresh_token SET used_at = used_at - :grace"), late)
    assert refreshed(own, pair.refresh, GRACE) is None
    with open_session(own) as reading:
        assert not goes_on(reading, pair)


def test_what_ended_is_deleted_and_what_goes_on_is_not(own: Engine, pair: Pair) -> None:
    with open_session(own) as writing:
        viewer_id = accounts.add(writing, "ravi@example.com", password_hash=None)
        gone = login_sessions.begin(writing, viewer_id, tokens=TOKENS)
        writing.commit()
        sign_in_id = login_sessions.of_access(TOKENS, gone.access)
        ended = text("UPDATE sign_in SET expires_at = :then WHERE id = :id")
        writing.execute(ended, {**A_MONTH_AGO, "id": sign_in_id})
        assert login_sessions.trim(writing) == 1
        writing.commit()
        assert not goes_on(writing, gone)
        assert goes_on(writing, pair)
