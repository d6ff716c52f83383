"""The [market] tables of a definition: which keys they have, and the shape that fills in what they leave open.

Must not know candles or how a run is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from engine.candles.timeframes import parse_time
from engine.core.codes import NEVER
from engine.definition import series
from engine.definition.tables import Table
from engine.errors import ConfigError
from engine.market import Market
from engine.markets import shape
from engine.markets.reading import WARNING

KEYS = (*(one.name for one in fields(Market)), "shape", "volume_30d", *series.KEYS)
TEXTS = (
    "symbol",
    "venue",
    "kind",
    "fee_in",
    "margin_mode",
    "shape",
    "half_spread_file",
    "slippage_model",
    *series.KEYS,
)
FLAGS = ("maintenance_fee", "hedge_mode")
EARLIEST_MS = 10**11  # 1973; a smaller number is a date without its hyphens, or seconds
OF_ONE_COIN = ("tick", "lot", "min_quantity", "min_notional")


def market_values(values: Any, where: str) -> dict[str, Any]:
    """Return a [market] table's values, each of its kind; what a market must be is checked when it is made."""
    table = Table(values, where, KEYS)
    if {"funding", "funding_rate"} <= table.values.keys():
        raise ConfigError(
            f"{where}: funding: the file's rates stand in place of a constant funding_rate; remove one of the two"
        )
    found: dict[str, Any] = {}
    for name, value in table.values.items():
        if name in ("tick", "lot"):
            if type(value) not in (int, float, str):
                raise table.refusal(name, 'a number such as 0.01, or "auto"', value)
            found[name] = value
        elif name == "maintenance":
            if not isinstance(value, list):
                raise table.refusal(name, "steps such as [[0, 0.004, 125], [50_000, 0.005, 100]]", value)
            found[name] = value
        elif name == "expiry":
            found[name] = _expiry(table)
        else:
            found[name] = table.take(name, str if name in TEXTS else bool if name in FLAGS else float)
    return found


def with_shape(values: Mapping[str, Any], symbol: str, notes: list[str]) -> dict[str, Any]:
    """Return the values over those of the shape they name; symbol: of the candles.

    The tick, lot and minimums of another coin are left open. notes gets a sentence that names the shape and its date.
    """
    own = {name: value for name, value in values.items() if name not in ("shape", "volume_30d", *series.KEYS)}
    name, volume = values.get("shape"), values.get("volume_30d")
    if name is None:
        if volume is not None:
            raise ConfigError(
                "volume_30d: chooses among the fee tiers of a shape; write shape = … too, or the fee rates"
            )
        return own
    found = shape(name)
    market = found.market if volume is None else found.at_volume(volume)
    if own.get("kind", market.kind) != market.kind:
        raise ConfigError(
            f'kind: expected "{market.kind}" as the shape {found.name} has it, was "{own["kind"]}"; '
            "leave kind away or name another shape"
        )
    filled = {key: value for key, value in market.as_dict().items() if key not in ("symbol", "venue")}
    said = f"{symbol}: filled in by the shape {found.name} of {found.dated}, {WARNING}"
    if symbol.partition("/")[0] != market.base and market.kind != "inverse":
        filled = {key: value for key, value in filled.items() if key not in OF_ONE_COIN}
        said += f"; its tick, lot and minimums are those of {market.symbol} and were left out"
    notes.append(said)
    return {**filled, **own}


def _expiry(table: Table) -> int:
    written = table.values["expiry"]
    try:
        when = table.time("expiry")
        if isinstance(when, str) or (when is not None and EARLIEST_MS < when < NEVER):
            return parse_time(when)
    except ConfigError:
        pass  # said below, in the words of this key
    raise ConfigError(f"{table.where}: expiry: write a date such as 2025-03-28T08:00:00Z, was {written!r}") from None
