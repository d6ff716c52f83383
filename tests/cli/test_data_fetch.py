"""`tradewind data fetch` and `repair` as processes, against `tradewind sandbox` as another one."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from engine.candles import Store

from ..candles.making import candles, of
from .running import Shell
from .test_process import COMMAND

BTC, ETH = "practice:BTC/USDT", "practice:ETH/USDT"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    words = [*COMMAND, "sandbox", "--port", "0", "--speed", "0", "--from", "2024-03-01"]
    words += ["--market", "simulated:BTC/USDT", "--market", "simulated:ETH/USDT"]
    words += ["--market", "simulated:BTC/USDT:USDT"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = None
        while found is None:
            line = process.stdout.readline()
            assert line
            found = re.search(r"http://(127\.0\.0\.1:\d+)", line)
        yield found[1]
        process.send_signal(signal.SIGINT)
        process.communicate()


def control(address: str, path: str, body: dict[str, object]) -> None:
    data = json.dumps(body).encode()
    with urllib.request.urlopen(f"http://{address}/sandbox/{path}", data) as reply:
        assert reply.status == 200


def test_several_markets_are_fetched_side_by_side_told_and_stored_under_a_name_of_their_own(
    shell: Shell, address: str
) -> None:
    said = shell("data", "fetch", "binance", "BTC/USDT, ETH/USDT", "1m", "--since", "2024-02-20", "--at", address)
    assert (said.code, said.err) == (0, "")
    assert said.out == f"{BTC} 1m: 14,400 candles added.\n{ETH} 1m: 14,400 candles added.\n"
    found = Store("data").load(BTC, "1m")
    assert found.simulated
    assert len(found) == 14_400
    again = shell("data", "fetch", "binance", "BTC/USDT", "1m", "--at", address, "--json")
    told = json.loads(again.out)
    assert (told[0]["added"], told[0]["missing_candles"], told[0]["error"]) == (0, 0, None)


def test_one_market_that_fails_does_not_end_the_others(shell: Shell, address: str) -> None:
    said = shell("data", "fetch", "binance", "BTC/USDT,ETH/USD", "1h", "--since", "2024-02-20", "--at", address)
    assert said.code == 2
    assert f"{BTC} 1h: 240 candles added.\n" in said.out
    assert said.err == 'error: practice: it has no market ETH/USD; did you mean "ETH/USDT"?\n'
    assert Store("data").names() == [(BTC, "1h")]


def test_mark_prices_funding_and_trades_are_fetched_and_gone_on_with(shell: Shell, address: str) -> None:
    def fetched(*words: str) -> str:
        said = shell("data", "fetch", *words, "--at", address)
        assert (said.code, said.err) == (0, "")
        return said.out

    perpetual = ("binanceusdm", "BTC/USDT:USDT")
    name = "practice:BTC/USDT:USDT"
    assert fetched(*perpetual, "1h", "--kind", "mark", "--since", "2024-02-20") == f"{name} 1h: 240 candles added.\n"
    assert len(Store("data", "mark").load(name, "1h")) == 240
    words = (*perpetual, "--kind", "funding")
    assert (
        fetched(*words, "--since", "2024-02-20", "--until", "2024-02-25") == f"{name} funding: 15 settlements added.\n"
    )
    assert fetched(*words) == f"{name} funding: 16 settlements added.\n"  # up to the stamp of 2024-03-01 itself
    funding = Store("data").load_funding(name)
    assert (set(funding.ms[1:] - funding.ms[:-1]), len(funding)) == ({8 * 3_600_000}, 31)
    assert (funding.mark > 0.0).all()
    words = ("binance", "BTC/USDT", "--kind", "trades")
    assert (
        fetched(*words, "--since", "2024-02-28", "--until", "2024-02-29T12:00")
        == f"{BTC} trades: 8,640 trades added.\n"
    )
    rest = fetched(*words, "--until", "2024-02-29T18:00")
    assert rest == f"{BTC} trades: 1,440 trades added.\n"
    folder = Store("data").folder(BTC) / "trades"
    tables = [pq.read_table(path) for path in sorted(folder.iterdir())]
    assert [table.num_rows for table in tables] == [5_760, 4_320]
    ids = [one for table in tables for one in table.column("trade_id").to_pylist()]
    assert ids == list(range(ids[0], ids[0] + 10_080))


MISTAKES = [  # words, sentence
    (("kraken", "BTC/USDT", "1m"), "a practice exchange speaks to clients of binance and binanceusdm, was kraken"),
    (("binanse", "BTC/USDT", "1m"), 'venue: unknown "binanse"; did you mean "binance"?'),
    (("binance", "BTC/USDT", "1x"), 'timeframe: unknown "1x"'),
    (("binance", " , ", "1m"), "symbols: expected markets such as BTC/USDT,ETH/USDT"),
    (("binance", "BTC/USDT", "1m", "--since", "yesterday"), "time: expected a date such as 2024-01-01"),
    (("binance", "BTC/USDT", "1m", "--since", "2024-02-01", "--until", "2024-01-01"), "--until: expected a time after --since"),
    (("binance", "BTC/USDT"), "timeframe: expected the length of one candle, such as 1m"),
    (("binance", "BTC/USDT", "1m", "--kind", "trades"), "--kind trades has no timeframe; leave 1m away"),
    (("binance", "BTC/USDT", "--kind", "fundin"), "--kind: expected one of candles, mark, index, funding, trades, was"),
    (("binance", "BTC/USDT", "--kind", "funding"), f"{BTC}: funding is paid on perpetuals only"),
    (("binance", "BTC/USDT", "--kind", "trades"), f"--since: needed, for no trades of {BTC} are stored yet"),
    (("binance", "BTC/USDT", "1m"), f"--since: needed, for nothing of {BTC} 1m is stored yet"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "sentence"), MISTAKES, ids=[" ".join(words) for words, _ in MISTAKES])
def test_a_mistake_is_one_sentence_and_nothing_is_stored(
    shell: Shell, address: str, words: tuple[str, ...], sentence: str
) -> None:
    said = shell("data", "fetch", *words, "--at", address)
    assert said.code == 2
    assert said.err.startswith(f"error: {sentence}")
    assert said.err.count("\n") == 1
    assert Store("data").names() == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
def test_ctrl_c_keeps_what_came_and_the_same_command_goes_on(tmp_path: Path, address: str) -> None:
    # The fourth answer never comes: the first says what is newest, two pages are kept.
    path = "/api/v3/klines"
    words = [*COMMAND, "data", "fetch", "binance", "BTC/USDT", "1m", "--since", "2024-02-25", "--at", address]
    words += ["--root", str(tmp_path)]
    for delay_ms in (1, 1, 1, 600_000):
        control(address, "faults", {"fault": "slow", "path": path, "delay_ms": delay_ms})
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while not _waits(address):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert process.returncode == 130
    kept = int(re.search(r": ([\d,]+) candles added", out)[1].replace(",", ""))  # type: ignore[index]
    assert kept > 0
    assert (
        err
        == f"error: stopped before the end; {kept:,} new candles are stored, and the same command goes on from there\n"
    )
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert f"{7_200 - kept:,} candles added" in done.stdout
    assert len(Store(tmp_path).times(BTC, "1m")) == 7_200


def _waits(address: str) -> bool:
    """Return whether the last of the four faults has met its request."""
    with urllib.request.urlopen(f"http://{address}/sandbox/faults") as reply:
        return bool(json.load(reply)["met"].get("slow") == 4)


def test_a_repair_invents_nothing_unless_it_is_told_how(shell: Shell, address: str) -> None:
    whole = candles(48)
    Store("data").write(of(whole.columns.take([*range(10), *range(13, 48)])))
    said = shell("data", "repair", "binance:BTC/USDT", "1h", "--fill", "linear")
    assert (said.code, said.err) == (2, 'error: --fill: expected flat, was "linear"\n')
    said = shell("data", "repair", "binance:BTC/USDT", "1h", "--fill", "flat")
    assert said.out == "binance:BTC/USDT 1h: 3 candles filled, flat; their volume is 0.\n"
    found = Store("data").load("binance:BTC/USDT", "1h")
    assert found.close[9:13].tolist() == [whole.close[9]] * 4
    assert found.volume[10:13].tolist() == [0.0] * 3
    assert "holes filled flat (20" in found.source
    said = shell("data", "repair", "binance:BTC/USDT", "1h", "--fill", "flat")
    assert (said.code, said.err) == (2, "error: binance:BTC/USDT 1h: there are no holes to fill\n")
    said = shell("data", "repair", "binance:BTC/USDT", "1h", "--at", address)
    assert (said.code, said.err) == (2, "error: --at: only for candles of a practice exchange\n")


def test_a_repair_asks_the_venue_for_the_holes(shell: Shell, address: str) -> None:
    shell("data", "fetch", "binance", "BTC/USDT", "1h", "--since", "2024-02-20", "--at", address)
    whole = Store("data").load(BTC, "1h")
    other = Store("other")
    other.write(type(whole)(*whole.columns.take([*range(50), *range(90, 240)]), "1h", "BTC/USDT", "practice", "a test"))
    said = shell("data", "repair", BTC, "1h", "--root", "other", "--at", address)
    assert (said.code, said.out) == (0, f"{BTC} 1h: 40 candles added.\n")
    assert other.load(BTC, "1h").content_hash() == whole.content_hash()
