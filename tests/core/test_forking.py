"""Rule P2 where only one extreme can trigger anything: one walk must stand for both, to the byte."""

from __future__ import annotations

from hypothesis import given

from engine import Candles, Market, Rules, Strategy, state
from engine.backtesting.inputs import gather
from engine.backtesting.run import Run
from engine.compiling import read_program
from tests.core.scripted import Scripted
from tests.core.test_ledger import MARKETS, RELAXED, RULES, histories, scripts


class ReadsTime(Strategy):
    """Decide by when it filled, in a helper."""

    last: int = state(0)

    def on_candle(self, candle, ind, account):
        self.last = candle.open_ms

    def on_fill(self, fill, account):
        self.note(fill)

    def note(self, fill):
        self.last = fill.ms


@RELAXED
@given(scripts(), histories(), MARKETS, RULES)
def test_p2_a_candle_that_is_not_forked_ends_as_the_forked_one(
    strategy: Scripted, history: Candles, on: Market, rules: Rules
) -> None:
    inputs = gather(strategy, [history], [on], cash=10_000.0)
    quick, forked = Run(inputs, rules), Run(inputs, rules)
    assert quick.slots["timeless"].all()
    forked.slots["timeless"] = 0
    quick.advance()
    forked.advance()
    for name in ("equity", "exposure", "dependent"):
        assert getattr(quick, name).tobytes() == getattr(forked, name).tobytes()
    for name in ("fill", "event"):
        count = int(quick.run[0][name + "_count"])
        assert count == forked.run[0][name + "_count"]
        assert getattr(quick, name + "s")[:count].tobytes() == getattr(forked, name + "s")[:count].tobytes()


def test_a_strategy_whose_on_fill_reads_times_is_always_forked() -> None:
    assert not read_program(ReadsTime).timeless
    assert read_program(Scripted).timeless
