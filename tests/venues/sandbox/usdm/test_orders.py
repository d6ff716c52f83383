"""Plain orders on contracts through the real client: each kind, its reply, its end, and every refusal."""

from __future__ import annotations

from typing import Any

import ccxt.async_support as ccxt
import pytest

from ..trading import FLAT, played, refusal
from .trading import SYMBOL, usdm_desk


@played
async def test_a_market_order_is_filled_and_pays_its_fee_in_the_margin_asset() -> None:
    async with usdm_desk() as at:
        order = await at.client.create_order(SYMBOL, "market", "buy", 2, params={"newClientOrderId": "mine"})
        assert (order["status"], order["filled"], order["average"], order["cost"]) == ("closed", 2.0, 100.0, 200.0)
        assert (order["clientOrderId"], order["info"]["positionSide"], order["type"]) == ("mine", "BOTH", "market")
        trade = (await at.client.fetch_my_trades(SYMBOL))[0]
        assert (trade["order"], trade["side"], trade["takerOrMaker"], trade["fee"]["cost"]) == (
            order["id"], "buy", "taker", 0.1,
        )  # fmt: skip
        assert (await at.client.fetch_my_trades(SYMBOL, params={"orderId": order["id"]}))[0]["id"] == trade["id"]
        assert await at.client.fetch_my_trades(SYMBOL, since=trade["timestamp"] + 1) == []
        balance = (await at.client.fetch_balance())["USDT"]
        assert (balance["total"], balance["used"], balance["free"]) == (999.9, 10.0, 989.9)
        await at.audited()


@played
async def test_a_limit_order_rests_claims_margin_is_changed_and_cancelled() -> None:
    async with usdm_desk() as at:
        order = await at.client.create_order(SYMBOL, "limit", "buy", 2, 90)
        assert (order["status"], order["timeInForce"], order["postOnly"]) == ("open", "GTC", False)
        assert (await at.client.fetch_balance())["USDT"]["free"] == 991.0  # 180 at 20x
        changed = await at.client.edit_order(order["id"], SYMBOL, "limit", "buy", 4, 95)
        assert (changed["id"], changed["amount"], changed["price"], changed["status"]) == (
            order["id"],
            4.0,
            95.0,
            "open",
        )
        assert (await at.client.fetch_balance())["USDT"]["free"] == 981.0
        assert [one["id"] for one in await at.client.fetch_open_orders(SYMBOL)] == [order["id"]]
        assert (await at.client.fetch_open_order(order["id"], SYMBOL))["amount"] == 4.0
        gone = await at.client.cancel_order(order["id"], SYMBOL)
        assert (gone["status"], gone["clientOrderId"]) == ("canceled", order["clientOrderId"])
        assert (await at.client.fetch_order(order["id"], SYMBOL))["status"] == "canceled"
        assert (await at.client.fetch_balance())["USDT"]["free"] == 1_000.0
        assert [one["status"] for one in await at.client.fetch_orders(SYMBOL)] == ["canceled"]
        assert await refusal(at.client.edit_order(order["id"], SYMBOL, "limit", "buy", 4, 96)) == (
            ccxt.OrderNotFound, 400, -2013, "Order does not exist.",
        )  # fmt: skip
        await at.audited()


@played
async def test_an_order_that_is_changed_until_it_takes_fills() -> None:
    async with usdm_desk() as at:
        order = await at.client.create_order(SYMBOL, "limit", "sell", 2, 110)
        changed = await at.client.edit_order(order["id"], SYMBOL, "limit", "sell", 2, 99)
        assert (changed["status"], changed["average"]) == ("closed", 100.0)
        assert (await at.client.fetch_positions())[0]["side"] == "short"
        await at.audited()


@played
async def test_times_in_force_end_as_the_venue_has_it() -> None:
    rows = [(*FLAT, 10.0)] * 5
    async with usdm_desk(*rows) as at:
        resting = await at.client.create_order(SYMBOL, "limit", "buy", 1, 99, {"postOnly": True})
        assert (resting["status"], resting["timeInForce"], resting["postOnly"]) == ("open", "PO", True)
        now = await at.client.create_order(SYMBOL, "limit", "buy", 1, 100, {"timeInForce": "IOC"})
        assert now["status"] == "closed"
        missed = await at.client.create_order(SYMBOL, "limit", "buy", 1, 99, {"timeInForce": "IOC"})
        assert (missed["status"], missed["filled"]) == ("expired", 0.0)
        whole = await at.client.create_order(SYMBOL, "limit", "buy", 1, 100, {"timeInForce": "FOK"})
        assert whole["status"] == "closed"
        await at.audited()


REFUSED = [  # type, side, amount, price, params, class, code
    ("limit", "buy", 1, 101, {"postOnly": True}, ccxt.OrderNotFillable, -5022),
    ("limit", "buy", 1, 99, {"timeInForce": "FOK"}, ccxt.OrderNotFillable, -5021),
    ("market", "sell", 1, None, {"reduceOnly": True}, ccxt.InvalidOrder, -2022),
    ("market", "buy", 0.04, None, {}, ccxt.InvalidOrder, -4164),
    ("market", "buy", 500, None, {}, ccxt.OperationRejected, -2027),
    ("market", "buy", 199, None, {}, ccxt.InsufficientFunds, -2019),
    ("limit", "buy", 1, 1000, {}, ccxt.BadRequest, -4016),
    ("limit", "buy", 1, 10, {}, ccxt.BadRequest, -4024),
    ("market", "buy", 1, None, {"positionSide": "LONG"}, ccxt.OperationRejected, -4061),
    ("market", "buy", 1, None, {"newClientOrderId": "taken"}, ccxt.InvalidOrder, -4116),
]  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=[str(one[6]) for one in REFUSED])
@played
async def test_a_refusal_has_the_venue_s_code_and_the_client_s_class(case: Any) -> None:
    type_, side, amount, price, params, kind, code = case
    async with usdm_desk() as at:
        await at.client.create_order(SYMBOL, "limit", "buy", 1, 60, {"newClientOrderId": "taken"})
        found, status, said, _ = await refusal(at.client.create_order(SYMBOL, type_, side, amount, price, params))
        assert (found, status, said) == (kind, 400, code)
        told = await at.audited()
        assert len(told["accounts"]["trader"]["usdm"]["orders"]) == 1


RAW = [  # parameters of a request that the client would not send, code
    ({"type": "STOP_MARKET", "stopPrice": "110", "quantity": "1"}, -4120),
    ({"type": "MARKET", "quantity": "0"}, -4003), ({"type": "MARKET", "quantity": "0.005"}, -1111),
    ({"type": "MARKET", "quantity": "1", "price": "100"}, -1106), ({"type": "MARKET"}, -1102),
    ({"type": "LIMIT", "quantity": "1", "price": "100.05", "timeInForce": "GTC"}, -1111),
    ({"type": "LIMIT", "quantity": "1", "price": "100"}, -1102), ({"type": "ICEBERG", "quantity": "1"}, -1116),
    ({"type": "LIMIT", "quantity": "1", "price": "100", "timeInForce": "GTD"}, -1115),
    ({"type": "MARKET", "quantity": "1", "positionSide": "UP"}, -4060),
    ({"type": "MARKET", "quantity": "1", "reduceOnly": "maybe"}, -1100),
    ({"type": "MARKET", "quantity": "1", "newOrderRespType": "FULL"}, -1136),
    ({"type": "MARKET", "quantity": "9000001"}, -4005),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "code"), RAW, ids=[str(one[1]) + str(list(one[0])[-1]) for one in RAW])
@played
async def test_a_malformed_order_is_refused_and_nothing_is_left_of_it(asked: dict[str, str], code: int) -> None:
    async with usdm_desk() as at:
        whole = {"symbol": "BTCUSDT", "side": "BUY"} | asked
        assert (await refusal(at.client.fapiPrivatePostOrder(whole)))[1:3] == (400, code)
        assert (await at.audited())["accounts"]["trader"]["usdm"]["orders"] == []


@played
async def test_an_acknowledgement_knows_nothing_of_fills() -> None:
    async with usdm_desk() as at:
        asked = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "1"}
        told = await at.client.fapiPrivatePostOrder(asked)
        assert (told["status"], told["executedQty"]) == ("NEW", "0")
        assert (await at.client.fetch_order(told["orderId"], SYMBOL))["status"] == "closed"
        assert await at.client.fapiPrivatePostOrderTest(asked) == {}
        assert len(await at.client.fetch_orders(SYMBOL)) == 1


@played
async def test_a_reduce_only_order_ends_with_its_position() -> None:
    async with usdm_desk() as at:
        await at.client.create_order(SYMBOL, "market", "buy", 2)
        exits = await at.client.create_order(SYMBOL, "limit", "sell", 2, 110, {"reduceOnly": True})
        assert exits["reduceOnly"] is True
        assert (await at.client.fetch_balance())["USDT"]["used"] == 10.0  # an exit claims nothing
        cut = await at.client.create_order(SYMBOL, "market", "sell", 5, params={"reduceOnly": True})
        assert (cut["status"], cut["filled"]) == ("expired", 2.0)  # what is beyond the position never fills
        assert (await at.client.fetch_order(exits["id"], SYMBOL))["status"] == "expired"
        assert await at.client.fetch_positions() == []
        await at.audited()


@played
async def test_batches_do_one_after_the_other_and_say_which_failed() -> None:
    async with usdm_desk() as at:
        rows = [
            {"symbol": SYMBOL, "type": "limit", "side": "buy", "amount": 1, "price": price} for price in (90, 1, 91)
        ]
        made = await at.client.create_orders(rows)
        assert sorted(one["status"] for one in made) == ["open", "open", "rejected"]
        first, second = [one for one in made if one["status"] == "open"]
        ids = [first["id"], second["id"]]
        changed = await at.client.edit_orders(
            [{"id": one, "symbol": SYMBOL, "type": "limit", "side": "buy", "amount": 2, "price": 92} for one in ids]
        )
        assert [one["amount"] for one in changed] == [2.0, 2.0]
        gone = await at.client.cancel_orders([ids[0], "999"], SYMBOL)
        assert [(one["id"], one["status"]) for one in gone] == [
            (ids[0], "canceled")
        ]  # the client drops the refused one
        await at.client.cancel_orders([], SYMBOL, {"clientOrderIds": [second["clientOrderId"]]})
        assert await at.client.fetch_open_orders() == []
        assert (await refusal(at.client.fapiPrivatePostBatchOrders({"batchOrders": "[]"})))[2] == -4082
        await at.audited()


@played
async def test_all_open_orders_of_a_market_are_cancelled_and_algo_orders_stay() -> None:
    async with usdm_desk() as at:
        for price in (90, 91):
            await at.client.create_order(SYMBOL, "limit", "buy", 1, price)
        await at.client.create_order(SYMBOL, "market", "sell", 1, params={"triggerPrice": 80})
        await at.client.cancel_all_orders(SYMBOL)
        assert await at.client.fetch_open_orders() == []
        assert len(await at.client.fetch_open_orders(params={"trigger": True})) == 1
        assert (await refusal(at.client.cancel_order("1", SYMBOL)))[0] is ccxt.OrderNotFound
        await at.audited()
