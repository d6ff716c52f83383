"""One span of candles, page by page, with only those kept that are closed beyond doubt.

A candle counts as closed when the venue has shown a later one: no clock is asked, neither ours nor the venue's. Owns
what is done with doubled, disordered and impossible rows. Must not know the store.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from engine.candles.timeframes import grid_origin_ms, timeframe_ms
from engine.errors import DataError
from engine.venues.fetching.client import Client

Row = tuple[int, float, float, float, float, float]
TRIES = 4  # where an answer contradicts itself


@dataclass(slots=True)
class Pages:
    """Ask for the candles of one market. price: "" of trades, else "mark" or "index"; notes: what was left out."""

    client: Client
    symbol: str
    timeframe: str
    price: str = ""
    notes: list[str] = field(default_factory=list)
    requests: int = 0

    async def closed(self, from_ms: int, until_ms: int) -> AsyncIterator[list[Row]]:
        """Yield the closed candles that open in a span, earliest first, each once."""
        step_ms, at = timeframe_ms(self.timeframe), from_ms
        newest_ms: int | None = None
        while at < until_ms:
            rows = [row for row in await self._page(at) if row[0] >= at]
            if len(rows) > 1:
                # The last one may be developing. It is left for the next page, which begins with it.
                page, at = [row for row in rows[:-1] if row[0] < until_ms], rows[-1][0]
                if page:
                    yield page
                continue
            if newest_ms is None or newest_ms <= at:
                newest_ms = await self.newest() or at
            if newest_ms <= at:
                return
            if rows:  # a later one exists, beyond a hole that is longer than a page
                if rows[0][0] < until_ms:
                    yield rows
                at = rows[0][0] + step_ms
            else:
                at += self.limit * step_ms

    @property
    def limit(self) -> int:
        """Return how many candles one answer may hold."""
        return self.client.page(self.client.market(self.symbol), "fetchOHLCV")

    async def newest(self) -> int | None:
        """Return the open time of the newest candle, which is developing; None: there are none."""
        return max((row[0] for row in await self._page(None)), default=None)

    async def _page(self, since_ms: int | None) -> list[Row]:
        """Return one answer's rows in order, each time once, as far as they can be candles."""
        for _ in range(TRIES):
            self.requests += 1
            raw = await self.client.pace.ask(self._request(since_ms))
            found: dict[int, Row] = {}
            contradicted = False
            for values in raw:
                row = _row(values, self.timeframe)
                if row is None:
                    self._note(f"an impossible row was left out: {values}")
                elif found.setdefault(row[0], row) != row:
                    contradicted = True
            if not contradicted:
                return [found[open_ms] for open_ms in sorted(found)]
        raise DataError(
            f"{self.client.name} {self.symbol} {self.timeframe}: the venue tells two different candles of one time; "
            "try again later, it goes on where it stopped"
        )

    def _request(self, since_ms: int | None) -> Any:
        limit = 2 if since_ms is None else self.limit
        params = {"price": self.price} if self.price else {}
        return lambda: self.client.ccxt.fetch_ohlcv(self.symbol, self.timeframe, since_ms, limit, params)

    def _note(self, what: str) -> None:
        if what not in self.notes:
            self.notes.append(what)


def _row(values: list[Any], timeframe: str) -> Row | None:
    """Return a row of time, open, high, low, close and volume; None: it is no candle of this timeframe."""
    try:
        open_ms, first, high, low, last, volume = (*values[:5], values[5] or 0.0)
        row = (int(open_ms), float(first), float(high), float(low), float(last), float(volume))
    except (TypeError, ValueError, IndexError):
        return None
    on_grid = (row[0] - grid_origin_ms(timeframe)) % timeframe_ms(timeframe) == 0
    possible = on_grid and 0.0 < row[3] <= min(row[1], row[4]) <= max(row[1], row[4]) <= row[2] < math.inf
    return row if possible and 0.0 <= row[5] < math.inf else None
