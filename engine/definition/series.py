"""What a definition names beside the candles: funding settlements from a file, mark-price candles from the store.

Owns the keys `funding` and `mark` of a [market] table. Must not know how they are charged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.candles import Candles, Funding, load_candles, read_funding
from engine.errors import ConfigError, DataError

KEYS = ("funding", "mark")


@dataclass(frozen=True, slots=True)
class Series:
    """Hold the series by symbol, and under `said` what was written for each, so that a run can be run again."""

    funding: dict[str, Funding] = field(default_factory=dict)
    mark: dict[str, Candles] = field(default_factory=dict)
    said: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(self, symbol: str, written: Mapping[str, Any], candles: Candles, root: str, where: str) -> None:
        """Read what a market's table names; paths are seen from the current folder."""
        try:
            if "funding" in written:
                if not written["funding"].strip():
                    raise DataError(f"funding: expected a file of funding rates, was {written['funding']!r}")
                self.funding[symbol] = read_funding(Path(written["funding"]))
            if "mark" in written:
                source, since, until = written["mark"], candles.first_ms, candles.end_ms
                self.mark[symbol] = load_candles(source, candles.timeframe, since, until, root=root)
        except ConfigError as error:
            raise ConfigError(f"{where}: mark: {error}") from None
        except DataError as error:
            raise DataError(f"{where}: {error}") from None
        self.said[symbol] = {name: written[name] for name in KEYS if name in written}
