"""What venues publish themselves: Binance's archives, Kraken's.

Owns their columns. Must not know how a file is read.
"""

from __future__ import annotations

from engine.candles.columns import NAMES
from engine.candles.shapes.layout import Head, Layout, is_number, is_row

_KLINES = ("open_time", "open", "high", "low", "close", "volume", "close_time", "quote_volume", "count")


def binance_klines(head: Head) -> Layout | None:
    """Recognise klines: 12 columns. With a header an archive is one of futures, in microseconds one of spot.

    Programs write the same columns with what they asked of Binance, so the columns alone tell neither venue nor kind.
    """
    if not head.text or len(head.first) != 12:
        return None
    headed = head.names()[:9] == list(_KLINES)
    if not headed and not (is_row(head.first) and _closes_late(head.first)):
        return None
    by = head.naming.by
    archive, row = by.startswith("binance"), head.lines[int(headed) : int(headed) + 1]
    spot = by == "binance spot" or (archive and bool(row) and _in_us(row[0][0]))
    futures = not spot and (by == "binance futures" or (archive and headed))
    which = "futures klines" if futures else "spot klines" if spot else "klines, spot or futures"
    how = "12 columns with a header" if headed else "12 columns without a header"
    return Layout(
        shape="binance-klines",
        said=f"{'a Binance archive of' if archive else 'what Binance answers when asked for'} {which}: {how}",
        stamp=(0,),
        values=(1, 2, 3, 4, 5),
        skip=int(headed),
        venue="binance" if archive else "",
        contract=True if futures else False if spot else None,
    )


def kraken(head: Head) -> Layout | None:
    """Recognise an archive of Kraken's: seven columns without a header, unix seconds first, trades last.

    Only a name in Kraken's way tells that the venue is Kraken.
    """
    if not head.text or len(head.first) != 7 or not is_row(head.first) or not head.first[6].isdigit():
        return None
    if not (head.first[0].isdigit() and len(head.first[0]) in (9, 10)):
        return None
    known = head.naming.by == "kraken"
    return Layout(
        shape="kraken-ohlcvt",
        said=f"{'a Kraken archive' if known else 'seven columns'}: unix seconds, {', '.join(NAMES)}, trades",
        stamp=(0,),
        values=(1, 2, 3, 4, 5),
        skip=0,
        venue="kraken" if known else "",
        notes=("a candle without trades is not in it: it is a hole here",) if known else (),
    )


def funding(head: Head) -> Layout | None:
    """Recognise funding rates by the name of their column: Binance's archive, or a table of one's own."""
    known = head.names()
    rate = next((known.index(name) for name in _RATES if name in known), None)
    time = next((known.index(name) for name in _TIMES if name in known), None)
    if rate is None or time is None or {"open", "close"} & set(known):
        return None
    mark = next((known.index(name) for name in _MARKS if name in known), None)
    archive = known[:3] == ["calc_time", "funding_interval_hours", "last_funding_rate"]
    return Layout(
        shape="binance-funding" if archive else "funding",
        said=("a Binance archive of funding rates: " if archive else "funding rates: ") + ", ".join(head.first),
        stamp=(time,),
        values=(rate, mark),
        kind="funding",
        venue="binance" if archive else "",
        contract=archive,
    )


_TIMES = ("timestamp", "calc_time", "funding_time", "fundingtime", "time", "date", "datetime")
_RATES = ("funding_rate", "last_funding_rate", "fundingrate", "rate")
_MARKS = ("mark_price", "markprice", "mark")


def _in_us(stamp: str) -> bool:
    return is_number(stamp) and float(stamp) >= 1e14


def _closes_late(cells: tuple[str, ...]) -> bool:
    """Return whether the seventh column is a close time: after the first, by less than a year."""
    if not (cells[0].isdigit() and cells[6].isdigit() and len(cells[0]) == len(cells[6])):
        return False
    return 0 < int(cells[6]) - int(cells[0]) < int(cells[0]) // 10
