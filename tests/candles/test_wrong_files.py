"""What is wrong with a file is one sentence: where, what was expected, what it was, what to do; and nothing is written."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pyarrow as pa
import pyarrow.feather as feather
import pytest

from engine.candles import Store
from engine.candles.gathering import Wishes
from engine.candles.importing import import_files
from engine.errors import EngineError

from .making import candles
from .shaped import FUTURES, HOURS, VALUES, binance, download, kraken, metatrader_4, metatrader_5, plain, rows, text

BTC = {"market": "binance:BTC/USDT"}
HEADER = f"timestamp,{VALUES},volume"


def swapped(content: str, line: int, old: str, new: str) -> str:
    """Return a text with something replaced in one line, counted from 1."""
    lines = content.splitlines()
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    return "\n".join(lines)


def cell(content: str, line: int, at: int, by: str = ",") -> str:
    return content.splitlines()[line - 1].split(by)[at]


def zipped(**members: str) -> bytes:
    whole = io.BytesIO()
    with ZipFile(whole, "w", ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.csv", content)
    return whole.getvalue()


def torn(whole: bytes) -> bytes:
    """Return a zip whose first member no longer has the sum that it says."""
    at = whole.index(b".csv") + 40
    return whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]


def feathered(of: dict[str, object]) -> bytes:
    whole = io.BytesIO()
    feather.write_feather(pa.table(of), whole)
    return whole.getvalue()


SPOT, KRAKEN, CDD, MT5, MT4 = binance(), kraken(), download(), metatrader_5(), metatrader_4()
STARS = "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<VOL>"
LATER = f"{HOURS.open_ms[5]}000"
TIMES = "expected milliseconds since 1970 or ISO 8601"

# file, content, wishes, what is said; {} is the file's whole path.
WRONG = [
    ("a.csv", swapped(SPOT, 6, cell(SPOT, 6, 3), "n/a!"), BTC, 'a.csv, line 6: expected a number in the column "low", was "n/a!"; fix the line'),
    ("a.csv", swapped(SPOT, 6, cell(SPOT, 6, 0), LATER), BTC, f"a.csv, line 6: {TIMES}; the times begin in milliseconds, but {LATER} is in microseconds"),
    ("a.csv", swapped(SPOT, 6, ",", ",,"), BTC, "a.csv, line 6: expected 12 columns, was 13; a number with a comma in it?; fix the line"),
    ("a.csv", binance(1, FUTURES.replace("close,", "last,")), BTC, 'a.csv: no column "close"; did you mean "close_time"?'),
    ("XBTUSD_60.csv", swapped(KRAKEN, 3, cell(KRAKEN, 3, 1), "open"), {}, 'XBTUSD_60.csv, line 3: expected a number in the column "open", was "open"; fix the line'),
    ("XBTUSD_60.csv", KRAKEN + "1704240000,1,2\n", {}, "XBTUSD_60.csv, line 49: expected 7 columns, was 3; fix the line"),
    ("Binance_BTCUSDT_1h.csv", swapped(CDD, 9, "BTC/USDT", "ETH/USDT"), {}, "Binance_BTCUSDT_1h.csv, line 9: expected one market in a file, was BTC/USDT, then ETH/USDT; split it into a file a market"),
    ("Binance_ETHUSDT_1h.csv", CDD, {}, "Binance_ETHUSDT_1h.csv: its name says ETH/USDT, its column of symbols BTC/USDT; rename the file"),
    ("a.csv", CDD.replace("Volume BTC", "Volume LTC"), BTC, f'a.csv: expected a column "Volume BTC", the coin of the symbol "BTC/USDT"; its columns: unix, date, symbol, {", ".join(VALUES.split(","))}, Volume LTC, Volume USDT, tradecount'),
    ("a.csv", CDD.replace("unix,date", "a,b"), BTC, "a.csv, line 2: expected the columns unix, date, symbol, was a, b, symbol, open, high, low, close, Volume BTC, Volume USDT, tradecount"),
    ("a.csv", swapped(MT5, 4, cell(MT5, 4, 5, "\t"), "1,5"), BTC, 'a.csv, line 4: expected a number in the column "close", was "1,5"; fix the line'),
    ("a.csv", MT5.replace("\t<TICKVOL>", "\t<TIKVOL>"), BTC, 'a.csv: no column "tickvol"; did you mean "tikvol"?'),
    ("a.csv", swapped(MT4, 4, "2024.01.01", "01.01.2024"), BTC, f'a.csv, line 4: {TIMES} for a time, was "01-01-2024 03:00"'),
    ("a.csv", text([(1, 2)], "Datum;Eröffnung;Hoch;Tief;Schluss;Volumen"), BTC, 'a.csv: no column "timestamp"; its columns: Datum, Eröffnung, Hoch, Tief, Schluss, Volumen; name them timestamp, open, high, low, close, volume'),
    ("BINANCE_BTCUSDT, 60.csv", plain(lambda ms: ms // 1000, f"time,{VALUES},Plot"), {}, 'BINANCE_BTCUSDT, 60.csv: no column "volume"; its columns: time, open, high, low, close, Plot'),
    ("a.csv", "Price,Close,High,Low,Open,Volume\nTicker,BTC-USD,ETH-USD\nDate,,,,,\n2024-01-01,1,1,1,1,1\n", BTC, "a.csv, line 2: expected one market, was BTC-USD, ETH-USD; split them"),
    ("a.csv", plain(header=HEADER).replace("timestamp", "time stamp"), BTC, 'a.csv: no column "timestamp"; did you mean "time_stamp"?'),
    ("a.csv", plain() + "\x00\x00\n", BTC, "a.csv, line 50: expected 6 columns, was 1; fix the line"),
    ("a.csv", "\n\n", BTC, "a.csv is empty; expected rows of timestamp, open, high, low, close, volume"),
    ("a.csv", text(((r[0], "BTC" if r[0] < HOURS.open_ms[10] else "ETH", *r[1:]) for r in rows()), f"timestamp,pair,{VALUES},volume"), BTC, "a.csv, line 12: expected one market in a file, was BTC, then ETH; split it into a file a market"),
    ("a.zip", b"PK rubbish", BTC, "{} is not a readable zip file: File is not a zip file; download it again"),
    ("a.zip", zipped(), BTC, "{}: expected a zip of CSV files, found nothing"),
    ("a.zip", torn(zipped(one=SPOT)), BTC, None),
    ("a.zip", zipped(one=SPOT, two=swapped(SPOT, 6, cell(SPOT, 6, 4), "x")), BTC, 'a.zip: two.csv, line 6: expected a number in the column "close", was "x"; fix the line'),
    ("a.zip", zipped(one="0" * 70_000_000), BTC, None),
    ("a.csv.gz", b"\x1f\x8b rubbish", BTC, "{} is not a readable gzip file: Unknown compression method; download it again"),
    ("a.csv.gz", gzip.compress(SPOT.encode())[:-40], BTC, "{} is not a readable gzip file: Compressed file ended before the end-of-stream marker was reached; download it again"),
    ("a.csv.gz", gzip.compress(b"0" * 70_000_000), BTC, None),
    ("a.feather", b"FEA1 and then a lot of rubbish", BTC, "{} is not a readable Feather file: Not an Arrow file"),
    ("BTC_USDT-1h.feather", feathered({"date": [1], "open": [1.0]}), BTC, 'BTC_USDT-1h.feather: no column "high"; its columns: date, open; name them timestamp, open, high, low, close, volume'),
    ("a.json", b"{", BTC, "a.json is not readable JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1); download it again"),
    ("a.json", b'{"a": 1}', BTC, "a.json: expected a list of [date, open, high, low, close, volume], the date in ms, was dict"),
    ("a.json", json.dumps([[1, 2, 3, 4, 5]]), BTC, "a.json, row 1: expected a list of [date, open, high, low, close, volume], the date in ms, was [1, 2, 3, 4, 5]"),
    ("a.csv", plain(), {}, "a.csv: nothing tells the market; give it, such as --market binance:BTC/USDT"),
    ("BTC-USDT_1h.csv", plain(), {}, "BTC-USDT_1h.csv: nothing tells the venue of BTC/USDT; give it, such as --venue binance"),
    ("BTCUSDT-1h-2024-01.csv", SPOT, {}, "BTCUSDT-1h-2024-01.csv: klines of spot and of futures look alike here; give --market binance:BTC/USDT for spot, or --market binance:BTC/USDT:USDT, or put the files into a folder named spot or futures"),
    ("ETHUSDT-1h-2024-01.csv", SPOT, BTC, "ETHUSDT-1h-2024-01.csv: expected candles of BTC/USDT, but it tells that they are of ETH/USDT; give --market binance:ETH/USDT, or leave --market away"),
    ("spot/BTCUSDT-1mo-2024-01.csv", SPOT, {}, "BTCUSDT-1mo-2024-01.csv: 1mo candles cannot be stored; known: 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 6h, 8h, 12h, 1d, 1w; leave the file out"),
    ("spot/BTCUSDT-1d-2024-01.csv", SPOT, {}, "BTCUSDT-1d-2024-01.csv: its name says 1d candles, but their times seem to be those of 1h; rename the file, or give --timeframe 1h"),
    ("a.csv", plain().rsplit("\n", 46)[0], BTC, "a.csv: neither its name nor its times tell the timeframe; give it, such as --timeframe 1h"),
    ("a.csv", plain(lambda ms: ms + 60_000), BTC | {"named_by": "close"}, "a.csv: expected closes on the 1h grid, or a second or millisecond before it, was otherwise in 48 rows; give the timeframe they have, or --named-by open"),
    ("a.csv", plain(), BTC | {"kind": "fundng"}, 'kind: expected candles or mark or index or funding, was "fundng"; did you mean "funding"?'),
    ("a.csv", plain(), BTC | {"named_by": "end"}, 'named-by: expected open or close, was "end"; known: close, open'),
    ("a.csv", plain(), BTC | {"venue": "kraken"}, "venue: binance:BTC/USDT names its venue already; leave --venue away"),
    ("a.csv", plain(), BTC | {"kind": "funding"}, "a.csv: expected funding rates, found the columns timestamp, open, high, low, close, volume; leave --kind away"),
    ("a.csv", "timestamp,funding_rate\n2024-01-01,0.0001\n2024-01-02,\n", BTC, "a.csv, line 3: expected a funding rate such as 0.0001, was nothing"),
    ("a.csv", "timestamp,funding_rate\n2024-01-01,0.0001\n2024-01-02,much\n", BTC, 'a.csv, line 3: expected a number in the column "funding rate", was "much"; fix the line'),
    ("a.csv", "timestamp,funding_rate\n2024-01-01,0.0001\n2024-01-01,0.0002\n", BTC, "a.csv, line 3: another row has 2024-01-01T00:00Z with rate 0.0001 and mark price nan, was 0.0002 and nan; nothing was imported; fix the source"),
    ("a.csv", "timestamp,funding_rate\n2024-01-01,0.0001\n", BTC | {"kind": "mark"}, "a.csv: expected mark prices, was a file of funding rates; give --kind funding"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "wishes", "said"), WRONG, ids=range(len(WRONG)))
def test_a_wrong_file_is_one_sentence_and_nothing_is_written(
    tmp_path: Path, name: str, content: str | bytes, wishes: dict[str, str], said: str | None
) -> None:
    path = tmp_path / "from" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(EngineError) as caught:
        import_files(path, Store(tmp_path / "data"), Wishes(**wishes))
    told = str(caught.value)
    assert "\n" not in told
    if said is None:  # the sentence ends in numbers or words of the library that packed it
        assert told.startswith((f"{name}: ", f"{path}")), told
        assert told.endswith(("download it again", "by hand if you trust it")), told
    else:
        assert told == said.format(path)
    assert not (tmp_path / "data").exists()


def test_one_wrong_file_of_a_folder_keeps_all_of_it_out_and_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "from"
    folder.mkdir()
    (folder / "ETHUSD_60.csv").write_text(KRAKEN)
    (folder / "XBTUSD_60.csv").write_text(KRAKEN + KRAKEN.splitlines()[7].replace(",17", ",18").replace(",", ",9", 1))
    with pytest.raises(EngineError) as caught:
        import_files(folder, Store(tmp_path / "data"))
    assert str(caught.value).startswith("from: 1 row with a ")
    assert "(first: line 49, 2024-01-01T07:00Z)" in str(caught.value)
    assert not (tmp_path / "data").exists()


def test_a_folder_that_disagrees_with_the_store_in_its_last_market_writes_none(tmp_path: Path) -> None:
    store, folder = Store(tmp_path / "data"), tmp_path / "from"
    folder.mkdir()
    (folder / "ETHUSD_60.csv").write_text(KRAKEN)
    (folder / "XBTUSD_60.csv").write_text(kraken(candles(48, seed=2)))
    first = folder / "first" / "XBTUSD_60.csv"
    first.parent.mkdir()
    first.write_text(KRAKEN)
    import_files(first, store)
    first.unlink()
    with pytest.raises(EngineError, match="kraken:BTC/USD 1h: 48 candles of 48 disagree with the store"):
        import_files(folder, store)
    assert store.names() == [("kraken:BTC/USD", "1h")]
    assert [one.written.replaced for one in import_files(folder, store, replace=True)] == [0, 48]


def test_a_folder_without_tables_and_one_with_two_markets_under_one_name_are_told(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("x")
    with pytest.raises(EngineError, match="holds no file of candles; expected files ending in"):
        import_files(tmp_path, Store(tmp_path / "data"))
    (tmp_path / "XBTUSD_60.csv").write_text(KRAKEN)
    (tmp_path / "ETHUSD_60.csv").write_text(KRAKEN)
    with pytest.raises(EngineError, match=r"ETHUSD_60.csv: expected candles of BTC/USD, but .* or leave --market away"):
        import_files(tmp_path, Store(tmp_path / "data"), Wishes(market="kraken:BTC/USD"))


def test_ctrl_c_between_two_markets_leaves_the_first_whole_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, store = tmp_path / "from", Store(tmp_path / "data")
    folder.mkdir()
    (folder / "ETHUSD_60.csv").write_text(KRAKEN)
    (folder / "XBTUSD_60.csv").write_text(KRAKEN)
    import os

    replace, calls = os.replace, []

    def stopping(*words: object) -> None:
        calls.append(words)
        if len(calls) == 2:
            raise KeyboardInterrupt
        replace(*words)  # type: ignore[arg-type]

    with monkeypatch.context() as broken:
        broken.setattr(os, "replace", stopping)
        with pytest.raises(EngineError) as caught:
            import_files(folder, store)
    assert str(caught.value) == (
        "stopped: kraken:ETH/USD 1h of from stand in the store, whole; the others were not written; "
        "import again to go on"
    )
    assert store.names() == [("kraken:ETH/USD", "1h")]
    assert not list((tmp_path / "data").rglob("*.tmp"))
    assert [one.written.added for one in import_files(folder, store)] == [0, 48]
