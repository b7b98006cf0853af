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
from scripts.bench import benchmarks, concurrent_updates, datasets, exact, runner
from scripts.bench.charts import Chart, ChartBar, Panel, Tone
from scripts.bench.engines.benchmark_engine import BenchmarkEngine, EngineUnavailable
from scripts.bench.measurements import BenchmarkFailed, BenchmarkOptions, BenchmarkRun, Measurement
from scripts.bench.real_titles import load_real_titles
from scripts.bench.synthetic_titles import BOOSTS, FILTER_SHARES, benchmark_cases, generate_titles
from scripts.bench.targets import BATCH_CASE, UPDATE_P95_FACTS, check_targets

TINY = BenchmarkOptions(repeats=3, seconds_per_case=0.2)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def benchmark_output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what `rasika bench index` wrote of 200 titles."""
    path = tmp_path_factory.mktemp("bench")
    settings = Settings(home=path / "home")
    benchmarks.run_benchmark(
        "index", settings, [200], json_file=path / "run.json", chart_folder=path, options=TINY
    )
    return path


def read_run(path: Path) -> dict[str, Any]:
    run: dict[str, Any] = json.loads((path / "run.json").read_text())["runs"][0]
    return run


def test_every_engine_that_is_here_finds_what_it_claims(benchmark_output: Path) -> None:
    run = read_run(benchmark_output)
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


def test_what_is_not_installed_is_told_as_skipped(benchmark_output: Path) -> None:
    run = read_run(benchmark_output)
    names = {engine["name"] for engine in run["engines"]}
    assert {"NumPy scan, one thread", "NumPy gather", "pgvector, exact", "pgvector, HNSW"} <= names
    for module, engine in (
        ("faiss", "faiss Flat"),
        ("qdrant_client", "Qdrant local, exact"),
        ("qdrant_edge", "Qdrant edge, HNSW"),
    ):
        assert engine in (names if find_spec(module) else run["skipped"])


def test_answers_while_titles_change_are_checked(benchmark_output: Path) -> None:
    facts = read_run(benchmark_output)["facts"]
    assert facts["changes_made"] > 0
    assert facts["searches_checked"] > 0
    assert facts["wrong_while_changing"] == facts["missing_while_changing"] == 0


def test_an_index_that_is_loaded_answers_as_the_one_that_was_saved(benchmark_output: Path) -> None:
    facts = read_run(benchmark_output)["facts"]
    assert facts["answers_differ_once_loaded"] == 0
    assert facts["load_s"] > 0


def test_the_page_and_the_chart_tell_every_engine(benchmark_output: Path) -> None:
    run = read_run(benchmark_output)
    page = (benchmark_output / "index-200.md").read_text()
    aloud = ET.parse(benchmark_output / "index-200.svg").findtext(f"{SVG}desc") or ""
    for engine in run["engines"]:
        assert f"| {engine['name']} |" in page
        assert engine["name"] in aloud
    assert "(index-200.svg)" in page


def test_a_chart_says_in_words_what_it_shows_and_follows_the_light() -> None:
    bars = [
        ChartBar("a < b", 0.25, "recall 0.95", Tone.ROUGH),
        ChartBar("c & d", 1234.5, tone=Tone.OURS),
    ]
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
    stock = generate_titles(10_000, np.random.default_rng(1))
    for share in FILTER_SHARES:
        assert stock.mask(stock.filter_for_share(share)).mean() == share
    for case in benchmark_cases(stock, 5, np.random.default_rng(2))[1:]:
        inside = stock.mask(case.filter)
        nearest = (case.queries @ stock.matrix.T).argmax(axis=1)
        assert set(inside[nearest]) == {case.name.endswith("near")}


def test_a_dropped_hit_a_stray_one_and_a_double_one_are_counted() -> None:
    should, matching = [[1, 2, 3, 4]] * 4, np.arange(1, 9)
    found = [[1, 2, 3, 4], [1, 2, 3], [1, 2, 3, 9], [1, 1, 2, 3]]
    judged = exact.measure_quality(found, should, matching)
    assert judged == exact.AnswerQuality(recall=(1 + 3 * 0.75) / 4, short=2, stray=2)


class TopHitLosingIndex(MemoryIndex):
    """Loses the best hit."""

    def search(self, query: Query) -> list[Hit]:
        return super().search(query)[1:]


class UpdateIgnoringIndex(MemoryIndex):
    """Confirms changes and does not make them."""

    def upsert(self, entries: Sequence[IndexEntry]) -> None:
        """Do nothing."""


@pytest.mark.parametrize("kind", [MemoryIndex, TopHitLosingIndex, UpdateIgnoringIndex])
def test_an_answer_that_was_true_at_no_moment_of_its_search_is_found(
    kind: type[MemoryIndex],
) -> None:
    rng = np.random.default_rng(1)
    stock = generate_titles(300, rng)
    changes = concurrent_updates.generate_changes(stock, 1000, rng)
    queries = [
        Query(vector=vector, filter=wanted, boosts=BOOSTS, k=20)
        for vector in stock.queries(np.arange(300), 4, rng)
        for wanted in (Filter(), stock.filter_for_share(0.1))
    ]
    history = concurrent_updates.search_during_updates(kind(stock.entries()), queries, changes, 0.9)
    found = concurrent_updates.check_answers(stock, changes, queries, history)
    assert history.steps[-1].changes_applied > 0
    assert found.searches >= 3 * 3 * len(queries)
    if kind is MemoryIndex:
        assert (found.wrong, found.missing) == (0, 0)
    elif kind is TopHitLosingIndex:
        assert found.wrong == 0
        assert found.missing == found.searches
    else:
        assert found.wrong > 0
        assert found.missing > 0


class UninstalledEngine(BenchmarkEngine):
    name, about = "absent", "needs what is not here"

    def build(self, stock: object) -> None:
        raise EngineUnavailable("pip install it")


def test_an_engine_that_cannot_be_built_is_left_out() -> None:
    run = BenchmarkRun(5, "data", "baseline")
    assert (
        list(
            runner.build_engines(
                [UninstalledEngine()], generate_titles(5, np.random.default_rng(1)), run
            )
        )
        == []
    )
    assert run.skipped == {"absent": "pip install it"}


def make_measurement(case: str, p50_ms: float, *, speed: float, recall: float = 1.0) -> Measurement:
    return Measurement(
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
    run = BenchmarkRun(100_000, "data", "baseline")
    run.rows += [
        make_measurement("all, k 300", 1.0, speed=7.0),
        make_measurement("10 % near, k 300", 2.0, speed=4.0),
        make_measurement(BATCH_CASE, 9.0, speed=9.0),
    ]
    run.facts |= dict.fromkeys(UPDATE_P95_FACTS, 1.2)
    run.facts |= {"wrong_while_changing": 0, "missing_while_changing": 0}
    told = {bar.name: (bar.found, bar.met) for bar in check_targets(run)}
    assert told["p50: 5 times as fast as the scan"] == ("4 (10 % near, k 300)", False)
    assert told["p95: at most 2.5 ms"] == ("4 (10 % near, k 300)", False)
    assert told["8 times as many a second as single scans"] == (f"9 ({BATCH_CASE})", True)
    assert told["recall exactly 1"] == ("1", True)


def test_real_titles_are_embedded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "SHARED_DATA_FOLDER", tmp_path)
    with gzip.open(tmp_path / "world.jsonl.gz", "wt") as stream:
        for title, language in (("Eega", "te"), ("Vikram", "ta"), ("Sholay", "hi")):
            line = {"kind": "movie", "title": title, "original_language": language, "year": 1999}
            synopsis = {"en": f"A film by the name of {title} is remembered."}
            stream.write(json.dumps({**line, "synopsis": synopsis}) + "\n")
    stock = load_real_titles(tmp_path / "home", 3)
    assert np.allclose(np.linalg.norm(stock.matrix, axis=1), 1, atol=1e-3)
    assert stock.mask(Filter(languages=frozenset({"te"}), year_to=2000)).tolist() == [True, 0, 0]
    (kept,) = (tmp_path / "home").glob("bench-real-3-*.npy")
    np.save(kept, stock.matrix[::-1])
    assert np.array_equal(load_real_titles(tmp_path / "home", 3).matrix, stock.matrix[::-1])
    with pytest.raises(BenchmarkFailed):
        load_real_titles(tmp_path / "home", 4)
