"""Which rows of a history are asked for: from an id or a time on the first of them, else the last.

Owns the dialect's rule of seven days. Must not know what the rows are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from engine.candles.timeframes import DAY_MS
from engine.venues.sandbox.asking import Asked
from engine.venues.sandbox.usdm.refusals import no

WEEK_MS = 7 * DAY_MS
ALWAYS_MS = 10**15

T = TypeVar("T")


def span(asked: Asked, week: bool = True) -> tuple[int, int]:
    """Return (from, until), ms and both included; RefusalError: they are more than a week apart."""
    start, end = asked.whole("startTime"), asked.whole("endTime")
    if not week:
        return start or 0, ALWAYS_MS if end is None else end
    if start is not None and end is not None and end - start > WEEK_MS:
        raise no("week")
    if start is not None and end is None:
        end = start + WEEK_MS
    if end is not None and start is None:
        start = end - WEEK_MS
    return start or 0, ALWAYS_MS if end is None else end


def chosen(
    asked: Asked, rows: Sequence[T], time_of: Callable[[T], int], default: int, most: int, week: bool = True,
    id_of: Callable[[T], int] | None = None, id_name: str = "",
) -> list[T]:  # fmt: skip
    """Return the rows, oldest first, that a request asks for."""
    limit, (start, end) = asked.limit(default, most), span(asked, week)
    from_id = asked.whole(id_name) if id_name else None
    found = [
        one for one in rows
        if start <= time_of(one) <= end and (from_id is None or id_of is None or id_of(one) >= from_id)
    ]  # fmt: skip
    return found[:limit] if from_id is not None or asked.has("startTime") else found[-limit:]
