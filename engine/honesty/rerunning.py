"""The same run under other costs or with other cash: inputs and indicators are shared, only records differ.

Costs are changed in the core's own market records, so a multiple may go where no person would put a market.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.backtesting.run import Run
from engine.backtesting.seating import prepared_plan
from engine.core import codes
from engine.errors import ConfigError, EngineError
from engine.strategy import to_record

if TYPE_CHECKING:
    from engine.backtesting import Result
    from engine.backtesting.inputs import Inputs

# Funding and borrow rates are not among them: they are the market's own history, and no assumption about it.
SCALED = ("maker_fee_rate", "taker_fee_rate", "half_spread", "slippage", "spread_multiple", "impact")
FRACTIONS = ("maker_fee_rate", "taker_fee_rate", "half_spread", "slippage")


def net_of(run: Run) -> float:
    """Return the change of equity over a whole run, quote."""
    return float(run.equity[-1]) - run.inputs.equity_start


def with_costs(result: Result, multiple: float) -> Run:
    """Run again with every assumed cost times this; what a venue pays us, a negative maker fee, stays as it is."""
    run = Run(result.inputs, result.run.rules)
    for name in SCALED:
        rates = run.markets[name]
        rates[rates > 0.0] *= multiple
    run.advance()
    return run


def with_cash(result: Result, factor: float) -> Run:
    """Run again with cash and coins at the start times this, under square-root impact; strategies prepare anew."""
    inputs = _enlarged(result.inputs, factor) if factor != 1.0 else result.inputs
    run = Run(inputs, result.run.rules)
    for index, market in enumerate(inputs.markets):
        own = run.markets[index]
        own["costs_vary"], own["slippage_model"], own["impact"] = 1, codes.SQUARE_ROOT, market.impact
        own["gauge"] = inputs.gauged()[index].ctypes.data
    run.advance()
    return run


def _enlarged(inputs: Inputs, factor: float) -> Inputs:
    holdings = [m.to_lot(factor * held) for m, held in zip(inputs.markets, inputs.holdings, strict=True)]
    seats = []
    for seat in inputs.seats:
        strategy = deepcopy(seat.given)
        held = tuple(factor * own for own in seat.start.holdings)
        start = replace(seat.start, cash=factor * seat.start.cash, holdings=held)
        plan = prepared_plan(strategy, start)
        if plan is not None and plan.refusals:
            raise ConfigError(plan.refusals[0].sentence)
        if to_record(strategy).dtype != to_record(seat.strategy).dtype:
            raise EngineError("the strategy's state has another shape with more cash")
        seats.append(replace(seat, strategy=strategy, start=start, plan=plan))
    inputs.gauged()  # measured once, for all sizes
    return replace(
        inputs,
        cash=factor * inputs.cash,
        cash_by_venue={venue: factor * amount for venue, amount in inputs.cash_by_venue.items()},
        seats=seats,
        holdings=holdings,
    )
