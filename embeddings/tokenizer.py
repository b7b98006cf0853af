"""XLM-RoBERTa's tokenizer: text to the likeliest unigram pieces (Kudo, arXiv 1804.10959)."""

import re
from array import array
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

SPACE_MARK = "\u2581"
UNKNOWN_PIECE_PENALTY = 10.0  # below the least likely piece, as in SentencePiece
MAX_CACHED_WORDS = 50_000
# The rounding error of single precision in a sum over the pieces of a long text.
SCORE_TIE_TOLERANCE = 2e-3
REPEATED_SPACES = re.compile(" {2,}")
WORD_PATTERN = re.compile(f"{SPACE_MARK}?[^{SPACE_MARK}]+|{SPACE_MARK}")

TokenIds = list[int]


class Tokenizer:
    """Finds the likeliest split of each word by Viterbi's algorithm."""

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
        # No piece spans a space mark, so words are split one by one and cached.
        self._split_cached = lru_cache(MAX_CACHED_WORDS)(self._split)

    def encode(self, text: str) -> TokenIds:
        """Return the pieces of a text, without begin and end tokens."""
        plain = REPEATED_SPACES.sub(" ", text.translate(self._character_map))
        marked = (plain if plain.startswith(" ") else " " + plain).replace(" ", SPACE_MARK)
        words = [self._split_cached(word) for word in WORD_PATTERN.findall(marked)]
        if any(ambiguous for _, ambiguous in words):
            return list(self._split(marked, to_float32)[0])
        return [number for pieces, _ in words for number in pieces]

    def _split(
        self, text: str, round_score: Callable[[float], float] = float
    ) -> tuple[tuple[int, ...], bool]:
        """Return the likeliest pieces, and whether another split is so close that rounding decides.

        The wheel's engine adds scores in single precision from the beginning of the text. Whether
        `....` becomes `...` and `.` or the reverse therefore depends on the text before it.
        """
        n = len(text)
        best = [0.0] + [-np.inf] * n
        back = [(0, 0)] * (n + 1)  # the piece that ends here, and its start
        close = [False] * (n + 1)  # another split up to here is as likely
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
        pieces = []
        ambiguous = False
        while n:
            ambiguous = ambiguous or close[n]
            piece, n = back[n]
            pieces.append(piece)
        return tuple(reversed(pieces)), ambiguous


def to_float32(number: float) -> float:
    """Return a number rounded to single precision."""
    return float(np.float32(number))
