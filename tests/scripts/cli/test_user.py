"""`rasika user` on its own database."""

import io
import sys

import pytest
from sqlalchemy import Engine

from config import logging_setup
from db import accounts
from db.engine import open_session
from embedded.lease import Lease
from scripts.cli.main import main
from viewers import passwords
from vocabulary.kinds import Role

EMAIL, PASSWORD = "asha@example.com", "mango lassi 9"


@pytest.fixture(autouse=True)
def _own_servers(
    own_database: Engine, own_database_url: str, servers: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RASIKA_DATABASE_URL", own_database_url)
    monkeypatch.setenv("RASIKA_REDIS_URL", servers.redis_url)
    monkeypatch.setattr(
        logging_setup, "configure_logging", lambda: None
    )  # it would last beyond the test


def run_user_command(
    monkeypatch: pytest.MonkeyPatch, *arguments: str, password: str = PASSWORD
) -> int:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{password}\n"))
    with pytest.raises(SystemExit) as exit_:
        main(["user", *arguments])
    return int(exit_.value.code or 0)


def stored_account(engine: Engine) -> tuple[Role, str]:
    with open_session(engine) as reading:
        account = accounts.find_by_email(reading, EMAIL)
    assert account is not None
    return account.role, account.password_hash or ""


def test_administrator_is_created_with_a_password_from_standard_input(
    own_database: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_user_command(monkeypatch, "add", "--admin", "Asha@Example.com") == 0
    role, password_hash = stored_account(own_database)
    assert role is Role.ADMIN
    assert passwords.verify_password(PASSWORD, password_hash)[0]
    output = capsys.readouterr()
    assert output.out == f"{EMAIL}: account created with the role admin\n"
    assert PASSWORD not in output.out + output.err


def test_existing_account_gets_the_role_and_keeps_its_password(
    own_database: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_user_command(monkeypatch, "add", EMAIL) == 0
    before = stored_account(own_database)
    assert run_user_command(monkeypatch, "add", "--curator", EMAIL, password="another one 1") == 0
    assert stored_account(own_database) == (Role.CURATOR, before[1])
    assert run_user_command(monkeypatch, "add", EMAIL) == 1
    assert (
        "rasika: asha@example.com already has an account, with the role curator"
        in capsys.readouterr().err
    )


def test_password_is_replaced(own_database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    run_user_command(monkeypatch, "add", EMAIL)
    assert run_user_command(monkeypatch, "password", EMAIL, password="quite another 1") == 0
    assert passwords.verify_password("quite another 1", stored_account(own_database)[1])[0]
    assert run_user_command(monkeypatch, "password", "unknown@example.com") == 1


@pytest.mark.parametrize(
    ("arguments", "password", "code"),
    [
        (("add", "no-address"), PASSWORD, 1),
        (("add", EMAIL), "short", 1),
        (("add", EMAIL), "", 1),
        (("add", "--admin", "--curator", EMAIL), PASSWORD, 2),
        (("add",), PASSWORD, 2),
    ],
)
def test_invalid_arguments_create_no_account(
    own_database: Engine,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    password: str,
    code: int,
) -> None:
    assert run_user_command(monkeypatch, *arguments, password=password) == code
    with open_session(own_database) as reading:
        assert accounts.find_by_email(reading, EMAIL) is None
