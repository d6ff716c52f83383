"""What a file's name tells of its candles: venue, symbol, timeframe, kind.

Owns the ways in which archives and tools name their files. A name proves nothing: it is compared with what is inside.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from engine.candles.symbols import contract_of, symbol_of
from engine.candles.timeframes import TIMEFRAMES

_VENUES = (
    *("binance", "binanceusdm", "bitfinex", "bitget", "bitstamp", "bittrex", "bitvavo", "bybit", "cex", "coinbase"),
    *("cryptocom", "exmo", "ftx", "gateio", "gemini", "hitbtc", "htx", "huobi", "hyperliquid", "kraken"),
    *("krakenfutures", "kucoin", "mexc", "okx", "poloniex"),
)
_TF = r"(?P<tf>\d+(?:mo|[mhdwMHDW]))"
_KINDS = {"": "candles", "-futures": "candles", "-mark": "mark", "-index": "index", "-funding_rate": "funding"}


@dataclass(frozen=True, slots=True)
class Naming:
    """What a name says; "" where it says nothing."""

    by: str = ""  # whose way of naming it is
    venue: str = ""
    symbol: str = ""
    timeframe: str = ""
    kind: str = ""  # "candles", "mark", "index", "funding"


def naming_of(path: PurePath) -> Naming:
    """Return what the name of a file, and the folders above it, tell."""
    for pattern, read in _WAYS:
        found = re.fullmatch(pattern, path.name)
        if found:
            return read(found, path)
    return Naming()


def _binance(found: re.Match[str], path: PurePath) -> Naming:
    folders = set(path.parts[:-1])
    contract = bool(folders & {"um", "cm", "futures"}) or "_" in found["pair"]
    kinds = {"markPriceKlines": "mark", "indexPriceKlines": "index", "klines": "candles"}
    kind = next((kind for folder, kind in kinds.items() if folder in folders), "")
    symbol = contract_of(found["pair"]) if contract else symbol_of(found["pair"], "binance")
    # Spot and futures archives bear the same names: only the folders of the archive, or the header, tell them apart.
    by = "binance futures" if contract else "binance spot" if "spot" in folders else "binance"
    return Naming(by, "binance", symbol or "", _timeframe(found["tf"]), kind)


def _binance_funding(found: re.Match[str], path: PurePath) -> Naming:
    return Naming("binance futures", "binance", contract_of(found["pair"]) or "", "", "funding")


def _freqtrade(found: re.Match[str], path: PurePath) -> Naming:
    coins = found["pair"].split("_")
    symbol = f"{coins[0]}/{coins[1]}" + "".join(f":{coin}" for coin in coins[2:3])
    folders = [part for part in path.parts[:-1] if part in _VENUES]
    kind = _KINDS[found["kind"] or ""]
    return Naming("freqtrade", folders[-1] if folders else "", symbol, _timeframe(found["tf"]), kind)


def _kraken(found: re.Match[str], path: PurePath) -> Naming:
    timeframe, symbol = _of_minutes(found["minutes"]), symbol_of(found["pair"], "kraken")
    return Naming("kraken", "kraken", symbol, timeframe, "candles") if timeframe and symbol else Naming()


def _trading_view(found: re.Match[str], path: PurePath) -> Naming:
    written, venue = found["pair"], found["venue"].lower()
    symbol = contract_of(written.removesuffix(".P")) if written.endswith(".P") else symbol_of(written, venue)
    timeframe = {"D": "1d", "W": "1w"}.get(found["length"].removeprefix("1")) or _of_minutes(found["length"])
    return Naming("tradingview", venue, symbol or "", timeframe, "candles")


def _of_minutes(written: str) -> str:
    return next((name for name, length_ms in TIMEFRAMES.items() if length_ms == 60_000 * int(written)), "")


def _download(found: re.Match[str], path: PurePath) -> Naming:
    timeframe = {"d": "1d", "1hour": "1h", "hour": "1h", "minute": "1m", "daily": "1d"}.get(
        found["length"].lower(), _timeframe(found["length"])
    )
    venue = found["venue"].lower()
    return Naming("cryptodatadownload", venue, symbol_of(found["pair"], venue) or "", timeframe, "")


def _own_way(found: re.Match[str], path: PurePath) -> Naming:
    venue, kind = found["venue"].lower(), "mark" if found["mark"] else ""
    contract = f":{found['quote']}" if found["perpetual"] or venue == "binanceusdm" else ""
    return Naming("", venue, f"{found['base']}/{found['quote']}{contract}", _timeframe(found["tf"]), kind)


def _own_funding(found: re.Match[str], path: PurePath) -> Naming:
    base, quote = found["base"], found["quote"]
    # Only a contract has funding; one counted in dollars may be settled in the coin, so it is not known.
    symbol = f"{base}/{quote}:{quote}" if quote in ("USDT", "USDC") else ""
    return Naming("", found["venue"].lower(), symbol, "", "funding")


def _pair_only(found: re.Match[str], path: PurePath) -> Naming:
    return Naming("", "", symbol_of(found["pair"]) or "", _timeframe(found["tf"]), "")


def _yahoo(found: re.Match[str], path: PurePath) -> Naming:
    return Naming("", "", f"{found['base']}/{found['quote']}", "", "")


def _timeframe(written: str) -> str:
    """Return the timeframe as we name it; one that we have not stays as it is, and is refused by its name."""
    return written if written.endswith(("mo", "M")) else written.lower()


_DATE = r"\d{4}-\d\d(?:-\d\d)?"
_ENDS = r"\.(?:csv|csv\.gz|zip|parquet|feather|json|json\.gz|tsv|txt)"
_WAYS: tuple[tuple[str, Callable[[re.Match[str], PurePath], Naming]], ...] = (
    (rf"(?P<pair>[A-Z0-9]+(?:_\w+)?)-{_TF}-{_DATE}{_ENDS}", _binance),
    (rf"(?P<pair>[A-Z0-9]+(?:_\w+)?)-fundingRate-{_DATE}{_ENDS}", _binance_funding),
    (
        rf"(?P<pair>[A-Z0-9]+_[A-Z0-9]+(?:_[A-Z0-9]+)?)-{_TF}(?P<kind>-futures|-mark|-index|-funding_rate)?{_ENDS}",
        _freqtrade,
    ),
    (rf"(?P<venue>[A-Z]+)_(?P<pair>[A-Z0-9]+(?:\.P)?), (?P<length>\d+|1?[DW])(?: ?[_(]\w+\)?)?{_ENDS}", _trading_view),
    (
        rf"(?:candles_)?(?P<venue>[A-Za-z]+)(?P<perpetual>_perpetual)?(?P<mark>-MARK)?_"
        rf"(?P<base>[A-Z0-9]+)-(?P<quote>[A-Z0-9]+)_{_TF}(?:_\w+)?{_ENDS}",
        _own_way,
    ),
    (rf"(?P<venue>[A-Za-z]+)_(?P<base>[A-Z0-9]+)-(?P<quote>[A-Z0-9]+)_funding{_ENDS}", _own_funding),
    (
        r"(?P<venue>[A-Z][A-Za-z]+)_(?P<pair>[A-Z0-9]+)_(?P<length>\d+[mh]|d|1?hour|minute|daily)(?:_\d{4})?" + _ENDS,
        _download,
    ),
    (rf"(?P<pair>[A-Z0-9]+)_(?P<minutes>\d+){_ENDS}", _kraken),
    (rf"(?P<pair>[A-Z0-9]+(?:[-_][A-Z0-9]+)?)[-_ ]{_TF}{_ENDS}", _pair_only),
    (rf"(?P<base>[A-Z0-9]+)-(?P<quote>USD|EUR|GBP){_ENDS}", _yahoo),
)
