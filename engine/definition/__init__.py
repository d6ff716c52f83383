"""Backtest definitions: one TOML file a backtest, read, overridden by flags, and made into inputs of `backtest()`."""

from engine.definition.definition import Definition, Flags, read_definition
from engine.definition.inputs import RunInputs, candles_of, inputs_of, memory_of
from engine.definition.writing import as_toml

__all__ = ["Definition", "Flags", "RunInputs", "as_toml", "candles_of", "inputs_of", "memory_of", "read_definition"]
