"""`tradewind data`: real candles brought into the store, and what is there.

Owns the group of the commands, and nothing of what they do.
"""

from __future__ import annotations

import typer

from engine.cli import data_change, data_fetch, data_import, data_list, data_verify

app = typer.Typer(
    help="Fetch or import real candles; list, verify, repair, resample and export them.", no_args_is_help=True
)
app.command("fetch")(data_fetch.fetch)
app.command("import")(data_import.import_)
app.command("list")(data_list.list_)
app.command("verify")(data_verify.verify)
app.command("repair")(data_fetch.repair)
app.command("resample")(data_change.resample)
app.command("export")(data_change.export)
