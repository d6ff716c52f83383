"""The answers to signed requests about algo orders. Must not know sockets."""

from __future__ import annotations

from typing import Any

from engine.venues.sandbox.call import Call
from engine.venues.sandbox.usdm.algo import AlgoOrder
from engine.venues.sandbox.usdm.floor import UsdmFloor
from engine.venues.sandbox.usdm.order_calls import DONE
from engine.venues.sandbox.usdm.replies import algo_told
from engine.venues.sandbox.usdm.spans import chosen


def place(call: Call[UsdmFloor]) -> Any:
    """Place an algo order."""
    return algo_told(call.floor.place_algo(call.account, call.asked))


def query(call: Call[UsdmFloor]) -> Any:
    """Show an algo order."""
    return algo_told(call.floor.find_algo(call.account, call.asked, query=True))


def cancel(call: Call[UsdmFloor]) -> Any:
    """Cancel an algo order that waits; the answer names it and says no more."""
    algo = call.floor.find_algo(call.account, call.asked, query=False)
    call.floor.algos.cancel(algo, call.floor.now_ms)
    return {"algoId": algo.id, "clientAlgoId": algo.client_id, "code": "200", "msg": "success"}


def cancel_all(call: Call[UsdmFloor]) -> Any:
    """Cancel all algo orders that wait in a market; plain orders stay."""
    symbol = call.floor.pit(call.asked.text("symbol")).instrument.symbol
    call.floor.algos.end_all(call.account, symbol, call.floor.now_ms)
    return DONE


def open_orders(call: Call[UsdmFloor]) -> Any:
    """List what waits, in one market or in all."""
    symbols = list(call.floor.pits)
    if call.asked.has("symbol"):
        symbols = [call.floor.pit(call.asked.text("symbol")).instrument.symbol]
    found: list[AlgoOrder] = []
    for symbol in symbols:
        found += call.floor.algos.open.get((call.account, symbol), {}).values()
    wanted = call.asked.whole("algoId")
    return [algo_told(one) for one in found if wanted in (None, one.id)]


def all_orders(call: Call[UsdmFloor]) -> Any:
    """List algo orders of a market, oldest first."""
    symbol = call.floor.pit(call.asked.text("symbol")).instrument.symbol
    mine = call.floor.algos.of_market.get((call.account, symbol), [])
    rows = chosen(
        call.asked, mine, lambda one: one.created_ms, 500, 1000, id_of=lambda one: one.id, id_name="algoId"
    )  # fmt: skip
    return [algo_told(one) for one in rows]
