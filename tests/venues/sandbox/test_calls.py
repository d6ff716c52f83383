"""Every call of the client's spot table (reference: ccxt 4.5.90), through the real client."""

from __future__ import annotations

import ccxt.async_support as ccxt
import pytest

from .trading import FLAT, MINUTE_MS, START_MS, SYMBOL, desk, played, refusal

WAY = ((100, 102, 98, 101, 40.0), (101, 103, 99, 100, 80.0), *(FLAT,) * 8)


@played
async def test_the_market_is_loaded_with_its_steps_and_minimums() -> None:
    async with desk() as at:
        found = at.client.market(SYMBOL)
        assert (found["spot"], found["active"], found["type"]) == (True, True, "spot")
        assert found["precision"] == {"amount": 0.01, "price": 0.1, "base": 1e-8, "quote": 1e-8}
        assert found["limits"]["amount"]["min"] == 0.01
        assert abs(await at.client.fetch_time() - at.server.clock.now_ms) < 60_000


@played
async def test_candles_are_shown_as_they_close_and_the_developing_one_stands_last() -> None:
    async with desk(*WAY) as at:
        assert await at.client.fetch_ohlcv(SYMBOL, "1m") == [[START_MS, 100.0, 100.0, 100.0, 100.0, 0.0]]
        await at.control("POST", "step", ms=MINUTE_MS // 3)
        assert await at.client.fetch_ohlcv(SYMBOL, "1m") == [[START_MS, 100.0, 100.0, 98.0, 98.0, 13.33]]
        await at.control("POST", "step", ms=MINUTE_MS - MINUTE_MS // 3)
        assert await at.client.fetch_ohlcv(SYMBOL, "1m") == [
            [START_MS, 100.0, 102.0, 98.0, 101.0, 40.0], [START_MS + MINUTE_MS, 101.0, 101.0, 101.0, 101.0, 0.0],
        ]  # fmt: skip
        await at.step(5)
        assert [one[0] for one in await at.client.fetch_ohlcv(SYMBOL, "1m", since=START_MS + MINUTE_MS, limit=2)] == [
            START_MS + MINUTE_MS, START_MS + 2 * MINUTE_MS,
        ]  # fmt: skip
        assert (await at.client.fetch_ohlcv(SYMBOL, "5m"))[0] == [START_MS, 100.0, 103.0, 98.0, 100.0, 3120.0]
        kind, _, code, _ = await refusal(at.client.fetch_ohlcv(SYMBOL, "1s"))
        assert (kind, code) == (ccxt.BadRequest, -1120)


@played
async def test_ticker_book_and_prints_stand_around_the_price() -> None:
    async with desk(*WAY) as at:
        await at.step()
        ticker = await at.client.fetch_ticker(SYMBOL)
        assert (ticker["last"], ticker["open"], ticker["high"], ticker["low"]) == (101.0, 100.0, 102.0, 98.0)
        book = await at.client.fetch_order_book(SYMBOL, 5)
        assert (book["bids"][0][0], book["asks"][0][0], len(book["bids"])) == (100.9, 101.1, 5)
        assert all(size > 0 for side in ("bids", "asks") for _, size in book[side])
        prints = await at.client.fetch_trades(SYMBOL)
        assert [one["price"] for one in prints] == [100.0, 98.0, 102.0, 101.0, 101.0]
        plain = await at.client.fetch_trades(SYMBOL, params={"fetchTradesMethod": "publicGetTrades"})
        assert [one["id"] for one in plain] == [one["id"] for one in prints]
        assert (await at.client.publicGetTickerPrice({"symbol": "BTCUSDT"}))["price"] == "101.00000000"
        assert [one["symbol"] for one in await at.client.publicGetTickerPrice()] == ["BTCUSDT"]


@played
async def test_a_market_order_fills_at_once_with_its_fee_in_what_arrives() -> None:
    async with desk() as at:
        order = await at.client.create_order(SYMBOL, "market", "buy", 2, params={"newClientOrderId": "one"})
        assert (order["status"], order["filled"], order["average"]) == ("closed", 2.0, 100.0)
        assert (order["clientOrderId"], order["fee"]) == ("one", {"currency": "BTC", "cost": 0.004})
        balance = await at.client.fetch_balance()
        assert (balance["BTC"]["free"], balance["USDT"]["free"]) == (11.996, 9_800.0)
        by_money = await at.client.create_order(SYMBOL, "market", "sell", 0, params={"cost": 150.5})
        assert (by_money["filled"], by_money["fee"]) == (1.5, {"currency": "USDT", "cost": 0.3})
        assert [one["order"] for one in await at.client.fetch_my_trades(SYMBOL)] == [order["id"], by_money["id"]]
        assert len(await at.client.fetch_order_trades(order["id"], SYMBOL)) == 1
        await at.audited()


@played
async def test_a_limit_order_rests_is_found_by_both_ids_and_is_cancelled() -> None:
    async with desk() as at:
        client = at.client
        order = await client.create_order(SYMBOL, "limit", "buy", 1, 90, {"newClientOrderId": "mine"})
        assert (order["status"], order["timeInForce"]) == ("open", "GTC")
        assert (await client.fetch_balance())["USDT"] == {"free": 9_910.0, "used": 90.0, "total": 10_000.0}
        by_name = {"origClientOrderId": "mine"}
        for found in (await client.fetch_order(order["id"], SYMBOL), await client.fetch_order("", SYMBOL, by_name)):
            assert (found["id"], found["clientOrderId"], found["status"]) == (order["id"], "mine", "open")
        assert [one["id"] for one in await client.fetch_open_orders(SYMBOL)] == [order["id"]]
        assert [one["id"] for one in await client.fetch_open_orders()] == [order["id"]]
        gone = await client.cancel_order("", SYMBOL, by_name)
        assert (gone["id"], gone["status"]) == (order["id"], "canceled")
        assert gone["clientOrderId"] != "mine"  # it is the cancellation's
        assert gone["info"]["origClientOrderId"] == "mine"
        assert await client.fetch_open_orders(SYMBOL) == []
        assert [one["status"] for one in await client.fetch_orders(SYMBOL)] == ["canceled"]
        assert len(await client.fetch_canceled_orders(SYMBOL)) == 1
        assert await client.fetch_closed_orders(SYMBOL) == []
        assert (await client.fetch_balance())["USDT"]["used"] == 0.0


@played
async def test_all_open_orders_go_at_once_and_an_edit_is_a_new_order() -> None:
    async with desk() as at:
        client = at.client
        first = await client.create_order(SYMBOL, "limit", "buy", 1, 90)
        edited = await client.edit_order(first["id"], SYMBOL, "limit", "buy", 2, 91)
        assert edited["id"] != first["id"]
        assert [(one["id"], one["amount"], one["price"]) for one in await client.fetch_open_orders(SYMBOL)] == [
            (edited["id"], 2.0, 91.0)
        ]
        await client.create_order(SYMBOL, "limit", "sell", 1, 120)
        assert len(await client.cancel_all_orders(SYMBOL)) == 2
        kind, status, code, said = await refusal(client.cancel_all_orders(SYMBOL))
        assert (kind, status, code, said) == (ccxt.OrderNotFound, 400, -2011, "Unknown order sent.")
        await at.audited()


@played
async def test_fees_and_the_rights_of_the_key_are_told() -> None:
    async with desk() as at:
        fee = await at.client.fetch_trading_fee(SYMBOL)
        assert (fee["maker"], fee["taker"]) == (0.001, 0.002)
        may = await at.client.sapiGetAccountApiRestrictions()
        assert (may["enableReading"], may["enableSpotAndMarginTrading"], may["enableWithdrawals"]) == (
            True,
            True,
            False,
        )


CANCEL_REPLACE = [  # mode, cancelled order, quantity; HTTP status, code, results
    ("STOP_ON_FAILURE", "no", "1", 400, -2022, ("FAILURE", "NOT_ATTEMPTED")),
    ("ALLOW_FAILURE", "no", "1", 409, -2021, ("FAILURE", "SUCCESS")),
    ("ALLOW_FAILURE", "first", "1000", 409, -2021, ("SUCCESS", "FAILURE")),
]


@pytest.mark.parametrize(("mode", "which", "quantity", "status", "code", "results"), CANCEL_REPLACE)
@played
async def test_a_replacement_that_fails_in_part_says_which_part(
    mode: str, which: str, quantity: str, status: int, code: int, results: tuple[str, str]
) -> None:
    async with desk() as at:
        await at.client.create_order(SYMBOL, "limit", "buy", 1, 90, {"newClientOrderId": "first"})
        asked = {
            "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "price": "91",
            "quantity": quantity, "cancelReplaceMode": mode, "cancelOrigClientOrderId": which,
        }  # fmt: skip
        with pytest.raises(ccxt.BaseError) as caught:
            await at.client.privatePostOrderCancelReplace(asked)
        assert caught.value.venue[0] == status
        told = caught.value.venue[1]
        assert (told["code"], told["data"]["cancelResult"], told["data"]["newOrderResult"]) == (code, *results)
        await at.audited()


@played
async def test_a_long_query_is_answered_in_the_dialect() -> None:
    async with desk() as at:
        address = f"http://{at.server.address}/api/v3/ticker/price?symbol={'[' * 50_000}"
        async with at.session.get(address) as reply:
            assert (reply.status, (await reply.json())["code"]) == (400, -1121)
