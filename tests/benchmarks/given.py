"""What is given to every benchmark: candles of the simulated market, contracts, and gathered inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from engine import Candles, Market, Rules, Strategy, simulate
from engine.backtesting.inputs import Inputs, gather
from engine.backtesting.run import Run
from strategies.grid import Grid
from strategies.moving_average_short import MovingAverageShort

MILLION = 1_000_000
MINUTE_MS = 60_000
FROM_MS = 1_704_067_200_000  # 2024-01-01
CASH = 1_000_000.0
FEE_RATE = 0.0005


@cache
def minutes(count: int = MILLION, symbol: str = "BTC/USDT") -> Candles:
    """Return one-minute candles of the simulated market from 2024 on."""
    return simulate(symbol, "1m", FROM_MS, FROM_MS + count * MINUTE_MS)


def tiled(candles: Candles, times: int) -> Candles:
    """Return the same candles again and again, their times running on: equally busy however long."""
    columns = [np.tile(column, times) for column in candles.columns]
    columns[0] = candles.open_ms[0] + MINUTE_MS * np.arange(len(columns[0]), dtype=np.int64)
    return Candles(*columns, candles.timeframe, candles.symbol, candles.venue, candles.source)


def contract(symbol: str = "BTC/USDT") -> Market:
    """Return a linear contract, one fee for makers and takers."""
    return Market(
        symbol=symbol, tick=0.01, lot=0.00001, kind="linear", maker_fee_rate=FEE_RATE, taker_fee_rate=FEE_RATE
    )


def spot(symbol: str = "BTC/USDT") -> Market:
    """Return a spot market, one fee for makers and takers."""
    return Market(symbol=symbol, tick=0.01, lot=0.00001, maker_fee_rate=FEE_RATE, taker_fee_rate=FEE_RATE)


def gathered(
    strategy: Strategy, candles: Sequence[Candles], compiled: bool = True, on: Callable[[str], Market] = contract
) -> Inputs:
    """Return inputs, signals computed and steps compiled: none of that is in the figures of the core."""
    markets = [on(one.symbol) for one in candles]
    return gather(strategy, candles, markets, cash=CASH, compiled=compiled, check_causality=False)


LOWER, UPPER, CELLS = 20_000.0, 60_000.0, 100


@cache
def hundred_cells() -> Inputs:
    """Return the inputs of a grid of 100 cells, so 100 resting orders, of 0.01 BTC each on a spot market."""
    strategy = Grid(lower=LOWER, upper=UPPER, levels=CELLS + 1, order_base=0.01)
    return gathered(strategy, [minutes()], on=spot)


@cache
def short_signals(count: int = MILLION) -> Inputs:
    """Return the inputs of the moving-average short, 20/100 crossings, 2 % stop, 4 % target."""
    strategy = MovingAverageShort(fast=20, slow=100, stop_loss=0.02, take_profit=0.04)
    return gathered(strategy, [minutes(count)])


@cache
def realistic_short(count: int = MILLION) -> Inputs:
    """Return the short on a market whose spread follows volatility and which answers to an order's size."""
    on = replace(contract(), half_spread_volatility=0.002, slippage_model="square_root")
    return gathered(small_short(), [minutes(count)], on=lambda _: on)


def small_short() -> MovingAverageShort:
    """Return the short of a size that a tenth of a minute's volume holds: a cap then costs its checks, and few fills."""
    return MovingAverageShort(fast=20, slow=100, size=0.02, stop_loss=0.02, take_profit=0.04)


def run_with(inputs: Inputs, rules: Rules) -> Run:
    """Play a run under these rules."""
    made = Run(inputs, rules)
    made.advance()
    return made


def run(inputs: Inputs, path: str = "low_first", compiled: bool = True) -> Run:
    """Allocate a run and play it to its end: fills, equity and exposure stand in it."""
    made = Run(inputs, Rules(path=path), compiled=compiled)
    made.advance()
    return made
