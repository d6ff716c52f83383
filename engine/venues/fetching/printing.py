"""Public trades fetched, by their numbers, so that none is missed and none comes twice.

Only venues that number their trades without gaps in what they answer can be asked so; others are refused with that
reason.
"""

from __future__ import annotations

from typing import Any

from engine.candles.prints import Print, append_prints, last_print
from engine.candles.provenance import stamped
from engine.candles.timeframes import HOUR_MS
from engine.errors import ConfigError, DataError
from engine.venues.fetching.job import FOREVER_MS, Done, Job, Progress

PAGE = 1_000
BY_NUMBER = ("binance", "binanceusdm", "practice")


async def fetch_prints(job: Job, progress: Progress, done: Done) -> Done:
    """Fetch trades from a time on, or from the last stored one."""
    if job.client.name not in BY_NUMBER:
        raise ConfigError(f"{job.client.name}: trades are fetched by number, as {', '.join(BY_NUMBER[:2])} have it")
    job.client.market(job.symbol)
    folder = job.store.folder(job.market)
    last = last_print(folder)
    if last is None and job.since_ms is None:
        raise ConfigError(f"--since: needed, for no trades of {job.market} are stored yet")
    until_ms = job.until_ms or FOREVER_MS
    number = last[1] + 1 if last is not None else await _first(job, job.since_ms or 0, done)
    began_ms = last[0] if last is not None else job.since_ms or 0
    while number is not None:
        rows = await _page(job, {"fromId": number}, None, done)
        rows = [one for one in rows if one.id >= number]
        wanted = [one for one in rows if one.ms < until_ms]
        if wanted:
            done.added += append_prints(folder, job.market, wanted, stamped(f"fetched from {job.client.name}"))
            progress(wanted[-1].ms - began_ms, 0, done.added)
        if len(wanted) < len(rows) or not rows:
            return done
        number = rows[-1].id + 1
    return done


async def _first(job: Job, since_ms: int, done: Done) -> int | None:
    """Return the number of the first trade at or after a time; None: there is none yet."""
    newest = await _page(job, {}, None, done)
    if not newest:
        raise DataError(f"{job.market}: the venue has no trades")
    at = since_ms
    while at <= newest[-1].ms:
        rows = await _page(job, {}, at, done)
        if rows:
            return rows[0].id
        at += HOUR_MS  # the venue looks an hour ahead
    return None


async def _page(job: Job, params: dict[str, Any], since_ms: int | None, done: Done) -> list[Print]:
    done.requests += 1
    answer = await job.client.pace.ask(
        lambda: job.client.ccxt.fetch_trades(job.symbol, since_ms, PAGE, params)
    )  # fmt: skip
    rows = {}
    for told in answer:
        try:
            price, amount = float(told["price"]), float(told["amount"])
            one = Print(int(told["timestamp"]), int(told["id"]), price, amount, told["side"] == "sell")
        except (TypeError, ValueError):
            raise DataError(f"{job.market}: the venue tells a trade that is none: {told.get('info')}") from None
        rows[one.id] = one
    return [rows[number] for number in sorted(rows)]
