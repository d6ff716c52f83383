"""The answers to public requests about the exchange itself. Must not change anything."""

from __future__ import annotations

from typing import Any

from engine.venues.sandbox.call import Call
from engine.venues.sandbox.matching.pit import Pit
from engine.venues.sandbox.usdm.contract import ORDER_TYPES, TIMES_IN_FORCE, Contract
from engine.venues.sandbox.usdm.floor import UsdmFloor

NEVER_MS = 4_133_404_800_000  # the delivery date of what is not delivered


def ping(_: Call[UsdmFloor]) -> Any:
    """Answer that somebody is there."""
    return {}


def time(call: Call[UsdmFloor]) -> Any:
    """Answer the time by which requests are judged."""
    return {"serverTime": call.now_ms}


def exchange_info(call: Call[UsdmFloor]) -> Any:
    """Answer what is traded and what the limits are; of one symbol or, as the venue does, of all."""
    assets = sorted({one.margin_asset for one in call.floor.contracts.values()})
    return {
        "timezone": "UTC", "serverTime": call.now_ms, "futuresType": "U_MARGINED", "rateLimits": call.limits.told(),
        "exchangeFilters": [],
        "assets": [{"asset": asset, "marginAvailable": True, "autoAssetExchange": "0"} for asset in assets],
        "symbols": [symbol_info(pit, call.floor.contracts[symbol]) for symbol, pit in call.floor.pits.items()],
    }  # fmt: skip


def symbol_info(pit: Pit, of: Contract) -> dict[str, Any]:
    """Return a contract as `exchangeInfo` describes it."""
    lowest = of.brackets[0]
    return {
        "symbol": of.symbol, "pair": of.symbol, "contractType": "PERPETUAL", "deliveryDate": NEVER_MS,
        "onboardDate": int(pit.tape.candles.first_ms), "status": "BREAK" if pit.is_closed else "TRADING",
        "maintMarginPercent": f"{100 * lowest.rate:.4f}", "requiredMarginPercent": "5.0000", "baseAsset": of.base,
        "quoteAsset": of.quote, "marginAsset": of.margin_asset, "pricePrecision": _decimals(of.tick),
        "quantityPrecision": _decimals(of.lot), "baseAssetPrecision": 8, "quotePrecision": 8,
        "underlyingType": "COIN", "underlyingSubType": [], "triggerProtect": "0.0500",
        "liquidationFee": f"{of.liquidation_fee_rate:f}", "marketTakeBound": "0.05", "maxMoveOrderLimit": 10_000,
        "orderTypes": list(ORDER_TYPES), "timeInForce": list(TIMES_IN_FORCE), "filters": of.filters(),
    }  # fmt: skip


def _decimals(step: Any) -> int:
    return max(0, -int(step.normalize().as_tuple().exponent))
