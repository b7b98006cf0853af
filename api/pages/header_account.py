"""The account in the header of every page."""

from dataclasses import dataclass

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from api.auth.identity import Identity, LenientIdentityDep
from api.state import ResourcesDep
from config.resources import Resources
from db import accounts
from db.engine import OUTAGES, open_session


@dataclass(frozen=True, slots=True)
class HeaderAccount:
    """The account that the header shows."""

    is_logged_in: bool
    name: str | None = None
    email: str | None = None


async def load_header_account(
    request: Request, identity: LenientIdentityDep, resources: ResourcesDep
) -> None:
    """Store the account for the header; the header goes without its name in an outage."""
    if identity is not None and identity.is_logged_in:
        request.state.header_account = await run_in_threadpool(
            _read_header_account, resources, identity
        )


def _read_header_account(resources: Resources, identity: Identity) -> HeaderAccount:
    try:
        with open_session(resources.engine) as session:
            account = accounts.find(session, identity.id)
    except OUTAGES:
        account = None
    return HeaderAccount(True, account.name, account.email) if account else HeaderAccount(True)


LOAD_HEADER_ACCOUNT = Depends(load_header_account)
