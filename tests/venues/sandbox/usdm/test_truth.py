"""The USD-M floor adds up after anything that happens to it, and the same seed gives the same floor."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

import ccxt.async_support as ccxt
import pytest

from engine import Candles
from engine.venues.sandbox.controlling.truth import audit
from engine.venues.sandbox.exchange import Exchange
from engine.venues.sandbox.matching.order import Fill

from ..trading import FLAT, candles, played
from .trading import SYMBOL, UsdmDesk, linear, usdm_desk

ORDERS = 2_000
TYPES = ("MARKET", "LIMIT", "LIMIT", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET")


async def trade_at_random(at: UsdmDesk, orders: int, seed: int, faults: bool = False) -> dict[str, int]:
    """Send orders of all types on both contracts, change settings between them, and return how many ended how."""
    random, ends = Random(seed), {"placed": 0, "refused": 0, "broken": 0}
    for number in range(orders):
        symbol = random.choice(("BTCUSDT", "ETHUSDT"))
        pit, type_ = at.floor.pits[symbol], random.choice(TYPES)
        price = [f"{float(pit.price) * (1 + random.uniform(-0.01, 0.01)):.1f}" for _ in range(2)]
        worth = random.choice((200.0, 5_000.0, 15_000.0)) * random.uniform(0.5, 1.5)
        sides = (
            ("BUY", "BUY", "BUY", "SELL") if number // 100 % 2 else ("SELL", "SELL", "SELL", "BUY")
        )  # it goes astray
        asked = {"symbol": symbol, "side": random.choice(sides), "type": type_,
                 "quantity": f"{worth / float(pit.price):.2f}", "newOrderRespType": "RESULT"}  # fmt: skip
        if random.random() < 0.2:
            asked["reduceOnly"] = "true"
        if type_ == "LIMIT":
            asked |= {"price": price[0], "timeInForce": random.choice(("GTC", "GTC", "IOC", "FOK", "GTX"))}
        algo = type_ not in ("LIMIT", "MARKET")
        name = "clientAlgoId" if algo else "newClientOrderId"
        asked |= {name: f"n{number % 700}"}
        if algo:
            asked["algoType"] = "CONDITIONAL"
            if type_ == "TRAILING_STOP_MARKET":
                asked["callbackRate"] = f"{random.uniform(0.1, 1):.1f}"
            else:
                asked["triggerPrice"] = price[1]
            if type_ in ("STOP", "TAKE_PROFIT"):
                asked["price"] = price[0]
        try:
            await (at.client.fapiPrivatePostAlgoOrder if algo else at.client.fapiPrivatePostOrder)(asked)
            ends["placed"] += 1
        except ccxt.OperationFailed:
            ends["broken"] += 1
        except ccxt.ExchangeError as error:
            ends["refused" if _is_refusal(error) else "broken"] += 1
        if number % 100 == 0:
            assert audit(at.server.exchange) == []
        await unsettle(at, random, symbol, faults)
    return ends


def _is_refusal(error: Exception) -> bool:
    status, _ = getattr(error, "venue", (0, None))
    return bool(status == 400)


async def unsettle(at: UsdmDesk, random: Random, symbol: str, faults: bool = False) -> None:
    """Now and then cancel, change a setting, deposit, or let time go on."""
    drawn = random.random()
    try:
        if drawn < 0.1:
            mine = at.floor.open_orders("trader", symbol)
            if mine:
                await at.client.fapiPrivateDeleteOrder({"symbol": symbol, "orderId": random.choice(mine).id})
        elif drawn < 0.15:
            waiting = list(at.floor.algos.open["trader", symbol].values())
            if waiting:
                await at.client.fapiPrivateDeleteAlgoOrder({"algoId": random.choice(waiting).id})
        elif drawn < 0.17:
            await at.client.fapiPrivatePostLeverage({"symbol": symbol, "leverage": random.choice((20, 50))})
        elif drawn < 0.18:
            await at.client.fapiPrivateDeleteAllOpenOrders({"symbol": symbol})
            await at.client.fapiPrivateDeleteAlgoOpenOrders({"symbol": symbol})
            await at.client.fapiPrivatePostMarginType(
                {"symbol": symbol, "marginType": random.choice(("ISOLATED", "CROSSED"))}
            )
        elif drawn < 0.21:
            await at.client.fapiPrivatePostPositionMargin(
                {"symbol": symbol, "type": random.choice((1, 2)), "amount": "10"}
            )
    except (ccxt.OperationFailed, ccxt.ExchangeError) as error:
        if not faults and not _is_refusal(error):
            raise
    if at.floor.ledger.balances["trader"]["USDT"] < 200:
        await at.control("POST", "accounts", name="trader", balances={"USDT": "1000"}, floor="usdm", key=False)
    if random.random() < 0.25:
        await at.control("POST", "step", ms=random.randint(1, 300_000))


def wild(seed: int, first: float) -> Candles:
    """Return three thousand minutes that move by half a percent each: a week of a bad market in two days."""
    random, rows, last = Random(f"wild {seed} {first}"), [], first
    for _ in range(3_000):
        way = [last * (1 + random.gauss(0, 0.003)) for _ in range(3)]
        rows.append((last, max(last, *way), min(last, *way), way[-1], 40_000 / first))
        last = way[-1]
    return candles(*rows)


def driven(seed: int) -> dict[str, Any]:
    on = linear(
        half_spread=0.0001, funding_hours=1, maintenance=[(0, 0.01, 50), (20_000, 0.02, 25), (50_000, 0.05, 10)]
    )
    return {
        "tapes": (wild(seed, 40_000.0), wild(seed, 2_000.0)),
        "on": on,
        "participation": Decimal("0.5"),
        "seed": seed,
    }


@played
async def test_two_thousand_random_orders_with_liquidations_end_with_a_clean_audit() -> None:
    async with usdm_desk(**driven(3)) as at:
        for symbol in ("BTCUSDT", "ETHUSDT"):
            await at.client.fapiPrivatePostMarginType({"symbol": symbol, "marginType": "ISOLATED"})
            await at.client.fapiPrivatePostLeverage({"symbol": symbol, "leverage": 50})
        ends = await trade_at_random(at, ORDERS, 3)
        told = (await at.audited())["accounts"]["trader"]["usdm"]
        assert (sum(ends.values()), ends["broken"]) == (ORDERS, 0)
        assert ends["placed"] > ORDERS / 3
        assert {one["status"] for one in told["orders"]} >= {"FILLED", "CANCELED", "EXPIRED"}
        assert {one["algoStatus"] for one in told["algo_orders"]} >= {"FINISHED", "CANCELED", "EXPIRED"}
        forced = [one for one in told["orders"] if one["clientOrderId"].startswith("autoclose-")]
        assert len({one["symbol"] for one in forced}) == 2
        assert {row[2] for row in told["income"]} == {
            "TRANSFER", "COMMISSION", "REALIZED_PNL", "FUNDING_FEE", "INSURANCE_CLEAR",
        }  # fmt: skip
        assert len(told["fills"]) > 300


@played
async def test_the_same_seed_gives_the_same_floor_twice() -> None:
    told = []
    for seed in (5, 5, 6):
        async with usdm_desk(**driven(seed)) as at:
            await trade_at_random(at, 150, seed)
            told.append(await at.audited())
    assert told[0] == told[1]
    assert told[0] != told[2]


def order_of(exchange: Exchange) -> Any:
    return exchange.usdm.orders[1]


def stolen(exchange: Exchange) -> None:
    exchange.usdm.ledger.balances["trader"]["USDT"] += Decimal("0.00000001")


def forgotten(exchange: Exchange) -> None:
    exchange.usdm.ledger.postings.pop()


def invented(exchange: Exchange) -> None:
    order_of(exchange).fills.append(Fill(99, 1, 0, Decimal(100), Decimal(1), Decimal(0), "USDT", True))


def enlarged(exchange: Exchange) -> None:
    exchange.usdm.account("trader").positions["BTCUSDT", "BOTH"].quantity += 1


def cheapened(exchange: Exchange) -> None:
    exchange.usdm.account("trader").positions["BTCUSDT", "BOTH"].cost -= Decimal("0.00000001")


def embellished(exchange: Exchange) -> None:
    order_of(exchange).realised[1] = Decimal(1)


def pledged(exchange: Exchange) -> None:
    exchange.usdm.account("trader").positions["BTCUSDT", "BOTH"].margin = Decimal(1)


def unclaimed(exchange: Exchange) -> None:
    exchange.usdm.account("trader").claims["BTCUSDT", "BOTH"].buys -= 1


def released(exchange: Exchange) -> None:
    next(one for one in exchange.usdm.orders.values() if one.is_open).claimed = Decimal(0)  # type: ignore[attr-defined]


def orphaned(exchange: Exchange) -> None:
    next(iter(exchange.usdm.algos.all.values())).status = "FINISHED"


def indebted(exchange: Exchange) -> None:
    exchange.usdm.account("trader").positions.clear()
    exchange.usdm.ledger.balances["trader"]["USDT"] = Decimal(-1)


def relieved(exchange: Exchange) -> None:
    exchange.usdm.filling.incomes.post("trader", "BTCUSDT", "USDT", Decimal(1), "borne", 77, 0)


def unfunded(exchange: Exchange) -> None:
    exchange.usdm.filling.incomes.post("trader", "BTCUSDT", "USDT", Decimal(1), "funding", 9, 0)


WRONG = [
    (stolen, "trader USDT: the ledger says"), (stolen, "USDT: all parties together hold 1E-8"),
    (forgotten, "fee 1: 0.10000000 is unexplained"), (invented, "order 1: fills add up to 3"),
    (invented, "fill 99: realises 0"), (enlarged, "trader BTCUSDT BOTH: fills add up to 2"),
    (cheapened, "trader BTCUSDT BOTH: fills add up to 2"), (embellished, "fill 1: realises 0"),
    (embellished, "realised 1: -1 is unexplained"), (pledged, "trader BTCUSDT BOTH: keeps a margin of 1"),
    (unclaimed, "trader BTCUSDT BOTH: claims"), (released, "order 2: claims margin for 0, expected 1"),
    (orphaned, "algo order"), (indebted, "trader USDT: a wallet of -1"), (indebted, "trader BTCUSDT BOTH: filled"),
    (relieved, "insurance: 1 for fill 77"), (unfunded, "funding 9: 1 is unexplained"),
]  # fmt: skip


@pytest.mark.parametrize(("tamper", "finding"), WRONG, ids=[f"{one[0].__name__}: {one[1]}" for one in WRONG])
@played
async def test_the_audit_finds_a_single_unit_out_of_place(tamper: Any, finding: str) -> None:
    async with usdm_desk(FLAT, FLAT, FLAT) as at:
        await at.client.create_order(SYMBOL, "market", "buy", 2)
        await at.client.create_order(SYMBOL, "limit", "buy", 1, 90)
        await at.client.create_order(SYMBOL, "market", "sell", 1, params={"triggerPrice": 80})
        await at.audited()
        tamper(at.server.exchange)
        assert any(one.startswith(finding) for one in audit(at.server.exchange)), audit(at.server.exchange)
        assert (await at.truth())["audit"]["ok"] is False
