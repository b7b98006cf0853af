"""`rasika bench`."""

from collections.abc import Callable, Sequence
from pathlib import Path

BENCHMARKS: dict[str, Callable[..., None]] = {}


class Failed(RuntimeError):
    """A benchmark could not run."""


def report(run: Callable[..., None], titles: Sequence[int], json: Path | None) -> None:
    """Run and print."""
