"""The five fields of cron, read into sets; the names and the rule for days are those of Vixie cron.

Owns the words of a cron line. Must not know time zones or candles.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.errors import ConfigError

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
_PART = re.compile(r"^(\*|(?P<low>\w+)(-(?P<high>\w+))?)(/(?P<step>\d+))?$")


@dataclass(frozen=True, slots=True)
class Cron:
    """Hold when a line is due: minutes of a day, and which days."""

    minutes: npt.NDArray[np.int64]  # of the day, ascending
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]  # 0 is Monday
    either: bool  # both kinds of day are narrowed: one of them is enough

    def on(self, day: np.datetime64) -> bool:
        """Return whether the line is due at all on this date."""
        year_month, of_month = day.astype("datetime64[M]"), day.astype("datetime64[D]")
        if int(year_month.astype(np.int64)) % 12 + 1 not in self.months:
            return False
        by_day = int((of_month - year_month.astype("datetime64[D]")).astype(np.int64)) + 1 in self.days
        by_weekday = (int(of_month.astype(np.int64)) + 3) % 7 in self.weekdays  # 1970-01-01 was a Thursday
        return by_day or by_weekday if self.either else by_day and by_weekday


def read_cron(line: str) -> Cron:
    """Return the sets of "30 9 * * mon-fri" (minute, hour, day, month, weekday; 0 and 7 are Sunday)."""
    words = line.lower().split()
    if len(words) != len(FIELDS):
        raise ConfigError(
            f'cron: expected five fields (minute hour day month weekday) such as "30 9 * * mon-fri", was "{line}"'
        )
    minutes, hours, days, months, weekdays = (_values(word, *field) for word, field in zip(words, FIELDS, strict=True))
    of_day = [60 * hour + minute for hour in sorted(hours) for minute in sorted(minutes)]
    narrowed = not words[2].startswith("*") and not words[4].startswith("*")
    monday_first = frozenset((one - 1) % 7 for one in weekdays)
    return Cron(np.array(of_day, np.int64), frozenset(days), frozenset(months), monday_first, narrowed)


def _values(word: str, name: str, low: int, high: int) -> set[int]:
    found: set[int] = set()
    for part in word.split(","):
        match = _PART.match(part)
        if match is None:
            raise _refusal(name, low, high, part)
        first, last = low, high
        if match["low"]:
            first = _number(match["low"], name, low, high, part)
            last = _number(match["high"], name, low, high, part) if match["high"] else first
            if match["step"] and not match["high"]:
                last = high  # "5/15" counts on from 5
            if name == "weekday" and last < first and last == 0:
                last = 7  # "fri-sun"
        step = int(match["step"] or 1)
        if last < first or step == 0:
            raise _refusal(name, low, high, part)
        found |= set(range(first, last + 1, step))
    return found


def _number(text: str, name: str, low: int, high: int, part: str) -> int:
    if name == "weekday" and text in WEEKDAYS:
        return (WEEKDAYS.index(text) + 1) % 7
    if name == "month" and text in MONTHS:
        return MONTHS.index(text) + 1
    if not text.isdigit() or not low <= int(text) <= high:
        raise _refusal(name, low, high, part)
    return int(text)


def _refusal(name: str, low: int, high: int, part: str) -> ConfigError:
    return ConfigError(f'cron: {name}: expected *, numbers from {low} to {high}, a-b, a,b or */n, was "{part}"')
