"""The quality bar of search: a plain description finds its film among the first five."""

import json
from collections import defaultdict
from pathlib import Path

import httpx
import pytest

from tests.running_app import list_items, list_titles

DESCRIPTIONS_FILE = Path(__file__).with_name("descriptions.jsonl")

# By language; slightly below the measured shares.
MIN_SUCCESS_SHARE = {"en": 0.95, "te": 0.8, "ta": 0.72, "hi": 0.92, "kn": 0.84, "ml": 0.84}


@pytest.fixture(scope="module")
def successes(client: httpx.Client) -> dict[str, list[bool]]:
    """By language, whether the first five results of each description contain its title."""
    results = defaultdict(list)
    for line in DESCRIPTIONS_FILE.read_text(encoding="utf-8").splitlines():
        description = json.loads(line)
        first = list_items(client, "/api/search", q=description["query"], limit=5)
        right = (description["title"], description["year"])
        results[description["language"]].append(
            right in {(hit["title"], hit["year"]) for hit in first}
        )
    return results


@pytest.mark.parametrize("language", MIN_SUCCESS_SHARE)
def test_plain_descriptions_find_their_title(
    successes: dict[str, list[bool]], language: str
) -> None:
    share = sum(successes[language]) / len(successes[language])
    assert share >= MIN_SUCCESS_SHARE[language], f"of {len(successes[language])} descriptions"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("man reborn as a housefly", "Eega"),
        ("वैज्ञानिक की मंगेतर से प्यार करने वाला रोबोट", "Enthiran"),
    ],
)
def test_the_searches_of_the_readme_find_their_titles(
    client: httpx.Client, text: str, title: str
) -> None:
    assert title in list_titles(client, "/api/search", q=text, limit=5)
