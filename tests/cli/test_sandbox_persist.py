"""`tradewind sandbox --persist`: killed at any moment and started again, it holds what its clients were told."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import ccxt.async_support as ccxt
import pytest

from engine.venues.sandbox import point_at

from .running import Shell
from .test_process import COMMAND

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
SYMBOL = "BTC/USDT"


class Running:
    """A sandbox of its own process, and what it printed before it was ready."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process, self.said = process, ""
        assert process.stdout is not None
        assert process.stderr is not None
        while "curl" not in self.said:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            self.said += line
        self.address = self._found(r"http://(127\.0\.0\.1:\d+)")
        self.key, self.secret = self._found(r"key +(\S+)"), self._found(r"secret +(\S+)")

    def _found(self, pattern: str) -> str:
        found = re.search(pattern, self.said)
        assert found is not None, self.said
        return found[1]

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def truth(self) -> Any:
        return json.loads(self.control("GET", "truth"))

    def control(self, method: str, path: str, /, **body: Any) -> bytes:
        told = json.dumps(body).encode() if body else None
        request = urllib.request.Request(f"http://{self.address}/sandbox/{path}", told, method=method)
        with urllib.request.urlopen(request) as reply:
            return bytes(reply.read())

    def client(self) -> Any:
        client = ccxt.binance({"apiKey": self.key, "secret": self.secret, "enableRateLimit": False})
        point_at(client, self.address)
        return client


@contextmanager
def running(path: Path, *words: str) -> Iterator[Running]:
    told = [*COMMAND, "sandbox", "--port", "0", "--persist", str(path), "--cash", "1000000", *words]
    with subprocess.Popen(told, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield Running(process)
        finally:
            process.kill()


async def trade(at: Running, prefix: str, confirmed: dict[str, Any], enough: int, random: Random) -> None:
    """Send orders until the exchange is gone, and kill it in the middle of one, a while after so many of them."""
    client = at.client()
    loop = asyncio.get_running_loop()
    try:
        await client.load_markets()
        last = (await client.fetch_ticker(SYMBOL))["last"]
        for number in range(10_000):
            name = f"{prefix}-{number}"
            if number == enough:
                loop.call_later(random.uniform(0, 0.01), at.kill)
            kind = random.choice(("market", "limit", "limit"))
            price = None if kind == "market" else round(last * random.choice((0.7, 0.999, 1.002))) + number
            params = {"newClientOrderId": name, "newOrderRespType": "FULL"}
            side = random.choice(("buy", "sell")) if number > 3 and kind == "market" else "buy"
            confirmed[name] = None
            confirmed[name] = (await client.create_order(SYMBOL, kind, side, 0.001, price, params))["info"]
    except ccxt.NetworkError:
        pass
    except ccxt.InsufficientFunds:  # nothing left to sell; the next prefix begins with buying again
        confirmed.pop(name)
        at.kill()
    finally:
        await client.close()


def orders(truth: Any) -> dict[str, Any]:
    """Return the orders by client id, each of them once."""
    told = truth["accounts"]["practice"]["spot"]["orders"]
    assert [one["orderId"] for one in told] == list(range(1, len(told) + 1))
    assert len({one["clientOrderId"] for one in told}) == len(told)
    return {one["clientOrderId"]: one for one in told}


@pytest.mark.parametrize("words", [("--speed", "0", "--from", "2024-03-01"), ("--speed", "600"), ()], ids=" ".join)
def test_killed_in_the_middle_of_orders_it_holds_all_that_was_confirmed(tmp_path: Path, words: tuple[str, ...]) -> None:
    random, sent = Random(5), {}
    path, stepped = tmp_path / "practice.journal", "0" in words
    for round_ in range(4):
        with running(path, *words) as at:
            assert ("Going on with" in at.said) == (round_ > 0)
            before = at.truth()
            assert before["audit"] == {"ok": True, "findings": []}
            known = orders(before)
            for name, told in sent.items():  # all that was confirmed is there as it was told, or has gone on since
                if told is None:
                    assert name in known or sum(one is None for one in sent.values()) <= round_
                else:
                    assert known[name]["orderId"] == told["orderId"]
                    assert float(known[name]["executedQty"]) >= float(told["executedQty"])
                    assert known[name]["origQty"] == told["origQty"]
            assert known.keys() <= sent.keys()
            if stepped:
                at.control("POST", "step", candles=random.randint(1, 50))
                before = at.truth()
                at.kill()
                with running(path, *words) as again:
                    assert again.truth() == before
                    asyncio.run(trade(again, f"r{round_}", sent, random.randint(1, 60), random))
            else:
                asyncio.run(trade(at, f"r{round_}", sent, random.randint(1, 60), random))
    assert sum(one is not None for one in sent.values()) > 40


def test_ctrl_c_ends_the_file_properly_and_the_same_command_goes_on(tmp_path: Path) -> None:
    path, words = tmp_path / "j", ("--speed", "0")
    keys = []
    for _ in range(2):
        with running(path, *words) as at:
            keys.append((at.key, at.secret))
            at.control("POST", "step", candles=3)
            before = at.truth()
            at.process.send_signal(signal.SIGINT)
            assert at.process.wait() == 0
            assert at.process.stderr is not None
            assert at.process.stderr.read() == ""
        assert path.read_text().splitlines()[-1].split(" ", 1)[1].startswith('["end",')
    assert keys[0] == keys[1]
    with running(path, *words) as at:
        assert at.truth() == before
        assert "Going on with" in at.said
        assert f"kept in   {path}" in at.said
        said = subprocess.run(
            [*COMMAND, "sandbox", "--port", "0", "--persist", str(path)], capture_output=True, text=True, check=False
        )
        assert (said.returncode, said.stdout) == (2, "")
        assert said.stderr.startswith(f"error: --persist: another practice exchange is running on {path};")


def test_other_settings_are_one_sentence_and_exit_code_2(shell: Shell, tmp_path: Path) -> None:
    with running(tmp_path / "j", "--speed", "0"):
        pass
    said = shell("sandbox", "--persist", tmp_path / "j", "--cash", "1000000", "--seed", "9")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(
        "error: --seed: expected 1, with which the exchange of --persist was begun, was 9; start"
    )
    assert said.err.count("\n") == 1
