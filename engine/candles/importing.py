"""Foreign files brought into the store: read, examined, refused or written.

Owns what an import forgives (order, identical duplicates) and what it does not. Must not know the command line.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.candles.candles import Candles
from engine.candles.reading import Reading, read_file
from engine.candles.store import Store, Written
from engine.candles.timeframes import counted, iso, parse_market, timeframe_ms
from engine.candles.verify import Findings, duplicates, examine
from engine.errors import ConfigError, DataError


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import found, forgave and wrote."""

    path: Path
    market: str
    timeframe: str
    findings: Findings
    notes: tuple[str, ...]  # what was recognised, ignored, sorted or dropped
    written: Written
    candles: int  # made of the file's rows

    def lines(self) -> list[str]:
        """Return the report as sentences."""
        done = self.written
        changes = [f"{counted(done.added, 'candle')} added"]
        changes += [f"{done.replaced:,} replaced"] if done.replaced else []
        changes += [f"{done.unchanged:,} in the store before, identical"] if done.unchanged else []
        return [*self.findings.lines(), *self.notes, ", ".join(changes)]


def import_file(path: str | Path, market: str, timeframe: str, store: Store, *, replace: bool = False) -> ImportReport:
    """Bring a .csv or .parquet file into the store, whole or not at all."""
    venue, symbol = parse_market(market)
    timeframe_ms(timeframe)
    if venue == "simulated":
        raise ConfigError(
            'market: expected the venue these candles are from, was "simulated", which is computed, not stored'
        )
    path = Path(path)
    reading = read_file(path)
    findings = examine(reading.columns, timeframe)
    _refuse(path, timeframe, reading, findings)
    columns, notes = reading.columns, list(reading.notes)
    if findings.out_of_order:
        columns = columns.take(columns.open_ms.argsort(kind="stable"))
        notes.append(f"sorted by time: {counted(findings.out_of_order, 'row')} stood out of order")
    if findings.identical:
        columns = columns.take(~duplicates(columns)[0])
        notes.append(f"{counted(findings.identical, 'identical duplicate')} dropped")
    candles = Candles(*columns, timeframe=timeframe, symbol=symbol, venue=venue, source=f"imported from {path.name}")
    written = store.write(candles, replace=replace)
    return ImportReport(path, market, timeframe, findings, tuple(notes), written, len(candles))


def _refuse(path: Path, timeframe: str, reading: Reading, findings: Findings) -> None:
    if findings.seems:
        raise DataError(
            f"{path.name}: expected {timeframe} candles, but their times seem to be those of {findings.seems}; "
            f"give --timeframe {findings.seems}"
        )
    if findings.faults:
        told = ", ".join(
            f"{counted(bad.rows, 'row')} with {bad.what} (first: {reading.place(bad.first_row).split(', ', 1)[1]}, "
            f"{iso(bad.first_ms)})"
            for bad in findings.faults
        )
        raise DataError(f"{path.name}: {told}; nothing was imported; fix the source and import it again")
