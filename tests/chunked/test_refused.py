"""What cannot run in chunks is refused with the reason, before anything runs; what fails on the way keeps its result."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine import ConfigError, DataError, Market, RiskRules, Strategy, StrategyError, backtest, param
from engine.indicators import ema
from strategies.dca import Dca
from strategies.moving_average_short import MovingAverageShort
from tests.chunked.comparing import LINEAR, SPOT, months

SHORT = MovingAverageShort(fast=5, slow=20)


class Recursive(Strategy):
    """Follow an exponential average, which knows all of history."""

    says: int = param(None, optional=True)

    def indicators(self, candles):
        return {"average": ema(candles.close, 50)}

    def warmup(self):
        return self.says

    def on_candle(self, candle, ind, account):
        if candle.close > ind.average:
            account.buy(quote=100.0)


class Late(Recursive):
    """Remember, at candle 300 and after, what candle 3 was."""

    def indicators(self, candles):
        opens = candles.open_ms
        return {"average": np.where(np.arange(len(opens)) < 300, 0.0, candles.close[min(3, len(opens) - 1)])}


class Ahead(Recursive):
    """Look at the next candle, in the second half of the span only."""

    def indicators(self, candles):
        after = np.append(candles.close[1:], np.nan)
        late = candles.open_ms > months().open_ms[len(months()) // 2]
        return {"average": np.where(late, after, candles.close)}


class Falls(Strategy):
    """Trade on every candle, and divide by zero at one."""

    at: int = param(300)

    def indicators(self, candles):
        return {"close": candles.close}

    def warmup(self):
        return 0

    def on_candle(self, candle, ind, account):
        if account.is_flat:
            account.buy(quote=100.0)
        else:
            account.close()
        if candle.open_ms >= 1_704_067_200_000 + self.at * 3_600_000:
            account.buy(quantity=1.0 / (candle.close - ind.close))


@pytest.mark.parametrize(
    ("strategy", "market", "more", "said"),
    [
        (Recursive(), LINEAR, {}, r"Recursive: warmup\(\) says None, no finite number of candles"),
        (Recursive(says=200), LINEAR, {}, r'Recursive.indicators\(\): "average" at .* changes with where its history'),
        (Late(says=5), LINEAR, {}, r'Late.indicators\(\): "average" at .* changes with where its history begins'),
        (
            Dca(
                kind="ladder", base_order_quote=100.0, safety_order_quote=100.0, safety_step_rate=0.01,
                take_profit_rate=0.01, start_condition="signal", start_signal="rsi_below",
            ),
            SPOT, {}, r'Dca.indicators\(\): "start" at .* changes with where its history begins',
        ),
        (SHORT, LINEAR, {"compiled": False}, "a run in chunks must be compiled"),
        (SHORT, LINEAR, {"mark": months()}, "mark: a run in chunks takes no mark prices"),
        ([SHORT, MovingAverageShort()], LINEAR, {}, "chunk: expected one strategy, were MovingAverageShort and"),
        (SHORT, replace(LINEAR, half_spread_volatility=0.01), {}, "costs that follow volatility, volume or a file"),
        (SHORT, replace(LINEAR, slippage_model="square_root"), {}, "costs that follow volatility, volume or a file"),
        (SHORT, LINEAR, {"risk": RiskRules(stop_atr=2.0)}, "risk: rules in true ranges or volatility"),
        (SHORT, LINEAR, {"chunk": 0}, "chunk: expected a whole number of timestamps of at least 1, was 0"),
        (SHORT, Market(symbol="BTC/USDT", tick=1e6, lot=1.0, kind="linear"), {}, "market tick: expected a step of"),
    ],
)  # fmt: skip
def test_it_says_why_it_cannot_run_in_chunks(strategy: Any, market: Market, more: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        backtest(strategy, months(), market, **{"chunk": 400, **more})


def test_an_indicator_that_looks_ahead_is_found_in_the_chunk_where_it_does() -> None:
    with pytest.raises(StrategyError, match="looks ahead"):
        backtest(Ahead(says=0), months(), SPOT, chunk=200)


def test_a_warmup_longer_than_the_candles_is_refused_as_in_one_piece() -> None:
    with pytest.raises(DataError, match="needs 500 candles before it can decide"):
        backtest(MovingAverageShort(slow=500), months().between(None, int(months().open_ms[400])), LINEAR, chunk=100)


def test_a_strategy_that_fails_leaves_the_result_up_to_there() -> None:
    with pytest.raises(
        StrategyError, match="Falls at the candle of 2024-01-13T12:00Z raised ZeroDivisionError"
    ) as in_chunks:
        backtest(Falls(), months(), SPOT, chunk=128)
    partial = in_chunks.value.partial  # type: ignore[attr-defined]
    with pytest.raises(StrategyError) as error:
        backtest(Falls(), months(), SPOT)
    whole = error.value.partial  # type: ignore[attr-defined]
    assert str(in_chunks.value) == str(error.value)  # with the author's line
    assert (partial.complete, partial.curves.count) == (False, whole.curves.count)
    assert partial.metrics == whole.metrics
    assert partial.fill_rows.tobytes() == whole.fill_rows.tobytes()
    assert partial.warnings == whole.warnings
    assert "stopped after 301 of" in " ".join(partial.warnings)


def test_ctrl_c_gives_the_result_of_the_candles_before_it() -> None:
    def press(what: str, done: int, total: int) -> None:
        if done >= 600:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as pressed:
        backtest(SHORT, months(), LINEAR, chunk=150, progress=press)
    partial = pressed.value.partial  # type: ignore[attr-defined]
    whole = backtest(SHORT, months().between(None, int(months().open_ms[600])), LINEAR, bounds=False)
    assert partial.curves.count == 600
    assert partial.fill_rows.tobytes() == whole.fill_rows.tobytes()
    assert partial.metrics == whole.metrics
    assert threading.active_count() == 1
