import json
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from index import scan_kernel
from index.mapped_arrays import DamagedIndexFiles
from index.memory import MemoryIndex
from index.query import Attributes, Boosts, Filter, IndexEntry, Query
from tests.index_contract import IndexContract, expected_hits, make_entries
from vocabulary.kinds import Kind, Space


class TestMemoryIndex(IndexContract):
    def build(self, entries: Sequence[IndexEntry]) -> MemoryIndex:
        return MemoryIndex(entries)


class TestPortableKernel(IndexContract):
    examples = 100

    def build(self, entries: Sequence[IndexEntry]) -> MemoryIndex:
        return MemoryIndex(entries, kernel=scan_kernel.available_kernels()[-1])


class TestWithoutKernels(IndexContract):
    examples = 100

    def build(self, entries: Sequence[IndexEntry]) -> MemoryIndex:
        return MemoryIndex(entries, kernel=None)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_query_vector_that_is_not_finite_is_refused(value: float) -> None:
    entries = make_entries(20)
    vector = entries[0].vectors[Space.CONTENT].copy()
    vector[0] = value
    with pytest.raises(ValueError, match="finite"):
        MemoryIndex(entries).search(Query(vector=vector))


def to_half_precision(entry: IndexEntry) -> IndexEntry:
    vectors = {
        space: vector.astype(np.float16).astype(np.float32)
        for space, vector in entry.vectors.items()
    }
    return replace(entry, vectors=vectors)


@pytest.mark.parametrize("kernel", [*scan_kernel.available_kernels(), None], ids=str)
def test_vectors_in_half_precision_answer_exactly_until_one_that_is_not_comes(
    kernel: scan_kernel.ScanKernel | None,
) -> None:
    entries = make_entries(500)
    halves = [to_half_precision(entry) for entry in entries[:400]]
    index = MemoryIndex(halves, kernel=kernel)
    query = Query(vector=entries[3].vectors[Space.CONTENT], k=60)
    assert index._snapshot.rows.spaces[Space.CONTENT].format.half_precision
    assert index.search(query) == expected_hits(halves, query)
    index.upsert(entries[390:])
    assert not index._snapshot.rows.spaces[Space.CONTENT].format.half_precision
    assert index.search(query) == expected_hits([*halves[:390], *entries[390:]], query)


class TestMappedFiles(IndexContract):
    """What was saved and mapped again is as it was, and can be changed."""

    examples = 50

    def build(self, entries: Sequence[IndexEntry]) -> MemoryIndex:
        mapped = MemoryIndex()
        with TemporaryDirectory() as folder:
            MemoryIndex(entries).save(Path(folder))
            mapped.load(Path(folder))
        return mapped


def test_agrees_with_the_reference_where_gathering_and_streaming_both_occur() -> None:
    entries = make_entries(3000)
    index = MemoryIndex(entries)
    boosts = Boosts(popularity=0.2, regional={"IN": 0.2})
    asked = [
        Query(vector=entries[7].vectors[Space.CONTENT], filter=wanted, boosts=boosts, k=k)
        for k in (1, 20, 300)
        for wanted in (
            Filter(),
            Filter(languages=frozenset({"l3", "l150"})),
            Filter(year_from=1990),
            Filter(exclude=frozenset(range(1, 2900))),
        )
    ]
    expected = [expected_hits(entries, query) for query in asked]
    assert [index.search(query) for query in asked] == expected
    assert index.search_many(asked) == expected


def test_a_shared_pass_agrees_with_passes_one_by_one() -> None:
    entries = make_entries(5000)
    index = MemoryIndex(entries, cores=2)
    asked = [
        Query(vector=entry.vectors[Space.CONTENT], filter=Filter(exclude=frozenset({at + 1})))
        for at, entry in enumerate(entries[:70])
    ]
    assert index.search_many(asked) == [index.search(query) for query in asked]
    assert index.search(asked[3]) == expected_hits(entries, asked[3])


def test_packs_dead_rows_and_keeps_answering() -> None:
    entries = make_entries(1000)
    index = MemoryIndex(entries)
    for start in range(0, 900, 100):
        index.remove(range(start + 1, start + 101))
        index.upsert([entries[start]])
    left = [entry for entry in entries if entry.title_id > 900 or entry.title_id % 100 == 1]
    query = Query(vector=entries[3].vectors[Space.CONTENT], k=2000)
    assert index.search(query) == expected_hits(left, query)


def test_searches_see_whole_snapshots_while_titles_change() -> None:
    entries = make_entries(400)
    index = MemoryIndex(entries)
    query = Query(vector=entries[0].vectors[Space.CONTENT], k=1000)
    stop, wrong = threading.Event(), []

    def search() -> None:
        while not stop.is_set():
            found = [hit.title_id for hit in index.search(query)]
            if sorted(found) != list(range(1, 401)):
                wrong.append(found)

    readers = [threading.Thread(target=search) for _ in range(2)]
    for reader in readers:
        reader.start()
    for turn in range(200):
        index.upsert(entries[turn : turn + 50])
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []


def test_a_title_is_seen_as_it_was_or_as_it_is_and_never_in_between() -> None:
    """Each title's vector and popularity are of one turn, and turns never go back."""
    titles, turns = 300, 60

    def state(title_id: int, turn: int) -> IndexEntry:
        return IndexEntry(
            title_id=title_id,
            attributes=Attributes(kind=Kind.MOVIE, year=2000 + turn),
            vectors={Space.CONTENT: turned[turn]},
            popularity=turn / turns,
        )

    angles = np.linspace(0, 1, turns + 1)
    turned = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    index = MemoryIndex([state(title_id, 0) for title_id in range(1, titles + 1)], cores=2)
    query = Query(vector=turned[0], boosts=Boosts(popularity=1.0), k=2 * titles)
    done = threading.Event()
    wrong: list[object] = []
    similarities = [float((vector.astype(float) * turned[0]).sum()) for vector in turned]

    def read() -> None:
        latest = dict.fromkeys(range(1, titles + 1), 0)
        while not done.is_set():
            hits = index.search(query)
            seen = {hit.title_id: round(hit.popularity * turns) for hit in hits}
            wrong.extend(hit for hit in hits if hit.similarity != similarities[seen[hit.title_id]])
            wrong.extend(title_id for title_id, turn in seen.items() if turn < latest[title_id])
            if len(hits) != titles or seen.keys() != latest.keys():
                wrong.append("not every title once")
            latest = seen

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for turn in range(1, turns + 1):
        for title_id in range(1, titles + 1, 10):
            index.upsert([state(each, turn) for each in range(title_id, title_id + 10)])
    done.set()
    for reader in readers:
        reader.join()
    assert wrong == []


def test_what_came_after_the_search_began_is_not_in_its_answer() -> None:
    entries = make_entries(200)
    index = MemoryIndex(entries)
    before = index._snapshot
    index.remove([5])
    index.upsert([replace(entries[6], popularity=1.0)])
    seen = before.rows.visible_rows(range(1, 201), before.row_count, before.version)
    assert sorted(before.rows.columns.ids[seen].tolist()) == list(range(1, 201))
    assert (
        before.rows.columns.popularity[
            before.rows.visible_rows([7], before.row_count, before.version)
        ]
        < 1.0
    )


def test_many_may_load_what_one_saved(tmp_path: Path) -> None:
    entries = make_entries(1000)
    saved = MemoryIndex(entries)
    saved.remove([1, 2, 3])
    saved.save(tmp_path)
    one, other = MemoryIndex(), MemoryIndex()
    one.load(tmp_path)
    other.load(tmp_path)
    query = Query(vector=entries[9].vectors[Space.CONTENT], k=50)
    one.remove([10])
    one.upsert([replace(entries[0], popularity=0.5)])
    assert other.search(query) == saved.search(query) == expected_hits(entries[3:], query)
    assert {1, 10} - {hit.title_id for hit in one.search(replace(query, k=2000))} == {10}
    assert (len(one), len(other)) == (997, 997)


def test_half_written_files_are_not_loaded(tmp_path: Path) -> None:
    MemoryIndex(make_entries(10)).save(tmp_path)
    (tmp_path / "index.json").unlink()
    with pytest.raises(DamagedIndexFiles, match=r"index\.json"):
        MemoryIndex().load(tmp_path)


def test_every_damage_of_a_saved_index_is_recognised(tmp_path: Path) -> None:
    MemoryIndex(make_entries(10)).save(tmp_path)
    directory = json.loads((tmp_path / "arrays.json").read_text())
    damages = {
        path.name: (path.read_bytes(), path.read_bytes()[:-1]) for path in tmp_path.iterdir()
    }
    for name, (whole, damaged) in damages.items():
        (tmp_path / name).write_bytes(damaged)
        with pytest.raises(DamagedIndexFiles):
            MemoryIndex().load(tmp_path)
        (tmp_path / name).write_bytes(whole)
    for altered in (
        directory | {"capacity": directory["capacity"] + 1},
        {"arrays": directory["arrays"]},
        directory | {"arrays": directory["arrays"] | {"ids": directory["arrays"]["kind"]}},
    ):
        (tmp_path / "arrays.json").write_text(json.dumps(altered))
        with pytest.raises(DamagedIndexFiles):
            MemoryIndex().load(tmp_path)
    (tmp_path / "arrays.json").write_text(json.dumps(directory))
    MemoryIndex().load(tmp_path)


def test_lists_serve_where_they_find_enough_and_are_never_short(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    middles = random.standard_normal((40, 32))
    vectors = middles[np.arange(4000) % 40] + 0.4 * random.standard_normal((4000, 32))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    entries = [
        IndexEntry(
            title_id=at + 1,
            attributes=Attributes(kind=Kind.MOVIE, year=1990 + at % 2),
            vectors={Space.CONTENT: vector},
            popularity=float(random.random()) ** 4,
        )
        for at, vector in enumerate(vectors.astype(np.float32))
    ]
    index, exact = MemoryIndex(entries), MemoryIndex(entries)
    recall = index.use_inverted_lists(Space.CONTENT, min_recall=0.9)
    assert recall is not None
    assert recall >= 0.9
    index.save(tmp_path)
    mapped = MemoryIndex()
    mapped.load(tmp_path)
    index.upsert([replace(entries[7], popularity=1.0)])
    exact.upsert([replace(entries[7], popularity=1.0)])
    assert index.inverted_lists is not None
    query = Query(vector=entries[7].vectors[Space.CONTENT], k=30)
    found = {hit.title_id for hit in index.search(query)}
    assert 8 in found
    assert len(found & {hit.title_id for hit in exact.search(query)}) >= 27
    assert mapped.inverted_lists is not None
    assert mapped.inverted_lists.probes == index.inverted_lists.probes
    everything = replace(query, k=5000)
    assert index.search(everything) == exact.search(everything)
    narrow = replace(query, filter=Filter(include=frozenset(range(1, 100))))
    assert index.search(narrow) == exact.search(narrow)


def test_lists_that_would_find_too_little_are_refused() -> None:
    entries = make_entries(3000)  # random directions, which no list holds together
    index = MemoryIndex(entries)
    assert index.use_inverted_lists(Space.CONTENT, min_recall=0.99) is None
    assert index.inverted_lists is None
    query = Query(vector=entries[5].vectors[Space.CONTENT], k=40)
    assert index.search(query) == expected_hits(entries, query)
