"""What `rasika bench index` found, as tables for the terminal and for a page."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rich.table import Table

from scripts.bench.concurrent_updates import PHASES
from scripts.bench.measurements import BenchmarkRun, Measurement, out
from scripts.bench.targets import K

MIN_EXACT_RECALL = 0.99995  # recall that is told as 1
MIN_WHOLE_SPEEDUP = 10.0  # times as fast, from which on they are told as a whole number


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A table; the first column is words, the others are figures."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """Return it as a page has it."""
        marks = ["---", *["---:"] * (len(self.header) - 1)]
        lines = [f"| {' | '.join(cells)} |" for cells in (self.header, marks, *self.rows)]
        return "\n".join([f"## {self.title}", "", *lines])

    def print(self) -> None:
        """Print it."""
        table = Table(box=None, pad_edge=False)
        for number, name in enumerate(self.header):
            table.add_column(name, justify="right" if number else "left")
        for row in self.rows:
            table.add_row(*row)
        out.print(f"\n{self.title}", markup=False)
        out.print(table)


def print_index_run(_: str, run: BenchmarkRun) -> None:
    """Print a run."""
    out.print(f"\nindex: {run.data}", markup=False)
    out.print(f"baseline: {run.baseline}", markup=False)
    for grid in report_tables(run):
        grid.print()
    for line in remarks(run):
        out.print(line, markup=False)


def report_tables(run: BenchmarkRun) -> Iterator[ReportTable]:
    """Yield the tables of a run."""
    sizes = dict.fromkeys(row.case.partition(", k ")[2] for row in run.rows if row.recall)
    for k in (str(K), *(size for size in sizes if size != str(K))):
        cases = _case_names(run, f", k {k}")
        if k == str(K):
            title = f"p50 in ms / recall (times as fast as the scan), best {k}"
            yield _case_table(run, title, cases, _median_cell)
            yield _case_table(run, f"p95 in ms, best {k}", cases, lambda row: f"{row.p95_ms:.3g}")
            undisturbed = f"p10 in ms, best {k}: what is left where others use the machine too"
            yield _case_table(run, undisturbed, cases, lambda row: f"{row.p10_ms:.3g}")
        else:
            yield _case_table(run, f"the same, best {k}", cases, _median_cell)
    changing = [row for row in run.rows if row.case in PHASES]
    if changing:
        rows = [[row.case, f"{row.p50_ms:.3g}", f"{row.p95_ms:.3g}"] for row in changing]
        yield ReportTable(
            f"{changing[0].engine}, while titles change", ["", "p50 ms", "p95 ms"], rows
        )
    yield ReportTable(
        "engines", ["", "build s", "MiB of its own", "MiB mapped", "settings"], _engine_rows(run)
    )
    bars = [[bar.name, bar.found, "met" if bar.met else "MISSED"] for bar in run.bars]
    if bars:
        yield ReportTable("what the engine in memory is to reach", ["", "measured", ""], bars)


def remarks(run: BenchmarkRun) -> Iterator[str]:
    """Yield what else there is to say."""
    for name, reason in run.skipped.items():
        yield f"skipped: {name}: {reason}"
    short: dict[str, int] = {}
    for row in run.rows:
        short[row.engine] = short.get(row.engine, 0) + (row.short or 0)
    for engine, answers in short.items():
        if answers:
            yield f"short: {engine}: {answers} answers of fewer titles than match"
    yield "; ".join(f"{name.replace('_', ' ')} {value:,g}" for name, value in run.facts.items())


def _case_names(run: BenchmarkRun, ending: str) -> list[str]:
    named = dict.fromkeys(row.case for row in run.rows)
    return [case for case in named if case.endswith(ending)]


def _case_table(
    run: BenchmarkRun, title: str, cases: Sequence[str], cell: Callable[[Measurement], str]
) -> ReportTable:
    found = {(row.engine, row.case): cell(row) for row in run.rows if row.case in cases}
    rows = [
        [engine.name, *(found.get((engine.name, case), "") for case in cases)]
        for engine in run.engines
    ]
    return ReportTable(title, ["", *(case.partition(", k ")[0] for case in cases)], rows)


def _median_cell(row: Measurement) -> str:
    recall = row.recall or 0.0
    told = "1" if recall >= MIN_EXACT_RECALL else f"{recall:.4f}".lstrip("0")
    short = f", {row.short} short" if row.short else ""
    speed = row.speed or 0.0
    times = f"{speed:.0f}" if speed >= MIN_WHOLE_SPEEDUP else f"{speed:.2g}"
    return f"{row.p50_ms:.3g} / {told} ({times}x){short}"


def _engine_rows(run: BenchmarkRun) -> list[list[str]]:
    return [
        [
            engine.name,
            f"{engine.build_s:.1f}",
            *(
                "" if size is None else f"{size:,.0f}"
                for size in (engine.anonymous_mib, engine.mapped_mib)
            ),
            engine.about,
        ]
        for engine in run.engines
    ]
