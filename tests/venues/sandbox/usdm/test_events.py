"""What the user stream would tell, read by the real client's own parser: each event of an order's and a wallet's life."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import ccxt.pro
import pytest

from engine.venues.sandbox import Contract, Exchange, Settings
from engine.venues.sandbox.asking import Asked
from engine.venues.sandbox.matching.order import Fill, Order
from engine.venues.sandbox.matching.tape import Tape
from engine.venues.sandbox.usdm import events
from engine.venues.sandbox.usdm.order import UsdmOrder

from ..trading import FLAT, MINUTE_MS, START_MS, candles
from .trading import linear

FALL = (100.0, 100.0, 90.0, 91.0)


class Told:
    """Keep every event of an exchange, in order."""

    def __init__(self, *rows: tuple[float, ...], cash: str = "1000") -> None:
        of = Contract.of(linear())
        self.exchange = Exchange([], START_MS, Settings(1), [(of, Tape(candles(*rows), of.tick, of.lot, "low_first"))])
        self.floor = self.exchange.usdm
        self.events: list[dict[str, Any]] = []
        self.floor.filling.heard.append(self._order)
        self.floor.filling.changed.append(
            lambda account, why, symbol, _: self.events.append(events.account_update(self.floor, account, why, symbol))
        )
        self.floor.algos.heard.append(lambda algo: self.events.append(events.algo_update(self.floor, algo)))
        self.exchange.open_account("trader", {"USDT": Decimal(cash)}, "usdm")

    def _order(self, order: Order, what: str, fill: Fill | None) -> None:
        assert isinstance(order, UsdmOrder)
        self.events.append(events.order_update(self.floor, order, what, fill))

    def place(self, **asked: str) -> None:
        self.floor.place("trader", Asked({"symbol": "BTCUSDT", **asked}))

    def kinds(self) -> list[str]:
        return [
            f"{one['e'].split('_')[0]} {one['a']['m'] if 'a' in one else one['o'].get('x', one['o']['X'])}"
            for one in self.events
        ]


@pytest.fixture
def client() -> Any:
    made = ccxt.pro.binanceusdm()
    made.set_markets([made.safe_market_structure({
        "id": "BTCUSDT", "symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "settle": "USDT", "type": "swap",
        "swap": True, "contract": True, "linear": True, "spot": False, "contractSize": 1.0,
    })])  # fmt: skip
    return made


def test_a_filled_order_is_told_before_the_wallet_that_it_changed(client: Any) -> None:
    told = Told(FLAT, FLAT)
    told.place(side="BUY", type="MARKET", quantity="2", newClientOrderId="mine")
    assert told.kinds() == ["ACCOUNT DEPOSIT", "ORDER NEW", "ORDER TRADE", "ACCOUNT ORDER"]
    order = client.parse_ws_order(told.events[2]["o"])
    assert (order["clientOrderId"], order["status"], order["filled"], order["average"]) == (
        "mine",
        "closed",
        2.0,
        100.0,
    )
    assert order["fee"] == {"cost": "0.1", "currency": "USDT"}
    trade = client.parse_ws_trade(told.events[2]["o"])
    assert (trade["amount"], trade["price"], trade["takerOrMaker"], trade["symbol"]) == (
        2.0,
        100.0,
        "taker",
        "BTC/USDT:USDT",
    )
    update = told.events[3]["a"]
    position = client.parse_ws_position(update["P"][0])
    assert (position["side"], position["contracts"], position["entryPrice"], position["marginMode"]) == (
        "long", 2.0, 100.0, "cross",
    )  # fmt: skip
    assert update["B"] == [{"a": "USDT", "wb": "999.90000000", "cw": "999.90000000", "bc": "0"}]


def test_an_algo_order_is_told_in_its_states_and_names_the_order_it_became(client: Any) -> None:
    told = Told(FLAT, FALL, FLAT)
    told.place(side="BUY", type="MARKET", quantity="2")
    told.events.clear()
    asked = {
        "algoType": "CONDITIONAL",
        "type": "STOP_MARKET",
        "triggerPrice": "95",
        "clientAlgoId": "stop",
        "quantity": "2",
    }
    told.floor.place_algo("trader", Asked({"symbol": "BTCUSDT", "side": "SELL", "reduceOnly": "true", **asked}))
    told.exchange.advance(START_MS + 2 * MINUTE_MS)
    assert told.kinds() == [
        "ALGO NEW", "ALGO TRIGGERED", "ORDER NEW", "ORDER TRADE", "ALGO FINISHED", "ACCOUNT ORDER",
    ]  # fmt: skip
    waiting, done = (client.parse_ws_order(one["o"]) for one in (told.events[0], told.events[4]))
    assert (waiting["clientOrderId"], waiting["triggerPrice"], waiting["status"]) == ("stop", 95.0, "open")
    assert (done["id"], done["status"]) == (waiting["id"], "closed")
    assert told.events[4]["o"]["ai"] == str(told.events[3]["o"]["i"])
    assert (told.events[3]["o"]["rp"], told.events[3]["o"]["R"], told.events[3]["o"]["ot"]) == (
        "-10",
        True,
        "STOP_MARKET",
    )


def test_a_liquidation_is_told_as_the_venue_names_it() -> None:
    told = Told(FLAT, FALL, FLAT, cash="101")
    told.place(side="BUY", type="MARKET", quantity="20")
    told.events.clear()
    told.exchange.advance(START_MS + 2 * MINUTE_MS)
    assert told.kinds() == ["ORDER NEW", "ORDER CALCULATED", "ACCOUNT ORDER"]
    assert told.events[1]["o"]["c"].startswith("autoclose-")
    assert told.events[2]["a"]["P"][0]["pa"] == "0"


def test_choices_and_cancellations_are_told() -> None:
    told = Told(FLAT, FLAT)
    own, of = told.floor.account("trader"), told.floor.contracts["BTCUSDT"]
    told.floor.choices.set_isolated(own, of, True, START_MS)
    told.place(side="BUY", type="LIMIT", quantity="1", price="90", timeInForce="GTC")
    order = told.floor.orders[1]
    assert isinstance(order, UsdmOrder)
    told.floor.modify(order, Decimal(2), Decimal(91))
    told.floor.cancel(order)
    told.place(side="BUY", type="MARKET", quantity="2")
    told.floor.choices.move_margin(own, own.position(of, "BOTH"), Decimal(5), START_MS)
    assert told.kinds() == [
        "ACCOUNT DEPOSIT", "ACCOUNT MARGIN_TYPE_CHANGE", "ORDER NEW", "ORDER AMENDMENT", "ORDER CANCELED", "ORDER NEW",
        "ORDER TRADE", "ACCOUNT ORDER", "ACCOUNT MARGIN_TRANSFER",
    ]  # fmt: skip
    assert (told.events[3]["o"]["b"], told.events[4]["o"]["b"]) == ("182", "0")
    assert told.events[-1]["a"]["P"][0]["iw"] == "15.00000000"
