"""The English synopses of title files, to learn from."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from catalog.import_reader import read_lines


def english_synopses(files: Sequence[Path]) -> Iterator[str]:
    """Yield the English synopses of title files."""
    for file in files:
        for line in read_lines(file):
            if line.record and "en" in line.record.synopsis:
                yield line.record.synopsis["en"]
