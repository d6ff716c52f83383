"""Which spans of a dataset are to be asked for: what is not stored, and what might have come later.

Owns the arithmetic on stored times. Must not know a venue.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.candles.columns import Times
from engine.candles.grid import runs_of
from engine.candles.timeframes import DAY_MS, MINUTE_MS

RECENT_MS = 3 * DAY_MS  # a venue fills its own holes within hours, if ever
AGAIN_MS = 60 * MINUTE_MS  # and corrects a candle within minutes


class Span(NamedTuple):
    """A span of open times, ms: from the first on and before the second."""

    from_ms: int
    until_ms: int


def missing(open_ms: Times, since_ms: int, until_ms: int, step_ms: int) -> list[Span]:
    """Return what is to be asked for: before the first stored candle, recent holes, and from the last one on.

    What opened in the last stored hour is asked for again, one candle at least, so that corrections are seen.
    """
    if not open_ms.size:
        return [Span(since_ms, until_ms)]
    first_ms, last_ms = int(open_ms[0]), int(open_ms[-1])
    spans = [Span(since_ms, min(first_ms, until_ms))]
    spans += [
        one for one in holes(open_ms, step_ms) if last_ms - RECENT_MS <= one.from_ms < last_ms + step_ms - AGAIN_MS
    ]
    spans.append(Span(max(min(last_ms, last_ms + step_ms - AGAIN_MS), since_ms), until_ms))
    return [
        Span(max(one.from_ms, since_ms), min(one.until_ms, until_ms))
        for one in spans
        if max(one.from_ms, since_ms) < min(one.until_ms, until_ms)
    ]


def holes(open_ms: Times, step_ms: int, page: int = 1) -> list[Span]:
    """Return the holes of stored times; those that one page of candles covers are one span."""
    spans: list[Span] = []
    for first_ms, count in runs_of(open_ms, step_ms):
        until_ms = first_ms + count * step_ms
        if spans and until_ms - spans[-1].from_ms <= page * step_ms:
            spans[-1] = Span(spans[-1].from_ms, until_ms)
        else:
            spans.append(Span(first_ms, until_ms))
    return spans
