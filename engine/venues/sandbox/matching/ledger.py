"""Who owns what: balances, and the ledger that every change of them is in.

Owns the rule that each posting adds up to nothing. Must not know orders or prices. Four parties are not accounts:
OUTSIDE, where deposits are from; MARKET, everybody else's orders; FEES, the house; INSURANCE, its fund, which takes
liquidation fees and bears what is lost beyond a margin.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from engine.venues.sandbox.decimals import ZERO

OUTSIDE, MARKET, FEES, INSURANCE = "outside", "market", "fees", "insurance"
PARTIES = (OUTSIDE, MARKET, FEES, INSURANCE)


@dataclass(frozen=True, slots=True)
class Posting:
    """Hold one movement of money from one party to another; amount above zero; reference: its cause's number."""

    time_ms: int
    giver: str
    taker: str
    asset: str
    amount: Decimal
    reason: str  # deposit, withdrawal, trade, fee; of contracts: realised, fee, funding, liquidation, borne
    reference: int


class Ledger:
    """Keep the balances of all parties; `free` and `locked` of an account add up to its balance."""

    def __init__(self) -> None:
        self.postings: list[Posting] = []
        self.balances: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        self.locked: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))

    def post(self, posting: Posting) -> None:
        """Move an amount; nothing moves when it is zero."""
        if posting.amount == ZERO:
            return
        if posting.amount < ZERO:
            raise ValueError(f"{posting.reason}: expected an amount above zero, was {posting.amount}")
        self.balances[posting.giver][posting.asset] -= posting.amount
        self.balances[posting.taker][posting.asset] += posting.amount
        self.postings.append(posting)

    def free(self, account: str, asset: str) -> Decimal:
        """Return what of an asset no order has locked."""
        return self.balances[account][asset] - self.locked[account][asset]

    def lock(self, account: str, asset: str, amount: Decimal) -> None:
        """Lock an amount, or unlock it where it is below zero."""
        self.locked[account][asset] += amount
