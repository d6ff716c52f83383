"""Tradewind: write a strategy once; backtest it at native speed. These are the public names, and nothing else."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.backtesting import Result, Rules, Use, backtest
    from engine.candles import Candles, Funding, StoredCandles, load_candles
    from engine.candles.simulate import simulate
    from engine.core.codes import BUY, LIQUIDATION, SELL, SETTLEMENT
    from engine.errors import ConfigError, DataError, EngineError, StrategyError
    from engine.market import Market
    from engine.plans import Fact, Level, Outcome, Plan, Refusal, Review, Start, Table
    from engine.plugins import strategy_class
    from engine.risk import AccountRules, RiskRules
    from engine.strategy import Strategy, param, state

_PLACES = {
    "AccountRules": "engine.risk",
    "BUY": "engine.core.codes",
    "SELL": "engine.core.codes",
    "SETTLEMENT": "engine.core.codes",
    "Candles": "engine.candles",
    "ConfigError": "engine.errors",
    "DataError": "engine.errors",
    "EngineError": "engine.errors",
    "Fact": "engine.plans",
    "Funding": "engine.candles",
    "LIQUIDATION": "engine.core.codes",
    "Level": "engine.plans",
    "Market": "engine.market",
    "Outcome": "engine.plans",
    "Plan": "engine.plans",
    "Refusal": "engine.plans",
    "Result": "engine.backtesting",
    "Review": "engine.plans",
    "RiskRules": "engine.risk",
    "Rules": "engine.backtesting",
    "Start": "engine.plans",
    "StoredCandles": "engine.candles",
    "Strategy": "engine.strategy",
    "StrategyError": "engine.errors",
    "Table": "engine.plans",
    "Use": "engine.backtesting",
    "backtest": "engine.backtesting",
    "load_candles": "engine.candles",
    "param": "engine.strategy",
    "simulate": "engine.candles.simulate",
    "state": "engine.strategy",
    "strategy_class": "engine.plugins",
}

__all__ = [
    "BUY",
    "LIQUIDATION",
    "SELL",
    "SETTLEMENT",
    "AccountRules",
    "Candles",
    "ConfigError",
    "DataError",
    "EngineError",
    "Fact",
    "Funding",
    "Level",
    "Market",
    "Outcome",
    "Plan",
    "Refusal",
    "Result",
    "Review",
    "RiskRules",
    "Rules",
    "Start",
    "StoredCandles",
    "Strategy",
    "StrategyError",
    "Table",
    "Use",
    "backtest",
    "load_candles",
    "param",
    "simulate",
    "state",
    "strategy_class",
]


def __getattr__(name: str) -> Any:
    # Imported on first use: `tradewind --help` must not wait for numba and pyarrow.
    if name in _PLACES:
        module = import_module(_PLACES[name])
        if hasattr(module, "Result"):
            module.Result.report_writer = staticmethod(_write_report)
        return getattr(module, name)
    raise AttributeError(f"module 'engine' has no attribute {name!r}")


def _write_report(result: Any, path: Any) -> Any:
    # By name, so that what runs a backtest does not depend on what draws it.
    return import_module("engine.report").write_result(result, path)
