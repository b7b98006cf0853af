"""A run as a chart, and as a page of tables, for the documentation."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from scripts.bench.charts import Chart, ChartBar, Panel, Tone
from scripts.bench.measurements import RASIKA, BenchmarkRun, Measurement
from scripts.bench.report_tables import MIN_EXACT_RECALL, remarks, report_tables
from scripts.bench.targets import K

# In the chart of engines; of each the first case that was measured.
PANEL_CASES = (
    ("all",),
    ("10 % away", "10 % near"),
    ("1 % away", "1 % near"),
    ("0.1 % away", "0.1 % near"),
)

MACHINE_FIELDS = (
    "cores",
    "cpu",
    "memory",
    "kernel",
    "python",
    "numpy",
    "load",
)  # what a page tells of it


def write_engine_report(
    stem: str, run: BenchmarkRun, machine: Mapping[str, str], folder: Path
) -> None:
    """Write what `rasika bench index` measured."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{stem}.svg").write_text(_engine_chart(run).svg())
    (folder / f"{stem}.md").write_text("\n\n".join(_page_parts(stem, run, machine)) + "\n")


def write_pair_chart(stem: str, run: BenchmarkRun, _: Mapping[str, str], folder: Path) -> None:
    """Write what another benchmark measured, ours beside its baseline."""
    folder.mkdir(parents=True, exist_ok=True)
    panels = []
    for case in dict.fromkeys(row.case for row in run.rows if row.speed is not None):
        rows = [row for row in run.rows if row.case == case]
        bars = [
            ChartBar(
                row.engine, row.per_second, tone=Tone.OURS if row.engine == RASIKA else Tone.EXACT
            )
            for row in rows
        ]
        panels.append(Panel(case, bars))
    if not panels:
        return
    legend = ((Tone.OURS, "rasika"), (Tone.EXACT, f"baseline: {run.baseline}"))
    title = f"rasika bench {stem.partition('-')[0]}: answers a second"
    chart = Chart(title, run.data, "a second", panels, legend)
    (folder / f"{stem}.svg").write_text(chart.svg())


def _engine_chart(run: BenchmarkRun) -> Chart:
    measured = {row.case for row in run.rows}
    shown = [
        next((f"{name}, k {K}" for name in names if f"{name}, k {K}" in measured), None)
        for names in PANEL_CASES
    ]
    panels = [
        Panel(case.partition(",")[0], [_engine_bar(row) for row in run.rows if row.case == case])
        for case in shown
        if case is not None
    ]
    return Chart(
        title=f"The best {K} of {run.titles:,} titles, filtered and blended: median of a query, ms",
        subtitle=f"{run.data}. A filter leaves so many titles, near the query or away from it.",
        unit="ms",
        panels=panels,
        legend=(
            (Tone.OURS, "memory, exact"),
            (Tone.EXACT, "others, recall 1"),
            (Tone.ROUGH, "recall below 1"),
        ),
    )


def _engine_bar(row: Measurement) -> ChartBar:
    recall = row.recall or 0.0
    if recall < MIN_EXACT_RECALL:
        return ChartBar(row.engine, row.p50_ms, f"recall {recall:.4f}", Tone.ROUGH)
    ours = row.engine.startswith("memory")
    return ChartBar(row.engine, row.p50_ms, tone=Tone.OURS if ours else Tone.EXACT)


def _page_parts(stem: str, run: BenchmarkRun, machine: Mapping[str, str]) -> Iterator[str]:
    yield f"# {run.titles:,} titles, every engine in one run"
    yield f"`rasika bench index` wrote this: {run.data}. Baseline: {run.baseline}."
    yield f"Machine: {', '.join(f'{what} {machine[what]}' for what in MACHINE_FIELDS)}."
    yield f"![Median of a query by engine and filter, the figures are below]({stem}.svg)"
    yield from (grid.markdown() for grid in report_tables(run))
    yield from remarks(run)
