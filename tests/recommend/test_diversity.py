from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommend.diversity import CAP_RELAXATION_ORDER, Candidate, Caps, diversify
from vocabulary.arrays import Matrix

DIM = 6
NO_CAPS = Caps(franchise=1.0, director=1.0, language=1.0, genre=1.0)


def unit_rows(n: int, seed: int) -> Matrix:
    rows = np.random.default_rng(seed).standard_normal((n, DIM))
    units: Matrix = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return units.astype(np.float32)


candidate_lists = st.lists(
    st.builds(
        Candidate,
        title_id=st.integers(1, 99),
        score=st.integers(0, 20).map(float),
        directors=st.lists(st.sampled_from(["", "a", "b", "c"]), max_size=2).map(tuple),
        franchise=st.sampled_from(["", "", "kgf", "pushpa"]),
        language=st.sampled_from(["te", "ta", "hi"]),
        genre=st.sampled_from(["", "drama", "comedy"]),
    ),
    max_size=30,
)
list_requests = st.tuples(candidate_lists, st.integers(0, 12), st.integers(0, 5))


def group_counts(candidates: Sequence[Candidate], chosen: Sequence[int], kind: str) -> Counter[str]:
    if kind == "director":
        return Counter(name for at in chosen for name in set(candidates[at].directors) if name)
    return Counter(name for at in chosen if (name := getattr(candidates[at], kind)))


@given(list_requests)
def test_a_list_is_as_long_as_possible_without_duplicates(
    asked: tuple[list[Candidate], int, int],
) -> None:
    titles, k, seed = asked
    picked = diversify(titles, unit_rows(len(titles), seed), k=k)
    assert len(picked) == len(set(picked)) == min(k, len(titles))


@given(list_requests)
def test_with_full_relevance_the_order_is_that_of_the_scores(
    asked: tuple[list[Candidate], int, int],
) -> None:
    titles, k, seed = asked
    vectors = unit_rows(len(titles), seed)
    picked = diversify(titles, vectors, k=k, caps=NO_CAPS, relevance_share=1.0)
    assert picked == sorted(range(len(titles)), key=lambda at: -titles[at].score)[:k]


@given(list_requests)
def test_a_cap_is_broken_only_if_all_remaining_candidates_break_one(
    asked: tuple[list[Candidate], int, int],
) -> None:
    titles, k, seed = asked
    caps = Caps(franchise=0.0, director=0.2, language=0.4, genre=0.4)
    most = {kind: max(1, int(getattr(caps, kind) * k + 1e-9)) for kind in CAP_RELAXATION_ORDER}
    picked = diversify(titles, unit_rows(len(titles), seed), k=k, caps=caps)
    for place in range(len(picked)):
        before, left = picked[:place], set(range(len(titles))) - set(picked[:place])

        def kept(at: int, kinds: Sequence[str], before: list[int] = before) -> bool:
            return not any(
                group_counts(titles, [*before, at], kind)[name] > most[kind]
                for kind in kinds
                for name in group_counts(titles, [at], kind)
            )

        for kinds in (
            CAP_RELAXATION_ORDER[loosened:] for loosened in range(len(CAP_RELAXATION_ORDER))
        ):
            if any(kept(at, kinds) for at in left):
                assert kept(picked[place], kinds)


@given(list_requests)
def test_the_order_does_not_depend_on_the_scale_of_the_scores(
    asked: tuple[list[Candidate], int, int],
) -> None:
    titles, k, seed = asked
    vectors = unit_rows(len(titles), seed)
    scaled = [replace(each, score=each.score * 64 - 32) for each in titles]
    assert diversify(titles, vectors, k=k) == diversify(scaled, vectors, k=k)


def test_a_duplicate_comes_after_dissimilar_titles() -> None:
    titles = [
        Candidate(title_id=number, score=score) for number, score in enumerate([1.0, 0.9, 0.7, 0.0])
    ]
    vectors = np.eye(3, dtype=np.float32)[[0, 0, 1, 2]]
    assert diversify(titles, vectors, k=4) == [0, 2, 1, 3]


def test_a_title_without_a_vector_is_similar_to_nothing() -> None:
    vectors = np.array([[1, 0], [1, 0], [0, 0]], np.float32)
    titles = [Candidate(title_id=each, score=1.0) for each in range(3)]
    assert diversify(titles, vectors, k=2) == [0, 2]


def test_a_second_title_of_a_franchise_comes_last() -> None:
    titles = [
        Candidate(title_id=each, score=9.0 - each, franchise="kgf" if each < 3 else "", genre="x")
        for each in range(5)
    ]
    vectors = np.zeros((5, 2), np.float32)
    assert diversify(titles, vectors, k=5) == [0, 3, 4, 1, 2]
