"""What is traded: kind, tick, lot, minimums, fees. Owns `Market`; must not know candles, files or venues' clients."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.core import codes
from engine.errors import ConfigError, did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """Describe one market as the core needs it.

    kind: "spot" (never short) or "linear" (a contract settled in quote; may be short). tick in quote, lot in base.
    Fee rates, half_spread and slippage are fractions of notional and price (0.001 = 0.1 %). fee_in "base": a spot buy
    pays its fee in the coins that arrive. leverage: notional over margin a contract position may have.

    half_spread_volatility: of a day's volatility, added to half_spread. half_spread_file: a CSV file of time and
    half_spread, in place of half_spread. slippage_model: "fixed", "volume_share" (share_impact times the square of our
    share of the candle's volume) or "square_root" (impact is Y of the square-root law), each on top of `slippage`.
    """

    symbol: str
    tick: float | str
    lot: float | str
    venue: str = "simulated"
    kind: str = "spot"
    min_quantity: float = 0.0
    min_notional: float = 0.0
    maker_fee_rate: float = 0.001
    taker_fee_rate: float = 0.001
    fee_in: str = "quote"
    half_spread: float = 0.0
    slippage: float = 0.0
    leverage: float = 1.0
    half_spread_volatility: float = 0.0
    half_spread_file: str = ""
    slippage_model: str = "fixed"
    impact: float = 1.0
    share_impact: float = 0.1

    def __post_init__(self) -> None:
        """Refuse what cannot be a market."""
        if "/" not in str(self.symbol):
            raise ConfigError(f'market symbol: expected BASE/QUOTE like "BTC/USDT", was "{self.symbol}"')
        if self.kind not in codes.KINDS_OF_MARKET:
            raise ConfigError(
                f'market kind: expected one of {", ".join(codes.KINDS_OF_MARKET)}, was "{self.kind}"'
                + did_you_mean(self.kind, codes.KINDS_OF_MARKET, listed=True)
            )
        if self.fee_in not in ("quote", "base"):
            raise ConfigError(f'market fee_in: expected "quote" or "base", was "{self.fee_in}"')
        if self.fee_in == "base" and self.kind != "spot":
            raise ConfigError('market fee_in: contracts pay their fees in quote; remove fee_in or use kind = "spot"')
        if self.leverage != 1.0 and self.kind == "spot":
            raise ConfigError(f'market leverage: a spot market has none, was {self.leverage}; use kind = "linear"')
        if self.slippage_model not in codes.SLIPPAGE_MODELS:
            known, was = codes.SLIPPAGE_MODELS, self.slippage_model
            hint = did_you_mean(str(was), known, listed=True)
            raise ConfigError(f'market slippage_model: expected one of {", ".join(known)}, was "{was}"{hint}')
        if self.half_spread_file and self.half_spread:
            raise ConfigError("market half_spread_file: it stands in place of half_spread; remove one of the two")
        for name in ("tick", "lot"):
            units_and_scale(getattr(self, name), name)
        for name, low, high in (
            ("min_quantity", 0.0, None),
            ("min_notional", 0.0, None),
            ("maker_fee_rate", -0.1, 0.1),
            ("taker_fee_rate", -0.1, 0.1),
            ("half_spread", 0.0, 0.5),
            ("slippage", 0.0, 0.5),
            ("leverage", 1.0, 1000.0),
            ("half_spread_volatility", 0.0, 10.0),
            ("impact", 0.0, 100.0),
            ("share_impact", 0.0, 100.0),
        ):
            value = getattr(self, name)
            ok = isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(value)
            if not ok or value < low or (high is not None and value > high):
                expected = f"at least {low:g}" if high is None else f"{low:g} to {high:g}"
                raise ConfigError(f"market {name}: expected a number {expected}, was {value!r}")

    @property
    def spread_varies(self) -> bool:
        """Return whether half the spread differs from candle to candle."""
        return bool(self.half_spread_file) or self.half_spread_volatility > 0.0

    @property
    def base(self) -> str:
        """Return the base currency, "BTC" of "BTC/USDT:USDT"."""
        return self.symbol.split("/", 1)[0]

    @property
    def quote(self) -> str:
        """Return the currency the market settles in."""
        return self.symbol.split("/", 1)[1].split(":", 1)[0]

    def record(self, quote_balance: int, base_balance: int) -> dict[str, Any]:
        """Return the fields of the core's MARKET record."""
        tick_units, tick_scale = units_and_scale(self.tick, "tick")
        lot_units, lot_scale = units_and_scale(self.lot, "lot")
        return {
            "kind": codes.KINDS_OF_MARKET.index(self.kind),
            "tick_units": tick_units,
            "tick_scale": tick_scale,
            "lot_units": lot_units,
            "lot_scale": lot_scale,
            "lot": lot_units / lot_scale,
            "min_quantity": self.min_quantity,
            "min_notional": self.min_notional,
            "maker_fee_rate": self.maker_fee_rate,
            "taker_fee_rate": self.taker_fee_rate,
            "fee_in_base": int(self.fee_in == "base"),
            "half_spread": self.half_spread,
            "slippage": self.slippage,
            "leverage": self.leverage,
            "costs_vary": int(self.spread_varies or self.slippage_model != "fixed"),
            "spread_multiple": float(self.spread_varies),
            "slippage_model": codes.SLIPPAGE_MODELS.index(self.slippage_model),
            "impact": {"fixed": 0.0, "volume_share": self.share_impact}.get(self.slippage_model, self.impact),
            "quote_balance": quote_balance,
            "base_balance": base_balance,
        }

    def to_tick(self, price: float) -> float:
        """Return the price on the nearest tick, to the bit as the core has it (rule F6)."""
        units, scale = units_and_scale(self.tick, "tick")
        return float(np.rint(price * scale / units) * units / scale)

    def to_lot(self, quantity: float) -> float:
        """Return the quantity rounded down to the lot; within 1e-9 of a whole lot it is that lot (rule F6)."""
        units, scale = units_and_scale(self.lot, "lot")
        lots = quantity * scale / units
        nearest = np.rint(lots)
        if abs(lots - nearest) > max(1e-9, 1e-15 * abs(lots)):
            nearest = np.floor(lots)
        return float(nearest * units / scale)

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as plain values."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def units_and_scale(step: float | str, name: str) -> tuple[float, float]:
    """Return whole numbers (units, scale) with step = units / scale, so that rounding needs one division only."""
    try:
        exact = Decimal(str(step))
    except InvalidOperation:
        exact = Decimal("NaN")
    if not exact.is_finite() or exact <= 0:
        raise ConfigError(f"market {name}: expected a positive number such as 0.01, was {step!r}")
    exponent = max(0, -int(exact.normalize().as_tuple().exponent))
    if exponent > 15:
        raise ConfigError(f"market {name}: expected at most 15 decimals, was {step!r}")
    return float(exact.scaleb(exponent)), float(10**exponent)


def tick_of(prices: npt.NDArray[np.float64]) -> float:
    """Return the smallest power of ten that all prices are multiples of: the tick as the candles show it."""
    for decimals in range(9):
        scaled = prices * 10.0**decimals
        if np.all(np.abs(scaled - np.rint(scaled)) <= 1e-6 * np.maximum(1.0, np.abs(scaled) * 1e-6)):
            return float(10.0**-decimals)
    return 1e-8
