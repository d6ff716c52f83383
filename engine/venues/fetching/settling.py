"""Funding settlements fetched: page by page from the last stored one on. Must not know how a venue is asked."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.candles import Funding
from engine.candles.provenance import stamped
from engine.errors import ConfigError, DataError
from engine.venues.fetching.job import FOREVER_MS, Done, Job, Progress

PAGE = 1_000


async def fetch_funding(job: Job, progress: Progress, done: Done) -> Done:
    """Fetch the settlements of a perpetual that are not stored yet; the last stored one is asked for again."""
    market = job.client.market(job.symbol)
    if not market["swap"]:
        raise ConfigError(f"{job.market}: funding is paid on perpetuals only; name one such as BTC/USDT:USDT")
    stored = job.store.load_funding(job.market) if job.market in job.store.funded() else None
    at = job.since_ms if stored is None else int(stored.ms[-1])
    if at is None:
        raise ConfigError(f"--since: needed, for no funding of {job.market} is stored yet")
    if stored is not None and job.since_ms is not None and job.since_ms < int(stored.ms[0]):
        at = job.since_ms  # what came before the stored ones is missing
    began_ms, until_ms = at, job.until_ms or FOREVER_MS
    while True:
        done.requests += 1
        answer = await job.client.pace.ask(_request(job, at))
        rows = sorted({row[0]: row for row in map(_row, answer) if at <= row[0] < until_ms}.values())
        if not rows:
            return done
        ms, rates, marks = (np.array(column) for column in zip(*rows, strict=True))
        funding = Funding(ms.astype(np.int64), rates, marks, stamped(f"fetched from {job.client.name}"))
        written = job.store.write_funding(job.market, funding, replace=True)
        done.added += written.added
        done.replaced += written.replaced
        progress(rows[-1][0] - began_ms, 0, done.added)
        at = rows[-1][0] + 1


def _request(job: Job, since_ms: int) -> Any:
    return lambda: job.client.ccxt.fetch_funding_rate_history(job.symbol, since_ms, PAGE)


def _row(told: dict[str, Any]) -> tuple[int, float, float]:
    """Return time in ms, rate and mark price, NaN where the venue does not tell it."""
    mark = (told.get("info") or {}).get("markPrice")
    try:
        price = float(mark) if mark else math.nan
        return int(told["timestamp"]), float(told["fundingRate"]), price if price > 0.0 else math.nan
    except (TypeError, ValueError):
        raise DataError(f"the venue tells a settlement that is none: {told.get('info')}") from None
