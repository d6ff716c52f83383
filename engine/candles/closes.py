"""Candles named by their close given the name of their open.

Owns how such stamps are told apart. What cannot be known is not guessed. Must not know files.
"""

from __future__ import annotations

import numpy as np

from engine.candles.columns import Times
from engine.candles.timeframes import counted, grid_origin_ms, timeframe_ms
from engine.errors import DataError

# A close is written as the next open, or as the last second or millisecond before it.
_BEFORE = (1, 1000)


def as_opens(stamp_ms: Times, timeframe: str, named_by: str, name: str) -> tuple[Times, str | None]:
    """Return open times, and a note where stamps were shifted.

    named_by: "open", "close", or "" where it is not said: then stamps just before the grid are closes, others opens.
    """
    step_ms = timeframe_ms(timeframe)
    if named_by == "open" or not stamp_ms.size:
        return stamp_ms, None
    rest = (stamp_ms - grid_origin_ms(timeframe)) % step_ms
    short = next((before for before in _BEFORE if before < step_ms and bool((rest == step_ms - before).all())), None)
    if short is not None:
        unit = "a millisecond" if short == 1 else "a second"
        note = f"candles named by their close, {unit} before the next open: shifted to their opens"
        return stamp_ms + short - step_ms, note
    if named_by != "close":
        return stamp_ms, None
    wrong = int(np.count_nonzero(rest))
    if wrong:
        raise DataError(
            f"{name}: expected closes on the {timeframe} grid, or a second or millisecond before it, "
            f"was otherwise in {counted(wrong, 'row')}; give the timeframe they have, or --named-by open"
        )
    return stamp_ms - step_ms, f"candles named by their close: shifted by {timeframe} to their opens"
