"""One part of a query, with what stands around it."""

from collections.abc import Sequence
from dataclasses import dataclass

from search.names.tokenizer import Word
from search.parsing.parsed_query import Chip, excerpt
from search.parsing.phrase_table import Role, has_any
from search.parsing.segments import Group, Item


@dataclass(frozen=True, slots=True)
class Spot:
    """One item of a group, with what stands around it."""

    text: str
    words: Sequence[Word]
    group: Group
    place: int

    @property
    def item(self) -> Item:
        """The item itself."""
        return self.group.items[self.place]

    @property
    def before(self) -> str:
        """The word before, folded."""
        return self.words[self.item.first - 1].folded if self.item.first else ""

    @property
    def told_before(self) -> str:
        """The last word before that is no filler, folded."""
        fillers = 0
        for item in reversed(self.group.items[: self.place]):
            if not item.filler:
                break
            fillers += item.last - item.first
        place = self.item.first - fillers - 1
        return self.words[place].folded if place >= 0 else ""

    @property
    def denial(self) -> Item | None:
        """The word that says that this is not wanted, if one does."""
        around = (
            (reversed(self.group.items[: self.place]), Role.NOT),
            (iter(self.group.items[self.place + 1 :]), Role.NOT_AFTER),
        )
        for items, role in around:
            nearest = next((item for item in items if not item.filler), None)
            if nearest is not None and role in nearest.meanings:
                return nearest
        return None

    @property
    def after(self) -> str:
        """The word after, folded."""
        last = self.item.last
        return self.words[last].folded if last < len(self.words) else ""

    def followed_by(self, *roles: Role) -> bool:
        """Tell whether the next item that says something can play one of these roles."""
        following = (item for item in self.group.items[self.place + 1 :] if not item.filler)
        return has_any(next(following, Item(0, 0)).meanings, roles)

    def beside(self, *roles: Role) -> bool:
        """Tell whether the group has something else that can play one of these roles."""
        others = (item for at, item in enumerate(self.group.items) if at != self.place)
        return any(has_any(item.meanings, roles) for item in others)

    @property
    def alone(self) -> bool:
        """Whether nothing else in the group says anything."""
        return all(item.filler for at, item in enumerate(self.group.items) if at != self.place)

    def chip(self, key: str, label: str, *, hard: bool) -> Chip:
        """Return the chip of what was read here."""
        return Chip(key, label, excerpt(self.text, self.words, self.places), hard)

    @property
    def places(self) -> frozenset[int]:
        """The places of the words."""
        return frozenset(range(self.item.first, self.item.last))
