from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.candles.timeframes import TIMEFRAMES, counted, iso, parse_market, parse_time, timeframe_ms
from engine.errors import ConfigError


def test_every_timeframe_divides_the_week() -> None:
    assert all(timeframe_ms("1w") % length == 0 for length in TIMEFRAMES.values())


@pytest.mark.parametrize(("typed", "meant"), [("1hr", "1h"), ("15min", "15m"), ("12H", "12h"), ("60m", "30m")])
def test_an_unknown_timeframe_offers_the_nearest_and_names_them_all(typed: str, meant: str) -> None:
    with pytest.raises(ConfigError) as error:
        timeframe_ms(typed)
    assert str(error.value).startswith(f'timeframe: unknown "{typed}"')
    assert "1m, 3m, 5m, 15m" in str(error.value)
    assert error.value.exit_code == 2


@pytest.mark.parametrize(
    ("typed", "ms"),
    [
        ("2024-01-01", 1_704_067_200_000),
        ("2024-01-01T05:00", 1_704_085_200_000),
        ("2024-01-01 05:00", 1_704_085_200_000),
        ("2024-01-01T05:00Z", 1_704_085_200_000),
        ("2024-01-01T05:00+02:00", 1_704_078_000_000),
        ("1704067200000", 1_704_067_200_000),
        (1_704_067_200_000, 1_704_067_200_000),
        ("1969-12-31T23:59:59", -1_000),
    ],
)
def test_a_time_is_a_date_an_iso_time_or_milliseconds_and_utc_unless_it_says_otherwise(
    typed: str | int, ms: int
) -> None:
    assert parse_time(typed) == ms


def test_what_is_no_time_says_what_a_time_looks_like() -> None:
    with pytest.raises(ConfigError, match=r'expected a date such as 2024-01-01 .*, was "yesterday"'):
        parse_time("yesterday")


@given(st.integers(min_value=-(10**12), max_value=10**14))
def test_a_printed_time_reads_back_as_itself(ms: int) -> None:
    assert parse_time(iso(ms)) == ms


def test_a_time_is_printed_as_short_as_it_can_be() -> None:
    assert [iso(1_704_085_200_000 + rest) for rest in (0, 5_000, 5_007)] == [
        "2024-01-01T05:00Z",
        "2024-01-01T05:00:05Z",
        "2024-01-01T05:00:05.007Z",
    ]


def test_a_time_beyond_all_calendars_is_still_printed() -> None:
    assert iso(10**18) == f"{10**18} ms"


@pytest.mark.parametrize("symbol", ["BTC/USDT", "1000PEPE/USDT", "BTC/USDT:USDT", "BTC/USDT:USDT-241227"])
def test_a_market_is_a_venue_and_a_symbol(symbol: str) -> None:
    assert parse_market(f"binance:{symbol}") == ("binance", symbol)


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("BTC/USDT", '; did you mean "binance:BTC/USDT"?'),
        ("btc/usdt", '; did you mean "binance:BTC/USDT"?'),
        ("Binance:btc/usdt", '; did you mean "binance:BTC/USDT"?'),
        ("binance:BTCUSDT", ""),
        ("binance:../../etc", ""),
        ("", ""),
    ],
)
def test_a_broken_market_says_its_shape_and_guesses_what_was_meant(typed: str, hint: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse_market(typed)
    assert str(error.value) == f'market: expected VENUE:BASE/QUOTE such as binance:BTC/USDT, was "{typed}"{hint}'


def test_one_is_singular_and_thousands_have_commas() -> None:
    assert [counted(number, "candle") for number in (0, 1, 1_234)] == ["0 candles", "1 candle", "1,234 candles"]
