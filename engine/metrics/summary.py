"""All metrics of one run in one flat value, and the PnL identity that they rest on (rule A1)."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import ConfigError
from engine.metrics.activity import (
    BuyAndHold,
    fee_share,
    maker_share,
    trade_metrics,
    turnover,
)
from engine.metrics.equity import equity_metrics
from engine.metrics.folding import Folded
from engine.metrics.sampling import DAY_MS, Floats, daily_points, sampling_words

Rows = NDArray[np.void]


@dataclass(frozen=True, slots=True)
class PnlTerms:
    """Hold the right side of the PnL identity, quote, added up from fills (`screens-and-reports.md` section 3)."""

    realised: float  # before fees
    floating_change: float
    fees: float  # + paid
    funding: float = 0.0  # + received
    interest: float = 0.0  # + paid
    borne: float = 0.0  # >= 0: losses beyond what answered for them, which the venue bore
    transfers: float = 0.0  # deposits minus withdrawals

    @property
    def before_fees(self) -> float:
        """Return what was made before the venue took its fees, quote."""
        return self.realised + self.floating_change + self.funding - self.interest + self.borne

    def unexplained(self, equity_start: float, equity_end: float) -> float:
        """Return what balances say minus what the terms say, quote; anything but rounding is an error (rule A1)."""
        return (equity_end - equity_start - self.transfers) - (self.before_fees - self.fees)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Hold every metric of a run: fractions, quote, days; None where undefined, printed as "–"."""

    sampling: str  # how the annual figures were sampled; stands beside them
    elapsed_days: float
    equity_start: float
    equity_end: float

    total_return: float | None
    cagr: float | None
    volatility: float | None
    sharpe: float | None
    sortino: float | None
    max_drawdown: float | None  # daily, <= 0
    max_drawdown_days: float | None
    max_drawdown_ongoing: bool | None
    calmar: float | None
    under_a_year: bool | None  # cagr, volatility, sharpe and sortino carry the flag
    candle_drawdown: float | None  # on the run's own candle closes, at least as deep as the daily one

    trades: int  # closed round trips; stands beside the four below
    win_rate: float | None
    profit_factor: float | None
    expectancy: float | None  # quote per trade
    payoff: float | None
    open_trades: int

    exposure: float | None
    time_in_market: float | None
    fills: int
    turnover: float | None  # both sides
    turnover_a_day: float | None
    fee_share: float | None
    maker_share: float | None
    buy_and_hold: float | None  # total return of the same capital; None where no one instrument compares

    realised: float  # the PnL identity, quote
    floating_change: float
    fees: float
    funding: float
    interest: float
    borne: float
    unexplained: float

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name, for JSON; None stays None."""
        return asdict(self)


def compute(
    *,
    start_ms: int,
    cash: float,
    closes: Folded,
    fills: Rows,
    trades: Rows,
    terms: PnlTerms,
    rf: float = 0.0,
    benchmark: BuyAndHold | None = None,
    notional: Floats | None = None,
) -> Metrics:
    """Measure a run.

    `closes` are the run's candle closes, folded; `fills` has the fields quantity, price and maker, `trades` is what
    `engine.trades.round_trips` returns; `rf` is a fraction a year. `notional` is what each fill was worth, settlement
    asset; without it quantity times price.
    """
    if terms.transfers:
        raise ConfigError(
            "transfers: expected none in a whole run; call equity_metrics with the transfers of each point"
        )
    point_ms, points = daily_points(closes.close_ms, closes.equity, start_ms, cash)
    elapsed_ms = int(point_ms[-1]) - start_ms
    if notional is None:
        notional = np.abs(fills["quantity"]) * fills["price"]
    whole, a_day = turnover(notional, closes.mean_equity, elapsed_ms)
    is_open = trades["open"].astype(np.bool_)
    end = float(closes.equity[-1]) if closes.count else cash
    return Metrics(
        **asdict(equity_metrics(point_ms, points, rf)),
        **asdict(trade_metrics(trades["pnl"][~is_open])),
        sampling=sampling_words(rf),
        elapsed_days=elapsed_ms / DAY_MS,
        equity_start=float(cash),
        equity_end=end,
        candle_drawdown=closes.candle_drawdown,
        open_trades=int(np.count_nonzero(is_open)),
        exposure=closes.mean_exposure,
        time_in_market=closes.time_in_market,
        fills=len(fills),
        turnover=whole,
        turnover_a_day=a_day,
        fee_share=fee_share(terms.fees, terms.before_fees),
        maker_share=maker_share(notional, fills["maker"]),
        buy_and_hold=None if benchmark is None else benchmark.total_return,
        realised=float(terms.realised),
        floating_change=float(terms.floating_change),
        fees=float(terms.fees),
        funding=float(terms.funding),
        interest=float(terms.interest),
        borne=float(terms.borne),
        unexplained=float(terms.unexplained(cash, end)),
    )
