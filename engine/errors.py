"""The errors of the house, named by the reaction they call for.

    EngineError              everything we raise on purpose; the CLI prints it without a traceback
    ├── ConfigError          a setting, a definition or a flag is wrong: stop, say what to edit (exit code 2)
    ├── DataError            candles are missing or broken: refuse the run (exit code 2)
    ├── StrategyError        a plugin is at fault: halt that strategy, end the backtest (exit code 1)
    └── InterruptedRunError  a person stopped a run that kept what it had (exit code 130)

A message says what, expected, was, and what to do. Nothing is logged and swallowed.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class EngineError(Exception):
    """Carry one sentence for the operator and the process's exit code."""

    exit_code = 1


class ConfigError(EngineError):
    """Report a setting, definition, parameter or flag that the operator must edit."""

    exit_code = 2


class DataError(EngineError):
    """Report candles that are missing, broken or of another timeframe than asked for."""

    exit_code = 2


class StrategyError(EngineError):
    """Report a plugin's own fault, with the author's file and line where there is one."""


class InterruptedRunError(EngineError):
    """Report what a run kept that a person stopped."""

    exit_code = 130


def did_you_mean(word: str, known: Iterable[str], *, listed: bool = False) -> str:
    """Return '; did you mean "x"?' for the nearest of the known names, else the list of them.

    listed: the sentence has named them all already.
    """
    names = sorted(known)
    near = get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return f'; did you mean "{near[0]}"?'
    return f"; known: {', '.join(names)}" if names and not listed else ""
