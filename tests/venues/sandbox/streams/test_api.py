"""The websocket API of spot through the real ccxt.pro client: each request is its REST twin."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from typing import Any

import ccxt.async_support as ccxt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from engine.venues.sandbox.limits import Limits

from ..trading import SYMBOL, desk, market, played
from .watching import bare, signed, soon, watching

API = "ws-api.binance.com/ws-api/v3"


def plain(order: dict[str, Any], *without: str) -> dict[str, Any]:
    """Return an order without what only its reply's form says."""
    return {name: value for name, value in order.items() if name not in ("info", *without)}


@played
async def test_an_order_placed_asked_for_changed_and_cancelled() -> None:
    async with desk() as at, watching(at) as client:
        placed = await soon(client.create_order_ws(SYMBOL, "limit", "buy", 1, 90, {"newClientOrderId": "mine"}))
        assert (placed["status"], placed["clientOrderId"], placed["price"]) == ("open", "mine", 90.0)
        same = await at.client.fetch_order(placed["id"], SYMBOL)
        assert plain(await soon(client.fetch_order_ws(placed["id"], SYMBOL))) == plain(same)
        by_name = await soon(client.fetch_order_ws("", SYMBOL, {"origClientOrderId": "mine"}))
        assert by_name["id"] == placed["id"]
        assert [one["id"] for one in await soon(client.fetch_open_orders_ws(SYMBOL))] == [placed["id"]]
        edited = await soon(client.edit_order_ws(placed["id"], SYMBOL, "limit", "buy", 2, 91))
        assert (edited["amount"], edited["price"], edited["status"]) == (2.0, 91.0, "open")
        assert edited["id"] != placed["id"]
        gone = await soon(client.cancel_order_ws(edited["id"], SYMBOL))
        assert gone["status"] == "canceled"
        await soon(client.create_order_ws(SYMBOL, "limit", "sell", 1, 120))
        assert [one["status"] for one in await soon(client.cancel_all_orders_ws(SYMBOL))] == ["canceled"]
        rest = await at.client.fetch_orders(SYMBOL)
        assert [plain(one) for one in await soon(client.fetch_orders_ws(SYMBOL))] == [plain(one) for one in rest]
        await at.audited()


@played
async def test_fills_and_balances() -> None:
    async with desk() as at, watching(at) as client:
        bought = await soon(client.create_order_ws(SYMBOL, "market", "buy", 1))
        assert (bought["status"], bought["filled"], bought["fee"]) == (
            "closed",
            1.0,
            {"currency": "BTC", "cost": 0.002},
        )
        trades = await soon(client.fetch_my_trades_ws(SYMBOL))
        assert [plain(one) for one in trades] == [plain(one) for one in await at.client.fetch_my_trades(SYMBOL)]
        told = (await soon(client.fetch_balance_ws()))["info"]["balances"]  # ccxt reads the futures' form of it only
        assert {one["asset"]: float(one["free"]) for one in told} == (await at.client.fetch_balance())["free"]
        assert await soon(client.fetch_closed_orders_ws(SYMBOL))
        await soon(client.create_order_ws(SYMBOL, "limit", "buy", 1, 90, {"test": True}))
        assert await at.client.fetch_open_orders(SYMBOL) == []
        assert len(await soon(client.fetch_trades_ws(SYMBOL, limit=5))) == len(
            await at.client.fetch_trades(SYMBOL, None, 5)
        )


@played
async def test_refusals_are_those_of_rest() -> None:
    async with desk(on=market(min_notional=5.0)) as at, watching(at) as client:
        await soon(client.create_order_ws(SYMBOL, "limit", "buy", 1, 90, {"newClientOrderId": "mine"}))
        for call, kind in (
            (client.create_order_ws(SYMBOL, "limit", "buy", 200, 90), ccxt.InsufficientFunds),
            (client.create_order_ws(SYMBOL, "limit", "buy", 1, 90, {"newClientOrderId": "mine"}), ccxt.InvalidOrder),
            (client.create_order_ws(SYMBOL, "limit", "buy", 0.01, 90), ccxt.BadRequest),
            (client.create_order_ws(SYMBOL, "limit", "buy", 1, 110, {"postOnly": True}), ccxt.OrderImmediatelyFillable),
            (client.cancel_order_ws("77", SYMBOL), ccxt.OrderNotFound),
            (client.fetch_order_ws("77", SYMBOL), ccxt.OrderNotFound),
            (client.create_order_ws(SYMBOL, "limit", "buy", 1, 90, {"newClientOrderId": "a&b"}), ccxt.BadRequest),
        ):
            with pytest.raises(kind):
                await soon(call)
        await at.control("POST", "clock", skew_ms=120_000)
        with pytest.raises(ccxt.InvalidNonce):
            await soon(client.fetch_balance_ws())


@played
async def test_an_ed25519_key_signs_too() -> None:
    async with desk() as at:
        private = Ed25519PrivateKey.generate()
        pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        key = await at.control("POST", "keys", account="trader", public_pem=pem)
        secret = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        async with watching(at, key=key | {"secret": secret}) as client:
            watch = asyncio.create_task(client.watch_orders(SYMBOL))
            placed = await soon(client.create_order_ws(SYMBOL, "limit", "buy", 1, 90))
            await soon(client.authenticate({"type": "spot"}))
            await soon(client.cancel_order_ws(placed["id"], SYMBOL))
            assert (await soon(watch))[-1]["status"] == "canceled"


@played
async def test_who_has_logged_on_need_not_sign() -> None:
    async with desk() as at, bare(at, API) as socket:
        private = Ed25519PrivateKey.generate()
        pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        key = await at.control("POST", "keys", account="trader", public_pem=pem)
        now_ms = at.server.clock.now_ms
        order = {
            "symbol": "BTCUSDT",
            "side": "BUY",
            "type": "LIMIT",
            "timeInForce": "GTC",
            "price": "90",
            "quantity": "1",
        }
        order |= {"timestamp": now_ms}
        assert (await socket.ask(id=1, method="order.place", params=order))["error"]["code"] == -2014
        assert (await socket.ask(id=1, method="userDataStream.subscribe"))["error"]["code"] == -1002
        hmac = await socket.ask(id=2, method="session.logon", params=signed(at.key, now_ms))
        assert (hmac["status"], hmac["error"]["code"]) == (401, -1002)
        payload = f"apiKey={key['key']}&timestamp={now_ms}"
        asked = {
            "apiKey": key["key"],
            "timestamp": now_ms,
            "signature": b64encode(private.sign(payload.encode())).decode(),
        }
        told = await socket.ask(id=3, method="session.logon", params=asked)
        assert (told["status"], told["result"]["apiKey"]) == (200, key["key"])
        assert (await socket.ask(id=4, method="userDataStream.subscribe"))["result"] == {"subscriptionId": 0}
        assert (await socket.ask(id=5, method="order.place", params=order))["result"]["status"] == "NEW"
        forged = order | {"apiKey": key["key"], "session": "0" * 64}
        assert (await socket.ask(id=6, method="order.place", params=forged))["error"]["code"] == -1102
        assert (await socket.ask(id=7, method="session.logout"))["result"]["apiKey"] is None
        assert (await socket.ask(id=8, method="order.place", params=order))["error"]["code"] == -2014
        assert len(await at.client.fetch_open_orders(SYMBOL)) == 1


PUBLIC = [
    ("ping", "publicGetPing", {}), ("exchangeInfo", "publicGetExchangeInfo", {"symbol": "BTCUSDT"}),
    ("klines", "publicGetKlines", {"symbol": "BTCUSDT", "interval": "1m", "limit": 3}),
    ("depth", "publicGetDepth", {"symbol": "BTCUSDT", "limit": 5}),
    ("ticker.24hr", "publicGetTicker24hr", {"symbol": "BTCUSDT"}), ("ticker.price", "publicGetTickerPrice", {}),
    ("ticker.book", "publicGetTickerBookTicker", {}), ("trades.recent", "publicGetTrades", {"symbol": "BTCUSDT"}),
    ("trades.aggregate", "publicGetAggTrades", {"symbol": "BTCUSDT"}),
]  # fmt: skip


def texts(node: Any) -> Any:
    """Return JSON with all its numbers as text, as ccxt hands it out."""
    if isinstance(node, dict):
        return {name: texts(value) for name, value in node.items() if name != "serverTime"}
    if isinstance(node, list):
        return [texts(one) for one in node]
    return node if isinstance(node, bool) or node is None else str(node)


@played
async def test_public_requests_answer_what_rest_answers() -> None:
    async with desk() as at, bare(at, API) as socket:
        await at.step(5)
        for method, twin, params in PUBLIC:
            reply = await socket.ask(id=method, method=method, params=params)
            assert (reply["id"], reply["status"]) == (method, 200)
            assert texts(reply["result"]) == texts(await getattr(at.client, twin)(params)), method
        told = (await socket.ask(id=1, method="time"))["result"]["serverTime"]
        assert abs(told - at.server.clock.now_ms) < 10_000


@played
async def test_limits_count_together_with_rest_and_are_told() -> None:
    async with desk(limits=Limits(weight_limit=60, orders_10s=2)) as at, bare(at, API) as socket:
        await at.begin_a_minute()
        await at.control("POST", "limits", weight_1m=60, orders_10s=2)
        now_ms = at.server.clock.now_ms
        order = {
            "symbol": "BTCUSDT",
            "side": "BUY",
            "type": "LIMIT",
            "timeInForce": "GTC",
            "price": "90",
            "quantity": "1",
        }
        await at.client.create_order(SYMBOL, "limit", "buy", 1, 90)
        reply = await socket.ask(id=1, method="order.place", params=signed(at.key, now_ms, **order))
        assert [(one["rateLimitType"], one["interval"], one["limit"], one["count"]) for one in reply["rateLimits"]] == [
            ("REQUEST_WEIGHT", "MINUTE", 60, 2), ("ORDERS", "SECOND", 2, 2), ("ORDERS", "DAY", 200_000, 2),
        ]  # fmt: skip
        reply = await socket.ask(id=2, method="order.place", params=signed(at.key, now_ms, **order))
        assert (reply["status"], reply["error"]["code"]) == (429, -1015)
        assert reply["error"]["data"]["retryAfter"] > reply["error"]["data"]["serverTime"]
        quiet = await socket.ask(id=3, method="ping", params={"returnRateLimits": False})
        assert quiet == {"id": 3, "status": 200, "result": {}}
        for _ in range(3):
            reply = await socket.ask(id=4, method="account.status", params=signed(at.key, now_ms))
        assert (reply["status"], reply["error"]["code"]) == (429, -1003)


@played
async def test_what_is_no_request_is_said_so() -> None:
    async with desk() as at, bare(at, API) as socket:
        for body, status, code in (
            ({"id": 1, "method": "order.plaze"}, 404, -1000), ({"id": 1, "method": "ping", "params": []}, 400, -1135),
            ({"id": True, "method": "ping"}, 400, -1100), ({"id": 2, "method": "order.place"}, 401, -2014),
            ({"id": 3, "method": "userDataStream.subscribe.signature"}, 400, -1102),
        ):  # fmt: skip
            reply = await socket.ask(**body)
            assert (reply["status"], reply["error"]["code"]) == (status, code), body
        await socket.ws.send_str("nonsense")
        reply = await socket.next()
        assert (reply["id"], reply["status"], reply["error"]["code"]) == (None, 400, -1135)


FAULTS: list[tuple[str, type[Exception] | None, int]] = [
    ("reply_lost", ccxt.NetworkError, 1), ("reset", ccxt.NetworkError, 0), ("error_json", ccxt.OperationFailed, 0),
    ("error_json_accepted", ccxt.OperationFailed, 1), ("slow", None, 1), ("too_many_requests", ccxt.BaseError, 0),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "kind", "count"), FAULTS, ids=[one[0] for one in FAULTS])
@played
async def test_a_fault_of_requests_meets_the_websockets_too(fault: str, kind: Any, count: int) -> None:
    async with desk() as at, watching(at) as client:
        await at.control("POST", "faults", fault=fault, method="POST", path="/api/v3/order", delay_ms=1)
        call = client.create_order_ws(SYMBOL, "limit", "buy", 1, 90)
        if kind is None:
            assert (await soon(call))["status"] == "open"
        else:
            with pytest.raises(kind):
                await soon(call)
        assert len(await at.client.fetch_orders(SYMBOL)) == count
        assert (await soon(client.create_order_ws(SYMBOL, "limit", "buy", 1, 91)))["status"] == "open"


@played
async def test_an_answer_that_never_comes_leaves_the_connection_open() -> None:
    async with desk() as at, bare(at, API) as socket:
        await at.control("POST", "faults", fault="empty", method="GET", path="/api/v3/time")
        await socket.ws.send_json({"id": 1, "method": "time"})
        assert (await socket.ask(id=2, method="ping"))["id"] == 2
