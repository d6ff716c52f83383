"""Orders of all types at random, with cancellations, steps and any fault between them; the same seed, the same day."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

import ccxt.async_support as ccxt

from engine.candles.simulate import simulate
from engine.venues.sandbox.controlling.faults import FAULTS
from engine.venues.sandbox.controlling.seizing import ORDERS
from engine.venues.sandbox.controlling.truth import audit
from engine.venues.sandbox.controlling.veiling import CANDLES

from .trading import SYMBOL, Desk, market

DAY_MS = 86_400_000
BTC = "BTCUSDT"
TYPES = ("MARKET", "LIMIT", "LIMIT_MAKER", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT")
GRIDS = ({"tick": "0.1", "lot": "0.001"}, {"tick": "0.01", "lot": "0.00001"})


@dataclass
class Ends:
    """Count how orders ended for the client; known: the ids it was told."""

    placed: int = 0
    refused: int = 0
    broken: int = 0
    known: set[int] = field(default_factory=set)


def driven(seed: int) -> dict[str, Any]:
    """Return what opens a desk on two simulated days, with the second of them to come."""
    return {
        "tape": simulate(SYMBOL, "1m", 19_723 * DAY_MS, 19_725 * DAY_MS, "short_squeeze", seed),
        "on": market(tick=0.01, lot=0.00001, min_notional=5.0, half_spread=0.0001),
        "participation": 0.02, "balances": {"USDT": "200000", "BTC": "5"}, "start_ms": 19_724 * DAY_MS, "seed": seed,
        "max_stops": 200,
    }  # fmt: skip


async def set_all_faults(at: Desk) -> None:
    """Set every fault that a rule can set, each by a small chance."""
    for fault in FAULTS:
        fields: dict[str, Any] = {"for_ms": 3_000} if fault == "maintenance" else {"delay_ms": 2}
        await at.control("POST", "faults", fault=fault, times=10**6, chance=0.003, **fields)
    for fault in ORDERS:
        await at.control("POST", "faults", fault=fault, times=10**6, chance=0.02, delay_ms=20_000)
    for fault, keys in CANDLES.items():
        length = {"delay_ms" if "delay_ms" in keys else "for_ms": 100_000}
        await at.control("POST", "faults", fault=fault, times=10**6, chance=0.05, **length)


def draw_order(random: Random, price: float, number: int) -> dict[str, str]:
    """Return the parameters of some order near a price."""
    type_ = random.choice(TYPES)
    prices = [f"{price * (1 + random.uniform(-0.003, 0.003)):.1f}" for _ in range(2)]
    asked = {"symbol": BTC, "side": random.choice(("BUY", "SELL")), "type": type_,
             "newClientOrderId": f"n{number % 700}", "newOrderRespType": "FULL"}  # fmt: skip
    asked["quantity"] = f"{random.choice((0.001, 0.02, 0.3, 4.0)) * random.uniform(0.5, 1.5):.3f}"
    if type_ == "MARKET" and random.random() < 0.3:
        asked |= {"quoteOrderQty": f"{random.uniform(5, 5_000):.2f}"}
        del asked["quantity"]
    if "LIMIT" in type_:
        asked["price"] = prices[0]
        asked |= {} if type_ == "LIMIT_MAKER" else {"timeInForce": random.choice(("GTC", "GTC", "IOC", "FOK"))}
    if type_.startswith(("STOP", "TAKE")):
        asked |= {"stopPrice": prices[1]} if random.random() < 0.7 else {"trailingDelta": str(random.randint(10, 100))}
    return asked


async def trade_at_random(at: Desk, orders: int, seed: int, faults: bool = False) -> Ends:
    """Send orders with cancellations and steps between them, and return how they ended. faults: all that are set."""
    random, ends = Random(seed), Ends()
    for number in range(orders):
        price = float(at.server.exchange.spot.pits[BTC].price)
        try:
            told = await at.client.privatePostOrder(draw_order(random, price, number))
            ends.placed += 1
            if told:  # an empty body says nothing
                ends.known.add(int(told["orderId"]))
        except ccxt.OperationFailed:
            ends.broken += 1
        except ccxt.ExchangeError as error:
            proven = getattr(error, "venue", None) is not None and error.venue[0] == 400  # type: ignore[attr-defined]
            ends.refused += proven
            ends.broken += not proven
        if number % 200 == 0:
            assert audit(at.server.exchange) == []
        await meddle(at, random, number, faults)
    return ends


async def meddle(at: Desk, random: Random, number: int, faults: bool) -> None:
    """Cancel, let time go on and, with faults, look at candles and let others act, each now and then."""
    if random.random() < 0.1:
        mine = at.server.exchange.spot.open_orders("trader", BTC)
        if mine:
            await tried(at.client.cancel_order(str(random.choice(mine).id), SYMBOL))
    if random.random() < 0.2:
        await at.control("POST", "step", ms=random.randint(1, 90_000))
    if not faults:
        return
    if random.random() < 0.02:
        await tried(at.client.fetch_ohlcv(SYMBOL, random.choice(("1m", "5m")), limit=20))
        await tried(at.client.fetch_orders(SYMBOL, limit=20))
    if random.random() < 0.01:
        size = {"side": random.choice(("BUY", "SELL")), "type": "MARKET", "quantity": "0.02"}
        await asked(at, fault="foreign_order", symbol=BTC, **size)
        await asked(at, fault="foreign_cancel", symbol=BTC)
    if number % 300 == 299:
        await asked(at, fault="filters_changed", symbol=BTC, **GRIDS[number // 300 % 2])


async def tried(call: Any) -> None:
    """Make a call that a fault may break."""
    try:
        await call
    except ccxt.BaseError as error:
        if not isinstance(error, ccxt.OperationFailed | ccxt.OrderNotFound) and type(error) is not ccxt.ExchangeError:
            raise


async def asked(at: Desk, **body: Any) -> None:
    """Ask for a deed that the exchange may refuse, with a sentence."""
    async with at.session.post(f"http://{at.server.address}/sandbox/faults", json=body) as reply:
        told = await reply.json()
        assert reply.status == 200 or "refused" in told["error"] or "no open order" in told["error"], told
