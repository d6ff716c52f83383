"""`tradewind risk`: the profiles of limits on an account.

Must not know how limits are enforced. Heavy modules are imported inside the commands.
"""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="Show the limits of a profile.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    pass


@app.command()
def show(
    profile: Annotated[str, typer.Argument(help="conservative, balanced or aggressive.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Show the limits that a profile sets on an account."""
    from engine.risk import AccountRules, sentences

    rules = AccountRules(profile=profile)
    lines = sentences(rules)
    if as_json:
        import json

        said = rules.resolved()
        typer.echo(json.dumps({"profile": profile} | {name: getattr(said, name) for name, _, _ in lines}, indent=2))
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("limit", "value", "what it is"):
        table.add_column(name, no_wrap=name != "what it is")
    for row in lines:
        table.add_row(*map(escape, row))
    Console(highlight=False).print(table)
