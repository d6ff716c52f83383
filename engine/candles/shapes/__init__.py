"""The shapes in which candles come: a table of small recognisers, asked in turn.

Owns the order in which they are asked. Must not know how a file is read, nor the store.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.candles.shapes import archives, plain, sites, terminals
from engine.candles.shapes.layout import Head, Layout

Recogniser = Callable[[Head], Layout | None]

# What is known for certain by its first line comes first; what takes anything with the right names comes last.
SHAPES: tuple[Recogniser, ...] = (
    sites.crypto_data_download,
    terminals.metatrader_5,
    terminals.metatrader_4,
    terminals.freqtrade,
    archives.binance_klines,
    archives.kraken,
    sites.coin_market_cap,
    sites.bitstamp_minutes,
    sites.yahoo,
    sites.trading_view,
    archives.funding,
    plain.unnamed,
    plain.named,
)


def recognise(head: Head) -> Layout:
    """Return the layout of a table; the last recogniser refuses what none knows."""
    return next(layout for layout in (ask(head) for ask in SHAPES) if layout is not None)


__all__ = ["SHAPES", "Head", "Layout", "recognise"]
