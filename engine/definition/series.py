"""What a definition names beside the candles: funding settlements and mark prices, from files or from the store.

Owns the keys `funding` and `mark` of a [market] table, and what the store is asked for where they are left out.
Must not know how they are charged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.candles import Candles, Funding, Store, load_candles, read_funding
from engine.candles.streaming import Source
from engine.candles.timeframes import counted, timeframe_ms
from engine.errors import ConfigError, DataError
from engine.market import CONTRACTS

KEYS = ("funding", "mark")
STORE, NONE = "store", "none"  # what stands in place of a file or a market


@dataclass(frozen=True, slots=True)
class Series:
    """Hold the series by symbol, and under `said` what was written for each, so that a run can be run again."""

    funding: dict[str, Funding] = field(default_factory=dict)
    mark: dict[str, Candles] = field(default_factory=dict)
    said: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(self, symbol: str, written: Mapping[str, Any], candles: Source, root: str, where: str) -> None:
        """Read what a market's table names; paths are seen from the current folder."""
        try:
            if written.get("funding", NONE) != NONE:
                self.funding[symbol] = _funding(written["funding"], candles, root)
            if written.get("mark", NONE) != NONE:
                self.mark[symbol] = _mark(written["mark"], candles, root)
        except ConfigError as error:
            raise ConfigError(f"{where}: mark: {error}") from None
        except DataError as error:
            raise DataError(f"{where}: {error}") from None
        self.said[symbol] = {name: written[name] for name in KEYS if name in written}


def with_stored(
    said: Mapping[str, Any], market: Mapping[str, Any], candles: Source, root: str, notes: list[str]
) -> dict[str, Any]:
    """Return what a market's table says, and for a contract what the store has of what it leaves open.

    market: the table with its shape filled in. Of each, notes gets a sentence; where the store has nothing for the
    span, "none" is written, so that a run that is run again later stays what it was.
    """
    found, kind = dict(said), market.get("kind", "spot")
    if kind not in CONTRACTS or candles.simulated:
        return found
    if kind != "future" and not {"funding", "funding_rate"} & said.keys():
        if market.get("funding_rate") is None:  # a shape may have a constant one
            found["funding"] = NONE
        if Store(root).has_funding(candles.market, candles.first_ms, candles.end_ms):
            stored = _funding(STORE, candles, root)
            found["funding"] = STORE
            told = f"{counted(len(stored), 'settlement')} of the store"
            notes.append(f'{candles.symbol}: funding: {told}; write funding = "none", or funding_rate = …, for another')
    if "mark" not in said:
        found["mark"] = NONE
        if any(market == candles.market for market, _ in Store(root, "mark").names()):
            try:
                mark = _mark(STORE, candles, root)
            except DataError as error:
                notes.append(f"{candles.symbol}: mark prices of the store left out: {error}")
            else:
                found["mark"] = STORE
                told = f"{counted(len(mark), 'candle')} of the store"
                notes.append(f'{candles.symbol}: mark prices: {told}; write mark = "none" to do without')
    return found


def _funding(written: str, candles: Source, root: str) -> Funding:
    if not written.strip():
        raise DataError(f"funding: expected a file of funding rates, was {written!r}")
    if written == STORE:
        return Store(root).load_funding(candles.market, candles.first_ms, candles.end_ms)
    return read_funding(Path(written))


def _mark(written: str, candles: Source, root: str) -> Candles:
    since, until = candles.first_ms, candles.end_ms
    if written != STORE:
        return load_candles(written, candles.timeframe, since, until, root=root)
    store = Store(root, "mark")
    stored = [timeframe for market, timeframe in store.names() if market == candles.market]
    fine = [one for one in stored if candles.timeframe_ms % timeframe_ms(one) == 0]
    if candles.timeframe in stored or not fine:
        return store.load(candles.market, candles.timeframe, since, until)
    return store.load(candles.market, fine[-1], since, until).resample(candles.timeframe)
