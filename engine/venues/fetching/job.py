"""One dataset fetched: what is missing is asked for, and what comes is stored as it comes.

Whatever ends a fetch, what was stored stays, whole, and the same fetch goes on from there. Owns when the store is
written. Must not know how a venue is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

import numpy as np

from engine.candles import Candles, Store
from engine.candles.columns import Columns, Times
from engine.candles.grid import Holes, holes_in
from engine.candles.provenance import stamped
from engine.candles.timeframes import counted, timeframe_ms
from engine.errors import ConfigError, DataError
from engine.venues.fetching.client import Client
from engine.venues.fetching.pages import Pages, Row
from engine.venues.fetching.spans import Span, holes, missing

WRITE_ROWS = 50_000
WRITE_EVERY_S = 10.0
FOREVER_MS = 10**13
Progress = Callable[[int, int, int], None]  # ms done of ms in all, candles so far


@dataclass(slots=True)
class Job:
    """Say what to fetch. since_ms: None goes on from what is stored; only_holes: all holes in it, and nothing else."""

    client: Client
    store: Store
    symbol: str
    timeframe: str
    since_ms: int | None = None
    until_ms: int | None = None
    only_holes: bool = False

    @property
    def market(self) -> str:
        """Return the name under which it is stored."""
        return f"{self.client.name}:{self.symbol}"


@dataclass(slots=True)
class Done:
    """What a fetch did; counts are candles. holes: those that the venue has no candles for either."""

    market: str
    timeframe: str
    added: int = 0
    replaced: int = 0
    requests: int = 0
    holes: Holes = field(default_factory=lambda: Holes(0, 0, 0, None, None))
    notes: list[str] = field(default_factory=list)


async def fetch(job: Job, progress: Progress, done: Done | None = None) -> Done:
    """Fetch what is missing. done: filled as it goes, so that it tells what was kept when the fetch is stopped."""
    done = done or Done(job.market, job.timeframe)
    job.client.market(job.symbol)
    job.client.check_timeframe(job.timeframe)
    with job.store.reserved(job.market, job.timeframe):
        price = "" if job.store.kind == "candles" else job.store.kind
        pages = Pages(job.client, job.symbol, job.timeframe, price)
        try:
            await _fetch(job, pages, progress, done)
        finally:
            done.requests = pages.requests
            done.notes += pages.notes
            done.holes = holes_in(_stored(job), timeframe_ms(job.timeframe))
    return done


async def _fetch(job: Job, pages: Pages, progress: Progress, done: Done) -> None:
    step_ms, stored = timeframe_ms(job.timeframe), _stored(job)
    newest_ms = await pages.newest()
    if newest_ms is None:
        raise DataError(f"{job.market} {job.timeframe}: the venue has no candles; ask for another market or timeframe")
    until_ms = min(job.until_ms or FOREVER_MS, newest_ms)  # the newest is developing
    if job.only_holes:
        spans = holes(stored, step_ms, pages.limit)
    else:
        since_ms = job.since_ms
        if since_ms is None:
            if not stored.size:
                raise ConfigError(f"--since: needed, for nothing of {job.market} {job.timeframe} is stored yet")
            since_ms = int(stored[0])
        if since_ms >= until_ms:
            return
        spans = missing(stored, since_ms, until_ms, step_ms)
    writing = _Writing(job, done)
    try:
        await _ask(pages, spans, writing, progress)
        again = [one for one in holes(_stored(job), step_ms, pages.limit) if any(_within(one, span) for span in spans)]
        if again and not job.only_holes:  # a page may have come before a candle was shown in it
            await _ask(pages, again, writing, lambda *_: None)
    finally:
        writing.flush()
    if done.replaced:
        done.notes.append(f"{counted(done.replaced, 'candle')} differed from the stored; the venue's were kept")


async def _ask(pages: Pages, spans: list[Span], writing: _Writing, progress: Progress) -> None:
    whole, before = sum(one.until_ms - one.from_ms for one in spans), 0
    for span in spans:
        async for page in pages.closed(*span):
            writing.take(page)
            progress(before + page[-1][0] - span.from_ms, whole, writing.rows)
        before += span.until_ms - span.from_ms
        progress(before, whole, writing.rows)
    writing.flush()


class _Writing:
    """Gather rows, and write them often enough that little is lost when the power goes."""

    def __init__(self, job: Job, done: Done) -> None:
        self._job, self._done = job, done
        self._pending: list[Row] = []
        self._written_s = monotonic()
        self.rows = 0

    def take(self, page: list[Row]) -> None:
        self._pending += page
        self.rows += len(page)
        if len(self._pending) >= WRITE_ROWS or monotonic() - self._written_s > WRITE_EVERY_S:
            self.flush()

    def flush(self) -> None:
        self._written_s = monotonic()
        if not self._pending:
            return
        job, table = self._job, np.array(self._pending, dtype=np.float64)
        columns = Columns(table[:, 0].astype(np.int64), *(np.ascontiguousarray(table[:, at]) for at in range(1, 6)))
        venue, _, symbol = job.market.partition(":")
        candles = Candles(
            *columns, timeframe=job.timeframe, symbol=symbol, venue=venue, source=stamped(f"fetched from {venue}")
        )
        written = job.store.write(candles, replace=True)
        self._done.added += written.added
        self._done.replaced += written.replaced
        self._pending.clear()


def _within(hole: Span, span: Span) -> bool:
    return hole.from_ms >= span.from_ms and hole.until_ms <= span.until_ms


def _stored(job: Job) -> Times:
    return job.store.times(job.market, job.timeframe)
