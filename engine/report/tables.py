"""The tables of the page: months, drawdowns, trades and their groups, and whatever a strategy tells of itself.

Owns `Sheet`, a table ready for print. Must not know HTML.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.metrics import daily_points, monthly_returns, worst_drawdowns, yearly_returns
from engine.report.material import Material
from engine.report.words import UNDEFINED, counted, day, days, decimals_of, minute, money, number, percent, whole

SHOWN = 200  # trades at either end of the table; the file has all
ROWS = 300  # of a strategy's own table
NO_TIME = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Sheet:
    """Hold a table: its title, its columns (name, is_number), its rows as text, and a sentence on what is left out."""

    title: str
    columns: tuple[tuple[str, bool], ...]
    rows: Sequence[Sequence[str]]
    note: str = ""


def months(material: Material) -> list[dict[str, Any]]:
    """Return a row a year, twelve cells and its own total; a cell has text, strength, and if it is a whole month."""
    point_ms, equity = _daily(material)
    years: dict[int, list[Any]] = {}
    found = monthly_returns(point_ms, equity)
    largest = max((abs(one.total_return) for one in found if one.total_return is not None), default=0.0) or 1.0
    for one in found:
        gain = one.total_return
        strength = 0 if gain is None else round(100.0 * gain / largest)
        cell = {"text": percent(gain, 1, sign=True), "whole": one.whole, "strength": strength}
        years.setdefault(one.year, [None] * 12)[one.month - 1] = cell
    totals = yearly_returns(point_ms, equity)
    return [
        {"year": year, "cells": cells, "total": percent(totals[year], 1, sign=True)} for year, cells in years.items()
    ]


def drawdowns(material: Material) -> Sheet:
    """Return the worst five drawdowns of daily equity."""
    rows = [
        [
            day(one.start_ms),
            day(one.bottom_ms),
            day(one.end_ms) if one.end_ms is not None else "not yet",
            percent(one.depth),
            days(one.days),
        ]
        for one in worst_drawdowns(*_daily(material))
    ]
    columns = (("From peak", False), ("Bottom", False), ("Recovered", False), ("Depth", True), ("Duration", True))
    return Sheet("The worst five drawdowns", columns, rows)


def groups(material: Material) -> list[Sheet]:
    """Return closed trades by market, side and exit reason."""
    trades = material.trades
    closed = np.flatnonzero(~np.asarray(trades["open"], np.bool_))
    sheets = []
    for title, name, other in (
        ("By market", "market", ""), ("By side", "side", ""), ("By exit reason", "exit_reason", "no reason given"),
    ):  # fmt: skip
        keys = [str(trades[name][i]) or other for i in closed]
        rows = [_group(material, key, closed[[k == key for k in keys]]) for key in _by_count(keys)]
        columns = (
            (title.removeprefix("By ").capitalize(), False), ("Trades", True), ("Won", True), ("PnL net", True),
            ("Fees", True), ("Mean PnL", True),
        )  # fmt: skip
        sheets.append(Sheet(title, columns, rows))
    return sheets


def trades(material: Material) -> Sheet:
    """Return the trades in their order; of very many, the first and the last."""
    table, several = material.trades, len(material.markets) > 1
    count = len(table["pnl"])
    chosen: Iterable[int] = range(count)
    note = ""
    if count > 2 * SHOWN:
        chosen = [*range(SHOWN), *range(count - SHOWN, count)]
        where = f"{material.folder}/trades.csv" if material.folder else "result.trades"
        note = f"The first and last {SHOWN} of {counted(count, 'trade')}; all of them are in {where}."
    decimals = {one["symbol"]: (decimals_of(one["tick"]), decimals_of(one["lot"])) for one in material.markets}
    rows = []
    for i in chosen:
        price, quantity = decimals[table["market"][i]]
        left = table["exit_time"][i] == NO_TIME
        rows.append([
            whole(i + 1),
            *([table["strategy"][i]] if "strategy" in table else []),
            *([table["market"][i]] if several else []),
            table["side"][i],
            minute(int(table["entry_time"][i])),
            number(float(table["entry_price"][i]), price),
            str(table["entry_reason"][i]) or UNDEFINED,
            "still open" if left else minute(int(table["exit_time"][i])),
            number(float(table["exit_price"][i]), price),
            (str(table["exit_reason"][i]) or UNDEFINED) if not left else UNDEFINED,
            number(float(table["quantity"][i]), quantity),
            number(float(table["pnl"][i]), sign=True),
            number(float(table["fees"][i])),
            percent(float(table["run_up_fraction"][i]), sign=True),
            percent(float(table["run_down_fraction"][i]), sign=True),
        ])  # fmt: skip
    base = "" if several else f", {material.symbols[0].partition('/')[0]}"
    columns = (
        ("No.", True), *((("Strategy", False),) if "strategy" in table else ()),
        *((("Market", False),) if several else ()), ("Side", False), ("Entered (UTC)", False),
        ("Entry price", True), ("Why", False), ("Left (UTC)", False), ("Exit price", True), ("Why left", False),
        (f"Quantity{base}", True), (f"PnL net, {material.currency}", True), (f"Fees, {material.currency}", True),
        ("Run-up", True), ("Run-down", True),
    )  # fmt: skip
    return Sheet("Trades", columns, rows, note)


def own_sheet(material: Material, table: Mapping[str, Any], market: Mapping[str, Any]) -> Sheet:
    """Return a table of a strategy's plan or review for print."""
    columns = tuple(
        (str(name), unit != "" or _numeric(table["rows"], i)) for i, (name, unit) in enumerate(_columns(table))
    )
    units = [unit for _, unit in _columns(table)]
    told = table["rows"]
    rows = [
        [own_value(material, value, unit, market) for value, unit in zip(row, units, strict=True)]
        for row in told[:ROWS]
    ]
    note = f"The first {ROWS} of {counted(len(told), 'row')}; all are in metrics.json." if len(told) > ROWS else ""
    return Sheet(str(table["title"]), columns, rows, note)


def own_value(material: Material, value: Any, unit: str, market: Mapping[str, Any]) -> str:
    """Return a value of a strategy's own in its unit, with the market's decimals and the currencies' names."""
    base, currency = str(market["symbol"]).partition("/")[0], material.currency
    if value is None or (isinstance(value, float) and not np.isfinite(value)):
        return UNDEFINED
    if isinstance(value, bool | str):
        return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
    if unit == "price":
        return number(value, decimals_of(market["tick"]))
    if unit == "base":
        return money(value, base, decimals_of(market["lot"]))
    if unit == "quote":
        return money(value, currency)
    if unit == "%":
        return percent(value)
    return whole(value) if unit == "count" or isinstance(value, int) else number(value, 6).rstrip("0").rstrip(".")


def _columns(table: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name, unit) for name, unit in table["columns"]]


def _numeric(rows: Sequence[Sequence[Any]], column: int) -> bool:
    return bool(rows) and all(isinstance(row[column], int | float) or row[column] is None for row in rows)


def _group(material: Material, key: str, chosen: Any) -> list[str]:
    pnl, fees = material.trades["pnl"][chosen], material.trades["fees"][chosen]
    return [
        key, whole(len(chosen)), percent(float(np.count_nonzero(pnl > 0.0)) / len(chosen), 1),
        money(float(pnl.sum()), material.currency, sign=True), money(float(fees.sum()), material.currency),
        money(float(pnl.mean()), material.currency, sign=True),
    ]  # fmt: skip


def _by_count(keys: Sequence[str]) -> list[str]:
    counts: dict[str, int] = {}
    for key in keys:
        counts[key] = counts.get(key, 0) + 1
    return sorted(counts, key=lambda key: -counts[key])


def _daily(material: Material) -> Any:
    start, cash = material.start_ms, float(material.metrics["equity_start"])
    return daily_points(material.close_ms, material.equity, start, cash)
