"""What is traded: kind, tick, lot, minimums, fees, margin. Owns `Market` and `Tier`; must not know candles or files."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.core import codes
from engine.core.records import MARKET, TIER
from engine.errors import ConfigError, did_you_mean
from engine.limits import is_number

KINDS = {
    "spot": codes.SPOT,
    "margin": codes.MARGIN,
    "linear": codes.LINEAR,
    "inverse": codes.INVERSE,
    "future": codes.LINEAR,  # a linear contract that ends: its expiry settles it
}
CONTRACTS = ("linear", "inverse", "future")
MARGIN_MODES = ("cross", "isolated")
ASSUMED_MAINTENANCE = {"margin": 0.1}  # by kind; a debt may be 1/1.1 of the assets
ASSUMED_MAINTENANCE_OF_CONTRACTS = 0.005
HOUR_MS = 3_600_000
LARGEST_STEP = 10**15  # of price or quantity; whole numbers beyond are no longer exact
_RANGES: tuple[tuple[str, float, float | None], ...] = (
    ("min_quantity", 0.0, None),
    ("min_notional", 0.0, None),
    ("maker_fee_rate", -0.1, 0.1),
    ("taker_fee_rate", -0.1, 0.1),
    ("half_spread", 0.0, 0.5),
    ("slippage", 0.0, 0.5),
    ("leverage", 1.0, 1000.0),
    ("contract_size", 1e-12, None),
    ("liquidation_fee_rate", 0.0, 0.1),
    ("funding_rate", -0.1, 0.1),
    ("funding_hours", 1.0 / 60.0, 24.0 * 7),
    ("borrow_rate", 0.0, 0.1),
    ("borrow_open_rate", 0.0, 0.1),
    ("borrow_hours", 1.0, 24.0),
    ("half_spread_volatility", 0.0, 10.0),
    ("impact", 0.0, 100.0),
    ("share_impact", 0.0, 100.0),
)
_OPTIONAL = ("funding_rate", "borrow_rate", "borrow_open_rate")


@dataclass(frozen=True, slots=True)
class Tier:
    """Hold one step of a maintenance table: from this notional on (settlement asset), this rate, at most this leverage.

    The rate applies to the whole notional, less the amount that makes the requirement continuous where steps meet
    (formulae.md section 5: cum_n = cum_(n-1) + floor_n * (rate_n - rate_(n-1))).
    """

    floor: float
    rate: float
    max_leverage: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """Describe one market as the core needs it.

    kind: "spot" (never short), "margin" (coins, short by borrowing them), "linear" (a perpetual settled in quote),
    "inverse" (a perpetual settled in the coin; quantities are contracts of `contract_size` quote), "future" (linear,
    settled at `expiry`, UTC milliseconds). tick in quote, lot in base. Fee rates, half_spread, slippage: fractions of
    notional and price (0.001 = 0.1 %). fee_in "base": a buy of coins pays its fee in the coins that arrive.

    leverage: notional over margin. maintenance: steps of Tier or (floor, rate, max_leverage), lowest first; none: one
    assumed rate. maintenance_fee: the venue counts the closing fee into what must be kept. funding_rate: a constant one
    per funding_hours, where no series is given. borrow_rate: of the borrowed coin per borrow_hours of the clock, and
    borrow_open_rate at once (None: the same). hedge_mode: several strategies hold positions of their own side by side.

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
    contract_size: float = 1.0
    margin_mode: str = "cross"
    maintenance: Sequence[Tier | Sequence[float]] = ()
    maintenance_fee: bool = False
    liquidation_fee_rate: float = 0.0
    funding_rate: float | None = None
    funding_hours: float = 8.0
    borrow_rate: float | None = None
    borrow_open_rate: float | None = None
    borrow_hours: float = 1.0
    expiry: int | None = None
    hedge_mode: bool = False
    half_spread_volatility: float = 0.0
    half_spread_file: str = ""
    slippage_model: str = "fixed"
    impact: float = 1.0
    share_impact: float = 0.1

    def __post_init__(self) -> None:
        """Refuse what cannot be a market."""
        if not isinstance(self.symbol, str) or "/" not in self.symbol:
            raise ConfigError(f'market symbol: expected BASE/QUOTE like "BTC/USDT", was "{self.symbol}"')
        for name, example in (("venue", '"binance"'), ("half_spread_file", '"spreads.csv"')):
            if not isinstance(getattr(self, name), str):
                raise ConfigError(f"market {name}: expected a text such as {example}, was {getattr(self, name)!r}")
        for name, known in (
            ("kind", tuple(KINDS)),
            ("margin_mode", MARGIN_MODES),
            ("fee_in", ("quote", "base")),
            ("slippage_model", codes.SLIPPAGE_MODELS),
        ):
            value = getattr(self, name)
            if value not in known:
                raise ConfigError(
                    f'market {name}: expected one of {", ".join(known)}, was "{value}"'
                    + did_you_mean(str(value), known, listed=True)
                )
        if self.half_spread_file and self.half_spread:
            raise ConfigError("market half_spread_file: it stands in place of half_spread; remove one of the two")
        for name in ("hedge_mode", "maintenance_fee"):
            if not isinstance(getattr(self, name), bool):
                raise ConfigError(f"market {name}: expected True or False, was {getattr(self, name)!r}")
        for name in ("tick", "lot"):
            units_and_scale(getattr(self, name), name)
        for name, low, high in _RANGES:
            value = getattr(self, name)
            if value is None and name in _OPTIONAL:
                continue
            if not is_number(value) or value < low or (high is not None and value > high):
                expected = f"at least {low:g}" if high is None else f"{low:g} to {high:g}"
                raise ConfigError(f"market {name}: expected a number {expected}, was {value!r}")
        if not isinstance(self.maintenance, list | tuple):
            raise ConfigError(
                "market maintenance: expected a list of steps such as [[0, 0.004, 125], [50_000, 0.005, 100]], "
                f"was {self.maintenance!r}"
            )
        object.__setattr__(self, "maintenance", tuple(_tier(step) for step in self.maintenance))
        self._check_together()

    def _check_together(self) -> None:
        contract = self.kind in CONTRACTS
        if self.fee_in == "base" and contract:
            raise ConfigError(f"market fee_in: a {self.kind} contract pays its fees in {self.settle}; remove fee_in")
        if self.leverage != 1.0 and self.kind == "spot":
            raise ConfigError(
                f'market leverage: a spot market has none, was {self.leverage}; use kind = "linear" or "margin"'
            )
        for name, plain, kinds in (
            ("contract_size", 1.0, ("inverse",)),
            ("funding_rate", None, ("linear", "inverse")),
            ("borrow_rate", None, ("margin",)),
            ("expiry", None, ("future",)),
            ("hedge_mode", False, CONTRACTS),
        ):
            if getattr(self, name) != plain and self.kind not in kinds:
                raise ConfigError(
                    f'market {name}: belongs to kind = "{kinds[0]}", was given for "{self.kind}"; remove it'
                )
        if self.kind == "future" and not (type(self.expiry) is int and 0 < self.expiry < codes.NEVER):
            raise ConfigError(
                "market expiry: expected the end of a dated future, in TOML a date such as 2025-03-28T08:00:00Z, "
                f"in Python UTC milliseconds, was {self.expiry!r}"
            )
        floors = [tier.floor for tier in self.tiers]
        if floors[0] != 0.0 or floors != sorted(set(floors)):
            raise ConfigError(f"market maintenance: expected floors that rise from 0, were {floors}")
        rates = [tier.rate for tier in self.tiers]
        if rates != sorted(rates):
            raise ConfigError(f"market maintenance: expected rates that do not fall, were {rates}")
        kept, put_aside = self.tiers[0].rate, 1.0 / self.leverage
        if self.kind != "spot" and self.margin_mode == "isolated" and kept >= put_aside:
            raise ConfigError(
                f"market maintenance: at leverage {self.leverage:g} a position puts {put_aside:.4g} of its notional "
                f"aside and must keep {kept:.4g}, so it would be liquidated as it opens; lower the leverage"
            )
        limit = self.tiers[0].max_leverage
        if limit is not None and self.leverage > limit:
            raise ConfigError(
                f"market leverage: {self.leverage:g} is above the venue's {limit:g} of the lowest maintenance tier"
            )

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
        """Return the currency that prices are in."""
        return self.symbol.split("/", 1)[1].split(":", 1)[0]

    @property
    def settle(self) -> str:
        """Return the currency that profit, loss and fees are in: the coin of an inverse contract, else the quote."""
        return self.base if self.kind == "inverse" else self.quote

    @property
    def is_contract(self) -> bool:
        """Return whether nothing of the base is held: a perpetual or a future."""
        return self.kind in CONTRACTS

    @property
    def can_short(self) -> bool:
        """Return whether the market may be sold short."""
        return self.kind != "spot"

    @property
    def tiers(self) -> tuple[Tier, ...]:
        """Return the maintenance table; one assumed rate where none was given."""
        if self.maintenance:
            return self.maintenance  # type: ignore[return-value]  # tiers since __post_init__
        return (Tier(0.0, ASSUMED_MAINTENANCE.get(self.kind, ASSUMED_MAINTENANCE_OF_CONTRACTS)),)

    def tier_rows(self) -> npt.NDArray[np.void]:
        """Return the maintenance table as the core's TIER records, with the amounts that make it continuous."""
        rows = np.zeros(len(self.tiers), TIER)
        amount, before = 0.0, 0.0
        for index, (row, tier) in enumerate(zip(rows, self.tiers, strict=True)):
            if index > 0:
                amount += tier.floor * (tier.rate - before)
            before = tier.rate
            row["floor"], row["rate"], row["amount"] = tier.floor, tier.rate, amount
            row["max_leverage"] = np.inf if tier.max_leverage is None else tier.max_leverage
        return rows

    def record(self, quote_balance: int, base_balance: int) -> dict[str, Any]:
        """Return the fields of the core's MARKET record."""
        tick_units, tick_scale = units_and_scale(self.tick, "tick")
        lot_units, lot_scale = units_and_scale(self.lot, "lot")
        opening = self.borrow_rate if self.borrow_open_rate is None else self.borrow_open_rate
        return {
            "kind": KINDS[self.kind],
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
            "contract_size": self.contract_size,
            "isolated": int(self.margin_mode == "isolated"),
            "hedge": int(self.hedge_mode),
            "maintenance_fee_rate": self.taker_fee_rate if self.maintenance_fee or self.kind == "margin" else 0.0,
            "liquidation_fee_rate": self.liquidation_fee_rate,
            "expiry_ms": self.expiry or codes.NEVER,
            "borrow_rate": self.borrow_rate or 0.0,
            "borrow_open_rate": opening or 0.0,
            "borrow_ms": int(self.borrow_hours * HOUR_MS),
        }

    def liquidation_price(self, side: int, quantity: float, entry: float, wallet: float) -> float | None:
        """Return the mark price at which a position is taken over, as the core finds it; None: there is none.

        side: +1 long, -1 short. wallet: settlement asset that answers for the position: its own margin when isolated,
        the account's balance when cross. Of borrowed coins the sale's proceeds answer besides; they are not part of it.
        """
        if not (self.is_contract or (self.kind == "margin" and side < 0)) or quantity <= 0.0:
            return None
        cost = side * (quantity / entry if self.kind == "inverse" else quantity * entry)
        if self.kind == "margin":
            wallet, cost = wallet - cost, 0.0
        below, above, _ = self._foreseen(wallet, side * quantity, cost)
        price = below if side > 0 else above
        return price if (price > 0.0 if side > 0 else price < math.inf) else None

    @property
    def largest_notional(self) -> float:
        """Return the notional up to which the venue grants this leverage, settlement asset; infinite: any."""
        return self._foreseen(0.0, 0.0, 0.0)[2]

    def _foreseen(self, wallet: float, position: float, cost: float) -> tuple[float, float, float]:
        # Compiled code is asked for only here: a market is described without waiting for numba.
        record, tiers = np.zeros(1, MARKET), self.tier_rows()
        for name, value in self.record(-1, -1).items():
            record[name] = value
        record["tiers"], record["tier_count"] = tiers.ctypes.data, len(tiers)
        margin = import_module("engine.core.margin")
        below, above, most = margin.foreseen(record.ctypes.data, float(wallet), float(position), float(cost))
        return float(below), float(above), float(most)

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
        plain = {field.name: getattr(self, field.name) for field in fields(self)}
        plain["maintenance"] = [
            [tier.floor, tier.rate] + ([] if tier.max_leverage is None else [tier.max_leverage])
            for tier in self.maintenance
            if isinstance(tier, Tier)
        ]
        return plain


MONEY = ("USD", "EUR", "GBP", "CHF", "JPY", "BRL", "TRY", "AUD", "CAD", "DAI")


def decimals_of_money(currency: str) -> int:
    """Return how many decimals an amount is printed with: a coin is worth more than a unit of money."""
    return 2 if any(name in currency for name in MONEY) or not currency else 6


def _tier(step: Any) -> Tier:
    """Return one step of the maintenance table from what was written."""
    if isinstance(step, Tier):
        values = [step.floor, step.rate] + ([] if step.max_leverage is None else [step.max_leverage])
    else:
        values = list(step) if isinstance(step, list | tuple) else []
    if (
        not all(map(is_number, values))
        or len(values) not in (2, 3)
        or values[0] < 0.0
        or not 0.0 <= values[1] < 1.0
        or values[-1] < 0.0
    ):
        raise ConfigError(
            "market maintenance: expected steps of [notional from 0 on, rate below 1, largest leverage], "
            f"such as [0, 0.004, 125], was {step!r}"
        )
    return Tier(*map(float, values))


def units_and_scale(step: float | str, name: str) -> tuple[float, float]:
    """Return whole numbers (units, scale) with step = units / scale, so that rounding needs one division only."""
    try:
        exact = Decimal(str(step))
    except InvalidOperation:
        exact = Decimal("NaN")
    if not exact.is_finite() or not 0 < exact < LARGEST_STEP:
        raise ConfigError(f"market {name}: expected a positive number such as 0.01, was {step!r}")
    exponent = max(0, -int(exact.normalize().as_tuple().exponent))
    if exponent > 15:
        raise ConfigError(f"market {name}: expected at most 15 decimals, was {step!r}")
    return float(exact.scaleb(exponent)), float(10**exponent)


def tick_of(prices: npt.NDArray[np.float64]) -> float:
    """Return the smallest power of ten that all prices are multiples of: the tick as the candles show it."""
    return tick_of_pieces([prices])


def tick_of_pieces(pieces: Iterable[npt.NDArray[np.float64]]) -> float:
    """Return the same of prices that come in pieces."""
    possible = list(range(9))
    for prices in pieces:
        possible = [decimals for decimals in possible if _are_multiples(prices, decimals)]
    return float(10.0 ** -possible[0]) if possible else 1e-8


def _are_multiples(prices: npt.NDArray[np.float64], decimals: int) -> bool:
    scaled = prices * 10.0**decimals
    return bool(np.all(np.abs(scaled - np.rint(scaled)) <= 1e-6 * np.maximum(1.0, np.abs(scaled) * 1e-6)))
