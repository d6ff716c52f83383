"""`tradewind markets`: which shapes of markets there are, and what one of them says.

Must not know how shapes are stored. Heavy modules are imported inside the commands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from engine.market import Market
    from engine.markets import Shape

app = typer.Typer(help="List the shapes of markets, or show one.", invoke_without_command=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
COLUMNS = ("name", "kind", "tick", "lot", "maker", "taker", "up to", "dated")
# What belongs together, in the order of a page, and the kinds it says something of; none: all.
TOPICS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("What it is", ("symbol", "venue", "kind", "expiry"), ()),
    ("Contract", ("contract_size",), ("inverse",)),
    ("Steps and minimums", ("tick", "lot", "min_quantity", "min_notional"), ()),
    ("Fees", ("maker_fee_rate", "taker_fee_rate", "fee_in"), ()),
    (
        "Spread and slippage",
        (
            "half_spread", "half_spread_volatility", "half_spread_file", "slippage", "slippage_model", "impact",
            "share_impact",
        ),
        (),
    ),
    (
        "Margin",
        ("leverage", "margin_mode", "hedge_mode", "maintenance_fee", "liquidation_fee_rate"),
        ("margin", "linear", "inverse", "future"),
    ),
    ("Funding", ("funding_rate", "funding_hours"), ("linear", "inverse")),
    ("Borrowing", ("borrow_rate", "borrow_open_rate", "borrow_hours"), ("margin",)),
)  # fmt: skip


@app.callback()
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List the shapes that a definition can name: shape = "NAME" in its [market]."""
    if context.invoked_subcommand is not None:
        return
    from engine.markets import shapes
    from engine.markets.reading import WARNING

    lines = [_line(one) for one in shapes()]
    if as_json:
        _print_json(lines)
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in COLUMNS:
        table.add_column(column, no_wrap=True, justify="left" if column in ("name", "kind") else "right")
    for line in lines:
        up_to = line["largest_leverage"]
        table.add_row(
            *(line[key] for key in ("name", "kind")),
            *(_plain(line[key]) for key in ("tick", "lot")),
            *(_percent(line[key]) for key in ("maker_fee_rate", "taker_fee_rate")),
            "–" if up_to is None else f"{up_to:g}x",
            line["dated"],
        )
    console = Console(highlight=False)
    _print_whole(console, table)
    console.print(f"\nEach is {WARNING}.", soft_wrap=True)
    console.print("More of one: tradewind markets show NAME")


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A shape's name, as `tradewind markets` lists it, or a TOML file.")],
    as_json: AsJson = False,
) -> None:
    """Show one shape: its market by topic, its maintenance tiers, its fees by volume; --json has every field."""
    from engine.markets import shape
    from engine.markets.reading import WARNING

    found = shape(name)
    fees = [[one.volume, one.maker, one.taker] for one in (found.fee_tiers.tiers if found.fee_tiers else ())]
    if as_json:
        about = {"name": found.name, "title": found.title, "dated": found.dated, "warning": WARNING}
        _print_json({**about, "market": found.market.as_dict(), "fee_tiers": fees})
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False)
    console.print(f"[bold]{escape(found.name)}[/bold]: {escape(found.title)}", soft_wrap=True)
    console.print(f"Figures of {escape(found.dated)}, {WARNING}.\n", soft_wrap=True)
    _print_fields(console, found.market)
    for title, columns, rows in (
        (
            f"Maintenance tiers, by notional in {found.market.settle}",
            ("from", "rate", "largest leverage"),
            [
                (
                    f"{tier.floor:,.10g}",
                    _percent(tier.rate),
                    "–" if tier.max_leverage is None else f"{tier.max_leverage:g}",
                )
                for tier in (found.market.tiers if found.market.maintenance else ())
            ],
        ),
        (
            "Fees by the volume of 30 days; volume_30d = … in a definition chooses",
            ("from", "maker", "taker"),
            [(f"{volume:,.0f}", _percent(maker), _percent(taker)) for volume, maker, taker in fees],
        ),
    ):
        if not rows:
            continue
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for column in columns:
            table.add_column(column, justify="right", no_wrap=True)
        for row in rows:
            table.add_row(*row)
        console.print(f"\n[bold]{escape(title)}[/bold]", soft_wrap=True)
        _print_whole(console, table)


def _print_fields(console: Console, market: Market) -> None:
    """Print what a market says of its kind, by topic, in columns that hold through all topics."""
    from rich.markup import escape

    told = {name: (name, value, remark) for name, value, remark in _fields(market)}
    name_width, value_width = (max(len(row[at]) for row in told.values()) for at in (0, 1))
    for index, (title, names, kinds) in enumerate(TOPICS):
        rows = [told[name] for name in names if name in told]
        if not rows or market.kind not in (kinds or (market.kind,)):
            continue
        console.print(f"{chr(10) if index else ''}[bold]{title}[/bold]")
        for name, value, remark in rows:
            line = f"  {name:<{name_width}}  {value:<{value_width}}  {remark}".rstrip()
            console.print(escape(line), soft_wrap=True)


def _print_whole(console: Console, table: Table) -> None:
    """Print a table with no number cut: a narrow terminal wraps its lines."""
    whole = console.measure(table, options=console.options.update(width=1_000)).maximum
    own, console.width = console.width, max(console.width, whole)
    console.print(table)
    console.width = own


def _line(one: Shape) -> dict[str, Any]:
    market = one.market
    limits = [
        tier.max_leverage for tier in (market.tiers if market.maintenance else ()) if tier.max_leverage is not None
    ]
    return {
        "name": one.name,
        "title": one.title,
        "dated": one.dated,
        "venue": market.venue,
        "symbol": market.symbol,
        "kind": market.kind,
        "tick": market.tick,
        "lot": market.lot,
        "maker_fee_rate": market.maker_fee_rate,
        "taker_fee_rate": market.taker_fee_rate,
        "largest_leverage": max(limits, default=None),
    }


def _fields(market: Market) -> list[tuple[str, str, str]]:
    """Return a market's fields but the tiers: name, value, what it is a part of."""
    from engine.candles.timeframes import iso

    size = "contracts" if market.kind == "inverse" else market.base
    remarks = {
        "tick": market.quote,
        "lot": size,
        "min_quantity": size,
        "min_notional": market.quote,
        "contract_size": f"{market.quote} a contract",
        "leverage": "notional over margin that a position may have",
        "funding_rate": f"of notional, every {market.funding_hours:g} hours",
        "borrow_rate": f"of the coin, every {market.borrow_hours:g} hours",
    }
    rows = []
    for name, value in market.as_dict().items():
        if name == "maintenance" or value is None or value == "":
            continue
        if name == "expiry":
            text = iso(value)
        elif name.endswith("_rate") or name in ("half_spread", "slippage"):
            text = _percent(value)
        else:
            text = _plain(value)
        rows.append((name, text, remarks.get(name, "")))
    return rows


def _plain(value: Any) -> str:
    """Return a value as a person would write it: 0.00001, never 1e-05."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        from decimal import Decimal

        text = f"{Decimal(str(value)):f}"
        return text.removesuffix(".0")
    return str(value)


def _percent(fraction: float) -> str:
    return f"{100.0 * fraction:.6g} %"


def _print_json(value: object) -> None:
    import json

    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
