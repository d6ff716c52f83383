"""The tables of several strategies on one account: what each made of it, and what the venue held at the end."""

from __future__ import annotations

from engine.report.material import Material
from engine.report.tables import Sheet
from engine.report.words import UNDEFINED, decimals_of, money, number, percent, whole


def shares(material: Material) -> list[Sheet]:
    """Return the tables; none where one strategy has the account to itself."""
    if "strategies" not in material.summary:
        return []
    return [_by_strategy(material), _held(material)]


def _by_strategy(material: Material) -> Sheet:
    currency, told = material.currency, material.summary["strategies"]
    rows = [
        [
            one["name"], ", ".join(one["markets"]), percent(one["allocation"], 0),
            percent(one["contribution"], sign=True), money(one["pnl"], currency, sign=True),
            money(one["terms"]["fees"], currency), whole(one["trades"]), percent(one["win_rate"], 1),
        ]
        for one in told
    ]  # fmt: skip
    rows.append([
        "Account", UNDEFINED, percent(sum(one["allocation"] for one in told), 0),
        percent(sum(one["contribution"] for one in told), sign=True),
        money(sum(one["pnl"] for one in told), currency, sign=True),
        money(sum(one["terms"]["fees"] for one in told), currency), whole(material.metrics["trades"]),
        percent(material.metrics["win_rate"], 1),
    ])  # fmt: skip
    columns = (
        ("Strategy", False), ("Markets", False), ("Allocation", True), ("Contribution", True), ("PnL net", True),
        ("Fees", True), ("Trades", True), ("Won", True),
    )  # fmt: skip
    note = "Contribution: to the account's total return, open positions at the last close within."
    return Sheet("By strategy", columns, rows, note)


def _held(material: Material) -> Sheet:
    lots = {one["symbol"]: decimals_of(one["lot"]) for one in material.markets}
    rows = [
        [
            one["market"],
            "long and short apart" if one["apart"] else "their sum",
            *(number(one[side], lots[one["market"]]) for side in ("long", "short", "net", "gross")),
        ]
        for one in material.summary["held"]
    ]
    columns = (
        ("Market", False), ("The venue holds", False), ("Long", True), ("Short", True), ("Net", True),
        ("Gross", True),
    )  # fmt: skip
    return Sheet("Positions at the end, in base", columns, rows)
