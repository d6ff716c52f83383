"""Gauges: causal (rule T2), exact against plain numpy, and carried on where a market has no candle."""

from __future__ import annotations

import numpy as np
import pytest

from engine import Candles, Market, simulate
from engine.backtesting.gauging import LEAST_RETURNS, gauge_rows
from engine.indicators import atr

MARKET = Market(symbol="BTC/USDT", tick=0.01, lot=0.001, half_spread=0.0002)
START_MS = 1_704_067_200_000
HOUR_MS = 3_600_000


def hours(count: int = 800) -> Candles:
    return simulate("BTC/USDT", "1h", START_MS, START_MS + count * HOUR_MS)


def test_t2_row_k_depends_on_candles_before_k_only() -> None:
    whole = hours()
    rows = gauge_rows([whole], [MARKET], whole.open_ms)[0]
    for cut in (1, 25, 500, 799):
        part = whole.between(None, int(whole.open_ms[cut]))
        assert gauge_rows([part], [MARKET], part.open_ms)[0].tobytes() == rows[: cut + 1].tobytes()


def test_a_gauge_is_what_numpy_makes_of_the_window_before_it() -> None:
    one = hours()
    rows = gauge_rows([one], [MARKET], one.open_ms, atr_candles=10, window_days=5.0)[0]
    k, window = 700, 120
    returns = np.diff(one.close[k - window - 1 : k]) / one.close[k - window - 1 : k - 1]
    assert rows["sigma_day"][k] == pytest.approx(returns.std(ddof=1) * np.sqrt(24), rel=1e-9)
    assert rows["volume_day"][k] == pytest.approx(one.volume[k - window : k].mean() * 24, rel=1e-9)
    assert rows["atr"][k] == atr(one.high, one.low, one.close, 10)[k - 1]
    assert rows["half_spread"][k] == 0.0002


def test_without_history_there_is_no_gauge() -> None:
    one = hours()
    rows = gauge_rows([one], [MARKET], one.open_ms)[0]
    assert np.isnan(rows["volume_day"][0])
    assert np.flatnonzero(~np.isnan(rows["sigma_day"]))[0] == LEAST_RETURNS + 1
    assert np.flatnonzero(~np.isnan(rows["atr"]))[0] == 14


def test_a_market_without_a_candle_keeps_its_last_gauge() -> None:
    one = hours(100)
    part = one.between(None, int(one.open_ms[60]))
    rows = gauge_rows([part, one], [MARKET, MARKET], one.open_ms)
    assert rows.shape == (2, 101)
    assert rows[0][60:].tobytes() == rows[0][60:61].tobytes() * 41
    assert rows[0][:61].tobytes() == rows[1][:61].tobytes()
