"""Schedules in plain words, turned into flags over candles: calendars stay out of the compiled core."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.errors import ConfigError

DAY_MS = 86_400_000
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SHAPE = re.compile(
    r"^(daily|weekly (mon|tue|wed|thu|fri|sat|sun)|monthly ([1-9]|1\d|2[0-8])) ([01]\d|2[0-3]):([0-5]\d)$"
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Hold a schedule such as "daily 00:00", "weekly mon 08:00" or "monthly 1 00:00", always UTC."""

    text: str

    def __post_init__(self) -> None:
        """Refuse what cannot be read."""
        if not _SHAPE.match(self.text):
            raise ConfigError(
                'schedule: expected "daily HH:MM", "weekly mon HH:MM" or "monthly 1..28 HH:MM" (UTC), '
                f'was "{self.text}"'
            )

    def occurrences_before(self, times_ms: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return for each time how many occurrences lie at or before it (counted from a fixed origin)."""
        match = _SHAPE.match(self.text)
        assert match is not None
        offset = (int(match[4]) * 60 + int(match[5])) * 60_000
        if match[2]:
            # 1970-01-01 was a Thursday: the first Monday is day 4.
            offset += ((WEEKDAYS.index(match[2]) + 4) % 7) * DAY_MS
            return (times_ms - offset) // (7 * DAY_MS)
        if match[3]:
            shifted = (times_ms - offset - (int(match[3]) - 1) * DAY_MS).astype("datetime64[ms]")
            return shifted.astype("datetime64[M]").astype(np.int64)
        return (times_ms - offset) // DAY_MS

    def due(self, open_ms: npt.NDArray[np.int64], timeframe_ms: int) -> npt.NDArray[np.bool_]:
        """Return True on each candle in whose span (open, close] an occurrence falls; a hole's fall to its end."""
        closes = self.occurrences_before(open_ms + timeframe_ms)
        before = np.empty_like(closes)
        before[1:] = closes[:-1]
        before[:1] = self.occurrences_before(open_ms[:1])
        return closes > before

    def __str__(self) -> str:
        """Return the words."""
        return self.text
