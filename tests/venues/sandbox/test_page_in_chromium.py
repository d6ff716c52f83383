"""The exchange's page in headless Chromium, on a phone and on a desk, with an exchange of its own process behind it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.test_sandbox_persist import Running, running
from tests.report import browser
from tests.report.browser import Browser
from tests.report.test_in_chromium import BACKGROUND, BEYOND

HOSTILE = "<img src=x onerror=alert(1)>"
WORDS = ("--speed", "0", "--from", "2024-03-01", "--market", "simulated:BTC/USDT", "--market", "simulated:ETH/USDT")
# Returns once a script says true; the browser does the waiting.
UNTIL = """
    const done = arguments[0], look = () => (%s) ? done(true) : setTimeout(look, 20);
    look();
"""
DARK_CORNER = """
    const canvas = document.getElementById("chart"), pen = canvas.getContext("2d"), seen = new Set();
    const pixels = pen.getImageData(0, 0, canvas.width, canvas.height).data;
    for (let i = 0; i < pixels.length; i += 4) if (pixels[i + 3]) seen.add((pixels[i] << 16) | (pixels[i + 1] << 8) | pixels[i + 2]);
    return seen.size;
"""


@pytest.fixture(scope="module")
def window() -> Iterator[Browser]:
    if browser.missing():
        pytest.skip(browser.missing())
    with browser.chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("page") / "j", *WORDS) as at:
        asyncio.run(_trade(at))
        at.control("POST", "accounts", name=HOSTILE, balances={"USDT": "1234.5"})
        at.control("POST", "step", candles=30)
        yield at


async def _trade(at: Running) -> None:
    client = at.client()
    try:
        await client.load_markets()
        last = (await client.fetch_ticker("BTC/USDT"))["last"]
        await client.create_order("BTC/USDT", "market", "buy", 1)
        for number in range(1, 7):
            side = "buy" if number % 2 else "sell"
            price = round(last * (1 + (-0.2 if number % 2 else 0.2) * number / 6), 2)
            await client.create_order(
                "BTC/USDT", "limit", side, 0.01 * number, price, {"newClientOrderId": f"shown{number}"}
            )
    finally:
        await client.close()


def until(window: Browser, script: str) -> None:
    window("execute/async", {"script": UNTIL % script, "args": []})


def opened(window: Browser, at: Running, width: int = 1400, dark: bool = False) -> None:
    window.log("browser"), window.requests()
    window.open(f"http://{at.address}/", width, 1000, dark)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [400, 820, 1400])
def test_the_page_shows_prices_and_rows_and_asks_nobody_else(
    window: Browser, exchange: Running, width: int, dark: bool
) -> None:
    opened(window, exchange, width, dark)
    truth = exchange.truth()
    assert window.complaints() == []
    assert window.run("return document.documentElement.scrollWidth") <= width
    assert window.run(BEYOND) == []
    assert window.run(DARK_CORNER) > 5
    assert (sum(map(int, window.run(BACKGROUND)[4:-1].split(","))) < 200) == dark
    asked = {one for one in window.requests() if not one.startswith(("chrome:", "data:"))}
    assert asked
    assert all(one.startswith(f"http://{exchange.address}/") for one in asked)
    text = window.run("return document.body.innerText").replace("\u202f", "")
    assert "Practice: no real money" in text
    assert "audit ok" in text
    assert window.run("return document.getElementById('audit').className") == "ok"
    spot = truth["accounts"]["practice"]["spot"]
    for order in spot["orders"]:
        if order["status"] == "NEW":
            assert order["clientOrderId"] in text
            assert f"{float(order['price']):.2f}" in text
    for fill in spot["fills"]:
        assert f"{float(fill['price']):.2f}" in text
    assert spot["balances"]["USDT"]["free"][:-7] in text
    assert "ETHUSDT" in text
    assert exchange.secret not in window.run("return document.documentElement.outerHTML")


def test_a_strangers_name_is_only_a_name(window: Browser, exchange: Running) -> None:
    opened(window, exchange)
    assert f"Account {HOSTILE}" in window.run("return document.body.innerText")
    assert window.run("return document.querySelectorAll('img').length") == 0


def test_a_step_a_market_and_a_fault_by_their_buttons(window: Browser, exchange: Running) -> None:
    opened(window, exchange)
    before = exchange.truth()["time"]
    window.run("document.querySelector('#steps [data-candles=\"10\"]').click()")
    until(window, f"document.getElementById('market-time').textContent.includes('{_clock(before + 600_000)}')")
    assert exchange.truth()["time"] == before + 600_000
    window.run("[...document.querySelectorAll('#markets button')].find(b => b.textContent === 'ETHUSDT').click()")
    until(window, "document.getElementById('chosen').textContent === 'ETHUSDT'")
    window.run("""
        const form = document.getElementById('fault');
        form.elements.fault.value = 'reply_lost';
        form.elements.where.selectedIndex = 1;
        form.elements.times.value = 3;
        form.requestSubmit();
    """)
    until(window, "document.querySelectorAll('#faults tbody tr').length === 1")
    (rule,) = json.loads(exchange.control("GET", "faults"))["set"]
    assert (rule["fault"], rule["method"], rule["path"], rule["times"]) == ("reply_lost", "POST", "/api/v3/order", 3)
    window.run("document.querySelector('#faults td button').click()")
    until(window, "document.querySelectorAll('#faults tbody tr').length === 0")
    assert json.loads(exchange.control("GET", "faults"))["set"] == []
    assert window.complaints() == []


def _clock(time_ms: int) -> str:
    seconds = time_ms // 1000
    return f"{seconds // 3600 % 24:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def test_it_says_when_the_exchange_is_gone_and_goes_on_when_it_is_back(window: Browser, tmp_path: Path) -> None:
    with running(tmp_path / "j", "--speed", "0") as at:
        opened(window, at)
        assert window.run("return document.getElementById('gone').hidden") is True
        at.kill()
        until(window, "!document.getElementById('gone').hidden")
        assert "does not answer; what is shown here is of" in window.run(
            "return document.getElementById('gone').innerText"
        )
    with running(tmp_path / "j", "--speed", "0", "--port", at.address.split(":")[1]):
        until(window, "document.getElementById('gone').hidden")
