"""What the DCA's tests share: a ladder in base units on round prices, and ways to read what it did."""

from __future__ import annotations

from typing import Any

from engine import Plan, Result, Start
from engine.backtesting.seating import prepared_plan
from strategies.dca import Dca
from tests.core.scripted import market, play

FLAT = (100.0, 100.0, 100.0, 100.0)


def ladder(**changed: Any) -> Dca:
    """Return deals of 1.0 base at market, safety orders of 1.0 each 10 % below the one before, target 5 %."""
    plain = {
        "kind": "ladder", "base_order_base": 1.0, "start_order_type": "market", "safety_order_base": 1.0,
        "max_safety_orders": 3, "safety_step_rate": 0.1, "take_profit_rate": 0.05,
    }  # fmt: skip
    return Dca(**{name: value for name, value in (plain | changed).items() if value is not ...})


def purchases(**changed: Any) -> Dca:
    """Return a purchase of 100 quote at each minute's close, three times."""
    plain = {"kind": "schedule", "schedule": "every minute", "purchase_quote": 100.0, "max_purchases": 3}
    return Dca(**{name: value for name, value in (plain | changed).items() if value is not ...})


def dealt(strategy: Dca, rows: Any, on: Any = None, **options: Any) -> Result:
    """Play along path low_first, compiled and interpreted."""
    return play(strategy, rows, on, **({"path": "low_first"} | options))


def told(result: Result) -> list[str]:
    """Return each fill as "candle side quantity @ price reason"."""
    return [
        f"{f['candle']} {'buy' if f['side'] > 0 else 'sell'} {f['quantity']:.10g} @ {f['price']:.10g} "
        f"{result.reason_text(int(f['reason']))}"
        for f in result.fill_rows
    ]


def planned(strategy: Dca, on: Any = None, price: float = 100.0, cash: float = 10_000.0, **start: Any) -> Plan:
    """Return the pre-flight on one market."""
    markets = (on or market(),)
    plan = prepared_plan(strategy, Start(markets, (price,), start.get("holdings", (0.0,)), cash))
    assert plan is not None
    return plan


def codes(plan: Plan) -> list[str]:
    return [refusal.code for refusal in plan.refusals]


def fact(source: Any, label: str) -> Any:
    """Return the value of a plan's or review's line."""
    return next(one.value for one in source.facts if one.label == label)


def kept(result: Result, name: str) -> Any:
    """Return a number of the strategy's state at the end."""
    return result.run.states[0][name][0]
