"""`rasika bench feed`: from what somebody does to the feed that knows of it, over a real server."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from config.resources import load_embedder
from config.settings import Settings
from scripts.bench import datasets, feed_load, fixtures
from scripts.bench.feed_load import LIVEZ_PATH, FeedLoadPlan
from scripts.bench.http_load import LoadResult
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

EVENTS_PER_USER = 200  # events that each person has behind him
TURN_S = 2.0  # one caller and several take turns of it
BASELINE_DESCRIPTION = f"{LIVEZ_PATH} of the same server, one caller: what HTTP itself costs"

TARGET_MIN_TITLES = 100_000
TARGETS_MS = {"posts, one caller": 15.0, "feeds, one caller": 40.0}


def measure(settings: Settings, titles: int, effort: BenchmarkOptions) -> BenchmarkRun:
    """Measure at one size of catalogue; the home that is filled for it is kept."""
    embedder = load_embedder(settings)
    if embedder is None:
        raise BenchmarkFailed(f"the embedder {settings.embedder} could not be loaded")
    model = embedder.model
    del embedder  # the server has its own
    with fixtures.open_fixture(settings.home, titles, model) as filled:
        about = datasets.describe_dataset(len(filled.ids), filled.real_titles)
        people = f"{effort.callers} people with {EVENTS_PER_USER} events each, 20 titles explained"
        run = BenchmarkRun(titles, f"{about}; {people}", BASELINE_DESCRIPTION)
        with running_server(settings, filled, run) as (process, port):
            rounds = max(1, round(effort.seconds_per_case / TURN_S))
            told = _run_load_process(
                FeedLoadPlan(
                    port=port,
                    server=process.pid,
                    caller_count=effort.callers,
                    rounds=rounds,
                    turn_s=effort.seconds_per_case / rounds,
                    titles=filled.ids,
                    history=EVENTS_PER_USER,
                )
            )
            run.facts["server_rss_mib"] = resident_mib(process.pid)
    _add_measurements(run, {name: LoadResult(**each) for name, each in told.pop("cases").items()})
    run.facts |= told
    return run


def _run_load_process(plan: FeedLoadPlan) -> dict[str, Any]:
    """Return what the callers measured."""
    done = subprocess.run(  # noqa: S603  # this interpreter, our own words
        [sys.executable, "-m", feed_load.__name__],
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
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def _add_measurements(run: BenchmarkRun, measured: Mapping[str, LoadResult]) -> None:
    bare = _timings(measured[LIVEZ_PATH])
    for name, answered in measured.items():
        taken = _timings(answered)
        if name == LIVEZ_PATH:
            run.rows.append(taken.measurement(name, BASELINE))
        else:
            bar = TARGETS_MS.get(name) if run.titles >= TARGET_MIN_TITLES else None
            speed = taken.per_second / bare.per_second
            run.rows.append(taken.measurement(name, RASIKA, speed=speed, bar_ms=bar))
    for what in ("posts", "feeds"):
        alone = measured[f"{what}, one caller"]
        run.facts[f"server_cpu_ms_of_{what}"] = round(
            1000 * alone.server_cpu_s / len(alone.latencies_s), 1
        )


def _timings(answered: LoadResult) -> Timings:
    return Timings(
        answered.latencies_s, len(answered.latencies_s) / answered.elapsed_s, answered.errors
    )
