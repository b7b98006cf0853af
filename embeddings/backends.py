"""What a text goes through to become a vector: one model, run by whatever is installed."""

from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from embeddings.backend_c import Native, has_tiles, ways
from embeddings.backend_numpy import Encoder
from embeddings.compiled import Compiled, CompilerMissing
from embeddings.embedder import Matrix
from embeddings.kernels import fastest
from embeddings.model_file import Ids, Model

log = structlog.get_logger()


class Passes(Protocol):
    """Passes through the model; thread-safe."""

    name: str
    """What runs it, for people."""

    def means(self, sequences: Sequence[Ids]) -> Matrix:
        """Return the mean (hidden,) of the last layer over each of at least one sequence."""
        ...


Runs = Callable[[Model, int], Passes]
"""What makes passes of a model, so many at once."""


def quickest(model: Model, cores: int) -> Passes:
    """Return what runs the model fastest here.

    That is encoder.c, or OpenVINO where the processor has AMX and the extra is installed. Where
    encoder.c was not built or does not know the processor, it is OpenVINO, then NumPy.
    """
    known = ways()
    if known and not has_tiles():
        return Native(model, known[0])
    try:
        return Compiled(model, cores)
    except CompilerMissing:
        pass
    except RuntimeError as error:  # a machine that OpenVINO does not know
        log.warning("model_not_compiled", error=str(error))
    return Native(model, known[0]) if known else interpreted(model, cores)


def interpreted(model: Model, _cores: int) -> Passes:
    """Return passes that need nothing built or installed."""
    return Encoder(model, fastest())
