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
from scripts.bench.charts import Chart, ChartBar, Panel, Tone, write_chart
from scripts.bench.engines.benchmark_engine import BenchmarkEngine, EngineUnavailable
from scripts.bench.measurements import BenchmarkFailed, BenchmarkOptions, BenchmarkRun, Measurement
from scripts.bench.real_titles import load_real_titles
from scripts.bench.synthetic_titles import BOOSTS, FILTER_SHARES, benchmark_cases, generate_titles
from scripts.bench.targets import BATCH_CASE, UPDATE_P95_FACTS, check_targets

TINY = BenchmarkOptions(repeats=3, seconds_per_case=0.2)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def benchmark_output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `rasika bench index` wrote about 200 titles."""
    path = tmp_path_factory.mktemp("bench")
    settings = Settings(home=path / "home")
    benchmarks.run_benchmark(
        "index", settings, [200], json_file=path / "run.json", chart_folder=path, options=TINY
    )
    return path


def read_run(path: Path) -> dict[str, Any]:
    run: dict[str, Any] = json.loads((path / "run.json").read_text())["runs"][0]
    return run


def test_exact_engines_have_a_recall_of_1(benchmark_output: Path) -> None:
    run = read_run(benchmark_output)
    claims = {engine["name"]: engine["exact"] for engine in run["engines"]}
    rows = [row for row in run["rows"] if row["recall"] is not None]
    assert {row["engine"] for row in rows} == claims.keys()
    for row in rows:
        assert row["stray"] == 0
        if claims[row["engine"]]:
            assert (row["engine"], row["case"], row["recall"]) == (row["engine"], row["case"], 1.0)
            assert row["short"] == 0
    for case in ("all, k 300", "10 % away, k 300", "0.1 % near, k 300", "all, k 20"):
        assert case in {row["case"] for row in rows}


def test_engines_that_are_not_installed_are_skipped(benchmark_output: Path) -> None:
    run = read_run(benchmark_output)
    names = {engine["name"] for engine in run["engines"]}
    assert {"NumPy scan, one thread", "NumPy gather", "pgvector, exact", "pgvector, HNSW"} <= names
    for module, engine in (
        ("faiss", "faiss Flat"),
        ("qdrant_client", "Qdrant local, exact"),
        ("qdrant_edge", "Qdrant edge, HNSW"),
    ):
        assert engine in (names if find_spec(module) else run["skipped"])


def test_searches_during_updates_are_correct(benchmark_output: Path) -> None:
    facts = read_run(benchmark_output)["facts"]
    assert facts["changes_made"] > 0
    assert facts["searches_checked"] > 0
    assert facts["wrong_while_changing"] == facts["missing_while_changing"] == 0


def test_a_loaded_index_answers_like_the_saved_one(benchmark_output: Path) -> None:
    facts = read_run(benchmark_output)["facts"]
    assert facts["answers_differ_once_loaded"] == 0
    assert facts["load_s"] > 0


def test_page_and_chart_contain_every_engine(benchmark_output: Path) -> None:
    run = read_run(benchmark_output)
    page = (benchmark_output / "index-200.md").read_text()
    chart = (benchmark_output / "index-200.svg").read_text()
    for engine in run["engines"]:
        assert f"| {engine['name']} |" in page
        assert engine["name"] in chart
    assert "(index-200.svg)" in page


def test_a_chart_describes_itself_in_words(tmp_path: Path) -> None:
    bars = [
        ChartBar("a < b", 0.25, "recall 0.95", Tone.APPROXIMATE),
        ChartBar("c & d", 1234.5, tone=Tone.OURS),
    ]
    chart = Chart("Title", "sub", "ms", [Panel("all", bars)], [(Tone.OURS, "ours")])
    for name in ("one.svg", "two.svg"):
        write_chart(chart, tmp_path / name)
    svg = (tmp_path / "one.svg").read_text()
    assert svg == (tmp_path / "two.svg").read_text()  # so that a diff shows real changes
    root = ET.fromstring(svg)
    assert root.findtext(f"{SVG}title") == "Title"
    assert "all: a < b 0.25, recall 0.95; c & d 1,234." in "".join(root.itertext())
    assert Tone.APPROXIMATE in svg


def test_filters_match_the_share_of_titles_they_are_named_after() -> None:
    titles = generate_titles(10_000, np.random.default_rng(1))
    for share in FILTER_SHARES:
        assert titles.mask(titles.filter_for_share(share)).mean() == share
    for case in benchmark_cases(titles, 5, np.random.default_rng(2))[1:]:
        inside = titles.mask(case.filter)
        nearest = (case.queries @ titles.matrix.T).argmax(axis=1)
        assert set(inside[nearest]) == {case.name.endswith("near")}


def test_short_and_stray_answers_lower_the_quality() -> None:
    expected, matching_ids = [[1, 2, 3, 4]] * 4, np.arange(1, 9)
    answers = [[1, 2, 3, 4], [1, 2, 3], [1, 2, 3, 9], [1, 1, 2, 3]]
    quality = exact.measure_quality(answers, expected, matching_ids)
    assert quality == exact.AnswerQuality(recall=(1 + 3 * 0.75) / 4, short=2, stray=2)


class TopHitLosingIndex(MemoryIndex):
    """Omits the best hit."""

    def search(self, query: Query) -> list[Hit]:
        return super().search(query)[1:]


class UpdateIgnoringIndex(MemoryIndex):
    """Accepts changes and ignores them."""

    def upsert(self, entries: Sequence[IndexEntry]) -> None:
        """Do nothing."""


@pytest.mark.parametrize("kind", [MemoryIndex, TopHitLosingIndex, UpdateIgnoringIndex])
def test_answers_that_were_true_at_no_moment_are_counted(
    kind: type[MemoryIndex],
) -> None:
    rng = np.random.default_rng(1)
    titles = generate_titles(300, rng)
    changes = concurrent_updates.generate_changes(titles, 1000, rng)
    queries = [
        Query(vector=vector, filter=title_filter, boosts=BOOSTS, k=20)
        for vector in titles.queries(np.arange(300), 4, rng)
        for title_filter in (Filter(), titles.filter_for_share(0.1))
    ]
    history = concurrent_updates.search_during_updates(
        kind(titles.entries()), queries, changes, 0.9
    )
    check = concurrent_updates.check_answers(titles, changes, queries, history)
    assert history.steps[-1].changes_applied > 0
    assert check.searches >= 3 * 3 * len(queries)
    if kind is MemoryIndex:
        assert (check.wrong, check.missing) == (0, 0)
    elif kind is TopHitLosingIndex:
        assert check.wrong == 0
        assert check.missing == check.searches
    else:
        assert check.wrong > 0
        assert check.missing > 0


class UninstalledEngine(BenchmarkEngine):
    name, description = "absent", "needs a missing package"

    def build(self, titles: object) -> None:
        raise EngineUnavailable("pip install it")


def test_unavailable_engines_are_skipped() -> None:
    run = BenchmarkRun(5, "data", "baseline")
    titles = generate_titles(5, np.random.default_rng(1))
    assert list(runner.build_engines([UninstalledEngine()], titles, run)) == []
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


def test_a_target_is_missed_by_the_worst_case() -> None:
    run = BenchmarkRun(100_000, "data", "baseline")
    run.rows += [
        make_measurement("all, k 300", 1.0, speed=7.0),
        make_measurement("10 % near, k 300", 2.0, speed=4.0),
        make_measurement(BATCH_CASE, 9.0, speed=9.0),
    ]
    run.facts |= dict.fromkeys(UPDATE_P95_FACTS, 1.2)
    run.facts |= {"wrong_while_changing": 0, "missing_while_changing": 0}
    targets = {each.name: (each.measured, each.met) for each in check_targets(run)}
    assert targets["p50: 5 times the speed of the scan"] == ("4 (10 % near, k 300)", False)
    assert targets["p95: at most 2.5 ms"] == ("4 (10 % near, k 300)", False)
    assert targets["batches: 8 times as many per second as single scans"] == (
        f"9 ({BATCH_CASE})",
        True,
    )
    assert targets["recall exactly 1"] == ("1", True)


def test_vectors_of_real_titles_are_kept_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets, "SHARED_DATA_FOLDER", tmp_path)
    with gzip.open(tmp_path / "world.jsonl.gz", "wt") as stream:
        for title, language in (("Eega", "te"), ("Vikram", "ta"), ("Sholay", "hi")):
            line = {"kind": "movie", "title": title, "original_language": language, "year": 1999}
            synopsis = {"en": f"A film by the name of {title} is remembered."}
            stream.write(json.dumps({**line, "synopsis": synopsis}) + "\n")
    titles = load_real_titles(tmp_path / "home", 3)
    assert np.allclose(np.linalg.norm(titles.matrix, axis=1), 1, atol=1e-3)
    assert titles.mask(Filter(languages=frozenset({"te"}), year_to=2000)).tolist() == [True, 0, 0]
    (file,) = (tmp_path / "home").glob("bench-real-3-*.npy")
    np.save(file, titles.matrix[::-1])
    assert np.array_equal(load_real_titles(tmp_path / "home", 3).matrix, titles.matrix[::-1])
    with pytest.raises(BenchmarkFailed):
        load_real_titles(tmp_path / "home", 4)
