"""Foreign files brought into the store: a file, a zip, or a folder of them; all of it checked before any is written.

Owns which files belong together, and the order of checking and writing. Must not know the command line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.candles.candles import Candles
from engine.candles.gathering import Gathered, Wishes, gathered, timeframe_of
from engine.candles.naming import naming_of
from engine.candles.reading import Reading, read_source
from engine.candles.sources import Source, sources_of
from engine.candles.store import KINDS, Store, Written
from engine.candles.symbols import pair_of
from engine.candles.timeframes import counted, parse_market, timeframe_ms
from engine.candles.verify import Findings
from engine.errors import ConfigError, DataError, InterruptedRunError, did_you_mean

Report = Callable[[str, int, int], None]

_KEPT_ROWS = 20_000_000  # of markets that are checked and wait for the others: about a gigabyte


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import found, forgave and wrote of one market, timeframe and kind."""

    path: Path
    market: str
    timeframe: str  # "" of funding
    kind: str  # "candles", "mark", "index", "funding"
    shape: str
    recognised: tuple[str, ...]  # sentences, one a shape
    files: tuple[str, ...]
    findings: Findings | None  # None of funding
    notes: tuple[str, ...]  # what was recognised, ignored, sorted or dropped
    written: Written
    candles: int  # or settlements, made of the rows
    first_ms: int
    last_ms: int

    @property
    def things(self) -> str:
        """Return what is counted."""
        return "settlement" if self.kind == "funding" else "candle"

    def changes(self) -> str:
        """Return what became of the store, in one sentence."""
        done = self.written
        told = [f"{counted(done.added, self.things)} added"]
        told += [f"{done.replaced:,} replaced"] if done.replaced else []
        told += [f"{done.unchanged:,} in the store before, identical"] if done.unchanged else []
        return ", ".join(told)

    def lines(self) -> list[str]:
        """Return the report as sentences."""
        return [*(self.findings.lines() if self.findings else []), *self.notes, self.changes()]


def import_file(path: str | Path, market: str, timeframe: str, store: Store, *, replace: bool = False) -> ImportReport:
    """Bring the files of one market into the store, whole or not at all."""
    timeframe_ms(timeframe)
    return import_files(path, store, Wishes(market=market, timeframe=timeframe), replace=replace)[0]


def import_files(
    path: str | Path, store: Store, wishes: Wishes | None = None, *, replace: bool = False, report: Report | None = None
) -> list[ImportReport]:
    """Bring a file, a zip or a folder into the store: one report a market, timeframe and kind.

    Everything is read and checked before the first market is written; each is then written whole. report(what, done,
    total) is called with the number of files. DataError and ConfigError: nothing was written.
    """
    path, wishes = Path(path), wishes or Wishes()
    _check(wishes)
    sources, passed = sources_of(path)
    done = 0

    def tick(what: str) -> None:
        nonlocal done
        done += 1
        if report:
            report(what, done, len(sources))

    checked: list[tuple[list[Source], list[Gathered]]] = []  # markets beyond what is kept are read again
    rows, batches = 0, _batches(sources, wishes)
    for batch in batches:
        found = _of_batch(batch, path, wishes, tick)
        rows += sum(one.rows for one in found)
        if len(batches) > 1 or len(found) > 1:
            for one in found:
                _check_against(store, one, replace)
        checked.append((batch, found if rows <= _KEPT_ROWS else []))
    notes = (f"passed over: {_few(passed)}",) if passed else ()
    reports: list[ImportReport] = []
    try:
        for batch, ready in checked:
            for one in ready or _of_batch(batch, path, wishes):
                reports.append(_written(path, store, one, replace, notes))  # noqa: PERF401 (told when stopped)
    except KeyboardInterrupt:
        if not reports:
            raise
        names = _few([f"{one.market} {one.timeframe or one.kind}" for one in reports])
        raise InterruptedRunError(
            f"stopped: {names} of {path.name} stand in the store, whole; the others were not written; "
            "import again to go on"
        ) from None
    return reports


def _check(wishes: Wishes) -> None:
    if wishes.timeframe:
        timeframe_ms(wishes.timeframe)
    venue = parse_market(wishes.market)[0] if wishes.market else wishes.venue
    if wishes.market and wishes.venue not in ("", venue):
        raise ConfigError(f"venue: {wishes.market} names its venue already; leave --venue away")
    if venue:
        parse_market(f"{venue}:BTC/USDT")
    if venue == "simulated":
        raise ConfigError(
            'market: expected the venue these candles are from, was "simulated", which is computed, not stored'
        )
    for name, value, known in (
        ("kind", wishes.kind, (*KINDS, "funding")),
        ("named-by", wishes.named_by, ("open", "close")),
        ("volume-in", wishes.volume_in, ("base", "quote")),
    ):
        if value not in ("", *known):
            raise ConfigError(f'{name}: expected {" or ".join(known)}, was "{value}"{did_you_mean(value, known)}')


def _batches(sources: list[Source], wishes: Wishes) -> list[list[Source]]:
    """Return the files that may belong together, by what their names tell."""
    if wishes.market:
        return [sources]
    batches: dict[str, list[Source]] = {}
    for source in sources:
        batches.setdefault(naming_of(source.place).symbol, []).append(source)
    return list(batches.values())


def _of_batch(
    batch: list[Source], path: Path, wishes: Wishes, tick: Callable[[str], None] | None = None
) -> list[Gathered]:
    groups: dict[tuple[str, str, str], list[Reading]] = {}
    for source in batch:
        reading = read_source(source, wishes.kind)
        market = _market(reading, wishes)
        timeframe = "" if reading.kind == "funding" else wishes.timeframe or timeframe_of(reading)
        groups.setdefault((market, timeframe, reading.kind), []).append(reading)
        if tick:
            tick(source.name)
    return [
        gathered(readings, market, timeframe, wishes, path.name or str(path.resolve().name))
        for (market, timeframe, _), readings in _with_timeframes(groups).items()
    ]


def _with_timeframes(groups: dict[tuple[str, str, str], list[Reading]]) -> dict[tuple[str, str, str], list[Reading]]:
    """Give files too short to tell their timeframe to the only other group of their market, or refuse them."""
    for key in [key for key in groups if not key[1] and key[2] != "funding"]:
        others = [other for other in groups if other != key and (other[0], other[2]) == (key[0], key[2])]
        if len(others) != 1:
            raise DataError(
                f"{groups[key][0].name}: neither its name nor its times tell the timeframe; "
                "give it, such as --timeframe 1h"
            )
        groups[others[0]] += groups.pop(key)
    return groups


def _market(reading: Reading, wishes: Wishes) -> str:
    if wishes.market:
        symbol = parse_market(wishes.market)[1]
        told = reading.symbol or reading.naming.symbol
        if told and pair_of(told) != pair_of(symbol):
            raise DataError(
                f"{reading.name}: expected candles of {symbol}, but it tells that they are of {told}; "
                f"give --market {wishes.market.partition(':')[0]}:{told}, or leave --market away"
            )
        return wishes.market
    venue = wishes.venue or reading.venue
    if not reading.symbol:
        pair = reading.naming.symbol
        if pair:
            venue = venue or "binance"
            raise DataError(
                f"{reading.name}: klines of spot and of futures look alike here; "
                f"give --market {venue}:{pair} for spot, or --market {venue}:{pair}:{pair.partition('/')[2]}, "
                "or put the files into a folder named spot or futures"
            )
        raise DataError(f"{reading.name}: nothing tells the market; give it, such as --market binance:BTC/USDT")
    if not venue:
        raise DataError(
            f"{reading.name}: nothing tells the venue of {reading.symbol}; give it, such as --venue binance"
        )
    market = f"{venue}:{reading.symbol}"
    parse_market(market)
    return market


def _check_against(store: Store, one: Gathered, replace: bool) -> None:
    if isinstance(one.content, Candles):
        Store(store.root, one.kind).check(one.content, replace)
    else:
        store.check_funding(one.market, one.content, replace)


def _written(path: Path, store: Store, one: Gathered, replace: bool, notes: tuple[str, ...]) -> ImportReport:
    if isinstance(one.content, Candles):
        done = Store(store.root, one.kind).write(one.content, replace)
        times = one.content.open_ms
    else:
        done = store.write_funding(one.market, one.content, replace)
        times = one.content.ms
    return ImportReport(
        path=path,
        market=one.market,
        timeframe=one.timeframe,
        kind=one.kind,
        shape=one.shape,
        recognised=one.said,
        files=one.files,
        findings=one.findings,
        notes=(*one.notes, *notes),
        written=done,
        candles=len(one.content),
        first_ms=int(times[0]),
        last_ms=int(times[-1]),
    )


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")
