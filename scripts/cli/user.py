"""`rasika user`: accounts, for who runs the service."""

import sys

import typer

from config.resources import Resources, open_resources
from config.settings import Settings
from db import accounts as rows
from db.engine import open_session
from db.tables.users import Account
from viewers import accounts, login_sessions, passwords
from viewers.accounts import InvalidEmail
from viewers.passwords import WeakPassword
from vocabulary.kinds import Role


class AccountCommandFailed(Exception):
    """The account is not what was asked for; the message tells why."""


def add_account(settings: Settings, email: str, role: Role) -> None:
    """Make an account with a role, or give the role to one that is there.

    Raises `Failed`.
    """
    email = _normalise_email(email)
    with open_resources(settings, with_embedder=False) as resources:
        account = _find_account(resources, email)
        if account is None:
            kept = _read_password_hash(email)
            with open_session(resources.engine) as writing:
                accounts.create(writing, email, password_hash=kept, role=role)
                writing.commit()
            _print_result(f"{email} has an account now and is {_role_with_article(role)}")
            return
        if role is Role.USER:
            raise AccountCommandFailed(
                f"{email} has an account, and is {_role_with_article(account.role)}"
            )
        with open_session(resources.engine) as writing:
            rows.set_role(writing, account.viewer_id, role)
            writing.commit()
        _print_result(f"{email} had an account and is {_role_with_article(role)} now")


def change_password(settings: Settings, email: str) -> None:
    """Give an account another password, and sign it out everywhere.

    Raises `Failed`.
    """
    email = _normalise_email(email)
    with open_resources(settings, with_embedder=False) as resources:
        account = _find_account(resources, email)
        if account is None:
            raise AccountCommandFailed(f"{email} has no account")
        kept = _read_password_hash(email)
        with open_session(resources.engine) as writing:
            rows.set_password(writing, account.viewer_id, kept)
            login_sessions.end_all(writing, account.viewer_id)
            writing.commit()
    _print_result(f"{email} has a new password, and is signed in nowhere")


def _find_account(resources: Resources, email: str) -> Account | None:
    with open_session(resources.engine) as reading:
        return rows.find_by_email(reading, email)


def _normalise_email(email: str) -> str:
    try:
        return accounts.normalise_email(email)
    except InvalidEmail as error:
        raise AccountCommandFailed(f"{email}: {error}") from error


def _read_password_hash(email: str) -> str:
    """Return what is kept of a password, asked for on a terminal, else read from a line."""
    if sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    try:
        return passwords.hash_password(password, email=email)
    except WeakPassword as error:
        raise AccountCommandFailed(f"a password {error}") from error


def _role_with_article(role: Role) -> str:
    return f"an {role}" if role is Role.ADMIN else f"a {role}"


def _print_result(message: str) -> None:
    print(message)
