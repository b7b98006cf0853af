"""`rasika bench`: what is measured, each beside a baseline in the same run."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.settings import Settings
from scripts.bench import (
    embed,
    feed,
    http,
    index,
    measurements,
    real_titles,
    report_files,
    report_tables,
    search,
)
from scripts.bench.measurements import BenchmarkFailed, BenchmarkOptions, BenchmarkRun

__all__ = ["BENCHMARKS", "BenchmarkFailed", "BenchmarkSpec", "run_benchmark"]

DEFAULT_SIZES_TITLES = (10_000, 100_000)  # titles
INDEX_SIZES_TITLES = (100_000,)  # titles that `index` builds every engine of: a few minutes
EMBED_SIZES_TITLES = (256,)  # titles that `embed` embeds: half a minute


@dataclass(frozen=True, slots=True)
class BenchmarkSpec:
    """What to call for each size of catalogue, and what to do with what it found."""

    measure: Callable[[Settings, int, BenchmarkOptions], BenchmarkRun]
    sizes: Sequence[int] = DEFAULT_SIZES_TITLES
    show: Callable[[str, BenchmarkRun], None] = measurements.print_run
    draw: Callable[[str, BenchmarkRun, Mapping[str, str], Path], None] = (
        report_files.write_pair_chart
    )


BENCHMARKS: Mapping[str, BenchmarkSpec] = {
    "index": BenchmarkSpec(
        index.measure,
        INDEX_SIZES_TITLES,
        report_tables.print_index_run,
        report_files.write_engine_report,
    ),
    "embed": BenchmarkSpec(embed.measure, EMBED_SIZES_TITLES),
    "search": BenchmarkSpec(search.measure),
    "feed": BenchmarkSpec(feed.measure),
    "http": BenchmarkSpec(http.measure),
}


def run_benchmark(
    name: str,
    settings: Settings,
    titles: Sequence[int] = (),
    *,
    file: Path | None = None,
    charts: Path | None = None,
    effort: BenchmarkOptions | None = None,
) -> None:
    """Measure each size, print what came of it, and write the same figures to a file."""
    benchmark, effort = BENCHMARKS[name], effort or BenchmarkOptions()
    machine = measurements.machine_description()
    told = ", ".join(f"{what} {value}" for what, value in machine.items())
    measurements.out.print(f"machine: {told}", markup=False)
    runs: list[BenchmarkRun] = []
    for size in titles or (
        (real_titles.DEFAULT_REAL_TITLES,) if effort.real_titles else benchmark.sizes
    ):
        runs.append(benchmark.measure(settings, size, effort))
        benchmark.show(name, runs[-1])
        if file is not None:
            written = measurements.as_json(name, machine, runs)
            file.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n")
        if charts is not None:
            stem = f"{name}-real-{size}" if effort.real_titles else f"{name}-{size}"
            benchmark.draw(stem, runs[-1], machine, charts)
