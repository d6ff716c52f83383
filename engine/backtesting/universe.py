"""Whether a run's markets were picked with hindsight: a choice of today's survivors. Owns the sentence."""

from __future__ import annotations

from engine.backtesting.inputs import Inputs
from engine.candles.timeframes import iso

FEWEST = 3  # one or two markets are a choice of markets, not a universe


def survivors(inputs: Inputs) -> list[str]:
    """Return a warning where three real markets or more are all traded to the run's end, and none ever left."""
    real = {one.market: one.of for one in inputs.outlines if not one.of.simulated}
    if len(real) < FEWEST:
        return []
    end_ms = max(one.end_ms for one in real.values())
    if any(one.end_ms < end_ms - one.timeframe_ms for one in real.values()):
        return []
    return [
        f"all {len(real)} markets are still traded at {iso(end_ms)}: a universe without any that was delisted "
        "shows what the survivors did, not what could have been chosen then"
    ]
