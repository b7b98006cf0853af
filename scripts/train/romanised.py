"""`rasika train romanised --pairs FOLDER`: what `search/romanised.py` knows of languages.

Reads `romanised_hin_train.csv.gz` and so on (`romanised,native` word pairs, such as samples of
Aksharantar) and writes `search/romanised.json.gz`. English is that of the seed's synopses.
"""

import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from catalog.reading import read
from scripts.train import transliteration
from scripts.train.transliteration import Pair
from search.letters import count_letters
from search.romanised import LEARNT
from search.transliteration import Graphones
from wiring import upkeep

FILES = {"hi": "hin", "te": "tel", "ta": "tam", "kn": "kan", "ml": "mal"}
LATIN = re.compile(r"[a-z]{2,}")
JOINERS = str.maketrans("", "", "\u200c\u200d")
FEWEST_GRAMS = 3
SEED = 1
DIGITS = 2  # of a logarithm
CAPITALISED_SHARE = 0.5  # more, and a word is a name


class PairsMissing(Exception):
    """The folder lacks files of word pairs."""

    def __init__(self, folder: Path, files: list[str]) -> None:
        super().__init__(f"{folder} lacks {', '.join(files)}")


def train(folder: Path) -> Path:
    """Learn from the word pairs of a folder; return the file that was written."""
    missing = [file for file in map(_file, FILES.values()) if not (folder / file).is_file()]
    if missing:
        raise PairsMissing(folder, missing)
    learnt = {
        "english": _english(),
        "languages": {code: _language(folder, name) for code, name in FILES.items()},
    }
    packed = gzip.compress(
        json.dumps(learnt, ensure_ascii=False, separators=(",", ":")).encode(), 9, mtime=0
    )
    LEARNT.write_bytes(packed)
    return LEARNT


def _language(folder: Path, name: str) -> dict[str, Any]:
    pairs = list(_pairs(folder / _file(name)))
    random.Random(SEED).shuffle(pairs)  # noqa: S311  # an order, no secret
    letters = count_letters((latin for latin, _ in pairs), fewest=FEWEST_GRAMS)
    return {"letters": letters, **_plain(transliteration.learn(pairs))}


def _plain(graphones: Graphones) -> dict[str, Any]:
    return {
        "pairs": graphones.pairs,
        "alone": [round(each, DIGITS) for each in graphones.alone],
        "following": [
            (*both, round(each, DIGITS)) for both, each in sorted(graphones.following.items())
        ],
        "backing_off": [round(each, DIGITS) for each in graphones.backing_off],
    }


def _file(name: str) -> str:
    return f"romanised_{name}_train.csv.gz"


def _pairs(file: Path) -> Iterator[Pair]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            latin, _, native = line.strip().lower().partition(",")
            if LATIN.fullmatch(latin):
                yield latin, native.strip().translate(JOINERS)


def _english() -> dict[str, Any]:
    """Return the words of the seed's English synopses, names left out, and their letters."""
    counts: Counter[str] = Counter()
    capitalised: Counter[str] = Counter()
    for text in _synopses():
        for word in re.findall(r"[A-Za-z]+", text):
            counts[word.lower()] += 1
            capitalised[word.lower()] += word[0].isupper()
    words = {
        word: count
        for word, count in sorted(counts.items())
        if capitalised[word] <= CAPITALISED_SHARE * count
    }
    return {"words": words, "letters": count_letters(words, fewest=2)}


def _synopses() -> Iterator[str]:
    for file in sorted(upkeep.seed_folder().glob("*.jsonl*")):
        for line in read(file):
            if line.record and "en" in line.record.synopsis:
                yield line.record.synopsis["en"]
