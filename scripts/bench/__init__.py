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
from scripts.bench.measurements import Effort, Failed, Run

__all__ = ["BENCHMARKS", "Benchmark", "Failed", "report"]

SIZES = (10_000, 100_000)  # titles
INDEXED = (100_000,)  # titles that `index` builds every engine of: a few minutes
DOCUMENTS = (256,)  # titles that `embed` embeds: half a minute


@dataclass(frozen=True, slots=True)
class Benchmark:
    """What to call for each size of catalogue, and what to do with what it found."""

    measure: Callable[[Settings, int, Effort], Run]
    sizes: Sequence[int] = SIZES
    show: Callable[[str, Run], None] = measurements.show
    draw: Callable[[str, Run, Mapping[str, str], Path], None] = report_files.of_pairs


BENCHMARKS: Mapping[str, Benchmark] = {
    "index": Benchmark(index.measure, INDEXED, report_tables.show, report_files.of_engines),
    "embed": Benchmark(embed.measure, DOCUMENTS),
    "search": Benchmark(search.measure),
    "feed": Benchmark(feed.measure),
    "http": Benchmark(http.measure),
}


def report(
    name: str,
    settings: Settings,
    titles: Sequence[int] = (),
    *,
    file: Path | None = None,
    charts: Path | None = None,
    effort: Effort | None = None,
) -> None:
    """Measure each size, print what came of it, and write the same figures to a file."""
    benchmark, effort = BENCHMARKS[name], effort or Effort()
    machine = measurements.machine()
    told = ", ".join(f"{what} {value}" for what, value in machine.items())
    measurements.out.print(f"machine: {told}", markup=False)
    runs: list[Run] = []
    for size in titles or ((real_titles.TITLES,) if effort.real else benchmark.sizes):
        runs.append(benchmark.measure(settings, size, effort))
        benchmark.show(name, runs[-1])
        if file is not None:
            written = measurements.as_json(name, machine, runs)
            file.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n")
        if charts is not None:
            stem = f"{name}-real-{size}" if effort.real else f"{name}-{size}"
            benchmark.draw(stem, runs[-1], machine, charts)
