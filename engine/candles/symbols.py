"""Symbols as venues write them, taken apart: BTCUSDT is BTC/USDT.

Owns the quotes by which they are cut. What could be cut in two ways is not cut. Must not know files.
"""

from __future__ import annotations

import re

_ANYWHERE = ("USDT", "USDC", "USD", "EUR", "GBP", "JPY", "AUD", "CAD", "CHF", "BTC", "ETH", "DAI")
_BINANCE = (
    *("USDT", "USDC", "FDUSD", "BUSD", "TUSD", "PAX", "USDS", "UST", "DAI", "VAI", "BTC", "ETH", "BNB", "TRX"),
    *("XRP", "DOGE", "SOL", "DOT", "EUR", "EURI", "GBP", "AUD", "TRY", "BRL", "ARS", "MXN", "COP", "RUB", "UAH"),
    *("NGN", "ZAR", "PLN", "RON", "CZK", "JPY", "IDRT", "BIDR", "BKRW", "BVND"),
)
_BY_VENUE = {
    "binance": _BINANCE,
    "kraken": ("USD", "EUR", "GBP", "CAD", "JPY", "CHF", "AUD", "XBT", "ETH", "USDT", "USDC", "DAI", "DOT"),
}
_EVERY = tuple(dict.fromkeys((*_ANYWHERE, *_BINANCE)))
_PLAIN = {"kraken": {"XBT": "BTC", "XDG": "DOGE"}}  # Kraken's own names of two coins
_DELIVERY = re.compile(r"(?P<pair>[A-Z0-9]+)_(?P<end>PERP|\d{6})")


def symbol_of(written: str, venue: str = "") -> str | None:
    """Return "BTC/USDT" for BTCUSDT, BTC-USDT, BTC_USDT or BTC/USDT; None where it cannot be known."""
    parts = re.split(r"[-_/]", written.strip().upper())
    if len(parts) == 2 and all(re.fullmatch(r"[A-Z0-9]+", part) for part in parts):
        return "/".join(_plain(part, venue) for part in parts)
    if len(parts) != 1 or not re.fullmatch(r"[A-Z0-9]{5,}", parts[0]):
        return None
    quotes = _BY_VENUE.get(venue, _EVERY)
    fits = [quote for quote in quotes if parts[0].endswith(quote) and len(parts[0]) > len(quote) + 1]
    if len(fits) != 1:
        return None
    return f"{_plain(parts[0].removesuffix(fits[0]), venue)}/{_plain(fits[0], venue)}"


def contract_of(written: str) -> str | None:
    """Return the contract of a Binance futures archive: BTC/USDT:USDT, BTC/USD:BTC, BTC/USDT:USDT-240329."""
    delivery = _DELIVERY.fullmatch(written)
    pair = delivery["pair"] if delivery else written
    coin = pair.removesuffix("USD")
    if delivery and coin != pair and not coin.endswith(("B", "FD", "T")):
        symbol, settled = f"{coin}/USD", coin
    else:
        found = symbol_of(pair, "binance")
        if found is None:
            return None
        symbol, settled = found, found.partition("/")[2]
    end = f"-{delivery['end']}" if delivery and delivery["end"] != "PERP" else ""
    return f"{symbol}:{settled}{end}"


def pair_of(symbol: str) -> str:
    """Return base and quote of a symbol, without what a contract is settled in."""
    return symbol.partition(":")[0]


def _plain(coin: str, venue: str) -> str:
    return _PLAIN.get(venue, {}).get(coin, coin)
