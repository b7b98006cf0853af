"""One part of a query, with what stands around it."""

from collections.abc import Sequence
from dataclasses import dataclass

from search.names.tokenizer import Word
from search.parsing.parsed_query import Chip, excerpt
from search.parsing.phrase_table import PhraseRole, has_any
from search.parsing.segments import Segment, SegmentGroup


@dataclass(frozen=True, slots=True)
class SegmentContext:
    """One item of a group, with what stands around it."""

    text: str
    words: Sequence[Word]
    group: SegmentGroup
    segment_index: int

    @property
    def segment(self) -> Segment:
        """The item itself."""
        return self.group.segments[self.segment_index]

    @property
    def word_before(self) -> str:
        """The word before, folded."""
        return self.words[self.segment.start - 1].folded if self.segment.start else ""

    @property
    def content_word_before(self) -> str:
        """The last word before that is no filler, folded."""
        fillers = 0
        for item in reversed(self.group.segments[: self.segment_index]):
            if not item.is_filler:
                break
            fillers += item.stop - item.start
        place = self.segment.start - fillers - 1
        return self.words[place].folded if place >= 0 else ""

    @property
    def negation(self) -> Segment | None:
        """The word that says that this is not wanted, if one does."""
        around = (
            (reversed(self.group.segments[: self.segment_index]), PhraseRole.NEGATION_BEFORE),
            (iter(self.group.segments[self.segment_index + 1 :]), PhraseRole.NEGATION_AFTER),
        )
        for items, role in around:
            nearest = next((item for item in items if not item.is_filler), None)
            if nearest is not None and role in nearest.meanings:
                return nearest
        return None

    @property
    def word_after(self) -> str:
        """The word after, folded."""
        last = self.segment.stop
        return self.words[last].folded if last < len(self.words) else ""

    def followed_by(self, *roles: PhraseRole) -> bool:
        """Tell whether the next item that says something can play one of these roles."""
        following = (
            item for item in self.group.segments[self.segment_index + 1 :] if not item.is_filler
        )
        return has_any(next(following, Segment(0, 0)).meanings, roles)

    def has_beside(self, *roles: PhraseRole) -> bool:
        """Tell whether the group has something else that can play one of these roles."""
        others = (item for at, item in enumerate(self.group.segments) if at != self.segment_index)
        return any(has_any(item.meanings, roles) for item in others)

    @property
    def is_alone(self) -> bool:
        """Whether nothing else in the group says anything."""
        return all(
            item.is_filler
            for at, item in enumerate(self.group.segments)
            if at != self.segment_index
        )

    def build_chip(self, key: str, label: str, *, hard: bool) -> Chip:
        """Return the chip of what was read here."""
        return Chip(key, label, excerpt(self.text, self.words, self.positions), hard)

    @property
    def positions(self) -> frozenset[int]:
        """The places of the words."""
        return frozenset(range(self.segment.start, self.segment.stop))
