"""The tables of a run, for the terminal and for a Markdown page."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from rich.table import Table

from scripts.bench.concurrent_updates import PHASES
from scripts.bench.measurements import BenchmarkRun, EngineReport, Measurement, TargetResult
from scripts.bench.targets import K
from scripts.cli.console import out

MIN_EXACT_RECALL = 0.99995  # printed as 1
MIN_WHOLE_SPEED = 10.0  # speeds from here on are printed without decimals


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A table with text in the first column and figures in the others."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """Return the table as Markdown."""
        rule = ["---", *["---:"] * (len(self.header) - 1)]
        lines = [f"| {' | '.join(cells)} |" for cells in (self.header, rule, *self.rows)]
        return "\n".join([f"## {self.title}", "", *lines])

    def print(self) -> None:
        """Print the table."""
        table = Table(box=None, pad_edge=False)
        for column, name in enumerate(self.header):
            table.add_column(name, justify="right" if column else "left", no_wrap=not column)
        for row in self.rows:
            table.add_row(*row)
        out.print(f"\n{self.title}", markup=False)
        out.print(table)


def print_run(name: str, run: BenchmarkRun) -> None:
    """Print a run in which Rasika has one baseline."""
    header = ["case", "engine", "p50 ms", "p95 ms", "p99 ms", "per second", "x baseline", "target"]
    rows, last_case = [], None
    for row in run.rows:
        rows.append(["" if row.case == last_case else row.case, *_pair_cells(row)])
        last_case = row.case
    _print_parts(name, run, [ReportTable("", header, rows)])


def print_index_run(name: str, run: BenchmarkRun) -> None:
    """Print a run of several engines."""
    _print_parts(name, run, report_tables(run))


def as_json(name: str, machine: dict[str, str], runs: Sequence[BenchmarkRun]) -> dict[str, object]:
    """Return all figures of the runs."""
    return {"benchmark": name, "machine": machine, "runs": [asdict(run) for run in runs]}


def report_tables(run: BenchmarkRun) -> Iterator[ReportTable]:
    """Yield the tables of a run of several engines."""
    yield from _case_tables(run)
    changing = [row for row in run.rows if row.case in PHASES]
    if changing:
        rows = [[row.case, f"{row.p50_ms:.3g}", f"{row.p95_ms:.3g}"] for row in changing]
        title = f"{changing[0].engine}, while titles change"
        yield ReportTable(title, ["", "p50 ms", "p95 ms"], rows)
    header = ["", "build s", "MiB of its own", "MiB mapped", "settings"]
    yield ReportTable("engines", header, list(map(_engine_cells, run.engines)))
    if run.targets:
        targets = list(map(_target_cells, run.targets))
        yield ReportTable("targets of the in-memory engine", ["", "measured", ""], targets)


def remarks(run: BenchmarkRun) -> Iterator[str]:
    """Yield what the tables do not say."""
    for name, reason in run.skipped.items():
        yield f"skipped: {name}: {reason}"
    short: dict[str, int] = {}
    for row in run.rows:
        short[row.engine] = short.get(row.engine, 0) + (row.short or 0)
    for engine, answers in short.items():
        if answers:
            yield f"short: {engine}: {answers} answers with fewer titles than match"
    yield "; ".join(f"{name.replace('_', ' ')} {value:,g}" for name, value in run.facts.items())


def _print_parts(name: str, run: BenchmarkRun, tables: Iterable[ReportTable]) -> None:
    out.print(f"\n{name}: {run.data}", markup=False)
    out.print(f"baseline: {run.baseline}", markup=False)
    for table in tables:
        table.print()
    for line in remarks(run):
        out.print(line, markup=False)


def _case_tables(run: BenchmarkRun) -> Iterator[ReportTable]:
    sizes = dict.fromkeys(row.case.partition(", k ")[2] for row in run.rows if row.recall)
    for k in sorted(sizes, key=lambda size: size != str(K)):  # K first
        if k != str(K):
            yield _case_table(run, f"the same, best {k}", k, _median_cell)
            continue
        median = f"p50 in ms / recall (times the speed of the scan), best {k}"
        yield _case_table(run, median, k, _median_cell)
        yield _case_table(run, f"p95 in ms, best {k}", k, lambda row: f"{row.p95_ms:.3g}")
        undisturbed = f"p10 in ms, best {k}: the time on an undisturbed machine"
        yield _case_table(run, undisturbed, k, lambda row: f"{row.p10_ms:.3g}")


def _case_table(
    run: BenchmarkRun, title: str, k: str, cell: Callable[[Measurement], str]
) -> ReportTable:
    """Return a row for each engine and a column for each case of the best `k`."""
    cases = [
        case for case in dict.fromkeys(row.case for row in run.rows) if case.endswith(f", k {k}")
    ]
    cells = {(row.engine, row.case): cell(row) for row in run.rows if row.case in cases}
    rows = [
        [engine.name, *(cells.get((engine.name, case), "") for case in cases)]
        for engine in run.engines
    ]
    return ReportTable(title, ["", *(case.partition(", k ")[0] for case in cases)], rows)


def _pair_cells(row: Measurement) -> list[str]:
    verdict = ""
    if row.target_ms is not None:
        verdict = f"{'met' if row.p95_ms < row.target_ms else 'MISSED'} (< {row.target_ms:g})"
    return [
        f"{row.engine} ({row.errors} errors)" if row.errors else row.engine,
        *(f"{value:,.2f}" for value in (row.p50_ms, row.p95_ms, row.p99_ms)),
        f"{row.per_second:,.1f}",
        "" if row.speed is None else f"{row.speed:.2f}",
        verdict,
    ]


def _median_cell(row: Measurement) -> str:
    recall = row.recall or 0.0
    recall_text = "1" if recall >= MIN_EXACT_RECALL else f"{recall:.4f}".lstrip("0")
    short = f", {row.short} short" if row.short else ""
    speed = row.speed or 0.0
    speed_text = f"{speed:.0f}" if speed >= MIN_WHOLE_SPEED else f"{speed:.2g}"
    return f"{row.p50_ms:.3g} / {recall_text} ({speed_text}x){short}"


def _engine_cells(engine: EngineReport) -> list[str]:
    sizes = (engine.anonymous_mib, engine.mapped_mib)
    mib = ["" if size is None else f"{size:,.0f}" for size in sizes]
    return [engine.name, f"{engine.build_s:.1f}", *mib, engine.description]


def _target_cells(target: TargetResult) -> list[str]:
    return [target.name, target.measured, "met" if target.met else "MISSED"]
