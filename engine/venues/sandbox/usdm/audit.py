"""Whether the USD-M floor adds up: positions against fills, wallets against margins, claims against open orders.

Everything is reckoned anew from what happened: fills in their order, funding payments, postings. Must not change
anything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from engine.venues.sandbox.decimals import UNIT, ZERO, nearest
from engine.venues.sandbox.matching.auditing import fill_findings
from engine.venues.sandbox.matching.ledger import PARTIES, Ledger
from engine.venues.sandbox.matching.order import Fill, Order
from engine.venues.sandbox.usdm.accounts import Account, Claims
from engine.venues.sandbox.usdm.algo import AlgoOrder, Algos
from engine.venues.sandbox.usdm.filling import UsdmFilling
from engine.venues.sandbox.usdm.funding import Funding
from engine.venues.sandbox.usdm.order import UsdmOrder
from engine.venues.sandbox.usdm.positions import Position

Key = tuple[str, str, str]  # account, symbol, position side


def audit(
    filling: UsdmFilling, algos: Algos, funding: Funding, orders: Mapping[int, Order], names: Iterable[str]
) -> list[str]:
    """Return one sentence for each thing that does not add up."""
    own = [one for one in orders.values() if isinstance(one, UsdmOrder)]
    findings = [said for order in own for said in _order(order)]
    findings += _positions(filling, own) + _claims(filling, own)
    findings += _postings(filling.ledger, own, funding)
    findings += [said for algo in algos.all.values() for said in _algo(algo, orders)]
    for name in names:
        findings += _wallets(filling, filling.account(name))
    return findings


def _order(order: UsdmOrder) -> list[str]:
    findings = fill_findings(order, order.earlier)
    wanted = order.left if order.is_open and order.has_limit and not order.reduces else ZERO
    if (order.claimed, order.locked) != (wanted, wanted * order.price):
        findings.append(f"order {order.id}: claims margin for {order.claimed}, expected {wanted}")
    return findings


def _positions(filling: UsdmFilling, orders: list[UsdmOrder]) -> list[str]:
    """Replay all fills and hold quantities, costs and realised profits against what is kept."""
    findings: list[str] = []
    fresh: dict[Key, Position] = {}
    fills: list[tuple[int, UsdmOrder, Fill]] = sorted(
        ((fill.id, order, fill) for order in orders for fill in order.fills), key=lambda row: row[0]
    )
    for _, order, fill in fills:
        key = order.account, order.instrument.symbol, order.position_side
        position = fresh.setdefault(key, Position(order.contract, order.account, order.position_side))
        told = position.change(order.side * fill.quantity, fill.price, None)
        if told.realised != order.realised.get(fill.id):
            findings.append(f"fill {fill.id}: realises {told.realised}, it says {order.realised.get(fill.id)}")
    for account in filling.accounts.values():
        for (symbol, side), kept in account.positions.items():
            fresh_one = fresh.pop((account.name, symbol, side), None) or Position(kept.contract, account.name, side)
            if (kept.quantity, kept.cost) != (fresh_one.quantity, fresh_one.cost):
                findings.append(
                    f"{account.name} {symbol} {side}: fills add up to {fresh_one.quantity} for {fresh_one.cost}, "
                    f"the position is {kept.quantity} for {kept.cost}"
                )
            isolated = account.settings[symbol].isolated and kept.quantity != ZERO
            if kept.margin != ZERO and not isolated:
                findings.append(f"{account.name} {symbol} {side}: keeps a margin of {kept.margin}, expected none")
    return findings + [f"{' '.join(key)}: filled, and there is no position" for key in fresh]


def _claims(filling: UsdmFilling, orders: list[UsdmOrder]) -> list[str]:
    wanted: dict[Key, Claims] = defaultdict(Claims)
    for order in orders:
        key = order.account, order.instrument.symbol, order.position_side
        wanted[key].add(order.side, order.claimed, order.locked)
    findings = []
    for account in filling.accounts.values():
        for (symbol, side), kept in account.claims.items():
            expected = wanted[account.name, symbol, side]
            if kept != expected:
                findings.append(f"{account.name} {symbol} {side}: claims {kept}, its open orders {expected}")
    return findings


def _postings(ledger: Ledger, orders: list[UsdmOrder], funding: Funding) -> list[str]:
    """Hold each fill and each funding payment against its postings, and every posting against its cause."""
    posted: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
    kept: dict[int, Decimal] = {}
    for one in ledger.postings:
        amount = one.amount if one.giver in PARTIES else -one.amount
        if one.reason in ("liquidation", "borne"):
            kept[one.reference] = kept.get(one.reference, ZERO) + amount
        elif one.reason not in ("deposit", "withdrawal"):
            posted[one.reason, one.reference] += amount
    for order in orders:
        for fill in order.fills:
            posted["realised", fill.id] -= order.realised.get(fill.id, ZERO)
            posted["fee", fill.id] += fill.fee
            kept.pop(fill.id, None)
    for payment in funding.payments:
        expected = nearest(-payment.quantity * payment.mark * payment.rate, UNIT)
        posted["funding", payment.id] -= expected
    findings = [f"{kind} {id_}: {left} is unexplained" for (kind, id_), left in posted.items() if left]
    return findings + [f"insurance: {left} for fill {id_}, which there is not" for id_, left in kept.items()]


def _algo(algo: AlgoOrder, orders: Mapping[int, Order]) -> list[str]:
    became = orders.get(algo.actual_id)
    if (algo.status in ("TRIGGERED", "FINISHED")) != (became is not None):
        return [f"algo order {algo.id}: {algo.status}, and its order is {algo.actual_id}"]
    if became is not None and became.is_open == (algo.status == "FINISHED"):
        return [f"algo order {algo.id}: {algo.status}, and its order is {became.status}"]
    return []


def _wallets(filling: UsdmFilling, account: Account) -> list[str]:
    """Nobody owes: a wallet that no position answers with is not below zero."""
    findings = []
    for asset in sorted(filling.ledger.balances[account.name]):
        wallet = filling.margins.cross_wallet(account, asset)
        if wallet < ZERO and not filling.margins.crossed(account, asset):
            findings.append(f"{account.name} {asset}: a wallet of {wallet} that no position answers with")
    return findings
