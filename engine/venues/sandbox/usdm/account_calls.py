"""The answers to signed requests that only ask: wallets, positions, rates, income. Must not change anything."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.venues.sandbox.call import Call
from engine.venues.sandbox.decimals import ZERO
from engine.venues.sandbox.matching.instrument import LARGEST_NOTIONAL
from engine.venues.sandbox.usdm.accounts import Account
from engine.venues.sandbox.usdm.contract import Contract
from engine.venues.sandbox.usdm.floor import UsdmFloor
from engine.venues.sandbox.usdm.positions import Position
from engine.venues.sandbox.usdm.replies import money, plain
from engine.venues.sandbox.usdm.spans import chosen

TOTALS = {
    "totalInitialMargin": "initialMargin", "totalMaintMargin": "maintMargin", "totalWalletBalance": "walletBalance",
    "totalUnrealizedProfit": "unrealizedProfit", "totalMarginBalance": "marginBalance",
    "totalPositionInitialMargin": "positionInitialMargin", "totalOpenOrderInitialMargin": "openOrderInitialMargin",
    "totalCrossWalletBalance": "crossWalletBalance", "totalCrossUnPnl": "crossUnPnl",
    "availableBalance": "availableBalance", "maxWithdrawAmount": "maxWithdrawAmount",
}  # fmt: skip
IN_BALANCE = ("crossWalletBalance", "crossUnPnl", "availableBalance", "maxWithdrawAmount")


def _contracts(call: Call[UsdmFloor]) -> list[Contract]:
    if call.asked.has("symbol"):
        return [call.floor.contracts[call.floor.pit(call.asked.text("symbol")).instrument.symbol]]
    return list(call.floor.contracts.values())


def _shown(call: Call[UsdmFloor], own: Account, all_of_them: bool) -> list[Position]:
    """Return the positions to show: all sides of all contracts, or what is held or has open orders."""
    sides = ("LONG", "SHORT") if own.hedge else ("BOTH",)
    found = []
    for contract in _contracts(call):
        has_orders = bool(call.floor.filling.open.get((own.name, contract.symbol)))
        for side in sides:
            one = own.positions.get((contract.symbol, side)) or Position(contract, own.name, side)
            if all_of_them or one.quantity or has_orders:
                found.append(one)
    return found


def _asset(call: Call[UsdmFloor], own: Account, asset: str) -> dict[str, Decimal]:
    margins, crossed = call.floor.margins, call.floor.margins.crossed(own, asset)
    held = [one for one in own.held() if one.contract.margin_asset == asset]
    wallet, gain = call.floor.ledger.balances[own.name][asset], margins.floating(held)
    of_positions = sum((margins.initial_of(own, one) for one in held), ZERO)
    of_orders = margins.orders_margin(own, asset)
    available = max(ZERO, margins.available(own, asset))
    cross_gain = margins.floating(crossed)
    return {
        "walletBalance": wallet, "unrealizedProfit": gain, "marginBalance": wallet + gain,
        "maintMargin": sum((margins.maintenance_of(one) for one in held), ZERO),
        "initialMargin": of_positions + of_orders, "positionInitialMargin": of_positions,
        "openOrderInitialMargin": of_orders, "crossWalletBalance": margins.cross_wallet(own, asset),
        "crossUnPnl": cross_gain, "availableBalance": available,
        "maxWithdrawAmount": max(ZERO, min(available, available - max(ZERO, cross_gain))),
    }  # fmt: skip


def account_v3(call: Call[UsdmFloor]) -> Any:
    """Answer wallets and positions; positions that are held or have open orders only."""
    return _account(call, second=False)


def account_v2(call: Call[UsdmFloor]) -> Any:
    """Answer wallets, rights and all positions with their leverage."""
    return _account(call, second=True)


def _account(call: Call[UsdmFloor], second: bool) -> dict[str, Any]:
    own = call.floor.account(call.account)
    assets = {asset: _asset(call, own, asset) for asset in sorted(call.floor.owned(own.name))}
    told: dict[str, Any] = {
        total: money(sum((row[name] for row in assets.values()), ZERO)) for total, name in TOTALS.items()
    }
    told["assets"] = [
        {"asset": asset, **{name: money(value) for name, value in row.items()}, "updateTime": own.updated_ms}
        | ({"marginAvailable": True} if second else {})
        for asset, row in assets.items()
    ]
    told["positions"] = [_account_position(call, own, one, second) for one in _shown(call, own, second)]
    if second:
        told |= _rights(call, own) | {"updateTime": 0}
    return told


def _rights(call: Call[UsdmFloor], own: Account) -> dict[str, Any]:
    trades = "trade" in call.key.permissions if call.key else False
    return {
        "feeTier": 0, "canTrade": trades, "canDeposit": True, "canWithdraw": False, "feeBurn": False,
        "tradeGroupId": -1, "multiAssetsMargin": False, "dualSidePosition": own.hedge,
    }  # fmt: skip


def _common(call: Call[UsdmFloor], own: Account, one: Position) -> dict[str, Any]:
    margins, of = call.floor.margins, one.contract
    mark = margins.mark(of)
    initial, isolated = margins.initial_of(own, one), own.settings[of.symbol].isolated
    of_orders = margins.order_margin(own, of, one.side)
    return {
        "symbol": of.symbol, "positionSide": one.side, "positionAmt": plain(one.quantity),
        "isolatedMargin": money(one.margin + one.gain(mark)) if isolated and one.quantity else "0",
        "isolatedWallet": money(one.margin) if isolated and one.quantity else "0",
        "notional": plain(one.quantity * mark), "initialMargin": money(initial + of_orders),
        "maintMargin": money(margins.maintenance_of(one)), "positionInitialMargin": money(initial),
        "openOrderInitialMargin": money(of_orders), "updateTime": one.updated_ms,
    }  # fmt: skip


def _account_position(call: Call[UsdmFloor], own: Account, one: Position, second: bool) -> dict[str, Any]:
    setting, gain = own.settings[one.contract.symbol], one.gain(call.floor.margins.mark(one.contract))
    told = _common(call, own, one) | {"unrealizedProfit": money(gain)}
    if second:
        most = one.contract.largest_notional(setting.leverage) or LARGEST_NOTIONAL
        told |= {
            "leverage": str(setting.leverage), "isolated": setting.isolated, "entryPrice": money(one.entry),
            "breakEvenPrice": money(one.entry), "maxNotional": plain(most), "bidNotional": "0", "askNotional": "0",
        }  # fmt: skip
    return told


def position_risk_v3(call: Call[UsdmFloor]) -> Any:
    """List positions that are held or have open orders."""
    own = call.floor.account(call.account)
    return [_risk(call, own, one) for one in _shown(call, own, False)]


def position_risk_v2(call: Call[UsdmFloor]) -> Any:
    """List all positions, with leverage and margin type."""
    own, told = call.floor.account(call.account), []
    for one in _shown(call, own, True):
        setting = own.settings[one.contract.symbol]
        most = one.contract.largest_notional(setting.leverage) or LARGEST_NOTIONAL
        told.append(
            _risk(call, own, one)
            | {"leverage": str(setting.leverage), "marginType": "isolated" if setting.isolated else "cross",
               "maxNotionalValue": plain(most), "isAutoAddMargin": "false"}
        )  # fmt: skip
    return told


def _risk(call: Call[UsdmFloor], own: Account, one: Position) -> dict[str, Any]:
    margins, of = call.floor.margins, one.contract
    mark = margins.mark(of)
    taken = margins.liquidation_price(own, one) if one.quantity else None
    return _common(call, own, one) | {
        "entryPrice": money(one.entry), "breakEvenPrice": money(one.entry), "markPrice": money(mark),
        "unRealizedProfit": money(one.gain(mark)), "liquidationPrice": money(taken) if taken else "0",
        "marginAsset": of.margin_asset, "adl": 0, "bidNotional": "0", "askNotional": "0",
    }  # fmt: skip


def balance(call: Call[UsdmFloor]) -> Any:
    """List wallets."""
    own, told = call.floor.account(call.account), []
    for asset in sorted(call.floor.owned(own.name)):
        row = {name: money(value) for name, value in _asset(call, own, asset).items()}
        told.append(
            {"accountAlias": "practice", "asset": asset, "balance": row["walletBalance"], "marginAvailable": True,
             **{name: row[name] for name in IN_BALANCE},
             "updateTime": own.updated_ms}
        )  # fmt: skip
    return told


def account_config(call: Call[UsdmFloor]) -> Any:
    """Answer rights and modes."""
    return _rights(call, call.floor.account(call.account)) | {"updateTime": 0}


def symbol_config(call: Call[UsdmFloor]) -> Any:
    """List leverage and margin type by contract."""
    own, told = call.floor.account(call.account), []
    for of in _contracts(call):
        setting = own.settings[of.symbol]
        most = of.largest_notional(setting.leverage) or LARGEST_NOTIONAL
        told.append(
            {"symbol": of.symbol, "marginType": "ISOLATED" if setting.isolated else "CROSSED",
             "isAutoAddMargin": False, "leverage": setting.leverage, "maxNotionalValue": plain(most)}
        )  # fmt: skip
    return told


def leverage_bracket(call: Call[UsdmFloor]) -> Any:
    """List the maintenance tiers by contract."""
    return [
        {"symbol": of.symbol, "notionalCoef": 1.0, "brackets": [
            {"bracket": i, "initialLeverage": tier.max_leverage, "notionalCap": int(tier.cap or LARGEST_NOTIONAL),
             "notionalFloor": int(tier.floor), "maintMarginRatio": float(tier.rate), "cum": float(tier.cum)}
            for i, tier in enumerate(of.brackets, 1)
        ]}
        for of in _contracts(call)
    ]  # fmt: skip


def commission_rate(call: Call[UsdmFloor]) -> Any:
    """Answer the fees of a contract."""
    of = call.floor.contracts[call.floor.pit(call.asked.text("symbol")).instrument.symbol]
    return {
        "symbol": of.symbol, "makerCommissionRate": f"{of.maker_fee_rate:.6f}",
        "takerCommissionRate": f"{of.taker_fee_rate:.6f}", "rpiCommissionRate": "0.000000",
    }  # fmt: skip


def income(call: Call[UsdmFloor]) -> Any:
    """List movements of the wallet, oldest first."""
    symbol, kind = call.asked.values.get("symbol"), call.asked.values.get("incomeType")
    found = [
        one for one in call.floor.filling.incomes.of.get(call.account, [])
        if (not symbol or one.symbol == symbol) and (not kind or one.type == kind)
    ]  # fmt: skip
    rows = chosen(call.asked, found, lambda one: one.time_ms, 100, 1000, week=False)
    return [
        {"symbol": one.symbol, "incomeType": one.type, "income": money(one.amount), "asset": one.asset,
         "time": one.time_ms, "info": str(one.reference) if one.is_of_a_fill else one.type, "tranId": one.id,
         "tradeId": str(one.reference) if one.is_of_a_fill else ""}
        for one in rows
    ]  # fmt: skip


def position_side(call: Call[UsdmFloor]) -> Any:
    """Answer whether longs stand beside shorts."""
    return {"dualSidePosition": call.floor.account(call.account).hedge}


def multi_assets(_: Call[UsdmFloor]) -> Any:
    """Answer whether several assets answer together; they never do here."""
    return {"multiAssetsMargin": False}


def margin_history(call: Call[UsdmFloor]) -> Any:
    """List what was added to isolated margins or taken from them by hand."""
    symbol, kind = call.floor.pit(call.asked.text("symbol")).instrument.symbol, call.asked.whole("type")
    found = [
        one for one in call.floor.choices.moves
        if (one.account, one.symbol) == (call.account, symbol) and kind in (None, 1 if one.amount > ZERO else 2)
    ]  # fmt: skip
    rows = chosen(call.asked, found, lambda one: one.time_ms, 500, 500, week=False)
    return [
        {"symbol": one.symbol, "type": 1 if one.amount > ZERO else 2, "deltaType": "USER_ADJUST",
         "amount": money(abs(one.amount)), "asset": one.asset, "time": one.time_ms, "positionSide": one.side,
         "clientTranId": ""}
        for one in rows
    ]  # fmt: skip
