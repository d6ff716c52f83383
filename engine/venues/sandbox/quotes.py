"""What a market shows to everybody: candles, a day's ticker, a small book and the tape's prints.

Owns how the dialect writes them, as far as its segments agree. Must not change anything, and must not know accounts.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from zlib import crc32

from engine.candles.timeframes import DAY_MS, TIMEFRAMES, grid_origin_ms
from engine.venues.sandbox.asking import Asked
from engine.venues.sandbox.decimals import ZERO, against, down, text
from engine.venues.sandbox.floor import Floor
from engine.venues.sandbox.matching.columns import longer, shown
from engine.venues.sandbox.matching.face import Face
from engine.venues.sandbox.matching.instrument import Instrument
from engine.venues.sandbox.matching.pit import Pit
from engine.venues.sandbox.refusal import RefusalError

ALWAYS_MS = 10**15
LEVELS = 100  # of everybody else's, on each side
MOST_LEVELS = 5_000
AVERAGE_MS = 300_000


Level = tuple[Decimal, Decimal]  # price, quantity
Row = Callable[[Instrument, list[float], int, int], list[Any]]


def klines(floor: Floor, asked: Asked, most: int = 1_000, name: str = "symbol", row: Row | None = None) -> list[Any]:
    """Return candles, the developing one last. From startTime on the first of them, else the last.

    most: rows at most; name: the parameter that says which market; row: how one is written.
    """
    pit = floor.pit(asked.text(name))
    interval = asked.text("interval")
    step_ms, base_ms = TIMEFRAMES.get(interval), pit.tape.step_ms
    if step_ms is None or step_ms % base_ms:
        raise RefusalError(-1120, "Invalid interval.")
    limit, start, end = asked.limit(500, most), asked.whole("startTime"), asked.whole("endTime")
    origin = grid_origin_ms(interval)
    from_ms = 0 if start is None else origin - (origin - start) // step_ms * step_ms
    until_ms = ALWAYS_MS if end is None else origin + ((end - origin) // step_ms + 1) * step_ms
    if start is not None:
        until_ms = min(until_ms, from_ms + 10 * limit * step_ms)  # holes may hide some; ten times is plenty
    recent = None if start is not None else (limit + 1) * (step_ms // base_ms)
    rows = longer(shown(pit, from_ms, until_ms, recent), step_ms, origin)
    rows = pit.veil.doubled(rows, pit.now_ms, step_ms)
    part = slice(0, limit) if start is not None else slice(-limit, None)
    write, count = row or traded, 4 * (step_ms // base_ms)
    return [
        write(pit.instrument, list(one), step_ms, count)
        for one in zip(*(column[part].tolist() for column in rows), strict=True)
    ]


def traded(of: Instrument, row: list[float], step_ms: int, count: int) -> list[Any]:
    """Return a candle of trades as the dialect writes it; row: open time, prices, volume, turnover."""
    open_ms, *prices, volume, turnover = row
    return [
        int(open_ms), *(priced(of, price) for price in prices), f"{volume:.8f}", int(open_ms) + step_ms - 1,
        f"{turnover:.8f}", count, f"{volume / 2:.8f}", f"{turnover / 2:.8f}", "0",
    ]  # fmt: skip


def priced(instrument: Instrument, price: float) -> str:
    """Return a candle's price as the dialect writes it."""
    return text(Decimal(repr(price)).quantize(instrument.tick))


def ticker(floor: Floor, pit: Pit) -> dict[str, Any]:
    """Return the last 24 hours of a market."""
    seen = pit.face
    rows = shown(pit, seen.now_ms - DAY_MS + 1, ALWAYS_MS)
    bids, asks = sides(floor, pit, 1, seen)
    some = len(rows.open_ms) > 0
    first = float(rows.open[0]) if some else float(seen.price)
    change = float(seen.price) - first
    volume, turnover = float(rows.volume.sum()), float(rows.turnover.sum())
    of = pit.instrument
    return {
        "symbol": of.symbol, "priceChange": f"{change:.8f}", "priceChangePercent": f"{100.0 * change / first:.3f}",
        "weightedAvgPrice": f"{turnover / volume if volume else float(seen.price):.8f}",
        "prevClosePrice": priced(of, first), "lastPrice": text(seen.price), "lastQty": text(of.lot),
        "bidPrice": bids[0][0], "bidQty": bids[0][1], "askPrice": asks[0][0], "askQty": asks[0][1],
        "openPrice": priced(of, first), "highPrice": priced(of, float(rows.high.max()) if some else first),
        "lowPrice": priced(of, float(rows.low.min()) if some else first), "volume": f"{volume:.8f}",
        "quoteVolume": f"{turnover:.8f}", "openTime": seen.now_ms - DAY_MS, "closeTime": seen.now_ms,
        "firstId": 4 * (seen.k - len(rows.open_ms) + 1),
        "lastId": 4 * seen.k + 3, "count": 4 * len(rows.open_ms),
    }  # fmt: skip


def average(pit: Pit) -> float:
    """Return the average price of five minutes, weighted by volume."""
    seen = pit.face
    rows = shown(pit, seen.now_ms - AVERAGE_MS + 1, ALWAYS_MS)
    volume = float(rows.volume.sum())
    return float(rows.turnover.sum()) / volume if volume else float(seen.price)


def book_id(floor: Floor, pit: Pit) -> int:
    """Return the number of a market's book as it stands; it rises with the market's time."""
    return max(1, pit.now_ms - floor.start_ms)


def sides(floor: Floor, pit: Pit, levels: int, seen: Face | None = None) -> tuple[list[list[str]], list[list[str]]]:
    """Return bids and asks around the price, our own resting orders among them. seen: as of another moment."""
    bids, asks = made_sides(floor, pit, min(levels, LEVELS), seen)
    if seen is None or seen is not pit.veil.still:
        bids = _joined(bids, pit.book.levels[1], -1, levels, asks[0][0])
        asks = _joined(asks, pit.book.levels[-1], 1, levels, bids[0][0])
    told = [[[text(price), text(quantity)] for price, quantity in side] for side in (bids, asks)]
    return told[0], told[1]


def _joined(made: list[Level], own: dict[Decimal, Decimal], side: int, levels: int, bound: Decimal) -> list[Level]:
    """Return the levels of one side with our own; those that would cross the other side, at a bound, are left out."""
    full, last = len(made) >= levels, side * made[-1][0]
    rows = dict(made)
    for price, quantity in own.items():
        if not (full and side * price > last) and side * (price - bound) > 0:
            rows[price] = rows.get(price, ZERO) + quantity
    return made if len(rows) == len(made) and not own else sorted(rows.items(), reverse=side < 0)[:levels]


def made_sides(floor: Floor, pit: Pit, levels: int, seen: Face | None = None) -> tuple[list[Level], list[Level]]:
    """Return everybody else's bids and asks; sizes are drawn by seed, candle and level. seen: as of another moment."""
    of, book, seen = pit.instrument, [], seen or pit.here
    thick = pit.tape.volume(min(seen.k, len(pit.tape.candles) - 1)) / 200
    for side in (-1, 1):
        best = against(seen.price * (1 + side * of.half_spread), of.tick, side)
        if best == seen.price:
            best += side * of.tick  # the two sides never touch
        rows = []
        for level in range(levels):
            price = best + side * level * of.tick
            if price > 0:
                drawn = crc32(f"{floor.settings.seed} {of.symbol} {seen.k} {side} {level}".encode()) % 1_000
                rows.append((price, max(of.lot, down(thick * drawn / 500, of.lot))))
        book.append(rows)
    return book[0], book[1]


def prints(
    pit: Pit, from_id: int | None, start_ms: int, end_ms: int, limit: int
) -> list[tuple[int, int, str, str, bool]]:
    """Return (id, time, price, quantity, whether the seller took) of the tape's trades, oldest first."""
    found: list[tuple[int, int, str, str, bool]] = []
    forwards = from_id is not None or start_ms > 0
    first = from_id // 4 if from_id is not None else int(pit.tape.candles.open_ms.searchsorted(start_ms))
    last = pit.k if pit.inside else pit.k - 1
    for k in range(max(0, first - 1), last + 1) if forwards else range(last, -1, -1):
        if len(found) >= limit:
            break
        quantity = text(max(pit.instrument.lot, down(pit.tape.volume(k) / 4, pit.instrument.lot)))
        way, opened, third = pit.tape.way(k), pit.tape.open_ms(k), pit.tape.step_ms // 3
        moments = (opened, opened + third, opened + 2 * third, opened + pit.tape.step_ms - 1)
        rows = [
            (4 * k + i, moments[i], text(way[i]), quantity, i > 0 and way[i] < way[i - 1])
            for i in range(4)
            if start_ms <= moments[i] <= min(end_ms, pit.now_ms) and 4 * k + i >= (from_id or 0)
        ]
        found += rows if forwards else rows[::-1]
    return found[:limit] if forwards else found[:limit][::-1]
