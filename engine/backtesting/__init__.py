"""Drives the core through history: inputs, the run, and the result a person reads."""

from engine.backtesting.backtest import backtest
from engine.backtesting.inputs import Rules
from engine.backtesting.result import Result
from engine.backtesting.using import Use

__all__ = ["Result", "Rules", "Use", "backtest"]
