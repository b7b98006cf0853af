"""Words that stand for each other in plots.

Some were written down, a group a line in `synonyms.txt`; more were learnt from the bundled model's
own vectors of words (`scripts/train/thesaurus.py`).
"""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from search.plots import StemWeights, stem

SYNONYMS_FILE = Path(__file__).with_name("synonyms.txt")
SYNONYM_WEIGHT = 0.6  # of a word that its synonym counts
NEIGHBOURS_FILE = Path(__file__).with_name("thesaurus.json.gz")


class Thesaurus:
    """The neighbours of stems; immutable."""

    def __init__(self, neighbours: Mapping[str, Mapping[str, float]]) -> None:
        self._neighbours = neighbours

    def alternatives(self, stem: str) -> StemWeights:
        """Return a stem and those near it, with what each counts, 1 for itself."""
        return {stem: 1.0, **self._neighbours.get(stem, {})}


@lru_cache(maxsize=1)
def bundled_thesaurus() -> Thesaurus:
    """Return what the repository carries."""
    with gzip.open(NEIGHBOURS_FILE, "rt", encoding="utf-8") as stored:
        learnt: dict[str, dict[str, float]] = json.load(stored)
    neighbours = synonym_neighbours(SYNONYMS_FILE.read_text(encoding="utf-8").splitlines())
    for word, near in learnt.items():
        for other, share in near.items():
            neighbours[word][other] = max(share, neighbours[word].get(other, 0.0))
    return Thesaurus(neighbours)


def synonym_neighbours(groups: Iterable[str]) -> dict[str, dict[str, float]]:
    """Return the neighbours of the stems of words that stand together in a group."""
    neighbours: dict[str, dict[str, float]] = defaultdict(dict)
    for group in groups:
        together = dict.fromkeys(map(stem, group.split()))
        for word in together:
            neighbours[word].update((other, SYNONYM_WEIGHT) for other in together if other != word)
    return neighbours
