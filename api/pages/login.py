"""The doors: signing up, signing in, signing out."""

from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.auth import login_cookies
from api.auth.identity import IdentityDep
from api.auth.login import AuthenticatorDep
from api.auth.rate_limits import TooManyAttempts
from api.pages.header_account import GREETED
from api.pages.layout import page
from api.params import ResourcesDep
from api.routes import accounts
from config.resources import Resources
from viewers.accounts import EmailTaken, InvalidCredentials, InvalidEmail
from viewers.login_sessions import TokenPair
from viewers.passwords import WeakPassword

SEE_OTHER = 303  # what a form leads to is asked for anew
LONGEST_ADDRESS = 2000  # characters

PROBLEMS = {
    "provider-refused": "The other service did not sign you in.",
    "provider-unavailable": "The other service does not answer. Try again, or use a password.",
    "email-unproven": "The other service does not vouch for your e-mail address.",
    "email-taken": "There is an account of this e-mail with a password: sign in with it.",
    "identity-taken": "This identity belongs to another account.",
    "not-signed-in": "Sign in first, then connect the other service.",
}
"""What went wrong at an OpenID provider, by the end of the problem's type."""

router = APIRouter(
    include_in_schema=False, default_response_class=HTMLResponse, dependencies=[GREETED]
)


@dataclass(frozen=True, slots=True)
class Sent:
    """What the form of a door sends; what cannot be is for the account to refuse."""

    email: Annotated[str, Form()] = ""
    password: Annotated[str, Form()] = field(default="", repr=False)
    name: Annotated[str, Form()] = ""
    next: Annotated[str, Form()] = ""


SentDep = Annotated[Sent, Depends()]


@router.get("/signup")
def signup(
    request: Request,
    resources: ResourcesDep,
    known: IdentityDep,
    next: str = "",  # noqa: A002  # as addresses have it
) -> Response:
    """Return the form for a new account."""
    if known is not None and known.is_logged_in:
        return onwards(next, "/feed")
    return _door(request, resources, "signup.html", Sent(next=next))


@router.post("/signup")
async def sign_up(
    request: Request, resources: ResourcesDep, entrance: AuthenticatorDep, sent: SentDep
) -> Response:
    """Make an account, and go on to what it is to begin with."""
    coming = entrance.register(sent.email, sent.password, name=sent.name or None)
    fault = await _let_in(request, coming)
    if fault:
        return _door(request, resources, "signup.html", sent, fault)
    return onwards(sent.next, "/welcome")


@router.get("/signin")
def signin(
    request: Request,
    resources: ResourcesDep,
    known: IdentityDep,
    next: str = "",  # noqa: A002  # as addresses have it
    problem: str = "",
) -> Response:
    """Return the form for who has an account; `problem` is what went wrong elsewhere."""
    if known is not None and known.is_logged_in:
        told = "/profile?" + urlencode({"problem": problem}) if problem in PROBLEMS else ""
        return onwards(told, next, "/feed")
    fault = Fault("form", PROBLEMS[problem], 200) if problem in PROBLEMS else None
    return _door(request, resources, "signin.html", Sent(next=next), fault)


@router.post("/signin")
async def sign_in(
    request: Request, resources: ResourcesDep, entrance: AuthenticatorDep, sent: SentDep
) -> Response:
    """Sign in, and go on where one was."""
    fault = await _let_in(request, entrance.log_in(sent.email, sent.password))
    if fault:
        return _door(request, resources, "signin.html", sent, fault)
    return onwards(sent.next, "/feed")


@router.post("/signout")
def sign_out(
    request: Request,
    resources: ResourcesDep,
    known: IdentityDep,
    everywhere: Annotated[bool, Form()] = False,
) -> Response:
    """Sign out, here or everywhere."""
    if everywhere and known is not None and known.is_logged_in:
        accounts.logout_everywhere(request, resources, known)
    else:
        accounts.logout(request, resources)
    return onwards("/")


def onwards(*addresses: str) -> Response:
    """Lead on to the first address that is one of this service."""
    return RedirectResponse(next((each for each in addresses if is_local(each)), "/"), SEE_OTHER)


def is_local(address: str) -> bool:
    """Tell whether an address leads to this service, whatever a browser makes of it."""
    # Browsers take "/\host", "/<tab>/host" and "///host" for "//host", which is another one.
    plain = address.isprintable() and "\\" not in address and len(address) <= LONGEST_ADDRESS
    return plain and address.startswith("/") and not address.startswith("//")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why the door stays shut: the field that is to blame, and what is said beside it."""

    field: str
    text: str
    status: int = 422
    retry_after_s: int | None = None


async def _let_in(request: Request, coming: Awaitable[TokenPair]) -> Fault | None:
    try:
        login_cookies.set_login_cookies(request, await coming)
    except InvalidEmail as error:
        return Fault("email", str(error))
    except WeakPassword as error:
        return Fault("password", f"This password {error}.")
    except EmailTaken as error:
        return Fault("email", _sentence(error), 409)
    except InvalidCredentials as error:
        return Fault("form", _sentence(error), 401)
    except TooManyAttempts as error:
        return Fault("form", _sentence(error), 429, error.retry_after_s)
    return None


def _door(
    request: Request, resources: Resources, template: str, sent: Sent, fault: Fault | None = None
) -> Response:
    context = {
        "given": sent,
        "faults": {fault.field: fault.text} if fault else {},
        "next": sent.next if is_local(sent.next) else "",
        "providers": resources.settings.openid_providers,
    }
    response = page(request, template, context, status=fault.status if fault else 200)
    if fault and fault.retry_after_s is not None:
        response.headers["Retry-After"] = str(fault.retry_after_s)
    return response


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
