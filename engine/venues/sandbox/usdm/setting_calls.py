"""The answers to signed requests that choose: mode, leverage, margin type, isolated margin. Must not know sockets."""

from __future__ import annotations

from typing import Any

from engine.venues.sandbox.call import Call
from engine.venues.sandbox.matching.instrument import LARGEST_NOTIONAL
from engine.venues.sandbox.refusal import RefusalError
from engine.venues.sandbox.usdm.contract import Contract
from engine.venues.sandbox.usdm.floor import UsdmFloor
from engine.venues.sandbox.usdm.order import SIDES
from engine.venues.sandbox.usdm.placing import flag
from engine.venues.sandbox.usdm.refusals import no
from engine.venues.sandbox.usdm.replies import plain

DONE = {"code": 200, "msg": "success"}


def _contract(call: Call[UsdmFloor]) -> Contract:
    return call.floor.contracts[call.floor.pit(call.asked.text("symbol")).instrument.symbol]


def leverage(call: Call[UsdmFloor]) -> Any:
    """Choose the leverage of a contract."""
    of, own = _contract(call), call.floor.account(call.account)
    call.asked.text("leverage")
    wanted = call.asked.whole("leverage") or 0
    call.floor.choices.set_leverage(own, of, wanted)
    most = of.largest_notional(wanted) or LARGEST_NOTIONAL
    return {"symbol": of.symbol, "leverage": wanted, "maxNotionalValue": plain(most)}


def margin_type(call: Call[UsdmFloor]) -> Any:
    """Choose between cross and isolated margin for a contract."""
    of, own = _contract(call), call.floor.account(call.account)
    isolated = call.asked.one_of("marginType", ("ISOLATED", "CROSSED"), -1100, "marginType") == "ISOLATED"
    call.floor.choices.set_isolated(own, of, isolated, call.floor.now_ms)
    return DONE


def position_side(call: Call[UsdmFloor]) -> Any:
    """Choose between one position a contract and a long beside a short."""
    call.asked.text("dualSidePosition")
    call.floor.choices.set_hedge(call.floor.account(call.account), flag(call.asked, "dualSidePosition"))
    return DONE


def multi_assets(call: Call[UsdmFloor]) -> Any:
    """Refuse: a wallet answers in its own asset only."""
    call.asked.text("multiAssetsMargin")
    raise no("one asset" if flag(call.asked, "multiAssetsMargin") else "same assets")


def position_margin(call: Call[UsdmFloor]) -> Any:
    """Add to the margin of an isolated position (type 1), or take from it (type 2)."""
    of, own = _contract(call), call.floor.account(call.account)
    side = call.asked.values.get("positionSide") or "BOTH"
    if side not in SIDES:
        raise RefusalError(-4060, "Invalid position side.")
    if (side == "BOTH") == own.hedge:
        raise no("side")
    kind = call.asked.one_of("type", ("1", "2"), -1100, "type")
    amount = call.asked.number("amount", must=True)
    signed = amount if kind == "1" else -amount
    call.floor.choices.move_margin(own, own.position(of, side), signed, call.floor.now_ms)
    return {"amount": float(amount), "code": 200, "msg": "Successfully modify position margin.", "type": int(kind)}
