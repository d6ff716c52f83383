"""What an account chooses: its mode, leverage and margin type by symbol, and the margin of isolated positions.

Owns when the venue refuses. Must not know the dialect's form.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from engine.venues.sandbox.decimals import ZERO
from engine.venues.sandbox.usdm.accounts import Account
from engine.venues.sandbox.usdm.algo import Algos
from engine.venues.sandbox.usdm.contract import Contract
from engine.venues.sandbox.usdm.filling import UsdmFilling
from engine.venues.sandbox.usdm.positions import Position
from engine.venues.sandbox.usdm.refusals import bad_leverage, no


@dataclass(frozen=True, slots=True)
class Move:
    """Hold one change of an isolated margin by its owner; amount: + added."""

    time_ms: int
    account: str
    symbol: str
    side: str
    amount: Decimal
    asset: str


class Choices:
    """Change what accounts have chosen; RefusalError: it stands as it was. moves: of isolated margin, oldest first."""

    def __init__(self, filling: UsdmFilling, algos: Algos) -> None:
        self.filling, self.algos = filling, algos
        self.moves: list[Move] = []

    def set_hedge(self, account: Account, hedge: bool) -> None:
        """Choose between one position a contract and a long beside a short."""
        if account.hedge == hedge:
            raise no("same mode")
        if any(self._has_orders(account.name, symbol) for symbol in self.filling.pits):
            raise no("mode with orders")
        if account.held():
            raise no("mode with position")
        account.hedge = hedge

    def set_isolated(self, account: Account, contract: Contract, isolated: bool, now_ms: int) -> None:
        """Choose whether a contract's positions answer by themselves or with the whole wallet."""
        setting = account.settings[contract.symbol]
        if setting.isolated == isolated:
            raise no("same type")
        if self._has_orders(account.name, contract.symbol):
            raise no("type with orders")
        if account.held(contract.symbol):
            raise no("type with position")
        setting.isolated = isolated
        self.filling.tell_change(account.name, "MARGIN_TYPE_CHANGE", contract.symbol, now_ms)

    def set_leverage(self, account: Account, contract: Contract, leverage: int) -> None:
        """Choose the leverage of a contract, from 1 to what its lowest tier grants."""
        if not 1 <= leverage <= contract.most_leverage:
            raise bad_leverage(leverage)
        setting, held = account.settings[contract.symbol], account.held(contract.symbol)
        if setting.isolated and held and leverage < setting.leverage:
            raise no("less leverage")
        most = contract.largest_notional(leverage)
        mark = self.filling.margins.mark(contract)
        if most is not None and any(one.notional(mark) > most for one in held):
            raise no("too large")
        was = setting.leverage
        setting.leverage = leverage
        if leverage < was and self.filling.margins.available(account, contract.margin_asset) < ZERO:
            setting.leverage = was
            raise no("leverage needs margin")
        self.filling.tell_change(account.name, "LEVERAGE", contract.symbol, account.updated_ms)

    def move_margin(self, account: Account, position: Position, amount: Decimal, now_ms: int) -> None:
        """Add to the margin of an isolated position (+), or take away what it does not need (-)."""
        contract, margins = position.contract, self.filling.margins
        if not account.settings[contract.symbol].isolated:
            raise no("not isolated")
        if position.quantity == ZERO:
            raise no("empty")
        if amount == ZERO:
            raise no("no amount")
        if amount > ZERO and amount > margins.available(account, contract.margin_asset):
            raise no("no cross margin")
        if amount < ZERO:
            spare = position.margin + min(ZERO, position.gain(margins.mark(contract)))
            if -amount > spare - margins.initial_of(account, position):
                raise no("no isolated margin")
        position.margin += amount
        position.updated_ms = account.updated_ms = now_ms
        self.moves.append(Move(now_ms, account.name, contract.symbol, position.side, amount, contract.margin_asset))
        self.filling.tell_change(account.name, "MARGIN_TRANSFER", contract.symbol, now_ms)

    def _has_orders(self, name: str, symbol: str) -> bool:
        return bool(self.filling.open.get((name, symbol)) or self.algos.open.get((name, symbol)))
