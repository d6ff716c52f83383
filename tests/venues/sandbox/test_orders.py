"""Orders of every type: what each refuses, where it rests, what it fills at."""

from __future__ import annotations

from typing import Any

import ccxt.async_support as ccxt
import pytest

from .trading import FLAT, MINUTE_MS, SYMBOL, desk, market, played, refusal

IMMEDIATE = ccxt.OrderImmediatelyFillable
REFUSED: list[tuple[str, dict[str, str], type[Exception], int, str]] = [  # parameters over a limit buy of 1 at 90
    ("off the tick", {"price": "90.05"}, ccxt.InvalidOrder, -1013, "Filter failure: PRICE_FILTER"),
    ("off the lot", {"quantity": "1.005"}, ccxt.InvalidOrder, -1013, "Filter failure: LOT_SIZE"),
    ("below the lot", {"quantity": "0"}, ccxt.InvalidOrder, -1013, "Filter failure: LOT_SIZE"),
    ("too small", {"quantity": "0.01"}, ccxt.BadRequest, -1013, "Filter failure: NOTIONAL"),
    ("far away", {"price": "19.9"}, ccxt.InvalidOrder, -1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
    ("too precise", {"price": "90.123456789"}, ccxt.BadRequest, -1111, "Parameter 'price' has too much precision."),
    ("for nothing", {"price": "0"}, ccxt.BadRequest, -1013, "Invalid price."),
    ("a stop at nothing", {"type": "STOP_LOSS", "timeInForce": "", "price": "", "stopPrice": "0"}, ccxt.BadRequest, -1013,
     "Invalid stopPrice."),
    ("more than anybody has", {"quantity": "99999999999999999999"}, ccxt.InvalidOrder, -1013, "Filter failure: LOT_SIZE"),
    ("beyond the funds", {"quantity": "200"}, ccxt.InsufficientFunds, -2010, "Account has insufficient balance for requested action."),
    ("selling too much", {"side": "SELL", "price": "110", "quantity": "11"}, ccxt.InsufficientFunds, -2010,
     "Account has insufficient balance for requested action."),
    ("a maker that takes", {"type": "LIMIT_MAKER", "timeInForce": "", "price": "101"}, IMMEDIATE, -2010,
     "Order would immediately match and take."),
    ("a stop behind the market", {"type": "STOP_LOSS", "timeInForce": "", "price": "", "stopPrice": "99"}, IMMEDIATE, -2010,
     "Order would trigger immediately."),
    ("a target behind the market", {"type": "TAKE_PROFIT_LIMIT", "side": "SELL", "stopPrice": "99"}, IMMEDIATE, -2010,
     "Order would trigger immediately."),
    ("no symbol", {"symbol": "ETHUSDT"}, ccxt.BadSymbol, -1121, "Invalid symbol."),
    ("no side", {"side": "HOLD"}, ccxt.BadRequest, -1117, "Invalid side."),
    ("no type", {"type": "ICEBERG"}, ccxt.BadRequest, -1116, "Invalid orderType."),
    ("no time in force", {"timeInForce": "GTX"}, ccxt.BadRequest, -1115, "Invalid timeInForce."),
    ("a market order with a price", {"type": "MARKET", "timeInForce": ""}, ccxt.BadRequest, -1106, "Parameter 'price' sent when not required."),
    ("without a quantity", {"quantity": ""}, ccxt.BadRequest, -1102,
     "Mandatory parameter 'quantity' was not sent, was empty/null, or malformed."),
    ("no number", {"quantity": "-1"}, ccxt.BadRequest, -1100,
     r"Illegal characters found in parameter 'quantity'; legal range is '^([0-9]{1,20})(\.[0-9]{1,20})?$'."),
    ("a long name", {"newClientOrderId": "x" * 37}, ccxt.BadRequest, -1100,
     "Illegal characters found in parameter 'newClientOrderId'; legal range is '^[A-Za-z0-9.:/_-]{1,36}$'."),
]  # fmt: skip


@played
async def test_what_the_venue_refuses_leaves_no_trace_and_has_its_code_and_class() -> None:
    async with desk(on=market(min_notional=5.0)) as at:
        plain = {
            "symbol": "BTCUSDT",
            "side": "BUY",
            "type": "LIMIT",
            "timeInForce": "GTC",
            "quantity": "1",
            "price": "90",
        }
        for what, changed, kind, code, said in REFUSED:
            asked = {name: value for name, value in (plain | changed).items() if value}
            assert await refusal(at.client.privatePostOrder(asked)) == (kind, 400, code, said), what
            assert await at.client.privatePostOrderTest(plain) == {}
        told = await at.audited()
        assert told["accounts"]["trader"]["spot"]["orders"] == []


@played
async def test_a_client_id_is_taken_while_its_order_is_open_and_free_again_afterwards() -> None:
    async with desk() as at:
        named = {"newClientOrderId": "again"}
        await at.client.create_order(SYMBOL, "limit", "buy", 1, 90, named)
        assert await refusal(at.client.create_order(SYMBOL, "limit", "buy", 1, 90, named)) == (
            ccxt.InvalidOrder, 400, -2010, "Duplicate order sent.",
        )  # fmt: skip
        await at.client.cancel_order("", SYMBOL, {"origClientOrderId": "again"})
        bought = [await at.client.create_order(SYMBOL, "market", "buy", 1, None, named) for _ in range(2)]
        assert len({one["id"] for one in bought}) == 2  # a filled order's id is free: resending buys twice
        found = await at.client.fetch_order("", SYMBOL, {"origClientOrderId": "again"})
        assert found["id"] == bought[1]["id"]
        assert (await refusal(at.client.fetch_order("77", SYMBOL)))[1:3] == (400, -2013)
        assert (await refusal(at.client.cancel_order(bought[0]["id"], SYMBOL)))[1:3] == (400, -2011)


@played
async def test_no_more_orders_may_be_open_than_the_market_allows() -> None:
    async with desk(max_orders=2) as at:
        for price in (90, 91):
            await at.client.create_order(SYMBOL, "limit", "buy", 1, price)
        refused = await refusal(at.client.create_order(SYMBOL, "limit", "buy", 1, 92))
        assert refused == (ccxt.BadRequest, 400, -1013, "Filter failure: MAX_NUM_ORDERS")
        await at.client.create_order(SYMBOL, "market", "buy", 1)


UP, DOWN = (100, 106, 99, 105), (100, 101, 94, 95)
TRAILING = {"stopLossOrTakeProfit": "takeProfit", "trailingPercent": 1, "trailingTriggerPrice": 103}
STOPS: list[tuple[str, str, str, dict[str, Any], tuple[float, ...], str, str, float | None]] = [
    # what, type, side, parameters, the next candle and its path; status and average price
    ("a stop to sell", "market", "sell", {"stopLossPrice": 96}, DOWN, "low_first", "closed", 96.0),
    ("a stop to buy", "market", "buy", {"triggerPrice": 104}, UP, "low_first", "closed", 104.0),
    ("a target to sell", "market", "sell", {"takeProfitPrice": 104}, UP, "low_first", "closed", 104.0),
    ("a target to buy", "market", "buy", {"takeProfitPrice": 96}, DOWN, "low_first", "closed", 96.0),
    ("a stop with a limit", "limit", "sell", {"stopLossPrice": 96}, DOWN, "low_first", "closed", 96.0),
    ("a stop that is not reached", "market", "sell", {"stopLossPrice": 93}, DOWN, "low_first", "open", None),
    ("trailing 2 % below 106", "market", "sell", {"trailingPercent": 2, "stopLossOrTakeProfit": "stopLoss"}, UP,
     "high_first", "closed", 103.9),
    ("trailing from 103 on, past a gap", "market", "sell", TRAILING, UP, "low_first", "closed", 100.0),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "side", "params", "candle", "path", "status", "average"),
                         [one[1:] for one in STOPS], ids=[one[0] for one in STOPS])  # fmt: skip
@played
async def test_a_stop_waits_for_its_price(
    type_: str,
    side: str,
    params: dict[str, Any],
    candle: tuple[float, ...],
    path: str,
    status: str,
    average: float | None,
) -> None:
    async with desk(FLAT, candle, FLAT, FLAT, path=path) as at:
        order = await at.client.create_order(SYMBOL, type_, side, 1, 95 if type_ == "limit" else None, params)
        assert order["status"] == "open"
        await at.step(2)
        found = await at.client.fetch_order(order["id"], SYMBOL)
        assert (found["status"], found["average"]) == (status, average)
        await at.audited()


FORCES = [  # time in force, price, quantity; status, filled (4 of volume may be taken)
    ("IOC", 99, 1, "expired", 0.0), ("IOC", 100, 3, "closed", 3.0), ("IOC", 100, 6, "expired", 4.0),
    ("FOK", 100, 4, "closed", 4.0), ("FOK", 100, 6, "expired", 0.0), ("GTC", 100, 6, "open", 4.0),
]  # fmt: skip


@pytest.mark.parametrize(("force", "price", "quantity", "status", "filled"), FORCES)
@played
async def test_time_in_force_says_what_becomes_of_the_rest(
    force: str, price: float, quantity: float, status: str, filled: float
) -> None:
    async with desk((*FLAT, 40.0), (*FLAT, 40.0), participation=0.1) as at:
        order = await at.client.create_order(SYMBOL, "limit", "buy", quantity, price, {"timeInForce": force})
        assert (order["status"], order["filled"]) == (status, filled)
        await at.audited()


@played
async def test_an_order_fills_in_parts_by_the_candles_volume_and_frees_its_rest_when_cancelled() -> None:
    rows = (*FLAT, 40.0), (100, 101, 98, 99, 40.0), (99, 99, 97, 98, 40.0), (*FLAT, 40.0)
    async with desk(*rows, participation=0.1) as at:
        order = await at.client.create_order(SYMBOL, "limit", "buy", 10, 99.5)
        await at.step(2)
        found = await at.client.fetch_order(order["id"], SYMBOL)
        assert (found["status"], found["info"]["status"], found["filled"]) == ("open", "PARTIALLY_FILLED", 8.0)
        assert (await at.client.fetch_balance())["USDT"]["used"] == 2 * 99.5
        gone = await at.client.cancel_order(order["id"], SYMBOL)
        assert (gone["status"], gone["filled"]) == ("canceled", 8.0)
        assert [one["takerOrMaker"] for one in await at.client.fetch_my_trades(SYMBOL)] == ["maker", "maker"]
        await at.audited()


@played
async def test_when_the_candles_end_the_market_is_closed() -> None:
    async with desk(FLAT, FLAT) as at:
        await at.step(2)
        assert (await refusal(at.client.create_order(SYMBOL, "limit", "buy", 1, 90)))[0] is ccxt.MarketClosed
        assert (await at.client.load_markets(True))[SYMBOL]["active"] is False


@played
async def test_weights_are_counted_and_too_many_requests_are_refused_then_banned() -> None:
    async with desk() as at:
        await at.begin_a_minute()
        await at.control("POST", "limits", weight_1m=60)
        await at.client.fetch_balance()
        assert at.client.last_response_headers["X-MBX-USED-WEIGHT-1M"] == "20"
        await at.client.fetch_balance()
        await at.client.fetch_balance()
        statuses = []
        for _ in range(7):
            kind, status, code, _ = await refusal(at.client.fetch_balance())
            assert (kind, code) == (ccxt.DDoSProtection, -1003)
            assert int(at.client.last_response_headers["Retry-After"]) >= 1
            statuses.append(status)
        assert statuses == [429] * 5 + [418] * 2
        await at.control("POST", "clock", skew_ms=3 * MINUTE_MS)  # later the ban is over
        await at.client.load_time_difference()


@played
async def test_too_many_orders_in_ten_seconds_are_refused() -> None:
    async with desk() as at:
        await at.begin_a_minute()
        await at.control("POST", "limits", orders_10s=2)
        for count in ("1", "2"):
            await at.client.create_order(SYMBOL, "limit", "buy", 1, 90)
            assert at.client.last_response_headers["X-MBX-ORDER-COUNT-10S"] == count
        kind, status, code, said = await refusal(at.client.create_order(SYMBOL, "limit", "buy", 1, 90))
        assert (kind, status, code) == (ccxt.DDoSProtection, 429, -1015)
        assert said == "Too many new orders; current limit is 2 orders per 10 SECOND."


@played
async def test_a_maker_is_paid_where_the_market_pays_makers() -> None:
    async with desk(FLAT, (100, 101, 94, 95), FLAT, on=market(maker_fee_rate=-0.0001)) as at:
        order = await at.client.create_order(SYMBOL, "limit", "buy", 1, 95)
        await at.step(2)
        assert (await at.client.fetch_my_trades(SYMBOL))[0]["fee"]["cost"] == -0.0001
        assert (await at.client.fetch_order(order["id"], SYMBOL))["status"] == "closed"
        assert (await at.client.fetch_balance())["BTC"]["total"] == 11.0001
        await at.audited()


@played
async def test_a_stop_to_buy_behind_a_gap_buys_what_the_funds_cover() -> None:
    async with desk(FLAT, (110, 111, 109, 110), FLAT) as at:
        order = await at.client.create_order(SYMBOL, "market", "buy", 98, params={"triggerPrice": 102})
        assert (await at.client.fetch_balance())["USDT"]["free"] == 10_000 - 98 * 102
        await at.step()
        found = await at.client.fetch_order(order["id"], SYMBOL)
        assert (found["status"], found["filled"], found["average"]) == ("expired", 90.9, 110.0)
        await at.audited()


@pytest.mark.parametrize("params", [{"postOnly": True}, {"timeInForce": "PO"}], ids=["postOnly", "PO"])
@played
async def test_a_post_only_order_rests_or_is_refused(params: dict[str, Any]) -> None:
    async with desk() as at:
        order = await at.client.create_order(SYMBOL, "limit", "buy", 1, 99.9, params)
        found = await at.client.fetch_order(order["id"], SYMBOL)
        assert (found["status"], found["postOnly"], found["info"]["type"]) == ("open", True, "LIMIT_MAKER")
        assert (await refusal(at.client.create_order(SYMBOL, "limit", "buy", 1, 100, params)))[0] is IMMEDIATE


@pytest.mark.parametrize(
    ("kind", "status", "fills"), [("ACK", None, False), ("RESULT", "open", False), ("FULL", "open", True)]
)
@played
async def test_the_answer_is_as_long_as_it_was_asked_for(kind: str, status: str | None, fills: bool) -> None:
    async with desk() as at:
        order = await at.client.create_order(SYMBOL, "limit", "buy", 1, 90, {"newOrderRespType": kind})
        assert (order["status"], "fills" in order["info"], order["id"]) == (status, fills, "1")


@played
async def test_a_stop_to_buy_that_a_gap_made_dear_never_locks_more_than_there_is() -> None:
    rows = FLAT, *((110, 111, 109, 110, 400.0),) * 4
    async with desk(*rows, participation=0.1) as at:
        order = await at.client.create_order(SYMBOL, "market", "buy", 98, params={"triggerPrice": 102})
        filled = []
        for _ in range(3):
            await at.step()
            filled.append((await at.client.fetch_order(order["id"], SYMBOL))["filled"])
            await at.audited()
        assert filled == [40.0, 80.0, 90.9]
        assert (await at.client.fetch_order(order["id"], SYMBOL))["status"] == "expired"
