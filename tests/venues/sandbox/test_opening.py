"""An exchange is opened from names: candles of the store or simulated ones, which never end, at any pace."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from engine import Candles, ConfigError, DataError, Market
from engine.candles import Store
from engine.venues.sandbox import Instrument
from engine.venues.sandbox.asking import Asked
from engine.venues.sandbox.clock import Clock
from engine.venues.sandbox.controlling.truth import audit
from engine.venues.sandbox.opening import ACCOUNT, Opening, open_exchange
from engine.venues.sandbox.quotes import klines, prints, ticker

from ...candles.making import candles
from .trading import market

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
NOON_MS = 19_723 * DAY_MS + 12 * HOUR_MS + 31_000  # on 2024-01-01, in the middle of a minute


def test_a_simulated_market_begins_in_the_middle_of_its_candle_and_goes_on_for_ever() -> None:
    exchange = open_exchange(Opening(), NOON_MS)
    pit = exchange.spot.pits["BTCUSDT"]
    assert (exchange.now_ms, pit.now_ms, pit.inside, pit.is_closed) == (NOON_MS, NOON_MS, True, False)
    assert exchange.spot.balances(ACCOUNT)["USDT"] == (Decimal(10_000), 0)
    exchange.advance(NOON_MS + 4 * DAY_MS)
    assert (pit.now_ms, pit.is_closed) == (NOON_MS + 4 * DAY_MS, False)
    rows = klines(exchange.spot, Asked({"symbol": "BTCUSDT", "interval": "1d", "limit": "5"}))
    assert [row[0] for row in rows] == [day * DAY_MS for day in range(19_723, 19_728)]


@pytest.mark.parametrize("timeframe", ["1m", "5m", "1h", "1d"])
def test_any_driving_timeframe_and_path_can_be_asked_for_candles_and_prints(timeframe: str) -> None:
    exchange = open_exchange(Opening(timeframe=timeframe, path="nearest"), NOON_MS)
    exchange.advance(NOON_MS + 3 * DAY_MS)
    pit = exchange.spot.pits["BTCUSDT"]
    rows = klines(exchange.spot, Asked({"symbol": "BTCUSDT", "interval": "1d"}))
    assert rows[-1][4] == ticker(exchange.spot, pit)["lastPrice"]
    for row in rows:
        assert float(row[3]) <= min(float(row[1]), float(row[4])) <= max(float(row[1]), float(row[4])) <= float(row[2])
    told = prints(pit, None, 0, 10**15, 50)
    assert len(told) == 50
    assert told == sorted(told)
    assert prints(pit, told[0][0], 0, 10**15, 50) == told
    assert [one for one in prints(pit, None, told[0][1], 10**15, 50) if one[0] >= told[0][0]] == told


def test_stored_candles_drive_the_market_until_they_end(tmp_path: Path) -> None:
    Store(tmp_path).write(candles(600))
    opening = Opening(markets=("binance:BTC/USDT", "simulated:ETH/USDT"), timeframe="1h", root=tmp_path, cash=500.0)
    exchange = open_exchange(opening, 0)
    assert exchange.start_ms == int(candles(600).open_ms[300])  # half of them is history, at most 500
    assert set(exchange.spot.pits) == {"BTCUSDT", "ETHUSDT"}
    order = exchange.spot.place(
        ACCOUNT, Asked({"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quoteOrderQty": "100"})
    )
    assert order.filled > 0
    exchange.advance(exchange.start_ms + 300 * HOUR_MS)
    assert [exchange.spot.pits[name].is_closed for name in ("BTCUSDT", "ETHUSDT")] == [True, False]
    assert audit(exchange) == []
    with pytest.raises(DataError, match="expected a beginning within its candles"):
        open_exchange(Opening(markets=("binance:BTC/USDT",), timeframe="1h", root=tmp_path, since="2024-01-01"), 0)


def test_the_market_runs_as_fast_as_it_is_told_and_the_wall_clock_does_not() -> None:
    now = [1_000]
    fast, stepped = Clock(0, 60.0, lambda: now[0]), Clock(0, 0.0, lambda: now[0])
    now[0] += 2_000
    stepped.step(500)
    assert (fast.market_ms, fast.now_ms) == (120_000, 3_000)
    assert (stepped.market_ms, stepped.now_ms) == (500, 3_000)


def test_only_a_spot_market_whose_money_the_ledger_can_hold_is_traded() -> None:
    with pytest.raises(ConfigError, match="the practice exchange trades spot only"):
        Instrument.of(Market(symbol="BTC/USDT", kind="linear", tick=0.1, lot=0.001))
    with pytest.raises(ConfigError, match="tick times lot must be whole units"):
        Instrument.of(market(tick=0.00001, lot=0.00001))


def test_a_coin_of_a_fraction_of_a_cent_trades_in_whole_coins(tmp_path: Path) -> None:
    cheap = candles(100)
    prices = [np.round(column * 1e-7, 8) for column in (cheap.open, cheap.high, cheap.low, cheap.close)]
    Store(tmp_path).write(Candles(cheap.open_ms, *prices, cheap.volume * 1e9, "1h", "DUST/USDT", "binance", "a test"))
    exchange = open_exchange(Opening(markets=("binance:DUST/USDT",), timeframe="1h", root=tmp_path), 0)
    of = exchange.spot.pits["DUSTUSDT"].instrument
    assert (of.tick, of.lot, of.min_quantity) == (Decimal("1E-8"), 1, 1)
    order = exchange.spot.place(
        ACCOUNT, Asked({"symbol": "DUSTUSDT", "side": "BUY", "type": "MARKET", "quoteOrderQty": "100"})
    )
    assert (order.status, order.filled % 1) == ("FILLED", 0)
    assert audit(exchange) == []


def test_candles_that_tell_no_volume_cap_nothing(tmp_path: Path) -> None:
    mute = candles(100)
    columns = (mute.open, mute.high, mute.low, mute.close, 0 * mute.volume)
    Store(tmp_path).write(Candles(mute.open_ms, *columns, "1h", "BTC/USDT", "binance", "a test"))
    exchange = open_exchange(Opening(markets=("binance:BTC/USDT",), timeframe="1h", root=tmp_path), 0)
    order = exchange.spot.place(
        ACCOUNT, Asked({"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "10"})
    )
    assert order.status == "FILLED"
