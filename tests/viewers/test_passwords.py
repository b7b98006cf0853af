import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from viewers import passwords
from viewers.passwords import WeakPassword, hash_password, verify_password

EMAIL = "somebody@example.com"


@pytest.mark.parametrize(
    "password",
    [
        "seven77",
        "x" * 257,
        "password123",
        "PassWord1",
        "abababababab",
        EMAIL,
        "SOMEBODY@example.com",
    ],
)
def test_common_passwords_are_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        hash_password(password, email=EMAIL)


def test_a_password_is_hashed_with_argon2id_and_verified() -> None:
    kept = hash_password("mango lassi 9", email=EMAIL)
    assert kept.startswith("$argon2id$")
    assert "mango" not in kept
    assert verify_password("mango lassi 9", kept) == (True, None)
    assert verify_password("mango lassi 8", kept) == (False, None)


def test_unicode_forms_of_a_password_are_the_same() -> None:
    kept = hash_password("caf\u00e9 au lait", email=EMAIL)
    assert verify_password("cafe\u0301 au lait", kept)[0]
    assert verify_password("ｃａｆé au lait", kept)[0]


def test_no_password_matches_without_a_hash() -> None:
    assert verify_password("nobody has this password", None) == (False, None)


def test_a_hash_of_older_parameters_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    older = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    kept = older.hash("mango lassi 9")
    known, anew = verify_password("mango lassi 9", kept)
    assert known
    assert anew is not None
    assert passwords.HASHER.verify("mango lassi 9", anew)
    assert verify_password("mango lassi 8", kept) == (False, None)
