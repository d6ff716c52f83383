"""The moving-average short on the real hourly BTC perpetual, 2020 to 2026: its funding, added up again with pandas."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine import Candles, Market, Result, backtest
from engine.candles import read_funding
from strategies.moving_average_short import MovingAverageShort

DATA = Path(__file__).parents[2] / "shared" / "data"
PERPETUAL, MARK = DATA / "BINANCEUSDM_BTC-USDT_1h.parquet", DATA / "BINANCEUSDM-MARK_BTC-USDT_1h.parquet"
FUNDING = DATA / "BINANCEUSDM_BTC-USDT_funding.parquet"
FROM_MS, UNTIL_MS = 1_577_836_800_000, 1_778_976_000_000  # 2020-01-01, 2026-05-17

pytestmark = pytest.mark.skipif(not FUNDING.exists(), reason="real candles and funding are not beside this checkout")


def hourly(path: Path, venue: str) -> Candles:
    frame = pd.read_parquet(path)
    frame = frame[(frame["timestamp"] >= FROM_MS) & (frame["timestamp"] < UNTIL_MS)]
    columns = [
        np.ascontiguousarray(frame[name].to_numpy(np.float64)) for name in ("open", "high", "low", "close", "volume")
    ]
    return Candles(
        np.ascontiguousarray(frame["timestamp"].to_numpy(np.int64)), *columns, "1h", "BTC/USDT", venue, path.name
    )


@pytest.fixture(scope="module")
def run() -> Result:
    market = Market(
        symbol="BTC/USDT", kind="linear", tick=0.01, lot=0.001, maker_fee_rate=0.0002, taker_fee_rate=0.0005, leverage=3.0,
        margin_mode="isolated", maintenance=[[0, 0.004, 125], [50_000, 0.005, 100], [250_000, 0.01, 50]],
        liquidation_fee_rate=0.0125,
    )  # fmt: skip
    return backtest(
        MovingAverageShort(fast=20, slow=100, stop_loss=0.05, take_profit=0.1), hourly(PERPETUAL, "binanceusdm"), market,
        cash=100_000.0, funding=read_funding(FUNDING), mark=hourly(MARK, "binancemark"), path="adverse",
    )  # fmt: skip


def test_the_funding_total_is_what_pandas_adds_up_from_positions_and_mark_prices(run: Result) -> None:
    stamps = pd.read_parquet(FUNDING)
    stamps["minute"] = stamps["timestamp"] // 60_000 * 60_000
    mark = pd.read_parquet(MARK).set_index("timestamp")["open"]
    fills = run.fills
    changes = pd.Series(np.where(fills["side"] == "buy", 1.0, -1.0) * fills["quantity"].to_numpy(), fills["time"])
    held = changes.groupby(level=0).sum().cumsum()
    at = pd.to_datetime(stamps["minute"], unit="ms", utc=True)
    # The position just before each settlement: what had filled strictly earlier.
    index = held.index.searchsorted(at, side="left") - 1
    position = np.where(index >= 0, held.to_numpy()[np.maximum(index, 0)], 0.0)
    inside = (stamps["minute"] >= FROM_MS) & (stamps["minute"] < UNTIL_MS)
    paid = -position * stamps["minute"].map(mark).to_numpy() * stamps["funding_rate"].to_numpy()
    total = float(np.nansum(paid[inside.to_numpy()]))
    assert len(run.payments) > 1_000
    assert run.metrics.funding == pytest.approx(total, abs=1e-6)
    assert run.payments["amount"].sum() == pytest.approx(total, abs=1e-6)


def test_the_account_explains_itself_with_real_funding_in_it(run: Result) -> None:
    assert abs(run.metrics.unexplained) < 1e-6
    assert run.metrics.funding != 0.0
    assert sum(run.trades["funding"]) == pytest.approx(run.metrics.funding, abs=1e-6)
    assert not [said for said in run.warnings if "hole" in said]
