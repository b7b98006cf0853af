"""What a text goes through to become a vector: one model, run by whatever is installed."""

from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from embeddings.backend_c import CBackend, available_instruction_sets, has_tiles
from embeddings.backend_numpy import NumpyBackend
from embeddings.compiled import Compiled, CompilerMissing
from embeddings.kernels import fastest
from embeddings.model_file import E5Model, TokenIds
from vocabulary.arrays import Matrix

log = structlog.get_logger()


class ModelBackend(Protocol):
    """Passes through the model; thread-safe."""

    name: str
    """What runs it, for people."""

    def mean_vectors(self, sequences: Sequence[TokenIds]) -> Matrix:
        """Return the mean (hidden,) of the last layer over each of at least one sequence."""
        ...


MakeBackend = Callable[[E5Model, int], ModelBackend]
"""What makes passes of a model, so many at once."""


def fastest_backend(model: E5Model, cores: int) -> ModelBackend:
    """Return what runs the model fastest here.

    That is encoder.c, or OpenVINO where the processor has AMX and the extra is installed. Where
    encoder.c was not built or does not know the processor, it is OpenVINO, then NumPy.
    """
    known = available_instruction_sets()
    if known and not has_tiles():
        return CBackend(model, known[0])
    try:
        return Compiled(model, cores)
    except CompilerMissing:
        pass
    except RuntimeError as error:  # a machine that OpenVINO does not know
        log.warning("model_not_compiled", error=str(error))
    return CBackend(model, known[0]) if known else numpy_backend(model, cores)


def numpy_backend(model: E5Model, _cores: int) -> ModelBackend:
    """Return passes that need nothing built or installed."""
    return NumpyBackend(model, fastest())
