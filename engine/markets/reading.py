"""Shapes: markets described in TOML, some of common venues shipped as examples.

Owns the format and where the shipped ones lie. A shape is dated, because venues change their figures.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from engine.errors import ConfigError, did_you_mean
from engine.market import Market
from engine.markets.fees import FeeSchedule
from engine.settings import read_toml

SHIPPED = Path(__file__).parent / "shapes"
TOP = ("title", "dated", "market", "fee_tiers")
WARNING = "an example, not the venue's word: compare it with the venue before trusting it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Hold a market with its name, its title, and the month or day its figures are of."""

    name: str
    title: str
    dated: str
    market: Market
    fee_tiers: FeeSchedule | None = None

    def at_volume(self, volume_30d: float) -> Market:
        """Return the market with the fees of a 30-day volume."""
        if self.fee_tiers is None:
            raise ConfigError(f"volume_30d: the shape {self.name} has no fee tiers; write the two fee rates instead")
        fees = self.fee_tiers.fees_at(volume_30d)
        return replace(self.market, maker_fee_rate=fees.maker, taker_fee_rate=fees.taker)


def shapes() -> list[Shape]:
    """Return the shipped shapes by name."""
    return [_read(path) for path in sorted(SHIPPED.glob("*.toml"))]


def shape(name_or_path: str | Path) -> Shape:
    """Return a shipped shape by its name, or that of a TOML file; ConfigError offers the nearest name."""
    path = Path(name_or_path)
    if path.suffix == ".toml":
        if not path.is_file():
            raise ConfigError(f"shape: there is no file {path}")
        return _read(path)
    shipped = {one.stem: one for one in SHIPPED.glob("*.toml")}
    if str(name_or_path) not in shipped:
        hint = did_you_mean(str(name_or_path), shipped)
        raise ConfigError(f'shape: there is none called "{name_or_path}"{hint}')
    return _read(shipped[str(name_or_path)])


def read_shape(name_or_path: str | Path) -> Market:
    """Return the market of a shape."""
    return shape(name_or_path).market


def _read(path: Path) -> Shape:
    where = path.name if path.parent == SHIPPED else str(path)
    values = read_toml(path)
    _check_keys(values, TOP, where)
    title, dated, market = values.get("title", path.stem), values.get("dated"), values.get("market")
    if isinstance(dated, date):
        dated = dated.isoformat()
    if not isinstance(title, str) or not isinstance(dated, str):
        raise ConfigError(
            f'{where}: title, dated: expected texts such as "My venue" and "2026-01", were {title!r} and {dated!r}'
        )
    if not isinstance(market, dict):
        raise ConfigError(f"{where}: the table [market] is missing; it holds symbol, kind, tick, lot and the rest")
    _check_keys(market, [field.name for field in fields(Market)], f"{where}: [market]")
    for name in ("symbol", "tick", "lot"):
        if name not in market:
            raise ConfigError(f"{where}: [market]: {name} is missing")
    if "expiry" in market:
        market["expiry"] = _milliseconds(market["expiry"], where)
    try:
        fees = FeeSchedule.of_rows(values["fee_tiers"]) if "fee_tiers" in values else None
        made = Market(**market)
    except ConfigError as error:
        raise ConfigError(f"{where}: {str(error).removeprefix('market ')}") from None
    found = Shape(name=path.stem, title=title, dated=dated, market=made, fee_tiers=fees)
    return replace(found, market=found.at_volume(0.0)) if fees is not None else found


def _check_keys(values: Iterable[str], known: Iterable[str], where: str) -> None:
    for name in values:
        if name not in known:
            raise ConfigError(f'{where}: unknown key "{name}"{did_you_mean(name, known)}')


def _milliseconds(when: Any, where: str) -> int:
    """Return UTC milliseconds of a date or time as TOML has them; a number as it stands."""
    if isinstance(when, date) and not isinstance(when, datetime):
        when = datetime.combine(when, time())
    if isinstance(when, datetime):
        return int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()) * 1000
    if type(when) is not int:
        raise ConfigError(f"{where}: [market]: expiry: write a date such as 2026-03-27T08:00:00Z, was {when!r}")
    return when
