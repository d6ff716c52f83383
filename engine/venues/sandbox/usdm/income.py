"""Money that moves in and out of a wallet, by symbol and reason: the ledger's postings as the dialect lists them.

Owns the rows and the one way in which a wallet changes. Must not know orders or prices.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from engine.venues.sandbox.decimals import ZERO
from engine.venues.sandbox.matching.ledger import FEES, INSURANCE, MARKET, OUTSIDE, Ledger, Posting

# By the ledger's reason: who gives and takes besides the account, and what the dialect calls it.
KINDS = {
    "deposit": (OUTSIDE, "TRANSFER"),
    "withdrawal": (OUTSIDE, "TRANSFER"),
    "realised": (MARKET, "REALIZED_PNL"),
    "fee": (FEES, "COMMISSION"),
    "funding": (MARKET, "FUNDING_FEE"),
    "liquidation": (INSURANCE, "INSURANCE_CLEAR"),
    "borne": (INSURANCE, "INSURANCE_CLEAR"),
}


@dataclass(frozen=True, slots=True)
class Income:
    """Hold one movement; amount: + received, in asset. reference: the fill's, payment's or deposit's number."""

    id: int
    time_ms: int
    symbol: str
    reason: str
    amount: Decimal
    asset: str
    reference: int

    @property
    def type(self) -> str:
        """Return what the dialect calls it."""
        return KINDS[self.reason][1]

    @property
    def is_of_a_fill(self) -> bool:
        """Return whether a fill caused it."""
        return self.reason not in ("deposit", "withdrawal", "funding")


class Incomes:
    """Post movements to a ledger and keep them by account, oldest first."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.of: dict[str, list[Income]] = defaultdict(list)
        self._count = 0

    def post(
        self, account: str, symbol: str, asset: str, amount: Decimal, reason: str, reference: int, now_ms: int
    ) -> Posting | None:
        """Move an amount, + to the account, and return the posting; None: nothing moves when it is zero."""
        if amount == ZERO:
            return None
        party = KINDS[reason][0]
        giver, taker = (party, account) if amount > ZERO else (account, party)
        posting = Posting(now_ms, giver, taker, asset, abs(amount), reason, reference)
        self.ledger.post(posting)
        self._count += 1
        self.of[account].append(Income(self._count, now_ms, symbol, reason, amount, asset, reference))
        return posting
