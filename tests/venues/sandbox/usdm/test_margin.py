"""Funding, liquidation and what the fund bears: through the client, and against published liquidation prices."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Market
from engine.venues.sandbox import Contract
from engine.venues.sandbox.usdm.margin import zero_of

from ..trading import FLAT, MINUTE_MS, START_MS, played
from .trading import OTHER, SYMBOL, candles, linear, usdm_desk

GOLDEN = json.loads((Path(__file__).parents[3] / "golden" / "liquidation.json").read_text())
HOURS_8 = 8 * 3_600_000


def cases() -> list[Any]:
    return [one for one in GOLDEN["cases"] if one["venue"] == "binance"]


@pytest.mark.parametrize("case", cases(), ids=[one["name"] for one in cases()])
def test_the_venue_s_published_liquidation_prices_come_out(case: Any) -> None:
    told = case["inputs"]
    tiers = told.get("tiers") or [[0, told["mmr"]]]
    contract = Contract.of(Market(symbol="BTC/USDT:USDT", kind="linear", tick=0.1, lot=0.001, maintenance=tiers))
    # One tier of a published example has a cum that its table is not given for: it is as good as more in the wallet.
    wallet = Decimal(str(told["WB"])) - Decimal(str(told.get("TMM", 0))) + Decimal(str(told.get("UPNL", 0)))
    wallet += Decimal(str(told.get("cum", 0)))
    quantity = told["side"] * Decimal(str(told["q"]))
    below, above = zero_of(contract, wallet, quantity, quantity * Decimal(str(told["E"])), [abs(quantity)])
    expected = case["expected"]["LP"] if isinstance(case["expected"], dict) else case["expected"]
    found = below if told["side"] > 0 else above
    assert found is not None
    assert (above if told["side"] > 0 else below) is None
    assert float(found) == pytest.approx(expected, abs=1e-7)


def test_the_tier_follows_the_notional_at_liquidation_and_not_at_the_entry() -> None:
    tiers = [(0, 0.004), (50_000, 0.005), (250_000, 0.01), (1_000_000, 0.025)]
    contract = Contract.of(Market(symbol="BTC/USDT:USDT", kind="linear", tick=0.1, lot=0.001, maintenance=tiers))
    _, above = zero_of(contract, Decimal(48_000), Decimal(-4), Decimal(-240_000), [Decimal(4)])
    assert float(above or 0) == pytest.approx(71_608.910891, abs=1e-6)  # formulae.md, section 5


@settings(max_examples=400, deadline=None)
@given(
    st.integers(0, 2_000), st.integers(0, 2_000), st.integers(500, 2_000), st.integers(500, 2_000),
    st.integers(-50_000, 400_000), st.integers(1, 3_000),
)  # fmt: skip
def test_a_wallet_keeps_what_it_must_between_its_two_marks_and_nowhere_else(
    long: int, short: int, bought: int, sold: int, wallet: int, mark: int
) -> None:
    """Each side keeps by its own tier: Binance's formula for cross margin has a rate and an amount for each of them."""
    tiers = [(0, 0.01), (5_000, 0.02), (20_000, 0.05), (100_000, 0.5)]
    contract = Contract.of(Market(symbol=SYMBOL, kind="linear", tick=0.1, lot=0.01, maintenance=tiers))
    sides = [(Decimal(long) / 10, Decimal(bought)), (Decimal(-short) / 10, Decimal(sold))]
    held = [(quantity, entry) for quantity, entry in sides if quantity]
    cost = sum((quantity * entry for quantity, entry in held), Decimal(0))
    net = sum((quantity for quantity, _ in held), Decimal(0))
    below, above = zero_of(contract, Decimal(wallet), net, cost, [abs(quantity) for quantity, _ in held])
    left = Decimal(wallet) + net * mark - cost
    left -= sum((contract.maintenance(abs(quantity) * mark) for quantity, _ in held), Decimal(0))
    inside = (below is None or mark > below) and (above is None or mark < above)
    assert inside == (left > 0) or abs(left) < Decimal("1e-15")


@played
async def test_a_hedge_on_one_wallet_keeps_each_side_by_its_own_tier_and_both_are_taken_at_one_price() -> None:
    rows = [FLAT] * 3 + [(100.0 + i, 101.0 + i, 100.0 + i, 101.0 + i) for i in range(30)]
    async with usdm_desk(*rows, cash="700") as at:
        await at.client.set_position_mode(True)
        for side, quantity in (("buy", 45.0), ("sell", 48.0)):
            held = "LONG" if side == "buy" else "SHORT"
            await at.client.create_order(SYMBOL, "market", side, quantity, None, {"positionSide": held})
        risk = await at.client.fapiPrivateV3GetPositionRisk()
        # 4,500 and 4,800 are in the lowest tier each, though together they would be in the second.
        assert [float(one["maintMargin"]) for one in risk] == [45.0, 48.0]
        told = {float(one["liquidationPrice"]) for one in risk}
        assert len(told) == 1
        wallet = float((await at.client.fetch_balance())["info"]["totalWalletBalance"])
        # wallet + 45 (P - 100) - 48 (P - 100) = 0.02 * 45 P - 50 + 0.02 * 48 P - 50, both in the second tier by then
        assert told.pop() == pytest.approx((wallet + 300.0 + 100.0) / (3.0 + 0.02 * 93.0), abs=1e-6)


@played
async def test_funding_is_paid_at_its_stamp_by_who_held_just_before() -> None:
    stamp = 5
    rows = [FLAT] * stamp + [(102.0, 103.0, 101.0, 102.0)] + [FLAT] * 4
    start = START_MS + HOURS_8 - stamp * MINUTE_MS
    tape = candles(*rows)
    shifted = type(tape)(
        *(tape.columns._replace(open_ms=tape.open_ms + start - START_MS)), "1m", SYMBOL, "test", "a test"
    )
    async with usdm_desk(tapes=(shifted, shifted), start_ms=start) as at:
        await at.client.create_order(SYMBOL, "market", "buy", 20)
        await at.step(stamp)
        paid = await at.client.fetch_funding_history(SYMBOL)
        assert [(one["amount"], one["timestamp"]) for one in paid] == [
            (-0.204, START_MS + HOURS_8)
        ]  # 20 * 102 * 0.0001
        assert (await at.client.fetch_balance())["USDT"]["total"] == pytest.approx(999 - 0.204 + 40)
        ledger = await at.client.fetch_ledger("USDT")
        assert [one["type"] for one in ledger] == ["transfer", "commission", "fee"]
        raw = await at.client.fapiPrivateGetIncome({"symbol": "BTCUSDT", "incomeType": "COMMISSION"})
        assert [(one["income"], one["tradeId"]) for one in raw] == [("-1.00000000", "1")]
        assert await at.client.fapiPrivateGetIncome({"startTime": START_MS + HOURS_8 + 1}) == []
        await at.audited()


@pytest.mark.parametrize(("mode", "price"), [("cross", 95.9), ("isolated", 95.9)])
@played
async def test_a_margin_call_takes_the_whole_position_at_the_very_price(mode: str, price: float) -> None:
    rows = (FLAT, (100.0, 100.0, 90.0, 91.0), (91.0, 91.0, 91.0, 91.0), (91.0, 91.0, 91.0, 91.0))
    async with usdm_desk(*rows, cash="101" if mode == "cross" else "1000") as at:
        if mode == "isolated":
            await at.client.set_margin_mode("isolated", SYMBOL)
        else:
            await at.client.set_leverage(25, SYMBOL)
        await at.client.create_order(SYMBOL, "market", "buy", 20)
        await at.client.create_order(SYMBOL, "limit", "buy", 0.1, 50)
        await at.client.create_order(SYMBOL, "market", "sell", 5, params={"triggerPrice": 70})
        foreseen = (await at.client.fetch_positions())[0]["liquidationPrice"]
        assert foreseen == pytest.approx(1_900 / 19.8, abs=1e-8)  # a margin or a wallet of 100
        await at.step(2)
        taken = (await at.client.fetch_my_liquidations(SYMBOL))[0]
        assert (taken["price"], taken["contracts"], taken["side"]) == (price, 20.0, "sell")
        order = (await at.client.fapiPrivateGetForceOrders())[0]
        assert (order["clientOrderId"][:10], order["type"], order["timeInForce"]) == ("autoclose-", "LIMIT", "IOC")
        fall = 20 * 60_000 / 1 * (100 - foreseen) / 10 / 60  # a third of a minute from 100 to 90
        assert int(order["time"]) - START_MS - MINUTE_MS == int(fall)
        assert await at.client.fetch_open_orders() == []
        assert await at.client.fetch_open_orders(params={"trigger": True}) == []
        assert await at.client.fetch_positions() == []
        kinds = [one["incomeType"] for one in await at.client.fapiPrivateGetIncome()]
        assert kinds == ["TRANSFER", "COMMISSION", "REALIZED_PNL", "COMMISSION", "INSURANCE_CLEAR"]
        balance = (await at.client.fetch_balance())["USDT"]
        assert balance["total"] >= 0
        await at.audited()


@played
async def test_the_fund_bears_what_a_gap_takes_beyond_the_margin() -> None:
    rows = (FLAT, (50.0, 51.0, 49.0, 50.0), (50.0, 50.0, 50.0, 50.0))
    async with usdm_desk(*rows, cash="150") as at:
        await at.client.create_order(SYMBOL, "market", "buy", 20)
        await at.step(1)
        assert (await at.client.fetch_balance())["USDT"]["total"] == 0.0
        told = await at.audited()
        assert told["floors"]["usdm"]["parties"]["insurance"] == {"USDT": "-851.50000000"}  # 1000 + 1.5 fees - 150


@played
async def test_on_one_wallet_the_largest_loss_goes_first_and_the_rest_may_stay() -> None:
    falls, holds = candles(FLAT, (100.0, 100.0, 80.0, 80.0), FLAT, FLAT), candles(*[FLAT] * 4)
    async with usdm_desk(tapes=(falls, holds), on=linear(liquidation_fee_rate=0.0), cash="400") as at:
        await at.client.create_order(SYMBOL, "market", "buy", 30)
        await at.client.create_order(OTHER, "market", "buy", 5)
        before = {one["symbol"]: one["liquidationPrice"] for one in await at.client.fetch_positions()}
        await at.step(2)
        left = await at.client.fetch_positions()
        assert [one["symbol"] for one in left] == [OTHER]
        taken = await at.client.fetch_my_liquidations(SYMBOL)
        assert taken[0]["price"] == pytest.approx(before[SYMBOL], abs=0.1)
        assert await at.client.fetch_my_liquidations(OTHER) == []
        await at.audited()


@played
async def test_an_isolated_position_takes_nothing_but_its_margin_with_it() -> None:
    rows = (FLAT, (50.0, 51.0, 49.0, 50.0), (50.0, 50.0, 50.0, 50.0))
    async with usdm_desk(*rows, on=linear(), cash="1000") as at:
        await at.client.set_margin_mode("isolated", SYMBOL)
        await at.client.create_order(SYMBOL, "market", "buy", 20)
        await at.step(1)
        assert (await at.client.fetch_balance())["USDT"]["total"] == 899.0  # 1 of fees and 100 of margin
        await at.audited()
