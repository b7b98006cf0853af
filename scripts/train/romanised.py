"""`rasika train romanised FOLDER FILE…`: the models of `search/language/romanised_text.py`.

Reads `romanised_hin_train.csv.gz` and so on from the folder (`romanised,native` word pairs, such as
samples of Aksharantar) and English from the synopses of title files; writes
`search/language/romanised.json.gz`. Names of people count as English, because English plots have
them too.
"""

import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from scripts.cli.console import CommandFailed
from scripts.train import transliteration
from scripts.train.english_synopses import english_synopses
from scripts.train.transliteration import Pair
from search.language.bundled_data import MODEL_FILE
from search.language.character_ngrams import count_ngrams
from search.language.romanised_text import WORD_PATTERN
from search.language.transliteration import GraphoneModel

LANGUAGE_FILES = {"hi": "hin", "te": "tel", "ta": "tam", "kn": "kan", "ml": "mal"}
LATIN = re.compile(r"[a-z]{2,}")
JOINERS = str.maketrans("", "", "\u200c\u200d")
MIN_NGRAM_COUNT = 3
SEED = 1
LOGARITHM_DIGITS = 2
MAX_ENGLISH_WORDS = 25_000  # the commonest


class WordPairsMissing(CommandFailed):
    """The folder lacks word-pair files."""

    def __init__(self, folder: Path, files: list[str]) -> None:
        super().__init__(f"{folder} lacks {', '.join(files)}")


def train(folder: Path, files: Sequence[Path]) -> Path:
    """Learn from word pairs and title files; return the written file."""
    missing = [
        file
        for file in map(_pairs_file_name, LANGUAGE_FILES.values())
        if not (folder / file).is_file()
    ]
    if missing:
        raise WordPairsMissing(folder, missing)
    models = {
        "english": _english_model(files),
        "languages": {code: _language_model(folder, name) for code, name in LANGUAGE_FILES.items()},
    }
    packed = gzip.compress(
        json.dumps(models, ensure_ascii=False, separators=(",", ":")).encode(), 9, mtime=0
    )
    MODEL_FILE.write_bytes(packed)
    return MODEL_FILE


def _language_model(folder: Path, name: str) -> dict[str, Any]:
    pairs = list(_read_pairs(folder / _pairs_file_name(name)))
    random.Random(SEED).shuffle(pairs)  # noqa: S311  # an order, not a secret
    ngrams = count_ngrams((latin for latin, _ in pairs), min_count=MIN_NGRAM_COUNT)
    return {"ngrams": ngrams, **_graphones_as_json(transliteration.learn(pairs))}


def _graphones_as_json(model: GraphoneModel) -> dict[str, Any]:
    return {
        "graphones": model.pairs,
        "unigrams": _rounded(model.unigram_log_probabilities),
        "bigrams": [
            [sorted(row), _rounded(row[number] for number in sorted(row))]
            for row in model.bigram_log_probabilities
        ],
        "backoff": _rounded(model.backoff_log_weights),
    }


def _rounded(logarithms: Iterable[float]) -> list[float]:
    return [round(each, LOGARITHM_DIGITS) for each in logarithms]


def _pairs_file_name(name: str) -> str:
    return f"romanised_{name}_train.csv.gz"


def _read_pairs(file: Path) -> Iterator[Pair]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            latin, _, native = line.strip().lower().partition(",")
            if LATIN.fullmatch(latin):
                yield latin, native.strip().translate(JOINERS)


def _english_model(files: Sequence[Path]) -> dict[str, Any]:
    """Return the commonest words of English synopses, and their n-grams."""
    counts = Counter(
        word for text in english_synopses(files) for word in WORD_PATTERN.findall(text.casefold())
    )
    words = dict(sorted(counts.most_common(MAX_ENGLISH_WORDS)))
    return {"words": words, "ngrams": count_ngrams(words, min_count=MIN_NGRAM_COUNT)}
