"""The user stream and the websocket API of USD-M through the real ccxt.pro client, and its events against the truth."""

from __future__ import annotations

import asyncio
import contextlib
from decimal import Decimal
from random import Random
from typing import Any

import ccxt.async_support as ccxt
import pytest

from engine.candles.simulate import simulate

from ..trading import FLAT, played
from ..usdm.trading import OTHER, SYMBOL, linear, usdm_desk
from .watching import Watching, bare, soon, watching

DAY_MS = 86_400_000
FALLING = [FLAT, (100, 100, 95, 96), (96, 97, 70, 71), FLAT, FLAT]


async def listening(at: Any, client: Any) -> None:
    """Let a client subscribe to its user stream, and connect."""
    await soon(client.authenticate({"type": "linear"}))
    client.balance.setdefault("linear", {})
    client.positions = client.positions or {}
    asyncio.ensure_future(client.watch_orders()).add_done_callback(lambda one: one.cancelled() or one.exception())
    async with asyncio.timeout(10):
        while not at.server.pushing.users["usdm"].listening:
            await asyncio.sleep(0)


def told(client: Watching, kind: str, *names: str) -> list[tuple[Any, ...]]:
    inner = [one.get("o") or one.get("a") or one.get("ac") or one for one in client.events if one["e"] == kind]
    return [tuple(one[name] for name in names) for one in inner]


@played
async def test_an_order_a_position_and_a_wallet_are_told() -> None:
    async with usdm_desk(*FALLING) as at, watching(at) as client:
        await listening(at, client)
        assert await soon(client.watch_positions([SYMBOL])) == []  # what REST says comes first
        positions = asyncio.create_task(client.watch_positions([SYMBOL]))
        trades = asyncio.create_task(client.watch_my_trades(SYMBOL))
        await asyncio.sleep(0)
        placed = await at.client.create_order(SYMBOL, "market", "buy", 1, None, {"newClientOrderId": "mine"})
        await client.until(lambda: told(client, "ACCOUNT_UPDATE", "m"))
        assert told(client, "ORDER_TRADE_UPDATE", "x", "X", "c", "m") == [
            ("NEW", "NEW", "mine", False), ("TRADE", "FILLED", "mine", False),
        ]  # fmt: skip
        (trade,) = await soon(trades)
        (rest,) = await at.client.fetch_my_trades(SYMBOL)
        for name in ("id", "order", "price", "amount", "side", "takerOrMaker", "timestamp", "fee", "cost"):
            assert trade[name] == rest[name], name
        assert trade["order"] == placed["id"]
        (position,) = await soon(positions)
        (there,) = await at.client.fetch_positions([SYMBOL])
        assert (position["contracts"], position["entryPrice"], position["side"]) == (
            there["contracts"], there["entryPrice"], "long",
        )  # fmt: skip
        assert told(client, "ACCOUNT_UPDATE", "m") == [("ORDER",)]
        assert client.balance["linear"]["USDT"]["total"] == (await at.client.fetch_balance())["USDT"]["total"] + 0.0


@played
async def test_settings_deposits_and_cancellations_are_told() -> None:
    async with usdm_desk() as at, watching(at) as client:
        await listening(at, client)
        await at.client.set_leverage(7, SYMBOL)
        await at.client.set_margin_mode("isolated", SYMBOL)
        await at.control("POST", "accounts", name="trader", balances={"USDT": "12.5"}, key=False, floor="usdm")
        placed = await at.client.create_order(SYMBOL, "limit", "buy", 1, 90)
        await at.client.cancel_order(placed["id"], SYMBOL)
        await client.until(lambda: len(told(client, "ORDER_TRADE_UPDATE", "x")) == 2)
        assert told(client, "ACCOUNT_CONFIG_UPDATE", "s", "l") == [("BTCUSDT", 7)]
        whys = [(one["a"]["m"], one["a"]["B"][0]["bc"]) for one in client.events if one["e"] == "ACCOUNT_UPDATE"]
        assert whys == [("MARGIN_TYPE_CHANGE", "0.00000000"), ("DEPOSIT", "12.50000000")]
        assert told(client, "ORDER_TRADE_UPDATE", "x", "X") == [("NEW", "NEW"), ("CANCELED", "CANCELED")]
        assert client.balance["linear"]["USDT"]["total"] == 1_012.5


@played
async def test_a_waiting_order_is_told_by_its_own_events_until_it_is_an_order() -> None:
    async with usdm_desk(*FALLING) as at, watching(at) as client:
        await listening(at, client)
        await at.client.create_order(SYMBOL, "market", "buy", 1)
        stop = await at.client.create_order(
            SYMBOL, "market", "sell", 1, None, {"stopLossPrice": 98, "reduceOnly": True}
        )
        await at.step(2)
        await client.until(lambda: len(told(client, "ALGO_UPDATE", "X")) == 3)
        assert told(client, "ALGO_UPDATE", "aid", "X") == [
            (int(stop["id"]), "NEW"), (int(stop["id"]), "TRIGGERED"), (int(stop["id"]), "FINISHED"),
        ]  # fmt: skip
        child = told(client, "ALGO_UPDATE", "ai")[-1][0]
        assert [one for one in told(client, "ORDER_TRADE_UPDATE", "i", "x", "X") if str(one[0]) == child] == [
            (int(child), "NEW", "NEW"), (int(child), "TRADE", "FILLED"),
        ]  # fmt: skip


@played
async def test_a_liquidation_is_told_to_its_account_and_to_everybody() -> None:
    async with (
        usdm_desk(*FALLING, cash="60") as at,
        watching(at) as client,
        bare(at, "market/ws/btcusdt@forceOrder") as all_,
    ):
        await listening(at, client)
        await at.client.set_leverage(10, SYMBOL)
        await at.client.create_order(SYMBOL, "market", "buy", 5)
        await at.step(3)
        await client.until(
            lambda: any(one[0].startswith("autoclose-") for one in told(client, "ORDER_TRADE_UPDATE", "c"))
        )
        event = await all_.next()
        assert (event["e"], event["o"]["S"], event["o"]["q"]) == ("forceOrder", "SELL", "5.00000000")
        await at.audited()


@played
async def test_a_listen_key_lives_an_hour_and_is_prolonged() -> None:
    async with usdm_desk() as at, watching(at) as client:
        first = (await client.fapiPrivatePostListenKey())["listenKey"]
        assert (await client.fapiPrivatePostListenKey())["listenKey"] == first
        async with bare(at, f"private/ws?listenKey={first}") as socket:
            await at.control("POST", "clock", skew_ms=3_000_000)
            await client.fapiPrivatePutListenKey()
            await at.control("POST", "clock", skew_ms=6_000_000)
            await at.control("POST", "accounts", name="trader", balances={"USDT": "1"}, key=False, floor="usdm")
            assert (await socket.next())["e"] == "ACCOUNT_UPDATE"
            await at.control("POST", "clock", skew_ms=6_700_000)
            gone = await socket.next()
            assert (gone["e"], gone["listenKey"]) == ("listenKeyExpired", first)
            with pytest.raises(ccxt.ExchangeError, match="-1125"):
                await client.fapiPrivatePutListenKey()
        second = (await client.fapiPrivatePostListenKey())["listenKey"]
        assert second != first
        with pytest.raises(Exception, match="401"):
            async with bare(at, f"private/ws?listenKey={first}"):
                pass
        async with bare(at, f"private/ws/{second}") as socket:
            await client.fapiPrivateDeleteListenKey()
            await at.step()
            assert (await socket.next())["e"] == "listenKeyExpired"


@played
async def test_orders_over_the_websocket_api_are_their_rest_twins() -> None:
    async with usdm_desk(*FALLING) as at, watching(at) as client:
        placed = await soon(client.create_order_ws(SYMBOL, "limit", "buy", 1, 90, {"newClientOrderId": "mine"}))
        assert (placed["status"], placed["clientOrderId"]) == ("open", "mine")
        same = await at.client.fetch_order(placed["id"], SYMBOL)
        asked = await soon(client.fetch_order_ws(placed["id"], SYMBOL))
        assert {name: asked[name] for name in asked if name != "info"} == {
            name: same[name] for name in same if name != "info"
        }
        edited = await soon(client.edit_order_ws(placed["id"], SYMBOL, "limit", "buy", 2, 91))
        assert (edited["id"], edited["amount"], edited["price"]) == (placed["id"], 2.0, 91.0)
        assert (await soon(client.cancel_order_ws(placed["id"], SYMBOL)))["status"] == "canceled"
        stop = await soon(client.create_order_ws(SYMBOL, "market", "buy", 1, None, {"triggerPrice": 120}))
        assert (await at.client.fetch_open_orders(SYMBOL, params={"trigger": True}))[0]["id"] == stop["id"]
        await soon(client.cancel_order_ws(stop["id"], SYMBOL, {"trigger": True}))
        assert await at.client.fetch_open_orders(SYMBOL, params={"trigger": True}) == []
        await soon(client.create_order_ws(SYMBOL, "market", "buy", 1))
        (position,) = await soon(client.fetch_positions_ws([SYMBOL]))
        assert (position["contracts"], position["side"]) == (1.0, "long")
        trades = await soon(client.fetch_my_trades_ws(SYMBOL))
        assert [one["id"] for one in trades] == [one["id"] for one in await at.client.fetch_my_trades(SYMBOL)]
        book = await soon(client.fetch_order_book_ws(SYMBOL, 5))
        assert book["bids"] == (await at.client.fetch_order_book(SYMBOL, 5))["bids"]
        ticker = await soon(client.fetch_ticker_ws(SYMBOL, {"method": "ticker.price"}))
        assert ticker["last"] == (await at.client.fetch_ticker(SYMBOL))["last"]
        with pytest.raises(ccxt.OperationRejected):
            await soon(client.create_order_ws(SYMBOL, "limit", "buy", 5_000, 90))


@pytest.mark.parametrize("seed", [2, 9])
@played
async def test_all_events_folded_are_the_truth(seed: int) -> None:
    tapes = tuple(simulate(s, "1m", 19_723 * DAY_MS, 19_725 * DAY_MS, "short_squeeze", seed) for s in (SYMBOL, OTHER))
    on = linear(tick=0.01, lot=0.001)
    given: dict[str, Any] = {"on": on, "seed": seed, "tapes": tapes, "start_ms": 19_724 * DAY_MS, "cash": "100000"}
    async with usdm_desk(**given) as at:
        key = (await at.client.fapiPrivatePostListenKey())["listenKey"]
        async with bare(at, f"private/ws?listenKey={key}") as socket:
            random = Random(seed)
            for _ in range(150):
                side, price = random.choice(("buy", "sell")), float(at.floor.pits["BTCUSDT"].price)
                kind = random.choice(("market", "limit", "limit", "stop"))
                params = {"triggerPrice": round(price * random.uniform(0.99, 1.01), 2)} if kind == "stop" else {}
                limit = round(price * random.uniform(0.998, 1.002), 2) if kind == "limit" else None
                with contextlib.suppress(ccxt.ExchangeError):
                    await at.client.create_order(
                        SYMBOL, "limit" if limit else "market", side, random.choice((0.01, 0.2, 1)), limit, params
                    )
                await at.control("POST", "step", ms=random.randint(1, 200_000))
            await socket.ws.send_json({"method": "LIST_SUBSCRIPTIONS", "id": 1})
            events = []
            while "e" in (message := await socket.next()):
                events.append(message)
        mine = (await at.audited())["accounts"]["trader"]["usdm"]
        orders, fills, algos, wallet, held = {}, [], {}, None, {}
        for event in events:
            if event["e"] == "ORDER_TRADE_UPDATE":
                one = event["o"]
                orders[one["i"]] = (one["X"], one["z"], one["q"], one["c"])
                if one["t"]:
                    fills.append((one["t"], one["i"], one["L"], one["l"], Decimal(one["n"]), one["T"], one["m"]))
            elif event["e"] == "ALGO_UPDATE":
                algos[event["o"]["aid"]] = (event["o"]["X"], event["o"]["ai"])
            else:
                wallet = event["a"]["B"][0]["wb"]
                held |= {(row["s"], row["ps"]): row["pa"] for row in event["a"]["P"]}
        assert orders == {
            one["orderId"]: (one["status"], one["executedQty"], one["origQty"], one["clientOrderId"])
            for one in mine["orders"]
        }
        assert fills == [
            (one["id"], one["orderId"], one["price"], one["qty"], Decimal(one["commission"]), one["time"], one["maker"])
            for one in mine["fills"]
        ]
        assert algos == {one["algoId"]: (one["algoStatus"], one["actualOrderId"]) for one in mine["algo_orders"]}
        assert wallet == mine["balances"]["USDT"]["wallet"]
        left = {name: quantity for name, quantity in held.items() if quantity != "0"}
        assert left == {(one["symbol"], one["side"]): one["quantity"] for one in mine["positions"]}
        assert len(fills) > 30
        assert len(algos) > 10
