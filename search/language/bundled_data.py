"""The language data that the package carries: glossaries, letter models, synonyms."""

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

DATA_FOLDER = Path(__file__).parent
MODEL_FILE = DATA_FOLDER / "romanised.json.gz"
SYNONYMS_FILE = DATA_FOLDER / "synonyms.txt"
NEIGHBOURS_FILE = DATA_FOLDER / "thesaurus.json.gz"
GLOSSARY_LANGUAGES = ("hi", "kn", "ml", "ta", "te")
MIN_LOANWORD_LETTERS = 4  # of an English word that is recognised by its sound


def glossary_file(language: str) -> Path:
    """Return the glossary of a language: space-separated native forms, a tab, the English."""
    return DATA_FOLDER / f"{language}.tsv"


def read_glossary(language: str) -> list[tuple[str, str]]:
    """Return each native form with its English, in the order of the file."""
    return [
        (form, english.strip())
        for line in glossary_file(language).read_text(encoding="utf-8").splitlines()
        for forms, _, english in [line.partition("\t")]
        for form in forms.split()
    ]


def read_romanised_models() -> dict[str, Any]:
    """Return what `rasika train romanised` learnt."""
    return _read_json(MODEL_FILE)


def read_synonyms() -> list[list[str]]:
    """Return groups of words that stand for each other, written by hand."""
    return [line.split() for line in SYNONYMS_FILE.read_text(encoding="utf-8").splitlines()]


def read_neighbours() -> dict[str, dict[str, float]]:
    """Return what `rasika train thesaurus` learnt: stem, to nearby stems, to their weights."""
    return _read_json(NEIGHBOURS_FILE)


def loanwords(word_counts: Mapping[str, int]) -> list[str]:
    """Return the English words that are recognised by their sound, the commonest last."""
    words = sorted(word_counts, key=lambda word: word_counts[word])
    return [word for word in words if len(word) >= MIN_LOANWORD_LETTERS]


def _read_json(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = orjson.loads(gzip.decompress(file.read_bytes()))
    return content
