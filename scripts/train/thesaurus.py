"""`rasika train thesaurus FILE…`: words that stand for each other (`search/language/thesaurus.py`).

The words come from the English synopses of title files. Two words are as near as the bundled
model's vectors of the single words, less the mean vector of all words.
"""

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from config import cpu
from embeddings.bundled import BundledEmbedder
from scripts.train.english_synopses import english_synopses
from search.language.bundled_data import NEIGHBOURS_FILE
from search.plots import WORD_PATTERN, stem
from vocabulary.arrays import Matrix

MIN_SYNOPSES = 5  # that contain a word
MIN_LETTERS = 3
MAX_NEIGHBOURS = 6
MIN_COSINE = 0.5
NEIGHBOUR_WEIGHT = 0.8  # of a neighbour with cosine 1, beside 1 for the word itself
WORDS_PER_BATCH = 512
WEIGHT_DIGITS = 2


def train(files: Sequence[Path]) -> Path:
    """Learn from title files; return the written file."""
    words = _common_words(files)
    rows = _word_vectors(list(words.values()))
    packed = json.dumps(dict(_neighbours(list(words), rows)), separators=(",", ":"), sort_keys=True)
    NEIGHBOURS_FILE.write_bytes(gzip.compress(packed.encode(), 9, mtime=0))
    return NEIGHBOURS_FILE


def _common_words(files: Sequence[Path]) -> dict[str, str]:
    """Return the commonest word of each stem that occurs often enough."""
    document_counts: Counter[str] = Counter()
    word_counts: dict[str, Counter[str]] = defaultdict(Counter)
    for text in english_synopses(files):
        words = set(WORD_PATTERN.findall(text.casefold()))
        document_counts.update({stem(word) for word in words})
        for word in words:
            word_counts[stem(word)][word] += 1
    return {
        each: word_counts[each].most_common(1)[0][0]
        for each in sorted(document_counts)
        if document_counts[each] >= MIN_SYNOPSES and len(each) >= MIN_LETTERS and each.isalpha()
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
                stems[other]: round(NEIGHBOUR_WEIGHT * float(row[other]), WEIGHT_DIGITS)
                for other in best.tolist()
                if row[other] >= MIN_COSINE
            }
            if near:
                yield stems[at], near
