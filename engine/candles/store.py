"""Candles at rest: Parquet, one file a market, timeframe and year.

    ROOT/binance/BTC-USDT/1h/2024.parquet

Owns the layout and the merging of new candles with old ones. Must not know foreign files or the command line.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.candles.candles import Candles
from engine.candles.columns import Times
from engine.candles.merging import Merge, by_year, joined, merge, year_span
from engine.candles.timeframes import TIMEFRAMES, counted, iso, parse_market, parse_time, timeframe_ms
from engine.errors import DataError, did_you_mean

# The span of the simulated market where none is asked for.
SIMULATED_SINCE, SIMULATED_UNTIL = "2024-01-01", "2025-01-01"


@dataclass(frozen=True, slots=True)
class Stored:
    """One line of the store's listing."""

    market: str
    timeframe: str
    first_ms: int  # open time of the first candle
    last_ms: int  # open time of the last candle
    rows: int


@dataclass(frozen=True, slots=True)
class Written:
    """What a write changed; counts are candles."""

    files: tuple[Path, ...]
    added: int
    replaced: int
    unchanged: int  # in the store before, identical


class Store:
    """Keep candles under a folder, which need not exist before the first write."""

    def __init__(self, root: str | Path = "data") -> None:
        self.root = Path(root)

    def write(self, candles: Candles, replace: bool = False) -> Written:
        """Merge candles into the store; where they disagree with it, refuse, or win with `replace`."""
        from engine.candles.parquet import locked, write_years

        if not len(candles):
            raise DataError(f"{candles.market} {candles.timeframe}: no candles to write; choose another span")
        with locked(self._folder(candles.market), candles.market):
            merges = {}
            for year, new in by_year(candles):
                path = self._path(candles.market, candles.timeframe, year)
                old = self._read(path, candles.market, candles.timeframe) if path.exists() else None
                merges[path] = merge(old, new) if old else Merge(new, len(new), 0, 0, "")
            done = merges.values()
            fresh, unchanged = sum(one.fresh for one in done), sum(one.unchanged for one in done)
            differing = sum(one.differing for one in done)
            if differing and not replace:
                raise DataError(
                    f"{candles.market} {candles.timeframe}: {counted(differing, 'candle')} of "
                    f"{differing + unchanged:,} disagree with the store, first "
                    f"{next(one.example for one in done if one.example)}; "
                    "nothing was written; give --replace to let the new ones win"
                )
            files = {path: one.candles for path, one in merges.items() if one.fresh or one.differing}
            write_years(files)
        return Written(tuple(files), fresh, differing, unchanged)

    @contextmanager
    def reserved(self, market: str, timeframe: str) -> Iterator[None]:
        """Keep other fetches of the same candles out; DataError: one is under way. Single writes need no more."""
        from engine.candles.parquet import locked

        with locked(self._folder(market) / timeframe, f"{market} {timeframe}"):
            yield

    def load(self, market: str, timeframe: str, from_ms: int | None = None, until_ms: int | None = None) -> Candles:
        """Return the stored candles that open at or after `from_ms` and before `until_ms`."""
        parse_market(market)
        timeframe_ms(timeframe)
        folder = self._folder(market) / timeframe
        paths = [path for path in _year_files(folder) if _may_hold(int(path.stem), from_ms, until_ms)]
        parts = [self._read(path, market, timeframe) for path in paths]
        whole = parts[0] if len(parts) == 1 else joined(parts) if parts else None
        found = whole.between(from_ms, until_ms) if whole else None
        if found is None or not len(found):
            raise DataError(self._nothing(market, timeframe, from_ms, until_ms))
        return found

    def markets(self) -> list[Stored]:
        """Return what is stored, by market and from fine to coarse; reads no candles."""
        found = (self.stored(market, timeframe) for market, timeframe in self.names())
        return [one for one in found if one.rows]

    def names(self) -> list[tuple[str, str]]:
        """Return market and timeframe of everything stored, by market and from fine to coarse; opens no file."""
        names = []
        for folder in sorted(self.root.glob("*/*/")) if self.root.is_dir() else []:
            market = f"{folder.parent.name}:{folder.name.replace('-', '/', 1).replace('_', ':')}"
            names += [(market, timeframe) for timeframe in TIMEFRAMES if _year_files(folder / timeframe)]
        return names

    def stored(self, market: str, timeframe: str) -> Stored:
        """Return span and rows of one of them, from its files' footers; DataError: one cannot be read."""
        from engine.candles.parquet import read_span

        spans = [read_span(path) for path in _year_files(self._folder(market) / timeframe)]
        first_ms, last_ms = min(span[0] for span in spans), max(span[1] for span in spans)
        return Stored(market, timeframe, first_ms, last_ms, sum(count for _, _, count in spans))

    def times(self, market: str, timeframe: str) -> Times:
        """Return the stored open times, none where nothing is stored; reads no prices."""
        from engine.candles.parquet import read_times

        parts = [read_times(path) for path in _year_files(self._folder(market) / timeframe)]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)

    def _folder(self, market: str) -> Path:
        venue, symbol = parse_market(market)
        # A symbol has one slash and it comes first, so this is undone without loss, even for BTC/USDT:USDT-241227.
        return self.root / venue / symbol.replace("/", "-", 1).replace(":", "_")

    def _path(self, market: str, timeframe: str, year: int) -> Path:
        return self._folder(market) / timeframe / f"{year:04d}.parquet"

    def _read(self, path: Path, market: str, timeframe: str) -> Candles:
        from engine.candles.parquet import read_year

        columns, told = read_year(path)
        if (told.market, told.timeframe) != (market, timeframe):
            raise DataError(
                f"{path}: expected candles of {market} {timeframe}, was {told.market} {told.timeframe}; "
                "put the file back where it was, or delete it and import again"
            )
        venue, symbol = parse_market(market)
        try:
            return Candles(*columns, timeframe=timeframe, symbol=symbol, venue=venue, source=told.source)
        except DataError as error:
            raise DataError(f"{path}: {error}") from None

    def _nothing(self, market: str, timeframe: str, from_ms: int | None, until_ms: int | None) -> str:
        listing = self.markets()
        root = "" if self.root == Path("data") else f" --root {self.root}"
        command = f"tradewind data import FILE --market {market} --timeframe {timeframe}{root}"
        here = [line for line in listing if line.market == market]
        same = next((line for line in here if line.timeframe == timeframe), None)
        if same:
            asked = " ".join(
                f"{word} {iso(ms)}" for word, ms in (("from", from_ms), ("until", until_ms)) if ms is not None
            )
            return (
                f"{market} {timeframe}: no candles {asked}; the store holds {iso(same.first_ms)} to "
                f"{iso(same.last_ms)}; ask for a span of that, or import more: {command}"
            )
        if here:
            others = ", ".join(line.timeframe for line in here)
            return (
                f"{market} is stored as {others} candles only, not {timeframe}; "
                f"ask for {here[0].timeframe}, or import them: {command}"
            )
        known = {line.market for line in listing}
        hint = did_you_mean(market, known) if known else "; the store is empty"
        return f"no candles of {market} in {self.root}{hint}; import them: {command}"


def load_candles(
    market: str,
    timeframe: str,
    since: str | int | None = None,
    until: str | int | None = None,
    *,
    root: str | Path = "data",
    scenario: str = "mixed",
    seed: int = 1,
) -> Candles:
    """Return candles of the store, or of the embedded simulated market for "simulated:BTC/USDT".

    `since` and `until` are dates, ISO times or ms UTC; a candle belongs to the span if it opens at or after
    `since` and before `until`. `scenario` and `seed` are the simulated market's, one year of it by default.
    """
    venue, symbol = parse_market(market)
    if venue == "simulated":
        from engine.candles.simulate import simulate

        from_ms = parse_time(SIMULATED_SINCE if since is None else since)
        until_ms = parse_time(SIMULATED_UNTIL if until is None else until)
        return simulate(symbol, timeframe, from_ms, until_ms, scenario, seed)
    from_ms_or_none = None if since is None else parse_time(since)
    return Store(root).load(market, timeframe, from_ms_or_none, None if until is None else parse_time(until))


def _may_hold(year: int, from_ms: int | None, until_ms: int | None) -> bool:
    start, stop = year_span(year)
    return (until_ms is None or start < until_ms) and (from_ms is None or stop > from_ms)


def _year_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.parquet") if path.stem.isdigit() and len(path.stem) == 4)
