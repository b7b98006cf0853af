"""Accounts: made, and found again by who has the password or a provider's word."""

import unicodedata
from dataclasses import dataclass
from uuid import UUID, uuid4

from email_validator import EmailNotValidError, validate_email
from sqlmodel import Session

from db import accounts
from db.tables.users import Account, ProviderIdentity
from vocabulary.kinds import Role

MAX_EMAIL_CHARACTERS = 254  # characters, RFC 5321
MAX_ACCOUNT_NAME_CHARACTERS = 100


class InvalidEmail(ValueError):
    """No e-mail address looks so; the message tells why."""


class EmailTaken(ValueError):
    """There is an account of this e-mail."""

    def __init__(self) -> None:
        super().__init__(
            "no account can be made with this e-mail; if it is yours, sign in as you did before"
        )


class InvalidCredentials(PermissionError):
    """No account has this e-mail and this password; which of them is wrong is nobody's business."""

    def __init__(self) -> None:
        super().__init__("no account has this e-mail and this password")


class EmailNotVerified(PermissionError):
    """A provider does not vouch for the e-mail that it tells."""


class ProviderIdentityTaken(ValueError):
    """An identity at a provider belongs to another account."""


@dataclass(frozen=True, slots=True)
class OidcUser:
    """Somebody at a provider, as the provider tells."""

    issuer: str
    subject: str
    email: str | None
    email_verified: bool
    name: str | None


def normalise_email(email: str) -> str:
    """Return the one form of an e-mail address, its letters small.

    No two addresses that mail tells apart share it: whoever proves the one would be let in as the
    other. So letters are made small and not folded, for `straße.de` is not `strasse.de`.

    Nobody is written to, so its domain need not exist.

    Raises `WrongEmail`.
    """
    try:
        found = validate_email(email.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise InvalidEmail(str(error)) from error
    return unicodedata.normalize("NFC", found.normalized.lower())


def create(
    session: Session,
    email: str,
    *,
    password_hash: str | None,
    name: str | None = None,
    role: Role = Role.USER,
) -> UUID:
    """Make an account of a normalised e-mail.

    Raises `EmailTaken`, and then nothing may be committed.
    """
    viewer_id = uuid4()
    account = Account(
        viewer_id=viewer_id,
        email=email,
        name=_clean_name(name or ""),
        password_hash=password_hash,
        role=role,
    )
    if not accounts.add(session, account):
        raise EmailTaken
    return viewer_id


def find_or_create(session: Session, oidc_user: OidcUser) -> UUID:
    """Return the account of who signed in at a provider, a new one if need be.

    An identity that was linked goes to its account. Else the e-mail decides, if the provider says
    that it is verified: an account that has no password was made by such a word, so it is the same
    person's. One with a password may have been made by anybody who knew the address, so it is
    linked by its owner alone, signed in (`link`).

    Raises `EmailUnproven` and `EmailTaken`.
    """
    linked = accounts.find_by_identity(session, oidc_user.issuer, oidc_user.subject)
    if linked is not None:
        return linked
    if not oidc_user.email or not oidc_user.email_verified:
        raise EmailNotVerified("the provider does not say that your e-mail address is verified")
    email = normalise_email(oidc_user.email)
    account = accounts.find_by_email(session, email)
    if account is None:
        viewer_id = create(session, email, password_hash=None, name=oidc_user.name)
    elif account.password_hash is None:
        viewer_id = account.viewer_id
    else:
        raise EmailTaken
    link_identity(session, oidc_user, viewer_id=viewer_id)
    return viewer_id


def link_identity(session: Session, oidc_user: OidcUser, *, viewer_id: UUID) -> None:
    """Let an account be signed in to by way of an identity.

    Raises `IdentityTaken`.
    """
    linked = ProviderIdentity(
        issuer=oidc_user.issuer, subject=oidc_user.subject, viewer_id=viewer_id
    )
    if not accounts.link_identity(session, linked):
        raise ProviderIdentityTaken("this identity belongs to another account")


def _clean_name(name: str) -> str | None:
    """Return a name without what cannot be shown, none of an empty one."""
    shown = "".join(each if each.isprintable() else " " for each in name)
    return (
        unicodedata.normalize("NFC", " ".join(shown.split()))[:MAX_ACCOUNT_NAME_CHARACTERS] or None
    )
