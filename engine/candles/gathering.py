"""Readings of one market put together, judged, and made into candles or settlements.

Owns what an import forgives (order, identical duplicates) and what it does not. Must not know the store.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from engine.candles.candles import Candles
from engine.candles.closes import as_opens
from engine.candles.columns import Columns, Mask, Values
from engine.candles.funding import Funding
from engine.candles.grid import seeming_timeframe
from engine.candles.provenance import stamped
from engine.candles.reading import Reading
from engine.candles.timeframes import TIMEFRAMES, counted, iso, parse_market
from engine.candles.verify import Findings, duplicates, examine
from engine.errors import DataError


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the operator says about the files; "" where the files must tell."""

    market: str = ""
    venue: str = ""
    timeframe: str = ""
    kind: str = ""
    named_by: str = ""  # "open" or "close"
    volume_in: str = ""  # "base" or "quote"


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything of one market, timeframe and kind that was found, checked."""

    market: str
    timeframe: str  # "" of funding
    kind: str
    shape: str
    said: tuple[str, ...]  # what the files were recognised as
    files: tuple[str, ...]
    findings: Findings | None  # None of funding
    notes: tuple[str, ...]
    content: Candles | Funding
    rows: int


def gathered(readings: Sequence[Reading], market: str, timeframe: str, wishes: Wishes, name: str) -> Gathered:
    """Put readings of one market together; name: of the file or folder, for messages. DataError: they are refused."""
    if readings[0].kind == "funding":
        return _funding(readings, market, name)
    parts = [_opens(reading, timeframe, wishes) for reading in readings]
    notes = list(dict.fromkeys(note for _, told in parts for note in told))
    each = zip(*(one for one, _ in parts), strict=True)
    columns = Columns(*(np.concatenate(same) if len(parts) > 1 else same[0] for same in each))
    findings = examine(columns, timeframe)
    _refuse(name, timeframe, readings, findings)
    if findings.out_of_order:
        columns = columns.take(columns.open_ms.argsort(kind="stable"))
        notes.append(f"sorted by time: {counted(findings.out_of_order, 'row')} stood out of order")
    if findings.identical:
        columns = columns.take(~duplicates(columns)[0])
        notes.append(f"{counted(findings.identical, 'identical duplicate')} dropped")
    venue, symbol = parse_market(market)
    candles = Candles(
        *columns, timeframe=timeframe, symbol=symbol, venue=venue, source=stamped(f"imported from {name}")
    )
    return _made(readings, market, timeframe, findings, notes, candles, findings.rows)


def timeframe_of(reading: Reading) -> str:
    """Return the timeframe that a reading's name or, more, its times tell; "" where neither does."""
    ms = reading.ms if bool((np.diff(reading.ms) > 0).all()) else np.sort(reading.ms)
    seems = seeming_timeframe(ms[np.diff(ms, prepend=ms[:1] - 1) > 0])
    told = reading.timeframe
    if told and told not in TIMEFRAMES:
        known = ", ".join(TIMEFRAMES)
        raise DataError(f"{reading.name}: {told} candles cannot be stored; known: {known}; leave the file out")
    if told and seems and TIMEFRAMES[seems] < TIMEFRAMES[told]:
        raise DataError(
            f"{reading.name}: its name says {told} candles, but their times seem to be those of {seems}; "
            f"rename the file, or give --timeframe {seems}"
        )
    return told or seems or ""


def _made(
    readings: Sequence[Reading],
    market: str,
    timeframe: str,
    findings: Findings | None,
    notes: list[str],
    content: Candles | Funding,
    rows: int,
) -> Gathered:
    first = readings[0]
    shapes = {reading.layout.shape for reading in readings}
    said = tuple(dict.fromkeys(reading.layout.said for reading in readings))
    shape = first.layout.shape if len(shapes) == 1 else "several"
    names = tuple(reading.name for reading in readings)
    return Gathered(market, timeframe, first.kind, shape, said, names, findings, tuple(notes), content, rows)


def _opens(reading: Reading, timeframe: str, wishes: Wishes) -> tuple[Columns, list[str]]:
    notes = list(reading.notes)
    named_by = wishes.named_by or reading.layout.named_by
    open_ms, shifted = as_opens(reading.ms, timeframe, named_by, reading.name)
    notes += [shifted] if shifted else []
    columns = Columns(open_ms, *reading.values)
    if (wishes.volume_in or ("quote" if reading.layout.volume_in_quote else "base")) == "quote":
        usual = "" if wishes.volume_in else "; give --volume-in base if it is not"
        notes.append(f"volume is counted in quote: divided by each candle's close{usual}")
        with np.errstate(divide="ignore", invalid="ignore"):  # an impossible price is refused later, by name
            columns = columns._replace(volume=columns.volume / columns.close)
    return columns, notes


def _funding(readings: Sequence[Reading], market: str, name: str) -> Gathered:
    notes = list(dict.fromkeys(note for reading in readings for note in reading.notes))
    ms = np.concatenate([reading.ms for reading in readings]) // 60_000 * 60_000  # as Funding keeps them
    rate, mark = (np.concatenate([reading.values[at] for reading in readings]) for at in (0, 1))
    bad = np.flatnonzero(np.isnan(rate))
    if bad.size:
        raise DataError(f"{_place(readings, int(bad[0]))}: expected a funding rate such as 0.0001, was nothing")
    order = np.argsort(ms, kind="stable")
    back = int(np.count_nonzero(np.diff(ms) < 0))
    if back:
        notes.append(f"sorted by time: {counted(back, 'row')} stood out of order")
    ms, rate, mark = ms[order], rate[order], mark[order]
    repeats = np.zeros(ms.size, dtype=np.bool_)
    repeats[1:] = ms[1:] == ms[:-1]
    clash = np.flatnonzero(repeats[1:] & ((rate[1:] != rate[:-1]) | ~_alike(mark[1:], mark[:-1])))
    if clash.size:
        at = int(clash[0])
        raise DataError(
            f"{_place(readings, int(order[at + 1]))}: another row has {iso(int(ms[at]))} with rate {rate[at]} and mark "
            f"price {mark[at]}, was {rate[at + 1]} and {mark[at + 1]}; nothing was imported; fix the source"
        )
    if repeats.any():
        notes.append(f"{counted(int(repeats.sum()), 'identical duplicate')} dropped")
    content = Funding(ms[~repeats], rate[~repeats], mark[~repeats], stamped(f"imported from {name}"))
    return _made(readings, market, "", None, notes, content, int(ms.size))


def _alike(one: Values, other: Values) -> Mask:
    same: Mask = (one == other) | (np.isnan(one) & np.isnan(other))
    return same


def _place(readings: Sequence[Reading], row: int) -> str:
    """Name a row of what was put together."""
    ends = list(accumulate(reading.ms.size for reading in readings))
    at = bisect_right(ends, row)
    return readings[at].place(row - (ends[at - 1] if at else 0))


def _refuse(name: str, timeframe: str, readings: Sequence[Reading], findings: Findings) -> None:
    if findings.seems:
        raise DataError(
            f"{name}: expected {timeframe} candles, but their times seem to be those of {findings.seems}; "
            f"give --timeframe {findings.seems}"
        )
    if not findings.faults:
        return
    places = [_place(readings, bad.first_row) for bad in findings.faults]
    if len(readings) == 1:
        places = [place.rsplit(", ", 1)[1] for place in places]
    told = ", ".join(
        f"{counted(bad.rows, 'row')} with {bad.what} (first: {place}, {iso(bad.first_ms)})"
        for bad, place in zip(findings.faults, places, strict=True)
    )
    raise DataError(f"{name}: {told}; nothing was imported; fix the source and import it again")
