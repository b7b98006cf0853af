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
from scripts.bench.feed_load import LIVEZ, Plan
from scripts.bench.http_load import Answered
from scripts.bench.measurements import BASELINE, OURS, Effort, Failed, Run, Taken, resident_mib
from scripts.bench.server import PROJECT, served

HISTORY = 200  # events that each person has behind him
TURN_S = 2.0  # one caller and several take turns of it
ABOUT_BASELINE = f"{LIVEZ} of the same server, one caller: what HTTP itself costs"

BAR_TITLES = 100_000
BARS_MS = {"posts, one caller": 15.0, "feeds, one caller": 40.0}


def measure(settings: Settings, titles: int, effort: Effort) -> Run:
    """Measure at one size of catalogue; the home that is filled for it is kept."""
    embedder = load_embedder(settings)
    if embedder is None:
        raise Failed(f"the embedder {settings.embedder} could not be loaded")
    model = embedder.model
    del embedder  # the server has its own
    with fixtures.filled(settings.home, titles, model) as filled:
        about = datasets.described(len(filled.ids), filled.real)
        people = f"{effort.callers} people with {HISTORY} events each, 20 titles explained"
        run = Run(titles, f"{about}; {people}", ABOUT_BASELINE)
        with served(settings, filled, run) as (process, port):
            rounds = max(1, round(effort.seconds / TURN_S))
            told = _told(
                Plan(
                    port=port,
                    server=process.pid,
                    callers=effort.callers,
                    rounds=rounds,
                    turn_s=effort.seconds / rounds,
                    titles=filled.ids,
                    history=HISTORY,
                )
            )
            run.facts["server_rss_mib"] = resident_mib(process.pid)
    _add(run, {name: Answered(**each) for name, each in told.pop("cases").items()})
    run.facts |= told
    return run


def _told(plan: Plan) -> dict[str, Any]:
    """Return what the callers measured."""
    done = subprocess.run(  # noqa: S603  # this interpreter, our own words
        [sys.executable, "-m", feed_load.__name__],
        input=json.dumps(asdict(plan)),
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Failed(f"the callers failed: {(done.stderr.strip().splitlines() or [''])[-1]}")
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def _add(run: Run, measured: Mapping[str, Answered]) -> None:
    bare = _taken(measured[LIVEZ])
    for name, answered in measured.items():
        taken = _taken(answered)
        if name == LIVEZ:
            run.rows.append(taken.row(name, BASELINE))
        else:
            bar = BARS_MS.get(name) if run.titles >= BAR_TITLES else None
            speed = taken.per_second / bare.per_second
            run.rows.append(taken.row(name, OURS, speed=speed, bar_ms=bar))
    for what in ("posts", "feeds"):
        alone = measured[f"{what}, one caller"]
        run.facts[f"server_cpu_ms_of_{what}"] = round(
            1000 * alone.server_cpu / len(alone.seconds), 1
        )


def _taken(answered: Answered) -> Taken:
    return Taken(answered.seconds, len(answered.seconds) / answered.passed, answered.errors)
