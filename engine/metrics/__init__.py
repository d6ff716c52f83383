"""Performance metrics, exactly as `reference/metrics.md` defines them.

Fractions everywhere (0.26 = 26 %), quote currency, UTC milliseconds. Undefined is None: never infinity, NaN or a giant
number. Must not know candles, strategies or files.
"""

from engine.metrics.activity import (
    BuyAndHold,
    TradeMetrics,
    buy_and_hold,
    fee_share,
    maker_share,
    trade_metrics,
    turnover,
)
from engine.metrics.equity import EquityMetrics, deepest_drawdown, equity_metrics
from engine.metrics.folding import Folded, Folding, fold
from engine.metrics.periods import Drawdown, Month, monthly_returns, worst_drawdowns, yearly_returns
from engine.metrics.sampling import DAY_MS, YEAR_MS, daily_points
from engine.metrics.summary import Metrics, PnlTerms, compute

__all__ = [
    "DAY_MS",
    "YEAR_MS",
    "BuyAndHold",
    "Drawdown",
    "EquityMetrics",
    "Folded",
    "Folding",
    "Metrics",
    "Month",
    "PnlTerms",
    "TradeMetrics",
    "buy_and_hold",
    "compute",
    "daily_points",
    "deepest_drawdown",
    "equity_metrics",
    "fee_share",
    "fold",
    "maker_share",
    "monthly_returns",
    "trade_metrics",
    "turnover",
    "worst_drawdowns",
    "yearly_returns",
]
