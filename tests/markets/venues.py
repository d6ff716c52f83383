"""Markets as venues' public answers describe them, read by the unmodified ccxt client without a network.

The answers are cut to what the client reads; their shape is that of the venues' public documentation, their figures are
of no particular day.
"""

from __future__ import annotations

from typing import Any

import ccxt


def filters(tick: str, lot: str, least: str, **notional: str) -> list[dict[str, str]]:
    return [
        {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "1000000", "tickSize": tick},
        {"filterType": "LOT_SIZE", "minQty": least, "maxQty": "9000", "stepSize": lot},
        *([{"filterType": "MIN_NOTIONAL", **notional}] if notional else []),
    ]


BINANCE_SPOT = {
    "symbol": "BTCUSDT", "status": "TRADING", "baseAsset": "BTC", "quoteAsset": "USDT", "baseAssetPrecision": 8,
    "quotePrecision": 8, "isMarginTradingAllowed": True, "orderTypes": ["LIMIT", "MARKET"],
    "filters": filters("0.01000000", "0.00001000", "0.00001000", minNotional="5.00000000"),
}  # fmt: skip
BINANCE_USDM = {
    "symbol": "BTCUSDT", "contractType": "PERPETUAL", "deliveryDate": 4133404800000, "status": "TRADING",
    "baseAsset": "BTC", "quoteAsset": "USDT", "marginAsset": "USDT", "pricePrecision": 2, "quantityPrecision": 3,
    "filters": filters("0.10", "0.001", "0.001", notional="100"),
}  # fmt: skip
BINANCE_QUARTER = BINANCE_USDM | {
    "symbol": "BTCUSDT_260327", "contractType": "CURRENT_QUARTER", "deliveryDate": 1774598400000,
}  # fmt: skip
BINANCE_COINM = {
    "symbol": "BTCUSD_PERP", "contractType": "PERPETUAL", "deliveryDate": 4133404800000, "contractStatus": "TRADING",
    "contractSize": 100, "baseAsset": "BTC", "quoteAsset": "USD", "marginAsset": "BTC", "pricePrecision": 1,
    "quantityPrecision": 0, "filters": filters("0.1", "1", "1"),
}  # fmt: skip
BINANCE_COINM_QUARTER = BINANCE_COINM | {
    "symbol": "BTCUSD_260327", "contractType": "CURRENT_QUARTER", "deliveryDate": 1774598400000,
}  # fmt: skip
BRACKETS = [
    {
        "bracket": 1,
        "initialLeverage": 125,
        "notionalFloor": 0,
        "notionalCap": 50000,
        "maintMarginRatio": 0.004,
        "cum": 0,
    },
    {
        "bracket": 2,
        "initialLeverage": 100,
        "notionalFloor": 50000,
        "notionalCap": 250000,
        "maintMarginRatio": 0.005,
        "cum": 50,
    },
    {
        "bracket": 3,
        "initialLeverage": 50,
        "notionalFloor": 250000,
        "notionalCap": 1000000,
        "maintMarginRatio": 0.01,
        "cum": 1300,
    },
]
COIN_BRACKETS = [
    {"bracket": 1, "initialLeverage": 125, "qtyFloor": 0, "qtyCap": 5, "maintMarginRatio": 0.004, "cum": 0},
    {"bracket": 2, "initialLeverage": 100, "qtyFloor": 5, "qtyCap": 10, "maintMarginRatio": 0.005, "cum": 0.005},
]
OKX_SWAP = {
    "instId": "BTC-USDT-SWAP", "instType": "SWAP", "uly": "BTC-USDT", "baseCcy": "", "quoteCcy": "", "settleCcy": "USDT",
    "ctVal": "0.01", "ctMult": "1", "ctValCcy": "BTC", "ctType": "linear", "lever": "100", "lotSz": "0.01",
    "minSz": "0.01", "tickSz": "0.1", "state": "live", "expTime": "",
}  # fmt: skip
OKX_SPOT = {
    "instId": "BTC-USDT", "instType": "SPOT", "uly": "", "baseCcy": "BTC", "quoteCcy": "USDT", "settleCcy": "",
    "ctVal": "", "lever": "10", "lotSz": "0.00000001", "minSz": "0.00001", "tickSz": "0.1", "state": "live",
}  # fmt: skip
OKX_TIERS = [
    {"instId": "BTC-USDT-SWAP", "tier": "1", "minSz": "0", "maxSz": "1000", "mmr": "0.004", "maxLever": "100"},
    {"instId": "BTC-USDT-SWAP", "tier": "2", "minSz": "1000.01", "maxSz": "5000", "mmr": "0.005", "maxLever": "75"},
]
BYBIT_TIERS = [
    {"id": 1, "symbol": "BTCUSD", "riskLimitValue": "150", "maintenanceMargin": "0.005", "maxLeverage": "100.00"},
    {"id": 2, "symbol": "BTCUSD", "riskLimitValue": "300", "maintenanceMargin": "0.01", "maxLeverage": "50.00"},
]


def market(client: ccxt.Exchange, raw: dict[str, Any]) -> dict[str, Any]:
    """Return the market as `client.market(symbol)` does once the client has loaded it."""
    for pairs in ("crossMarginPairsData", "isolatedMarginPairsData"):
        client.options.setdefault(pairs, [])  # binance's fetch_markets puts them there before it parses
    parsed = client.parse_market(raw)
    client.set_markets([parsed])
    found: dict[str, Any] = client.market(parsed["symbol"])
    return found


def tiers(client: ccxt.Exchange, answer: Any, symbol: str) -> list[dict[str, Any]]:
    """Return the tiers as `client.fetch_market_leverage_tiers(symbol)` does."""
    found: list[dict[str, Any]] = client.parse_market_leverage_tiers(answer, client.market(symbol))
    return found
