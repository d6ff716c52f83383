"""The exchange's own page and its state: what they show, what they never show, and who may ask."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from time import perf_counter
from typing import Any

import pytest

from engine.venues.sandbox.asking import Asked
from engine.venues.sandbox.keeping.opened import opened
from engine.venues.sandbox.opening import Opening
from engine.venues.sandbox.page import POLICY, page
from engine.venues.sandbox.wire.guarding import strange

from .repeating import first_key, signed
from .test_truth import stolen
from .trading import FLAT, SYMBOL, Desk, desk, played


async def state(at: Desk, market: str = "") -> Any:
    return await at.control("GET", f"state?market={market}")


def test_the_page_is_one_file_that_loads_nothing() -> None:
    text = page()
    assert text.count("<script>") == text.count("</script>") == text.count("<style>") == 1
    assert not re.search(r"""(src|href)=["'](?!data:|/sandbox/truth)""", text)
    assert not re.search(r"https?://|innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text)
    assert "/*style*/" not in text
    assert "/*script*/" not in text
    assert "default-src 'none'" in POLICY


@played
async def test_it_is_served_at_the_root_with_its_policy() -> None:
    async with desk() as at:
        for path in ("/", "/sandbox"):
            async with at.session.get(f"http://{at.server.address}{path}") as reply:
                assert reply.status == 200
                assert reply.content_type == "text/html"
                assert reply.headers["Content-Security-Policy"] == POLICY
                assert await reply.text() == page()


@played
async def test_the_state_shows_what_is_there() -> None:
    async with desk(*[FLAT] * 3, (100, 104, 100, 103), *[(103.0, 103.0, 103.0, 103.0)] * 20) as at:
        await at.client.create_order(SYMBOL, "limit", "buy", 2, 99, {"newClientOrderId": "mine"})
        await at.client.create_order(SYMBOL, "limit", "buy", 1, 99)
        await at.client.create_order(SYMBOL, "limit", "sell", 1, 102.5, {"newClientOrderId": "sold"})
        await at.client.create_order(SYMBOL, "market", "sell", 1, None, {"stopPrice": 98})
        await at.step(10)
        told = await state(at)
        assert [(one["name"], one["last"], round(one["change"], 6)) for one in told["markets"]] == [
            ("spot BTCUSDT", "103.0", 3.0)
        ]
        assert told["audit"]["ok"] is True
        assert told["market_ms"] == (await at.truth())["time"]
        chosen = told["chosen"]
        assert (chosen["tick"], chosen["lot"], chosen["last"]) == ("0.1", "0.01", "103.0")
        assert chosen["candles"][3][1:5] == [100.0, 104.0, 100.0, 103.0]
        assert [one["price"] for one in chosen["asks"]] == sorted(one["price"] for one in chosen["asks"])
        own = [(one["price"], one["own"], one["stop"]) for one in chosen["bids"] if one["own"] or one["stop"]]
        assert own == [("99.0", "3.00", ""), ("98.0", "", "-1.00")]
        (account,) = told["accounts"]
        (floor,) = account["floors"]
        assert (account["name"], floor["floor"], floor["count"]) == ("trader", "spot", 3)
        assert [(one["id"], one["client_id"], one["price"], one["stop"]) for one in floor["orders"]][-1] == (
            1,
            "mine",
            "99.0",
            "",
        )
        assert [(one["client_id"], one["price"], one["quantity"], one["maker"]) for one in floor["fills"]] == [
            ("sold", "102.5", "1.00", True)
        ]
        balances = {one["asset"]: one for one in floor["balances"]}
        assert (balances["BTC"]["total"], balances["BTC"]["free"]) == ("9.00000000", "8.00000000")
        assert Decimal(balances["USDT"]["total"]) - Decimal(balances["USDT"]["free"]) == 297


@played
async def test_no_secret_is_ever_shown() -> None:
    async with desk() as at:
        key = await at.control("POST", "keys", account="trader", permissions=["read"])
        told = json.dumps(await state(at))
        assert at.key["key"][:6] in told
        for one in (at.key, key):
            assert one["secret"] not in told
            assert one["key"] not in told


@played
async def test_the_audits_findings_are_shown() -> None:
    async with desk() as at:
        stolen(at.server.exchange)
        told = (await state(at))["audit"]
        assert told["ok"] is False
        assert told["count"] == len(told["findings"]) > 0


@played
async def test_ten_thousand_open_orders_are_the_first_fifty_and_a_count_and_cost_little() -> None:
    async with desk(balances={"USDT": "100000000"}, max_orders=20_000) as at:
        floor = at.server.exchange.spot
        for number in range(10_000):
            given = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1"}
            floor.place("trader", Asked(given | {"price": f"{50 + number % 400 / 10:.1f}"}))
        await state(at)  # the first one audits
        times = []
        for _ in range(10):
            started = perf_counter()
            told = await state(at)
            times.append(perf_counter() - started)
        shown = told["accounts"][0]["floors"][0]
        assert (shown["count"], len(shown["orders"]), shown["orders"][0]["id"]) == (10_000, 50, 10_000)
        assert len(json.dumps(told)) < 60_000
        assert sorted(times)[5] < 0.25  # about 0.02 s; a look at every order's text would take a second


STRANGERS = [
    ("GET", {"Host": "evil.example:8787"}, "expected a Host on loopback"),
    ("GET", {"Host": "127.0.0.1.evil.example"}, "expected a Host on loopback"), ("GET", {}, "expected a Host on loopback"),
    ("POST", {"Host": "127.0.0.1:8787", "Origin": "http://evil.example"}, "expected no Origin or http://127.0.0.1:8787"),
    ("DELETE", {"Host": "127.0.0.1:8787", "Origin": "http://127.0.0.1:9999"}, "expected no Origin or"),
    ("POST", {"Host": "127.0.0.1:8787", "Origin": "null"}, "expected no Origin or"),
    ("GET", {"Host": "127.0.0.1:8787", "Origin": "http://evil.example", "Upgrade": "websocket"}, "expected no Origin or"),
]  # fmt: skip
WELCOME = [
    ("GET", {"Host": "127.0.0.1:8787"}), ("GET", {"Host": "localhost:8787"}), ("GET", {"Host": "[::1]:8787"}),
    ("POST", {"Host": "127.0.0.1:8787"}), ("POST", {"Host": "127.0.0.1:8787", "Origin": "http://127.0.0.1:8787"}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "headers", "why"), STRANGERS, ids=[f"{m} {h}" for m, h, _ in STRANGERS])
def test_a_strangers_page_is_refused(method: str, headers: dict[str, str], why: str) -> None:
    assert strange(method, headers).startswith(why)


@pytest.mark.parametrize(("method", "headers"), WELCOME, ids=[f"{m} {h}" for m, h in WELCOME])
def test_programs_of_this_machine_and_the_page_itself_are_not(method: str, headers: dict[str, str]) -> None:
    assert strange(method, headers) == ""


@played
async def test_a_refused_request_changes_nothing() -> None:
    async with desk() as at:
        before = await at.truth()
        for method, path, headers in (
            ("POST", "step", {"Origin": "http://evil.example"}), ("DELETE", "faults", {"Origin": "null"}),
            ("GET", "truth", {"Host": "evil.example"}), ("POST", "accounts", {"Host": "evil.example"}),
        ):  # fmt: skip
            address = f"http://{at.server.address}/sandbox/{path}"
            async with at.session.request(method, address, data='{"name": "x"}', headers=headers) as reply:
                assert (reply.status, list(await reply.json())) == (403, ["error"])
        assert await at.truth() == before


def test_every_part_that_the_script_looks_for_is_there() -> None:
    text = page()
    wanted = set(re.findall(r"byId\(\"([a-z-]+)\"\)", text))
    assert len(wanted) > 15
    assert wanted <= set(re.findall(r"id=\"([a-z-]+)\"", text))


@played
async def test_a_position_and_what_waits_for_a_trigger_are_shown() -> None:
    with opened(Opening(markets=("simulated:BTC/USDT:USDT",), since="2024-03-01", cash=5_000.0), 0.0) as server:
        key, market = first_key(server), {"symbol": "BTCUSDT", "side": "BUY"}
        price = float(server.exchange.usdm.pits["BTCUSDT"].price)
        stop = {
            "symbol": "BTCUSDT",
            "side": "SELL",
            "algoType": "CONDITIONAL",
            "type": "STOP_MARKET",
            "quantity": "0.1",
        }
        stop |= {"triggerPrice": f"{price * 0.97:.1f}", "clientAlgoId": "guard"}
        assert signed(server, key, "POST", "/fapi/v1/order", type="MARKET", quantity="0.2", **market).status == 200
        assert signed(server, key, "POST", "/fapi/v1/algoOrder", **stop).status == 200
        told = server.intake.take("GET", "/sandbox/state").told
        (floor,) = told["accounts"][0]["floors"]
        (position,), (order,), (fill,) = floor["positions"], floor["orders"], floor["fills"]
        assert (position["symbol"], position["side"], float(position["quantity"])) == ("BTCUSDT", 1, 0.2)
        assert float(position["entry"]) == float(fill["price"])
        assert 0 < float(position["liquidation"]) < price
        assert (order["client_id"], order["type"], order["side"], floor["count"]) == ("guard", "STOP_MARKET", -1, 1)
        assert float(order["stop"]) == float(stop["triggerPrice"])
        (balance,) = floor["balances"]
        assert 0 < float(balance["free"]) < float(balance["total"]) < 5_000
        assert [one["stop"] for one in told["chosen"]["bids"] if one["stop"]] == ["-0.100"]
