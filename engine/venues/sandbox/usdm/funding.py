"""Funding: who pays whom when it is due.

Owns the record of every payment. A stamp is settled at the open of the first candle that begins at or
after it, on the position held just before, before anything fills (rule C2). Must not know orders.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from engine.venues.sandbox.decimals import UNIT, nearest
from engine.venues.sandbox.usdm.contract import Contract
from engine.venues.sandbox.usdm.filling import UsdmFilling
from engine.venues.sandbox.usdm.stamps import stamps


@dataclass(frozen=True, slots=True)
class Payment:
    """Hold one settlement of one position; amount: + received, margin asset."""

    id: int
    time_ms: int
    account: str
    symbol: str
    side: str
    quantity: Decimal
    mark: Decimal
    rate: Decimal
    amount: Decimal


class Funding:
    """Settle what is due. settled: by symbol, the time up to which all is."""

    def __init__(self, filling: UsdmFilling, start_ms: int) -> None:
        self.filling, self.start_ms = filling, start_ms
        self.settled: dict[str, int] = {}
        self.payments: list[Payment] = []

    def settle(self, contract: Contract, mark: Decimal, now_ms: int) -> None:
        """Take all stamps up to now at a mark price."""
        symbol = contract.symbol
        for _, rate in stamps(contract, self.settled.get(symbol, self.start_ms), now_ms):
            for account in self.filling.accounts.values():
                for position in account.held(symbol):
                    held, number = position.quantity, len(self.payments) + 1
                    amount = nearest(-held * mark * rate, UNIT)
                    self.payments.append(
                        Payment(number, now_ms, account.name, symbol, position.side, held, mark, rate, amount)
                    )
                    if account.settings[symbol].isolated:
                        position.margin += amount
                    self.filling.incomes.post(
                        account.name, symbol, contract.margin_asset, amount, "funding", number, now_ms
                    )
                    position.updated_ms = account.updated_ms = now_ms
                if account.held(symbol):
                    self.filling.tell_change(account.name, "FUNDING_FEE", symbol, now_ms)
        self.settled[symbol] = now_ms
