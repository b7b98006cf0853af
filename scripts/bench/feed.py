"""`rasika bench feed`: from an interaction to the feed that reflects it, over a real server."""

from config.settings import Settings
from scripts.bench import feed_load, server
from scripts.bench.feed_load import FeedLoadPlan
from scripts.bench.load_client import LIVEZ_PATH, LoadResult
from scripts.bench.measurements import BenchmarkOptions, BenchmarkRun

EVENTS_PER_USER = 200
BASELINE_DESCRIPTION = f"{LIVEZ_PATH} of the same server, one caller: the cost of HTTP itself"

TARGET_MIN_TITLES = 100_000
TARGETS_MS = {"posts, one caller": 15.0, "feeds, one caller": 40.0}


def measure(settings: Settings, titles: int, options: BenchmarkOptions) -> BenchmarkRun:
    """Measure one catalogue size."""
    workload = f"{options.callers} users with {EVENTS_PER_USER} events each, 20 titles explained"
    with server.open_server(settings, titles, workload, BASELINE_DESCRIPTION) as opened:
        plan = FeedLoadPlan(
            **server.plan_fields(opened, options),
            title_ids=opened.fixture.ids,
            history_events=EVENTS_PER_USER,
        )
        output = server.run_load(feed_load.__name__, plan)
    results = {name: LoadResult(**each) for name, each in output["cases"].items()}
    run = opened.run
    server.add_load_rows(run, results, TARGETS_MS if titles >= TARGET_MIN_TITLES else {})
    for kind in ("posts", "feeds"):
        result = results[f"{kind}, one caller"]
        run.facts[f"server_cpu_ms_of_{kind}"] = server.server_cpu_ms(result)
    run.facts |= output["check"]
    return run
