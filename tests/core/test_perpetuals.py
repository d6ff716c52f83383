"""Funding, margin and liquidation of contracts (rules C2 and C4), against golden numbers and on chosen paths."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import Candles, Market, Strategy, param, state
from engine.candles import Funding
from engine.candles.timeframes import iso
from engine.errors import ConfigError, DataError
from tests.core.scripted import START_MS, candles, fills, market, order, play, scripted, whats

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "carrying.json").read_text())
HOUR_MS = 3_600_000


def hours(*opens: float) -> Candles:
    """Return hourly candles that stand still at each price and jump between them."""
    return candles(*((price,) * 4 for price in opens), timeframe="1h")


def stamps(rates: list[float], first: int, marks: list[float] | None = None) -> Funding:
    ms = START_MS + HOUR_MS * (first + np.arange(len(rates)))
    return Funding(ms, np.array(rates), np.array(marks or [np.nan] * len(rates)), "a test")


def isolated(**fields: Any) -> Market:
    return market(margin_mode="isolated", **fields)


def test_c2_longs_pay_positive_rates_on_the_mark_price_at_each_stamp() -> None:
    golden = GOLDEN["funding"]
    history = hours(60_000.0, 60_000.0, *golden["marks"])
    told = scripted(order("buy", 0, quantity=2.0))
    result = play(told, history, market(), cash=200_000.0, funding=stamps(golden["rates"], 2))
    assert result.payments["amount"].tolist() == pytest.approx(golden["payments"], rel=1e-12)
    assert result.metrics.funding == pytest.approx(sum(golden["payments"]), rel=1e-12)
    assert result.metrics.unexplained == pytest.approx(0.0, abs=1e-9)
    assert result.trades["funding"].tolist() == pytest.approx([sum(golden["payments"])])


def test_c2_an_inverse_short_receives_coin() -> None:
    golden = GOLDEN["inverse_funding"]
    on = market(kind="inverse", contract_size=golden["face"], lot=1)
    told = scripted(order("sell", 0, quantity=float(golden["contracts"])))
    history = hours(*[float(golden["mark"])] * 4)
    result = play(told, history, on, cash=10.0, funding=stamps([golden["rate"]], 2))
    assert result.payments["amount"].tolist() == pytest.approx([golden["payment"]], rel=1e-12)
    assert result.metrics.equity_end == pytest.approx(10.0 + golden["payment"], rel=1e-12)


@pytest.mark.parametrize(
    ("orders", "paid"),
    [
        ([order("buy", 1, quantity=1.0)], 0),  # fills at the stamp's own open: after the settlement
        ([order("buy", 0, quantity=1.0), order("close", 1)], 1),  # leaves at that open: held just before it
        ([order("buy", 0, quantity=1.0), order("sell", 1, quantity=3.0)], 1),  # once, not again for what it flips to
    ],
)
def test_c2_only_what_is_held_just_before_the_stamp_pays(orders: list[dict[str, float]], paid: int) -> None:
    result = play(scripted(*orders), hours(*[100.0] * 4), market(), funding=stamps([0.01], 2))
    assert result.payments["amount"].tolist() == pytest.approx([-1.0] * paid)


def test_c2_the_series_own_mark_price_wins_over_the_candles() -> None:
    told, history = scripted(order("buy", 0, quantity=1.0)), hours(*[100.0] * 4)
    result = play(told, history, market(), funding=stamps([0.01], 2, [120.0]))
    assert result.payments["amount"].tolist() == pytest.approx([-1.2])


def test_c2_without_a_series_mark_candles_give_the_price() -> None:
    told, history = scripted(order("buy", 0, quantity=1.0)), hours(*[100.0] * 4)
    result = play(told, history, market(), funding=stamps([0.01], 2), mark=hours(90.0, 90.0, 90.0, 90.0))
    assert result.payments["amount"].tolist() == pytest.approx([-0.9])


def test_c2_milliseconds_after_the_hour_belong_to_the_hour() -> None:
    late = Funding(np.array([START_MS + 2 * HOUR_MS + 14]), np.array([0.01]), np.array([np.nan]), "a test")
    result = play(scripted(order("buy", 1, quantity=1.0)), hours(*[100.0] * 4), market(), funding=late)
    assert len(result.payments) == 0


def test_c2_a_constant_rate_is_charged_every_eight_hours_and_said_to_be_assumed() -> None:
    on = market(funding_rate=0.001)
    result = play(scripted(order("buy", 0, quantity=1.0)), hours(*[100.0] * 20), on)
    assert [str(time)[11:16] for time in result.payments["time"]] == ["08:00", "16:00"]
    assert result.metrics.funding == pytest.approx(-0.2)
    assert "BTC/USDT: funding 0.001 every 8 h, assumed" in result.warnings


def test_c2_a_perpetual_without_funding_says_so_in_its_warnings() -> None:
    result = play(scripted(order("buy", 0, quantity=1.0)), hours(*[100.0] * 3), market())
    assert "BTC/USDT: no funding series given: funding is left out of every number" in result.warnings


def test_c2_stamps_inside_a_candle_are_taken_at_the_next_open_and_counted() -> None:
    inside = Funding(START_MS + np.array([HOUR_MS + HOUR_MS // 2]), np.array([0.01]), np.array([np.nan]), "a test")
    result = play(scripted(order("buy", 0, quantity=1.0)), hours(*[100.0] * 4), market(), funding=inside)
    assert result.payments["time"].dt.hour.tolist() == [2]
    assert any("1 funding settlement inside a candle" in said for said in result.warnings)


@pytest.mark.parametrize("case", GOLDEN["liquidation"], ids=lambda case: case["name"])
def test_c4_the_core_liquidates_at_the_golden_price(case: dict[str, Any]) -> None:
    inverse = case.get("inverse", False)
    on = isolated(
        kind="inverse" if inverse else "linear", leverage=case["leverage"], maintenance=case["tiers"],
        maintenance_fee="taker" in case, taker_fee_rate=case.get("taker", 0.0), lot=1 if inverse else 0.01,
    )  # fmt: skip
    verb = "buy" if case["side"] > 0 else "sell"
    told = scripted(order(verb, 0, quantity=float(case["quantity"])))
    result = play(told, hours(*[float(case["entry"])] * 3), on, cash=1e6)
    field = "liquidated_below" if case["side"] > 0 else "liquidated_above"
    assert result.run.books[field][0] == pytest.approx(case["price"], rel=1e-9)


class Both(Strategy):
    """Buy one quantity of each of two markets at the first close; note where each would be liquidated."""

    first: float = param(1.0)
    second: float = param(1.0)
    prices = state(0.0, array=2)

    def on_start(self, candles, ind, account):
        account[0].buy(quantity=self.first)
        account[1].buy(quantity=self.second)

    def on_timestamp(self, candles, ind, account):
        for m in range(2):
            self.prices[m] = account[m].liquidation_price


def two(symbol: str, *rows: tuple[float, ...]) -> Candles:
    made = candles(*rows, timeframe="1h")
    return Candles(*made.columns, "1h", symbol, "test", "a test")


def test_c4_cross_margin_gives_binances_two_published_prices_on_one_account() -> None:
    golden = GOLDEN["cross"]
    markets, histories = [], []
    for base in ("ETH", "BTC"):
        one = golden[base]
        rows = [(one["entry"],) * 4] * 2 + [(one["entry"], one["entry"], one["mark"], one["mark"])]
        histories.append(two(f"{base}/USDT", *rows, (one["mark"],) * 4))
        plain = market(tick=0.01, lot=0.001, leverage=20.0, maintenance=one["tiers"]).as_dict()
        markets.append(Market(**(plain | {"symbol": f"{base}/USDT"})))
    told = Both(first=golden["ETH"]["quantity"], second=golden["BTC"]["quantity"])
    result = play(told, histories, markets, cash=golden["wallet"])
    found = result.run.states[0]["prices"][0]
    assert len(result.fills) == 2
    for price, base in zip(found, ("ETH", "BTC"), strict=True):
        # The published inputs are rounded: our own sums of the other position differ in the ninth digit.
        assert price == pytest.approx(golden[base]["price"], rel=1e-8)
        assert round(price, 2) == golden[base]["published"]


def test_c4_an_isolated_position_is_liquidated_on_its_way_and_loses_no_more_than_its_margin() -> None:
    on = isolated(leverage=10.0, maintenance=[[0, 0.01]], liquidation_fee_rate=0.005, taker_fee_rate=0.001)
    rows = [(100.0,) * 4, (100.0,) * 4, (100.0, 100.0, 80.0, 85.0), (85.0,) * 4]
    result = play(scripted(order("buy", 0, quantity=10.0), order("buy", 2, quantity=1.0)), rows, on)
    called = 100.0 * 0.9 / 0.99
    assert result.fills["kind"].tolist() == ["market", "liquidation", "market"]
    assert result.fills["reason"].tolist()[1] == "liquidation"
    assert result.fills["price"][1] == pytest.approx(called, abs=0.1)
    loss = 10_000.0 - result.equity.iloc[2]
    assert loss <= 100.0 + 1.0 + 1e-9  # the margin, and the fee of the entry
    assert "1 liquidation, the first at 2024-01-01T00:02Z" in result.warnings
    assert result.metrics.unexplained == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(("side", "gap"), [("buy", 50.0), ("sell", 160.0)])
def test_c4_a_gap_through_the_bankruptcy_price_costs_the_margin_and_no_more(side: str, gap: float) -> None:
    on = isolated(leverage=5.0, maintenance=[[0, 0.005]], liquidation_fee_rate=0.01, taker_fee_rate=0.0005)
    rows = [(100.0,) * 4, (100.0,) * 4, (gap,) * 4, (gap,) * 4]
    result = play(scripted(order(side, 0, quantity=10.0)), rows, on)
    entry_fee = 1000.0 * 0.0005
    assert 10_000.0 - result.metrics.equity_end == pytest.approx(200.0 + entry_fee, rel=1e-12)


def test_c4_liquidation_goes_by_the_mark_price_a_wick_of_the_last_price_does_not_count() -> None:
    on = isolated(leverage=10.0)
    rows = [(100.0,) * 4, (100.0,) * 4, (100.0, 100.0, 60.0, 100.0), (100.0,) * 4]
    steady = candles(*[(100.0, 100.0, 99.0, 100.0)] * 4)
    told = scripted(order("buy", 0, quantity=1.0))
    assert [f[1] for f in fills(play(told, rows, on))] == ["buy", "sell"]
    assert [f[1] for f in fills(play(told, rows, on, mark=steady))] == ["buy"]
    sunk = candles(*[(100.0,) * 4] * 2, (100.0, 100.0, 80.0, 100.0), (100.0,) * 4)
    still = [(100.0,) * 4] * 4
    assert play(told, still, on, mark=sunk).fills["kind"].tolist() == ["market", "liquidation"]


def test_c4_a_liquidation_cancels_the_orders_of_its_position() -> None:
    on = isolated(leverage=10.0)
    rows = [(100.0,) * 4, (100.0,) * 4, (100.0, 100.0, 80.0, 100.0), (100.0,) * 4]
    told = scripted(order("buy", 0, quantity=1.0), order("limit", 0, quantity=1.0, price=70.0))
    result = play(told, rows, on)
    assert set(whats(result)) >= {"cancelled", "liquidated at a mark price of 90.45226131"}
    assert result.run.books["open_orders"][0] == 0


@pytest.mark.parametrize(
    ("stop", "text"),
    [
        (0.12, "denied: a stop at 88 lies beyond the liquidation price 90.45226131"),
        (0.09, None),
    ],
)
def test_c4_a_stop_beyond_the_liquidation_price_is_denied_with_both_numbers(stop: float, text: str | None) -> None:
    on = isolated(leverage=10.0, maintenance=[[0, 0.005]])
    result = play(scripted(order("buy", 0, quantity=1.0, stop_loss=stop)), [(100.0,) * 4] * 3, on)
    assert list(result.orders["what"]) == ([] if text is None else [text])
    assert len(result.fills) == (1 if text is None else 0)


def test_c4_a_reduce_only_stop_placed_later_is_held_to_the_same() -> None:
    on = isolated(leverage=10.0, maintenance=[[0, 0.005]])
    told = scripted(
        order("buy", 0, quantity=1.0), order("stop", 1, side=-1.0, quantity=1.0, trigger=80.0, reduce_only=1.0)
    )
    result = play(told, [(100.0,) * 4] * 4, on)
    assert list(result.orders["what"]) == ["denied: a stop at 80 lies beyond the liquidation price 90.45226131"]


def test_c4_the_venues_leverage_by_tier_is_enforced() -> None:
    on = isolated(leverage=50.0, maintenance=[[0, 0.004, 50], [10_000, 0.01, 20]])
    told = scripted(order("buy", 0, quantity=101.0), order("buy", 1, quantity=99.0))
    result = play(told, [(100.0,) * 4] * 4, on)
    assert list(result.orders["what"]) == [
        "denied: a notional of 10100 is above the 10000 that the venue allows at this leverage"
    ]
    assert fills(result) == [(2, "buy", 99.0, 100.0)]


def test_c4_funding_eats_isolated_margin_and_moves_the_liquidation_price() -> None:
    on = isolated(leverage=10.0, maintenance=[[0, 0.0]])
    result = play(scripted(order("buy", 0, quantity=1.0)), hours(*[100.0] * 5), on, funding=stamps([0.05], 2))
    assert result.run.books["margin"][0] == pytest.approx(5.0)
    assert result.run.books["liquidated_below"][0] == pytest.approx(95.0)


def test_c4_at_leverage_one_a_long_has_no_liquidation_price() -> None:
    result = play(scripted(order("buy", 0, quantity=1.0)), [(100.0,) * 4] * 3, isolated())
    assert result.run.books["liquidated_below"][0] <= 0.0


def test_an_inverse_contract_settles_in_the_coin() -> None:
    on = market(kind="inverse", contract_size=100.0, lot=1, taker_fee_rate=0.0005)
    rows = [(50_000.0,) * 4, (50_000.0,) * 4, (40_000.0,) * 4, (40_000.0,) * 4]
    result = play(scripted(order("sell", 0, quantity=100.0), order("close", 1)), rows, on, cash=1.0)
    gain = 100 * 100.0 * (1 / 40_000.0 - 1 / 50_000.0)
    fees = 0.0005 * (10_000.0 / 50_000.0 + 10_000.0 / 40_000.0)
    assert result.metrics.equity_end == pytest.approx(1.0 + gain - fees, rel=1e-12)
    assert result.metrics.unexplained == pytest.approx(0.0, abs=1e-12)
    assert result.trades["pnl"][0] == pytest.approx(gain - fees, rel=1e-12)


def test_an_inverse_position_averages_so_that_profit_does_not_depend_on_the_steps() -> None:
    on = market(kind="inverse", contract_size=1.0, lot=1)
    rows = [(100.0,) * 4, (100.0,) * 4, (50.0,) * 4, (50.0,) * 4, (80.0,) * 4]
    told = scripted(order("buy", 0, quantity=100.0), order("buy", 1, quantity=100.0), order("close", 2))
    result = play(told, rows, on, cash=100.0)
    assert result.fills["entry_price"][1] == pytest.approx(200 / (100 / 100 + 100 / 50))
    assert result.trades["entry_price"][0] == pytest.approx(200 / 3)


def test_a_dated_future_is_settled_at_its_expiry_and_takes_no_order_after_it() -> None:
    on = market(kind="future", expiry=START_MS + 3 * 60_000)
    rows = [(100.0,) * 4, (100.0,) * 4, (100.0,) * 4, (120.0,) * 4, (130.0,) * 4, (130.0,) * 4]
    told = scripted(
        order("buy", 0, quantity=1.0), order("limit", 1, quantity=1.0, price=50.0), order("buy", 3, quantity=1.0)
    )
    result = play(told, rows, on)
    assert fills(result) == [(1, "buy", 1.0, 100.0), (3, "sell", 1.0, 120.0)]
    assert result.fills["kind"].tolist() == ["market", "settlement"]
    assert list(result.orders["what"])[-1] == "denied: the contract has been settled"
    assert result.metrics.equity_end == 10_020.0


@pytest.mark.parametrize("minutes", [-1, 0])
def test_a_future_that_ended_before_the_first_candle_is_refused_with_both_dates(minutes: int) -> None:
    on = market(kind="future", expiry=START_MS + minutes * 60_000)
    with pytest.raises(ConfigError) as error:
        play(scripted(order("buy", 0, quantity=1.0)), [(100.0,) * 4] * 3, on)
    assert str(error.value) == (
        f"BTC/USDT: expiry: expected after the first candle, 2024-01-01T00:00Z, was {iso(on.expiry)}; "
        "choose earlier candles or a contract that still trades then"
    )


@pytest.mark.parametrize(("minutes", "warned"), [(1, True), (2, True), (3, False), (9, False)])
def test_a_future_that_ends_inside_the_run_is_warned_of(minutes: int, warned: bool) -> None:
    on = market(kind="future", expiry=START_MS + minutes * 60_000)
    result = play(scripted(order("buy", 0, quantity=1.0)), [(100.0,) * 4] * 3, on)
    said = (
        f"BTC/USDT: the contract ends at {iso(on.expiry)}, inside the run: what is open is settled there, "
        "and no order is taken after it"
    )
    assert (said in result.warnings) == warned
    assert ("settlement" in result.fills["kind"].tolist()) == (minutes == 2)  # the buy fills at minute 1, or never


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"kind": "perpetual"}, "market kind: expected one of spot, margin, linear, inverse, future"),
        ({"kind": "spot", "leverage": 2.0}, "a spot market has none"),
        ({"kind": "future"}, "market expiry: expected the end of a dated future, in TOML a date"),
        ({"funding_rate": 0.5}, "market funding_rate: expected a number -0.1 to 0.1"),
        ({"kind": "spot", "borrow_rate": 0.001}, "borrow_rate: belongs to kind = \"margin\""),
        ({"maintenance": [[10, 0.01]]}, "expected floors that rise from 0"),
        ({"maintenance": [[0, 0.02], [10, 0.01]]}, "expected rates that do not fall"),
        ({"maintenance": [[0, "x"]]}, "expected steps of"),
        ({"leverage": 30.0, "maintenance": [[0, 0.01, 20]]}, "30 is above the venue's 20"),
        ({"margin_mode": "isolate"}, 'did you mean "isolated"?'),
    ],
)  # fmt: skip
def test_what_cannot_be_a_market_is_one_sentence(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as error:
        market(**fields)
    assert sentence in str(error.value)


@pytest.mark.parametrize(
    ("ms", "rates", "sentence"),
    [
        ([2, 1], [0.0, 0.0], "expected settlements in rising order"),
        ([1], [50.0], "expected funding rates as fractions"),
        ([1], [float("nan")], "expected funding rates as fractions"),
    ],
)
def test_what_cannot_be_funding_is_one_sentence(ms: list[int], rates: list[float], sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        Funding(START_MS + 60_000 * np.array(ms), np.array(rates), np.full(len(ms), np.nan), "a test")


def test_a_series_outside_of_the_candles_is_refused() -> None:
    with pytest.raises(DataError, match="expected settlements between"):
        play(scripted(order("buy", 0, quantity=1.0)), hours(100.0, 100.0), market(), funding=stamps([0.01], 50))
