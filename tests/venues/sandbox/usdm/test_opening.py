"""A perpetual is opened beside its coin: the same candles, its own floor, wallet, limits and client."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import ccxt.async_support as ccxt
import pytest

from engine import ConfigError, Market
from engine.markets import read_shape
from engine.venues.sandbox import Contract, Server, point_at
from engine.venues.sandbox.clock import Clock
from engine.venues.sandbox.opening import ACCOUNT, Opening, open_exchange

NOON_MS = 1_704_112_200_000


def test_a_perpetual_goes_as_its_coin_does_and_has_a_wallet_of_its_own() -> None:
    exchange = open_exchange(Opening(markets=("simulated:BTC/USDT", "simulated:BTC/USDT:USDT"), cash=500.0), NOON_MS)
    coin, contract = exchange.spot.pits["BTCUSDT"], exchange.usdm.pits["BTCUSDT"]
    exchange.advance(NOON_MS + 90 * 60_000)
    assert abs(coin.price - contract.price) <= Decimal("0.05")
    assert exchange.spot.ledger.balances[ACCOUNT]["USDT"] == exchange.usdm.ledger.balances[ACCOUNT]["USDT"] == 500
    assert list(exchange.floors) == ["spot", "usdm"]


def test_a_contract_keeps_the_tiers_of_its_market_exactly() -> None:
    of = Contract.of(read_shape("binance-usdm-btc"))
    assert [str(one.cum) for one in of.brackets[:4]] == ["0", "50.0000", "1300.0000", "16300.0000"]  # formulae.md 5
    assert (of.most_leverage, of.bracket(Decimal(49_999)).rate, of.bracket(Decimal(50_000)).rate) == (
        125, Decimal("0.004"), Decimal("0.005"),
    )  # fmt: skip
    assert of.maintenance(Decimal(300_000)) == Decimal(1_700)
    assert [of.largest_notional(leverage) for leverage in (125, 101, 50, 1)] == [50_000, 50_000, 1_000_000, None]
    with pytest.raises(ConfigError, match='expected "linear"'):
        Contract.of(Market(symbol="BTC/USDT", tick=0.1, lot=0.1))
    with pytest.raises(ConfigError, match="tick times lot must be whole units"):
        Contract.of(Market(symbol="BTC/USDT:USDT", kind="linear", tick=0.00001, lot=0.00001))


def test_a_market_that_is_not_settled_in_its_quote_is_refused() -> None:
    with pytest.raises(ConfigError, match="expected a perpetual settled in its quote"):
        open_exchange(Opening(markets=("simulated:BTC/USD:BTC",)), NOON_MS)


def test_the_client_loads_its_markets_and_sees_limits_of_its_own() -> None:
    async def load() -> None:
        exchange = open_exchange(Opening(markets=("simulated:BTC/USDT:USDT", "simulated:SOL/USDT:USDT")), NOON_MS)
        async with Server(exchange, Clock(exchange.start_ms, 0.0)) as server:
            client = ccxt.binanceusdm()
            point_at(client, server.address)
            try:
                markets = await client.load_markets()
                assert client.last_response_headers["X-MBX-USED-WEIGHT-1M"] == "1"
                assert "X-MBX-USED-WEIGHT" not in client.last_response_headers
                info = await client.fapiPublicGetExchangeInfo()
                assert abs(await client.fetch_time() - server.clock.now_ms) < 60_000
            finally:
                await client.close()
        btc = markets["BTC/USDT:USDT"]
        assert set(markets) == {"BTC/USDT:USDT", "SOL/USDT:USDT"}
        assert (btc["swap"], btc["linear"], btc["active"], btc["settle"]) == (True, True, True, "USDT")
        assert btc["precision"]["price"] == 0.1
        assert btc["limits"]["cost"]["min"] == 100.0
        limits = [(one["rateLimitType"], one["interval"], int(one["limit"])) for one in info["rateLimits"]]
        assert limits == [("REQUEST_WEIGHT", "MINUTE", 2_400), ("ORDERS", "SECOND", 300), ("ORDERS", "MINUTE", 1_200)]

    asyncio.run(load())
