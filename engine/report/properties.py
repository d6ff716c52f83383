"""What the run was made of: parameters, markets and fees, fill assumptions, data, hashes, versions."""

from __future__ import annotations

from typing import Any

from engine.report.material import Material
from engine.report.tables import Sheet
from engine.report.words import UNDEFINED, counted, minute, money, number, percent, whole

PATHS = {
    "adverse": "both orders of the extremes are played; the one that leaves less equity is kept",
    "favourable": "both orders of the extremes are played; the one that leaves more equity is kept",
    "nearest": "the extreme nearer to the open comes first",
    "low_first": "the low comes before the high",
    "high_first": "the high comes before the low",
}


def properties(material: Material) -> list[Sheet]:
    """Return the tables of the last section."""
    return [
        Sheet("Parameters", _columns("Parameter", "Value"), _pairs(material.summary["parameters"])),
        Sheet("How orders are filled", _columns("Rule", "Here"), _rules(material)),
        *_markets(material),
        Sheet(
            "Candles", _columns("Market", "Timeframe", "From (UTC)", "To (UTC)", "Count", "Source"), _candles(material)
        ),
        *_ends(material),
        *_events(material),
        Sheet("Origin", _columns("What", "Which"), _origin(material)),
    ]


def _columns(*names: str) -> tuple[tuple[str, bool], ...]:
    return tuple((name, name in ("Count", "Final equity", "Total return", "Times")) for name in names)


def _pairs(values: Any) -> list[list[str]]:
    return [[str(name), _plain(value)] for name, value in values.items()] or [["none", UNDEFINED]]


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return UNDEFINED if value is None else f"{value:.12g}".replace("-", "−") if isinstance(value, float) else str(value)


def _rules(material: Material) -> list[list[str]]:
    rules = material.summary["rules"]
    share = rules["participation"]
    touched = _touched(rules["touch_fills"])
    return [
        ["Path inside a candle", f"{rules['path']}: {PATHS.get(rules['path'], '')}"],
        ["Decisions", "on closed candles; orders are live from the next open"],
        ["Market orders and stops", "taker fee, worsened by half the spread and the slippage below"],
        ["A limit order fills", f"{touched}; maker fee"],
        ["Latency", f"{whole(rules['latency_ms'])} ms"],
        ["Share of a candle's volume", "no cap" if share is None else f"at most {percent(share)}"],
        ["Cash at the start", money(material.summary["cash"], material.currency)],
        *([["Coins at the start", ", ".join(f"{held:.12g} {one.partition('/')[0]}" for one, held in
            material.summary["holdings"].items())]] if material.summary.get("holdings") else []),
    ]  # fmt: skip


def _touched(chance: bool | float) -> str:
    if 0.0 < chance < 1.0:
        return f"when the price trades through it by a tick, or with a chance of {percent(float(chance))} when touched"
    return "when its price is touched" if chance else "when the price trades through it by a tick"


def _markets(material: Material) -> list[Sheet]:
    rows = [
        [
            market["symbol"], market["kind"], _plain(market["tick"]), _plain(market["lot"]),
            percent(market["maker_fee_rate"], 3), percent(market["taker_fee_rate"], 3),
            _spread(market), _slippage(market), _plain(market["min_notional"]),
            f"{number(market['leverage'], 0)} ×",
        ]
        for market in material.markets
    ]  # fmt: skip
    columns = (
        "Market", "Kind", "Tick", "Lot", "Maker fee", "Taker fee", "Half spread", "Slippage", "Minimum", "Leverage",
    )  # fmt: skip
    return [Sheet("Markets and fees", tuple((name, name not in ("Market", "Kind")) for name in columns), rows)]


def _spread(market: dict[str, Any]) -> str:
    file, share = market.get("half_spread_file"), market.get("half_spread_volatility", 0.0)
    constant = f"of {file}" if file else percent(market["half_spread"], 3)
    return constant + (f" + {_plain(float(share))} σ" if share else "")


def _slippage(market: dict[str, Any]) -> str:
    model = market.get("slippage_model", "fixed")
    answers = {
        "square_root": f" + 2/3 Y σ √(Q/V), Y = {_plain(market.get('impact'))}",
        "volume_share": f" + {_plain(market.get('share_impact'))} (q/v)²",
    }
    return percent(market["slippage"], 3) + answers.get(model, "")


def _candles(material: Material) -> list[list[str]]:
    return [
        [one["market"], one["timeframe"], minute(one["from_ms"]), minute(one["until_ms"]), whole(one["count"]),
         str(one["source"])]
        for one in material.summary["candles"]
    ]  # fmt: skip


def _ends(material: Material) -> list[Sheet]:
    start = float(material.metrics["equity_start"])
    rows = [
        [name, money(end, material.currency), percent(end / start - 1.0, sign=True)]
        for name, end in material.summary["final_equity_by_path"].items()
    ]
    return [Sheet("Each path played", _columns("Path", "Final equity", "Total return"), rows)] if rows else []


def _events(material: Material) -> list[Sheet]:
    rows = [[str(what), whole(count)] for what, count in material.summary["events"].items()]
    return [Sheet("Orders that did not simply fill", _columns("What happened", "Times"), rows)] if rows else []


def _origin(material: Material) -> list[list[str]]:
    summary = material.summary
    versions = ", ".join(f"{name} {one}" for name, one in summary.get("versions", {}).items())
    points = counted(len(material.close_ms), "candle close")
    if summary.get("in_chunks"):
        points = f"in chunks, {counted(len(material.close_ms), 'day')} with a close,"
    return [
        *[[f"Hash of the {name}", str(digest)] for name, digest in summary["hashes"].items()],
        ["Versions", versions or UNDEFINED],
        ["Strategy", f"{summary['strategy']}, {'compiled' if summary['compiled'] else 'interpreted'}"],
        ["Played", f"{points} in {number(summary['seconds'], 2)} s"],
        *[["Filled in", str(note)] for note in summary["notes"]],
        *([["Files", f"fills, trades, equity and metrics in {material.folder}"]] if material.folder else []),
    ]  # fmt: skip
