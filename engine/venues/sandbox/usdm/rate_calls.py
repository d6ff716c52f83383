"""The answers to public requests about what a contract costs to hold: mark price, funding, open interest.

Must not change anything. The mark price and the index are the path's price here.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.candles.timeframes import DAY_MS
from engine.venues.sandbox.call import Call
from engine.venues.sandbox.decimals import ZERO, down, nearest, text
from engine.venues.sandbox.matching.columns import shown
from engine.venues.sandbox.matching.pit import Pit
from engine.venues.sandbox.quotes import ALWAYS_MS, priced
from engine.venues.sandbox.usdm.contract import HOUR_MS, Contract
from engine.venues.sandbox.usdm.floor import UsdmFloor
from engine.venues.sandbox.usdm.stamps import next_stamp, stamps

CAP = Decimal("0.02")  # of a funding rate, up and down
HALF = Decimal("0.5")


def premium_index(call: Call[UsdmFloor]) -> Any:
    """Answer mark and index price, and the funding that is due next, of one contract or of all."""
    told = [_premium(pit) for pit in _pits(call)]
    return told[0] if call.asked.has("symbol") else told


def _premium(pit: Pit) -> dict[str, Any]:
    seen, of = pit.face, contract(pit)
    due_ms, rate = next_stamp(of, seen.now_ms)
    price = text(seen.price)
    return {
        "symbol": of.symbol, "markPrice": price, "indexPrice": price, "estimatedSettlePrice": price,
        "lastFundingRate": f"{rate:.8f}", "interestRate": "0.00010000", "nextFundingTime": due_ms, "time": seen.now_ms,
    }  # fmt: skip


def funding_rates(call: Call[UsdmFloor]) -> Any:
    """List what was due, oldest first: from startTime on the first of it, else the last."""
    asked = call.asked
    start, end, limit = asked.whole("startTime"), asked.whole("endTime"), asked.limit(100, 1_000)
    found = []
    for pit in _pits(call):
        from_ms = max((start or 0) - 1, int(pit.tape.candles.first_ms) - 1)
        for time_ms, rate in stamps(contract(pit), from_ms, min(pit.now_ms, ALWAYS_MS if end is None else end)):
            found.append((time_ms, pit.instrument.symbol, rate, _mark_at(pit, time_ms)))
    found.sort(key=lambda one: one[:2])
    return [
        {"symbol": symbol, "fundingTime": time_ms, "fundingRate": f"{rate:.8f}", "markPrice": mark}
        for time_ms, symbol, rate, mark in (found[:limit] if start is not None else found[-limit:])
    ]


def _mark_at(pit: Pit, time_ms: int) -> str:
    """Return the price that a stamp is settled at: the open of the first candle that begins at or after it."""
    k = pit.tape.index_at(time_ms)
    if k >= len(pit.tape.candles) or pit.tape.open_ms(k) > pit.now_ms:
        return text(pit.price)
    return priced(pit.instrument, float(pit.tape.candles.open[k]))


def funding_info(call: Call[UsdmFloor]) -> Any:
    """List how often each contract pays, and how much at most."""
    return [
        {"symbol": of.symbol, "adjustedFundingRateCap": text(CAP), "adjustedFundingRateFloor": text(-CAP),
         "fundingIntervalHours": of.funding_ms // HOUR_MS, "disclaimer": False}
        for of in map(contract, call.floor.pits.values())
    ]  # fmt: skip


def open_interest(call: Call[UsdmFloor]) -> Any:
    """Answer how much of a contract is held; as nobody else is there to hold it, it is made up: half a day's volume."""
    pit = call.floor.pit(call.asked.text("symbol"))
    volume = Decimal(repr(float(shown(pit, pit.now_ms - DAY_MS + 1, ALWAYS_MS).volume.sum())))
    held = down(nearest(volume, pit.instrument.lot) * HALF, pit.instrument.lot) + ZERO
    return {"symbol": pit.instrument.symbol, "openInterest": text(held), "time": pit.now_ms}


def contract(pit: Pit) -> Contract:
    """Return what is traded in a market of this segment."""
    if not isinstance(pit.instrument, Contract):
        raise TypeError(f"{pit.instrument.symbol}: expected a contract")
    return pit.instrument


def _pits(call: Call[UsdmFloor]) -> list[Pit]:
    if call.asked.has("symbol"):
        return [call.floor.pit(call.asked.text("symbol"))]
    return list(call.floor.pits.values())
