import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.certificates import MINIMUM_AGE_YEARS, parse_certificate


@pytest.mark.parametrize(
    ("printed", "meant"),
    [
        ("U", ("U", 0)),
        ("U/A", ("UA", 12)),
        ("ua 13+", ("UA 13+", 13)),
        ("U/A 16+", ("UA 16+", 16)),
        ("UA7+", ("UA 7+", 7)),
        ("pg-13", ("PG-13", 13)),
        ("TV_MA", ("TV-MA", 17)),
        ("AGES_18_", ("18+", 18)),
        ("16", ("16+", 16)),
        ("18+", ("18+", 18)),
        ("Not Rated", (None, None)),
        ("NR", (None, None)),
        ("74 min", (None, None)),
        ("99+", (None, None)),
        ("²", (None, None)),
        ("٣", (None, None)),
        ("", (None, None)),
    ],
)
def test_certificates_have_a_minimum_age(
    printed: str, meant: tuple[str | None, int | None]
) -> None:
    assert parse_certificate(printed) == meant


@pytest.mark.parametrize("printed", sorted(MINIMUM_AGE_YEARS))
def test_every_certificate_of_the_table_is_read(printed: str) -> None:
    assert parse_certificate(printed.lower()) == (printed, MINIMUM_AGE_YEARS[printed])


@given(st.text(max_size=12) | st.from_regex(r"(AGES_|U/?A ?)?\d{1,3}\+?", fullmatch=True))
def test_parsing_a_parsed_certificate_changes_nothing(printed: str) -> None:
    board, age = parse_certificate(printed)
    assert (board is None) == (age is None)
    if board is not None:
        assert parse_certificate(board) == (board, age)
