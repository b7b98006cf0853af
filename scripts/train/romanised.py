"""`rasika train romanised FOLDER FILE…`: what `search/language/romanised_text.py` knows of languages.

Reads `romanised_hin_train.csv.gz` and so on from the folder (`romanised,native` word pairs, such as
samples of Aksharantar) and English from the synopses of files of titles; writes
`search/language/romanised.json.gz`. Names of people count as English, for English plots have them
too.
"""

import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from scripts.train import transliteration
from scripts.train.english_synopses import english_synopses
from scripts.train.transliteration import Pair
from search.language.character_ngrams import count_ngrams
from search.language.romanised_text import MODEL_FILE, WORD_PATTERN
from search.language.transliteration import GraphoneModel

LANGUAGE_FILES = {"hi": "hin", "te": "tel", "ta": "tam", "kn": "kan", "ml": "mal"}
LATIN = re.compile(r"[a-z]{2,}")
JOINERS = str.maketrans("", "", "\u200c\u200d")
MIN_GRAM_COUNT = 3
SEED = 1
LOGARITHM_DIGITS = 2  # of a logarithm
MAX_ENGLISH_WORDS = 25_000  # the commonest


class WordPairsMissing(Exception):
    """The folder lacks files of word pairs."""

    def __init__(self, folder: Path, files: list[str]) -> None:
        super().__init__(f"{folder} lacks {', '.join(files)}")


def train(folder: Path, files: Sequence[Path]) -> Path:
    """Learn from word pairs and from files of titles; return the file that was written."""
    missing = [
        file
        for file in map(_pairs_file_name, LANGUAGE_FILES.values())
        if not (folder / file).is_file()
    ]
    if missing:
        raise WordPairsMissing(folder, missing)
    learnt = {
        "english": _english_model(files),
        "languages": {code: _language_model(folder, name) for code, name in LANGUAGE_FILES.items()},
    }
    packed = gzip.compress(
        json.dumps(learnt, ensure_ascii=False, separators=(",", ":")).encode(), 9, mtime=0
    )
    MODEL_FILE.write_bytes(packed)
    return MODEL_FILE


def _language_model(folder: Path, name: str) -> dict[str, Any]:
    pairs = list(_read_pairs(folder / _pairs_file_name(name)))
    random.Random(SEED).shuffle(pairs)  # noqa: S311  # an order, no secret
    letters = count_ngrams((latin for latin, _ in pairs), min_count=MIN_GRAM_COUNT)
    return {"letters": letters, **_graphones_as_json(transliteration.learn(pairs))}


def _graphones_as_json(graphones: GraphoneModel) -> dict[str, Any]:
    return {
        "pairs": graphones.pairs,
        "alone": [round(each, LOGARITHM_DIGITS) for each in graphones.unigram_log_probabilities],
        "following": [
            (*both, round(each, LOGARITHM_DIGITS))
            for both, each in sorted(graphones.bigram_log_probabilities.items())
        ],
        "backing_off": [round(each, LOGARITHM_DIGITS) for each in graphones.backoff_log_weights],
    }


def _pairs_file_name(name: str) -> str:
    return f"romanised_{name}_train.csv.gz"


def _read_pairs(file: Path) -> Iterator[Pair]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            latin, _, native = line.strip().lower().partition(",")
            if LATIN.fullmatch(latin):
                yield latin, native.strip().translate(JOINERS)


def _english_model(files: Sequence[Path]) -> dict[str, Any]:
    """Return the words of English synopses, and the letters of them."""
    counts = Counter(
        word for text in english_synopses(files) for word in WORD_PATTERN.findall(text.casefold())
    )
    words = dict(sorted(counts.most_common(MAX_ENGLISH_WORDS)))
    return {"words": words, "letters": count_ngrams(words, min_count=MIN_GRAM_COUNT)}
