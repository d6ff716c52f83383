from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.candles import Store, load_candles
from engine.candles.store import Stored
from engine.candles.timeframes import DAY_MS, parse_time
from engine.errors import ConfigError, DataError

from .making import START_MS, candles, columns, of, same, times

BTC = "binance:BTC/USDT"


@settings(max_examples=25, deadline=None)
@given(
    timeframe=st.sampled_from(["1m", "1h", "1d", "1w"]),
    market=st.sampled_from([BTC, "kraken:BTC/USD", "binanceusdm:BTC/USDT:USDT", "okx:BTC/USD:BTC-241227"]),
    gone=st.sets(st.integers(1, 398), max_size=30),
    cut=st.integers(1, 399),
)
def test_what_is_written_in_two_parts_and_any_order_is_loaded_to_the_bit(
    tmp_path_factory: pytest.TempPathFactory, timeframe: str, market: str, gone: set[int], cut: int
) -> None:
    store = Store(tmp_path_factory.mktemp("store"))
    whole = of(columns(np.delete(times(400, timeframe, parse_time("2023-12-30")), sorted(gone))), timeframe, market)
    cut_ms = int(whole.open_ms[min(cut, len(whole) - 1)])
    store.write(whole.between(from_ms=cut_ms))
    store.write(whole.between(until_ms=cut_ms))
    loaded = store.load(market, timeframe)
    assert same(loaded, whole)
    assert loaded.source == "a test"
    assert store.markets() == [Stored(market, timeframe, whole.first_ms, int(whole.open_ms[-1]), len(whole))]
    assert same(
        store.load(market, timeframe, cut_ms, cut_ms + 10 * DAY_MS), whole.between(cut_ms, cut_ms + 10 * DAY_MS)
    )


def test_there_is_one_file_a_market_timeframe_and_year(tmp_path: Path) -> None:
    store = Store(tmp_path)
    written = store.write(candles(800, "1d", parse_time("2023-06-01")))
    store.write(of(columns(times(5)), market="binance:BTC/USDT:USDT"))
    assert [str(path.relative_to(tmp_path)) for path in written.files] == [
        f"binance/BTC-USDT/1d/{year}.parquet" for year in (2023, 2024, 2025)
    ]
    assert (tmp_path / "binance/BTC-USDT_USDT/1h/2024.parquet").is_file()


def test_years_that_a_write_does_not_change_are_not_rewritten(tmp_path: Path) -> None:
    store = Store(tmp_path)
    whole = candles(800, "1d", parse_time("2023-06-01"))
    store.write(whole.between(until_ms=parse_time("2024-06-01")))
    inodes = {path: path.stat().st_ino for path in tmp_path.rglob("*.parquet")}
    written = store.write(whole)
    assert [path.name for path in written.files] == ["2024.parquet", "2025.parquet"]
    assert (written.added, written.unchanged, written.replaced) == (434, 366, 0)
    old = tmp_path / "binance/BTC-USDT/1d/2023.parquet"
    assert old.stat().st_ino == inodes[old]
    assert store.write(whole).files == ()


def test_candles_that_disagree_with_the_store_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    store = Store(tmp_path)
    new = candles(96, start_ms=parse_time("2023-12-31"))
    old = new.between(until_ms=parse_time("2024-01-02"))
    store.write(old)
    volume = new.volume.copy()
    volume[[20, 31]] = 7.5  # one in each year
    changed = of(new.columns._replace(volume=volume))
    with pytest.raises(DataError) as error:
        store.write(changed)
    assert str(error.value) == (
        "binance:BTC/USDT 1h: 2 candles of 48 disagree with the store, first 2023-12-31T20:00Z "
        f"(volume {old.volume[20]} stored, 7.5 new); nothing was written; give --replace to let the new ones win"
    )
    assert same(store.load(BTC, "1h"), old)
    written = store.write(changed, replace=True)
    assert (written.added, written.replaced, written.unchanged) == (48, 2, 46)
    assert same(store.load(BTC, "1h"), changed)


def test_sources_are_joined_and_do_not_grow_without_end(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for day in range(5):
        store.write(of(columns(times(24, start_ms=START_MS + day * DAY_MS), day), source=f"day {day}"))
    assert store.load(BTC, "1h").source == "day 0; day 1; others"


@pytest.mark.parametrize(
    ("market", "timeframe", "span", "told"),
    [
        (
            "binance:BTC/USD",
            "1h",
            (),
            'no candles of binance:BTC/USD in ROOT; did you mean "binance:BTC/USDT"?; import them: '
            "tradewind data import FILE --market binance:BTC/USD --timeframe 1h --root ROOT",
        ),
        (
            BTC,
            "5m",
            (),
            "binance:BTC/USDT is stored as 1h, 1d candles only, not 5m; ask for 1h, or import them: "
            "tradewind data import FILE --market binance:BTC/USDT --timeframe 5m --root ROOT",
        ),
        (
            BTC,
            "1h",
            ("2019-01-01", "2020-01-01"),
            "binance:BTC/USDT 1h: no candles from 2019-01-01T00:00Z until 2020-01-01T00:00Z; the store holds "
            "2024-01-01T00:00Z to 2024-01-02T23:00Z; ask for a span of that, or import more: "
            "tradewind data import FILE --market binance:BTC/USDT --timeframe 1h --root ROOT",
        ),
    ],
)
def test_candles_that_are_not_there_are_told_with_what_is_and_the_command_to_type(
    tmp_path: Path, market: str, timeframe: str, span: tuple[str, ...], told: str
) -> None:
    store = Store(tmp_path)
    store.write(candles())
    store.write(candles(9, "1d"))
    with pytest.raises(DataError) as error:
        store.load(market, timeframe, *map(parse_time, span))
    assert str(error.value) == told.replace("ROOT", str(tmp_path))


def test_an_empty_store_says_so_without_the_default_root_in_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Store().markets() == []
    with pytest.raises(DataError) as error:
        load_candles(BTC, "1h")
    assert str(error.value) == (
        "no candles of binance:BTC/USDT in data; the store is empty; import them: "
        "tradewind data import FILE --market binance:BTC/USDT --timeframe 1h"
    )


def test_a_wrong_market_or_timeframe_is_the_callers_fault_before_the_store_is_asked(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="market"):
        Store(tmp_path).load("BTC", "1h")
    with pytest.raises(ConfigError, match="timeframe"):
        Store(tmp_path).load(BTC, "1hour")


def test_a_file_in_the_wrong_place_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write(candles())
    (tmp_path / "kraken").mkdir()
    (tmp_path / "binance/BTC-USDT").rename(tmp_path / "kraken/BTC-USDT")
    with pytest.raises(
        DataError, match="expected candles of kraken:BTC/USDT 1h, was binance:BTC/USDT 1h; put the file back"
    ):
        store.load("kraken:BTC/USDT", "1h")


def test_load_candles_reads_the_store_by_dates(tmp_path: Path) -> None:
    Store(tmp_path).write(candles())
    loaded = load_candles(BTC, "1h", "2024-01-01T05:00", "2024-01-02", root=tmp_path)
    assert (loaded.first_ms, loaded.end_ms) == (START_MS + 5 * 3_600_000, START_MS + DAY_MS)


def test_load_candles_serves_the_simulated_market_for_a_year_by_default() -> None:
    made = load_candles("simulated:ETH/USDT", "1h", scenario="bull", seed=3)
    assert made.simulated
    assert (made.first_ms, made.end_ms) == (parse_time("2024-01-01"), parse_time("2025-01-01"))
    assert made.source == "simulated market, scenario bull, seed 3"
