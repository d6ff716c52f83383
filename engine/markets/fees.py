"""Fees by the volume of 30 days. Owns the schedule; which volume is one's own is said by who asks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import ConfigError
from engine.limits import is_number


@dataclass(frozen=True, slots=True)
class FeeTier:
    """Hold the fees from a volume on: fractions of notional (0.001 = 0.1 %), a rebate negative.

    volume: of 30 days, in the currency the venue counts it in.
    """

    volume: float
    maker: float
    taker: float


@dataclass(frozen=True, slots=True)
class FeeSchedule:
    """Hold the tiers of a venue, lowest volume first, beginning at 0."""

    tiers: tuple[FeeTier, ...]

    def __post_init__(self) -> None:
        """Refuse tiers that leave a volume without a fee."""
        volumes = [tier.volume for tier in self.tiers]
        if not volumes or volumes[0] != 0.0 or volumes != sorted(set(volumes)):
            raise ConfigError(f"fee_tiers: expected volumes that rise from 0, were {volumes}")
        for tier in self.tiers:
            if not all(-0.1 <= rate <= 0.1 for rate in (tier.maker, tier.taker)):
                raise ConfigError(
                    f"fee_tiers: expected fees as fractions from -0.1 to 0.1 (0.001 is 0.1 %), were "
                    f"{tier.maker:g} and {tier.taker:g} at the volume {tier.volume:g}"
                )

    def fees_at(self, volume: float) -> FeeTier:
        """Return the tier that a 30-day volume, 0 or more, falls into; on a tier's own volume it is that tier."""
        if not 0.0 <= volume < math.inf:
            raise ConfigError(f"volume_30d: expected a volume, 0 or more, was {volume!r}")
        return [tier for tier in self.tiers if tier.volume <= volume][-1]

    @classmethod
    def of_rows(cls, rows: Any) -> FeeSchedule:
        """Read rows of [volume, maker, taker], as a TOML states them."""
        if not isinstance(rows, Sequence) or not all(_numbers(row, 3) for row in rows):
            raise ConfigError(f"fee_tiers: expected rows of [volume, maker fee, taker fee], was {rows!r}")
        return cls(tuple(FeeTier(*map(float, row)) for row in rows))

    @classmethod
    def of_ccxt(cls, trading: Mapping[str, Any]) -> FeeSchedule:
        """Read ccxt's `fees["trading"]`, or a market of it: tiers by maker and taker, else the one fee there is."""
        by_side = trading.get("tiers") or {side: [[0.0, trading.get(side)]] for side in ("maker", "taker")}
        sides: dict[str, dict[float, float]] = {}
        for side in ("maker", "taker"):
            rows = by_side.get(side) or ()
            if not rows or not all(_numbers(row, 2) for row in rows):
                raise ConfigError(f"fees: ccxt states no {side} fee here; give {side}_fee_rate yourself")
            sides[side] = {float(volume): float(rate) for volume, rate in rows}
        volumes = sorted({volume for rates in sides.values() for volume in rates})
        return cls(tuple(FeeTier(at, *(_in_force(sides[side], at) for side in ("maker", "taker"))) for at in volumes))


def _in_force(rates: Mapping[float, float], volume: float) -> float:
    return rates[max((floor for floor in rates if floor <= volume), default=min(rates))]


def _numbers(row: Any, count: int) -> bool:
    if not isinstance(row, Iterable) or isinstance(row, str):
        return False
    values = list(row)
    return len(values) == count and all(map(is_number, values))
