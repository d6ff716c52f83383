"""The spot user stream through the real ccxt.pro client, and every event of it against the truth."""

from __future__ import annotations

import asyncio
from typing import Any

import ccxt.async_support as ccxt
import pytest

from ..test_truth import driven, trade_at_random
from ..trading import FLAT, SYMBOL, desk, played
from .watching import Bare, Watching, bare, signed, soon, watching

API = "ws-api.binance.com/ws-api/v3"
FALLING = [FLAT, (100, 100, 95, 96), (96, 97, 90, 91), (91, 111, 91, 110), FLAT]


async def listening(at: Any, client: Watching) -> None:
    """Let a client subscribe to its user stream."""
    client.balance.setdefault("spot", {})  # without it, ccxt stumbles over events that come before the first watch
    await soon(client.authenticate({"type": "spot"}))
    async with asyncio.timeout(10):
        while not at.server.pushing.users["spot"].listening:
            await asyncio.sleep(0)


def told(client: Watching, kind: str, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(one[name] for name in names) for one in client.events if one["e"] == kind]


@played
async def test_an_order_is_told_from_its_beginning_to_its_end() -> None:
    async with desk(*FALLING) as at, watching(at) as client:
        orders = asyncio.create_task(client.watch_orders(SYMBOL))
        trades = asyncio.create_task(client.watch_my_trades(SYMBOL))
        balance = asyncio.create_task(client.watch_balance())
        await listening(at, client)
        placed = await at.client.create_order(SYMBOL, "limit", "buy", 1, 97, {"newClientOrderId": "mine"})
        (first,) = await soon(orders)
        assert (first["id"], first["clientOrderId"], first["status"]) == (placed["id"], "mine", "open")
        assert (await soon(balance))["USDT"] == {"free": 9_903.0, "used": 97.0, "total": 10_000.0}
        await at.step(2)
        (trade,) = await soon(trades)
        (rest,) = await at.client.fetch_my_trades(SYMBOL)
        for name in rest.keys() - {"info", "type", "fees"}:
            assert trade[name] == rest[name], name
        assert told(client, "executionReport", "x", "X", "c", "C", "m") == [
            ("NEW", "NEW", "mine", "", False), ("TRADE", "FILLED", "mine", "", True),
        ]  # fmt: skip
        assert client.balance["spot"]["USDT"]["total"] == (await at.client.fetch_balance())["USDT"]["total"]
        assert client.balance["spot"]["BTC"] == (await at.client.fetch_balance())["BTC"]


@played
async def test_a_cancellation_bears_its_own_id_and_the_orders() -> None:
    async with desk() as at, watching(at) as client:
        await listening(at, client)
        for cancel in ({}, {"newClientOrderId": "away"}):
            placed = await at.client.create_order(SYMBOL, "limit", "buy", 1, 90, {"newClientOrderId": "mine"})
            await at.client.cancel_order(placed["id"], SYMBOL, cancel)
        await client.until(lambda: len(told(client, "executionReport", "x")) == 4)
        assert told(client, "executionReport", "x", "X", "c", "C") == [
            ("NEW", "NEW", "mine", ""), ("CANCELED", "CANCELED", "cancel1", "mine"),
            ("NEW", "NEW", "mine", ""), ("CANCELED", "CANCELED", "away", "mine"),
        ]  # fmt: skip
        assert [one["clientOrderId"] for one in client.orders] == ["mine", "mine"]
        assert [one["status"] for one in client.orders] == ["canceled", "canceled"]


@played
async def test_what_cannot_fill_expires_and_a_stop_says_whether_it_works() -> None:
    async with desk(*FALLING) as at, watching(at) as client:
        await listening(at, client)
        await at.client.create_order(SYMBOL, "limit", "buy", 1, 90, {"timeInForce": "IOC"})
        await at.client.create_order(SYMBOL, "market", "sell", 1, None, {"stopLossPrice": 95})
        await at.step(2)
        await client.until(lambda: len(told(client, "executionReport", "x")) == 4)
        assert told(client, "executionReport", "x", "X", "o", "w", "P") == [
            ("NEW", "NEW", "LIMIT", True, "0.00000000"), ("EXPIRED", "EXPIRED", "LIMIT", False, "0.00000000"),
            ("NEW", "NEW", "STOP_LOSS", False, "95.00000000"), ("TRADE", "FILLED", "STOP_LOSS", False, "95.00000000"),
        ]  # fmt: skip


@played
async def test_a_deposit_is_told() -> None:
    async with desk() as at, watching(at) as client:
        balance = asyncio.create_task(client.watch_balance())
        await listening(at, client)
        await at.control("POST", "accounts", name="trader", balances={"USDT": "12.5"}, key=False)
        await soon(balance)
        await client.until(lambda: told(client, "outboundAccountPosition", "B"))
        assert told(client, "balanceUpdate", "a", "d") == [("USDT", "12.50000000")]
        assert client.balance["spot"]["USDT"] == {"free": 10_012.5, "used": 0.0, "total": 10_012.5}


@played
async def test_a_revoked_key_ends_its_stream_and_another_accounts_events_are_not_ours() -> None:
    async with desk() as at, watching(at) as client:
        other = await at.control("POST", "accounts", name="other", balances={"USDT": "500"})
        async with watching(at, key=other) as theirs:
            await listening(at, client)
            await listening(at, theirs)
            await at.client.create_order(SYMBOL, "limit", "buy", 1, 90)
            await client.until(lambda: told(client, "executionReport", "x"))
            await at.control("POST", "keys/revoke", key=at.key["key"])
            await client.until(lambda: told(client, "eventStreamTerminated", "e"))
            await at.control("POST", "accounts", name="other", balances={"USDT": "1"}, key=False)
            await theirs.until(lambda: told(theirs, "balanceUpdate", "a"))
            assert not told(theirs, "executionReport", "x")
            assert list(at.server.pushing.users["spot"].listening) == ["other"]


@played
async def test_a_key_that_expires_ends_its_stream() -> None:
    async with desk() as at:
        key = await at.control("POST", "keys", account="trader", life_ms=50_000)
        async with watching(at, key=key) as client:
            await listening(at, client)
            await at.control("POST", "clock", skew_ms=60_000)
            await client.until(lambda: told(client, "eventStreamTerminated", "e"))


@pytest.mark.parametrize("wrong", ["secret", "key", "time", "permission"])
@played
async def test_a_stream_is_opened_only_by_a_right_signature(wrong: str) -> None:
    async with desk() as at:
        key = at.key | ({"secret": "x"} if wrong == "secret" else {"key": "y"} if wrong == "key" else {})
        if wrong == "permission":
            key = await at.control("POST", "keys", account="trader", permissions=["trade"])
        if wrong == "time":
            await at.control("POST", "clock", skew_ms=120_000)
        kinds = {"time": ccxt.InvalidNonce}
        async with watching(at, key=key) as client:
            with pytest.raises(KeyError) as caught:  # ccxt stumbles over its own clearing up
                await soon(client.watch_orders(SYMBOL))
            assert isinstance(caught.value.__context__, kinds.get(wrong, ccxt.AuthenticationError))
            assert at.server.pushing.users["spot"].listening == {}


@played
async def test_subscriptions_are_numbered_and_end_one_by_one() -> None:
    async with desk() as at, bare(at, API) as socket:
        now_ms = at.server.clock.now_ms
        for number in (0, 1):
            asked = signed(at.key, now_ms)
            reply = await socket.ask(id=number, method="userDataStream.subscribe.signature", params=asked)
            assert (reply["status"], reply["result"]) == (200, {"subscriptionId": number})
        assert (await socket.ask(id="l", method="session.subscriptions"))["result"] == [
            {"subscriptionId": 0}, {"subscriptionId": 1},
        ]  # fmt: skip
        left = await socket.ask(id=3, method="userDataStream.unsubscribe", params={"subscriptionId": 0})
        assert (left["status"], left["result"]) == (200, {})
        wrong = await socket.ask(id=4, method="userDataStream.unsubscribe", params={"subscriptionId": 7})
        assert wrong["status"] == 400
        await at.client.create_order(SYMBOL, "limit", "buy", 1, 90)
        assert (await socket.next())["subscriptionId"] == 1


async def drained(socket: Bare) -> list[dict[str, Any]]:
    """Return everything that was pushed so far."""
    await socket.ws.send_json({"id": "end", "method": "ping"})
    events = []
    while "event" in (message := await socket.next()):
        events.append(message["event"])
    assert (message["id"], message["status"], message["result"]) == ("end", 200, {})
    return events


@pytest.mark.parametrize("seed", [3, 8])
@played
async def test_all_events_folded_are_the_truth(seed: int) -> None:
    async with desk(**driven(seed)) as at, bare(at, API) as socket:
        asked = signed(at.key, at.server.clock.now_ms)
        assert (await socket.ask(id=1, method="userDataStream.subscribe.signature", params=asked))["status"] == 200
        await trade_at_random(at, 600, seed)
        events = await drained(socket)
        told = (await at.audited())["accounts"]["trader"]["spot"]
        orders: dict[int, tuple[str, ...]] = {}
        balances, fills = {asset: tuple(one.values()) for asset, one in told["balances"].items()}, []
        seen = {}
        for one in events:
            if one["e"] == "outboundAccountPosition":
                seen |= {row["a"]: (row["f"], row["l"]) for row in one["B"]}
                continue
            assert one["e"] == "executionReport"
            assert (one["x"] == "NEW") == (one["i"] not in orders)
            orders[one["i"]] = (one["X"], one["z"], one["Z"], one["C"] or one["c"], one["q"])
            if one["x"] == "TRADE":
                fills.append((one["t"], one["i"], one["L"], one["l"], one["n"], one["N"], one["T"], one["m"]))
        names = ("status", "executedQty", "cummulativeQuoteQty", "clientOrderId", "origQty")
        assert orders == {one["orderId"]: tuple(one[name] for name in names) for one in told["orders"]}
        names = ("id", "orderId", "price", "qty", "commission", "commissionAsset", "time", "isMaker")
        assert fills == sorted(tuple(one[name] for name in names) for one in told["fills"])
        assert seen == balances
        assert len(fills) > 50
