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
from scripts.bench.fixtures import Filled
from scripts.bench.http_load import HOST, TIMEOUT_S, Answered, Plan
from scripts.bench.measurements import BASELINE, OURS, Effort, Failed, Run, Taken, resident_mib
from scripts.bench.server import PROJECT, served

LIVEZ = "/livez"
ABOUT_BASELINE = f"{LIVEZ} of the same server: what HTTP itself costs"
TURN_S = 2.0  # the routes take turns of it
PATHS = 20_000  # a route, before they come again

BAR_TITLES = 100_000
REPEATED = "search, repeated queries"
BARS_MS = {
    "search, new queries": 60.0,
    REPEATED: 60.0,
    "search, names": 60.0,
    "similar": 30.0,
}


def measure(settings: Settings, titles: int, effort: Effort) -> Run:
    """Measure at one size of catalogue; the home that is filled for it is kept."""
    embedder = load_embedder(settings)
    if embedder is None:
        raise Failed(f"the embedder {settings.embedder} could not be loaded")
    model = embedder.model
    del embedder  # the server has its own
    with fixtures.filled(settings.home, titles, model) as filled:
        about = datasets.described(len(filled.ids), filled.real)
        asked = f"queries are openings of synopses, repeated ones Zipf over {effort.pool}"
        run = Run(titles, f"{about}; {asked}; {effort.callers} callers", ABOUT_BASELINE)
        with served(settings, filled, run) as (process, port):
            plan = _plan(filled, process.pid, port, effort)
            _warm(port, plan.routes[REPEATED])
            _add(run, _asked(plan))
            run.facts["server_rss_mib"] = resident_mib(process.pid)
    return run


def _plan(filled: Filled, pid: int, port: int, effort: Effort) -> Plan:
    rounds = max(1, round(effort.seconds / TURN_S))
    return Plan(
        port=port,
        server=pid,
        callers=effort.callers,
        rounds=rounds,
        turn_s=effort.seconds / rounds,
        routes=_routes(filled, effort, np.random.default_rng(5)),
    )


def _routes(filled: Filled, effort: Effort, rng: np.random.Generator) -> dict[str, list[str]]:
    ids = [filled.ids[row] for row in datasets.sample(len(filled.ids), PATHS, rng)]
    pool = [f"{text}?" for text in filled.texts[: effort.pool]]
    names = [filled.names[row] for row in datasets.sample(len(filled.names), PATHS, rng)]
    new = [datasets.query(filled.texts, number) for number in range(PATHS)]
    places = [region for region in regions.LANGUAGE_WEIGHTS if region.startswith("IN")]
    return {
        LIVEZ: [LIVEZ],
        "search, new queries": list(map(_search, new)),
        REPEATED: [_search(pool[place]) for place in datasets.zipf(len(pool), PATHS, rng)],
        "search, names": list(map(_search, names)),
        "similar": [f"/api/content/{title_id}/similar" for title_id in ids],
        "homepage": [f"/api/recommendations/homepage?region={place}" for place in places],
        "details": [f"/api/content/{title_id}/details" for title_id in ids],
    }


def _search(text: str) -> str:
    return f"/api/search?{urlencode({'q': text})}"


def _warm(port: int, paths: Sequence[str]) -> None:
    """Ask everything once: queries that people repeat have been asked before."""
    for path in dict.fromkeys(paths):
        with urllib.request.urlopen(f"http://{HOST}:{port}{path}", timeout=TIMEOUT_S):
            pass


def _asked(plan: Plan) -> dict[str, Answered]:
    """Return what the callers measured."""
    done = subprocess.run(
        [sys.executable, "-m", "scripts.bench.http_load"],
        input=json.dumps(asdict(plan)),
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Failed(f"the callers failed: {(done.stderr.strip().splitlines() or [''])[-1]}")
    return {name: Answered(**each) for name, each in json.loads(done.stdout).items()}


def _add(run: Run, measured: Mapping[str, Answered]) -> None:
    bare = _taken(measured[LIVEZ])
    for name, answered in measured.items():
        taken = _taken(answered)
        bar = BARS_MS.get(name) if run.titles >= BAR_TITLES else None
        speed = taken.per_second / bare.per_second
        if name == LIVEZ:
            run.rows.append(taken.row(name, BASELINE))
        else:
            run.rows.append(taken.row(name, OURS, speed=speed, bar_ms=bar))
        cpu = 1000 * answered.server_cpu / len(answered.seconds)
        run.facts[f"server_cpu_ms_of_{name.strip('/').replace(', ', '_').replace(' ', '_')}"] = (
            round(cpu, 2)
        )


def _taken(answered: Answered) -> Taken:
    return Taken(answered.seconds, len(answered.seconds) / answered.passed, answered.errors)
