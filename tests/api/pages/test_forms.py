"""Lenient reading of numbers in addresses and forms."""

import httpx
import pytest

from api.pages.forms import parse_number


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        (" 42 ", 42),
        ("00000000000000000042", 42),
        ("0" * 5000, 0),
        ("0" * 9 + "9" * 9, None),
        ("9" * 5000, None),
        ("1000", 1000),
        ("1001", None),
        ("-1", None),
        ("1.5", None),
        ("१२", None),
        ("", None),
    ],
)
def test_numbers_of_any_length_are_read(text: str, expected: int | None) -> None:
    assert parse_number(text, maximum=1000) == expected


@pytest.mark.parametrize("field", ["/search?year_from=", "/history?offset=", "/feed?did=like-"])
def test_numbers_of_any_length_are_accepted_in_addresses(client: httpx.Client, field: str) -> None:
    for digits in ("0" * 5000, "0" * 9 + "9" * 9):
        assert client.get(field + digits).status_code == 200
