"""What carrying costs cost: funding, margin, a mark price and risk rules, beside the same run without them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from engine import AccountRules, Market, RiskRules
from strategies.moving_average_short import MovingAverageShort
from tests.benchmarks.given import MILLION, contract, gathered, minutes, run, short_signals
from tests.benchmarks.measuring import Row, interleaved
from tests.benchmarks.strategies import BareShort

ROOT = Path(__file__).parents[2]
WIDTH, COUNT = 100, 100_000
CAP = 0.9


def rows() -> Iterator[Row]:
    """Measure every row of the group."""
    yield from _carry()
    yield from _hundred()


def perpetual(symbol: str = "BTC/USDT") -> Market:
    """Return the contract with funding every eight hours, tiers, isolated margin at leverage 3."""
    tiers = [[0, 0.004, 125], [50_000, 0.005, 100], [250_000, 0.01, 50], [3_000_000, 0.025, 20], [15_000_000, 0.05, 10]]
    return replace(
        contract(symbol), leverage=3.0, margin_mode="isolated", maintenance=tiers, liquidation_fee_rate=0.0125,
        funding_rate=0.0001,
    )  # fmt: skip


def _carry() -> Iterator[Row]:
    plain = short_signals()
    short = MovingAverageShort(fast=20, slow=100, stop_loss=0.02, take_profit=0.04)
    carried = gathered(short, [minutes()], on=perpetual)
    rules = AccountRules(max_weight=3.0, daily_loss=CAP, max_drawdown=0.999)
    ruled = replace(
        gathered(BareShort(fast=20, slow=100), [minutes()], on=perpetual),
        risk=RiskRules(stop_loss=0.02, take_profit=0.04), account_rules=rules,
    )  # fmt: skip
    once, ours, all_of_it = interleaved(lambda: run(plain), lambda: run(carried), lambda: run(ruled), repeats=40)
    payments = int(run(carried).run[0]["payment_count"])
    note = f"funding ({payments:,} payments), tiers and isolated margin; plain {once * 1e9 / MILLION:.1f} ns/candle"
    yield Row("carry.funding ratio", ours / once, "x", 1.4, note=note)
    yield Row("carry.everything ratio", all_of_it / once, "x", 1.4, note="the same with exits and account by rule")


_CHILD = f"""
import sys, time
from pathlib import Path
from engine import AccountRules, RiskRules, Rules
from engine.backtesting.inputs import gather
from engine.backtesting.run import Run
from tests.benchmarks.carry import COUNT, WIDTH, perpetual
from tests.benchmarks.given import minutes
from tests.benchmarks.strategies import BareShort
candles = [minutes(COUNT, f"M{{index:02d}}/USDT") for index in range(WIDTH)]
markets = [perpetual(one.symbol) for one in candles]
cross = len(sys.argv) > 1
if cross:
    from dataclasses import replace
    markets = [replace(one, margin_mode="cross") for one in markets]
account = AccountRules(max_gross=3.0, max_weight=0.5, daily_loss={CAP}, max_drawdown=0.999)
inputs = gather(BareShort(fast=20, slow=100), candles, markets, cash=1e6, check_causality=False,
                risk=RiskRules(stop_loss=0.02, take_profit=0.04), account_rules=account)
best = 1e9
for _ in range(5):
    run = Run(inputs, Rules(path="low_first"))
    began = time.perf_counter()
    run.advance()
    best = min(best, time.perf_counter() - began)
peak = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
counts = [int(run.run[0][name]) for name in ("fill_count", "payment_count")]
print(best * 1e9 / (COUNT * WIDTH), peak / 1024, *counts)
"""


def _hundred() -> Iterator[Row]:
    for mode in ("isolated", "cross"):
        command = [sys.executable, "-c", _CHILD, *(["cross"] if mode == "cross" else [])]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        nanoseconds, megabytes, fills, payments = map(float, done.stdout.split())
        note = (
            f"{WIDTH} markets, {COUNT:,} timestamps, one account, {mode} margin, funding, exits and account by rule; "
            f"advance() alone, least of 5; {fills:,.0f} fills, {payments:,.0f} payments"
        )
        yield Row(f"carry.markets {mode}", nanoseconds, "ns/market-candle", 150.0, note=note)
        yield Row(f"carry.memory {mode}", megabytes, "MB", 2_000.0, note="peak of that process, candles included")
