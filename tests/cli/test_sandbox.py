"""`tradewind sandbox`: what it prints, how it ends, and how it refuses."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from engine.candles import Store

from ..candles.making import candles
from .running import Shell
from .test_process import COMMAND

CASES = [  # flags, sentence
    (("--speed", "-1"), "--speed: expected 0 to 10000, was -1"),
    (("--speed", "fast"), "invalid value for '--speed'"),
    (("--port", "70000"), "--port: expected 0 to 65535, was 70000"),
    (("--cash", "-5"), "--cash: expected 0 to 1e+12, was -5"),
    (("--participation", "2"), "--participation: expected 1e-09 to 1, was 2"),
    (("--scenario", "mixd"), 'scenario: unknown "mixd"; did you mean "mixed"?'),
    (("--timeframe", "1x"), 'timeframe: unknown "1x"'),
    (("--market", "BTC/USDT"), 'market: expected VENUE:BASE/QUOTE such as binance:BTC/USDT, was "BTC/USDT"'),
    (("--market", "simulated:BTC/USDT", "--market", "simulated:BTC/USDT"), "--market: expected each symbol once"),
    (("--market", "binance:BTC/USDT"), "no candles of binance:BTC/USDT in data; the store is empty"),
    (("--from", "yesterday"), "time: expected a date such as 2024-01-01"),
    (("--from", "1990-01-01"), "simulated market: expected a span within"),
    (("--sped", "1"), "no such option: --sped"),
]  # fmt: skip


@pytest.mark.parametrize(("flags", "sentence"), CASES, ids=[" ".join(flags) for flags, _ in CASES])
def test_a_mistake_is_one_sentence_and_exit_code_2(shell: Shell, flags: tuple[str, ...], sentence: str) -> None:
    said = shell("sandbox", *flags)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"error: {sentence}")
    assert said.err.count("\n") == 1


def test_a_port_in_use_is_one_sentence_and_exit_code_2(shell: Shell) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = shell("sandbox", "--port", port)
    assert (said.code, said.out) == (2, "")
    assert re.fullmatch(rf"error: --port: {port} cannot be had \(.*\); choose another one\n", said.err)


def test_a_beginning_outside_the_stored_candles_is_refused(shell: Shell) -> None:
    Store("data").write(candles(50))
    said = shell("sandbox", "--market", "binance:BTC/USDT", "--timeframe", "1h", "--from", "2030-01-01")
    assert (said.code, said.out) == (2, "")


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_answers_there_and_ends_cleanly(how: signal.Signals) -> None:
    words = [*COMMAND, "sandbox", "--port", "0", "--speed", "60", "--market", "simulated:ETH/USDT"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        greeting = ""
        while "curl" not in greeting:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            greeting += line
        found = re.search(r"http://(127\.0\.0\.1:\d+);", greeting)
        assert found is not None
        assert f'point_at(client, "{found[1]}")' in greeting
        with urllib.request.urlopen(f"http://{found[1]}/api/v3/ticker/price") as reply:
            assert json.load(reply)[0]["symbol"] == "ETHUSDT"
        process.send_signal(how)
        rest, errors = process.stdout.read(), process.stderr.read()
    assert (errors, process.returncode) == ("", 0)
    assert rest == "\nThe practice exchange has ended.\n"
