"""Accounts: made, and found again by who has the password or a provider's word."""

import unicodedata
from dataclasses import dataclass
from uuid import UUID, uuid4

from email_validator import EmailNotValidError, validate_email
from sqlmodel import Session

from db import accounts
from db.tables.users import Account, ProviderIdentity
from vocabulary.kinds import Role

LONGEST_EMAIL = 254  # characters, RFC 5321
LONGEST_NAME = 100


class WrongEmail(ValueError):
    """No e-mail address looks so; the message tells why."""


class EmailTaken(ValueError):
    """There is an account of this e-mail."""

    def __init__(self) -> None:
        super().__init__(
            "no account can be made with this e-mail; if it is yours, sign in as you did before"
        )


class NotRecognised(PermissionError):
    """No account has this e-mail and this password; which of them is wrong is nobody's business."""

    def __init__(self) -> None:
        super().__init__("no account has this e-mail and this password")


class EmailUnproven(PermissionError):
    """A provider does not vouch for the e-mail that it tells."""


class IdentityTaken(ValueError):
    """An identity at a provider belongs to another account."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody at a provider, as the provider tells."""

    issuer: str
    subject: str
    email: str | None
    email_verified: bool
    name: str | None


def normalised(email: str) -> str:
    """Return the one form of an e-mail address, its letters small.

    No two addresses that mail tells apart share it: whoever proves the one would be let in as the
    other. So letters are made small and not folded, for `straße.de` is not `strasse.de`.

    Nobody is written to, so its domain need not exist.

    Raises `WrongEmail`.
    """
    try:
        found = validate_email(email.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise WrongEmail(str(error)) from error
    return unicodedata.normalize("NFC", found.normalized.lower())


def add(
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
        name=_plain(name or ""),
        password_hash=password_hash,
        role=role,
    )
    if not accounts.add(session, account):
        raise EmailTaken
    return viewer_id


def of_identity(session: Session, identity: Identity) -> UUID:
    """Return the account of who signed in at a provider, a new one if need be.

    An identity that was linked goes to its account. Else the e-mail decides, if the provider says
    that it is verified: an account that has no password was made by such a word, so it is the same
    person's. One with a password may have been made by anybody who knew the address, so it is
    linked by its owner alone, signed in (`link`).

    Raises `EmailUnproven` and `EmailTaken`.
    """
    linked = accounts.find_by_identity(session, identity.issuer, identity.subject)
    if linked is not None:
        return linked
    if not identity.email or not identity.email_verified:
        raise EmailUnproven("the provider does not say that your e-mail address is verified")
    email = normalised(identity.email)
    account = accounts.find_by_email(session, email)
    if account is None:
        viewer_id = add(session, email, password_hash=None, name=identity.name)
    elif account.password_hash is None:
        viewer_id = account.viewer_id
    else:
        raise EmailTaken
    link(session, identity, viewer_id=viewer_id)
    return viewer_id


def link(session: Session, identity: Identity, *, viewer_id: UUID) -> None:
    """Let an account be signed in to by way of an identity.

    Raises `IdentityTaken`.
    """
    linked = ProviderIdentity(issuer=identity.issuer, subject=identity.subject, viewer_id=viewer_id)
    if not accounts.link_identity(session, linked):
        raise IdentityTaken("this identity belongs to another account")


def _plain(name: str) -> str | None:
    """Return a name without what cannot be shown, none of an empty one."""
    shown = "".join(each if each.isprintable() else " " for each in name)
    return unicodedata.normalize("NFC", " ".join(shown.split()))[:LONGEST_NAME] or None
