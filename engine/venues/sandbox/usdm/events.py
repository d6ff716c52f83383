"""What happens to an account, as the USD-M dialect tells it on its user stream. Owns the short field names.

Must not know who listens, and must not change anything.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.venues.sandbox.decimals import ZERO
from engine.venues.sandbox.matching.order import Fill
from engine.venues.sandbox.usdm.algo import AlgoOrder
from engine.venues.sandbox.usdm.floor import UsdmFloor
from engine.venues.sandbox.usdm.order import UsdmOrder
from engine.venues.sandbox.usdm.positions import Position
from engine.venues.sandbox.usdm.replies import money, plain, side_of


def order_update(floor: UsdmFloor, order: UsdmOrder, what: str, fill: Fill | None) -> dict[str, Any]:
    """Return an ORDER_TRADE_UPDATE. what: NEW, TRADE, CANCELED, REJECTED, EXPIRED or AMENDMENT; fill: of a TRADE."""
    time_ms = order.updated_ms if fill is None else fill.time_ms
    claims = floor.account(order.account).claims.get((order.instrument.symbol, order.position_side))
    told: dict[str, Any] = {
        "s": order.instrument.symbol, "c": order.client_id, "S": side_of(order.side), "o": order.type,
        "f": order.time_in_force, "q": plain(order.quantity), "p": plain(order.price), "ap": plain(order.average),
        "sp": "0", "x": "CALCULATED" if order.forced and fill else what, "X": order.status if what != "NEW" else "NEW",
        "i": order.id, "l": plain(fill.quantity if fill else ZERO), "z": plain(order.filled),
        "L": plain(fill.price if fill else ZERO), "T": time_ms, "t": fill.id if fill else 0,
        "b": plain(claims.buy_value if claims else ZERO), "a": plain(claims.sell_value if claims else ZERO),
        "m": fill is not None and fill.maker, "R": order.reduce_only, "wt": order.working_type,
        "ot": order.original_type, "ps": order.position_side, "cp": order.close_position, "pP": False, "si": 0,
        "ss": 0, "rp": plain(order.realised.get(fill.id, ZERO) if fill else ZERO), "V": "EXPIRE_MAKER", "pm": "NONE",
        "gtd": 0,
    }  # fmt: skip
    if fill is not None:
        told |= {"n": plain(fill.fee), "N": fill.fee_asset}
    return {"e": "ORDER_TRADE_UPDATE", "E": floor.now_ms, "T": time_ms, "o": told}


def algo_update(floor: UsdmFloor, algo: AlgoOrder) -> dict[str, Any]:
    """Return an ALGO_UPDATE."""
    order, triggered = algo.order, algo.actual_id != 0
    return {
        "e": "ALGO_UPDATE", "E": floor.now_ms, "T": algo.updated_ms,
        "o": {
            "caid": algo.client_id, "aid": algo.id, "at": "CONDITIONAL", "o": algo.type,
            "s": order.instrument.symbol, "S": side_of(order.side), "ps": order.position_side,
            "f": order.time_in_force, "q": plain(algo.quantity), "X": algo.status,
            "ai": str(algo.actual_id) if triggered else "", "ap": plain(order.average) if triggered else "0",
            "aq": plain(order.filled) if triggered else "0", "act": order.type if triggered else "0",
            "tp": plain(ZERO if order.trailing else order.stop), "p": plain(order.price), "V": "EXPIRE_MAKER",
            "wt": order.working_type, "pm": "NONE", "cp": order.close_position, "pP": algo.price_protect,
            "R": order.reduce_only, "tt": algo.triggered_ms, "gtd": 0, "rm": algo.why,
        },
    }  # fmt: skip


def account_update(floor: UsdmFloor, account: str, why: str, symbol: str) -> dict[str, Any]:
    """Return an ACCOUNT_UPDATE: the wallets, and the positions of the symbol that it is about; "": of none.

    why: ORDER, FUNDING_FEE, DEPOSIT, MARGIN_TRANSFER or MARGIN_TYPE_CHANGE. Of funding on cross margin the venue tells
    the wallet alone.
    """
    own = floor.account(account)
    about = [one for one in own.positions.values() if one.contract.symbol == symbol]
    if why == "FUNDING_FEE" and not own.settings[symbol].isolated:
        about = []
    return {
        "e": "ACCOUNT_UPDATE", "E": max(floor.now_ms, own.updated_ms), "T": own.updated_ms,
        "a": {
            "m": why,
            "B": [
                {"a": asset, "wb": money(floor.ledger.balances[account][asset]),
                 "cw": money(floor.margins.cross_wallet(own, asset)), "bc": "0"}
                for asset in sorted(floor.owned(account))
            ],
            "P": [_position(floor, one) for one in about],
        },
    }  # fmt: skip


def _position(floor: UsdmFloor, one: Position) -> dict[str, Any]:
    isolated = floor.account(one.account).settings[one.contract.symbol].isolated
    realised: Decimal = floor.filling.realised[one.account, one.contract.symbol, one.side]
    return {
        "s": one.contract.symbol, "pa": plain(one.quantity), "ep": money(one.entry), "bep": money(one.entry),
        "cr": plain(realised), "up": money(one.gain(floor.margins.mark(one.contract))),
        "mt": "isolated" if isolated else "cross", "iw": money(one.margin) if isolated else "0",
        "ps": one.side, "ma": one.contract.margin_asset,
    }  # fmt: skip


def leverage_update(floor: UsdmFloor, account: str, symbol: str) -> dict[str, Any]:
    """Return an ACCOUNT_CONFIG_UPDATE: another leverage was chosen."""
    leverage = floor.account(account).settings[symbol].leverage
    return {"e": "ACCOUNT_CONFIG_UPDATE", "E": floor.now_ms, "T": floor.now_ms, "ac": {"s": symbol, "l": leverage}}
