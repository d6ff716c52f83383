"""The USD-M floor: contracts on margin, and what accounts hold of them. Must not know HTTP or signatures."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from engine.venues.sandbox.asking import Asked
from engine.venues.sandbox.decimals import ZERO, text
from engine.venues.sandbox.floor import Floor, Settings
from engine.venues.sandbox.matching.ledger import Ledger
from engine.venues.sandbox.matching.order import Order
from engine.venues.sandbox.matching.tape import Tape
from engine.venues.sandbox.refusal import CLOSED, rejected
from engine.venues.sandbox.usdm.contract import Contract
from engine.venues.sandbox.usdm.filling import UsdmFilling


class UsdmFloor(Floor):
    """Trade contracts on margin."""

    name = "usdm"

    def __init__(self, markets: Iterable[tuple[Contract, Tape]], start_ms: int, settings: Settings) -> None:
        traded = list(markets)
        super().__init__(traded, start_ms, settings, UsdmFilling(Ledger()))
        self.contracts = {contract.symbol: contract for contract, _ in traded}

    def place(self, account: str, asked: Asked) -> Order:
        """Accept an order; RefusalError: it never was."""
        raise rejected(CLOSED)

    def owned(self, account: str) -> set[str]:
        """Return the assets that margin is in, or that are owned."""
        assets = {contract.margin_asset for contract in self.contracts.values()}
        return assets | {asset for asset, amount in self.ledger.balances[account].items() if amount != ZERO}

    def wallet(self, account: str, asset: str) -> Decimal:
        """Return an account's wallet balance of an asset."""
        return self.ledger.balances[account][asset]

    def told(self, account: str) -> dict[str, Any]:
        """Return the wallet of an account, as JSON."""
        return {
            "balances": {
                asset: {"wallet": text(self.wallet(account, asset))} for asset in sorted(self.owned(account))
            },
        }  # fmt: skip

    def audit(self, accounts: Iterable[str]) -> list[str]:
        """Return one sentence for each thing that does not add up."""
        return []
