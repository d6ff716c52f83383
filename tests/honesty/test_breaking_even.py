"""The break-even cost multiple: a real run at it nets zero, and where there is none the reason says why."""

from __future__ import annotations

from typing import Any

import pytest

from engine.honesty.breaking_even import TOLERANCE, break_even
from engine.honesty.rerunning import net_of, with_costs
from tests.honesty.edges import GAIN, Resting, contract, played, waves

CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("fees", {}, {}),
    ("fees that kill it", {"taker_fee_rate": 0.01}, {}),
    ("spread and slippage", {"half_spread": 0.0002, "slippage": 0.0001}, {}),
    ("a spread by volatility", {"half_spread_volatility": 0.003}, {}),
    ("square-root impact", {"slippage_model": "square_root", "impact": 0.3}, {}),
    ("volume share", {"slippage_model": "volume_share", "taker_fee_rate": 0.0}, {"volume": 60.0}),
]


@pytest.mark.parametrize(("what", "on", "market"), CASES, ids=[one[0] for one in CASES])
def test_a_run_at_the_reported_multiple_nets_zero_within_tolerance(what: str, on: Any, market: Any) -> None:
    result = played(on=contract(**on), candles=waves(**market))
    found = break_even(result)
    assert found.multiple is not None, found.reason
    assert not found.reason
    run = with_costs(result, found.multiple)
    assert net_of(run) == found.net
    assert abs(net_of(run)) <= TOLERANCE * result.inputs.equity_start


def test_with_fees_alone_the_multiple_is_the_gain_by_the_fees_of_a_round_trip() -> None:
    result = played(on=contract(taker_fee_rate=0.0003))
    found = break_even(result)
    assert found.multiple == pytest.approx(GAIN / (2 + GAIN) / 0.0003, rel=1e-2)


NONE: list[tuple[str, Any, str]] = [
    ("no costs", lambda: played(on=contract(taker_fee_rate=0.0, maker_fee_rate=0.0)), "no costs are assumed, so there is nothing to multiply"),
    ("no edge", lambda: played(candles=waves(gain=-0.004)), "it loses before any cost"),
    ("a rebate", lambda: played(Resting(), contract(maker_fee_rate=-0.0001, taker_fee_rate=1e-9)), "it is still alive at 64 times the assumed costs"),
    ("dearest", lambda: played(on=contract(taker_fee_rate=0.05), candles=waves(gain=4.0)), "it is still alive at 10 times the assumed costs"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "run", "reason"), NONE, ids=[one[0] for one in NONE])
def test_where_there_is_no_multiple_the_reason_is_given(what: str, run: Any, reason: str) -> None:
    found = break_even(run())
    assert (found.multiple, found.reason) == (None, reason)


def test_playing_with_costs_leaves_the_result_as_it_was() -> None:
    result = played()
    before = result.equity_curve.tobytes()
    break_even(result)
    assert result.equity_curve.tobytes() == before
    assert net_of(with_costs(result, 1.0)) == net_of(result.run)
