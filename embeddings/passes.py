"""What a text goes through to become a vector: one model, run by whatever is installed."""

from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from embeddings.compiled import Compiled, CompilerMissing
from embeddings.e5 import Ids, Model
from embeddings.embedder import Matrix
from embeddings.encoder import Encoder
from embeddings.kernels import fastest

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


def interpreted(model: Model, _cores: int) -> Passes:
    """Return passes that need no extra."""
    return Encoder(model, fastest())


def quickest(model: Model, cores: int) -> Passes:
    """Return compiled passes where the extra is installed, else interpreted ones."""
    try:
        return Compiled(model, cores)
    except CompilerMissing:
        return interpreted(model, cores)
    except RuntimeError as error:  # a machine that OpenVINO does not know
        log.warning("model_not_compiled", error=str(error))
        return interpreted(model, cores)
