"""`rasika bench http`: the routes of a real server process, called by ten callers."""

from collections.abc import Sequence
from urllib.parse import urlencode

import numpy as np

from catalog import regions
from config.settings import Settings
from scripts.bench import datasets, http_load, server
from scripts.bench.fixtures import BenchmarkFixture
from scripts.bench.http_load import HttpLoadPlan
from scripts.bench.load_client import LIVEZ_PATH, Connection, LoadResult
from scripts.bench.measurements import BenchmarkOptions, BenchmarkRun

BASELINE_DESCRIPTION = f"{LIVEZ_PATH} of the same server: the cost of HTTP itself"
PATHS_PER_ROUTE = 20_000  # before they repeat

TARGET_MIN_TITLES = 100_000
REPEATED_QUERIES_ROUTE = "search, repeated queries"
TARGETS_MS = {
    "search, new queries": 60.0,
    REPEATED_QUERIES_ROUTE: 60.0,
    "search, names": 60.0,
    "similar": 30.0,
}


def measure(settings: Settings, titles: int, options: BenchmarkOptions) -> BenchmarkRun:
    """Measure one catalogue size."""
    workload = (
        "queries are beginnings of synopses, repeated ones follow Zipf's law over "
        f"{options.repeated_queries}; {options.callers} callers"
    )
    with server.open_server(settings, titles, workload, BASELINE_DESCRIPTION) as opened:
        routes = _routes(opened.fixture, options, np.random.default_rng(5))
        _warm_up(opened.port, routes[REPEATED_QUERIES_ROUTE])
        plan = HttpLoadPlan(**server.plan_fields(opened, options), routes=routes)
        cases = server.run_load(http_load.__name__, plan)
    results = {name: LoadResult(**each) for name, each in cases.items()}
    run = opened.run
    server.add_load_rows(run, results, TARGETS_MS if titles >= TARGET_MIN_TITLES else {})
    for name, result in results.items():
        fact = name.strip("/").replace(", ", "_").replace(" ", "_")
        run.facts[f"server_cpu_ms_of_{fact}"] = server.server_cpu_ms(result)
    return run


def _routes(
    fixture: BenchmarkFixture, options: BenchmarkOptions, rng: np.random.Generator
) -> dict[str, list[str]]:
    """Return the paths of each route."""
    rows = datasets.sample_rows(len(fixture.ids), PATHS_PER_ROUTE, rng)
    ids = [fixture.ids[row] for row in rows]
    repeated = [f"{text}?" for text in fixture.texts[: options.repeated_queries]]
    rows = datasets.sample_rows(len(fixture.names), PATHS_PER_ROUTE, rng)
    names = [fixture.names[row] for row in rows]
    new = [datasets.query_text(fixture.texts, number) for number in range(PATHS_PER_ROUTE)]
    indian = [region for region in regions.LANGUAGE_WEIGHTS if region.startswith("IN")]
    zipf = datasets.zipf_sample(len(repeated), PATHS_PER_ROUTE, rng)
    return {
        LIVEZ_PATH: [LIVEZ_PATH],
        "search, new queries": list(map(_search_path, new)),
        REPEATED_QUERIES_ROUTE: [_search_path(repeated[place]) for place in zipf],
        "search, names": list(map(_search_path, names)),
        "similar": [f"/api/content/{title_id}/similar" for title_id in ids],
        "homepage": [f"/api/recommendations/homepage?region={region}" for region in indian],
        "details": [f"/api/content/{title_id}/details" for title_id in ids],
    }


def _search_path(text: str) -> str:
    return f"/api/search?{urlencode({'q': text})}"


def _warm_up(port: int, paths: Sequence[str]) -> None:
    """Request each path once: repeated queries have been searched before."""
    connection = Connection(port)
    for path in dict.fromkeys(paths):
        connection.request("GET", path)
    connection.close()
