"""Everything the exchange holds, and whether it adds up.

Owns the audit that all floors share: money in equals money out to the last unit, recomputed from the ledger alone. Must
not change anything.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from engine.venues.sandbox.decimals import ZERO, text
from engine.venues.sandbox.exchange import Exchange
from engine.venues.sandbox.floor import Floor
from engine.venues.sandbox.matching.ledger import PARTIES, Ledger


def truth(exchange: Exchange) -> dict[str, Any]:
    """Return accounts with keys and what they hold on each floor, the whole ledgers, and the audit's findings."""
    findings = audit(exchange)
    return {
        "time": exchange.now_ms,
        "accounts": {
            name: {"keys": [key.told() for key in exchange.ring.keys.values() if key.account == name]}
            | {floor.name: floor.told(name) for floor in exchange.floors.values()}
            for name in exchange.accounts
        },
        "floors": {floor.name: _floor(floor) for floor in exchange.floors.values()},
        "audit": {"ok": not findings, "findings": findings},
    }


def _floor(floor: Floor) -> dict[str, Any]:
    return {
        "parties": {
            party: {asset: text(amount) for asset, amount in sorted(floor.ledger.balances[party].items())}
            for party in PARTIES
        },
        "ledger": [
            [one.time_ms, one.giver, one.taker, one.asset, text(one.amount), one.reason, one.reference]
            for one in floor.ledger.postings
        ],
    }


def audit(exchange: Exchange) -> list[str]:
    """Return one sentence for each thing that does not add up; none when all is well."""
    found = []
    for floor in exchange.floors.values():
        found += _balances(floor.ledger) + floor.audit(exchange.accounts)
    return found


def _balances(ledger: Ledger) -> list[str]:
    """Replay the ledger and hold it against the balances; all parties together hold nothing."""
    findings = []
    replayed: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for one in ledger.postings:
        replayed[one.giver, one.asset] -= one.amount
        replayed[one.taker, one.asset] += one.amount
    held = {(who, asset): sum_ for who, assets in ledger.balances.items() for asset, sum_ in assets.items()}
    for who, asset in sorted(replayed.keys() | held.keys()):
        amount, stands = replayed[who, asset], held.get((who, asset), ZERO)
        if amount != stands:
            findings.append(f"{who} {asset}: the ledger says {amount}, the balance {stands}")
    for asset in sorted({asset for _, asset in held}):
        total = sum(amount for (_, named), amount in held.items() if named == asset)
        if total != ZERO:
            findings.append(f"{asset}: all parties together hold {total}, expected 0")
    return findings
