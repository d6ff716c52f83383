"""A market as ccxt describes it. Owns the translation of its unified structures, which come in as plain dicts.

Must not import ccxt. Its traps: an amount of a contract is counted in contracts; the floors of leverage tiers are
notional at most venues, but contracts at OKX, and coins where the contract settles in the coin.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from decimal import Decimal
from typing import Any

from engine.errors import ConfigError, did_you_mean
from engine.market import HOUR_MS, Market, Tier
from engine.markets.fees import FeeSchedule

DECIMAL_PLACES, TICK_SIZE = 2, 4  # ccxt's precisionMode
TIERS_IN_CONTRACTS = ("okx",)
FEE_COUNTS_AS_MAINTENANCE = ("okx",)
_INTERVAL = re.compile(r"(\d+)([mh])")


def market_of(
    found: Mapping[str, Any],
    *,
    venue: str,
    margin: bool = False,
    tiers: Sequence[Mapping[str, Any]] | None = None,
    price: float | None = None,
    fees: Mapping[str, Any] | None = None,
    volume_30d: float | None = None,
    funding: Mapping[str, Any] | None = None,
    borrow: Mapping[str, Any] | None = None,
    precision_mode: int = TICK_SIZE,
    **given: Any,
) -> Market:
    """Return the market that ccxt's unified structure describes; ConfigError names what it leaves open.

    found: `client.market(symbol)`. margin: a coin market is traded with borrowed coins. tiers: of
    `fetch_market_leverage_tiers(symbol)`; price: quote, needed where a venue counts them in contracts. fees: of
    `fetch_trading_fee(symbol)`, or `client.fees[...]["trading"]` with its tiers, of which volume_30d chooses. funding:
    of `fetch_funding_rate(symbol)`, for its interval only. borrow: of `fetch_cross_borrow_rate(base)`. precision_mode:
    `client.precisionMode`. given: fields of Market, such as leverage or funding_rate; they win.
    """
    symbol = str(found.get("symbol"))
    known = [field.name for field in fields(Market)]
    for name in given:
        if name not in known:
            raise ConfigError(f'{symbol}: unknown field "{name}"{did_you_mean(name, known)}')
    kind = _kind(found, symbol, margin)
    values = {"symbol": symbol, "venue": venue, "kind": kind, **_steps(found, symbol, kind, precision_mode, given)}
    values |= _fees(found, kind, fees, volume_30d, given)
    values["maintenance_fee"] = kind not in ("spot", "margin") and venue in FEE_COUNTS_AS_MAINTENANCE
    if kind == "future":
        values["expiry"] = found.get("expiry")
    if tiers is not None:
        size = _unit(found, symbol, kind, venue, price)
        values["maintenance"] = _tiers(tiers, symbol, size)
    if funding is not None and funding.get("interval") is not None:
        values["funding_hours"] = _hours(symbol, funding["interval"])
    if borrow is not None:
        values["borrow_rate"] = _borrow_rate(borrow, symbol, given)
    values |= given
    _check_leverage(found, symbol, values)
    return Market(**values)


def _kind(found: Mapping[str, Any], symbol: str, margin: bool) -> str:
    if found.get("spot"):
        if margin and found.get("margin") is False:
            raise ConfigError(f"{symbol}: the venue lends no coins for it; leave margin away to take it as spot")
        return "margin" if margin else "spot"
    if margin:
        raise ConfigError(f"{symbol}: is a contract, and margin says how coins are traded; leave margin away")
    if found.get("linear") and found.get("swap"):
        return "linear"
    if found.get("linear") and found.get("future"):
        return "future"
    if found.get("inverse") and found.get("swap"):
        return "inverse"
    what = f"{'inverse ' if found.get('inverse') else ''}{found.get('type')}"
    raise ConfigError(f"{symbol}: expected a spot market, a perpetual or a linear future, was of the type {what}")


def _steps(
    found: Mapping[str, Any], symbol: str, kind: str, precision_mode: int, given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return tick, lot and minimums: base for linear contracts, contracts for inverse ones."""
    steps = found.get("precision") or {}
    limits = found.get("limits") or {}
    size = _contract_size(found, symbol, kind)
    in_lot = Decimal(1) if kind == "inverse" else size
    values: dict[str, Any] = {}
    for name, step in (("tick", "price"), ("lot", "amount")):
        if name not in given:
            value = _step(steps.get(step), symbol, name, step, precision_mode)
            values[name] = float(value * in_lot if name == "lot" else value)
    least = (limits.get("amount") or {}).get("min")
    values["min_quantity"] = float(Decimal(str(least)) * in_lot) if least else 0.0
    values["min_notional"] = float((limits.get("cost") or {}).get("min") or 0.0)
    if kind == "inverse":
        values["contract_size"] = float(size)
    return values


def _step(value: Any, symbol: str, name: str, step: str, precision_mode: int) -> Decimal:
    if precision_mode not in (DECIMAL_PLACES, TICK_SIZE):
        raise ConfigError(f"{symbol}: this venue states significant digits, not steps; give tick and lot yourself")
    if value is None or Decimal(str(value)) < 0 or (precision_mode == TICK_SIZE and not value):
        raise ConfigError(
            f"{symbol}: ccxt does not know its {name} (precision.{step} is {value}); give {name} yourself"
        )
    return Decimal(str(value)) if precision_mode == TICK_SIZE else Decimal(1).scaleb(-int(value))


def _contract_size(found: Mapping[str, Any], symbol: str, kind: str) -> Decimal:
    if kind in ("spot", "margin"):
        return Decimal(1)
    size = found.get("contractSize")
    if not size:
        raise ConfigError(
            f"{symbol}: ccxt does not know its contract size (contractSize is {size}); it cannot be traded"
        )
    return Decimal(str(size))


def _fees(
    found: Mapping[str, Any], kind: str, fees: Mapping[str, Any] | None, volume: float | None, given: Mapping[str, Any]
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if not {"maker_fee_rate", "taker_fee_rate"} <= given.keys():
        stated = found if fees is None else fees
        if volume is None:  # the account's own fee; ccxt's tiers are of some day and of its own making
            stated = {"maker": stated.get("maker"), "taker": stated.get("taker")}
        tier = FeeSchedule.of_ccxt(stated).fees_at(volume or 0.0)
        values = {"maker_fee_rate": tier.maker, "taker_fee_rate": tier.taker}
    if kind in ("spot", "margin") and found.get("feeSide") in ("get", "base"):
        values["fee_in"] = "base"
    return values


def _unit(found: Mapping[str, Any], symbol: str, kind: str, venue: str, price: float | None) -> float:
    """Return what one of the tiers' floors is worth in the asset that the market settles in."""
    if venue not in TIERS_IN_CONTRACTS or kind in ("spot", "margin"):
        return 1.0
    if price is None:
        raise ConfigError(f"{symbol}: {venue} counts leverage tiers in contracts; give price, and they become notional")
    if not price > 0.0:
        raise ConfigError(f"price: expected a number above 0, was {price!r}")
    size = float(_contract_size(found, symbol, kind))
    return size / price if kind == "inverse" else size * price


def _tiers(tiers: Sequence[Mapping[str, Any]], symbol: str, unit: float) -> tuple[Tier, ...]:
    """Return the maintenance table; a tier begins where the one before it ends, which venues write in several ways."""
    rows: list[Tier] = []
    ended = 0.0
    for row in sorted(tiers, key=lambda row: row.get("minNotional") or 0.0):
        rate, largest = row.get("maintenanceMarginRate"), row.get("maxLeverage")
        if rate is None:
            raise ConfigError(
                f"{symbol}: a leverage tier has no maintenanceMarginRate; leave tiers away to assume a rate"
            )
        floor = (ended or (row.get("minNotional") or 0.0) * unit) if rows else 0.0
        rows.append(Tier(floor, float(rate), float(largest) if largest else None))
        ended = (row.get("maxNotional") or 0.0) * unit
    return tuple(rows)


def _hours(symbol: str, interval: str) -> float:
    match = _INTERVAL.fullmatch(str(interval))
    if match is None:
        raise ConfigError(f'{symbol}: expected a funding interval such as "8h", was {interval!r}; give funding_hours')
    return int(match[1]) / (60.0 if match[2] == "m" else 1.0)


def _borrow_rate(borrow: Mapping[str, Any], symbol: str, given: Mapping[str, Any]) -> float:
    """Return the rate of one charge; ccxt gives that of a period, at most venues a day."""
    rate, period_ms = borrow.get("rate"), borrow.get("period")
    if rate is None or not period_ms:
        raise ConfigError(
            f"{symbol}: expected a borrow rate with its period, was {rate} per {period_ms}; give borrow_rate"
        )
    return float(rate) * float(given.get("borrow_hours", 1.0)) * HOUR_MS / float(period_ms)


def _check_leverage(found: Mapping[str, Any], symbol: str, values: Mapping[str, Any]) -> None:
    largest = ((found.get("limits") or {}).get("leverage") or {}).get("max")
    leverage = values.get("leverage", 1.0)
    if largest and leverage > largest:
        raise ConfigError(f"{symbol}: leverage: expected at most the venue's {largest:g}, was {leverage:g}")
    mode = values.get("margin_mode", "cross")
    if values["kind"] not in ("spot", "margin") and (found.get("marginModes") or {}).get(mode) is False:
        raise ConfigError(f"{symbol}: margin_mode: the venue has no {mode} margin for it")
