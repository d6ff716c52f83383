"""The capacity curve: with an edge that never changes, more money nets a smaller part of itself, until nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import Rules, backtest
from engine.backtesting import indicating
from engine.honesty import study_costs
from engine.honesty.capacity import capacity
from engine.report.composing import page
from engine.report.material import of_result
from tests.honesty.edges import Edge, Resting, contract, played, waves


class Clumsy(Edge):
    """Begin each candle with an order that is denied whatever the account holds."""

    def on_candle(self, candle, ind, account):
        account.buy(quantity=-1.0)
        if account.is_flat:
            account.buy(fraction=self.fraction)
        else:
            account.close()


def test_net_return_falls_monotonically_for_a_constant_edge_and_dies() -> None:
    curve = capacity(played())
    returns = [point.net_return for point in curve.points]
    assert len(returns) >= 3
    assert (np.diff(returns) < 0.0).all()
    assert returns[-1] <= 0.0 < returns[-2]
    assert curve.points[-2].cash < curve.dies < curve.points[-1].cash  # type: ignore[operator]
    assert curve.dies_band == pytest.approx((curve.dies / 2.25, curve.dies * 4.0))  # type: ignore[operator]
    assert not curve.reason


@pytest.mark.parametrize(("y", "end"), [(0.5, 1), (1.5, 0)])
def test_the_ends_of_the_band_are_where_it_dies_with_another_y(y: float, end: int) -> None:
    plain, other = (capacity(played(on=contract(impact=impact))) for impact in (1.0, y))
    assert other.dies == pytest.approx(plain.dies_band[end], rel=0.2)  # type: ignore[index]


def test_an_edge_that_its_own_size_kills_is_looked_for_in_smaller_accounts() -> None:
    curve = capacity(played(cash=10_000_000.0))
    assert curve.points[0].cash < 10_000_000.0
    assert curve.points[0].net > 0.0


def test_sizes_fixed_in_quote_are_said_to_be() -> None:
    curve = capacity(played(Edge(quote=500.0)))
    assert curve.fixed_sizes
    assert curve.reason == "sizes are fixed, the curve shows the account, not the strategy"
    assert [point.net for point in curve.points] == pytest.approx([curve.points[0].net] * 3, rel=1e-6)
    assert curve.dies is None


def test_a_curve_of_limit_orders_is_said_to_be_too_kind() -> None:
    curve = capacity(played(Resting()))
    assert curve.reason.endswith("which this model lets fill at any size: the curve is too kind")


def test_where_tiers_deny_the_orders_the_curve_blames_them_and_not_impact() -> None:
    result = played(on=contract(leverage=5.0, maintenance=[[0, 0.005, 100], [50_000, 0.1, 2]], impact=0.01))
    curve = capacity(result)
    assert [(point.cash, point.denied) for point in curve.points] == [(10_000, 0), (30_000, 0), (100_000, 549)]
    assert curve.points[-1].denied_by == "too large for its leverage"
    assert (curve.dies, curve.dies_band, curve.fixed_sizes) == (None, None, False)
    assert curve.reason == (
        'with 100,000 USDT 549 of 551 orders are denied, mostly as "too large for its leverage": '
        "that limits the account before its own impact does"
    )
    study_costs(result)
    shown = " ".join(page(of_result(result)).split())
    assert "eats the edge" not in shown
    assert "With 100,000 USDT 549 of 551 orders are denied" in shown
    assert "Orders denied" in shown


def test_denials_that_a_run_has_at_any_size_are_not_held_against_a_larger_account() -> None:
    curve = capacity(played(Clumsy()))
    assert curve.points[0].denied > 500
    assert curve.points[0].denied_by == "no proper size"
    assert curve.dies is not None
    assert not curve.reason


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        (lambda: played(candles=waves(volume=0.0)), "the candles have no volume, and impact is a matter of volume"),
        (lambda: played(Edge(warmed=599)), "nothing was traded"),
        (
            lambda: played(on=contract(leverage=5.0, maintenance=[[0, 0.005, 100], [3_000, 0.1, 2]])),
            'nothing was traded: 551 orders were denied, mostly as "too large for its leverage"',
        ),
        (lambda: played(candles=waves(gain=-0.004)), "it nets nothing at its own size, before any impact of more"),
    ],
)
def test_where_there_is_no_curve_the_reason_is_given(run: Any, reason: str) -> None:
    assert capacity(run()).reason == reason


def test_indicators_are_not_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    result = played()

    def refuse(*given: Any) -> None:
        raise AssertionError("indicators were computed again")

    monkeypatch.setattr(indicating, "indicator_rows", refuse)
    monkeypatch.setattr("engine.backtesting.seating.indicator_rows", refuse)
    monkeypatch.setattr(Edge, "indicators", refuse)
    assert study_costs(result)["capacity"]["points"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [({"compiled": False}, "not computed for an interpreted run: it takes about twenty runs more")],
)
def test_an_interpreted_run_has_its_kinds_and_says_why_it_has_no_more(options: Any, reason: str) -> None:
    told = study_costs(backtest(Edge(), waves(100), contract(), bounds=False, **options))
    assert told["break_even"]["reason"] == told["capacity"]["reason"] == reason
    assert {one["kind"] for one in told["by_kind"] if one["amount"]} == {"taker fees"}


def test_ctrl_c_in_the_middle_keeps_what_there_is() -> None:
    result = played()

    def stop(what: str, done: int, total: int) -> None:
        if what == "capacity":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        study_costs(result, progress=stop)
    told = result.summary()["costs"]
    assert told["break_even"]["multiple"] is not None
    assert told["capacity"] == {"points": [], "reason": "stopped before its end"}


def test_rules_of_the_run_hold_for_its_reruns() -> None:
    result = played(rules={"participation": 0.2, "path": "high_first"})
    assert result.run.rules == Rules(participation=0.2, path="high_first")
    capped = capacity(result)
    assert capped.points
