"""Candles at rest: Parquet, one file a market, timeframe and year.

    ROOT/binance/BTC-USDT/1h/2024.parquet
    ROOT/binance/BTC-USDT_USDT/mark/1h/2024.parquet       mark prices, index prices: beside the timeframes
    ROOT/binance/BTC-USDT_USDT/funding/2024.parquet       timestamp, funding_rate, mark_price (empty: not known)
    ROOT/binance/BTC-USDT/trades/2024-08-08.parquet       public trades, see prints.py

Owns the layout and the merging of new candles with old ones. Must not know foreign files or the command line.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.candles.candles import Candles
from engine.candles.columns import Times
from engine.candles.funding import Funding
from engine.candles.merging import Merge, by_year, merge, year_span
from engine.candles.provenance import together
from engine.candles.timeframes import TIMEFRAMES, counted, iso, parse_market, parse_time, timeframe_ms
from engine.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from engine.candles.parquet import Told

KINDS = ("candles", "mark", "index")
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
    """Keep candles under a folder, which need not exist before the first write.

    kind: of trades ("candles"), of mark or of index prices; a store of one kind does not see the others.
    """

    def __init__(self, root: str | Path = "data", kind: str = "candles") -> None:
        self.root, self.kind = Path(root), kind

    def write(self, candles: Candles, replace: bool = False) -> Written:
        """Merge candles into the store; where they disagree with it, refuse, or win with `replace`."""
        from engine.candles.parquet import candle_table, locked, write_tables

        if not len(candles):
            raise DataError(f"{candles.market} {candles.timeframe}: no candles to write; choose another span")
        with locked(self._folder(candles.market), candles.market):
            merges = self._merged(candles, replace)
            files = {path: one.candles for path, one in merges.items() if one.fresh or one.differing}
            write_tables({path: candle_table(one, self.kind) for path, one in files.items()})
        return _written(list(files), list(merges.values()))

    def check(self, candles: Candles, replace: bool = False) -> None:
        """Refuse what `write` would refuse, and write nothing."""
        self._merged(candles, replace)

    def write_funding(self, market: str, funding: Funding, replace: bool = False) -> Written:
        """Merge settlements into the store; where they disagree with it, refuse, or win with `replace`."""
        from engine.candles import settlements

        return settlements.write(self._folder(market), market, funding, replace)

    def check_funding(self, market: str, funding: Funding, replace: bool = False) -> None:
        """Refuse what `write_funding` would refuse, and write nothing."""
        from engine.candles import settlements

        settlements.check(self._folder(market), market, funding, replace)

    def has_funding(self, market: str, from_ms: int, until_ms: int) -> bool:
        """Return whether a settlement is stored at or after `from_ms` and before `until_ms`; DataError: damage."""
        from engine.candles import settlements

        return settlements.within(self._folder(market), market, from_ms, until_ms)

    def funded(self) -> list[str]:
        """Return the markets with stored funding; opens no file."""
        return [market for market, folder in self._folders() if year_files(folder / "funding")]

    def load_funding(self, market: str, from_ms: int | None = None, until_ms: int | None = None) -> Funding:
        """Return the stored settlements at or after `from_ms` and before `until_ms`; DataError: there are none."""
        from engine.candles import settlements

        return settlements.load(self._folder(market), market, from_ms, until_ms)

    @contextmanager
    def reserved(self, market: str, timeframe: str) -> Iterator[None]:
        """Keep other fetches of the same candles out; DataError: one is under way. Single writes need no more."""
        from engine.candles.parquet import locked

        with locked(self._home(market, timeframe), f"{market} {timeframe}"):
            yield

    def load(self, market: str, timeframe: str, from_ms: int | None = None, until_ms: int | None = None) -> Candles:
        """Return the stored candles that open at or after `from_ms` and before `until_ms`."""
        parse_market(market)
        timeframe_ms(timeframe)
        paths = self.paths(market, timeframe, from_ms, until_ms)
        whole = self._read(paths, market, timeframe) if paths else None
        found = whole.between(from_ms, until_ms) if whole else None
        if found is None or not len(found):
            raise DataError(self.nothing(market, timeframe, from_ms, until_ms))
        return found

    def markets(self) -> list[Stored]:
        """Return what is stored, by market and from fine to coarse; reads no candles."""
        found = (self.stored(market, timeframe) for market, timeframe in self.names())
        return [one for one in found if one.rows]

    def names(self) -> list[tuple[str, str]]:
        """Return market and timeframe of everything stored, by market and from fine to coarse; opens no file."""
        names = []
        for market, folder in self._folders():
            home = folder if self.kind == "candles" else folder / self.kind
            names += [(market, timeframe) for timeframe in TIMEFRAMES if year_files(home / timeframe)]
        return names

    def _folders(self) -> Iterator[tuple[str, Path]]:
        for folder in sorted(self.root.glob("*/*/")) if self.root.is_dir() else []:
            yield f"{folder.parent.name}:{folder.name.replace('-', '/', 1).replace('_', ':')}", folder

    def stored(self, market: str, timeframe: str) -> Stored:
        """Return span and rows of one of them, from its files' footers; DataError: one cannot be read."""
        from engine.candles.parquet import read_span

        spans = [read_span(path) for path in year_files(self._home(market, timeframe))]
        first_ms, last_ms = min(span[0] for span in spans), max(span[1] for span in spans)
        return Stored(market, timeframe, first_ms, last_ms, sum(count for _, _, count in spans))

    def times(self, market: str, timeframe: str) -> Times:
        """Return the stored open times, none where nothing is stored; reads no prices."""
        from engine.candles.parquet import read_times

        parts = [read_times(path) for path in year_files(self._home(market, timeframe))]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)

    def paths(self, market: str, timeframe: str, from_ms: int | None = None, until_ms: int | None = None) -> list[Path]:
        """Return the files that may hold a span, in order of time; opens none."""
        files = year_files(self._home(market, timeframe))
        return [path for path in files if _may_hold(int(path.stem), from_ms, until_ms)]

    def folder(self, market: str) -> Path:
        """Return the folder of a market, which need not exist."""
        return self._folder(market)

    def _folder(self, market: str) -> Path:
        venue, symbol = parse_market(market)
        # A symbol has one slash and it comes first, so this is undone without loss, even for BTC/USDT:USDT-241227.
        return self.root / venue / symbol.replace("/", "-", 1).replace(":", "_")

    def _path(self, market: str, timeframe: str, year: int) -> Path:
        return self._home(market, timeframe) / f"{year:04d}.parquet"

    def _home(self, market: str, timeframe: str) -> Path:
        folder = self._folder(market)
        return (folder if self.kind == "candles" else folder / self.kind) / timeframe

    def _merged(self, candles: Candles, replace: bool) -> dict[Path, Merge]:
        merges = {}
        for year, new in by_year(candles):
            path = self._path(candles.market, candles.timeframe, year)
            old = self._read([path], candles.market, candles.timeframe) if path.exists() else None
            merges[path] = merge(old, new) if old else Merge(new, len(new), 0, 0, "")
        differing = sum(one.differing for one in merges.values())
        if differing and not replace:
            both = differing + sum(one.unchanged for one in merges.values())
            raise DataError(
                f"{candles.market} {candles.timeframe}: {counted(differing, 'candle')} of {both:,} disagree with the "
                f"store, first {next(one.example for one in merges.values() if one.example)}; "
                "nothing was written; give --replace to let the new ones win"
            )
        return merges

    def _read(self, paths: list[Path], market: str, timeframe: str) -> Candles:
        """Read successive files at once; when something is wrong with them, one by one, to name it."""
        from engine.candles.parquet import read_years

        columns, told = read_years(paths)
        for path, one in zip(paths, told, strict=True):
            refuse_strange(path, one, market, timeframe, self.kind)
        venue, symbol = parse_market(market)
        source = together(one.source for one in told)
        try:
            return Candles(*columns, timeframe=timeframe, symbol=symbol, venue=venue, source=source)
        except DataError as error:
            if len(paths) == 1:
                raise DataError(f"{paths[0]}: {error}") from None
            for path in paths:
                self._read([path], market, timeframe)
            raise

    def nothing(self, market: str, timeframe: str, from_ms: int | None, until_ms: int | None) -> str:
        """Return the sentence of who asked for candles that are not there."""
        listing = self.markets()
        root = "" if self.root == Path("data") else f" --root {self.root}"
        if self.kind != "candles":
            root = f" --kind {self.kind}{root}"
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


def refuse_strange(path: Path, told: Told, market: str, timeframe: str, kind: str) -> None:
    """Refuse a file that says it holds something else; DataError names both."""
    if (told.market, told.timeframe, told.kind) != (market, timeframe, kind):
        expected, was = (one if one == "candles" else f"{one} candles" for one in (kind, told.kind))
        was = "" if was == expected else f"{was} of "
        raise DataError(
            f"{path}: expected {expected} of {market} {timeframe}, was {was}{told.market} {told.timeframe}; "
            "put the file back where it was, or delete it and import again"
        )


def _written(files: list[Path], merges: list[Merge]) -> Written:
    return Written(
        tuple(files),
        sum(one.fresh for one in merges),
        sum(one.differing for one in merges),
        sum(one.unchanged for one in merges),
    )


def _may_hold(year: int, from_ms: int | None, until_ms: int | None) -> bool:
    start, stop = year_span(year)
    return (until_ms is None or start < until_ms) and (from_ms is None or stop > from_ms)


def year_files(folder: Path) -> list[Path]:
    """Return the files of a folder that are named by a year, in order."""
    return sorted(path for path in folder.glob("*.parquet") if path.stem.isdigit() and len(path.stem) == 4)
