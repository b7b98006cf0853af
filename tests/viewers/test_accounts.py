"""The one form of an e-mail address: the same for the same mailbox, never for another one."""

import pytest

from viewers.accounts import InvalidEmail, normalise_email


@pytest.mark.parametrize(
    "written",
    [
        *("Asha.Rao@Example.COM", " asha.rao@example.com\n", "asha.rao@ｅｘａｍｐｌｅ.com"),
        *("ASHA.RAO@EXAMPLE.com", "asha.rao@Example.com"),
    ],
)
def test_spellings_of_an_address_have_one_form(written: str) -> None:
    assert normalise_email(written) == "asha.rao@example.com"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("asha@straße.de", "asha@strasse.de"),
        ("asha@xn--strae-oqa.de", "asha@strasse.de"),
        ("straße@example.com", "strasse@example.com"),
        ("ﬁlm@example.com", "film@example.com"),
        ("aſha@example.com", "asha@example.com"),
        ("ısha@example.com", "isha@example.com"),
        ("asha+films@example.com", "asha@example.com"),
    ],
)
def test_different_mailboxes_have_different_forms(one: str, other: str) -> None:
    assert normalise_email(one) != normalise_email(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("asha@straße.de", "asha@xn--strae-oqa.de"),
        ("आशा@उदाहरण.भारत", "आशा@xn--p1b6ci4b4b3a.xn--h2brj9c"),
        ("rené@example.com", "rene\u0301@example.com"),
        ("İrem@example.com", "i\u0307rem@example.com"),
    ],
)
def test_unicode_forms_of_a_mailbox_are_the_same(one: str, other: str) -> None:
    assert normalise_email(one) == normalise_email(other) == normalise_email(normalise_email(other))


@pytest.mark.parametrize("written", ["", " ", "asha", "a b@example.com", "a\0@example.com"])
def test_invalid_addresses_are_refused(written: str) -> None:
    with pytest.raises(InvalidEmail):
        normalise_email(written)
