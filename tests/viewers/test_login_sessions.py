"""Sign-ins in a database: one line of tokens each, whoever hands them in."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from db.engine import open_session
from viewers import accounts, login_sessions
from viewers.login_sessions import NO_REUSE_GRACE, REUSE_GRACE_PERIOD, TokenPair
from viewers.tokens import TokenPurpose, TokenSigner

TOKEN_SIGNER = TokenSigner(lambda: [b"a key of the tests"])
TWO_MONTHS_AGO = {"then": datetime.now(UTC) - timedelta(days=61)}


@pytest.fixture
def token_pair(own_database: Engine) -> TokenPair:
    with open_session(own_database) as writing:
        viewer_id = accounts.create(writing, "asha@example.com", password_hash=None)
        begun = login_sessions.start(writing, viewer_id, tokens=TOKEN_SIGNER)
        writing.commit()
    return begun


def refresh(own: Engine, token: str, grace: timedelta) -> str | None:
    with open_session(own) as writing:
        found = login_sessions.refresh(writing, token, tokens=TOKEN_SIGNER, grace=grace)
        writing.commit()
    return None if found is None else token_id(found.token_pair.refresh)


def token_id(token: str) -> str:
    return (TOKEN_SIGNER.read(TokenPurpose.REFRESH, token) or {})["jti"]


def is_active(reading: Session, pair: TokenPair) -> bool:
    sign_in_id = login_sessions.id_of_access_token(TOKEN_SIGNER, pair.access)
    assert sign_in_id is not None
    return login_sessions.find_active(reading, sign_in_id) is not None


def test_only_one_of_many_concurrent_uses_of_a_token_succeeds(
    own_database: Engine, token_pair: TokenPair
) -> None:
    with ThreadPoolExecutor(8) as threads:
        asked = [
            threads.submit(refresh, own_database, token_pair.refresh, NO_REUSE_GRACE)
            for _ in range(8)
        ]
    assert len([each.result() for each in asked if each.result()]) == 1
    with open_session(own_database) as reading:
        assert not is_active(reading, token_pair)


def test_within_the_grace_period_all_uses_get_the_same_successor(
    own_database: Engine, token_pair: TokenPair
) -> None:
    with ThreadPoolExecutor(8) as threads:
        asked = [
            threads.submit(refresh, own_database, token_pair.refresh, REUSE_GRACE_PERIOD)
            for _ in range(8)
        ]
    assert len({each.result() for each in asked}) == 1
    assert asked[0].result() not in (None, token_id(token_pair.refresh))
    with open_session(own_database) as reading:
        assert is_active(reading, token_pair)


def test_a_copied_token_ends_the_sign_in_after_the_grace_period(
    own_database: Engine, token_pair: TokenPair
) -> None:
    assert refresh(own_database, token_pair.refresh, REUSE_GRACE_PERIOD)
    with own_database.begin() as connection:
        late = {"grace": REUSE_GRACE_PERIOD}
        connection.execute(text("UPDATE refresh_token SET used_at = used_at - :grace"), late)
    assert refresh(own_database, token_pair.refresh, REUSE_GRACE_PERIOD) is None
    with open_session(own_database) as reading:
        assert not is_active(reading, token_pair)


def test_only_ended_sign_ins_are_deleted(own_database: Engine, token_pair: TokenPair) -> None:
    with open_session(own_database) as writing:
        viewer_id = accounts.create(writing, "ravi@example.com", password_hash=None)
        gone = login_sessions.start(writing, viewer_id, tokens=TOKEN_SIGNER)
        writing.commit()
        sign_in_id = login_sessions.id_of_access_token(TOKEN_SIGNER, gone.access)
        ended = text("UPDATE sign_in SET expires_at = :then WHERE id = :id")
        writing.execute(ended, {**TWO_MONTHS_AGO, "id": sign_in_id})
        assert login_sessions.delete_expired(writing) == 1
        writing.commit()
        assert not is_active(writing, gone)
        assert is_active(writing, token_pair)
