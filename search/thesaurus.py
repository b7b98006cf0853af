"""Words that stand for each other in plots, learnt from the model's own vectors of words."""

import gzip
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from search.plots import Alternatives

LEARNT = Path(__file__).with_name("thesaurus.json.gz")


class Thesaurus:
    """The nearest neighbours of stems; immutable."""

    def __init__(self, neighbours: Mapping[str, Mapping[str, float]]) -> None:
        self._neighbours = neighbours

    def alternatives(self, stem: str) -> Alternatives:
        """Return a stem and those near it, with what each counts, 1 for itself."""
        return {stem: 1.0, **self._neighbours.get(stem, {})}


@lru_cache(maxsize=1)
def bundled() -> Thesaurus:
    """Return what the repository carries."""
    with gzip.open(LEARNT, "rt", encoding="utf-8") as stored:
        return Thesaurus(json.load(stored))
