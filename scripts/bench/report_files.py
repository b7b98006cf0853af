"""A run as a chart and as a page of tables, for the documentation."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from scripts.bench.charts import Chart, ChartBar, Panel, Tone, write_chart
from scripts.bench.measurements import RASIKA, BenchmarkRun, Measurement
from scripts.bench.report_tables import MIN_EXACT_RECALL, remarks, report_tables
from scripts.bench.targets import K

PANEL_CASES = (  # of the chart of engines; of each the first case that was measured
    ("all",),
    ("10 % away", "10 % near"),
    ("1 % away", "1 % near"),
    ("0.1 % away", "0.1 % near"),
)
MACHINE_FIELDS = ("cores", "cpu", "memory", "kernel", "python", "numpy", "load")  # on a page


def write_engine_report(
    stem: str, run: BenchmarkRun, machine: Mapping[str, str], folder: Path
) -> None:
    """Write the chart and the page of `rasika bench index`."""
    folder.mkdir(parents=True, exist_ok=True)
    write_chart(_engine_chart(run), folder / f"{stem}.svg")
    (folder / f"{stem}.md").write_text("\n\n".join(_page_parts(stem, run, machine)) + "\n")


def write_pair_chart(stem: str, run: BenchmarkRun, _: Mapping[str, str], folder: Path) -> None:
    """Write the chart of a benchmark that compares Rasika with one baseline."""
    folder.mkdir(parents=True, exist_ok=True)
    panels = [
        Panel(case, [_pair_bar(row) for row in run.rows if row.case == case])
        for case in dict.fromkeys(row.case for row in run.rows if row.speed is not None)
    ]
    legend = ((Tone.OURS, "rasika"), (Tone.EXACT, "baseline"))
    title = f"rasika bench {stem.partition('-')[0]}: answers per second"
    subtitle = f"{run.data}. Baseline: {run.baseline}."
    write_chart(Chart(title, subtitle, "per second", panels, legend), folder / f"{stem}.svg")


def _engine_chart(run: BenchmarkRun) -> Chart:
    cases = {row.case for row in run.rows}
    first_cases = [
        next((name for name in names if f"{name}, k {K}" in cases), None) for names in PANEL_CASES
    ]
    panels = [
        Panel(name, [_engine_bar(row) for row in run.rows if row.case == f"{name}, k {K}"])
        for name in first_cases
        if name is not None
    ]
    return Chart(
        title=f"The best {K} of {run.titles:,} titles, filtered and blended: median of a query",
        subtitle=f"{run.data}. The filter's share of titles lies near the query or away from it.",
        unit="ms",
        panels=panels,
        legend=(
            (Tone.OURS, "memory, exact"),
            (Tone.EXACT, "others, recall 1"),
            (Tone.APPROXIMATE, "recall below 1"),
        ),
    )


def _pair_bar(row: Measurement) -> ChartBar:
    tone = Tone.OURS if row.engine == RASIKA else Tone.EXACT
    return ChartBar(row.engine, row.per_second, tone=tone)


def _engine_bar(row: Measurement) -> ChartBar:
    recall = row.recall or 0.0
    if recall < MIN_EXACT_RECALL:
        return ChartBar(row.engine, row.p50_ms, f"recall {recall:.4f}", Tone.APPROXIMATE)
    tone = Tone.OURS if row.engine.startswith("memory") else Tone.EXACT
    return ChartBar(row.engine, row.p50_ms, tone=tone)


def _page_parts(stem: str, run: BenchmarkRun, machine: Mapping[str, str]) -> Iterator[str]:
    yield f"# {run.titles:,} titles, every engine in one run"
    yield f"Written by `rasika bench index`: {run.data}. Baseline: {run.baseline}."
    yield f"Machine: {', '.join(f'{what} {machine[what]}' for what in MACHINE_FIELDS)}."
    yield f"![Median of a query by engine and filter; the figures are below]({stem}.svg)"
    yield from (table.markdown() for table in report_tables(run))
    yield from remarks(run)
