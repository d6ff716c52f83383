"""A progress bar on stderr while a backtest runs; nothing where nobody watches. Must not write to stdout."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Report = Callable[[str, int, int], None]
FIRST = "preparing (the first run compiles, about 20 s)"


@contextmanager
def bar(hidden: bool, first: str = FIRST) -> Iterator[Report | None]:
    """Give a report(what, done, total) that draws the bar, or None where stderr is no terminal; first: before it."""
    if hidden or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(first, total=None)

        def report(what: str, done: int, total: int) -> None:
            progress.update(task, description=what, completed=done, total=total)

        yield report
