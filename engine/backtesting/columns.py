"""Flat rows outward: numbers become words, milliseconds become times, in columns that pandas and pyarrow both take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.core import codes

if TYPE_CHECKING:
    from engine.backtesting.result import Result


def columns_of(result: Result, what: str) -> dict[str, Any]:
    """Return the named table's columns in order."""
    tables = {"fills": _fills, "trades": _trades, "orders": _orders, "payments": _payments, "equity": _equity}
    return tables[what](result)


def _times(ms: Any) -> Any:
    return np.asarray(ms, np.int64).astype("datetime64[ms]")


def _words(table: Any, numbers: Any) -> list[str]:
    return [table[int(number)] if 0 <= number < len(table) else "" for number in numbers]


def _markets(result: Result, books: Any) -> list[str]:
    return _words([result.inputs.markets[market].symbol for _, market in result.inputs.books], books)


def _strategies(result: Result, books: Any) -> dict[str, list[str]]:
    """Return the column that says whose a row is, where there are several strategies."""
    inputs = result.inputs
    if not inputs.several:
        return {}
    return {"strategy": _words([inputs.seats[seat].name for seat, _ in inputs.books], books)}


def _reasons(result: Result, books: Any, numbers: Any) -> list[str]:
    """Return the reason tags: each strategy numbers its own."""
    inputs = result.inputs
    tables = [inputs.seats[seat].program.reasons for seat, _ in inputs.books]
    if all(table == tables[0] for table in tables):
        return _words(tables[0], numbers)
    pairs = zip(books, numbers, strict=True)
    return [tables[book][number] if 0 <= number < len(tables[book]) else "" for book, number in pairs]


def _fills(result: Result) -> dict[str, Any]:
    rows = result.fill_rows
    return {
        "time": _times(rows["ms"]),
        **_strategies(result, rows["book"]),
        "market": _markets(result, rows["book"]),
        "order_id": rows["order_id"].copy(),
        "side": np.where(rows["side"] > 0, "buy", "sell").tolist(),
        "kind": _words(codes.KINDS_OF_ORDER, rows["kind"]),
        "quantity": rows["quantity"].copy(),
        "price": rows["price"].copy(),
        "planned_price": rows["planned"].copy(),
        "fee": rows["fee"].copy(),
        "maker": rows["maker"].astype(bool),
        "reason": _reasons(result, rows["book"], rows["reason"]),
        "tag": rows["tag"].copy(),
        "realised": rows["realised"].copy(),
        "position": rows["position"].copy(),
        "entry_price": rows["entry"].copy(),
    }


def _trades(result: Result) -> dict[str, Any]:
    rows = result.trade_rows
    return {
        **_strategies(result, rows["book"]),
        "market": _markets(result, rows["book"]),
        "side": np.where(rows["side"] > 0, "long", "short").tolist(),
        "open": rows["open"].astype(bool),
        "entry_time": _times(rows["entry_ms"]),
        "exit_time": rows["exit_ms"].astype(np.int64).astype("datetime64[ms]"),
        "entry_price": rows["entry_price"].copy(),
        "exit_price": rows["exit_price"].copy(),
        "quantity": rows["quantity"].copy(),
        "pnl": rows["pnl"].copy(),
        "fees": rows["fees"].copy(),
        "funding": rows["funding"].copy(),
        "interest": rows["interest"].copy(),
        "borne": rows["borne"].copy(),
        "run_up": rows["run_up"].copy(),
        "run_down": rows["run_down"].copy(),
        "run_up_fraction": rows["run_up_fraction"].copy(),
        "run_down_fraction": rows["run_down_fraction"].copy(),
        "entry_reason": _reasons(result, rows["book"], rows["entry_reason"]),
        "exit_reason": _reasons(result, rows["book"], rows["exit_reason"]),
        "fills": rows["fills"].copy(),
    }


def _orders(result: Result) -> dict[str, Any]:
    rows = result.event_rows
    return {
        "time": _times(rows["ms"]),
        **_strategies(result, rows["book"]),
        "market": _markets(result, rows["book"]),
        "order_id": rows["order_id"].copy(),
        "what": [codes.TEXT[int(row["code"])].format(a=row["a"], b=row["b"]) for row in rows],
        "reason": _reasons(result, rows["book"], rows["reason"]),
    }


def _payments(result: Result) -> dict[str, Any]:
    rows = result.payment_rows
    return {
        "time": _times(rows["ms"]),
        **_strategies(result, rows["book"]),
        "market": _markets(result, rows["book"]),
        "kind": _words(codes.KINDS_OF_PAYMENT, rows["kind"]),
        "rate": rows["rate"].copy(),
        "quantity": rows["quantity"].copy(),
        "price": rows["price"].copy(),
        "amount": rows["amount"].copy(),
    }


def _equity(result: Result) -> dict[str, Any]:
    return {
        "time": _times(result.close_ms),
        "equity": result.equity_curve,
        "exposure": result.exposure_curve,  # gross notional, quote
        "path_dependent": result.curves.dependent,
    }
