"""The same hours of candles, written as archives, sites and programs write them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from engine.candles import Candles

from .making import candles

HOURS = candles(48)
HOUR_MS = 3_600_000
Row = tuple[int, float, float, float, float, float]


def rows(of: Candles = HOURS) -> list[Row]:
    """Return open time in ms, open, high, low, close, volume, as Python numbers."""
    return list(zip(*(column.tolist() for column in of.columns), strict=True))


def date(form: str) -> Callable[[int], str]:
    """Return what writes a time in ms as a date of this form, UTC."""
    return lambda ms: datetime.fromtimestamp(ms / 1000, UTC).strftime(form)


def text(lines: Iterable[Iterable[object]], header: str = "", by: str = ",") -> str:
    """Return a CSV text."""
    body = [by.join(map(str, line)) for line in lines]
    return "\n".join([*([header] if header else []), *body]) + "\n"


def binance(unit: int = 1, header: str = "", of: Candles = HOURS) -> str:
    """Return an archive of klines: 12 columns; unit: how many of the stamps' unit are a millisecond."""
    step = of.timeframe_ms
    return text(
        (
            (ms * unit, o, h, low, c, v, (ms + step) * unit - 1, round(v * c, 8), 17, v / 2, v * c / 2, 0)
            for ms, o, h, low, c, v in rows(of)
        ),
        header,
    )


FUTURES = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore"
)
VALUES = "open,high,low,close"


def kraken(of: Candles = HOURS) -> str:
    """Return a Kraken archive."""
    return text((ms // 1000, *values, 17) for ms, *values in rows(of))


def download(
    header: str = f"unix,date,symbol,{VALUES},Volume BTC,Volume USDT,tradecount", unix: Callable[[int], object] = int
) -> str:
    """Return a file of CryptoDataDownload, newest first."""
    day = date("%Y-%m-%d %H:%M:%S")
    lines = [(unix(ms), day(ms), "BTC/USDT", o, h, low, c, v, v * c, 17) for ms, o, h, low, c, v in rows()]
    return text(lines[::-1], f"https://www.CryptoDataDownload.com\n{header}")


def old_download() -> str:
    """Return one of its first files: hours with AM and PM, quote volume first."""
    hour = date("%Y-%m-%d %I-%p")
    lines = [(hour(ms), "BTCUSDT", o, h, low, c, v * c, v) for ms, o, h, low, c, v in rows()]
    return text(
        lines[::-1], "https://www.CryptoDataDownload.com\nDate,Symbol,Open,High,Low,Close,Volume USDT,Volume BTC"
    )


def metatrader_5(real: bool = True) -> str:
    """Return an export of MetaTrader 5; real: with volume, not with ticks alone."""
    day, clock = date("%Y.%m.%d"), date("%H:%M:%S")
    lines = (
        (day(ms), clock(ms), o, h, low, c, 999 if real else v, v if real else 0, 5) for ms, o, h, low, c, v in rows()
    )
    return text(lines, "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>", "\t")


def metatrader_4() -> str:
    """Return an export of MetaTrader 4."""
    day, clock = date("%Y.%m.%d"), date("%H:%M")
    return text((day(ms), clock(ms), *values) for ms, *values in rows())


def plain(stamp: Callable[[int], object] = int, header: str = f"timestamp,{VALUES},volume", by: str = ",") -> str:
    """Return a table with named columns."""
    return text(((stamp(ms), *values) for ms, *values in rows()), header, by)
