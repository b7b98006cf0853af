"""Suggestions of genres, languages and queries."""

from collections.abc import Iterable

import numpy as np

from search.suggestions.mixing import is_certain
from search.suggestions.prefix_matching import PrefixTable
from search.suggestions.suggestion import Suggestion, SuggestionKind, Topic

MAX_ORDER_BOOST = 0.02  # of the first topic, among topics that fit equally well
MIN_GUESSED_TOPIC_LETTERS = 3


class TopicIndex:
    """Topics in the order of their use; immutable."""

    def __init__(self, topics: Iterable[Topic] = ()) -> None:
        self._topics = list(topics)
        self._table = PrefixTable.build(
            [(row, topic.names) for row, topic in enumerate(self._topics)]
        )
        self._boosts = np.linspace(MAX_ORDER_BOOST, 0, len(self._topics), dtype=np.float32)

    def suggest(self, text: str) -> list[Suggestion]:
        """Return the topics that fit, best first, and in their order if they fit equally well."""
        topics = self._topics
        matches = self._table.search(
            text, self._boosts, lambda row: topics[row].names, limit=len(topics)
        )
        suggestions = [Suggestion(topics[row], quality) for row, quality in matches]
        return [each for each in suggestions if _is_useful(each, text)]


def _is_useful(suggestion: Suggestion, text: str) -> bool:
    """Return whether a topic adds to the text: queries are neither guessed nor repeated."""
    is_query = suggestion.kind is SuggestionKind.QUERY
    if is_query and text in suggestion.folded_names:
        return False
    return is_certain(suggestion) or (not is_query and len(text) >= MIN_GUESSED_TOPIC_LETTERS)
