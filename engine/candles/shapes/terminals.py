"""What trading programs write: MetaTrader 4 and 5, freqtrade.

Owns their columns. Must not know how a file is read.
"""

from __future__ import annotations

import re

from engine.candles.shapes.layout import Head, Layout, find, is_number

_DATE = re.compile(r"\d{4}\.\d\d\.\d\d")
_CLOCK = re.compile(r"\d\d:\d\d(:\d\d)?")
_TICKS = "volume: MetaTrader counts changes of the price, no coins; do not limit fills by it"
_SERVER = "times: MetaTrader writes its broker's; taken as UTC"


def metatrader_5(head: Head) -> Layout | None:
    """Recognise <DATE> <TIME> <OPEN> <HIGH> <LOW> <CLOSE> <TICKVOL> <VOL> <SPREAD>; days have no <TIME>."""
    if not head.text or head.first[0].strip().upper() != "<DATE>":
        return None
    known = head.names()
    clock = "time" in known
    at = find(head, known, ("date", *(("time",) if clock else ()), "open", "high", "low", "close", "tickvol"))
    real = known.index("vol") if "vol" in known else None
    return Layout(
        shape="metatrader",
        said=f"an export of MetaTrader 5: {'date, time' if clock else 'date'}, prices, volume",
        stamp=at[: 1 + clock],
        values=(*at[1 + clock : -1], at[-1] if real is None else real),
        spare_volume=at[-1],
        spare_note=_TICKS,
        dates="dots",
        notes=(_SERVER,) if real is not None else (_SERVER, _TICKS),
    )


def metatrader_4(head: Head) -> Layout | None:
    """Recognise 2020.01.01,00:00,open,high,low,close,volume without a header."""
    cells = head.first
    if not head.text or len(cells) != 7 or not _DATE.fullmatch(cells[0]) or not _CLOCK.fullmatch(cells[1]):
        return None
    if not all(is_number(cell) for cell in cells[2:]):
        return None
    return Layout(
        shape="metatrader",
        said="an export of MetaTrader 4: date, time, prices, tick volume, without a header",
        stamp=(0, 1),
        values=(2, 3, 4, 5, 6),
        skip=0,
        dates="dots",
        notes=(_SERVER, _TICKS),
    )


def freqtrade(head: Head) -> Layout | None:
    """Recognise date, open, high, low, close, volume in a file that freqtrade named; a funding rate is its "open"."""
    known = head.names()
    if head.naming.by != "freqtrade" or known[:6] != ["date", "open", "high", "low", "close", "volume"]:
        return None
    kind = head.naming.kind
    said = {"funding": "funding rates", "mark": "mark prices", "index": "index prices"}.get(kind, "candles")
    return Layout(
        shape="freqtrade",
        said=f"freqtrade's {said}: date, open, high, low, close, volume",
        stamp=(0,),
        values=(1, None) if kind == "funding" else (1, 2, 3, 4, 5),
        kind=kind,
        skip=int(head.text),
    )
