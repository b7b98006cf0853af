"""Runs token sequences through the model: by the C encoder where it can, else by NumPy."""

from collections.abc import Callable, Sequence
from typing import Protocol

from embeddings.backend_c import CBackend, available_instruction_sets
from embeddings.backend_numpy import NumpyBackend
from embeddings.model_file import E5Model
from embeddings.tokenizer import TokenIds
from vocabulary.arrays import Matrix


class ModelBackend(Protocol):
    """Passes through the model; thread-safe."""

    name: str
    """Shown by `rasika doctor` and the benchmarks."""

    def mean_vectors(self, sequences: Sequence[TokenIds]) -> Matrix:
        """Return the mean (hidden,) of the last layer over each of at least one sequence."""
        ...


MakeBackend = Callable[[E5Model], ModelBackend]


def fastest_backend(model: E5Model) -> ModelBackend:
    """Return the C encoder, or NumPy where it was not built or the processor lacks AVX2."""
    instruction_sets = available_instruction_sets()
    return CBackend(model, instruction_sets[0]) if instruction_sets else NumpyBackend(model)
