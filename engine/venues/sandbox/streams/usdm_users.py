"""What the user streams of USD-M tell: orders, algo orders, wallets and positions. Must not know sockets."""

from __future__ import annotations

from decimal import Decimal

from engine.venues.sandbox.decimals import ZERO, text
from engine.venues.sandbox.matching.order import Fill, Order
from engine.venues.sandbox.streams.users import Users
from engine.venues.sandbox.usdm import events
from engine.venues.sandbox.usdm.algo import AlgoOrder
from engine.venues.sandbox.usdm.floor import UsdmFloor
from engine.venues.sandbox.usdm.order import UsdmOrder


class UsdmUsers:
    """Tell every change on the USD-M floor as it happens."""

    def __init__(self, floor: UsdmFloor, users: Users) -> None:
        self.floor, self.users = floor, users
        self.wallets: dict[tuple[str, str], Decimal] = {
            (account, asset): amount
            for account, assets in floor.ledger.balances.items()
            for asset, amount in assets.items()
        }
        floor.filling.heard.append(self._order)
        floor.algos.heard.append(self._algo)
        floor.filling.changed.append(self._changed)

    def _order(self, order: Order, what: str, fill: Fill | None) -> None:
        if order.account in self.users.listening and isinstance(order, UsdmOrder):
            self.users.tell(order.account, events.order_update(self.floor, order, what, fill))

    def _algo(self, algo: AlgoOrder) -> None:
        if algo.order.account in self.users.listening:
            self.users.tell(algo.order.account, events.algo_update(self.floor, algo))

    def _changed(self, account: str, why: str, symbol: str, _now_ms: int) -> None:
        assets = {self.floor.margins.contract(symbol).margin_asset} if symbol else self.floor.owned(account)
        moved = {asset: self._moved(account, asset) for asset in assets}
        if account not in self.users.listening:
            return
        if why == "LEVERAGE":
            self.users.tell(account, events.leverage_update(self.floor, account, symbol))
            return
        told = events.account_update(self.floor, account, why, symbol)
        if why != "ORDER":  # profit, loss and fees are no such change
            for row in told["a"]["B"]:
                row["bc"] = text(moved.get(row["a"], ZERO))
        self.users.tell(account, told)

    def _moved(self, account: str, asset: str) -> Decimal:
        wallet = self.floor.ledger.balances[account][asset]
        was, self.wallets[account, asset] = self.wallets.get((account, asset), ZERO), wallet
        return wallet - was
