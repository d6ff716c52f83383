"""A practice exchange with two perpetuals, and the real ccxt.binanceusdm client pointed at it. Nothing sleeps."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import aiohttp
import ccxt.async_support as ccxt

from engine import Candles, Market
from engine.venues.sandbox import Contract, Exchange, Server, Settings, point_at
from engine.venues.sandbox.clock import Clock
from engine.venues.sandbox.controlling.faults import Faults
from engine.venues.sandbox.limits import MINUTE_MS as ORDERS_MS
from engine.venues.sandbox.limits import Limits
from engine.venues.sandbox.matching.tape import Tape

from ..trading import FLAT, START_MS, Desk, Recorded, candles

SYMBOL = "BTC/USDT:USDT"
OTHER = "ETH/USDT:USDT"


class Client(Recorded, ccxt.binanceusdm):
    """The unmodified client, which remembers what the venue said."""


class UsdmDesk(Desk):
    """Hold a client for contracts."""

    def with_key(self, key: dict[str, Any], secret: str = "") -> Any:
        return client_of(self.server.address, key["key"], secret or key["secret"])

    @property
    def floor(self) -> Any:
        return self.server.exchange.usdm


def linear(symbol: str = SYMBOL, **fields: Any) -> Market:
    """Return a contract of three tiers with round figures."""
    plain = {
        "kind": "linear", "tick": 0.1, "lot": 0.01, "maker_fee_rate": 0.0002, "taker_fee_rate": 0.0005,
        "maintenance": [(0, 0.01, 50), (5_000, 0.02, 25), (20_000, 0.05, 10)], "min_notional": 5,
        "liquidation_fee_rate": 0.0125, "funding_rate": 0.0001, "funding_hours": 8,
    }  # fmt: skip
    return Market(symbol=symbol, **(plain | fields))


def client_of(address: str, key: str, secret: str) -> Any:
    client = Client({"apiKey": key, "secret": secret, "enableRateLimit": False})
    point_at(client, address)
    client.options["fetchOpenOrders"] = {"warnWithoutSymbol": False}
    client.options["warnOnFetchOpenOrdersWithoutSymbol"] = False
    return client


@asynccontextmanager
async def usdm_desk(
    *rows: tuple[float, ...], on: Market | None = None, seed: int = 1, cash: str = "1000", limits: Limits | None = None,
    tapes: tuple[Candles, Candles] | None = None, start_ms: int = START_MS, participation: Decimal | None = None,
    path: str = "low_first",
) -> AsyncIterator[UsdmDesk]:  # fmt: skip
    """Open an exchange at the first of some candles, which drive two contracts, and a client with a key."""
    mine = candles(*(rows or (FLAT,) * 50))
    driving = tapes or (mine, mine)
    contracts = (Contract.of(on or linear()), Contract.of(linear(OTHER)))
    traded = [
        (contract, Tape(tape, contract.tick, contract.lot, path))
        for contract, tape in zip(contracts, driving, strict=True)
    ]
    exchange = Exchange([], start_ms, Settings(seed, participation), traded)
    exchange.open_account("trader", {"USDT": Decimal(cash)}, "usdm")
    key = exchange.ring.make("trader", 0).told(secrets=True)
    own = limits or Limits(10**9, 10**9, 10**9, ORDERS_MS)
    async with Server(exchange, Clock(start_ms, 0.0), 0, {"usdm": own}, Faults(seed)) as server:
        client = client_of(server.address, key["key"], key["secret"])
        async with aiohttp.ClientSession() as session:
            try:
                await client.load_markets()
                yield UsdmDesk(server, client, session, key)
            finally:
                await client.close()
