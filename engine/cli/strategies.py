"""`tradewind strategies`: which there are, and what one of them takes.

Must not know how strategies are found or run. Heavy modules are imported inside the commands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from engine.plugins import Listed
    from engine.strategy import Strategy

app = typer.Typer(help="List the strategies, or show one.", invoke_without_command=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


@app.callback()
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List the strategies: your own in strategies/, those of installed packages, and the shipped ones."""
    if context.invoked_subcommand is not None:
        return
    from engine.plugins import all_strategies

    listing = all_strategies()
    if as_json:
        _print_json([_line(one) for one in listing])
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("name", "what it does", "parameters", "from"):
        table.add_column(name, no_wrap=name == "name", justify="right" if name == "parameters" else "left")
    for one in listing:
        if one.strategy is None:
            table.add_row(escape(one.name), f"[red]{escape(one.problem)}[/red]", "–", escape(one.origin))
        else:
            summary = escape(_summary(one.strategy))
            table.add_row(escape(one.name), summary, str(len(one.strategy.params)), escape(one.origin))
    console = Console(highlight=False)
    console.print(table)
    console.print("\nMore of one: tradewind strategies show NAME")


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A strategy's name, as `tradewind strategies` lists it.")],
    as_json: AsJson = False,
) -> None:
    """Show one strategy: what it does, its parameters with their ranges, its state, its steps."""
    from engine.plugins import strategy_class

    strategy = strategy_class(name)
    described = _described(name, strategy)
    if as_json:
        _print_json(described)
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False)
    console.print(f"[bold]{escape(name)}[/bold] ({strategy.__name__}), {described['path']}\n", soft_wrap=True)
    console.print(escape(described["doc"]) + "\n")
    for title, columns, rows in (
        ("parameters", ("default", "allowed", "help"), described["parameters"]),
        ("state", ("default", "length"), described["state"]),
    ):
        if not rows:
            continue
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column(title, no_wrap=True)
        for column in columns:
            table.add_column(column, justify="right" if column == "default" else "left", overflow="fold")
        for row in rows:
            values = ["–" if row[column] is None else str(row[column]) for column in columns]
            table.add_row(row["name"], *map(escape, values))
        console.print(table)
        console.print()
    console.print(f"Decides {described['decides']}; steps: {', '.join(described['steps'])}.")


def _line(one: Listed) -> dict[str, Any]:
    return {
        "name": one.name,
        "summary": _summary(one.strategy) if one.strategy else None,
        "parameters": len(one.strategy.params) if one.strategy else None,
        "from": one.origin,
        "path": one.path,
        "problem": one.problem or None,
    }


def _summary(strategy: type[Strategy]) -> str:
    """Return the docstring's first line; a class without one has none, and not that of its base."""
    return (strategy.__dict__.get("__doc__") or "–").strip().splitlines()[0]


def _described(name: str, strategy: type[Strategy]) -> dict[str, Any]:
    import inspect
    from pathlib import Path

    from engine.plugins import shown_path
    from engine.strategy import STEPS, is_portfolio

    def plain(value: Any) -> Any:
        return value if value is None or isinstance(value, bool | int | float | list) else str(value)

    return {
        "name": name,
        "class": strategy.__name__,
        "path": shown_path(Path(inspect.getfile(strategy))),
        "doc": inspect.cleandoc(strategy.__dict__.get("__doc__") or "–"),
        "parameters": [
            {"name": key, "default": plain(one.default), "allowed": one.range_text, "help": one.help}
            for key, one in strategy.params.items()
        ],
        "state": [
            {"name": key, "default": one.default, "length": one.array or 1} for key, one in strategy.states.items()
        ],
        "decides": "once a timestamp over all markets" if is_portfolio(strategy) else "on each market by itself",
        "steps": [step for step in STEPS if hasattr(strategy, step)],
        "max_orders": strategy.max_orders,
    }


def _print_json(value: object) -> None:
    import json

    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
