"""What a fill does to a position, its margin and the wallet, and who bears a loss that is larger than both.

Owns claims of open orders and the end of reduce-only orders with nothing to reduce. Must not know paths or the dialect.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from typing import Protocol

from engine.venues.sandbox.decimals import UNIT, ZERO, down
from engine.venues.sandbox.matching.filling import Filling
from engine.venues.sandbox.matching.ledger import Ledger
from engine.venues.sandbox.matching.order import Fill, Order
from engine.venues.sandbox.matching.pit import Pit
from engine.venues.sandbox.usdm.accounts import Account
from engine.venues.sandbox.usdm.income import Incomes
from engine.venues.sandbox.usdm.margin import Margins
from engine.venues.sandbox.usdm.order import UsdmOrder
from engine.venues.sandbox.usdm.positions import Change, Position

# An account's money or position has changed: whose, why as the dialect says it, which symbol, when (ms).
AccountHearing = Callable[[str, str, str, int], None]


class Triggering(Protocol):
    """Turn waiting orders into those they stand for."""

    def trigger(self, order: UsdmOrder, now_ms: int) -> bool:
        """Let an order that the path has reached become one of the book; False: it has ended instead."""

    def ended(self, order: UsdmOrder) -> None:
        """Hear of the end of an order that once waited."""


class UsdmFilling(Filling):
    """Keep positions and wallets. changed: who is told of an account's changes."""

    def __init__(self, ledger: Ledger, pits: dict[str, Pit]) -> None:
        super().__init__(ledger)
        self.pits = pits
        self.accounts: dict[str, Account] = {}
        self.incomes = Incomes(ledger)
        self.margins = Margins(ledger, pits)
        self.realised: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)  # by account, symbol, side
        self.reducing: dict[tuple[str, str], dict[int, UsdmOrder]] = defaultdict(dict)  # open orders that only reduce
        self.changed: list[AccountHearing] = []
        self.triggering: Triggering | None = None

    def account(self, name: str) -> Account:
        """Return an account; one that is seen for the first time is empty."""
        if name not in self.accounts:
            self.accounts[name] = Account(name)
        return self.accounts[name]

    def affordable(self, order: Order, price: Decimal, quantity: Decimal) -> Decimal:
        """Return how much of a quantity may fill: margin was looked at before, a reduction ends at the position."""
        own = _own(order)
        return min(quantity, self.account(own.account).closable(own)) if own.reduces else quantity

    def claim(self, order: Order, price: Decimal) -> None:
        """Claim margin for what of a resting order is open; nothing once it is closed."""
        own = _own(order)
        self._claim(own, own.left if own.is_open and own.has_limit and not own.reduces else ZERO)

    def claim_nothing(self, order: UsdmOrder) -> None:
        """Free what an open order claims, before it is judged anew."""
        self._claim(order, ZERO)

    def _claim(self, own: UsdmOrder, wanted: Decimal) -> None:
        if wanted or own.claimed:
            claims = self.account(own.account).claims[own.instrument.symbol, own.position_side]
            claims.add(own.side, -own.claimed, -own.locked)
            own.claimed, own.locked = wanted, wanted * own.price
            claims.add(own.side, own.claimed, own.locked)

    def trigger(self, order: Order, now_ms: int) -> bool:
        """Let an algo order become an order of the book; False: it has ended instead."""
        if self.triggering is None:
            raise ValueError("nobody is there who knows algo orders")
        return self.triggering.trigger(_own(order), now_ms)

    def pay(self, order: Order, quantity: Decimal, price: Decimal, maker: bool, now_ms: int) -> tuple[Decimal, str]:
        """Change the position, settle profit and fees, and let the fund bear what nobody else can."""
        own = _own(order)
        of, account = own.contract, self.account(own.account)
        position = account.position(of, own.position_side)
        setting = account.settings[of.symbol]
        fee = down(quantity * price * (of.maker_fee_rate if maker else of.taker_fee_rate), UNIT)
        taken = self._liquidation_fee(account, position, quantity, price, fee) if own.forced else ZERO
        told = position.change(own.side * quantity, price, setting.leverage if setting.isolated else None)
        position.updated_ms = account.updated_ms = now_ms
        own.realised[self.count] = told.realised
        self.realised[account.name, of.symbol, own.position_side] += told.realised
        for amount, reason in ((told.realised, "realised"), (-fee, "fee"), (-taken, "liquidation")):
            self.incomes.post(account.name, of.symbol, of.margin_asset, amount, reason, self.count, now_ms)
        costs = fee + taken
        own_costs = costs if told.closed == quantity else down(costs * told.closed / quantity, UNIT)
        lacking = self._lacking(account, position, told, own_costs, setting.isolated)
        self.incomes.post(account.name, of.symbol, of.margin_asset, max(ZERO, lacking), "borne", self.count, now_ms)
        if setting.isolated and not self.margins.crossed(account, of.margin_asset):
            short = min(ZERO, self.margins.cross_wallet(account, of.margin_asset))
            position.margin += short  # a fee that the rest of the wallet could not pay
        return fee, of.margin_asset

    def admit(self, order: Order) -> None:
        """Take a new order in among the open ones, and among those that may only reduce."""
        own = _own(order)
        if own.reduces:
            self.reducing[own.account, own.instrument.symbol][own.id] = own
        super().admit(order)

    def fill(self, order: Order, quantity: Decimal, price: Decimal, maker: bool, now_ms: int) -> None:
        """Fill a part of an order, or what is left of it; then end what has nothing to reduce any more."""
        super().fill(order, quantity, price, maker, now_ms)
        own = _own(order)
        account = self.account(own.account)
        for one in list(self.reducing[own.account, own.instrument.symbol].values()):
            if one.is_open and account.closable(one) == ZERO:
                self.pits[own.instrument.symbol].cancel(one, "EXPIRED")
        self.tell_change(own.account, "ORDER", own.instrument.symbol, now_ms)

    def _close(self, order: Order) -> None:
        super()._close(order)
        if not order.is_open:
            self.reducing[order.account, order.instrument.symbol].pop(order.id, None)

    def tell(self, order: Order, what: str, fill: Fill | None = None) -> None:
        """Tell everybody who listens; an algo order ends with its order, and after it."""
        super().tell(order, what, fill)
        own = _own(order)
        if own.algo_id and not own.is_open and self.triggering is not None:
            self.triggering.ended(own)

    def tell_change(self, account: str, why: str, symbol: str, now_ms: int) -> None:
        """Tell everybody who listens of an account's change."""
        for one in self.changed:
            one(account, why, symbol, now_ms)

    def _liquidation_fee(
        self, account: Account, position: Position, quantity: Decimal, price: Decimal, fee: Decimal
    ) -> Decimal:
        """Return the fund's fee: of the notional, but no more than the fill leaves of what answers."""
        of, left = position.contract, position.gain(price) - fee
        if account.settings[of.symbol].isolated:
            left += position.margin
        else:
            crossed = self.margins.crossed(account, of.margin_asset)
            left += self.margins.cross_wallet(account, of.margin_asset) + self.margins.floating(crossed)
            left -= position.gain(self.margins.mark(of))
        return max(ZERO, min(down(quantity * price * of.liquidation_fee_rate, UNIT), down(left, UNIT)))

    def _lacking(self, account: Account, position: Position, told: Change, costs: Decimal, isolated: bool) -> Decimal:
        """Return what a fill has lost beyond what answers for it: the margin it freed, or the whole wallet."""
        if told.closed == ZERO:
            return ZERO
        if isolated:
            return costs - told.realised - told.freed
        asset = position.contract.margin_asset
        return ZERO if self.margins.crossed(account, asset) else -self.margins.cross_wallet(account, asset)


def _own(order: Order) -> UsdmOrder:
    if not isinstance(order, UsdmOrder):
        raise TypeError(f"order {order.id}: expected one for a contract")
    return order
