"""What an engine outside this process can do besides searching: several processes share it."""

from collections.abc import Callable, Iterable
from typing import Protocol

from index.query import IndexEntry, VectorIndex
from vocabulary.kinds import Space


class SharedIndex(VectorIndex, Protocol):
    """An engine whose content outlives the process, and is replaced whole or not at all."""

    def replace(
        self, entries: Iterable[IndexEntry], approve: "Callable[[SharedIndex], None] | None" = None
    ) -> None:
        """Build a new content beside the searched one; swap it in unless `approve` raises."""
        ...

    def build_graph(self, space: Space) -> None:
        """Link a space to a graph, which makes wide searches faster and approximate."""
        ...

    def drop_graph(self, space: Space) -> None:
        """Search a space exactly again."""
        ...

    def saved_position(self) -> str | None:
        """Return what was last noted beside the content, empty where nothing was.

        None where the content lies in PostgreSQL, and is restored with it.
        """
        ...

    def save_position(self, position: str) -> None:
        """Note beside the content how far it has followed."""
        ...
