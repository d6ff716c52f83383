"""`tradewind new`: a strategy of one's own to begin with.

Must not know what the templates say. Heavy modules are imported inside the command.
"""

from __future__ import annotations

from typing import Annotated

import typer


def new(
    name: Annotated[str, typer.Argument(help="The strategy's name, such as my_strategy.")],
    template: Annotated[
        str, typer.Option("--template", help="What to begin with: signal, grid, dca or portfolio.")
    ] = "signal",
) -> None:
    """Write a new strategy, its definition and its test into the current folder; they run as they are."""
    from pathlib import Path

    from engine.scaffolding import new_strategy

    here = Path.cwd()
    strategy, definition, test = (path.relative_to(here) for path in new_strategy(name, template, here))
    typer.echo(f"Written: {strategy}, {definition}, {test}\n")
    typer.echo(f"Next:\n  tradewind backtest {definition}\n  tradewind report\n")
    typer.echo(f"Then edit {strategy}; python -m pytest {test} says whether it still does what the test expects.")
