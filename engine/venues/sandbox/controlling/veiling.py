"""What is shown of a candle that a fault has met as it closed. Owns what each of these faults does.

Must not change what fills. Times are the market's, ms.
"""

from __future__ import annotations

from engine.venues.sandbox.controlling.rules import Rule
from engine.venues.sandbox.matching.pit import Pit

CANDLES: dict[str, tuple[str, ...]] = {
    "candles_stale": ("floor", "symbol", "for_ms"),  # candles and tickers stand still for for_ms
    "candles_late": ("floor", "symbol", "delay_ms"),  # neither it nor any after it is shown for delay_ms
    "candles_missing": ("floor", "symbol", "delay_ms"),  # a hole, filled after delay_ms
    "candles_corrected": ("floor", "symbol", "delay_ms"),  # another close, high and volume until delay_ms have gone
    "candles_duplicated": ("floor", "symbol", "for_ms"),  # answered twice for for_ms
}


def veil(pit: Pit, k: int, rule: Rule) -> None:
    """Let a candle that has closed now be shown otherwise than it is."""
    opened, over, now_ms = pit.tape.open_ms(k), pit.veil, pit.now_ms
    if rule.fault == "candles_stale":
        over.still, over.still_until_ms = pit.here, now_ms + rule.for_ms
    elif rule.fault == "candles_duplicated":
        over.double[opened] = now_ms + rule.for_ms
    else:
        where = {"candles_late": over.late, "candles_missing": over.missing, "candles_corrected": over.wrong}
        where[rule.fault][opened] = now_ms + rule.delay_ms
