"""Funding and mark prices in the store: from which files, beside which candles, and what a second import may change."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather as feather
import pytest
from typer.testing import CliRunner

from engine.candles import Funding, Store, read_funding
from engine.candles.gathering import Wishes
from engine.candles.importing import import_files
from engine.candles.timeframes import parse_time
from engine.cli.data import app
from engine.errors import DataError

from .making import candles, columns, of, real, same, times
from .shaped import binance, date, plain

MARKET = "binance:BTC/USDT:USDT"
EIGHT_HOURS_MS = 8 * 3_600_000
MS = parse_time("2023-12-31") + EIGHT_HOURS_MS * np.arange(9, dtype=np.int64)
RATES = np.round(0.0001 * np.sin(np.arange(9.0)), 8)
UNKNOWN = np.full(9, np.nan)


def settled(rates: np.ndarray = RATES, marks: np.ndarray = UNKNOWN, source: str = "a test") -> Funding:
    return Funding(MS[: len(rates)], rates, marks[: len(rates)], source)


@pytest.mark.parametrize(
    ("name", "content", "shape", "wishes"),
    [
        ("BTCUSDT-fundingRate-2024-01.csv", ("calc_time,funding_interval_hours,last_funding_rate", "{ms},8,{rate}"), "binance-funding", {}),
        ("rates.csv", ("timestamp,funding_rate", "{ms},{rate}"), "funding", {"market": MARKET}),
        ("rates.csv", ("fundingTime,symbol,fundingRate,markPrice", "{ms},BTCUSDT,{rate},"), "funding", {"market": MARKET}),
        ("rates.csv", ("date,rate", "{day},{rate}"), "funding", {"market": MARKET, "kind": "funding"}),
    ],
)  # fmt: skip
def test_funding_is_recognised_by_its_columns(
    tmp_path: Path, name: str, content: tuple[str, str], shape: str, wishes: dict[str, str]
) -> None:
    day = date("%Y-%m-%d %H:%M:%S")
    lines = [content[1].format(ms=ms + 3, rate=rate, day=day(ms)) for ms, rate in zip(MS.tolist(), RATES, strict=True)]
    (tmp_path / name).write_text("\n".join([content[0], *lines]) + "\n")
    report = import_files(tmp_path / name, Store(tmp_path / "data"), Wishes(**wishes))[0]
    assert (report.shape, report.market, report.kind, report.timeframe, report.candles) == (
        shape, MARKET, "funding", "", 9,
    )  # fmt: skip
    assert report.changes() == "9 settlements added"
    folder = tmp_path / "data" / "binance" / "BTC-USDT_USDT" / "funding"
    assert report.written.files == (folder / "2023.parquet", folder / "2024.parquet")
    assert Store(tmp_path / "data").load_funding(MARKET).content_hash() == settled().content_hash()


def test_freqtrades_funding_rate_is_its_open(tmp_path: Path) -> None:
    dates = pa.array(MS.astype("datetime64[ms]")).cast(pa.timestamp("ms", tz="UTC"))
    nothing = np.zeros(9)
    table = {"date": dates, "open": RATES, "high": nothing, "low": nothing, "close": nothing, "volume": nothing}
    path = tmp_path / "binance" / "futures" / "BTC_USDT_USDT-8h-funding_rate.feather"
    path.parent.mkdir(parents=True)
    feather.write_feather(pa.table(table), path)
    report = import_files(path, Store(tmp_path / "data"))[0]
    assert (report.shape, report.market, report.kind) == ("freqtrade", MARKET, "funding")
    assert Store(tmp_path / "data").load_funding(MARKET).content_hash() == settled().content_hash()


def test_a_stored_file_of_funding_is_read_by_a_run_and_imported_again(tmp_path: Path) -> None:
    marks = np.where(np.arange(9) % 2, 42_000.0 + np.arange(9), np.nan)
    path = Store(tmp_path).write_funding(MARKET, settled(marks=marks)).files[1]
    assert read_funding(path).content_hash() == Store(tmp_path).load_funding(MARKET, int(MS[3])).content_hash()
    report = import_files(path, Store(tmp_path / "other"))[0]
    assert (report.market, report.kind) == (MARKET, "funding")


def test_settlements_merge_and_refuse_to_disagree_and_learn_mark_prices(tmp_path: Path) -> None:
    store = Store(tmp_path)
    done = store.write_funding(MARKET, settled(RATES[:5]))
    assert (done.added, done.unchanged) == (5, 0)
    done = store.write_funding(MARKET, settled())
    assert (done.added, done.replaced, done.unchanged) == (4, 0, 5)
    assert [path.name for path in done.files] == ["2024.parquet"]
    other = RATES.copy()
    other[4] = 0.001
    with pytest.raises(DataError) as caught:
        store.write_funding(MARKET, settled(other))
    assert str(caught.value) == (
        f"{MARKET}: 1 funding settlement of 9 disagree with the store, first 2024-01-01T08:00Z "
        f"(rate {RATES[4]} stored, 0.001 new); nothing was written; give --replace to let the new ones win"
    )
    assert store.load_funding(MARKET).content_hash() == settled().content_hash()
    assert store.write_funding(MARKET, settled(other), replace=True).replaced == 1
    known = settled(other, np.full(9, 42_000.0))
    assert store.write_funding(MARKET, known).replaced == 0
    assert store.load_funding(MARKET).content_hash() == known.content_hash()
    assert store.write_funding(MARKET, settled(other)).files == ()  # who does not know the mark does not deny it


def test_a_span_of_funding_is_loaded_or_told(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(DataError, match=f"no funding of {MARKET} in the store; import it: tradewind data import FILE"):
        store.load_funding(MARKET)
    store.write_funding(MARKET, settled())
    assert store.load_funding(MARKET, int(MS[2]), int(MS[5])).ms.tolist() == MS[2:5].tolist()
    with pytest.raises(DataError, match=r"no funding in the span asked for; the store holds 2023-12-31T00:00Z to "):
        store.load_funding(MARKET, int(MS[-1]) + 1)


def test_funding_in_the_wrong_place_is_named(tmp_path: Path) -> None:
    store = Store(tmp_path)
    path = store.write_funding(MARKET, settled()).files[0]
    moved = tmp_path / "binance" / "ETH-USDT_USDT" / "funding" / path.name
    moved.parent.mkdir(parents=True)
    moved.write_bytes(path.read_bytes())
    with pytest.raises(DataError, match=f"expected funding of binance:ETH/USDT:USDT, was funding of {MARKET}; put the"):
        store.load_funding("binance:ETH/USDT:USDT")


def test_mark_prices_lie_beside_the_candles_and_neither_sees_the_other(tmp_path: Path) -> None:
    store, marks = Store(tmp_path / "data"), Store(tmp_path / "data", "mark")
    traded, marked = of(columns(times(48)), market=MARKET), of(columns(times(48), seed=2), market=MARKET)
    store.write(traded)
    path = marks.write(marked).files[0]
    assert path == tmp_path / "data/binance/BTC-USDT_USDT/mark/1h/2024.parquet"
    assert same(store.load(MARKET, "1h"), traded)
    assert same(marks.load(MARKET, "1h"), marked)
    assert store.names() == marks.names() == [(MARKET, "1h")]
    (tmp_path / "data/binance/BTC-USDT_USDT/1h/2024.parquet").write_bytes(path.read_bytes())
    with pytest.raises(DataError, match=f"expected candles of {MARKET} 1h, was mark candles of {MARKET} 1h; put the"):
        store.load(MARKET, "1h")


@pytest.mark.parametrize(
    ("name", "content", "kind", "asked"),
    [
        ("futures/um/monthly/markPriceKlines/BTCUSDT/1h/BTCUSDT-1h-2024-01.csv", binance(), "mark", ""),
        ("futures/um/monthly/indexPriceKlines/BTCUSDT/1h/BTCUSDT-1h-2024-01.csv", binance(), "index", ""),
        ("um/BTCUSDT-1h-2024-01.csv", binance(), "mark", "mark"),
        ("marks.csv", plain().replace(",volume", ",x"), "mark", "mark"),
    ],
)
def test_mark_and_index_prices_are_known_by_their_folder_or_the_flag(
    tmp_path: Path, name: str, content: str, kind: str, asked: str
) -> None:
    path = tmp_path / "from" / name
    path.parent.mkdir(parents=True)
    path.write_text(content)
    wishes = Wishes(kind=asked, market=MARKET if name == "marks.csv" else "")
    report = import_files(path, Store(tmp_path / "data"), wishes)[0]
    assert (report.market, report.kind, report.timeframe) == (MARKET, kind, "1h")
    loaded = Store(tmp_path / "data", kind).load(MARKET, "1h")
    assert loaded.close.tolist() == candles(48).close.tolist()
    assert loaded.volume.any() == (name != "marks.csv")


def test_the_list_shows_what_lies_beside_the_candles(tmp_path: Path) -> None:
    Store(tmp_path).write_funding(MARKET, settled())
    funding = f"{MARKET} funding 9 settlements, 2023-12-31T00:00Z to 2024-01-02T16:00Z"
    assert listed(tmp_path) == funding
    Store(tmp_path, "mark").write(of(columns(times(48)), market=MARKET))
    Store(tmp_path).write(candles(48))
    said = listed(tmp_path)
    assert "binance:BTC/USDT 1h 48 candles" in said
    assert said.endswith(f"{MARKET} 1h mark prices 48 candles, 2024-01-01T00:00Z to 2024-01-02T23:00Z {funding}")
    told = json.loads(CliRunner().invoke(app, ["list", "--root", str(tmp_path), "--json"]).stdout)
    assert [(one["market"], one.get("kind")) for one in told] == [
        ("binance:BTC/USDT", None), (MARKET, "mark"), (MARKET, "funding"),
    ]  # fmt: skip


def listed(root: Path) -> str:
    result = CliRunner().invoke(app, ["list", "--root", str(root)], catch_exceptions=False, env={"COLUMNS": "200"})
    return " ".join(result.stdout.split())


# shared/data/README.md: rows, first and last settlement, extremes and mean.
REAL = [
    ("BINANCEUSDM_BTC-USDT_funding.parquet", "binance:BTC/USDT:USDT", 7_323, "2019-09-10T08:00", "2026-05-17", 0.000108419),
    ("BINANCEUSDM_ETH-USDT_funding.parquet", "binance:ETH/USDT:USDT", 7_089, "2019-11-27T08:00", "2026-05-17", 0.000130891),
    ("BYBIT_BTC-USDT_funding.parquet", "bybit:BTC/USDT:USDT", 6_860, "2020-03-25T16:00", "2026-06-29", 0.000119595),
]  # fmt: skip


@pytest.mark.parametrize(("name", "market", "rows", "first", "last", "mean"), REAL)
def test_real_funding_is_what_its_catalogue_says(
    tmp_path: Path, name: str, market: str, rows: int, first: str, last: str, mean: float
) -> None:
    report = import_files(real(name), Store(tmp_path), Wishes(market=market))[0]
    assert (report.candles, report.first_ms, report.last_ms) == (rows, parse_time(first), parse_time(last))
    loaded = Store(tmp_path).load_funding(market)
    assert len(loaded) == rows
    assert float(loaded.rate.mean()) == pytest.approx(mean, abs=1e-9)
