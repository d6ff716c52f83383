"""Everything that an account holds on the USD-M floor, as JSON for the truth. Must not change anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.venues.sandbox.decimals import ZERO, nearest, text
from engine.venues.sandbox.matching.order import Order
from engine.venues.sandbox.usdm.accounts import Account
from engine.venues.sandbox.usdm.algo import AlgoOrder, Algos
from engine.venues.sandbox.usdm.filling import UsdmFilling
from engine.venues.sandbox.usdm.margin import Margins
from engine.venues.sandbox.usdm.order import UsdmOrder
from engine.venues.sandbox.usdm.positions import Position
from engine.venues.sandbox.usdm.replies import algo_told, money, plain, queried, trade


def told(
    filling: UsdmFilling, algos: Algos, orders: Mapping[int, Order], assets: list[str], name: str
) -> dict[str, Any]:
    """Return wallets, positions, orders, algo orders, fills and income of an account."""
    account, margins = filling.account(name), filling.margins
    mine = [one for one in orders.values() if one.account == name and isinstance(one, UsdmOrder)]
    waiting: list[AlgoOrder] = [one for one in algos.all.values() if one.order.account == name]
    fills = sorted(((fill.id, one, fill) for one in mine for fill in one.fills), key=lambda row: row[0])
    return {
        "hedge_mode": account.hedge,
        "settings": {
            symbol: {"leverage": setting.leverage, "isolated": setting.isolated}
            for symbol, setting in sorted(account.settings.items())
        },
        "balances": {
            asset: {
                "wallet": text(filling.ledger.balances[name][asset]),
                "cross_wallet": text(margins.cross_wallet(account, asset)),
                "available": money(margins.available(account, asset)),
            }
            for asset in assets
        },
        "positions": [_position(one) for one in account.held()],
        "orders": [queried(one) for one in mine],
        "algo_orders": [algo_told(one) | {"why": one.why} for one in waiting],
        "fills": [trade(order, fill) for _, order, fill in fills],
        "income": [
            [one.time_ms, one.symbol, one.type, text(one.amount), one.asset, one.reference]
            for one in filling.incomes.of[name]
        ],
    }  # fmt: skip


def open_positions(margins: Margins, account: Account) -> list[dict[str, Any]]:
    """Return what an account holds, for a person to look at."""
    rows = []
    for one in account.held():
        of, side = one.contract, 1 if one.quantity > ZERO else -1
        taken = margins.liquidation_price(account, one)
        rows.append(
            {"symbol": of.symbol, "side": side, "quantity": plain(abs(one.quantity)),
             "entry": plain(nearest(one.entry, of.tick / 100)), "floating": money(one.gain(margins.mark(of))),
             "liquidation": plain(nearest(taken, of.tick)) if taken else ""}
        )  # fmt: skip
    return rows


def _position(one: Position) -> dict[str, Any]:
    return {
        "symbol": one.contract.symbol, "side": one.side, "quantity": plain(one.quantity), "cost": text(one.cost),
        "entry": plain(one.entry), "margin": text(one.margin),
    }  # fmt: skip
