from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from index import blend, scan_kernel
from index.query import Boosts, Hit
from index.scan_kernel import BoostTerms, KernelQuery, ScanKernel, ScanRows, address_of

KERNELS = scan_kernel.available_kernels()
ROWS_PER_WORD = 64


@dataclass
class FixedSignals:
    ids: NDArray[np.int64]
    popularity: NDArray[np.float64]
    freshness: NDArray[np.float64]
    india: NDArray[np.float64]

    def regional_signal(self, region: str) -> NDArray[np.float64] | None:
        return self.india if region == "IN" else None


class SyntheticRows:
    """Rows near each other, a few of them of strange lengths or alike."""

    def __init__(self, n: int, d: int, *, half: bool = False, seed: int = 3) -> None:
        self.n, self.d = n, d
        random = np.random.default_rng(seed)
        vectors = (
            random.standard_normal((n, d)) + 2 * random.standard_normal((7, d))[np.arange(n) % 7]
        )
        vectors[n // 2] = np.eye(1, d, 3)  # all in one number: eight bits lose nothing
        vectors[n // 3 : n // 3 + 40] = vectors[0]
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        self.half = half
        self.vectors = vectors.astype(np.float16 if half else np.float32)
        self.stride = -(-d // ROWS_PER_WORD) * ROWS_PER_WORD
        room = n + ROWS_PER_WORD
        self.codes = np.full((room, self.stride), 128, np.uint8)
        self.scales, self.error_norms = np.zeros(room, np.float32), np.zeros(room, np.float32)
        exact = self.vectors.astype(np.float32)
        scales = np.abs(exact).max(axis=1, keepdims=True) / 127
        codes = np.rint(exact / scales)
        self.codes[:n, :d] = codes + 128
        self.scales[:n] = scales[:, 0]
        self.error_norms[:n] = np.linalg.norm(exact - codes * scales, axis=1)
        self.end_versions = np.zeros(room, np.uint32)
        self.signals = FixedSignals(random.permutation(n) + 1, *random.random((3, room)))

    def scan_rows(self, version: int = 1) -> ScanRows:
        arrays = (
            self.codes,
            self.scales,
            self.error_norms,
            self.vectors,
            self.end_versions,
            self.signals.ids,
        )
        signals = (self.signals.popularity, self.signals.freshness)
        where = [address_of(array) for array in (*arrays, *signals)]
        return ScanRows(*where, self.n, version, self.d, self.stride, self.half)

    def make_query(
        self, seed: int, k: int, share: float = 1.0
    ) -> tuple[KernelQuery, NDArray[np.bool_]]:
        random = np.random.default_rng(seed)
        vector = self.vectors[seed % self.n] + 0.02 * random.standard_normal(self.d)
        vector = (vector / np.linalg.norm(vector)).astype(np.float32)
        left = random.random(self.n) < share
        padded = np.zeros(-(-self.n // ROWS_PER_WORD) * ROWS_PER_WORD, np.bool_)
        padded[: self.n] = left
        mask = np.packbits(padded, bitorder="little").view(np.uint64)
        added = BoostTerms(0.2, 0.0, (self.signals.india,), np.array([0.3]))
        return KernelQuery(vector, None if share == 1 else mask, added, k), left

    def expected(self, asked: KernelQuery, left: NDArray[np.bool_]) -> list[Hit]:
        assert asked.vector is not None
        rows = np.flatnonzero(left)
        boosts = Boosts(popularity=0.2, regional={"IN": 0.3})
        similarities = blend.cosine_similarities(self.vectors[rows], asked.vector)
        return blend.top_hits(self.signals, boosts, rows, similarities, k=asked.k)


def test_the_library_was_built_here() -> None:
    assert [kernel.name for kernel in KERNELS][-1:] == ["portable"]


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)
@pytest.mark.parametrize("cores", [1, 2])
@pytest.mark.parametrize("half", [False, True], ids=["single", "half"])
@pytest.mark.parametrize("d", [6, 384, 768, 1000])
def test_every_kernel_answers_by_the_definition_to_the_last_bit(
    kernel: ScanKernel, cores: int, d: int, half: bool
) -> None:
    catalogue = SyntheticRows(5_000, d, half=half)
    questions = [
        catalogue.make_query(seed, k, share)
        for seed, (k, share) in enumerate(
            [(20, 1.0), (300, 1.0), (50, 0.5), (50, 0.03), (9, 0.001)]
        )
    ]
    together = kernel.search(catalogue.scan_rows(), [asked for asked, _ in questions], cores=cores)
    for (asked, left), at_once in zip(questions, together, strict=True):
        (alone,) = kernel.search(catalogue.scan_rows(), [asked], cores=cores)
        expected = catalogue.expected(asked, left)
        for answer in (alone, at_once):
            assert answer.ids.tolist() == [hit.title_id for hit in expected]
            terms = [
                [hit.similarity, hit.popularity, hit.regional, hit.freshness] for hit in expected
            ]
            assert answer.terms.T.tolist() == terms


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)
def test_a_row_is_found_until_the_version_in_which_it_ended(kernel: ScanKernel) -> None:
    catalogue = SyntheticRows(500, 384)
    catalogue.end_versions[7] = 5
    title = int(catalogue.signals.ids[7])
    asked, _ = catalogue.make_query(7, 500)
    (before,) = kernel.search(catalogue.scan_rows(version=4), [asked], cores=1)
    (after,) = kernel.search(catalogue.scan_rows(version=5), [asked], cores=1)
    assert title in before.ids
    assert title not in after.ids
    assert len(after.ids) == 499


def test_a_library_that_was_built_of_older_sources_is_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert scan_kernel._load_library.__wrapped__() is not None
    monkeypatch.setattr(scan_kernel, "_struct_sizes", lambda _library: 0)
    assert scan_kernel._load_library.__wrapped__() is None
