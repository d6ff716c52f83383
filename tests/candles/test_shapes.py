"""Every shape in which candles come: recognised, said, and the same candles in the end."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pyarrow as pa
import pyarrow.feather as feather
import pytest

from engine.candles import Candles, Store
from engine.candles.gathering import Wishes
from engine.candles.importing import ImportReport, import_files

from .making import candles, same
from .shaped import (
    FUTURES,
    HOUR_MS,
    HOURS,
    VALUES,
    binance,
    date,
    download,
    kraken,
    metatrader_4,
    metatrader_5,
    old_download,
    plain,
    rows,
    text,
)

BTC = "binance:BTC/USDT"
PERPETUAL = "binance:BTC/USDT:USDT"
TICKS = "volume: MetaTrader counts changes of the price, no coins; do not limit fills by it"
SERVER = "times: MetaTrader writes its broker's; taken as UTC"


def put(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / "from" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def brought(folder: Path, path: Path, **wishes: str) -> list[ImportReport]:
    return import_files(path, Store(folder / "data"), Wishes(**wishes))


def stored(folder: Path, report: ImportReport) -> Candles:
    return Store(folder / "data", report.kind).load(report.market, report.timeframe)


def values_of(of: Candles) -> list[object]:
    return [column.tolist() for column in of.columns]


# file, content, shape, market, what is said of it; the market is told by the file unless a "!" asks for --market.
TEXTS = [
    ("spot/BTCUSDT-1h-2024-01.csv", binance(), "binance-klines", BTC, "a Binance archive of spot klines: 12 columns without a header", ()),
    ("BTCUSDT-1h-2025-01.csv", binance(1000), "binance-klines", BTC, "a Binance archive of spot klines: 12 columns without a header", ("times recognised as microseconds",)),
    ("BTCUSDT-1h-2024-01.csv", binance(1, FUTURES), "binance-klines", PERPETUAL, "a Binance archive of futures klines: 12 columns with a header", ()),
    ("futures/um/monthly/klines/BTCUSDT/1h/BTCUSDT-1h-2020-01.csv", binance(), "binance-klines", PERPETUAL, "a Binance archive of futures klines: 12 columns without a header", ()),
    ("futures/cm/BTCUSD_PERP-1h-2024-01.csv", binance(1, FUTURES), "binance-klines", "binance:BTC/USD:BTC", "a Binance archive of futures klines: 12 columns with a header", ()),
    ("futures/um/BTCUSDT_240329-1h-2024-01.csv", binance(1, FUTURES), "binance-klines", "binance:BTC/USDT:USDT-240329", "a Binance archive of futures klines: 12 columns with a header", ()),
    ("BTCUSDT-1h-2024-01.csv", binance(), "binance-klines", f"!{BTC}", "a Binance archive of klines, spot or futures: 12 columns without a header", ()),
    ("spot/BTCUSDT-1h-2026-01.csv", binance(1, FUTURES), "binance-klines", BTC, "a Binance archive of spot klines: 12 columns with a header", ()),
    ("BTCUSDT-1h-2026-01.csv", binance(1000, FUTURES), "binance-klines", BTC, "a Binance archive of spot klines: 12 columns with a header", ("times recognised as microseconds",)),
    ("dump.csv", binance(1, FUTURES), "binance-klines", f"!{BTC}", "what Binance answers when asked for klines, spot or futures: 12 columns with a header", ()),
    ("dump.csv", kraken(), "kraken-ohlcvt", f"!{BTC}", "seven columns: unix seconds, open, high, low, close, volume, trades", ("times recognised as seconds",)),
    ("XBTUSD_60.csv", kraken(), "kraken-ohlcvt", "kraken:BTC/USD", "a Kraken archive: unix seconds, open, high, low, close, volume, trades", ("a candle without trades is not in it: it is a hole here", "times recognised as seconds")),
    ("XDGEUR_60.csv", kraken(), "kraken-ohlcvt", "kraken:DOGE/EUR", "a Kraken archive: unix seconds, open, high, low, close, volume, trades", ("a candle without trades is not in it: it is a hole here", "times recognised as seconds")),
    ("Binance_BTCUSDT_1h.csv", download(), "cryptodatadownload", BTC, "a file of CryptoDataDownload: unix time, symbol, prices, volumes", ("sorted by time: 47 rows stood out of order",)),
    ("Binance_BTCUSDT_1h.csv", download(f"Unix Timestamp,Date,Symbol,{VALUES},Volume BTC,Volume USDT,tradecount", lambda ms: ms // 1000), "cryptodatadownload", BTC, "a file of CryptoDataDownload: unix time, symbol, prices, volumes", ("times recognised as seconds", "sorted by time: 47 rows stood out of order")),
    ("Binance_BTCUSDT_1h.csv", download(unix=lambda ms: ms if ms >= HOURS.open_ms[20] else ms // 1000), "cryptodatadownload", BTC, "a file of CryptoDataDownload: unix time, symbol, prices, volumes", ("times recognised as seconds in some rows and milliseconds in others", "sorted by time: 47 rows stood out of order")),
    ("Binance_BTCUSDT_1h.csv", old_download(), "cryptodatadownload", BTC, "a file of CryptoDataDownload: dates, symbol, prices, volumes", ("times recognised as dates, UTC", "sorted by time: 47 rows stood out of order")),
    ("Binance_BTCUSDT_1h.csv", download().replace("Download.com\n", "Download.com,,,,,,,,,\n", 1).replace("BTC/USDT", "BTCUSDT"), "cryptodatadownload", BTC, "a file of CryptoDataDownload: unix time, symbol, prices, volumes", ("sorted by time: 47 rows stood out of order",)),
    ("BTCUSD_H1.csv", metatrader_5(), "metatrader", f"!{BTC}", "an export of MetaTrader 5: date, time, prices, volume", (SERVER, "times recognised as dates, UTC")),
    ("chart.csv", metatrader_5().encode("utf-16"), "metatrader", f"!{BTC}", "an export of MetaTrader 5: date, time, prices, volume", (SERVER, "times recognised as dates, UTC")),
    ("chart.csv", metatrader_5(real=False), "metatrader", f"!{BTC}", "an export of MetaTrader 5: date, time, prices, volume", (SERVER, "times recognised as dates, UTC", TICKS)),
    ("BTCUSD60.csv", metatrader_4(), "metatrader", f"!{BTC}", "an export of MetaTrader 4: date, time, prices, tick volume, without a header", (SERVER, TICKS, "times recognised as dates, UTC")),
    ("BINANCE_BTCUSDT, 60.csv", plain(lambda ms: ms // 1000, f"time,{VALUES},Volume"), "tradingview", BTC, "a chart exported from TradingView", ("times recognised as seconds",)),
    ("BYBIT_BTCUSDT.P, 60_1a2b3.csv", plain(lambda ms: ms // 1000, f"time,{VALUES},Volume"), "tradingview", "bybit:BTC/USDT:USDT", "a chart exported from TradingView", ("times recognised as seconds",)),
    ("history.csv", text(((ms // 1000, ms // 1000, "", "", "Bitcoin", o, h, low, c, v * c, 1) for ms, o, h, low, c, v in rows()), "timeOpen;timeClose;timeHigh;timeLow;name;open;high;low;close;volume;marketCap".replace(";", ",")), "coinmarketcap", f"!{BTC}", "a history of CoinMarketCap: timeOpen, prices, volume", ("times recognised as seconds", "volume is counted in quote: divided by each candle's close; give --volume-in base if it is not")),
    ("candles_binance_BTC-USDT_1h.csv", plain(lambda ms: ms // 1000), "named", BTC, f"columns by their names: timestamp, {', '.join(VALUES.split(','))}, volume", ("times recognised as seconds",)),
    ("binance_perpetual_BTC-USDT_1h.csv", plain(), "named", PERPETUAL, "columns by their names: timestamp, open, high, low, close, volume", ()),
    ("coinbase.csv", text(((ms // 1000, low, h, o, c, v) for ms, o, h, low, c, v in rows()), "time,low,high,open,close,volume"), "named", f"!{BTC}", "columns by their names: time, open, high, low, close, volume", ('times taken from the column "time"', "times recognised as seconds")),
    ("bitstamp.csv", text(((ms // 1000, "BTC/USDT", *values) for ms, *values in rows()), f"timestamp,symbol,{VALUES},volume"), "named", f"!{BTC}", "columns by their names: timestamp, open, high, low, close, volume", ("times recognised as seconds",)),
    ("BTCUSDT_1h.tsv", plain(by="\t", header="timestamp\topen\thigh\tlow\tclose\tvolume"), "named", f"!{BTC}", "columns by their names: timestamp, open, high, low, close, volume", ()),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "shape", "market", "said", "notes"), TEXTS)
def test_a_shape_is_recognised_and_said_and_gives_the_same_candles(
    tmp_path: Path, name: str, content: str | bytes, shape: str, market: str, said: str, notes: tuple[str, ...]
) -> None:
    asked = {"market": market[1:]} if market.startswith("!") else {}
    report = brought(tmp_path, put(tmp_path, name, content), **asked)[0]
    assert (report.shape, report.market, report.timeframe, report.kind) == (shape, market.lstrip("!"), "1h", "candles")
    assert report.recognised == (said,)
    assert report.notes == notes
    for ours, theirs in zip(stored(tmp_path, report).columns, HOURS.columns, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0 if shape != "coinmarketcap" else 1e-12)


def test_yahoos_volume_is_divided_by_the_close_and_its_adjusted_close_left_out(tmp_path: Path) -> None:
    days = candles(30, "1d")
    day = date("%Y-%m-%d")
    lines = [(day(ms), o, h, low, c, c * 0.9, 500 * c) for ms, o, h, low, c, _ in rows(days)]
    path = put(tmp_path, "BTC-USD.csv", text(lines, "Date,Open,High,Low,Close,Adj Close,Volume"))
    report = brought(tmp_path, path, venue="yahoo")[0]
    assert (report.market, report.timeframe, report.shape) == ("yahoo:BTC/USD", "1d", "yahoo")
    assert report.recognised == ("a file of Yahoo Finance: date, prices, volume, adjusted close left out",)
    found = stored(tmp_path, report)
    assert found.close.tolist() == days.close.tolist()
    np.testing.assert_allclose(found.volume, 500.0, rtol=1e-12)
    report = import_files(path, Store(tmp_path / "other"), Wishes(venue="yahoo", volume_in="base"))[0]
    assert Store(tmp_path / "other").load(report.market, "1d").volume.tolist() == [line[6] for line in lines]


def test_yfinances_three_lines_of_names_are_no_rows(tmp_path: Path) -> None:
    day = date("%Y-%m-%d")
    lines = [(day(ms), c, h, low, o, 5 * c) for ms, o, h, low, c, _ in rows(candles(10, "1d"))]
    header = "Price,Close,High,Low,Open,Volume\nTicker,BTC-USD,BTC-USD,BTC-USD,BTC-USD,BTC-USD\nDate,,,,,"
    report = brought(tmp_path, put(tmp_path, "download.csv", text(lines, header)), market="yahoo:BTC/USD")[0]
    assert report.candles == 10
    assert stored(tmp_path, report).open.tolist() == [line[4] for line in lines]


def test_minutes_without_any_number_are_holes(tmp_path: Path) -> None:
    header = "Timestamp,Open,High,Low,Close,Volume_(BTC),Volume_(Currency),Weighted_Price"
    lines = [(ms // 1000, *values, 1, 1) for ms, *values in rows(candles(60, "1m"))]
    for gone in (10, 11, 30):
        lines[gone] = (lines[gone][0], *["NaN"] * 7)
    report = brought(tmp_path, put(tmp_path, "bitstamp.csv", text(lines, header)), market="bitstamp:BTC/USD")[0]
    assert report.findings is not None
    assert report.findings.holes.line().startswith("2 holes: 3 candles missing, first 2024-01-01T00:10Z")
    assert "3 rows without any number left out: nothing was traded, so they are holes" in report.notes


def frame(of: Candles = HOURS) -> pa.Table:
    dates = pa.array(of.open_ms.astype("datetime64[ms]")).cast(pa.timestamp("ms", tz="UTC"))
    return pa.table(
        {"date": dates, **dict(zip(("open", "high", "low", "close", "volume"), of.columns[1:], strict=True))}
    )


@pytest.mark.parametrize(
    ("name", "market", "kind"),
    [
        ("binance/BTC_USDT-1h.feather", BTC, "candles"),
        ("binance/futures/BTC_USDT_USDT-1h-futures.feather", PERPETUAL, "candles"),
        ("binance/futures/BTC_USDT_USDT-1h-mark.feather", PERPETUAL, "mark"),
        ("binance/futures/BTC_USDT_USDT-1h-index.feather", PERPETUAL, "index"),
    ],
)
def test_freqtrades_files_tell_market_timeframe_and_kind(tmp_path: Path, name: str, market: str, kind: str) -> None:
    path = put(tmp_path, name, "")
    feather.write_feather(frame(), path, compression="lz4")
    report = brought(tmp_path, path)[0]
    assert (report.shape, report.market, report.timeframe, report.kind) == ("freqtrade", market, "1h", kind)
    assert values_of(stored(tmp_path, report)) == values_of(HOURS)


def test_freqtrades_older_files_are_json_gzipped_or_not(tmp_path: Path) -> None:
    content = json.dumps([list(row) for row in rows()]).encode()
    put(tmp_path, "BTC_USDT-1h.json", content)
    put(tmp_path, "ETH_USDT-1h.json.gz", gzip.compress(content))
    reports = brought(tmp_path, tmp_path / "from", venue="kraken")
    assert [(one.market, one.candles) for one in reports] == [("kraken:BTC/USDT", 48), ("kraken:ETH/USDT", 48)]
    assert values_of(stored(tmp_path, reports[1])) == values_of(HOURS)


def test_a_stored_file_tells_all_of_itself(tmp_path: Path) -> None:
    path = Store(tmp_path / "elsewhere").write(HOURS).files[0]
    report = brought(tmp_path, path)[0]
    assert (report.shape, report.market, report.timeframe) == ("store", BTC, "1h")
    assert same(stored(tmp_path, report), HOURS)


@pytest.mark.parametrize(
    ("early", "wishes", "note"),
    [
        (1, {}, "candles named by their close, a millisecond before the next open: shifted to their opens"),
        (1000, {}, "candles named by their close, a second before the next open: shifted to their opens"),
        (0, {"named_by": "close"}, "candles named by their close: shifted by 1h to their opens"),
    ],
)
def test_candles_named_by_their_close_are_shifted_and_it_is_said(
    tmp_path: Path, early: int, wishes: dict[str, str], note: str
) -> None:
    path = put(tmp_path, "ends.csv", plain(lambda ms: ms + HOUR_MS - early))
    report = brought(tmp_path, path, market=BTC, **wishes)[0]
    assert report.notes == (note,)
    assert values_of(stored(tmp_path, report)) == values_of(HOURS)


def test_a_column_named_close_time_is_believed_and_named_by_open_is_obeyed(tmp_path: Path) -> None:
    path = put(tmp_path, "ends.csv", plain(lambda ms: ms + HOUR_MS, f"close_time,{VALUES},volume"))
    assert values_of(stored(tmp_path, brought(tmp_path, path, market=BTC)[0])) == values_of(HOURS)
    report = import_files(path, Store(tmp_path / "other"), Wishes(market=BTC, named_by="open"))[0]
    assert report.first_ms == HOURS.first_ms + HOUR_MS


def test_a_zip_of_many_files_is_one_import_and_nothing_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "from" / "archive.zip"
    path.parent.mkdir()
    halves = HOURS.between(until_ms=int(HOURS.open_ms[24])), HOURS.between(from_ms=int(HOURS.open_ms[20]))
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for at, half in enumerate(halves):
            archive.writestr(f"spot/../BTCUSDT-1h-2024-0{at + 1}.csv", binance(1 + 999 * at, of=half))
        archive.writestr("spot/README.md", "read me")
    before = sorted(tmp_path.rglob("*"))
    report = brought(tmp_path, path)[0]
    assert report.files == tuple(f"archive.zip: spot/../BTCUSDT-1h-2024-0{at}.csv" for at in (1, 2))
    assert report.notes == (
        "times recognised as microseconds",
        "sorted by time: 1 row stood out of order",
        "4 identical duplicates dropped",
        "passed over: spot/README.md",
    )
    assert values_of(stored(tmp_path, report)) == values_of(HOURS)
    assert [one for one in sorted(tmp_path.rglob("*")) if (tmp_path / "data") not in (one, *one.parents)] == before


def test_a_folder_of_several_markets_and_timeframes_imports_each(tmp_path: Path) -> None:
    days = candles(30, "1d")
    put(tmp_path, "XBTUSD_60.csv", kraken())
    put(tmp_path, "deep/XBTUSD_1440.csv", kraken(days))
    put(tmp_path, "ETHEUR_60.csv.gz", gzip.compress(kraken().encode()))
    put(tmp_path, "notes.md", "not a table")
    put(tmp_path, ".hidden/XBTUSD_60.csv", "rubbish")
    ticks: list[tuple[str, int, int]] = []
    reports = import_files(tmp_path / "from", Store(tmp_path / "data"), report=lambda *told: ticks.append(told))
    assert [(one.market, one.timeframe, one.candles) for one in reports] == [
        ("kraken:ETH/EUR", "1h", 48),
        ("kraken:BTC/USD", "1h", 48),
        ("kraken:BTC/USD", "1d", 30),
    ]
    assert [told[1:] for told in ticks] == [(1, 3), (2, 3), (3, 3)]
    assert "passed over: notes.md" in reports[0].notes
