"""Signing up, signing in and signing out."""

from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Form, Request, Response

from api.auth import login_cookies
from api.auth.identity import IdentityDep
from api.auth.login import AuthenticatorDep, log_out, log_out_everywhere
from api.auth.rate_limits import TooManyAttempts
from api.auth.redirects import is_local_destination, redirect_to_local
from api.pages.forms import as_sentence
from api.pages.layout import page_router, render_page
from api.state import SettingsDep
from config.settings import Settings
from viewers.accounts import EmailTaken, InvalidCredentials, InvalidEmail
from viewers.login_sessions import TokenPair
from viewers.passwords import WeakPassword

OIDC_PROBLEM_TEXTS = {
    "provider-refused": "The other service did not sign you in.",
    "provider-unavailable": "The other service does not answer. Try again, or use a password.",
    "email-unproven": "The other service has not verified your e-mail address.",
    "email-taken": "An account with this e-mail has a password: sign in with it.",
    "identity-taken": "This identity belongs to another account.",
    "not-signed-in": "Sign in first, then connect the other service.",
}
"""Failures at an OpenID provider, by the last part of the problem type."""

router = page_router()


@dataclass(frozen=True, slots=True)
class LoginForm:
    """The fields of the sign-up and sign-in forms, validated by the account service."""

    email: Annotated[str, Form()] = ""
    password: Annotated[str, Form()] = field(default="", repr=False)
    name: Annotated[str, Form()] = ""
    next: Annotated[str, Form()] = ""


LoginFormDep = Annotated[LoginForm, Depends()]


@router.get("/signup")
def show_signup(
    request: Request,
    settings: SettingsDep,
    identity: IdentityDep,
    next: str = "",
) -> Response:
    """Return the form for a new account."""
    if identity is not None and identity.is_logged_in:
        return redirect_to_local(next, "/feed")
    return _render_form(request, settings, "signup.html", LoginForm(next=next))


@router.post("/signup")
async def submit_signup(
    request: Request, settings: SettingsDep, authenticator: AuthenticatorDep, form: LoginFormDep
) -> Response:
    """Create an account and go on to onboarding."""
    login = authenticator.register(form.email, form.password, name=form.name or None)
    error = await _log_in(request, login)
    if error:
        return _render_form(request, settings, "signup.html", form, error)
    return redirect_to_local(form.next, "/welcome")


@router.get("/signin")
def show_login(
    request: Request,
    settings: SettingsDep,
    identity: IdentityDep,
    next: str = "",
    problem: str = "",
) -> Response:
    """Return the sign-in form; `problem` is a failure at a provider."""
    if identity is not None and identity.is_logged_in:
        profile_url = "/profile?" + urlencode({"problem": problem})
        return redirect_to_local(
            profile_url if problem in OIDC_PROBLEM_TEXTS else "", next, "/feed"
        )
    error = (
        FormError("form", OIDC_PROBLEM_TEXTS[problem], 200)
        if problem in OIDC_PROBLEM_TEXTS
        else None
    )
    return _render_form(request, settings, "login.html", LoginForm(next=next), error)


@router.post("/signin")
async def submit_login(
    request: Request, settings: SettingsDep, authenticator: AuthenticatorDep, form: LoginFormDep
) -> Response:
    """Sign in and go on to the page that asked for it."""
    error = await _log_in(request, authenticator.log_in(form.email, form.password))
    if error:
        return _render_form(request, settings, "login.html", form, error)
    return redirect_to_local(form.next, "/feed")


@router.post("/signout")
def submit_logout(
    request: Request,
    identity: IdentityDep,
    everywhere: Annotated[bool, Form()] = False,
) -> Response:
    """Sign out of this browser or of all."""
    if everywhere and identity is not None and identity.is_logged_in:
        log_out_everywhere(request, identity.id)
    else:
        log_out(request)
    return redirect_to_local("/")


@dataclass(frozen=True, slots=True)
class FormError:
    """Why a login failed: the field, or `form`, and the text beside it."""

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
        return FormError("email", as_sentence(error), 409)
    except InvalidCredentials as error:
        return FormError("form", as_sentence(error), 401)
    except TooManyAttempts as error:
        return FormError("form", as_sentence(error), 429, error.retry_after_s)
    return None


def _render_form(
    request: Request,
    settings: Settings,
    template: str,
    form: LoginForm,
    error: FormError | None = None,
) -> Response:
    context = {
        "values": form,
        "errors": {error.field: error.text} if error else {},
        "next": form.next if is_local_destination(form.next) else "",
        "providers": settings.all_oidc_providers,
    }
    response = render_page(request, template, context, status=error.status if error else 200)
    if error and error.retry_after_s is not None:
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response
