"""`rasika train thesaurus FILE…`: words that stand for each other (`search/language/thesaurus.py`).

The words are those of the English synopses of files of titles; how near two are, the bundled model
says of each word by itself, less what all words have in common.
"""

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from config import cpu
from embeddings.bundled import BundledEmbedder
from embeddings.embedder import Matrix
from scripts.train.english_synopses import synopses
from search.language.thesaurus import NEIGHBOURS_FILE
from search.plots import WORD_PATTERN, stem

FEWEST = 5  # synopses that have a word
SHORTEST = 3  # letters
NEAREST = 6
LEAST_COSINE = 0.5
SHARE = 0.8  # of a word that its nearest possible neighbour would count
BATCH = 512
DIGITS = 2


def train(files: Sequence[Path]) -> Path:
    """Learn from files of titles; return the file that was written."""
    words = _words(files)
    rows = _rows(list(words.values()))
    packed = json.dumps(dict(_neighbours(list(words), rows)), separators=(",", ":"), sort_keys=True)
    NEIGHBOURS_FILE.write_bytes(gzip.compress(packed.encode(), 9, mtime=0))
    return NEIGHBOURS_FILE


def _words(files: Sequence[Path]) -> dict[str, str]:
    """Return the commonest word of each stem that is not rare."""
    having: Counter[str] = Counter()
    spelt: dict[str, Counter[str]] = defaultdict(Counter)
    for text in synopses(files):
        words = set(WORD_PATTERN.findall(text.casefold()))
        having.update({stem(word) for word in words})
        for word in words:
            spelt[stem(word)][word] += 1
    return {
        each: spelt[each].most_common(1)[0][0]
        for each in sorted(having)
        if having[each] >= FEWEST and len(each) >= SHORTEST and each.isalpha()
    }


def _rows(words: Sequence[str]) -> Matrix:
    embedder = BundledEmbedder(cpu.cores())
    rows = np.concatenate(
        [
            embedder.embed(words[start : start + BATCH], role="query")
            for start in range(0, len(words), BATCH)
        ]
    )
    rows -= rows.mean(axis=0)
    centred: Matrix = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return centred


def _neighbours(stems: Sequence[str], rows: Matrix) -> Iterator[tuple[str, dict[str, float]]]:
    for start in range(0, len(stems), BATCH):
        cosines = rows[start : start + BATCH] @ rows.T
        for at, row in enumerate(cosines, start):
            row[at] = -1
            best = np.argsort(-row)[:NEAREST]
            near = {
                stems[other]: round(SHARE * float(row[other]), DIGITS)
                for other in best.tolist()
                if row[other] >= LEAST_COSINE
            }
            if near:
                yield stems[at], near
