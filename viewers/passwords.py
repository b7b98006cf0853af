"""Hashing and verifying passwords.

Both take 64 MiB and a tenth of a second by design, so no transaction should be open meanwhile.
"""

import unicodedata
from functools import lru_cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

MIN_PASSWORD_CHARACTERS, MAX_PASSWORD_CHARACTERS = 8, 256
MIN_DISTINCT_CHARACTERS = 4  # rules out "aaaaaaaa"

COMMON_PASSWORDS_TEXT = """
    password passwords password1 password12 password123 password1234 passw0rd p@ssword p@ssw0rd
    12345678 123456789 1234567890 0123456789 987654321 9876543210 11223344 12341234 123123123
    1q2w3e4r 1q2w3e4r5t q1w2e3r4 1qaz2wsx qwertyui qwertyuiop qwerty12 qwerty123 asdfghjk asdfghjkl
    zxcvbnm1 abcd1234 abcdefgh abcdefghi abc12345 a1b2c3d4 aa123456 iloveyou iloveyou1 sunshine
    princess football baseball superman batman123 trustno1 starwars whatever letmein1 welcome1
    welcome123 changeme changeme1 admin123 administrator computer internet india123 bharat123
    krishna1 jaisriram sairam123 bollywood tollywood kollywood rasika123 baahubali rajinikanth
"""
COMMON_PASSWORDS = frozenset(COMMON_PASSWORDS_TEXT.split())
"""Passwords that attackers try first, in lower case."""

HASHER = PasswordHash((Argon2Hasher(),))  # argon2id with the library's parameters


class WeakPassword(ValueError):
    """The password is too weak; the message says why."""


def hash_password(password: str, *, email: str) -> str:
    """Return the hash of a new password.

    Raises `WeakPassword`.
    """
    plain = _normalise(password)
    if not MIN_PASSWORD_CHARACTERS <= len(plain) <= MAX_PASSWORD_CHARACTERS:
        raise WeakPassword(
            f"must have {MIN_PASSWORD_CHARACTERS} to {MAX_PASSWORD_CHARACTERS} characters"
        )
    lowered = plain.casefold()
    if lowered in COMMON_PASSWORDS or lowered in (email, email.partition("@")[0]):
        raise WeakPassword("is too common")
    if len(set(lowered)) < MIN_DISTINCT_CHARACTERS:
        raise WeakPassword(f"must have {MIN_DISTINCT_CHARACTERS} different characters")
    return HASHER.hash(_encode(plain))


def verify_password(password: str, stored_hash: str | None) -> tuple[bool, str | None]:
    """Return whether a password matches the hash, and a new hash if it should be updated.

    Without a stored hash it takes as long as for a wrong password.
    """
    plain = _normalise(password)[: MAX_PASSWORD_CHARACTERS + 1]
    dummy_hash = _dummy_hash()  # always called, so that the first call does not stand out
    matches, new_hash = HASHER.verify_and_update(_encode(plain), stored_hash or dummy_hash)
    return (matches, new_hash) if stored_hash else (False, None)


@lru_cache(maxsize=1)
def _dummy_hash() -> str:
    return HASHER.hash("the password of no account")


def _normalise(password: str) -> str:
    """Return the same text for the same letters, however the keyboard composes them."""
    return unicodedata.normalize("NFKC", password)


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # JSON may contain halves of surrogate pairs
