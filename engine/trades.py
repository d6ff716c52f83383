"""Round trips: what the fills of each book amount to, from flat to flat.

Owns the TRADE record. Must not know candles, strategies or files. A fill that flips the position closes one trade and
opens the next; its fee is shared by quantity (`reference/metrics.md` section 4, "Position flip").
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.void]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Integers = NDArray[np.int64]

NOT_YET = np.iinfo(np.int64).min  # the exit_ms of an open trade: NaT when viewed as datetime64[ms]

TRADE = np.dtype(
    [
        ("book", "i8"),
        ("side", "i8"),  # +1 long, -1 short
        ("open", "?"),  # not flat again when the fills end: reported apart, never won or lost
        ("entry_ms", "i8"),
        ("exit_ms", "i8"),  # NOT_YET while open
        ("entry_candle", "i8"),
        ("exit_candle", "i8"),  # -1 while open
        ("entry_price", "f8"),  # quote per base, average of all that was added to the position
        ("exit_price", "f8"),  # average of all that was taken off it; NaN when nothing was
        ("quantity", "f8"),  # base, > 0, the largest position held
        ("realised", "f8"),  # quote, before fees
        ("fees", "f8"),  # quote, + paid
        ("funding", "f8"),  # quote, + received
        ("interest", "f8"),  # quote, + paid
        ("borne", "f8"),  # quote, >= 0: what the venue bore of the loss
        ("pnl", "f8"),  # quote, realised - fees + funding - interest + borne
        ("run_up", "f8"),  # quote, >= 0: the best price met, on the largest position at the average entry
        ("run_down", "f8"),  # quote, <= 0: the worst price met, likewise
        ("run_up_fraction", "f8"),  # of the entry price
        ("run_down_fraction", "f8"),
        ("entry_reason", "i8"),  # index into the run's table of reason tags
        ("exit_reason", "i8"),  # -1 while open
        ("fills", "i8"),  # a flip counts in both its trades
    ]
)


def round_trips(fills: Rows, payments: Rows | None = None, sizes: Floats | None = None) -> Rows:
    """Turn fills into TRADE rows, ordered by exit, the open ones last.

    Fills are in the order in which they happened; every book starts flat. payments are those of engine.core.records
    (kind 0 funding, 1 interest, 2 borne); each belongs to the trade that was open at its time. sizes: by book, what a
    contract of an inverse market is worth in quote, NaN elsewhere. Excursions are before fees; for a trade of one entry
    they are exact, of an open one they reach to its latest fill.
    """
    if len(fills) == 0:
        return np.zeros(0, dtype=TRADE)
    rows = fills[np.argsort(fills["book"], kind="stable")]
    legs, trade = _legs(rows)
    first = np.flatnonzero(np.diff(trade, prepend=-1))
    last = np.append(first[1:], len(trade)) - 1
    opening, closing = rows[legs.row[first]], rows[legs.row[last]]
    is_open = legs.after[last] != 0.0

    out = np.zeros(len(first), dtype=TRADE)
    out["book"], out["side"], out["open"] = opening["book"], opening["side"], is_open
    for name, last_value in (("ms", NOT_YET), ("candle", -1), ("reason", -1)):
        out[f"entry_{name}"] = opening[name]
        out[f"exit_{name}"] = np.where(is_open, last_value, closing[name])
    adds = rows["side"][legs.row] == out["side"][trade]
    inverse = np.zeros(len(rows), np.bool_) if sizes is None else ~np.isnan(sizes[rows["book"]])
    out["entry_price"] = _average_price(legs, rows["price"], adds, trade, inverse)
    out["exit_price"] = _average_price(legs, rows["price"], ~adds, trade, inverse)
    out["quantity"] = np.maximum.reduceat(np.abs(legs.after), first)
    out["realised"], out["fees"] = np.bincount(trade, legs.realised), np.bincount(trade, legs.fee)
    if payments is not None and len(payments):
        _share_out(out, payments)
    out["pnl"] = out["realised"] - out["fees"] + out["funding"] - out["interest"] + out["borne"]
    out["fills"] = np.bincount(trade)
    _excursions(out, np.maximum.reduceat(legs.high, first), np.minimum.reduceat(legs.low, first), sizes)
    return out[np.lexsort((out["entry_ms"], out["exit_ms"], out["open"]))]


class _Legs(NamedTuple):
    """Fills, a flip as two: `row` is the fill's index, `before` and `after` the position around the leg."""

    row: Integers
    before: Floats
    after: Floats
    quantity: Floats
    fee: Floats
    realised: Floats
    high: Floats
    low: Floats


def _legs(rows: Rows) -> tuple[_Legs, Integers]:
    """Split the flips, and number the trade that every leg belongs to."""
    after = np.asarray(rows["position"], dtype=np.float64)
    before = np.append(0.0, after[:-1])
    before[np.flatnonzero(np.diff(rows["book"])) + 1] = 0.0
    flips = before * after < 0.0
    row = np.repeat(np.arange(len(rows)), 1 + flips)
    opens = flips[row] & (np.diff(row, prepend=-1) == 0)
    closes = flips[row] & ~opens
    # The closing leg's share of a fee goes by quantity, the opening leg has the rest: together exactly the fee.
    share = np.zeros(len(rows))
    share[flips] = rows["fee"][flips] * np.abs(before[flips] / (after - before)[flips])
    legs = _Legs(
        row=row,
        before=np.where(opens, 0.0, before[row]),
        after=np.where(closes, 0.0, after[row]),
        quantity=np.where(opens, np.abs(after[row]), np.where(closes, np.abs(before[row]), rows["quantity"][row])),
        fee=np.where(closes, share[row], rows["fee"][row] - share[row]),
        realised=np.where(opens, 0.0, rows["realised"][row]),
        # A flip's extremes are those of the position it closed; the new one has met the fill's own price only.
        high=np.where(opens, rows["price"][row], rows["high"][row]),
        low=np.where(opens, rows["price"][row], rows["low"][row]),
    )
    return legs, np.cumsum(legs.before == 0.0) - 1


def _average_price(legs: _Legs, price: Floats, chosen: Bools, trade: Integers, inverse: Bools) -> Floats:
    """Return the mean price of each trade's chosen legs; of an inverse market the mean that its profit goes by."""
    quantity = np.where(chosen, legs.quantity, 0.0)
    total = np.bincount(trade, quantity)
    turned = inverse[legs.row]
    with np.errstate(invalid="ignore"):  # 0 / 0: an open trade that nothing was taken off yet has no exit price
        if not turned.any():
            return np.asarray(np.bincount(trade, quantity * price[legs.row]) / total)
        mean = np.bincount(trade, quantity * np.where(turned, 1.0 / price[legs.row], price[legs.row])) / total
        return np.asarray(np.where(np.bincount(trade, turned) > 0, 1.0 / mean, mean))


def _share_out(out: Rows, payments: Rows) -> None:
    """Give each payment to the trade that was open at its time: funding before what fills then, interest after it.

    What the venue bore goes to the trade that it ended.
    """
    for book in np.unique(payments["book"]):
        own = np.flatnonzero(out["book"] == book)
        own = own[np.argsort(out["entry_ms"][own], kind="stable")]
        if not len(own):
            continue
        for kind, name, sign, side in ((0, "funding", 1.0, "left"), (1, "interest", -1.0, "right")):
            chosen = payments[(payments["book"] == book) & (payments["kind"] == kind)]
            at = np.searchsorted(out["entry_ms"][own], chosen["ms"], side=side) - 1  # type: ignore[call-overload]
            np.add.at(out[name], own[np.maximum(at, 0)], sign * chosen["amount"])
        borne = payments[(payments["book"] == book) & (payments["kind"] == 2)]
        ended = own[~out["open"][own]]
        if len(borne) and len(ended):
            at = np.searchsorted(out["exit_ms"][ended], borne["ms"], side="right") - 1
            np.add.at(out["borne"], ended[np.maximum(at, 0)], borne["amount"])


def _excursions(out: Rows, high: Floats, low: Floats, sizes: Floats | None) -> None:
    entry, long = out["entry_price"], out["side"] > 0
    best, worst = np.where(long, high, low), np.where(long, low, high)
    for name, price, limit in (("run_up", best, np.maximum), ("run_down", worst, np.minimum)):
        move = limit((price - entry) * out["side"], 0.0)
        out[name] = move * out["quantity"]
        if sizes is not None:
            inverse = ~np.isnan(sizes[out["book"]])
            out[name][inverse] *= (sizes[out["book"]] / (entry * price))[inverse]
        out[f"{name}_fraction"] = move / entry
