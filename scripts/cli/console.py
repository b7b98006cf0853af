"""Output of the commands: two consoles, a progress bar, and the error that ends a command."""

import sys

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

FILE_WIDTH_COLUMNS = 130  # of tables where the output is not a terminal

out = Console(
    soft_wrap=True, highlight=False, width=None if sys.stdout.isatty() else FILE_WIDTH_COLUMNS
)
err = Console(stderr=True, soft_wrap=True, highlight=False)


class CommandFailed(RuntimeError):
    """A command failed; the message is one line for the user."""


class RateColumn(ProgressColumn):
    """Recent items per second."""

    def render(self, task: Task) -> Text:
        """Return for example `41.3/s`."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.1f}/s")


def progress_bar() -> Progress:
    """Return a progress bar on standard error, shown only on a terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )
