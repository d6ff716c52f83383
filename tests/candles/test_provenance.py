"""Where candles are from stays known, through merges and years, in a phrase of bounded length."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.candles import Store
from engine.candles.provenance import stamped, together

from .making import candles, of

A, B = "fetched from x (2026-01-05, tradewind 0.1.0)", "fetched from x (2026-01-02 to 2026-01-03, tradewind 0.1.0)"
MERGED = [
    ([A, A], A),
    ([A, B], "fetched from x (2026-01-02 to 2026-01-05, tradewind 0.1.0)"),
    ([A, "fetched from x (2026-01-06, tradewind 0.2.0)"], f"{A}; fetched from x (2026-01-06, tradewind 0.2.0)"),
    (["a file", "a file"], "a file"),
    ([f"a file; {A}", B], "a file; fetched from x (2026-01-02 to 2026-01-05, tradewind 0.1.0)"),
    (["a", "b", "c", "d"], "a; b; others"),
    (["a; b; others", "e"], "a; b; others"),
    (["file (1).csv"], "file (1).csv"),
]


@pytest.mark.parametrize(("phrases", "one"), MERGED)
def test_phrases_become_one(phrases: list[str], one: str) -> None:
    assert together(phrases) == one


def test_what_comes_in_is_stamped_once_with_the_day_and_the_version(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write(candles(48).from_source(stamped("made of 1m candles")))
    later = candles(60)
    store.write(of(later.columns.take(slice(48, None))).from_source(stamped("by hand")))
    stamp = r"\(20\d\d-\d\d-\d\d, tradewind [\d.]+\)"
    found = store.load("binance:BTC/USDT", "1h").source
    assert re.fullmatch(rf"made of 1m candles {stamp}; by hand {stamp}", found)
    assert stamped(found.split("; ")[0]) == found.split("; ")[0]
