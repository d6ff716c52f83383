"""Algo orders through the real client: they wait apart, trigger on the path, and become orders of the book."""

from __future__ import annotations

from typing import Any

import ccxt.async_support as ccxt
import pytest

from ..trading import FLAT, played, refusal
from .trading import SYMBOL, usdm_desk

UP = (100.0, 106.0, 99.0, 104.0)
TRIGGER = {"trigger": True}


@played
async def test_a_stop_waits_apart_and_becomes_an_order_with_an_id_of_its_own() -> None:
    async with usdm_desk(FLAT, UP, FLAT) as at:
        algo = await at.client.create_order(
            SYMBOL, "market", "buy", 2, params={"triggerPrice": 105, "clientOrderId": "mine"}
        )
        assert (algo["status"], algo["triggerPrice"], algo["clientOrderId"], algo["type"]) == (
            "open", 105.0, "mine", "market",
        )  # fmt: skip
        assert "stopPrice" not in algo["info"]
        assert await at.client.fetch_open_orders(SYMBOL) == []
        assert [one["id"] for one in await at.client.fetch_open_orders(SYMBOL, params=TRIGGER)] == [algo["id"]]
        assert (await refusal(at.client.fetch_order(algo["id"], SYMBOL)))[2] == -2013
        assert (await refusal(at.client.cancel_order(algo["id"], SYMBOL)))[2] == -2011
        await at.step(2)
        done = await at.client.fetch_order("", SYMBOL, TRIGGER | {"clientOrderId": "mine"})
        assert (done["status"], done["info"]["algoStatus"]) == ("closed", "FINISHED")
        child = await at.client.fetch_order(done["info"]["actualOrderId"], SYMBOL)
        assert (child["filled"], child["average"], child["clientOrderId"]) == (2.0, 105.0, algo["id"])
        assert (child["info"]["type"], child["info"]["origType"]) == ("MARKET", "STOP_MARKET")
        assert int(child["id"]) < 1_000 < int(algo["id"])
        assert await at.client.fetch_open_orders(SYMBOL, params=TRIGGER) == []
        assert [one["id"] for one in await at.client.fetch_orders(SYMBOL, params=TRIGGER)] == [algo["id"]]
        assert [one["id"] for one in await at.client.fetch_orders(SYMBOL)] == [child["id"]]
        await at.audited()


@played
async def test_a_stop_limit_that_has_triggered_rests_under_its_order_s_id() -> None:
    async with usdm_desk(FLAT, UP, FLAT) as at:
        algo = await at.client.create_order(SYMBOL, "limit", "buy", 2, 101, {"triggerPrice": 105})
        await at.control("POST", "step", ms=100_000)  # up to the high, and a little down again
        shown = await at.client.fetch_order(algo["id"], SYMBOL, TRIGGER)
        assert shown["info"]["algoStatus"] == "TRIGGERED"
        resting = (await at.client.fetch_open_orders(SYMBOL))[0]
        assert (resting["id"], resting["price"], resting["status"]) == (shown["info"]["actualOrderId"], 101.0, "open")
        assert (await refusal(at.client.cancel_order(algo["id"], SYMBOL, TRIGGER)))[2] == -2011
        await at.client.cancel_order(resting["id"], SYMBOL)
        assert (await at.client.fetch_order(algo["id"], SYMBOL, TRIGGER))["info"]["algoStatus"] == "FINISHED"
        await at.audited()


@played
async def test_a_trailing_stop_follows_the_price_from_its_activation_on() -> None:
    async with usdm_desk(FLAT, UP, FLAT) as at:
        await at.client.create_order(SYMBOL, "market", "buy", 1)
        params = {"trailingPercent": 1, "trailingTriggerPrice": 103, "reduceOnly": True}
        algo = await at.client.create_order(SYMBOL, "market", "sell", 1, params=params)
        assert (algo["info"]["callbackRate"], algo["info"]["activatePrice"]) == ("1", "103")
        await at.step(2)
        sale = (await at.client.fetch_my_trades(SYMBOL))[-1]
        assert (sale["side"], sale["price"]) == ("sell", 104.9)  # 1 % below 106
        assert await at.client.fetch_positions() == []
        await at.audited()


@played
async def test_an_order_that_closes_the_position_needs_no_quantity() -> None:
    async with usdm_desk(FLAT, UP, FLAT) as at:
        await at.client.create_order(SYMBOL, "market", "buy", 3)
        params = {"takeProfitPrice": 105, "closePosition": True, "workingType": "MARK_PRICE"}
        algo = await at.client.create_order(SYMBOL, "market", "sell", 0, params=params)
        assert (algo["info"]["closePosition"], algo["info"]["workingType"]) == (True, "MARK_PRICE")
        await at.step(2)
        assert (await at.client.fetch_my_trades(SYMBOL))[-1]["amount"] == 3.0
        assert await at.client.fetch_positions() == []
        await at.audited()


@played
async def test_a_stop_without_a_position_to_reduce_expires_and_says_why() -> None:
    async with usdm_desk(FLAT, UP, FLAT) as at:
        await at.client.create_order(SYMBOL, "market", "sell", 3)
        algo = await at.client.create_order(
            SYMBOL, "market", "buy", 3, params={"stopLossPrice": 105, "reduceOnly": True}
        )
        await at.client.create_order(SYMBOL, "market", "buy", 3)
        await at.step(2)
        assert (await at.client.fetch_order(algo["id"], SYMBOL, TRIGGER))["status"] == "expired"
        told = (await at.audited())["accounts"]["trader"]["usdm"]["algo_orders"][0]
        assert (told["why"], told["actualOrderId"]) == ("ReduceOnly Order is rejected.", "")


@played
async def test_a_stop_that_margin_does_not_cover_is_rejected_when_it_triggers() -> None:
    async with usdm_desk(FLAT, UP, FLAT, cash="20") as at:
        algo = await at.client.create_order(SYMBOL, "market", "buy", 10, params={"triggerPrice": 105})
        await at.step(2)
        assert (await at.client.fetch_order(algo["id"], SYMBOL, TRIGGER))["status"] == "rejected"
        assert await at.client.fetch_orders(SYMBOL) == []
        await at.audited()


@played
async def test_algo_orders_are_cancelled_by_either_id_and_all_at_once() -> None:
    async with usdm_desk() as at:
        made = [
            await at.client.create_order(
                SYMBOL, "market", "buy", 1, params={"triggerPrice": 110 + i, "clientOrderId": f"n{i}"}
            )
            for i in range(4)
        ]
        assert (await at.client.cancel_order(made[0]["id"], SYMBOL, TRIGGER))["info"]["code"] == "200"
        await at.client.cancel_order("", SYMBOL, TRIGGER | {"clientOrderId": "n1"})
        assert (await refusal(at.client.cancel_order(made[0]["id"], SYMBOL, TRIGGER)))[0] is ccxt.OrderNotFound
        again = await at.client.create_order(
            SYMBOL, "market", "buy", 1, params={"triggerPrice": 120, "clientOrderId": "n1"}
        )
        assert again["status"] == "open"  # a client id is taken only while its order waits
        await at.client.cancel_all_orders(SYMBOL, TRIGGER)
        assert await at.client.fetch_open_orders(params=TRIGGER) == []
        statuses = [one["status"] for one in await at.client.fetch_orders(SYMBOL, params=TRIGGER)]
        assert statuses == ["canceled"] * 5
        await at.audited()


REFUSED = [  # type, side, amount, price, params, class, code
    ("market", "buy", 1, None, {"triggerPrice": 99}, ccxt.OrderImmediatelyFillable, -2021),
    ("market", "sell", 1, None, {"takeProfitPrice": 99}, ccxt.OrderImmediatelyFillable, -2021),
    ("market", "sell", 1, None, {"trailingPercent": 1, "trailingTriggerPrice": 99}, ccxt.OrderImmediatelyFillable, -2021),
    ("market", "sell", 1, None, {"trailingPercent": 11}, ccxt.ExchangeError, -2007),
    ("market", "buy", 1, None, {"triggerPrice": 110, "clientOrderId": "taken"}, ccxt.InvalidOrder, -4116),
    ("market", "buy", 0.02, None, {"triggerPrice": 110}, ccxt.InvalidOrder, -4164),
    ("limit", "buy", 1, 100, {"triggerPrice": 110, "timeInForce": "GTD"}, ccxt.BadRequest, -1115),
]  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=[f"{one[6]} {i}" for i, one in enumerate(REFUSED)])
@played
async def test_an_algo_order_is_refused_with_the_venue_s_code(case: Any) -> None:
    type_, side, amount, price, params, kind, code = case
    async with usdm_desk() as at:
        await at.client.create_order(SYMBOL, "market", "buy", 1, params={"triggerPrice": 120, "clientOrderId": "taken"})
        found, status, said, _ = await refusal(at.client.create_order(SYMBOL, type_, side, amount, price, params))
        assert (found, status, said) == (kind, 400, code)
        assert len((await at.audited())["accounts"]["trader"]["usdm"]["algo_orders"]) == 1
