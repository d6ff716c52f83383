"""Money between the two wallets of an account, through the real client's unified calls."""

from __future__ import annotations

import aiohttp
import ccxt.async_support as ccxt
import pytest

from engine.venues.sandbox import Server
from engine.venues.sandbox.clock import Clock

from ..trading import START_MS, Desk, played, refusal
from ..trading import _client as client_of_coins
from .test_soak import both_floors
from .trading import client_of


@played
async def test_money_goes_from_one_wallet_to_the_other_and_no_further_than_it_is_free() -> None:
    exchange = both_floors(1)
    keys = [
        exchange.ring.make("trader", 0, permissions=names).told(secrets=True)
        for names in (("read", "trade", "transfer"), ("read", "trade"))
    ]
    async with Server(exchange, Clock(START_MS, 0.0)) as server, aiohttp.ClientSession() as session:
        coins, poor = (client_of_coins(server.address, one["key"], one["secret"]) for one in keys)
        contracts = client_of(server.address, keys[0]["key"], keys[0]["secret"])
        at = Desk(server, coins, session, keys[0])
        try:
            for client in (coins, contracts, poor):
                await client.load_markets()
                client.currencies = client.currencies or {}
            moved = await coins.transfer("USDT", 150.25, "spot", "swap")
            assert moved["id"] == "3"  # after two deposits
            assert (await coins.fetch_balance())["USDT"]["free"] == 199_849.75
            assert (await contracts.fetch_balance())["USDT"]["free"] == 1_150.25
            await contracts.create_order("BTC/USDT:USDT", "limit", "buy", 1, 990)  # 20 times: 49.5 of margin
            with pytest.raises(ccxt.InsufficientFunds, match="insufficient balance"):
                await coins.transfer("USDT", 1_101, "swap", "spot")
            await coins.transfer("USDT", 1_100, "swap", "spot")
            assert (await coins.fetch_balance())["USDT"]["free"] == 200_949.75
            there = await coins.fetch_transfers("USDT", params={"type": "UMFUTURE_MAIN"})
            assert [one["amount"] for one in there] == [1_100.0]
            assert (await refusal(poor.transfer("USDT", 1, "spot", "swap")))[2] == -2015
            income = await contracts.fapiPrivateGetIncome({"incomeType": "TRANSFER"})
            assert [float(one["income"]) for one in income] == [1_000.0, 150.25, -1_100.0]
            await at.audited()
        finally:
            for client in (coins, contracts, poor):
                await client.close()
