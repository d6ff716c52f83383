"""Money that goes from one floor's wallet to another's, and the list of what went. Must not know what is traded."""

from __future__ import annotations

from typing import Any

from engine.venues.sandbox.call import Call
from engine.venues.sandbox.decimals import UNIT, text
from engine.venues.sandbox.floor import Floor
from engine.venues.sandbox.refusal import RefusalError

WAYS = {"MAIN_UMFUTURE": ("spot", "usdm"), "UMFUTURE_MAIN": ("usdm", "spot")}
MOST = 100  # rows of a page


def transfer(call: Call[Any]) -> Any:
    """Move an amount of an asset between the account's wallets; both floors post it."""
    giver, taker = _floors(call)
    asset, amount = call.asked.text("asset"), call.asked.number("amount", must=True)
    if not amount or amount % UNIT:
        raise RefusalError(-1102, "Mandatory parameter 'amount' was not sent, was empty/null, or malformed.")
    if amount > giver.withdrawable(call.account, asset):
        raise RefusalError(-5013, "Asset transfer failed: insufficient balance")
    number = giver.withdraw(call.account, asset, amount)
    taker.deposit(call.account, asset, amount)
    return {"tranId": number}


def transfers(call: Call[Any]) -> Any:
    """List what went one way, the youngest first."""
    giver, _ = _floors(call)
    page, size = call.asked.whole("current", 1) or 1, min(call.asked.whole("size", 10) or 10, MOST)
    found = [
        {"asset": one.asset, "amount": text(one.amount), "type": call.asked.text("type"), "status": "CONFIRMED",
         "tranId": one.reference, "timestamp": one.time_ms}
        for one in reversed(giver.ledger.postings)
        if one.reason == "withdrawal" and one.giver == call.account
    ]  # fmt: skip
    return {"total": len(found), "rows": found[(page - 1) * size : page * size]}


def _floors(call: Call[Any]) -> tuple[Floor, Floor]:
    way = call.asked.text("type")
    if way not in WAYS or not set(WAYS[way]) <= set(call.floors):
        raise RefusalError(-1100, f"Illegal characters found in parameter 'type'; legal are {', '.join(WAYS)}.")
    giver, taker = WAYS[way]
    return call.floors[giver], call.floors[taker]
