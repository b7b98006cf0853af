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
from scripts.train.english_synopses import english_synopses
from search.language.thesaurus import NEIGHBOURS_FILE
from search.plots import WORD_PATTERN, stem

MIN_SYNOPSES = 5  # synopses that have a word
MIN_LETTERS = 3  # letters
MAX_NEIGHBOURS = 6
MIN_COSINE = 0.5
NEIGHBOUR_SHARE = 0.8  # of a word that its nearest possible neighbour would count
WORDS_PER_BATCH = 512
SHARE_DIGITS = 2


def train(files: Sequence[Path]) -> Path:
    """Learn from files of titles; return the file that was written."""
    words = _common_words(files)
    rows = _word_vectors(list(words.values()))
    packed = json.dumps(dict(_neighbours(list(words), rows)), separators=(",", ":"), sort_keys=True)
    NEIGHBOURS_FILE.write_bytes(gzip.compress(packed.encode(), 9, mtime=0))
    return NEIGHBOURS_FILE


def _common_words(files: Sequence[Path]) -> dict[str, str]:
    """Return the commonest word of each stem that is not rare."""
    having: Counter[str] = Counter()
    spelt: dict[str, Counter[str]] = defaultdict(Counter)
    for text in english_synopses(files):
        words = set(WORD_PATTERN.findall(text.casefold()))
        having.update({stem(word) for word in words})
        for word in words:
            spelt[stem(word)][word] += 1
    return {
        each: spelt[each].most_common(1)[0][0]
        for each in sorted(having)
        if having[each] >= MIN_SYNOPSES and len(each) >= MIN_LETTERS and each.isalpha()
    }


def _word_vectors(words: Sequence[str]) -> Matrix:
    embedder = BundledEmbedder(cpu.available_cores())
    rows = np.concatenate(
        [
            embedder.embed(words[start : start + WORDS_PER_BATCH], role="query")
            for start in range(0, len(words), WORDS_PER_BATCH)
        ]
    )
    rows -= rows.mean(axis=0)
    centred: Matrix = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return centred


def _neighbours(stems: Sequence[str], rows: Matrix) -> Iterator[tuple[str, dict[str, float]]]:
    for start in range(0, len(stems), WORDS_PER_BATCH):
        cosines = rows[start : start + WORDS_PER_BATCH] @ rows.T
        for at, row in enumerate(cosines, start):
            row[at] = -1
            best = np.argsort(-row)[:MAX_NEIGHBOURS]
            near = {
                stems[other]: round(NEIGHBOUR_SHARE * float(row[other]), SHARE_DIGITS)
                for other in best.tolist()
                if row[other] >= MIN_COSINE
            }
            if near:
                yield stems[at], near
