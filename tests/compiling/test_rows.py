"""What a portfolio strategy sees of its markets: rows, compiled and interpreted alike."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine import Market, StrategyError
from tests.compiling.plugins import LooksAtRows
from tests.core.scripted import candles, play

ONE, OTHER = candles((10.0, 10.0, 10.0, 10.0)), replace(candles((20.0, 20.0, 20.0, 20.0)), symbol="ETH/USDT")
MARKETS = [Market(symbol=symbol, kind="linear", tick=0.1, lot=0.01) for symbol in ("BTC/USDT", "ETH/USDT")]


def test_rows_are_counted_and_read_from_either_end() -> None:
    result = play(LooksAtRows(), [ONE, OTHER], MARKETS)
    assert result.run.states[0]["total"][0] == 2 + 10.0 + 20.0 + 40.0 + 20.0


@pytest.mark.parametrize("beyond", [2, -3])
def test_a_row_that_is_not_there_is_an_error_with_its_line(beyond: int) -> None:
    with pytest.raises(StrategyError, match=r"plugins.py:\d+.*IndexError"):
        play(LooksAtRows(beyond=beyond), [ONE, OTHER], MARKETS)
