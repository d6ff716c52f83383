"""Margin that is called along the path: at which price, and how the venue takes the position over.

Owns the instant and the fill. All orders of the position's market are cancelled, the whole of it goes at the market as
a taker's, whatever the candle's volume, and the fund takes its fee from what is left (rule C4). Must not know requests.
"""

from __future__ import annotations

from decimal import Decimal

from engine.venues.sandbox.decimals import ZERO, against
from engine.venues.sandbox.matching.pit import Pit
from engine.venues.sandbox.matching.register import Register
from engine.venues.sandbox.usdm.accounts import Account
from engine.venues.sandbox.usdm.algo import Algos
from engine.venues.sandbox.usdm.filling import UsdmFilling
from engine.venues.sandbox.usdm.funding import Funding
from engine.venues.sandbox.usdm.order import UsdmOrder
from engine.venues.sandbox.usdm.positions import Position

NOISE = Decimal("1e-18")  # of a price: a quotient of decimals may miss the very price by its last digit


class Liquidations:
    """Watch the paths for margin calls, and settle funding as candles open."""

    def __init__(self, filling: UsdmFilling, register: Register, algos: Algos, funding: Funding) -> None:
        self.filling, self.register, self.algos, self.funding = filling, register, algos, funding

    def looks(self, pit: Pit) -> bool:
        """Return whether somebody holds a position in a market."""
        symbol = pit.instrument.symbol
        return any(one.holds(symbol) for one in self.filling.accounts.values())

    def opens(self, pit: Pit, price: Decimal, now_ms: int) -> None:
        """Settle the funding that is due at an open."""
        self.funding.settle(self.filling.margins.contract(pit.instrument.symbol), price, now_ms)

    def next_call(self, pit: Pit, direction: int) -> Decimal | None:
        """Return the path price of the next margin call, never behind the present one; None: there is none."""
        found: Decimal | None = None
        for account, position in self._held(pit):
            below, above = self.filling.margins.bounds(account, position)
            if (below is not None and pit.mark <= below) or (above is not None and pit.mark >= above):
                return pit.price
            ahead = below if direction < 0 else above if direction > 0 else None
            if ahead is not None and (found is None or direction * (ahead - found) < 0):
                found = ahead
        return found

    def call(self, pit: Pit) -> None:
        """Take over what is called at the present price."""
        for account, position in self._held(pit):
            below, above = self.filling.margins.bounds(account, position)
            called = (below is not None and pit.mark - below <= NOISE) or (
                above is not None and above - pit.mark <= NOISE
            )
            if not called:
                continue
            if account.settings[position.contract.symbol].isolated:
                self._take_over(account, position, pit.now_ms)
            else:
                self._settle(account, position.contract.margin_asset, pit.now_ms)

    def halts(self, pit: Pit) -> None:
        """Settle all positions at the mark, and end what waits."""
        for account in self.filling.accounts.values():
            self.algos.end_all(account.name, pit.instrument.symbol, pit.now_ms, "EXPIRED")
        for account, position in self._held(pit):
            self._close(account, position, pit.mark, pit.now_ms, "settlement_autoclose-", False)

    def _held(self, pit: Pit) -> list[tuple[Account, Position]]:
        symbol = pit.instrument.symbol
        return [(one, position) for one in self.filling.accounts.values() for position in one.held(symbol)]

    def _settle(self, account: Account, asset: str, now_ms: int) -> None:
        """Take the positions of a cross wallet, the largest loss first, until it keeps what it must."""
        margins, first = self.filling.margins, True
        while positions := margins.crossed(account, asset):
            if not first and margins.standing(account, asset) > ZERO:
                return
            worst = min(positions, key=lambda one: one.gain(margins.mark(one.contract)))
            self._take_over(account, worst, now_ms)
            first = False

    def _take_over(self, account: Account, position: Position, now_ms: int) -> None:
        contract = position.contract
        pit = self.filling.pits[contract.symbol]
        for order in list(self.filling.open[account.name, contract.symbol].values()):
            pit.cancel(order)
        self.algos.end_all(account.name, contract.symbol, now_ms)
        side = -1 if position.quantity > ZERO else 1
        planned = contract.taker_price(pit.price, side)
        price = against(planned, contract.tick, side)  # the call may lie between two ticks
        self._close(account, position, price, now_ms, "autoclose-", True)

    def _close(
        self, account: Account, position: Position, price: Decimal, now_ms: int, named: str, forced: bool
    ) -> None:
        contract, side = position.contract, -1 if position.quantity > ZERO else 1
        id_ = self.algos.next_id()
        order = UsdmOrder(
            id_, account.name, contract, f"{named}{now_ms}{id_:06d}", side, "LIMIT", "IOC", abs(position.quantity),
            now_ms, price, updated_ms=now_ms, position_side=position.side, original_type="LIMIT", forced=forced,
        )  # fmt: skip
        self.register.add(order)
        self.filling.admit(order)
        self.filling.fill(order, order.quantity, price, False, now_ms)
