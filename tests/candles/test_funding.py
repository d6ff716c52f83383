"""Files of funding rates: which times and columns are read, and what is refused in which words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.candles import read_funding
from engine.errors import DataError

START_MS = 1_704_067_200_000  # 2024-01-01
EIGHT_HOURS_MS = 8 * 3_600_000


@pytest.mark.parametrize(
    "times",
    [
        ("1704067200000", "1704096000000"),
        ("2024-01-01T00:00:00Z", "2024-01-01T08:00:00Z"),
        ("2024-01-01 00:00", "2024-01-01 08:00"),
        ("2024-01-01T01:00:00+01:00", "2024-01-01T08:00:00.004Z"),
        ("2024-01-01", "2024-01-01T08:00"),
    ],
)
def test_times_are_milliseconds_or_iso_and_utc_where_they_do_not_say(tmp_path: Path, times: tuple[str, str]) -> None:
    path = tmp_path / "rates.csv"
    path.write_text("timestamp,funding_rate,mark_price\n" + f"{times[0]},0.0001,\n{times[1]},-0.0002,42000\n")
    found = read_funding(path)
    assert found.ms.tolist() == [START_MS, START_MS + EIGHT_HOURS_MS]
    assert found.rate.tolist() == [0.0001, -0.0002]
    assert np.isnan(found.mark[0])
    assert found.mark[1] == 42_000.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "{path} is empty; expected rows of timestamp and funding_rate"),
        ("timestamp,funding_rate\n", "{path} holds no rows; expected timestamp and funding_rate"),
        ("time,open\n2024-01-01,1\n", "rates.csv: expected a column funding_rate, found time, open; known: open, time"),
        (
            "timestamp,fundng_rate\n2024-01-01,1\n",
            'rates.csv: expected a column funding_rate, found timestamp, fundng_rate; did you mean "fundng_rate"?',
        ),
        (
            "timestamp,funding_rate\n2024-01-01,0.0001\n2024-01-02,0.01 %\n",
            'rates.csv, row 2: expected numbers such as 0.0001 in funding_rate, was "0.01 %"',
        ),
        (
            "timestamp,funding_rate\n2024-01-01,\n",
            "rates.csv, row 1: expected numbers such as 0.0001 in funding_rate, was nothing",
        ),
        (
            "timestamp,funding_rate,mark\n2024-01-01,0.0001,high\n",
            'rates.csv, row 1: expected numbers such as 42_000 in mark, was "high"',
        ),
        (
            "timestamp,funding_rate\n2024-01-01,0.0001\nsoon,0.0001\n",
            'rates.csv, row 2: expected times in ISO 8601 or UTC milliseconds, was "soon"',
        ),
        (
            "timestamp,funding_rate\n1704067200,0.0001\n",
            'rates.csv, row 1: expected times in ISO 8601 or UTC milliseconds, was "1704067200"',
        ),
        ("a,b\n1,2\n1,2,3\n", "{path}: cannot be read; expected a CSV file of timestamp and funding_rate"),
    ],
)
def test_what_is_no_table_of_rates_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "rates.csv"
    path.write_text(text)
    with pytest.raises(DataError) as caught:
        read_funding(path)
    assert str(caught.value) == said.format(path=path)


def test_a_broken_parquet_file_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "rates.parquet"
    path.write_text("no parquet")
    with pytest.raises(DataError) as caught:
        read_funding(path)
    assert str(caught.value) == f"{path}: cannot be read; expected a Parquet file of timestamp and funding_rate"
