"""Where candles are from, when and by what, as one phrase: "fetched from binance (2026-11-20, tradewind 0.1.0)".

Owns the phrase, and how those of several writes become one. Must not know files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

MOST = 2  # a store fed by daily files would name them without end
_STAMP = re.compile(r"(?P<what>.*) \((?P<first>\d{4}-\d\d-\d\d)(?: to (?P<last>\d{4}-\d\d-\d\d))?, (?P<by>[^()]+)\)")


def stamped(what: str) -> str:
    """Return where candles are from with today's date, UTC, and this program's version; once is enough."""
    if not what or _STAMP.fullmatch(what):
        return what
    try:
        by = f"tradewind {version('tradewind')}"
    except PackageNotFoundError:  # run from a folder, never installed
        by = "tradewind"
    return f"{what} ({datetime.now(UTC):%Y-%m-%d}, {by})"


def together(phrases: Iterable[str]) -> str:
    """Return one phrase for the candles of several: what came from one place on several days is said once."""
    days: dict[tuple[str, str], tuple[str, str]] = {}
    for phrase in phrases:
        for one in phrase.split("; "):
            found = _STAMP.fullmatch(one)
            if found is None:
                days.setdefault((one, ""), ("", ""))
                continue
            key, first, last = (found["what"], found["by"]), found["first"], found["last"] or found["first"]
            before = days.get(key, (first, last))
            days[key] = (min(before[0], first), max(before[1], last))
    told = [
        f"{what} ({first if first == last else f'{first} to {last}'}, {by})" if by else what
        for (what, by), (first, last) in days.items()
    ]
    return "; ".join(told if len(told) <= MOST else [*told[:MOST], "others"])
