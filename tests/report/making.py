"""Small results to report on: one of each kind that a page must survive."""

from __future__ import annotations

from collections.abc import Sequence
from html.parser import HTMLParser

import numpy as np

from engine import (
    BUY,
    SELL,
    Candles,
    Fact,
    Level,
    Market,
    Plan,
    Result,
    Review,
    Strategy,
    Table,
    backtest,
    load_candles,
    param,
)
from engine.candles.columns import Columns
from strategies.moving_average_short import MovingAverageShort

HOUR_MS = 3_600_000
START_MS = 1_704_067_200_000  # 2024-01-01
HOSTILE = "</script><script>window.stolen = 1</script> & \"quoted\" 'too' <img src=x onerror=alert(1)>"
CONTRACT = Market(symbol="BTC/USDT", tick=0.01, lot=0.001, kind="linear")
SPOT = Market(symbol="BTC/USDT", tick=0.01, lot=0.001)


class Idle(Strategy):
    """Do nothing."""

    def warmup(self):
        return 0

    def on_candle(self, candle, ind, account):
        pass


class ShortOnce(Strategy):
    """Sell short at the first candle and stay."""

    def warmup(self):
        return 0

    def on_candle(self, candle, ind, account):
        if account.is_flat:
            account.short(fraction=0.9, reason="once")


class Bracketed(Strategy):
    """Buy once; one candle then meets both exits, and the path decides."""

    def warmup(self):
        return 0

    def on_start(self, candle, ind, account):
        account.buy(fraction=0.9, stop_loss=0.05, take_profit=0.05)


class Lattice(Strategy):
    """Buy on lines and sell one line higher, with a plan, a review, and names that want to leave their element."""

    low: float = param(40_000.0)
    high: float = param(46_000.0)
    lines: int = param(13, low=2, high=100)
    max_orders = 200

    def warmup(self):
        return 0

    def plan(self, start):
        prices = np.linspace(self.low, self.high, self.lines)
        rows = tuple((i + 1, float(price), 0.01, float(price) / 100.0, 0.0098) for i, price in enumerate(prices))
        columns = (
            ("Line", "count"),
            ("Price", "price"),
            ("Quantity", "base"),
            ("Funds", "quote"),
            ("Profit, net", "%"),
        )
        return Plan(
            facts=[Fact("Total funds", 5_590.0, "quote", "if every line fills"), Fact("Worst case", None, "quote")],
            tables=[Table("Lines", columns, rows)],
            levels=[Level(float(price), f"line {i + 1}") for i, price in enumerate(prices)],
            warnings=[f"a warning of the plan {HOSTILE}"],
        )

    def review(self, outcome):
        return Review(
            "Grid profit and inventory",
            facts=[Fact("Grid profit", -12.5, "quote", HOSTILE), Fact("Matched pairs", 1_234, "count")],
            tables=[Table("Cells", (("Cell", ""), ("Profit", "quote")), ((HOSTILE, -1.5), ("b", None)))],
            levels=[Level(42_000.0, HOSTILE, "entry")],
        )

    def on_start(self, candle, ind, account):
        step = (self.high - self.low) / (self.lines - 1)
        for i in range(self.lines - 1):
            price = self.low + i * step
            if price < candle.close:
                account.limit(BUY, quantity=0.01, price=price, tag=i, reason="</script> line")

    def on_fill(self, fill, account):
        step = (self.high - self.low) / (self.lines - 1)
        if fill.side > 0:
            account.limit(SELL, quantity=0.01, price=self.low + (fill.tag + 1) * step, tag=fill.tag, reason="sold")
        else:
            account.limit(BUY, quantity=0.01, price=self.low + fill.tag * step, tag=fill.tag, reason="</script> line")


def candles(bars: Sequence[tuple[float, float, float, float]], missing: Sequence[int] = ()) -> Candles:
    """Return hourly candles of open, high, low, close; those at the missing places are left out."""
    rows = np.array(bars, np.float64)
    kept = np.setdiff1d(np.arange(len(rows)), missing)
    times = START_MS + HOUR_MS * kept.astype(np.int64)
    columns = Columns(times, *(rows[kept, i] for i in range(4)), np.ones(len(kept)))
    return Candles(*columns, timeframe="1h", symbol="BTC/USDT", venue="binance", source="a test")


def flat(count: int, price: float = 100.0) -> list[tuple[float, float, float, float]]:
    """Return candles that go nowhere."""
    return [(price, price + 1.0, price - 1.0, price)] * count


def short() -> Result:
    """Return six weeks of the moving-average short."""
    market = Market(symbol="BTC/USDT", tick=0.01, lot=0.001, kind="linear", taker_fee_rate=0.0005)
    return backtest(
        MovingAverageShort(fast=5, slow=20),
        load_candles("simulated:BTC/USDT", "1h", "2024-01-01", "2024-02-15"),
        market,
    )


def lattice(since: str = "2024-01-01", until: str = "2024-02-10") -> Result:
    """Return a grid-like run with a plan and a review."""
    return backtest(Lattice(), load_candles("simulated:BTC/USDT", "5m", since, until), SPOT)


def ambiguous() -> Result:
    """Return a run whose total return is positive or negative by the path inside its third candle."""
    bars = [*flat(2), (100.0, 110.0, 90.0, 100.0), *flat(3)]
    return backtest(Bracketed(), candles(bars), SPOT)


def ruined() -> Result:
    """Return a short position that was liquidated."""
    bars = [*flat(3), (100.0, 300.0, 100.0, 290.0), *flat(40, 290.0)]
    return backtest(ShortOnce(), candles(bars), CONTRACT)


def idle() -> Result:
    """Return a run without a trade."""
    return backtest(Idle(), candles(flat(50)), SPOT)


def single() -> Result:
    """Return a run over one candle."""
    return backtest(Idle(), candles(flat(1)), SPOT)


def holed() -> Result:
    """Return a run over candles with a hole."""
    return backtest(ShortOnce(), candles(flat(30), missing=range(10, 17)), CONTRACT)


KINDS = {
    "a moving-average short": short, "a lattice with plan and review": lattice, "a range across zero": ambiguous,
    "a liquidation": ruined, "no trades": idle, "one candle": single, "a hole in the candles": holed,
}  # fmt: skip


class Page(HTMLParser):
    """A page taken apart: its figures, its text outside scripts, its tags, its scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.figures: dict[str, list[tuple[str, str]]] = {}
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.words: list[str] = []
        self._open: tuple[str, str] | None = None
        self._inside = ""
        self.feed(html)
        self.close()

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        if tag in ("script", "style"):
            self._inside = tag
        if tag == "data":
            self._open = (given["data-metric"] or "", given["value"] or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts.append(data)
        elif not self._inside:
            self.words.append(data)
        if self._open is not None:
            metric, value = self._open
            self.figures.setdefault(metric, []).append((value, data))
            self._open = None
