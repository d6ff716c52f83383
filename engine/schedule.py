"""Schedules in plain words, turned into flags over candles: calendars and clocks stay out of the compiled core.

"every 4 hours", "every 2 days 08:00", "daily 08:00", "weekly mon,thu 08:00", "monthly 1 08:00",
"cron 30 9 * * mon-fri"; a time zone may stand behind: "daily 08:00 Europe/Berlin". Without one it is UTC.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from engine.cron import WEEKDAYS, Cron, read_cron
from engine.errors import ConfigError

Times = npt.NDArray[np.int64]

MINUTE_MS, DAY_MS = 60_000, 86_400_000
UNITS_MS = {"minute": MINUTE_MS, "hour": 60 * MINUTE_MS, "day": DAY_MS}
_DAY = "(?:" + "|".join(WEEKDAYS) + ")"
_TIME = r"(?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d)"
_ZONE = r"(?: (?P<zone>UTC|[A-Za-z]+(?:/[A-Za-z0-9_+-]+)+))?"
_SHAPES = (
    re.compile(rf"^every (?P<count>[1-9]\d*)? ?(?P<unit>minute|hour|day)s?(?: {_TIME})?{_ZONE}$"),
    re.compile(
        rf"^(?:daily|weekly (?P<days>{_DAY}(?:,{_DAY})*)|monthly (?P<of_month>[1-9]|1\d|2[0-8])) {_TIME}{_ZONE}$"
    ),
    re.compile(rf"^cron (?P<cron>\S+ \S+ \S+ \S+ \S+){_ZONE}$"),
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Hold a schedule as it was written."""

    text: str

    def __post_init__(self) -> None:
        """Refuse what cannot be read."""
        parts, zone = self._parts(), self._zone()
        if parts.get("cron"):
            read_cron(parts["cron"])
        if parts.get("unit") in ("minute", "hour") and parts["hour"]:
            raise ConfigError(f'schedule: expected no time of day behind minutes or hours, was "{self.text}"')
        if zone is None:
            raise ConfigError(f'schedule: expected a time zone such as Europe/Berlin, was "{parts["zone"]}"')

    def occurrences(self, first_ms: int, last_ms: int) -> Times:
        """Return the times (UTC, ms) of all occurrences from first_ms to last_ms, both included.

        A local time that a clock change leaves out comes as much later as the clock jumped; one that it brings twice
        counts at its first.
        """
        parts = self._parts()
        if parts.get("unit") in ("minute", "hour"):
            step = UNITS_MS[parts["unit"]] * int(parts["count"] or 1)
            return np.arange(-(-first_ms // step), last_ms // step + 1, dtype=np.int64) * step
        days = np.arange(first_ms // DAY_MS - 1, last_ms // DAY_MS + 2, dtype=np.int64)  # local dates reach further
        cron = self._cron(parts)
        step = int(parts.get("count") or 1)
        due = [day for day in days.tolist() if day % step == 0 and cron.on(np.datetime64(day, "D"))]
        local = (np.array(due, np.int64)[:, None] * DAY_MS + cron.minutes * MINUTE_MS).reshape(-1)
        zone = self._zone()
        assert zone is not None
        times = np.unique(_utc(local, zone))
        return times[(times >= first_ms) & (times <= last_ms)]

    def due(self, open_ms: Times, timeframe_ms: int, until_ms: int | None = None) -> npt.NDArray[np.bool_]:
        """Return True on each candle in whose span (open, close] an occurrence falls; a hole's fall to its end."""
        return self.due_count(open_ms, timeframe_ms, until_ms) > 0

    def due_count(self, open_ms: Times, timeframe_ms: int, until_ms: int | None = None) -> Times:
        """Return how many occurrences, none later than until_ms, fall to each candle."""
        if not len(open_ms):
            return np.zeros(0, np.int64)
        edges = np.concatenate([open_ms[:1], open_ms + timeframe_ms])
        if until_ms is not None:
            edges = np.minimum(edges, until_ms)
        return np.diff(np.searchsorted(self.occurrences(int(edges[0]), int(edges[-1])), edges, side="right"))

    def __str__(self) -> str:
        """Return the words."""
        return self.text

    def _parts(self) -> dict[str, str]:
        for shape in _SHAPES:
            match = shape.match(self.text)
            if match:
                return match.groupdict()
        raise ConfigError(
            'schedule: expected "every 4 hours", "daily HH:MM", "weekly mon,thu HH:MM", "monthly 1..28 HH:MM" or '
            f'"cron 30 9 * * mon-fri", and perhaps a time zone such as Europe/Berlin (else UTC), was "{self.text}"'
        )

    def _zone(self) -> ZoneInfo | None:
        try:
            return ZoneInfo(self._parts()["zone"] or "UTC")
        except (KeyError, ValueError, OSError):
            return None

    def _cron(self, parts: dict[str, str]) -> Cron:
        if parts.get("cron"):
            return read_cron(parts["cron"])
        time = f"{parts['minute'] or 0} {parts['hour'] or 0}"
        return read_cron(f"{time} {parts.get('of_month') or '*'} * {parts.get('days') or '*'}")


def _utc(local: Times, zone: ZoneInfo) -> Times:
    """Return the instants of local wall-clock times: by whole days where the zone's offset does not change in them."""
    if zone.key == "UTC":
        return local
    days, first = np.unique(local // DAY_MS, return_index=True)
    parts = np.split(local, first[1:])
    out = [part - _offset(int(day) * DAY_MS, zone) for day, part in zip(days, parts, strict=True)]
    for at, day in enumerate(days.tolist()):
        if _offset(day * DAY_MS, zone) != _offset((day + 1) * DAY_MS, zone):
            out[at] = np.array([one - _offset(one, zone) for one in parts[at].tolist()], np.int64)
    return np.concatenate([np.zeros(0, np.int64), *out])


def _offset(local_ms: int, zone: ZoneInfo) -> int:
    moment = datetime(1970, 1, 1) + timedelta(milliseconds=local_ms)
    offset = moment.replace(tzinfo=zone).utcoffset()
    assert offset is not None
    return round(offset.total_seconds() * 1000)
