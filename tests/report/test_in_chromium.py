"""The page in headless Chromium, on a phone and on a desk: drawn, quiet, nothing cut off, nothing fetched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .browser import Browser
from .making import KINDS

SIZES = [(390, 844), (820, 1180), (1440, 900)]
# How many different colours a chart's canvases have: a blank one has one.
COLOURS = """
    const seen = new Set();
    for (const canvas of document.querySelectorAll("#%s canvas")) {
      if (!canvas.width || !canvas.height) continue;
      const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
      for (let i = 0; i < pixels.length; i += 4) if (pixels[i + 3]) seen.add((pixels[i] << 16) | (pixels[i + 1] << 8) | pixels[i + 2]);
    }
    return seen.size;
"""
BACKGROUND = "return getComputedStyle(document.body).backgroundColor"
# Elements that reach beyond the window, or text that is cut off in its own box.
BEYOND = """
    return [...document.querySelectorAll("main *, header *, footer *")].filter((one) => !one.closest(".chart"))
      .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest(".table, pre"))
      .map((one) => one.tagName + "." + one.className + ": " + one.textContent.slice(0, 40));
"""


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_page_is_drawn_without_a_word_on_the_console(
    window: Browser, written: Callable[[str], Path], kind: str, width: int, height: int
) -> None:
    path = written(kind)
    window.log("browser"), window.requests()
    window.open(path, width, height)
    assert window.complaints() == []
    assert window.run("return document.documentElement.scrollWidth") <= width
    assert window.run(BEYOND) == []
    for chart in ("equity-chart", "price-chart"):
        assert window.run(COLOURS % chart) > 5, chart
    asked = {one for one in window.requests() if not one.startswith(("chrome:", "data:"))}
    assert asked == {path.as_uri()}


def test_charts_follow_the_colours_of_the_page(window: Browser, written: Callable[[str], Path]) -> None:
    corner = "const c = document.querySelector('#price-chart canvas'); return [...c.getContext('2d').getImageData(2, 2, 1, 1).data]"
    window.open(written("a lattice with plan and review"))
    light = window.run(BACKGROUND), window.run(corner)
    window.dark(True)
    window("execute/async", {"script": "requestAnimationFrame(() => requestAnimationFrame(arguments[0]))", "args": []})
    dark = window.run(BACKGROUND), window.run(corner)
    assert light[0] != dark[0]
    assert sum(light[1][:3]) > 700 > 150 > sum(dark[1][:3])
    assert window.complaints() == []


def test_a_strangers_script_does_not_run(window: Browser, written: Callable[[str], Path]) -> None:
    window.open(written("a lattice with plan and review"))
    assert window.run("return window.stolen ?? null") is None


def test_the_keyboard_zooms_and_pans(window: Browser, written: Callable[[str], Path]) -> None:
    window.open(written("a moving-average short"))
    press = "const box = document.getElementById('price-chart'); for (const key of ['+', '+', 'ArrowLeft', 'Home', 'End', '-']) box.dispatchEvent(new KeyboardEvent('keydown', {key}));"
    window.run(press)
    assert window.complaints() == []
    assert window.run("return document.querySelectorAll('.chart table:not([role=presentation])').length") == 0


def test_the_logo_that_the_licence_asks_for_is_there(window: Browser, written: Callable[[str], Path]) -> None:
    window.open(written("no trades"))
    assert window.run("return document.querySelectorAll('.chart a[href*=\"tradingview.com\"]').length") >= 1


def test_a_market_is_chosen_by_its_button(window: Browser, tmp_path: Path) -> None:
    from engine import Market, backtest, load_candles
    from strategies.momentum_rotation import MomentumRotation

    symbols = ["BTC/USDT", "ETH/USDT", "SOL/USDT"]
    candles = [load_candles(f"simulated:{symbol}", "4h", "2024-01-01", "2024-06-01") for symbol in symbols]
    markets = [Market(symbol=symbol, tick=0.01, lot=0.0001) for symbol in symbols]
    window.open(backtest(MomentumRotation(lookback=60), candles, markets).report(tmp_path / "rotation.html"), 390, 844)
    told = "return document.getElementById('price-legend').textContent"
    before = window.run(told)
    window.run("document.querySelectorAll('.switch button')[1].click()")
    assert window.run(told) != before
    assert window.run(
        "return [...document.querySelectorAll('.switch button')].map(b => b.getAttribute('aria-pressed'))"
    ) == ["false", "true", "false"]
    assert window.complaints() == []
    assert window.run("return document.documentElement.scrollWidth") <= 390
