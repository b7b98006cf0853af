"""The doors: signing up, signing in, signing out."""

from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse

from api.auth import login_cookies
from api.auth.identity import IdentityDep
from api.auth.login import AuthenticatorDep, log_out, log_out_everywhere
from api.auth.rate_limits import TooManyAttempts
from api.auth.redirects import is_local_destination, redirect_to_local
from api.pages.header_account import LOAD_HEADER_ACCOUNT
from api.pages.layout import render_page
from api.state import ResourcesDep
from config.resources import Resources
from viewers.accounts import EmailTaken, InvalidCredentials, InvalidEmail
from viewers.login_sessions import TokenPair
from viewers.passwords import WeakPassword

OIDC_PROBLEM_TEXTS = {
    "provider-refused": "The other service did not sign you in.",
    "provider-unavailable": "The other service does not answer. Try again, or use a password.",
    "email-unproven": "The other service does not vouch for your e-mail address.",
    "email-taken": "There is an account of this e-mail with a password: sign in with it.",
    "identity-taken": "This identity belongs to another account.",
    "not-signed-in": "Sign in first, then connect the other service.",
}
"""What went wrong at an OpenID provider, by the end of the problem's type."""

router = APIRouter(
    include_in_schema=False, default_response_class=HTMLResponse, dependencies=[LOAD_HEADER_ACCOUNT]
)


@dataclass(frozen=True, slots=True)
class LoginForm:
    """What the form of a door sends; what cannot be is for the account to refuse."""

    email: Annotated[str, Form()] = ""
    password: Annotated[str, Form()] = field(default="", repr=False)
    name: Annotated[str, Form()] = ""
    next: Annotated[str, Form()] = ""


LoginFormDep = Annotated[LoginForm, Depends()]


@router.get("/signup")
def show_signup(
    request: Request,
    resources: ResourcesDep,
    identity: IdentityDep,
    next: str = "",  # as addresses have it
) -> Response:
    """Return the form for a new account."""
    if identity is not None and identity.is_logged_in:
        return redirect_to_local(next, "/feed")
    return _render_form(request, resources, "signup.html", LoginForm(next=next))


@router.post("/signup")
async def submit_signup(
    request: Request, resources: ResourcesDep, authenticator: AuthenticatorDep, form: LoginFormDep
) -> Response:
    """Make an account, and go on to what it is to begin with."""
    coming = authenticator.register(form.email, form.password, name=form.name or None)
    fault = await _log_in(request, coming)
    if fault:
        return _render_form(request, resources, "signup.html", form, fault)
    return redirect_to_local(form.next, "/welcome")


@router.get("/signin")
def show_login(
    request: Request,
    resources: ResourcesDep,
    identity: IdentityDep,
    next: str = "",  # as addresses have it
    problem: str = "",
) -> Response:
    """Return the form for who has an account; `problem` is what went wrong elsewhere."""
    if identity is not None and identity.is_logged_in:
        told = (
            "/profile?" + urlencode({"problem": problem}) if problem in OIDC_PROBLEM_TEXTS else ""
        )
        return redirect_to_local(told, next, "/feed")
    fault = (
        FormError("form", OIDC_PROBLEM_TEXTS[problem], 200)
        if problem in OIDC_PROBLEM_TEXTS
        else None
    )
    return _render_form(request, resources, "login.html", LoginForm(next=next), fault)


@router.post("/signin")
async def submit_login(
    request: Request, resources: ResourcesDep, authenticator: AuthenticatorDep, form: LoginFormDep
) -> Response:
    """Sign in, and go on where one was."""
    fault = await _log_in(request, authenticator.log_in(form.email, form.password))
    if fault:
        return _render_form(request, resources, "login.html", form, fault)
    return redirect_to_local(form.next, "/feed")


@router.post("/signout")
def submit_logout(
    request: Request,
    identity: IdentityDep,
    everywhere: Annotated[bool, Form()] = False,
) -> Response:
    """Sign out, here or everywhere."""
    if everywhere and identity is not None and identity.is_logged_in:
        log_out_everywhere(request, identity.id)
    else:
        log_out(request)
    return redirect_to_local("/")


@dataclass(frozen=True, slots=True)
class FormError:
    """Why the door stays shut: the field that is to blame, and what is said beside it."""

    field: str
    text: str
    status: int = 422
    retry_after_s: int | None = None


async def _log_in(request: Request, login: Awaitable[TokenPair]) -> FormError | None:
    try:
        login_cookies.set_login_cookies(request, await login)
    except InvalidEmail as error:
        return FormError("email", str(error))
    except WeakPassword as error:
        return FormError("password", f"This password {error}.")
    except EmailTaken as error:
        return FormError("email", _as_sentence(error), 409)
    except InvalidCredentials as error:
        return FormError("form", _as_sentence(error), 401)
    except TooManyAttempts as error:
        return FormError("form", _as_sentence(error), 429, error.retry_after_s)
    return None


def _render_form(
    request: Request,
    resources: Resources,
    template: str,
    form: LoginForm,
    error: FormError | None = None,
) -> Response:
    context = {
        "values": form,
        "errors": {error.field: error.text} if error else {},
        "next": form.next if is_local_destination(form.next) else "",
        "providers": resources.settings.all_oidc_providers,
    }
    response = render_page(request, template, context, status=error.status if error else 200)
    if error and error.retry_after_s is not None:
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def _as_sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
