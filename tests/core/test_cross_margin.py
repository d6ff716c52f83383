"""Cross margin over several markets (rule C4): what answers with one balance is liquidated in order of its loss."""

from __future__ import annotations

import pytest

from engine import Candles, Market, Strategy, param, state
from tests.core.scripted import candles, market, play

WIDTH = 3


class Holder(Strategy):
    """Open one position a market at the first close: signed quantities."""

    sizes = param([0.0] * WIDTH)

    def on_start(self, candles, ind, account):
        for m in range(len(account)):
            if self.sizes[m] > 0.0:
                account[m].buy(quantity=self.sizes[m])
            elif self.sizes[m] < 0.0:
                account[m].sell(quantity=-self.sizes[m])

    def on_timestamp(self, candles, ind, account):
        pass


def several(*columns: list[tuple[float, ...]]) -> tuple[list[Candles], list[Market]]:
    histories, markets = [], []
    for name, rows in zip("ABC", columns, strict=False):
        made = candles(*rows)
        histories.append(Candles(*made.columns, "1m", f"{name}/USDT", "test", "a test"))
        plain = market(leverage=20.0, maintenance=[[0, 0.01]]).as_dict()
        markets.append(Market(**(plain | {"symbol": f"{name}/USDT"})))
    return histories, markets


FLAT = (100.0,) * 4
CRASH = [
    # A loses little, B loses most, C gains: B goes first.
    [FLAT, FLAT, (100.0, 100.0, 98.0, 98.0), (98.0,) * 4],
    [FLAT, FLAT, (100.0, 100.0, 40.0, 40.0), (40.0,) * 4],
    [FLAT, FLAT, (100.0, 100.0, 99.0, 99.0), (99.0,) * 4],
]


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 0, 1)])
@pytest.mark.parametrize("path", ["adverse", "favourable", "low_first", "high_first"])
def test_c4_in_a_crash_the_position_that_lost_most_goes_first_whatever_the_order_of_markets(
    order: tuple[int, ...], path: str
) -> None:
    histories, markets = several(*(CRASH[i] for i in order))
    sizes = [[30.0, 20.0, -10.0][i] for i in order]
    result = play(Holder(sizes=sizes), histories, markets, cash=1_000.0, path=path)
    gone = result.fills[result.fills["kind"] == "liquidation"]
    assert gone["market"].tolist()[0] == f"{'ABC'[order.index(1)]}/USDT"
    assert result.metrics.equity_end > 0.0
    assert result.metrics.unexplained == pytest.approx(0.0, abs=1e-9)


def test_c4_when_the_first_is_not_enough_the_next_one_goes_too_and_nothing_below_zero_is_owed() -> None:
    column = [FLAT, FLAT, (100.0, 100.0, 40.0, 40.0), (40.0,) * 4]
    histories, markets = several(column, column, column)
    result = play(Holder(sizes=[30.0, 20.0, 10.0]), histories, markets, cash=1_000.0)
    assert result.fills["kind"].tolist().count("liquidation") >= 2
    assert result.metrics.equity_end >= -1e-9
    assert result.metrics.unexplained == pytest.approx(0.0, abs=1e-9)


def test_c4_a_candle_whose_calls_differ_with_the_order_of_its_extremes_counts_as_dependent() -> None:
    sinking = [FLAT, FLAT, (100.0, 100.0, 60.0, 60.0), (60.0,) * 4]
    soaring = [FLAT, FLAT, (100.0, 160.0, 100.0, 160.0), (160.0,) * 4]
    histories, markets = several(sinking, soaring)
    results = {
        path: play(Holder(sizes=[30.0, 20.0, 0.0]), histories, markets, cash=1_000.0, path=path)
        for path in ("adverse", "favourable", "low_first", "high_first")
    }
    ends = {path: result.metrics.equity_end for path, result in results.items()}
    gone = {path: result.fills.query("kind == 'liquidation'")["price"].tolist() for path, result in results.items()}
    # Lows first: 1,000 + 30 (P - 100) = 0.01 (30 P + 20 x 100), and then the other market soars.
    assert gone["low_first"] == [68.0]
    # Highs first the other has risen, so the first bears more; what is left answers for the other's fall back to 100.
    assert [gone["high_first"][0] < 68.0, len(gone["high_first"])] == [True, 2]
    assert ends["adverse"] == min(ends["low_first"], ends["high_first"]) < ends["favourable"]
    assert results["adverse"].path_dependent == 1


class Looking(Holder):
    """Note at every close where the first market would be liquidated."""

    seen: int = state(0)
    prices = state(0.0, array=8)

    def on_timestamp(self, candles, ind, account):
        self.prices[self.seen] = account[0].liquidation_price
        self.seen += 1


def test_c4_a_loss_on_one_market_moves_the_liquidation_price_of_another() -> None:
    falling = [FLAT, FLAT, (100.0, 100.0, 90.0, 90.0), (90.0,) * 4]
    histories, markets = several([FLAT] * 4, falling)
    prices = play(Looking(sizes=[10.0, 10.0, 0.0]), histories, markets, cash=500.0).run.states[0]["prices"][0]
    # B's loss and what it must keep are not there for A: wallet + 10 * (P - 100) = 0.01 * 10 * P.
    for at, wallet in ((1, 500.0 - 0.01 * 10.0 * 100.0), (2, 500.0 - 100.0 - 0.01 * 10.0 * 90.0)):
        assert prices[at] == pytest.approx((1_000.0 - wallet) / (10.0 * 0.99))
