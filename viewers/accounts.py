"""Creating accounts, and finding them by e-mail address or provider identity."""

import unicodedata
from dataclasses import dataclass
from uuid import UUID, uuid4

from email_validator import EmailNotValidError, validate_email
from sqlmodel import Session

from db import accounts
from db.tables.users import Account, ProviderIdentity
from vocabulary.kinds import Role

MAX_EMAIL_CHARACTERS = 254  # RFC 5321
MAX_ACCOUNT_NAME_CHARACTERS = 100


class InvalidEmail(ValueError):
    """The text is not an e-mail address; the message says why."""


class EmailTaken(ValueError):
    """The e-mail address already has an account."""

    def __init__(self) -> None:
        super().__init__(
            "this e-mail address cannot be used for a new account; if it is yours, sign in"
        )


class InvalidCredentials(PermissionError):
    """The e-mail address or the password is wrong; the message does not say which."""

    def __init__(self) -> None:
        super().__init__("wrong e-mail or password")


class EmailNotVerified(PermissionError):
    """The provider has not verified the e-mail address."""


class ProviderIdentityTaken(ValueError):
    """The identity at the provider is linked to another account."""


@dataclass(frozen=True, slots=True)
class OidcUser:
    """A user of a provider, as the provider describes them."""

    issuer: str
    subject: str
    email: str | None
    email_verified: bool
    name: str | None


def normalise_email(email: str) -> str:
    """Return the canonical form of an e-mail address, in lower case.

    Two different mailboxes must not share a form: the owner of one could sign in as the other. So
    letters are lowered, not case-folded: `straße.de` is not `strasse.de`.

    No mail is sent, so the domain need not exist.

    Raises `InvalidEmail`.
    """
    try:
        address = validate_email(email.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise InvalidEmail(str(error)) from error
    return unicodedata.normalize("NFC", address.normalized.lower())


def create(
    session: Session,
    email: str,
    *,
    password_hash: str | None,
    name: str | None = None,
    role: Role = Role.USER,
) -> UUID:
    """Create an account with a normalised e-mail address.

    Raises `EmailTaken`; the caller must not commit then.
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
    """Return the account of a user who signed in at a provider; create one if need be.

    A linked identity belongs to its account. Otherwise the e-mail address decides, if the provider
    has verified it: an account without a password was created through a provider, so it belongs to
    the same person. An account with a password may have been created by anyone who knows the
    address, so only its signed-in owner can link it (`link_identity`).

    Raises `EmailNotVerified` and `EmailTaken`.
    """
    linked = accounts.find_by_identity(session, oidc_user.issuer, oidc_user.subject)
    if linked is not None:
        return linked
    if not oidc_user.email or not oidc_user.email_verified:
        raise EmailNotVerified("the provider has not verified your e-mail address")
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
    """Link an identity, which can then sign in to the account.

    Raises `ProviderIdentityTaken`.
    """
    linked = ProviderIdentity(
        issuer=oidc_user.issuer, subject=oidc_user.subject, viewer_id=viewer_id
    )
    if not accounts.link_identity(session, linked):
        raise ProviderIdentityTaken("this identity is linked to another account")


def _clean_name(name: str) -> str | None:
    """Return a name without unprintable characters; none if it is empty."""
    printable = "".join(each if each.isprintable() else " " for each in name)
    return (
        unicodedata.normalize("NFC", " ".join(printable.split()))[:MAX_ACCOUNT_NAME_CHARACTERS]
        or None
    )
