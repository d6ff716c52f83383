"""A universe of survivors is named as one, before any number."""

from __future__ import annotations

from dataclasses import replace

from engine import Candles, Strategy, backtest
from tests.core.scripted import candles, market

ROWS = [(100.0, 101.0, 99.0, 100.0)] * 20


class Idle(Strategy):
    def on_timestamp(self, candles, ind, account):
        pass


def told(lengths: dict[str, int], venue: str = "binance") -> list[str]:
    several = []
    for name, length in lengths.items():
        one = candles(*ROWS[:length])
        several.append(Candles(*one.columns, one.timeframe, f"{name}/USDT", venue, "a test"))
    markets = [replace(market(), symbol=one.symbol, venue=venue) for one in several]
    result = backtest(Idle(), several, markets, bounds=False, compiled=False)
    return [one for one in result.warnings if "survivors" in one]


def test_three_markets_that_all_live_to_the_end_are_survivors() -> None:
    assert told({"BTC": 20, "ETH": 20, "SOL": 20}) == [
        "all 3 markets are still traded at 2024-01-01T00:20Z: a universe without any that was delisted shows what "
        "the survivors did, not what could have been chosen then"
    ]


def test_a_universe_with_one_that_was_delisted_is_none_of_survivors() -> None:
    assert told({"BTC": 20, "ETH": 20, "LUNA": 12}) == []


def test_a_pair_is_no_universe_and_simulated_markets_have_no_history() -> None:
    assert told({"BTC": 20, "ETH": 20}) == []
    assert told({"BTC": 20, "ETH": 20, "SOL": 20}, "simulated") == []
