"""Identifiers that every layer shares."""

TitleId = int
MAX_TITLE_ID = 2**31 - 1  # the largest value of PostgreSQL's type `integer`

Region = str
"""ISO 3166: a country (`IN`) or a subdivision of it (`IN-TG`)."""
