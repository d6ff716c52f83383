"""The core alone: signals given, code warm. Timed is Run(...) and advance(): allocation, matching, fills, equity."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from engine import AccountRules, RiskRules
from engine.backtesting.inputs import Inputs, Rules
from engine.candles import Store
from strategies.dca import Dca
from strategies.moving_average_short import MovingAverageShort
from tests.benchmarks.by_hand import by_hand
from tests.benchmarks.given import (
    LOWER,
    MILLION,
    UPPER,
    gathered,
    hundred_cells,
    minutes,
    realistic_short,
    run,
    run_with,
    short_signals,
    small_short,
    tiled,
)
from tests.benchmarks.measuring import Row, interleaved, least
from tests.benchmarks.strategies import BareShort, Trailer, Watcher

TIMED = "timed: Run(...).advance(), signals given; fills, equity and exposure included"
ROOT = Path(__file__).parents[2]


def rows() -> Iterator[Row]:
    """Measure every row of the group."""
    yield from _short()
    yield from _risk()
    yield _every_candle()
    yield _realism()
    yield from _grid()
    yield from _dca()
    yield _interpreted()
    yield _markets()
    yield _fork()
    yield _growth()
    yield _memory()


def _short() -> Iterator[Row]:
    inputs = short_signals()
    ours, hand = run(inputs).equity, by_hand(inputs)
    apart = float(np.max(np.abs(ours - hand) / np.abs(hand)))
    if apart > 1e-9:
        raise ValueError(f"the loop by hand and the core end apart: by {apart:.3g} of the equity")
    low_first, adverse, least_loop = interleaved(
        lambda: run(inputs), lambda: run(inputs, "adverse"), lambda: by_hand(inputs), repeats=40
    )
    each = 1e9 / MILLION
    fills = int(run(inputs).run[0]["fill_count"])
    name = "core.moving_average_short"
    yield Row(f"{name} low_first", low_first * each, "ns/candle", 25.0, note=f"{TIMED}; {fills:,} fills")
    yield Row(f"{name} adverse", adverse * each, "ns/candle", 35.0, note=TIMED)
    note = f"by hand {least_loop * each:.1f} ns (equity, no log of fills); the curves differ by {apart:.1g} at most"
    yield Row("core.limit", low_first / least_loop, "x", 5.0, note=note)


def _risk() -> Iterator[Row]:
    """Measure the same short with its exits made by rules, under the account's rules: both in turn, in one process."""
    plain = short_signals()
    bare = gathered(BareShort(fast=20, slow=100), [minutes()])
    account = AccountRules(max_weight=1.0, daily_loss=0.9, max_drawdown=0.999)
    ruled = replace(bare, risk=RiskRules(stop_loss=0.02, take_profit=0.04), account_rules=account)
    own, by_rule = interleaved(lambda: run(plain), lambda: run(ruled), repeats=40)
    note = f"stop and target by rule, weight, daily loss, drawdown; {_fills(ruled):,} fills, plain {_fills(plain):,}"
    yield Row("core.risk", by_rule * 1e9 / MILLION, "ns/candle", note=note)
    yield Row("core.risk ratio", by_rule / own, "x", 1.4, note=f"the plain one beside it {own * 1e9 / MILLION:.1f} ns")


def _every_candle() -> Row:
    inputs = gathered(Watcher(), [minutes()])
    seconds = least(lambda: run(inputs), repeats=40)
    return Row("core.every_candle", seconds * 1e9 / MILLION, "ns/candle", 12.0, note="on_candle looks, no order")


def _realism() -> Row:
    plain, dear = gathered(small_short(), [minutes()]), realistic_short()
    dear.gauged()  # measured once for all runs over the same inputs
    capped = Rules(path="low_first", participation=0.1)
    once, ours = interleaved(lambda: run(plain), lambda: run_with(dear, capped), repeats=40)
    note = (
        "square-root slippage, half-spread by volatility and a cap of 10 % of the volume, over the same without; "
        f"{_fills(plain):,} and {int(run_with(dear, capped).run[0]['fill_count']):,} fills; "
        f"{ours * 1e9 / MILLION:.1f} ns/candle against {once * 1e9 / MILLION:.1f}"
    )
    return Row("core.realism", ours / once, "x", 1.4, note=note)


def _grid() -> Iterator[Row]:
    inputs = hundred_cells()
    low_first, adverse = interleaved(lambda: run(inputs), lambda: run(inputs, "adverse"), repeats=40)
    each = 1e9 / MILLION
    note = f"100 resting orders from {LOWER:,.0f} to {UPPER:,.0f}, spot; {_fills(inputs):,} fills"
    yield Row("core.grid low_first", low_first * each, "ns/candle", 35.0, note=note)
    yield Row(
        "core.grid adverse", adverse * each, "ns/candle", 60.0, note="the same, both paths where they could differ"
    )


def _dca() -> Iterator[Row]:
    ladder = {
        "base_order_quote": 1_000.0,
        "safety_order_quote": 1_000.0,
        "safety_step_rate": 0.01,
        "max_safety_orders": 5,
    }
    inputs = gathered(Dca(kind="ladder", take_profit_rate=0.01, **ladder), [minutes()])
    stopped = gathered(Dca(kind="ladder", take_profit_rate=0.01, stop_loss_rate=0.08, **ladder), [minutes()])
    low_first, adverse, busy = interleaved(
        lambda: run(inputs), lambda: run(inputs, "adverse"), lambda: run(stopped), repeats=40
    )
    each = 1e9 / MILLION
    note = f"a ladder of 5 safety orders of 1 % each, target 1 %; {_fills(inputs):,} fills, long waits at its end"
    yield Row("core.dca low_first", low_first * each, "ns/candle", 12.0, note=note)
    yield Row("core.dca adverse", adverse * each, "ns/candle", note="the same, candles played both ways")
    note = f"the same with a stop at 8 %, so that deals follow each other; low_first, {_fills(stopped):,} fills"
    yield Row("core.dca stopped", busy * each, "ns/candle", note=note)


def _interpreted() -> Row:
    count = 200_000
    inputs = short_signals(count)
    if run(inputs).equity.tobytes() != run(inputs, compiled=False).equity.tobytes():
        raise ValueError("interpreted and compiled end apart")
    seconds = least(lambda: run(inputs, compiled=False), repeats=12)
    note = f"the moving-average short, interpreted, {count:,} candles, low_first; equity is compiled's to the bit"
    return Row("core.interpreted", seconds * 1e6 / count, "us/candle", 1.5, note=note)


def _markets() -> Row:
    count, width = 20_000, 50
    candles = [minutes(count, f"M{index:02d}/USDT") for index in range(width)]
    inputs = gathered(MovingAverageShort(), candles)
    seconds = least(lambda: run(inputs), repeats=40)
    fills = int(run(inputs).run[0]["fill_count"])
    note = f"{width} markets, {count:,} timestamps, one account, low_first; {fills:,} fills"
    return Row("core.markets", seconds * 1e9 / (count * width), "ns/market-candle", 40.0, note=note)


def _fork() -> Row:
    count = 200_000
    inputs = gathered(Trailer(), [minutes(count)])
    both, one = interleaved(lambda: run(inputs, "adverse"), lambda: run(inputs, "low_first"), repeats=20)
    note = f"every candle both ways, a trailing stop resting; the same candle one way {one * 1e9 / count:.0f} ns"
    return Row("core.fork", both * 1e9 / count, "ns/candle", note=note)


def _growth() -> Row:
    # A small size, so that 135,000 fees leave something to trade with.
    strategy = MovingAverageShort(size=0.05)
    short = gathered(strategy, [minutes()])
    long = gathered(strategy, [tiled(minutes(), 10)])
    few, many = (_fills(inputs) for inputs in (short, long))
    once, ten_times = interleaved(lambda: run(short), lambda: run(long), repeats=10)
    note = f"the same million ten times over: {ten_times * 1e8 / MILLION:.1f} ns/candle; {few:,} and {many:,} fills"
    return Row("core.growth", ten_times / once, "x", 11.5, note=note)


def _fills(inputs: Inputs) -> int:
    return int(run(inputs).run[0]["fill_count"])


_CHILD = """
import sys
from pathlib import Path
from engine import backtest
from engine.candles import Store
from strategies.moving_average_short import MovingAverageShort
from tests.benchmarks.given import contract
candles = Store(sys.argv[1]).load("binance:BTC/USDT", "1m")
result = backtest(MovingAverageShort(), candles, contract(), cash=1e6)
result.metrics.as_dict()
status = Path("/proc/self/status")
if status.exists():  # Linux: a process begins with the ru_maxrss of the one that started it
    peak = int(status.read_text().split("VmHWM:")[1].split()[0])
else:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)
print(len(candles), peak)
"""


def _memory() -> Row:
    with tempfile.TemporaryDirectory() as folder:
        Store(folder).write(replace(minutes(), venue="binance"))
        command = [sys.executable, "-c", _CHILD, folder]
        peaks = []
        for _ in range(3):  # the first may compile
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
            count, kilobytes = map(int, done.stdout.split())
            peaks.append(kilobytes / 1024)
    note = f"peak of a process that loads {count:,} candles from the store, backtests all four paths and measures"
    return Row("core.memory", max(peaks[1:]), "MB", 400.0, note=note)
