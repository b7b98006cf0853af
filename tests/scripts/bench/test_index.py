import gzip
import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from config.settings import Settings
from index.memory import MemoryIndex
from index.query import Filter, Hit, IndexEntry, Query
from scripts import bench
from scripts.bench import concurrent_updates, datasets, exact, runner
from scripts.bench.charts import Bar, Chart, Panel, Tone
from scripts.bench.engines.benchmark_engine import Contestant, Unavailable
from scripts.bench.measurements import Effort, Failed, Row, Run
from scripts.bench.real_titles import real
from scripts.bench.synthetic_titles import BOOSTS, SHARES, cases, made_up
from scripts.bench.targets import BUSY_FACTS, TOGETHER_CASE, bars

TINY = Effort(repeats=3, seconds=0.2)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what `rasika bench index` wrote of 200 titles."""
    path = tmp_path_factory.mktemp("bench")
    settings = Settings(home=path / "home")
    bench.report("index", settings, [200], file=path / "run.json", charts=path, effort=TINY)
    return path


def run_in(path: Path) -> dict[str, Any]:
    run: dict[str, Any] = json.loads((path / "run.json").read_text())["runs"][0]
    return run


def test_every_engine_that_is_here_finds_what_it_claims(measured: Path) -> None:
    run = run_in(measured)
    claims = {engine["name"]: engine["exact"] for engine in run["engines"]}
    judged = [row for row in run["rows"] if row["recall"] is not None]
    assert {row["engine"] for row in judged} == claims.keys()
    for row in judged:
        assert row["stray"] == 0
        if claims[row["engine"]]:
            assert (row["engine"], row["case"], row["recall"]) == (row["engine"], row["case"], 1.0)
            assert row["short"] == 0
    for cases_of in ("all, k 300", "10 % away, k 300", "0.1 % near, k 300", "all, k 20"):
        assert cases_of in {row["case"] for row in judged}


def test_what_is_not_installed_is_told_as_skipped(measured: Path) -> None:
    run = run_in(measured)
    names = {engine["name"] for engine in run["engines"]}
    assert {"NumPy scan, one thread", "NumPy gather", "pgvector, exact", "pgvector, HNSW"} <= names
    for module, engine in (
        ("faiss", "faiss Flat"),
        ("qdrant_client", "Qdrant local, exact"),
        ("qdrant_edge", "Qdrant edge, HNSW"),
    ):
        assert engine in (names if find_spec(module) else run["skipped"])


def test_answers_while_titles_change_are_checked(measured: Path) -> None:
    facts = run_in(measured)["facts"]
    assert facts["changes_made"] > 0
    assert facts["searches_checked"] > 0
    assert facts["wrong_while_changing"] == facts["missing_while_changing"] == 0


def test_an_index_that_is_loaded_answers_as_the_one_that_was_saved(measured: Path) -> None:
    facts = run_in(measured)["facts"]
    assert facts["answers_differ_once_loaded"] == 0
    assert facts["load_s"] > 0


def test_the_page_and_the_chart_tell_every_engine(measured: Path) -> None:
    run = run_in(measured)
    page = (measured / "index-200.md").read_text()
    aloud = ET.parse(measured / "index-200.svg").findtext(f"{SVG}desc") or ""
    for engine in run["engines"]:
        assert f"| {engine['name']} |" in page
        assert engine["name"] in aloud
    assert "(index-200.svg)" in page


def test_a_chart_says_in_words_what_it_shows_and_follows_the_light() -> None:
    bars = [Bar("a < b", 0.25, "recall 0.95", Tone.ROUGH), Bar("c & d", 1234.5, tone=Tone.OURS)]
    chart = Chart("Title", "sub", "ms", [Panel("all", bars)], [(Tone.OURS, "ours")])
    root = ET.fromstring(chart.svg())
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "title desc"
    assert root.findtext(f"{SVG}title") == "Title"
    assert root.findtext(f"{SVG}desc") == "all: a < b 0.25 ms, recall 0.95, c & d 1,234 ms."
    assert "prefers-color-scheme: dark" in (root.findtext(f"{SVG}style") or "")
    short, long = (
        float(each.get("width", "0"))
        for tone in ("rough", "ours")
        for each in root.findall(f"{SVG}rect[@class='{tone}']")[:1]
    )
    assert 0 < short < long


def test_filters_leave_the_shares_they_are_named_after() -> None:
    stock = made_up(10_000, np.random.default_rng(1))
    for share in SHARES:
        assert stock.mask(stock.nearest_filter(share)).mean() == share
    for case in cases(stock, 5, np.random.default_rng(2))[1:]:
        inside = stock.mask(case.wanted)
        nearest = (case.queries @ stock.matrix.T).argmax(axis=1)
        assert set(inside[nearest]) == {case.name.endswith("near")}


def test_a_dropped_hit_a_stray_one_and_a_double_one_are_counted() -> None:
    should, matching = [[1, 2, 3, 4]] * 4, np.arange(1, 9)
    found = [[1, 2, 3, 4], [1, 2, 3], [1, 2, 3, 9], [1, 1, 2, 3]]
    judged = exact.judged(found, should, matching)
    assert judged == exact.Judged(recall=(1 + 3 * 0.75) / 4, short=2, stray=2)


class Forgetful(MemoryIndex):
    """Loses the best hit."""

    def search(self, query: Query) -> list[Hit]:
        return super().search(query)[1:]


class Deaf(MemoryIndex):
    """Confirms changes and does not make them."""

    def upsert(self, entries: Sequence[IndexEntry]) -> None:
        """Do nothing."""


@pytest.mark.parametrize("kind", [MemoryIndex, Forgetful, Deaf])
def test_an_answer_that_was_true_at_no_moment_of_its_search_is_found(
    kind: type[MemoryIndex],
) -> None:
    rng = np.random.default_rng(1)
    stock = made_up(300, rng)
    changes = concurrent_updates.changes_of(stock, 1000, rng)
    queries = [
        Query(vector=vector, filter=wanted, boosts=BOOSTS, k=20)
        for vector in stock.queries(np.arange(300), 4, rng)
        for wanted in (Filter(), stock.nearest_filter(0.1))
    ]
    history = concurrent_updates.observed(kind(stock.entries()), queries, changes, 0.9)
    found = concurrent_updates.checked(stock, changes, queries, history)
    assert history.steps[-1].upto > 0
    assert found.searches >= 3 * 3 * len(queries)
    if kind is MemoryIndex:
        assert (found.wrong, found.missing) == (0, 0)
    elif kind is Forgetful:
        assert found.wrong == 0
        assert found.missing == found.searches
    else:
        assert found.wrong > 0
        assert found.missing > 0


class Absent(Contestant):
    name, about = "absent", "needs what is not here"

    def build(self, stock: object) -> None:
        raise Unavailable("pip install it")


def test_an_engine_that_cannot_be_built_is_left_out() -> None:
    run = Run(5, "data", "baseline")
    assert list(runner.built([Absent()], made_up(5, np.random.default_rng(1)), run)) == []
    assert run.skipped == {"absent": "pip install it"}


def row(case: str, p50_ms: float, *, speed: float, recall: float = 1.0) -> Row:
    return Row(
        case=case,
        engine="memory, 2 threads",
        p50_ms=p50_ms,
        p95_ms=p50_ms * 2,
        p99_ms=p50_ms * 3,
        per_second=1.0,
        recall=recall,
        speed=speed,
    )


def test_a_bar_is_missed_by_the_worst_case() -> None:
    run = Run(100_000, "data", "baseline")
    run.rows += [
        row("all, k 300", 1.0, speed=7.0),
        row("10 % near, k 300", 2.0, speed=4.0),
        row(TOGETHER_CASE, 9.0, speed=9.0),
    ]
    run.facts |= dict.fromkeys(BUSY_FACTS, 1.2)
    run.facts |= {"wrong_while_changing": 0, "missing_while_changing": 0}
    told = {bar.name: (bar.found, bar.met) for bar in bars(run)}
    assert told["p50: 5 times as fast as the scan"] == ("4 (10 % near, k 300)", False)
    assert told["p95: at most 2.5 ms"] == ("4 (10 % near, k 300)", False)
    assert told["8 times as many a second as single scans"] == (f"9 ({TOGETHER_CASE})", True)
    assert told["recall exactly 1"] == ("1", True)


def test_real_titles_are_embedded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "SHARED", tmp_path)
    with gzip.open(tmp_path / "world.jsonl.gz", "wt") as stream:
        for title, language in (("Eega", "te"), ("Vikram", "ta"), ("Sholay", "hi")):
            line = {"kind": "movie", "title": title, "original_language": language, "year": 1999}
            synopsis = {"en": f"A film by the name of {title} is remembered."}
            stream.write(json.dumps({**line, "synopsis": synopsis}) + "\n")
    stock = real(tmp_path / "home", 3)
    assert np.allclose(np.linalg.norm(stock.matrix, axis=1), 1, atol=1e-3)
    assert stock.mask(Filter(languages=frozenset({"te"}), year_to=2000)).tolist() == [True, 0, 0]
    (kept,) = (tmp_path / "home").glob("bench-real-3-*.npy")
    np.save(kept, stock.matrix[::-1])
    assert np.array_equal(real(tmp_path / "home", 3).matrix, stock.matrix[::-1])
    with pytest.raises(Failed):
        real(tmp_path / "home", 4)
