"""`tradewind risk`: the profiles of limits on an account.

Must not know how limits are enforced. Heavy modules are imported inside the commands.
"""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="List the profiles of limits on an account, or show one.", invoke_without_command=True)
SHORT = ("max_gross", "daily_loss", "max_drawdown")  # what a line of the list tells of a profile


@app.callback()
def list_(context: typer.Context) -> None:
    """List the profiles that a definition can name: profile = "NAME" in its [account]."""
    if context.invoked_subcommand is not None:
        return
    from engine.risk import PROFILES

    width = max(map(len, PROFILES))
    for name, values in PROFILES.items():
        typer.echo(f"{name:<{width}}  {', '.join(f'{key} {values[key]:g}' for key in SHORT)}")
    typer.echo("More of one: tradewind risk show NAME")


@app.command()
def show(
    profile: Annotated[str | None, typer.Argument(help="conservative, balanced or aggressive.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Show the limits that a profile sets on an account."""
    from engine.errors import ConfigError
    from engine.risk import PROFILES, AccountRules, sentences

    if profile is None:
        raise ConfigError(f"risk show: expected the name of a profile, one of {', '.join(PROFILES)}")
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
