"""Schedules in words: when they are due, through clock changes and holes, and what cannot be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from engine.errors import ConfigError
from engine.schedule import Schedule

HOUR_MS = 3_600_000


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def times(schedule: str, first: str, last: str) -> list[str]:
    found = Schedule(schedule).occurrences(ms(first), ms(last))
    return [(datetime(1970, 1, 1) + timedelta(milliseconds=int(one))).isoformat(" ", "minutes") for one in found]


# 2024-01-01 was a Monday. Berlin is an hour ahead of UTC in winter, two in summer.
DUE = [
    ("daily 00:00", "2024-01-01", "2024-01-02", ["2024-01-01 00:00", "2024-01-02 00:00"]),
    ("weekly mon 08:00", "2024-01-01", "2024-01-09", ["2024-01-01 08:00", "2024-01-08 08:00"]),
    ("weekly mon,fri 08:00", "2024-01-01", "2024-01-08", ["2024-01-01 08:00", "2024-01-05 08:00"]),
    ("monthly 28 12:30", "2024-01-01", "2024-03-01", ["2024-01-28 12:30", "2024-02-28 12:30"]),
    ("every 45 minutes", "2024-01-01", "2024-01-01 01:45", ["2024-01-01 00:00", "2024-01-01 00:45", "2024-01-01 01:30"]),
    ("every hour", "2024-01-01", "2024-01-01 01:00", ["2024-01-01 00:00", "2024-01-01 01:00"]),
    ("every 12 hours", "2024-01-01 01:00", "2024-01-02", ["2024-01-01 12:00", "2024-01-02 00:00"]),
    ("every 3 days 06:00", "2024-01-01", "2024-01-08", ["2024-01-03 06:00", "2024-01-06 06:00"]),
    ("cron */30 9 * * mon-fri", "2024-01-05", "2024-01-08 09:00", ["2024-01-05 09:00", "2024-01-05 09:30", "2024-01-08 09:00"]),
    ("cron 0 0 1 * sun", "2024-01-01", "2024-01-08", ["2024-01-01 00:00", "2024-01-07 00:00"]),  # either day is enough
    ("cron 0 0 29 feb *", "2024-01-01", "2025-12-31", ["2024-02-29 00:00"]),
    ("cron 5/20 0 1 1 *", "2024-01-01", "2024-01-02", ["2024-01-01 00:05", "2024-01-01 00:25", "2024-01-01 00:45"]),
    ("daily 09:00 Europe/Berlin", "2024-03-30", "2024-03-31 12:00", ["2024-03-30 08:00", "2024-03-31 07:00"]),
    ("daily 02:30 Europe/Berlin", "2024-03-31", "2024-04-01 12:00", ["2024-03-31 01:30", "2024-04-01 00:30"]),  # 02:30 is left out
    ("daily 02:30 Europe/Berlin", "2024-10-26 12:00", "2024-10-28", ["2024-10-27 00:30"]),  # 02:30 comes twice
    ("cron 0 * * * * America/New_York", "2024-03-10 05:00", "2024-03-10 08:00", ["2024-03-10 05:00", "2024-03-10 06:00", "2024-03-10 07:00", "2024-03-10 08:00"]),
    ("daily 00:00 Asia/Kolkata", "2024-01-01", "2024-01-02", ["2024-01-01 18:30"]),
]  # fmt: skip


@pytest.mark.parametrize(("schedule", "first", "last", "expected"), DUE, ids=[f"{row[0]} from {row[1]}" for row in DUE])
def test_a_schedule_is_due_when_its_words_say(schedule: str, first: str, last: str, expected: list[str]) -> None:
    assert times(schedule, first, last) == expected


def test_a_candle_is_due_when_an_occurrence_falls_after_its_open_up_to_its_close() -> None:
    opens = ms("2024-01-01 22:00") + HOUR_MS * np.arange(4, dtype=np.int64)
    assert Schedule("daily 00:00").due(opens, HOUR_MS).tolist() == [False, True, False, False]


def test_what_falls_into_a_hole_of_the_candles_is_due_at_its_end_and_counted() -> None:
    opens = np.array([ms("2024-01-01 22:00"), ms("2024-01-04 10:00")], np.int64)
    assert Schedule("daily 00:00").due_count(opens, HOUR_MS).tolist() == [0, 3]


def test_shorter_history_changes_no_flag() -> None:
    opens = ms("2024-01-01") + HOUR_MS * np.arange(24 * 90, dtype=np.int64)
    whole = Schedule("weekly sat,sun 04:00 Europe/Berlin").due(opens, HOUR_MS)
    for begin, end in ((0, 500), (777, 1500)):
        part = Schedule("weekly sat,sun 04:00 Europe/Berlin").due(opens[begin:end], HOUR_MS)
        assert (part == whole[begin:end]).all()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hourly", 'expected "every 4 hours"'),
        ("daily 25:00", 'was "daily 25:00"'),
        ("daily 08:00 Europe/Berlyn", 'expected a time zone such as Europe/Berlin, was "Europe/Berlyn"'),
        ("every 4 hours 08:00", "expected no time of day"),
        ("every 0 hours", 'was "every 0 hours"'),
        ("cron 60 * * * *", 'minute: expected *, numbers from 0 to 59, a-b, a,b or */n, was "60"'),
        ("cron * * * * funday", "weekday: expected"),
        ("cron * 5-3 * * *", 'hour: expected *, numbers from 0 to 23, a-b, a,b or */n, was "5-3"'),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Schedule(text)
    assert said in str(caught.value)
