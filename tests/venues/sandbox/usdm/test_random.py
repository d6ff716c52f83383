"""Whatever two accounts do, one-way or hedged, crossed or isolated, the floor adds up and nobody owes anything."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from random import Random

import pytest

from engine.venues.sandbox import Contract, Exchange, Settings
from engine.venues.sandbox.asking import Asked
from engine.venues.sandbox.controlling.truth import audit
from engine.venues.sandbox.matching.tape import Tape
from engine.venues.sandbox.refusal import RefusalError
from engine.venues.sandbox.usdm.order import UsdmOrder

from ..trading import START_MS
from .test_truth import wild
from .trading import OTHER, linear

SYMBOLS = ("BTCUSDT", "ETHUSDT")
FORCES = ("GTC", "GTX", "IOC", "FOK")
ALGOS = ("STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET")


def opened(random: Random, hedge: bool) -> Exchange:
    """Open an exchange with two contracts and two accounts at the highest leverage."""
    contracts = [
        Contract.of(linear(symbol, half_spread=0.0001, funding_hours=1)) for symbol in (linear().symbol, OTHER)
    ]
    tapes = (wild(random.randint(0, 99), 40_000.0), wild(random.randint(0, 99), 2_000.0))
    traded = [(of, Tape(tape, of.tick, of.lot, "low_first")) for of, tape in zip(contracts, tapes, strict=True)]
    exchange = Exchange([], START_MS, Settings(1, random.choice((None, Decimal("0.05")))), traded)
    choices = exchange.usdm.choices
    for name, cash in (("trader", 2_000), ("other", 500)):
        exchange.open_account(name, {"USDT": Decimal(cash)}, "usdm")
        own = exchange.usdm.account(name)
        if hedge:
            choices.set_hedge(own, True)
        for of in contracts:
            choices.set_leverage(own, of, 50)
            if random.random() < 0.5:
                choices.set_isolated(own, of, True, exchange.now_ms)
    return exchange


def act(exchange: Exchange, random: Random, name: str, hedge: bool) -> None:
    """Place, change or cancel an order; RefusalError: the exchange did not want it."""
    floor, symbol = exchange.usdm, random.choice(SYMBOLS)
    price = float(floor.pits[symbol].price)
    quantity = f"{random.choice((500, 4_000, 9_000)) * random.uniform(0.5, 1.5) / price:.2f}"
    near = [f"{price * (1 + random.uniform(-0.01, 0.01)):.1f}" for _ in range(2)]
    asked = {"symbol": symbol, "side": random.choice(("BUY", "SELL")), "quantity": quantity}
    if hedge:
        asked["positionSide"] = random.choice(("LONG", "SHORT"))
    elif random.random() < 0.2:
        asked["reduceOnly"] = "true"
    kind = random.choice(("market", "limit", "algo", "change"))
    if kind == "market":
        floor.place(name, Asked(asked | {"type": "MARKET"}))
    elif kind == "limit":
        floor.place(name, Asked(asked | {"type": "LIMIT", "price": near[0], "timeInForce": random.choice(FORCES)}))
    elif kind == "algo":
        type_ = random.choice(ALGOS)
        asked |= {"type": type_, "algoType": "CONDITIONAL"}
        asked |= {"callbackRate": "0.5"} if type_.startswith("TRAILING") else {"triggerPrice": near[1]}
        if type_ in ("STOP", "TAKE_PROFIT"):
            asked |= {"price": near[0], "timeInForce": random.choice(FORCES)}
        elif random.random() < 0.3 and not type_.startswith("TRAILING"):
            asked = {key: value for key, value in asked.items() if key not in ("quantity", "reduceOnly")}
            asked["closePosition"] = "true"
        floor.place_algo(name, Asked(asked))
    else:
        mine = [one for one in floor.open_orders(name, symbol) if isinstance(one, UsdmOrder)]
        if mine and random.random() < 0.5:
            floor.cancel(random.choice(mine))
        elif mine:
            floor.modify(random.choice(mine), Decimal(quantity), Decimal(near[0]))


@pytest.mark.parametrize("hedge", [False, True], ids=["one-way", "hedged"])
def test_whatever_two_accounts_do_adds_up(hedge: bool) -> None:
    forced, refused = 0, Counter[int]()
    for seed in range(6):
        random = Random(seed)
        exchange = opened(random, hedge)
        for number in range(400):
            name = random.choice(("trader", "trader", "other"))
            try:
                act(exchange, random, name, hedge)
            except RefusalError as refusal:
                refused[refusal.code] += 1
            if random.random() < 0.4:
                exchange.advance(exchange.now_ms + random.randint(1, 240_000))
            if number % 20 == 0:
                assert audit(exchange) == []
                if exchange.usdm.ledger.balances[name]["USDT"] < 100:
                    exchange.usdm.deposit(name, "USDT", Decimal(1_000))
        orders = [one for one in exchange.usdm.orders.values() if isinstance(one, UsdmOrder)]
        forced += sum(one.forced for one in orders)
        assert audit(exchange) == []
    assert forced > 10
    assert set(refused) >= {-2021, -2022, -2027, -5021, -5022}
