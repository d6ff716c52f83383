"""What trading cost and did: trades, turnover, fees, and the same money simply held."""

import math
from dataclasses import dataclass

import numpy as np

from engine.errors import ConfigError
from engine.metrics.sampling import DAY_MS, Floats


@dataclass(frozen=True, slots=True)
class TradeMetrics:
    """Hold the metrics of closed round trips; None where undefined."""

    trades: int
    win_rate: float | None  # 0 … 1; a trade with PnL 0 is not won
    profit_factor: float | None  # None without a losing trade
    expectancy: float | None  # quote per trade
    payoff: float | None  # None without a winner or without a loser


def trade_metrics(pnl: Floats) -> TradeMetrics:
    """Measure the net PnL of closed trades, quote; open trades do not belong here."""
    won, lost = pnl[pnl > 0.0], pnl[pnl < 0.0]
    gains, losses = float(won.sum()), -float(lost.sum())
    return TradeMetrics(
        trades=len(pnl),
        win_rate=len(won) / len(pnl) if len(pnl) else None,
        profit_factor=gains / losses if len(lost) else None,
        expectancy=float(pnl.mean()) if len(pnl) else None,
        payoff=(gains / len(won)) / (losses / len(lost)) if len(won) and len(lost) else None,
    )


def turnover(fill_notional: Floats, mean_equity: float | None, elapsed_ms: int) -> tuple[float | None, float | None]:
    """Return the notional of all fills, both sides, ÷ mean equity: of the whole run, and a day."""
    if mean_equity is None or mean_equity <= 0.0:
        return None, None
    whole = float(fill_notional.sum()) / mean_equity
    return whole, whole / (elapsed_ms / DAY_MS) if elapsed_ms > 0 else None


def fee_share(fees: float, profit_before_fees: float) -> float | None:
    """Return how much of what was made went to the venue; None when nothing was made."""
    return fees / profit_before_fees if profit_before_fees > 0.0 else None


def maker_share(fill_notional: Floats, maker: Floats) -> float | None:
    """Return maker notional ÷ all notional, 0 … 1; `maker` is true or 1 where the fill was one."""
    whole = float(fill_notional.sum())
    return float(fill_notional[maker.astype(np.bool_)].sum()) / whole if whole > 0.0 else None


@dataclass(frozen=True, slots=True)
class BuyAndHold:
    """Hold what the same capital would have done in the same instrument."""

    quantity: float  # base
    fee: float  # quote
    cash_left: float  # quote
    final_equity: float  # quote, marked at the last close
    total_return: float


def buy_and_hold(cash: float, first_open: float, last_close: float, taker_fee_rate: float, lot: float) -> BuyAndHold:
    """Buy the largest whole number of lots at the first open, one taker fee in, marked to the end, no fee out."""
    for name, value in (("cash", cash), ("first_open", first_open), ("lot", lot)):
        if not value > 0.0:
            raise ConfigError(f"buy and hold: {name}: expected a number above 0, was {value}")
    exact = cash / (first_open * (1.0 + taker_fee_rate)) / lot
    lots = round(exact) if abs(exact - round(exact)) <= 1e-9 else math.floor(exact)
    a_unit = round(1.0 / lot)  # dividing by it gives the float nearest to the decimal quantity, times the lot does not
    quantity = lots / a_unit if a_unit and math.isclose(a_unit * lot, 1.0, rel_tol=1e-9) else lots * lot
    fee = quantity * first_open * taker_fee_rate
    left = cash - quantity * first_open - fee
    final = left + quantity * last_close
    return BuyAndHold(quantity, fee, left, final, final / cash - 1.0)
