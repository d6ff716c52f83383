"""What answers for what: wallets, initial and maintenance margin, what is available, and where a position is taken.

Owns the formulae (formulae.md section 5; docs/hold_a_position.md). Amounts are in the margin asset, prices the marks of
this moment. Must not change anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.venues.sandbox.decimals import ZERO
from engine.venues.sandbox.matching.ledger import Ledger
from engine.venues.sandbox.matching.pit import Pit
from engine.venues.sandbox.usdm.accounts import Account, Claims
from engine.venues.sandbox.usdm.contract import Contract
from engine.venues.sandbox.usdm.order import UsdmOrder
from engine.venues.sandbox.usdm.positions import Position

HIGHEST = Decimal(10) ** 18  # no mark lies beyond it
Bounds = tuple[Decimal | None, Decimal | None]  # the mark prices at and beyond which it is taken: below, above


@dataclass(frozen=True, slots=True)
class Margins:
    """Look at accounts as their markets stand."""

    ledger: Ledger
    pits: Mapping[str, Pit]

    def mark(self, contract: Contract) -> Decimal:
        """Return the price that counts for margin."""
        return self.pits[contract.symbol].mark

    def crossed(self, account: Account, asset: str) -> list[Position]:
        """Return the positions that answer with the whole of a wallet."""
        return [
            one for one in account.held()
            if one.contract.margin_asset == asset and not account.settings[one.contract.symbol].isolated
        ]  # fmt: skip

    def cross_wallet(self, account: Account, asset: str) -> Decimal:
        """Return the wallet less what isolated positions keep of it."""
        kept = sum((one.margin for one in account.positions.values() if one.contract.margin_asset == asset), ZERO)
        return self.ledger.balances[account.name][asset] - kept

    def floating(self, positions: list[Position]) -> Decimal:
        """Return what positions gain at their marks."""
        return sum((one.gain(self.mark(one.contract)) for one in positions), ZERO)

    def maintenance_of(self, position: Position) -> Decimal:
        """Return what a position must keep."""
        return position.contract.maintenance(position.notional(self.mark(position.contract)))

    def maintenance(self, account: Account, asset: str) -> Decimal:
        """Return what the cross positions of a wallet must keep; each side of a hedged contract by its own tier."""
        return sum((self.maintenance_of(one) for one in self.crossed(account, asset)), ZERO)

    def standing(self, account: Account, asset: str) -> Decimal:
        """Return what the cross wallet keeps above its requirement."""
        positions = self.crossed(account, asset)
        return self.cross_wallet(account, asset) + self.floating(positions) - self.maintenance(account, asset)

    def initial_of(self, account: Account, position: Position) -> Decimal:
        """Return the margin that a position claims at its leverage."""
        leverage = account.settings[position.contract.symbol].leverage
        return position.notional(self.mark(position.contract)) / leverage

    def order_margin(self, account: Account, contract: Contract, side: str, more: UsdmOrder | None = None,
                     price: Decimal = ZERO) -> Decimal:  # fmt: skip
        """Return what open orders of a position side claim beyond the position; more: one more order at a price."""
        claims = account.claims.get((contract.symbol, side)) or Claims()
        buys, buy_value, sells, sell_value = claims.buys, claims.buy_value, claims.sells, claims.sell_value
        if more is not None and not more.reduces:
            value = more.left * price
            if more.side > 0:
                buys, buy_value = buys + more.left, buy_value + value
            else:
                sells, sell_value = sells + more.left, sell_value + value
        position = account.positions.get((contract.symbol, side))
        quantity = position.quantity if position is not None else ZERO
        held = abs(quantity) * self.mark(contract)
        if quantity >= ZERO:
            over = sells - quantity
            long, short = held + buy_value, sell_value * over / sells if over > ZERO else ZERO
        else:
            over = buys + quantity
            long, short = buy_value * over / buys if over > ZERO else ZERO, held + sell_value
        return (max(held, long, short) - held) / account.settings[contract.symbol].leverage

    def orders_margin(self, account: Account, asset: str) -> Decimal:
        """Return what all open orders claim of a wallet."""
        return sum(
            (
                self.order_margin(account, self.contract(symbol), side)
                for symbol, side in account.claims
                if self.contract(symbol).margin_asset == asset
            ),
            ZERO,
        )

    def contract(self, symbol: str) -> Contract:
        """Return what is traded under a name."""
        instrument = self.pits[symbol].instrument
        if not isinstance(instrument, Contract):
            raise TypeError(f"{symbol}: expected a contract")
        return instrument

    def available(self, account: Account, asset: str) -> Decimal:
        """Return what new orders may claim of a wallet; it may be below zero."""
        positions = self.crossed(account, asset)
        own = self.cross_wallet(account, asset) + self.floating(positions)
        claimed = sum((self.initial_of(account, one) for one in positions), ZERO)
        return own - claimed - self.orders_margin(account, asset)

    def lacks(self, account: Account, order: UsdmOrder, price: Decimal) -> bool:
        """Return whether an order at a price claims more than is available; what only reduces never does."""
        of = order.contract
        before = self.order_margin(account, of, order.position_side)
        more = self.order_margin(account, of, order.position_side, order, price) - before
        if more <= ZERO:
            return False
        fee = order.left * price * max(of.taker_fee_rate, ZERO)
        return more + fee > self.available(account, of.margin_asset)

    def bounds(self, account: Account, position: Position) -> Bounds:
        """Return the marks at which a position is taken, other markets standing still."""
        contract = position.contract
        if account.settings[contract.symbol].isolated:
            return zero_of(contract, position.margin, position.quantity, position.cost, [abs(position.quantity)])
        wallet = self.cross_wallet(account, contract.margin_asset)
        quantity, cost = ZERO, ZERO
        sizes: list[Decimal] = []
        for one in self.crossed(account, contract.margin_asset):
            if one.contract.symbol == contract.symbol:
                quantity, cost = quantity + one.quantity, cost + one.cost
                sizes.append(abs(one.quantity))
            else:
                wallet += one.gain(self.mark(one.contract)) - self.maintenance_of(one)
        return zero_of(contract, wallet, quantity, cost, sizes)

    def liquidation_price(self, account: Account, position: Position) -> Decimal | None:
        """Return the mark at which a position is taken; None: at none. Both sides of a hedge are taken at one price."""
        below, above = self.bounds(account, position)
        if position.quantity > ZERO:
            return below or above
        return above or below


def zero_of(contract: Contract, wallet: Decimal, quantity: Decimal, cost: Decimal, sizes: Sequence[Decimal]) -> Bounds:
    """Return (below, above): the marks at and beyond which wallet + gain no longer keeps the requirement; None: none.

    quantity, cost: signed sums of what one mark moves; sizes: of each position that must keep something, above zero.
    What is left over is a concave line of straight pieces, so that it stands above zero between two marks at most.
    """
    edges = [[tier.cap / size for tier in contract.brackets if tier.cap is not None] for size in sizes]
    low, left = ZERO, wallet - cost
    below, above = None, None if left > ZERO else ZERO  # until shown otherwise it is short at any mark
    for high in [*sorted({edge for own in edges for edge in own}), None]:
        tiers = [contract.brackets[sum(edge <= low for edge in own)] for own in edges]
        fixed = wallet - cost + sum((tier.cum for tier in tiers), ZERO)
        slope = quantity - sum((size * tier.rate for size, tier in zip(sizes, tiers, strict=True)), ZERO)
        then = slope * (high if high is not None else HIGHEST) + fixed
        zero = max(low, -fixed / slope) if slope else low
        if left <= ZERO < then:
            below, above = zero if zero > ZERO else None, None
        elif then <= ZERO < left:
            above = zero
        if high is None:
            break
        low, left = high, then
    return below, above
