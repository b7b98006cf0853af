"""`rasika user`: accounts, for the operator of the service."""

import sys

import typer

from config.resources import Resources, open_resources
from config.settings import Settings
from db import accounts as account_rows
from db.engine import open_session
from db.tables.users import Account
from scripts.cli.console import CommandFailed, out
from viewers import accounts, login_sessions, passwords
from viewers.accounts import InvalidEmail
from viewers.passwords import WeakPassword
from vocabulary.kinds import Role


def add_account(settings: Settings, email: str, role: Role) -> None:
    """Create an account with a role, or give the role to an existing one.

    Raises `CommandFailed`.
    """
    email = _normalise_email(email)
    with open_resources(settings, with_embedder=False) as resources:
        account = _find_account(resources, email)
        if account is not None and role is Role.USER:
            raise CommandFailed(f"{email} already has an account, with the role {account.role}")
        password_hash = "" if account else _read_password_hash(email)
        with open_session(resources.engine) as writing:
            if account:
                account_rows.set_role(writing, account.viewer_id, role)
            else:
                accounts.create(writing, email, password_hash=password_hash, role=role)
            writing.commit()
    change = "role changed to" if account else "account created with the role"
    out.print(f"{email}: {change} {role}", markup=False)


def change_password(settings: Settings, email: str) -> None:
    """Set another password, and sign the account out everywhere.

    Raises `CommandFailed`.
    """
    email = _normalise_email(email)
    with open_resources(settings, with_embedder=False) as resources:
        account = _find_account(resources, email)
        if account is None:
            raise CommandFailed(f"{email} has no account")
        password_hash = _read_password_hash(email)
        with open_session(resources.engine) as writing:
            account_rows.set_password(writing, account.viewer_id, password_hash)
            login_sessions.end_all(writing, account.viewer_id)
            writing.commit()
    out.print(f"{email}: password changed, signed out everywhere", markup=False)


def _find_account(resources: Resources, email: str) -> Account | None:
    with open_session(resources.engine) as reading:
        return account_rows.find_by_email(reading, email)


def _normalise_email(email: str) -> str:
    try:
        return accounts.normalise_email(email)
    except InvalidEmail as error:
        raise CommandFailed(f"{email}: {error}") from error


def _read_password_hash(email: str) -> str:
    """Ask for a password on a terminal, else read a line, and hash it."""
    if sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    try:
        return passwords.hash_password(password, email=email)
    except WeakPassword as error:
        raise CommandFailed(f"the password {error}") from error
