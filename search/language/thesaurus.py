"""Words that stand for each other in plots.

Some are written by hand, a group per line of `synonyms.txt`; more are learnt from the bundled
model's vectors of single words (`scripts/train/thesaurus.py`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache

from search.language.bundled_data import read_neighbours, read_synonyms
from search.language.word_keys import load_word_keys
from search.plots import StemWeights

SYNONYM_WEIGHT = 0.6  # of a synonym, beside 1 for the word itself


class Thesaurus:
    """The neighbours of stems; immutable."""

    def __init__(self, neighbours: Mapping[str, Mapping[str, float]]) -> None:
        self._neighbours = neighbours

    def alternatives(self, stem: str) -> StemWeights:
        """Return a stem (weight 1) and its neighbours with their weights."""
        return {stem: 1.0, **self._neighbours.get(stem, {})}


@lru_cache(maxsize=1)
def bundled_thesaurus() -> Thesaurus:
    """Return the thesaurus that the package carries."""
    stems = iter(load_word_keys().synonym_stems)
    neighbours = synonym_neighbours([next(stems) for _ in group] for group in read_synonyms())
    for stem, weights in read_neighbours().items():
        for neighbour, weight in weights.items():
            neighbours[stem][neighbour] = max(weight, neighbours[stem].get(neighbour, 0.0))
    return Thesaurus(neighbours)


def synonym_neighbours(groups: Iterable[Iterable[str]]) -> dict[str, dict[str, float]]:
    """Return the neighbours of stems that stand together in a group."""
    neighbours: dict[str, dict[str, float]] = defaultdict(dict)
    for group in groups:
        stems = dict.fromkeys(group)
        for stem in stems:
            neighbours[stem].update((other, SYNONYM_WEIGHT) for other in stems if other != stem)
    return neighbours
