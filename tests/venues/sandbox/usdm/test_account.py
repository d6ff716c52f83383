"""Wallets, positions, modes, leverage and margin through the real client."""

from __future__ import annotations

from typing import Any

import ccxt.async_support as ccxt
import pytest

from ..trading import FLAT, played, refusal
from .trading import OTHER, SYMBOL, usdm_desk

UP = (100.0, 106.0, 99.0, 104.0)


@played
async def test_a_position_is_shown_with_its_margin_and_its_liquidation_price() -> None:
    async with usdm_desk(FLAT, UP, FLAT) as at:
        await at.client.set_leverage(10, SYMBOL)
        await at.client.create_order(SYMBOL, "market", "buy", 20)
        await at.control("POST", "step", ms=119_999)
        found = (await at.client.fetch_positions())[0]
        assert (found["side"], found["contracts"], found["entryPrice"], found["markPrice"]) == (
            "long",
            20.0,
            100.0,
            104.0,
        )
        assert (found["unrealizedPnl"], found["notional"], found["initialMargin"]) == (80.0, 2080.0, 208.0)
        assert (found["maintenanceMargin"], found["marginMode"], found["hedged"]) == (20.8, "cross", False)
        # wallet 999: (2000 - 999) / (20 * 0.99)
        assert found["liquidationPrice"] == pytest.approx(1_001 / 19.8, abs=1e-8)
        second = {one["symbol"]: one for one in await at.client.fetch_positions(params={"useV2": True})}
        assert (second[SYMBOL]["leverage"], second[SYMBOL]["liquidationPrice"]) == (10.0, found["liquidationPrice"])
        of_account = await at.client.fetch_positions(params={"method": "account"})
        assert (of_account[0]["contracts"], of_account[0]["unrealizedPnl"]) == (20.0, 80.0)
        old = await at.client.fapiPrivateV2GetAccount()
        assert [one["leverage"] for one in old["positions"]] == ["10", "20"]
        assert (old["canTrade"], old["totalMarginBalance"]) == (True, "1079.00000000")
        for version in (at.client.fapiPrivateV2GetBalance, at.client.fapiPrivateV3GetBalance):
            row = (await version())[0]
            assert (row["asset"], row["balance"], row["crossUnPnl"]) == ("USDT", "999.00000000", "80.00000000")
            assert row["availableBalance"] == "871.00000000"
        await at.audited()


@played
async def test_an_isolated_position_keeps_a_margin_that_can_be_moved() -> None:
    async with usdm_desk() as at:
        await at.client.set_margin_mode("isolated", SYMBOL)
        await at.client.create_order(SYMBOL, "market", "sell", 20)
        found = (await at.client.fetch_positions())[0]
        assert (found["marginMode"], found["collateral"], found["side"]) == ("isolated", 100.0, "short")
        # margin 100: (2000 + 100) / (20 * 1.01)
        assert found["liquidationPrice"] == pytest.approx(2_100 / 20.2, abs=1e-8)
        added = await at.client.add_margin(SYMBOL, 50)
        assert (added["status"], added["amount"], added["type"]) == ("ok", 50.0, "add")
        assert (await at.client.fetch_positions())[0]["liquidationPrice"] == pytest.approx(2_150 / 20.2, abs=1e-8)
        await at.client.reduce_margin(SYMBOL, 30)
        assert (await refusal(at.client.reduce_margin(SYMBOL, 21)))[2] == -4051
        assert (await refusal(at.client.add_margin(SYMBOL, 900)))[2] == -4050
        nothing = {"symbol": "BTCUSDT", "type": 1, "amount": "0"}
        assert (await refusal(at.client.fapiPrivatePostPositionMargin(nothing)))[2] == -4055
        assert (await refusal(at.client.add_margin(OTHER, 1)))[2] == -4049
        history = await at.client.fetch_margin_adjustment_history(SYMBOL)
        assert [(one["type"], one["amount"]) for one in history] == [("add", 50.0), ("reduce", 30.0)]
        assert len(await at.client.fetch_margin_adjustment_history(SYMBOL, "add")) == 1
        await at.client.create_order(SYMBOL, "market", "buy", 20)
        assert (await at.client.fetch_balance())["USDT"]["free"] == 998.0
        assert (await refusal(at.client.add_margin(SYMBOL, 1)))[2] == -4054
        await at.audited()


@played
async def test_leverage_and_margin_type_change_only_where_nothing_hangs_on_them() -> None:
    async with usdm_desk() as at:
        told = await at.client.set_leverage(40, SYMBOL)
        assert (told["leverage"], told["maxNotionalValue"]) == ("40", "5000") or told["leverage"] == 40
        assert (await refusal(at.client.set_leverage(51, SYMBOL)))[0:3:2] == (ccxt.BadRequest, -4028)
        assert (await refusal(at.client.set_margin_mode("cross", SYMBOL)))[0:3:2] == (ccxt.MarginModeAlreadySet, -4046)
        resting = await at.client.create_order(SYMBOL, "limit", "buy", 1, 90)
        assert (await refusal(at.client.set_margin_mode("isolated", SYMBOL)))[2] == -4047
        assert (await refusal(at.client.set_position_mode(True)))[2] == -4067
        await at.client.cancel_order(resting["id"], SYMBOL)
        await at.client.create_order(SYMBOL, "market", "buy", 49)
        assert (await refusal(at.client.set_margin_mode("isolated", SYMBOL)))[2] == -4048
        assert (await refusal(at.client.set_position_mode(True)))[2] == -4068
        assert (await refusal(at.client.set_leverage(4, SYMBOL)))[2] == -2028
        await at.client.create_order(SYMBOL, "market", "sell", 49)
        await at.client.set_margin_mode("isolated", SYMBOL)
        await at.client.create_order(SYMBOL, "market", "buy", 1)
        assert (await refusal(at.client.set_leverage(5, SYMBOL)))[2] == -4161
        assert (await at.client.fetch_margin_mode(SYMBOL))["marginMode"] == "isolated"
        modes = await at.client.fetch_margin_modes([SYMBOL, OTHER])
        assert {symbol: one["marginMode"] for symbol, one in modes.items()} == {SYMBOL: "isolated", OTHER: "cross"}
        assert (await at.client.fetch_leverages())[SYMBOL]["longLeverage"] == 40
        await at.audited()


@played
async def test_in_hedge_mode_a_long_stands_beside_a_short() -> None:
    async with usdm_desk(FLAT, UP, FLAT) as at:
        assert (await refusal(at.client.set_position_mode(False)))[2] == -4059
        await at.client.set_position_mode(True)
        assert (await at.client.fetch_position_mode())["hedged"] is True
        await at.client.create_order(SYMBOL, "market", "buy", 3, params={"hedged": True})
        await at.client.create_order(SYMBOL, "market", "sell", 2, params={"hedged": True})
        assert (await refusal(at.client.create_order(SYMBOL, "market", "buy", 1)))[2] == -4061
        raw = {"symbol": "BTCUSDT", "side": "SELL", "type": "MARKET", "quantity": "1", "positionSide": "LONG"}
        assert (await refusal(at.client.fapiPrivatePostOrder(raw | {"reduceOnly": "true"})))[2] == -1106
        sides = {one["side"]: one for one in await at.client.fetch_positions()}
        assert {side: (one["contracts"], one["hedged"]) for side, one in sides.items()} == {
            "long": (3.0, True), "short": (2.0, True),
        }  # fmt: skip
        await at.step(2)
        sold = await at.client.create_order(SYMBOL, "market", "sell", 3, params={"hedged": True, "reduceOnly": True})
        assert (sold["info"]["positionSide"], sold["filled"]) == ("LONG", 3.0)
        nothing = at.client.create_order(SYMBOL, "market", "sell", 3, params={"hedged": True, "reduceOnly": True})
        assert (await refusal(nothing))[2] == -2022
        left = await at.client.fetch_positions()
        assert [(one["side"], one["contracts"]) for one in left] == [("short", 2.0)]
        await at.audited()


@played
async def test_rates_tiers_and_rights_are_told() -> None:
    async with usdm_desk() as at:
        fee = await at.client.fetch_trading_fee(SYMBOL)
        assert (fee["maker"], fee["taker"]) == (0.0002, 0.0005)
        fees = await at.client.fetch_trading_fees()
        assert SYMBOL in fees
        tiers = (await at.client.fetch_leverage_tiers([SYMBOL]))[SYMBOL]
        assert [(one["minNotional"], one["maintenanceMarginRate"], one["maxLeverage"]) for one in tiers] == [
            (0.0, 0.01, 50.0), (5_000.0, 0.02, 25.0), (20_000.0, 0.05, 10.0),
        ]  # fmt: skip
        assert [one["cum"] for one in (await at.client.fapiPrivateGetLeverageBracket())[0]["brackets"]] == [
            0.0,
            50.0,
            650.0,
        ]
        config = await at.client.fapiPrivateGetAccountConfig()
        assert (config["dualSidePosition"], config["canTrade"]) == (False, True)
        assert (await at.client.fapiPrivateGetMultiAssetsMargin())["multiAssetsMargin"] is False
        for wanted, code in (("true", -4167), ("false", -4171)):
            call = at.client.fapiPrivatePostMultiAssetsMargin({"multiAssetsMargin": wanted})
            assert (await refusal(call))[2] == code
        rights = await at.client.sapiGetAccountApiRestrictions()
        assert (rights["enableFutures"], rights["enableWithdrawals"]) == (True, False)


@played
async def test_a_key_that_may_only_read_places_nothing() -> None:
    async with usdm_desk() as at:
        reader: Any = at.with_key(await at.control("POST", "keys", account="trader", permissions=["read"]))
        try:
            reader.set_markets(at.client.markets)
            assert (await reader.fetch_balance())["USDT"]["total"] == 1_000.0
            for call in (
                reader.create_order(SYMBOL, "market", "buy", 1),
                reader.set_leverage(5, SYMBOL),
                reader.create_order(SYMBOL, "market", "buy", 1, params={"triggerPrice": 110}),
            ):
                assert (await refusal(call))[1:3] == (401, -2015)
        finally:
            await reader.close()
        await at.audited()


@played
async def test_the_account_of_another_key_sees_nothing_of_ours() -> None:
    async with usdm_desk() as at:
        mine = await at.client.create_order(SYMBOL, "limit", "buy", 1, 90)
        algo = await at.client.create_order(SYMBOL, "market", "buy", 1, params={"triggerPrice": 110})
        other = at.with_key(await at.control("POST", "accounts", name="other", balances={"USDT": "5"}, floor="usdm"))
        try:
            other.set_markets(at.client.markets)
            assert (await refusal(other.fetch_order(mine["id"], SYMBOL)))[2] == -2013
            assert (await refusal(other.cancel_order(algo["id"], SYMBOL, {"trigger": True})))[2] == -2011
            assert await other.fetch_open_orders(params={"trigger": True}) == []
            assert (await other.fetch_balance())["USDT"]["total"] == 5.0
        finally:
            await other.close()
        await at.audited()
