"""The benchmarks by name, and how each is run, printed and written."""

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
    real_titles,
    report_files,
    report_tables,
    search,
)
from scripts.bench.machine import machine_description
from scripts.bench.measurements import BenchmarkOptions, BenchmarkRun
from scripts.cli.console import out

DEFAULT_SIZES_TITLES = (10_000, 100_000)
INDEX_SIZES_TITLES = (100_000,)  # every engine is built with it: a few minutes
EMBED_SIZES_TITLES = (256,)  # half a minute


@dataclass(frozen=True, slots=True)
class BenchmarkSpec:
    """How a benchmark measures one catalogue size, prints the run and draws it."""

    measure: Callable[[Settings, int, BenchmarkOptions], BenchmarkRun]
    sizes: Sequence[int] = DEFAULT_SIZES_TITLES
    show: Callable[[str, BenchmarkRun], None] = report_tables.print_run
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
    sizes: Sequence[int] = (),
    *,
    json_file: Path | None = None,
    chart_folder: Path | None = None,
    options: BenchmarkOptions | None = None,
) -> None:
    """Measure each catalogue size, print the run, and write its figures and charts."""
    benchmark, options = BENCHMARKS[name], options or BenchmarkOptions()
    machine = machine_description()
    description = ", ".join(f"{what} {value}" for what, value in machine.items())
    out.print(f"machine: {description}", markup=False)
    default_sizes = (real_titles.DEFAULT_REAL_TITLES,) if options.real_titles else benchmark.sizes
    runs: list[BenchmarkRun] = []
    for size in sizes or default_sizes:
        runs.append(benchmark.measure(settings, size, options))
        benchmark.show(name, runs[-1])
        if json_file is not None:
            report = report_tables.as_json(name, machine, runs)
            json_file.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
        if chart_folder is not None:
            stem = f"{name}-real-{size}" if options.real_titles else f"{name}-{size}"
            benchmark.draw(stem, runs[-1], machine, chart_folder)
