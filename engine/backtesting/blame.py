"""Names the author's own file and line for whatever the author's code raised."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.errors import ConfigError, StrategyError

_HOUSE = str(Path(__file__).parent.parent)


def blamed(error: BaseException, step: str, when: str = "") -> StrategyError:
    """Return a StrategyError that says where in the author's code the error was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    others = (_HOUSE, "<")
    own = [frame for frame in frames if not frame.filename.startswith(others) and "site-packages" not in frame.filename]
    frame = (own or frames)[-1]
    line = f': "{frame.line}"' if frame.line else ""
    at = f" at the candle of {when}" if when else ""
    return StrategyError(f"{frame.filename}:{frame.lineno}: {step}{at} raised {type(error).__name__}: {error}{line}")


def guarded(method: Callable[..., Any], name: str, *arguments: Any) -> Any:
    """Call one of the author's methods that run in Python; what it raises is named, never swallowed."""
    try:
        return method(*arguments)
    except (ConfigError, StrategyError):
        raise
    except Exception as error:  # the author's code may raise anything
        raise blamed(error, name) from error
