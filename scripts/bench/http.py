"""`rasika bench http`: a real server process, asked by ten callers in a process of their own."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from urllib.parse import urlencode

import numpy as np

from catalog import regions
from config.resources import load_embedder
from config.settings import Settings
from scripts.bench import datasets, fixtures
from scripts.bench.fixtures import BenchmarkFixture
from scripts.bench.http_load import HOST, REQUEST_TIMEOUT_S, LoadPlan, LoadResult
from scripts.bench.measurements import (
    BASELINE,
    RASIKA,
    BenchmarkFailed,
    BenchmarkOptions,
    BenchmarkRun,
    Timings,
    resident_mib,
)
from scripts.bench.server import PROJECT_FOLDER, running_server

LIVEZ_PATH = "/livez"
BASELINE_DESCRIPTION = f"{LIVEZ_PATH} of the same server: what HTTP itself costs"
TURN_S = 2.0  # the routes take turns of it
PATHS_PER_ROUTE = 20_000  # a route, before they come again

TARGET_MIN_TITLES = 100_000
REPEATED_QUERIES_ROUTE = "search, repeated queries"
TARGETS_MS = {
    "search, new queries": 60.0,
    REPEATED_QUERIES_ROUTE: 60.0,
    "search, names": 60.0,
    "similar": 30.0,
}


def measure(settings: Settings, titles: int, effort: BenchmarkOptions) -> BenchmarkRun:
    """Measure at one size of catalogue; the home that is filled for it is kept."""
    embedder = load_embedder(settings)
    if embedder is None:
        raise BenchmarkFailed(f"the embedder {settings.embedder} could not be loaded")
    model = embedder.model
    del embedder  # the server has its own
    with fixtures.open_fixture(settings.home, titles, model) as filled:
        about = datasets.describe_dataset(len(filled.ids), filled.real_titles)
        asked = (
            f"queries are openings of synopses, repeated ones Zipf over {effort.repeated_queries}"
        )
        run = BenchmarkRun(
            titles, f"{about}; {asked}; {effort.callers} callers", BASELINE_DESCRIPTION
        )
        with running_server(settings, filled, run) as (process, port):
            plan = _plan(filled, process.pid, port, effort)
            _warm_up(port, plan.routes[REPEATED_QUERIES_ROUTE])
            _add_measurements(run, _run_load_process(plan))
            run.facts["server_rss_mib"] = resident_mib(process.pid)
    return run


def _plan(filled: BenchmarkFixture, pid: int, port: int, effort: BenchmarkOptions) -> LoadPlan:
    rounds = max(1, round(effort.seconds_per_case / TURN_S))
    return LoadPlan(
        port=port,
        server=pid,
        caller_count=effort.callers,
        rounds=rounds,
        turn_s=effort.seconds_per_case / rounds,
        routes=_routes(filled, effort, np.random.default_rng(5)),
    )


def _routes(
    filled: BenchmarkFixture, effort: BenchmarkOptions, rng: np.random.Generator
) -> dict[str, list[str]]:
    ids = [filled.ids[row] for row in datasets.sample_rows(len(filled.ids), PATHS_PER_ROUTE, rng)]
    pool = [f"{text}?" for text in filled.texts[: effort.repeated_queries]]
    names = [
        filled.names[row] for row in datasets.sample_rows(len(filled.names), PATHS_PER_ROUTE, rng)
    ]
    new = [datasets.query_text(filled.texts, number) for number in range(PATHS_PER_ROUTE)]
    places = [region for region in regions.LANGUAGE_WEIGHTS if region.startswith("IN")]
    return {
        LIVEZ_PATH: [LIVEZ_PATH],
        "search, new queries": list(map(_search_path, new)),
        REPEATED_QUERIES_ROUTE: [
            _search_path(pool[place])
            for place in datasets.zipf_sample(len(pool), PATHS_PER_ROUTE, rng)
        ],
        "search, names": list(map(_search_path, names)),
        "similar": [f"/api/content/{title_id}/similar" for title_id in ids],
        "homepage": [f"/api/recommendations/homepage?region={place}" for place in places],
        "details": [f"/api/content/{title_id}/details" for title_id in ids],
    }


def _search_path(text: str) -> str:
    return f"/api/search?{urlencode({'q': text})}"


def _warm_up(port: int, paths: Sequence[str]) -> None:
    """Ask everything once: queries that people repeat have been asked before."""
    for path in dict.fromkeys(paths):
        with urllib.request.urlopen(f"http://{HOST}:{port}{path}", timeout=REQUEST_TIMEOUT_S):
            pass


def _run_load_process(plan: LoadPlan) -> dict[str, LoadResult]:
    """Return what the callers measured."""
    done = subprocess.run(
        [sys.executable, "-m", "scripts.bench.http_load"],
        input=json.dumps(asdict(plan)),
        env={**os.environ, "PYTHONPATH": str(PROJECT_FOLDER)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchmarkFailed(
            f"the callers failed: {(done.stderr.strip().splitlines() or [''])[-1]}"
        )
    return {name: LoadResult(**each) for name, each in json.loads(done.stdout).items()}


def _add_measurements(run: BenchmarkRun, measured: Mapping[str, LoadResult]) -> None:
    bare = _timings(measured[LIVEZ_PATH])
    for name, answered in measured.items():
        taken = _timings(answered)
        bar = TARGETS_MS.get(name) if run.titles >= TARGET_MIN_TITLES else None
        speed = taken.per_second / bare.per_second
        if name == LIVEZ_PATH:
            run.rows.append(taken.measurement(name, BASELINE))
        else:
            run.rows.append(taken.measurement(name, RASIKA, speed=speed, bar_ms=bar))
        cpu = 1000 * answered.server_cpu_s / len(answered.latencies_s)
        run.facts[f"server_cpu_ms_of_{name.strip('/').replace(', ', '_').replace(' ', '_')}"] = (
            round(cpu, 2)
        )


def _timings(answered: LoadResult) -> Timings:
    return Timings(
        answered.latencies_s, len(answered.latencies_s) / answered.elapsed_s, answered.errors
    )
