from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.franchises import franchise_key
from catalog.import_reader import read_lines
from catalog.record import Record

SEED_FOLDER = Path(__file__).parents[2] / "catalog" / "seed"
SAME_FRANCHISE = [
    ("Baahubali: The Beginning", "Baahubali 2: The Conclusion"),
    ("K.G.F: Chapter 1", "K.G.F: Chapter 2", "KGF Chapter 2"),
    ("Drishyam", "Drishyam 2"),
    ("Singham", "Singham Returns", "Singham Again"),
    ("Ponniyin Selvan: I", "Ponniyin Selvan: II"),
    ("Sapta Saagaradaache Ello – Side A", "Sapta Saagaradaache Ello – Side B"),
    ("The Terminator", "Terminator 2: Judgment Day"),
    ("The Godfather", "The Godfather Part II"),
    ("Dune", "Dune: Part Two"),
    ("Spider-Man 2", "Spider-Man: Homecoming"),
    ("Harry Potter and the Philosopher's Stone", "Harry Potter and the Goblet of Fire"),
    ("బాహుబలి", "బాహుబలి 2"),
    ("Superman", "Superman II (1980)"),
]
NO_FRANCHISE = [
    "Aditya 369",
    "Chennai 600028",
    "Article 15",
    "Malcolm X",
    "Act 1978",
    "2.0",
    "96",
    "Max",
]


@pytest.mark.parametrize("titles", SAME_FRANCHISE)
def test_parts_of_a_series_share_a_key(titles: tuple[str, ...]) -> None:
    assert len({franchise_key(title) for title in titles}) == 1


@pytest.mark.parametrize("title", NO_FRANCHISE)
def test_a_number_that_belongs_to_the_name_stays(title: str) -> None:
    other = {"Aditya", "Chennai", "Article", "Malcolm", "Act", "2", "Mad Max: Fury Road"}
    assert franchise_key(title) not in {franchise_key(each) for each in other}


def test_titles_that_begin_with_a_number_are_not_all_one_series() -> None:
    assert franchise_key("1: Nenokkadine") != franchise_key("1: Another Story")
    assert franchise_key("2001: A Space Odyssey") != franchise_key("2001: Elsewhere")


@given(st.text(max_size=40))
def test_every_name_has_a_key(title: str) -> None:
    assert franchise_key(title) or not title.strip()


def test_few_titles_of_the_seed_catalogue_share_a_key() -> None:
    groups: defaultdict[str, set[str]] = defaultdict(set)
    for path in SEED_FOLDER.glob("*.jsonl"):
        for line in read_lines(path):
            assert isinstance(line.record, Record)
            groups[franchise_key(line.record.title)].add(line.record.title)
    together = {key for key, titles in groups.items() if len(titles) > 1}
    assert together >= {"baahubali", "kgf", "drishyam", "stree", "karthikeya", "pushpa"}
    assert len(together) < 20
