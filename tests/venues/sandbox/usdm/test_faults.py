"""The venue's own faults on the USD-M floor, through the real client: margin and positions stay right."""

from __future__ import annotations

from typing import Any

import ccxt.async_support as ccxt
import pytest

from ..trading import played, refusal
from .trading import SYMBOL, UsdmDesk, usdm_desk

BTC = "BTCUSDT"


async def fault(at: UsdmDesk, name: str, **fields: Any) -> Any:
    return await at.control("POST", "faults", fault=name, **fields)


@played
async def test_an_order_visible_late_is_in_no_list_though_its_margin_is_taken() -> None:
    async with usdm_desk() as at:
        await fault(at, "visible_late", floor="usdm", delay_ms=60_000)
        order = await at.client.create_order(SYMBOL, "limit", "buy", 1, 90)
        assert (await refusal(at.client.fetch_order(order["id"], SYMBOL)))[2] == -2013
        assert await at.client.fetch_open_orders(SYMBOL) == await at.client.fetch_orders(SYMBOL) == []
        assert (await at.client.fetch_balance())["USDT"]["used"] > 0
        await at.step()
        assert [one["id"] for one in await at.client.fetch_open_orders(SYMBOL)] == [order["id"]]
        await at.audited()


@pytest.mark.parametrize(("kind", "price"), [("limit", 90), ("limit", 101), ("market", None)])
@played
async def test_an_order_rejected_after_all_gives_its_margin_back(kind: str, price: Any) -> None:
    async with usdm_desk() as at:
        await fault(at, "rejected_later", delay_ms=1_000)
        order = await at.client.create_order(SYMBOL, kind, "buy", 1, price)
        assert (order["status"], order["filled"]) == ("open", 0.0)
        await at.audited()
        await at.control("POST", "step", ms=1_000)
        assert (await at.client.fetch_order(order["id"], SYMBOL))["status"] == "rejected"
        assert (await at.client.fetch_balance())["USDT"] == {"free": 1000.0, "used": 0.0, "total": 1000.0}
        assert await at.client.fetch_positions([SYMBOL]) == []
        await at.audited()


@played
async def test_a_part_of_an_order_becomes_a_position_and_the_rest_expires() -> None:
    async with usdm_desk() as at:
        await fault(at, "filled_in_part", share=0.5, delay_ms=1_000)
        order = await at.client.create_order(SYMBOL, "limit", "buy", 2, 95)
        assert (order["status"], order["filled"]) == ("open", 1.0)
        await at.control("POST", "step", ms=1_000)
        assert (await at.client.fetch_order(order["id"], SYMBOL))["status"] == "expired"
        assert [(one["contracts"], one["entryPrice"]) for one in await at.client.fetch_positions([SYMBOL])] == [
            (1.0, 95.0)
        ]
        await at.audited()


@played
async def test_a_delisted_contract_ends_plain_and_algo_orders_and_refuses_new_ones() -> None:
    async with usdm_desk() as at:
        plain = await at.client.create_order(SYMBOL, "limit", "buy", 1, 90)
        algo = await at.client.create_order(SYMBOL, "market", "buy", 1, None, {"triggerPrice": 110})
        await fault(at, "delisting", floor="usdm", symbol=BTC)
        assert (await at.client.fetch_order(plain["id"], SYMBOL))["status"] == "expired"
        assert (await at.client.fetch_order(algo["id"], SYMBOL, {"trigger": True}))["status"] == "expired"
        with pytest.raises(ccxt.BaseError):
            await at.client.create_order(SYMBOL, "limit", "buy", 1, 90)
        await at.client.load_markets(True)
        assert at.client.market(SYMBOL)["active"] is False
        await at.step(3)
        await at.audited()


@played
async def test_changed_steps_of_a_contract_hold_for_new_orders() -> None:
    async with usdm_desk() as at:
        await fault(at, "filters_changed", floor="usdm", symbol=BTC, tick="0.5", lot="0.1")
        await at.step()
        kind, status, code, _ = await refusal(at.client.create_order(SYMBOL, "limit", "buy", 1, 90.1))
        assert (kind, status, code) == (ccxt.BadRequest, 400, -4014)
        await at.client.load_markets(True)
        assert at.client.market(SYMBOL)["precision"] == at.client.market(SYMBOL)["precision"] | {
            "price": 0.5,
            "amount": 0.1,
        }
        await at.client.create_order(SYMBOL, "limit", "buy", 1, 90.5)
        await at.audited()


@played
async def test_a_foreign_hand_opens_a_position_in_our_account() -> None:
    async with usdm_desk() as at:
        order = {"side": "SELL", "type": "MARKET", "quantity": "1"}
        placed = await fault(at, "foreign_order", floor="usdm", symbol=BTC, **order)
        assert placed["clientOrderId"].startswith("web_")
        assert [(one["side"], one["contracts"]) for one in await at.client.fetch_positions([SYMBOL])] == [
            ("short", 1.0)
        ]
        await at.audited()
