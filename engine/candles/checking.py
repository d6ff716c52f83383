"""What is to be said about the stored candles of a market, timeframe by timeframe and of all together.

Owns the judgement: what is a fault, and what is only to be looked at. Must not know the command line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.candles.agreeing import Agreement, agreement
from engine.candles.candles import Candles
from engine.candles.grid import Holes, holes_in, runs_of
from engine.candles.outliers import Outlier, Stretch, outliers, stretches
from engine.candles.store import Store, Stored
from engine.candles.timeframes import counted, timeframe_ms
from engine.errors import DataError


@dataclass(slots=True)
class Checked:
    """What was found in one market's candles of one timeframe."""

    market: str
    timeframe: str
    rows: int
    first_ms: int
    last_ms: int
    damage: str = ""  # why its files cannot be read; then nothing else is known
    holes: Holes = field(default_factory=lambda: Holes(0, 0, 0, None, None))
    runs: list[tuple[int, int]] = field(default_factory=list)  # each hole: first missing candle, how many
    outliers: list[Outlier] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)
    without_volume: int = 0
    agreements: list[Agreement] = field(default_factory=list)  # with each finer timeframe
    content_hash: str = ""

    @property
    def faults(self) -> list[str]:
        """Return what is wrong: damage, holes, disagreement. Outliers and silence are to be looked at, no more."""
        found = [self.damage] if self.damage else []
        found += [self.holes.line()] if self.holes else []
        return found + [
            f"{counted(one.differing, 'candle')} of {one.compared:,} differ from those of {one.fine} candles"
            for one in self.agreements
            if one.differing
        ]

    @property
    def never_traded(self) -> bool:
        """Return whether no candle has volume, as it is of mark and index prices."""
        return self.rows > 0 and self.without_volume == self.rows


def check(store: Store, names: list[tuple[str, str]]) -> Iterator[Checked]:
    """Check datasets (market, timeframe; fine before coarse) one after the other; a damaged one does not end it."""
    listed: list[Stored] = []
    for market, timeframe in names:
        try:
            line = store.stored(market, timeframe)
            checked = Checked(market, timeframe, line.rows, line.first_ms, line.last_ms)
            candles = store.load(market, timeframe)
        except DataError as error:
            yield Checked(market, timeframe, 0, 0, 0, damage=str(error))
            continue
        _look(checked, candles)
        for other in listed:
            if other.market == market and not candles.timeframe_ms % timeframe_ms(other.timeframe):
                _compare(store, checked, candles, other)
        listed.append(line)
        yield checked


def _look(checked: Checked, candles: Candles) -> None:
    step_ms = candles.timeframe_ms
    checked.holes, checked.runs = holes_in(candles.open_ms, step_ms), runs_of(candles.open_ms, step_ms)
    checked.without_volume = int((candles.volume == 0.0).sum())
    checked.outliers = outliers(candles.columns)
    checked.stretches = [] if checked.never_traded else stretches(candles.columns, step_ms)
    checked.content_hash = candles.content_hash()


def _compare(store: Store, checked: Checked, coarse: Candles, other: Stored) -> None:
    span = coarse.first_ms, coarse.end_ms
    if other.last_ms < span[0] or other.first_ms >= span[1]:
        return
    try:
        fine = store.load(other.market, other.timeframe, *span)
    except DataError:
        return  # it is told where the finer ones themselves are checked
    told = agreement(fine, coarse)
    if told.compared:
        checked.agreements.append(told)
