"""What the venue does to orders and markets by itself: each of these faults does what it says, through the real client."""

from __future__ import annotations

from typing import Any

import ccxt.async_support as ccxt
import pytest

from .streams.watching import bare
from .trading import FLAT, MINUTE_MS, START_MS, SYMBOL, Desk, desk, played, refusal

BTC = "BTCUSDT"
DOWN = ((100, 101, 99, 100), (100, 100, 88, 89), *((89, 89, 89, 89),) * 8)


async def fault(at: Desk, name: str, **fields: Any) -> Any:
    return await at.control("POST", "faults", fault=name, **fields)


@played
async def test_an_order_visible_late_fills_before_any_query_or_list_shows_it() -> None:
    async with desk(*DOWN) as at:
        await fault(at, "visible_late", delay_ms=150_000)
        order = await at.client.create_order(SYMBOL, "limit", "buy", 1, 90, {"newClientOrderId": "hidden"})
        assert order["status"] == "open"
        for call in (
            at.client.fetch_order(order["id"], SYMBOL),
            at.client.fetch_order("", SYMBOL, {"origClientOrderId": "hidden"}),
        ):
            assert (await refusal(call))[2] == -2013
        assert await at.client.fetch_open_orders(SYMBOL) == await at.client.fetch_orders(SYMBOL) == []
        assert (await at.client.fetch_balance())["USDT"]["used"] == 90.0  # it is there all the same
        twice = await refusal(at.client.create_order(SYMBOL, "limit", "buy", 1, 90, {"newClientOrderId": "hidden"}))
        assert twice[3] == "Duplicate order sent."
        await at.step(2)
        assert (await at.client.fetch_balance())["BTC"]["total"] == 10.999
        assert await at.client.fetch_my_trades(SYMBOL) == await at.client.fetch_orders(SYMBOL) == []
        await at.step()
        assert (await at.client.fetch_order(order["id"], SYMBOL))["status"] == "closed"
        assert [one["order"] for one in await at.client.fetch_my_trades(SYMBOL)] == [order["id"]]
        await at.audited()


@played
async def test_an_order_that_no_list_shows_yet_can_be_cancelled() -> None:
    async with desk() as at:
        await fault(at, "visible_late", delay_ms=60_000, symbol=BTC, account="trader")
        order = await at.client.create_order(SYMBOL, "limit", "buy", 1, 90)
        assert (await at.client.cancel_order(order["id"], SYMBOL))["status"] == "canceled"
        await at.audited()


KINDS = [("market", "buy", None), ("market", "sell", None), ("limit", "buy", 101), ("limit", "buy", 90)]


@pytest.mark.parametrize(("kind", "side", "price"), KINDS)
@played
async def test_an_order_accepted_and_then_rejected_gives_its_funds_back(kind: str, side: str, price: Any) -> None:
    async with desk() as at:
        heard: list[str] = []
        at.server.exchange.spot.filling.heard.append(lambda order, what, fill: heard.append(what))
        before = await at.client.fetch_balance()
        await fault(at, "rejected_later", delay_ms=1_000)
        order = await at.client.create_order(SYMBOL, kind, side, 1, price)
        assert (order["status"], order["filled"]) == ("open", 0.0)
        assert (await at.client.fetch_balance())["USDT" if side == "buy" else "BTC"]["used"] > 0
        await at.audited()
        await at.control("POST", "step", ms=1_000)
        assert (await at.client.fetch_order(order["id"], SYMBOL))["status"] == "rejected"
        after = await at.client.fetch_balance()
        assert [after[one] for one in ("USDT", "BTC")] == [before[one] for one in ("USDT", "BTC")]
        assert heard == ["NEW", "REJECTED"]
        await at.audited()


PARTS = [  # kind, side, price; price and role of the part
    ("limit", "buy", 90, 90.0, "maker"), ("limit", "sell", 99, 100.0, "taker"), ("market", "buy", None, 100.0, "taker"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "side", "price", "at_price", "role"), PARTS)
@played
async def test_an_order_is_filled_in_part_and_the_venue_ends_the_rest(
    kind: str, side: str, price: Any, at_price: float, role: str
) -> None:
    async with desk() as at:
        await fault(at, "filled_in_part", share=0.25, delay_ms=500)
        order = await at.client.create_order(SYMBOL, kind, side, 2, price)
        assert (order["status"], order["filled"], order["remaining"]) == ("open", 0.5, 1.5)
        await at.audited()
        await at.control("POST", "step", ms=500)
        found = await at.client.fetch_order(order["id"], SYMBOL)
        assert (found["status"], found["filled"], found["average"]) == ("expired", 0.5, at_price)
        fills = await at.client.fetch_my_trades(SYMBOL)
        assert [(one["amount"], one["price"], one["takerOrMaker"]) for one in fills] == [(0.5, at_price, role)]
        assert (await at.client.fetch_balance())["USDT"]["used"] == 0.0
        await at.audited()


@played
async def test_a_part_is_never_cut_from_what_fills_whole_or_waits_for_a_trigger() -> None:
    async with desk() as at:
        await fault(at, "filled_in_part")
        whole = await at.client.create_order(SYMBOL, "limit", "buy", 1, 101, {"timeInForce": "FOK"})
        stop = await at.client.create_order(SYMBOL, "market", "sell", 1, None, {"stopLossPrice": 95})
        assert (whole["status"], stop["status"]) == ("closed", "open")
        assert (await at.control("GET", "faults"))["met"] == {}


@played
async def test_maintenance_refuses_everything_for_a_while_and_says_so() -> None:
    async with desk() as at:
        assert (await at.client.fetch_status())["status"] == "ok"
        await fault(at, "maintenance", for_ms=30_000)
        with pytest.raises(ccxt.OnMaintenance) as caught:
            await at.client.create_order(SYMBOL, "limit", "buy", 1, 90)
        assert caught.value.venue == (503, {"code": 1, "msg": "System is under maintenance."})
        for call in (at.client.fetch_balance(), at.client.fetch_ticker(SYMBOL)):
            with pytest.raises(ccxt.OnMaintenance):
                await call
        assert (await at.client.fetch_status())["status"] == "maintenance"
        await at.control("POST", "step", ms=30_000)
        assert (await at.client.fetch_status())["status"] == "ok"
        assert await at.client.fetch_orders(SYMBOL) == []


@played
async def test_maintenance_of_one_path_leaves_the_others_alone_and_ends_when_it_is_taken_away() -> None:
    async with desk() as at:
        set_ = await fault(at, "maintenance", path="/api/v3/order", method="POST")
        with pytest.raises(ccxt.OnMaintenance):
            await at.client.create_order(SYMBOL, "limit", "buy", 1, 90)
        assert await at.client.fetch_open_orders(SYMBOL) == []
        assert [one["id"] for one in (await at.control("GET", "faults"))["outages"]] == [set_["id"]]
        await at.control("DELETE", "faults")
        await at.client.create_order(SYMBOL, "limit", "buy", 1, 90)


WAY = ((100, 102, 98, 101), (101, 103, 99, 100), (100, 104, 97, 103), (103, 105, 100, 102), *((102,) * 4,) * 6)


async def opens(at: Desk, **params: Any) -> list[int]:
    """Return the minutes that candles are shown for, the developing one among them."""
    return [(one[0] - START_MS) // MINUTE_MS for one in await at.client.fetch_ohlcv(SYMBOL, "1m", **params)]


@played
async def test_stale_candles_and_tickers_stand_still_while_the_market_goes_on() -> None:
    async with desk(*WAY) as at:
        await fault(at, "candles_stale", for_ms=2 * MINUTE_MS)
        order = await at.client.create_order(SYMBOL, "limit", "sell", 1, 103.5)
        await at.step()
        assert (await opens(at), (await at.client.fetch_ticker(SYMBOL))["last"]) == ([0], 101.0)
        await at.step()
        assert (await opens(at), (await at.client.fetch_ticker(SYMBOL))["last"]) == ([0], 101.0)
        assert (await at.client.publicGetTickerPrice({"symbol": BTC}))["price"] == "101.00000000"
        assert (await at.client.fetch_order_book(SYMBOL, 5))["bids"][0][0] < 100  # the book goes on
        await at.step()
        assert (await opens(at), (await at.client.fetch_ticker(SYMBOL))["last"]) == ([0, 1, 2, 3], 103.0)
        assert (await at.client.fetch_order(order["id"], SYMBOL))["status"] == "closed"
        await at.audited()


@played
async def test_a_late_candle_holds_back_all_that_follow_it_and_a_missing_one_leaves_a_hole() -> None:
    for name, shown in (("candles_late", [0]), ("candles_missing", [0, 2, 3])):
        async with desk(*WAY) as at:
            await at.step()
            await fault(at, name, delay_ms=90_000)
            await at.step(2)
            assert await opens(at) == shown
            await at.control("POST", "step", ms=30_000)
            assert await opens(at) == [0, 1, 2, 3]
            await at.step()
            assert not at.server.exchange.spot.pits[BTC].veil.hides


@played
async def test_a_corrected_candle_closes_otherwise_at_first() -> None:
    async with desk(*WAY) as at:
        await fault(at, "candles_corrected", delay_ms=5_000, symbol=BTC, floor="spot")
        await at.step()
        first = (await at.client.fetch_ohlcv(SYMBOL, "1m"))[0]
        await at.control("POST", "step", ms=5_000)
        then = (await at.client.fetch_ohlcv(SYMBOL, "1m"))[0]
        assert first == [START_MS, 100.0, 102.0, 98.0, 101.1, 500.0]
        assert then == [START_MS, 100.0, 102.0, 98.0, 101.0, 1000.0]


@played
async def test_streams_tell_candles_as_they_are_shown() -> None:
    async with desk(*WAY) as at, bare(at, "ws/btcusdt@kline_1m") as socket:
        await fault(at, "candles_corrected")
        await at.step()
        await fault(at, "candles_missing", delay_ms=5 * MINUTE_MS)
        await at.step(2)
        await fault(at, "delisting", symbol=BTC)
        await at.step(4)
        told = []
        while not told or not (told[-1][0] >= 3 and told[-1][2]):
            candle = (await socket.next())["k"]
            told += [((candle["t"] - START_MS) // MINUTE_MS, candle["c"], candle["x"])]
        assert [one for one in told if one[2]] == [
            (0, "101.10000000", True),
            (2, "103.00000000", True),
            (3, "103.00000000", True),
        ]


@played
async def test_a_duplicated_candle_stands_twice_in_the_answer_of_each_timeframe() -> None:
    async with desk(*WAY) as at:
        await at.step()
        await fault(at, "candles_duplicated", for_ms=MINUTE_MS)
        await at.step()
        raw = await at.client.publicGetKlines({"symbol": BTC, "interval": "1m"})
        assert [(int(one[0]) - START_MS) // MINUTE_MS for one in raw] == [0, 1, 1, 2]
        raw = await at.client.publicGetKlines({"symbol": BTC, "interval": "5m"})
        assert [(int(one[0]) - START_MS) // MINUTE_MS for one in raw] == [0, 0]
        await at.step()
        assert await opens(at) == [0, 1, 2, 3]


@played
async def test_a_delisted_market_closes_with_its_orders_and_answers_that_it_is_closed() -> None:
    async with desk(*WAY) as at:
        order = await at.client.create_order(SYMBOL, "limit", "buy", 1, 50)
        await fault(at, "delisting", symbol=BTC, delay_ms=90_000)
        await at.step()
        assert (await at.client.fetch_order(order["id"], SYMBOL))["status"] == "open"
        await at.step(3)
        assert (await at.client.fetch_order(order["id"], SYMBOL))["status"] == "expired"
        kind, _, code, said = await refusal(at.client.create_order(SYMBOL, "limit", "buy", 1, 50))
        assert (kind, code, said) == (ccxt.MarketClosed, -2010, "Market is closed.")
        await at.client.load_markets(True)
        assert (at.client.market(SYMBOL)["active"], at.client.market(SYMBOL)["info"]["status"]) == (False, "BREAK")
        assert await opens(at) == [0, 1]
        assert (await at.client.fetch_balance())["USDT"]["free"] == 10_000.0
        await at.audited()


@played
async def test_changed_filters_are_shown_and_refuse_what_is_off_the_new_grid_while_the_old_rests() -> None:
    async with desk(*DOWN) as at:
        old = await at.client.create_order(SYMBOL, "limit", "buy", 1.03, 90.3)
        await fault(at, "filters_changed", symbol=BTC, tick="0.5", lot="0.1", min_notional=20)
        assert at.client.market(SYMBOL)["precision"]["price"] == 0.1
        await at.step()
        for amount, price, said in ((1, 90.3, "PRICE_FILTER"), (1.03, 90, "LOT_SIZE"), (0.2, 90, "NOTIONAL")):
            assert (await refusal(at.client.create_order(SYMBOL, "limit", "buy", amount, price)))[3] == (
                f"Filter failure: {said}"
            )
        await at.client.load_markets(True)
        found = at.client.market(SYMBOL)
        assert (found["precision"]["price"], found["precision"]["amount"]) == (0.5, 0.1)
        assert (found["limits"]["amount"]["min"], found["limits"]["cost"]["min"]) == (0.1, 20.0)
        await at.client.create_order(SYMBOL, "limit", "buy", 1, 90.5)
        await at.step()
        filled = await at.client.fetch_order(old["id"], SYMBOL)
        assert (filled["status"], filled["filled"], filled["average"]) == ("closed", 1.03, 90.3)
        await at.audited()


@played
async def test_foreign_orders_trade_in_our_account_and_foreign_hands_cancel_ours() -> None:
    async with desk() as at:
        ours = await at.client.create_order(SYMBOL, "limit", "buy", 1, 90)
        placed = await fault(at, "foreign_order", symbol=BTC, side="SELL", type="MARKET", quantity="2")
        assert placed["status"] == "FILLED"
        assert placed["clientOrderId"].startswith("web_")
        assert [one["order"] for one in await at.client.fetch_my_trades(SYMBOL)] == [str(placed["orderId"])]
        assert (await at.client.fetch_balance())["BTC"]["total"] == 8.0
        resting = await fault(
            at, "foreign_order", symbol=BTC, side="BUY", type="LIMIT", quantity="1", price="80", timeInForce="GTC"
        )
        assert [one["id"] for one in await at.client.fetch_open_orders(SYMBOL)] == [ours["id"], str(resting["orderId"])]
        gone = await fault(at, "foreign_cancel", symbol=BTC)
        assert (gone["orderId"], gone["status"]) == (int(ours["id"]), "CANCELED")
        await fault(at, "foreign_cancel", symbol=BTC, origClientOrderId=resting["clientOrderId"])
        assert await at.client.fetch_open_orders(SYMBOL) == []
        await at.audited()


@played
async def test_what_is_set_is_listed_with_what_was_met_and_is_taken_away_by_its_id() -> None:
    async with desk() as at:
        first = await fault(at, "reset", method="POST", times=3)
        second = await fault(at, "visible_late", chance=0.5)
        told = await at.control("GET", "faults")
        assert [(one["id"], one["fault"], one["times"]) for one in told["set"]] == [
            (first["id"], "reset", 3), (second["id"], "visible_late", 1),
        ]  # fmt: skip
        with pytest.raises(ccxt.NetworkError):
            await at.client.create_order(SYMBOL, "limit", "buy", 1, 90)
        told = await at.control("GET", "faults")
        assert (told["met"], told["set"][0]["times"]) == ({"reset": 1}, 2)
        await at.control("DELETE", "faults", id=first["id"])
        assert [one["id"] for one in (await at.control("GET", "faults"))["set"]] == [second["id"]]
        await at.client.create_order(SYMBOL, "limit", "buy", 1, 90)


WRONG = [
    ({"fault": "delisting", "symbol": "ETHUSDT"}, "symbol: expected one of BTCUSDT, was 'ETHUSDT'"),
    ({"fault": "visible_late", "symbol": "ETHUSDT"}, 'fault symbol: expected one of BTCUSDT, was "ETHUSDT"'),
    ({"fault": "visible_late", "path": "/"},
     'fault: unknown key "path"; known: account, chance, delay_ms, fault, floor, symbol, times'),
    ({"fault": "filled_in_part", "share": 1.0}, "fault: expected for_ms from 1 and a share between 0 and 1"),
    ({"fault": "filters_changed", "symbol": BTC}, "filters_changed: expected one or more of tick, lot, min_notional"),
    ({"fault": "filters_changed", "symbol": BTC, "tick": "-1"}, "tick: expected a number above 0, was '-1'"),
    ({"fault": "filters_changed", "symbol": BTC, "tick": "0.0000001"},
     "filters_changed: tick times lot must be whole units of 1E-8, was 1E-7 and 0.01"),
    ({"fault": "filters_changed", "symbol": BTC, "tick": "1", "delay_ms": -1}, "delay_ms: expected a whole number from 0, was -1"),
    ({"fault": "foreign_order", "symbol": BTC, "account": "nobody"}, "account: there is none called 'nobody'"),
    ({"fault": "foreign_order", "symbol": BTC, "side": "BUY", "type": "MARKET", "quantity": "999"},
     "foreign_order: the exchange refused it: -2010 Account has insufficient balance for requested action."),
    ({"fault": "foreign_cancel", "symbol": BTC}, "foreign_cancel: trader has no open order in BTCUSDT"),
    ({"fault": "foreign_cancel", "symbol": BTC, "orderId": 7}, "foreign_cancel: the exchange refused it: -2011 Unknown order sent."),
]  # fmt: skip


@played
async def test_a_wrong_fault_is_one_sentence() -> None:
    async with desk(*(FLAT,) * 5) as at:
        for body, sentence in WRONG:
            async with at.session.post(f"http://{at.server.address}/sandbox/faults", json=body) as reply:
                assert (reply.status, (await reply.json())["error"]) == (400, sentence)
        async with at.session.delete(f"http://{at.server.address}/sandbox/faults", json={"id": 9}) as reply:
            assert (reply.status, await reply.json()) == (400, {"error": "fault id: there is none 9"})
