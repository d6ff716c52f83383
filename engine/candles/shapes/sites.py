"""What web sites offer: CryptoDataDownload, Yahoo, TradingView, CoinMarketCap, the minutes of Bitstamp.

Owns their columns and their habits. Must not know how a file is read.
"""

from __future__ import annotations

from engine.candles.shapes.layout import Head, Layout, find
from engine.candles.symbols import symbol_of
from engine.errors import DataError

_PRICES = ("open", "high", "low", "close")


def crypto_data_download(head: Head) -> Layout | None:
    """Recognise a first line that is a web address, or unix|date, symbol, prices and a volume named by its coin."""
    line = int(len([cell for cell in head.first if cell]) <= 2 and "cryptodatadownload" in "".join(head.first).lower())
    if line >= len(head.lines) or not head.text:
        return None
    known = head.names(line)
    unix = next((name for name in ("unix", "unix_timestamp") if name in known), None)
    if not line and (unix is None or "symbol" not in known):
        return None
    if "symbol" not in known or not {"unix", "unix_timestamp", "date"} & set(known):
        was = ", ".join(head.lines[line])
        raise DataError(f"{head.name}, line {line + 1}: expected the columns unix, date, symbol, was {was}")
    at = find(head, known, (unix or "date", *_PRICES), line)
    by_unix = "unix time" if unix else "dates"
    return Layout(
        shape="cryptodatadownload",
        said=f"a file of CryptoDataDownload: {by_unix}, symbol, prices, volumes",
        stamp=at[:1],
        values=(*at[1:], _volume(head, known, line)),
        skip=line + 1,
        symbol_column=known.index("symbol"),
        dates="" if unix else "am-pm",
        mixed_units=True,
    )


def _volume(head: Head, known: list[str], line: int) -> int:
    """Return the column of the volume in coins: named by the base of the symbol."""
    if "volume" in known:
        return known.index("volume")
    volumes = {name.removeprefix("volume_"): at for at, name in enumerate(known) if name.startswith("volume_")}
    row = head.lines[line + 1] if len(head.lines) > line + 1 else ()
    written = row[known.index("symbol")] if len(row) == len(known) else ""
    symbol = symbol_of(written, head.naming.venue) or head.naming.symbol
    base = symbol.partition("/")[0].lower()
    if base in volumes:
        return volumes[base]
    if base == "btc" and "xbt" in volumes:
        return volumes["xbt"]
    raise DataError(
        f'{head.name}: expected a column "Volume {base.upper() or "BTC"}", the coin of the symbol "{written}"; '
        f"its columns: {', '.join(head.lines[line])}"
    )


def yahoo(head: Head) -> Layout | None:
    """Recognise Date, Open, High, Low, Close, Adj Close, Volume, and yfinance's three lines of names."""
    known, skip = head.names(), 1
    if known[:1] == ["price"] and len(head.lines) > 2 and head.names(1)[:1] == ["ticker"]:
        known, skip = ["date", *known[1:]], 3
        if len({cell for cell in head.lines[1][1:] if cell}) > 1:
            raise DataError(f"{head.name}, line 2: expected one market, was {', '.join(head.lines[1][1:])}; split them")
    elif "adj_close" not in known and not {"dividends", "stock_splits"} <= set(known):
        return None
    time = next((name for name in ("date", "datetime") if name in known), None)
    if time is None:
        return None
    at = find(head, known, (time, *_PRICES, "volume"))
    adjusted = ", adjusted close left out" if "adj_close" in known else ""
    return Layout(
        shape="yahoo",
        said=f"a file of Yahoo Finance: date, prices, volume{adjusted}",
        stamp=at[:1],
        values=at[1:],
        skip=skip,
        volume_in_quote=True,
    )


def trading_view(head: Head) -> Layout | None:
    """Recognise an export of a chart: time, open, high, low, close, then Volume and what was drawn on it."""
    known = head.names()
    if known[:5] != ["time", *_PRICES] or head.naming.by != "tradingview":
        return None
    at = find(head, known, ("time", *_PRICES, "volume"))
    drawn = [name for place, name in enumerate(head.first) if place not in at]
    return Layout(
        shape="tradingview",
        said="a chart exported from TradingView",
        stamp=at[:1],
        values=at[1:],
        notes=(f"columns ignored: {', '.join(drawn)}",) if drawn else (),
    )


def coin_market_cap(head: Head) -> Layout | None:
    """Recognise timeOpen;timeClose;timeHigh;timeLow;...: each day named by its beginning, volume in dollars."""
    known = head.names()
    if known[:4] != ["timeopen", "timeclose", "timehigh", "timelow"]:
        return None
    at = find(head, known, ("timeopen", *_PRICES, "volume"))
    return Layout(
        shape="coinmarketcap",
        said="a history of CoinMarketCap: timeOpen, prices, volume",
        stamp=at[:1],
        values=at[1:],
        volume_in_quote=True,
    )


def bitstamp_minutes(head: Head) -> Layout | None:
    """Recognise Timestamp, Open, High, Low, Close, Volume_(BTC), Volume_(Currency), Weighted_Price."""
    known = head.names()
    if "volume_(currency)" not in known or "weighted_price" not in known:
        return None
    volume = next((at for at, name in enumerate(known) if name.startswith("volume_(")), None)
    if volume is None or known[volume] == "volume_(currency)":
        return None
    at = find(head, known, ("timestamp", *_PRICES))
    return Layout(
        shape="bitstamp-minutes",
        said="minutes with Volume_(BTC), Volume_(Currency), Weighted_Price, as Bitstamp's history is passed around",
        stamp=at[:1],
        values=(*at[1:], volume),
        empty_rows=True,
    )
