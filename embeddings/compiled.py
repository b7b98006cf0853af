"""The model compiled for this machine by OpenVINO, which comes with the extra `fast`.

oneDNN's products in bfloat16 with what follows them fused in. It is for processors with AMX, whose
tiles encoder.c does not use, and for those that encoder.c does not know. Without instructions for
bfloat16 it runs in float32. What was measured is in docs/embedding.md.
"""

import sys
from collections import deque
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.model_file import E5Model, TokenIds, TransformerLayer, WeightsAndBias
from vocabulary.arrays import Matrix

TOOLS = "openvino.tools.ovc"
MASKED = np.float32(-1e4)  # no weight is left of it, and it fits any precision
STEP = 16  # tokens, to which longer texts are filled up: each shape costs 5 ms once, and its code
SHORT = 32  # tokens, up to which a text has its own shape: queries


class CompilerMissing(RuntimeError):
    """OpenVINO is not installed."""


class Compiled:
    """Passes through the model, as many at once as there are cores, each on one of them.

    It has threads of its own, so a process forks before it has one, not after.

    Raises `CompilerMissing`, and `RuntimeError` where OpenVINO does not know the machine.
    """

    def __init__(self, model: E5Model, cores: int) -> None:
        openvino = _openvino()
        core = openvino.Core()
        precision = (
            "bf16" if "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"
        )
        self.name = f"OpenVINO {precision}"
        self._model = model
        self._compiled = core.compile_model(
            _graph(openvino, model),
            "CPU",
            {
                "INFERENCE_PRECISION_HINT": precision,
                "NUM_STREAMS": cores,
                "INFERENCE_NUM_THREADS": cores,
                "ENABLE_CPU_PINNING": False,  # other processes have the same cores
            },
        )
        self._free: deque[Any] = deque()

    def mean_vectors(self, sequences: Sequence[TokenIds]) -> Matrix:
        """Return the mean (hidden,) of the last layer over each sequence; like lengths are best."""
        lengths = np.array([len(sequence) for sequence in sequences])
        there = np.arange(_filled(lengths.max())) < lengths[:, np.newaxis]
        ids = np.zeros(there.shape, np.int64)
        ids[there] = np.concatenate(sequences)
        places = np.broadcast_to(np.arange(there.shape[1]), there.shape)
        x = self._model.input_embeddings(ids.ravel(), places.ravel()).reshape(*there.shape, -1)
        mask = np.where(there, np.float32(0), MASKED)[:, np.newaxis, np.newaxis]
        return self._last_layer(x, mask, there, lengths)

    def _last_layer(
        self, x: Matrix, mask: Matrix, there: NDArray[np.bool_], lengths: NDArray[np.int64]
    ) -> Matrix:
        try:
            request = self._free.pop()
        except IndexError:
            request = self._compiled.create_infer_request()
        found = request.infer([x, mask], share_inputs=True, share_outputs=True)[0]
        means: Matrix = np.add.reduceat(found[there], np.cumsum(lengths) - lengths, axis=0)
        means /= lengths[:, np.newaxis]
        self._free.append(request)  # what it found is its own memory
        return means


def _filled(length: int) -> int:
    return length if length <= SHORT else -(-length // STEP) * STEP


def _openvino() -> Any:
    """Import it without its conversion tools, which tell its maker of every import."""
    known = TOOLS in sys.modules
    if not known:
        sys.modules[TOOLS] = None  # type: ignore[assignment]  # "not to be found"
    try:
        return import_module("openvino")
    except ImportError as error:
        raise CompilerMissing("pip install 'rasika[fast]'") from error
    finally:
        if not known:
            del sys.modules[TOOLS]


class _Graph:
    """What is computed, in OpenVINO's operations: (n, tokens, hidden) at every step."""

    def __init__(self, operations: Any, model: E5Model) -> None:
        self._op = operations
        self._shape = model.shape

    def layer(self, x: Any, mask: Any, layer: TransformerLayer) -> Any:
        op = self._op
        mixed = self._linear(
            self._attention(self._linear(x, layer.qkv), mask), layer.attention_output
        )
        x = self._normalised(op.add(x, mixed), layer.attention_norm)
        widened = op.gelu(self._linear(x, layer.feed_forward_in), "tanh")
        return self._normalised(
            op.add(x, self._linear(widened, layer.feed_forward_out)), layer.output_norm
        )

    def _linear(self, x: Any, weights: WeightsAndBias) -> Any:
        op = self._op
        product = op.matmul(x, op.constant(weights.weight), False, True)
        return op.add(product, op.constant(weights.bias))

    def _normalised(self, x: Any, weights: WeightsAndBias) -> Any:
        op = self._op
        plain = op.mvn(x, self._integers(-1), True, self._shape.epsilon, "inside_sqrt")
        scaled = op.multiply(plain, op.constant(weights.weight))
        return op.add(scaled, op.constant(weights.bias))

    def _attention(self, projected: Any, mask: Any) -> Any:
        op, heads = self._op, self._shape.heads
        apart = self._integers(0, 0, 3, heads, self._shape.hidden // heads)  # 0: as it is
        parts = op.transpose(op.reshape(projected, apart, True), self._integers(2, 0, 3, 1, 4))
        split = op.split(parts, op.constant(np.int64(0)), 3).outputs()
        queries, keys, values = (op.squeeze(part, self._integers(0)) for part in split)
        unscaled = op.constant(np.float32(1))  # the scale is in the weights
        mixed = op.scaled_dot_product_attention(queries, keys, values, mask, unscaled)
        together = self._integers(0, 0, self._shape.hidden)
        return op.reshape(op.transpose(mixed, self._integers(0, 2, 1, 3)), together, True)

    def _integers(self, *numbers: int) -> Any:
        return self._op.constant(np.array(numbers, np.int64))


def _graph(openvino: Any, model: E5Model) -> Any:
    operations = import_module("openvino.opset13")
    x = inputs = operations.parameter([-1, -1, model.shape.hidden], np.float32)
    mask = operations.parameter([-1, 1, 1, -1], np.float32)
    graph = _Graph(operations, model)
    for layer in model.float_layers():
        x = graph.layer(x, mask, layer)
    return openvino.Model([x], [inputs, mask])
