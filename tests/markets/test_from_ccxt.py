from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import ccxt
import pytest

from engine.errors import ConfigError
from engine.market import Market, Tier
from engine.markets import market_of

from . import venues

CLIENTS = {name: getattr(ccxt, name) for name in ("binance", "binanceusdm", "binancecoinm", "okx", "kraken")}


def told(client: str, raw: dict[str, Any], **given: Any) -> Market:
    return market_of(venues.market(CLIENTS[client](), raw), venue=client.removesuffix("usdm"), **given)


@pytest.mark.parametrize(
    ("client", "raw", "given", "expected"),
    [
        ("binance", venues.BINANCE_SPOT, {}, {
            "symbol": "BTC/USDT", "kind": "spot", "tick": 0.01, "lot": 0.00001, "min_quantity": 0.00001,
            "min_notional": 5.0, "maker_fee_rate": 0.001, "taker_fee_rate": 0.001, "fee_in": "base",
        }),
        ("binance", venues.BINANCE_SPOT, {"margin": True, "leverage": 3.0}, {"kind": "margin", "leverage": 3.0}),
        ("binanceusdm", venues.BINANCE_USDM, {"leverage": 5}, {
            "symbol": "BTC/USDT:USDT", "venue": "binance", "kind": "linear", "tick": 0.1, "lot": 0.001, "leverage": 5,
            "min_quantity": 0.001, "min_notional": 100.0, "maker_fee_rate": 0.0002, "taker_fee_rate": 0.0005,
            "fee_in": "quote", "contract_size": 1.0, "maintenance_fee": False,
        }),
        ("binanceusdm", venues.BINANCE_QUARTER, {}, {
            "symbol": "BTC/USDT:USDT-260327", "kind": "future", "expiry": 1774598400000, "lot": 0.001,
        }),
        ("binancecoinm", venues.BINANCE_COINM, {}, {
            "symbol": "BTC/USD:BTC", "kind": "inverse", "contract_size": 100.0, "lot": 1.0, "min_quantity": 1.0,
            "tick": 0.1, "taker_fee_rate": 0.0005,
        }),
        ("okx", venues.OKX_SWAP, {}, {
            "symbol": "BTC/USDT:USDT", "kind": "linear", "lot": 0.0001, "min_quantity": 0.0001, "contract_size": 1.0,
            "tick": 0.1, "maker_fee_rate": 0.0002, "taker_fee_rate": 0.0005, "maintenance_fee": True,
        }),
        ("okx", venues.OKX_SPOT, {}, {"kind": "spot", "lot": 1e-08, "min_quantity": 0.00001, "maintenance_fee": False}),
    ],
    ids=["binance spot", "binance margin", "usd-m", "quarterly", "coin-m", "okx swap", "okx spot"],
)  # fmt: skip
def test_a_market_that_ccxt_has_read_becomes_ours(
    client: str, raw: dict[str, Any], given: dict[str, Any], expected: dict[str, Any]
) -> None:
    found = told(client, raw, **given)
    assert {name: getattr(found, name) for name in expected} == expected


def test_leverage_tiers_become_the_maintenance_table() -> None:
    client = ccxt.binanceusdm()
    found = venues.market(client, venues.BINANCE_USDM)
    answer = [{"symbol": "BTCUSDT", "brackets": venues.BRACKETS}]
    tiers = client.parse_leverage_tiers(answer, ["BTC/USDT:USDT"], "symbol")["BTC/USDT:USDT"]
    assert market_of(found, venue="binance", tiers=tiers, leverage=20).maintenance == (
        Tier(0.0, 0.004, 125.0),
        Tier(50_000.0, 0.005, 100.0),
        Tier(250_000.0, 0.01, 50.0),
    )


def test_tiers_of_a_contract_settled_in_the_coin_are_in_the_coin() -> None:
    client = ccxt.binancecoinm()
    found = venues.market(client, venues.BINANCE_COINM)
    tiers = venues.tiers(client, {"symbol": "BTCUSD_PERP", "brackets": venues.COIN_BRACKETS}, "BTC/USD:BTC")
    made = market_of(found, venue="binance", tiers=tiers)
    assert made.maintenance == (Tier(0.0, 0.004, 125.0), Tier(5.0, 0.005, 100.0))


def test_bybits_tiers_begin_where_the_one_before_ends() -> None:
    client = ccxt.bybit()
    inverse = dict(venues.market(ccxt.binancecoinm(), venues.BINANCE_COINM))
    tiers = client.parse_market_leverage_tiers(venues.BYBIT_TIERS, inverse)
    made = market_of(inverse, venue="bybit", tiers=tiers)
    assert made.maintenance == (Tier(0.0, 0.005, 100.0), Tier(150.0, 0.01, 50.0))


def test_okx_counts_tiers_in_contracts_so_a_price_makes_them_notional() -> None:
    client = ccxt.okx()
    found = venues.market(client, venues.OKX_SWAP)
    tiers = venues.tiers(client, venues.OKX_TIERS, "BTC/USDT:USDT")
    made = market_of(found, venue="okx", tiers=tiers, price=60_000.0)
    assert made.maintenance == (Tier(0.0, 0.004, 100.0), Tier(600_000.0, 0.005, 75.0))
    with pytest.raises(ConfigError, match="okx counts leverage tiers in contracts; give price"):
        market_of(found, venue="okx", tiers=tiers)


def test_fees_are_the_accounts_own_or_of_a_volume() -> None:
    client = ccxt.binanceusdm()
    found = venues.market(client, venues.BINANCE_USDM)
    own = market_of(found, venue="binance", fees={"maker": -0.00005, "taker": 0.0003})
    assert (own.maker_fee_rate, own.taker_fee_rate) == (-0.00005, 0.0003)  # a rebate
    schedule = client.fees["linear"]["trading"]
    by_volume = market_of(found, venue="binance", fees=schedule, volume_30d=8_000.0)
    assert (by_volume.maker_fee_rate, by_volume.taker_fee_rate) == (0.00012, 0.00032)
    inverse = ccxt.binancecoinm().fees["inverse"]["trading"]
    assert market_of(found, venue="binance", fees=inverse, volume_30d=1e6).maker_fee_rate == -0.00009


def test_the_funding_interval_and_the_borrow_rate_are_read_in_hours() -> None:
    perpetual = venues.market(ccxt.binanceusdm(), venues.BINANCE_USDM)
    made = market_of(perpetual, venue="binance", funding={"interval": "4h", "fundingRate": 0.0007}, funding_rate=0.0001)
    assert (made.funding_hours, made.funding_rate) == (4.0, 0.0001)
    coins = venues.market(ccxt.binance(), venues.BINANCE_SPOT)
    rate = {"currency": "BTC", "rate": 0.00024, "period": 86_400_000}  # a day's, as binance's parser gives it
    assert market_of(coins, venue="binance", margin=True, borrow=rate).borrow_rate == pytest.approx(0.00001)


def test_what_is_given_wins() -> None:
    found = venues.market(ccxt.binance(), venues.BINANCE_SPOT)
    made = market_of(found, venue="binance", tick=0.5, taker_fee_rate=0.002, half_spread=0.0001, fee_in="quote")
    assert (made.tick, made.taker_fee_rate, made.maker_fee_rate) == (0.5, 0.002, 0.001)
    assert (made.half_spread, made.fee_in) == (0.0001, "quote")


def test_decimal_places_are_steps_too() -> None:
    found = venues.market(ccxt.binance(), venues.BINANCE_SPOT) | {"precision": {"price": 2, "amount": 0}}
    made = market_of(found, venue="binance", precision_mode=ccxt.DECIMAL_PLACES)
    assert (made.tick, made.lot) == (0.01, 1.0)


SPOT = venues.market(ccxt.binance(), venues.BINANCE_SPOT)
SWAP = venues.market(ccxt.binanceusdm(), venues.BINANCE_USDM)


@pytest.mark.parametrize(
    ("found", "given", "sentence"),
    [
        (
            SPOT | {"precision": {"amount": 0.001}},
            {},
            "BTC/USDT: ccxt does not know its tick (precision.price is None); give tick yourself",
        ),
        (
            SPOT | {"precision": {"price": 0.1, "amount": 0}},
            {},
            "BTC/USDT: ccxt does not know its lot (precision.amount is 0); give lot yourself",
        ),
        (SPOT, {"precision_mode": 3}, "BTC/USDT: this venue states significant digits, not steps; give tick and lot"),
        (SPOT | {"maker": None}, {}, "fees: ccxt states no maker fee here; give maker_fee_rate yourself"),
        (SPOT | {"margin": False}, {"margin": True}, "BTC/USDT: the venue lends no coins for it; leave margin away"),
        (
            SWAP,
            {"margin": True},
            "BTC/USDT:USDT: is a contract, and margin says how coins are traded; leave margin away",
        ),
        (
            SWAP | {"contractSize": None},
            {},
            "BTC/USDT:USDT: ccxt does not know its contract size (contractSize is None)",
        ),
        (SWAP, {"tiers": [{"minNotional": 0}]}, "BTC/USDT:USDT: a leverage tier has no maintenanceMarginRate"),
        (
            SWAP,
            {"funding": {"interval": "weekly"}},
            "expected a funding interval such as \"8h\", was 'weekly'; give funding_hours",
        ),
        (
            SPOT,
            {"margin": True, "borrow": {"rate": 0.01}},
            "BTC/USDT: expected a borrow rate with its period, was 0.01 per None",
        ),
        (
            SWAP | {"limits": {"leverage": {"max": 20}}},
            {"leverage": 50},
            "leverage: expected at most the venue's 20, was 50",
        ),
        (
            SWAP | {"marginModes": {"isolated": False}},
            {"margin_mode": "isolated"},
            "margin_mode: the venue has no isolated margin for it",
        ),
        (SWAP, {"leverag": 5}, 'BTC/USDT:USDT: unknown field "leverag"; did you mean "leverage"?'),
        (SWAP | {"linear": False}, {}, "expected a spot market, a perpetual or a linear future, was of the type swap"),
    ],
)
def test_what_ccxt_leaves_open_or_cannot_be_is_one_sentence(
    found: dict[str, Any], given: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        market_of(found, venue="binance", **given)


def test_a_future_settled_in_the_coin_is_not_simulated_and_says_so() -> None:
    with pytest.raises(ConfigError, match="a perpetual or a linear future, was of the type inverse future"):
        told("binancecoinm", venues.BINANCE_COINM_QUARTER)


def test_describing_a_market_does_not_import_the_client() -> None:
    code = "import engine.markets, sys; sys.exit('ccxt' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
