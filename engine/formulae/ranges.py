"""What an argument of a formula may be. Owns the sentences for those that may not."""

from __future__ import annotations

import math

from engine.errors import ConfigError


def check_side(side: int) -> None:
    """Refuse a side that is neither +1 nor -1."""
    if side not in (1, -1):
        raise ConfigError(f"side: expected 1 for long or -1 for short, was {side!r}")


def check_positive(**values: float) -> None:
    """Refuse any that is not a finite number above zero."""
    for name, value in values.items():
        if not 0.0 < value < math.inf:
            raise ConfigError(f"{name}: expected a number above 0, was {value!r}")


def check_not_negative(**values: float) -> None:
    """Refuse any that is not a finite number, zero or more."""
    for name, value in values.items():
        if not 0.0 <= value < math.inf:
            raise ConfigError(f"{name}: expected a number, 0 or more, was {value!r}")


def check_finite(**values: float) -> None:
    """Refuse any that is not a finite number."""
    for name, value in values.items():
        if not math.isfinite(value):
            raise ConfigError(f"{name}: expected a finite number, was {value!r}")


def check_fraction(**values: float) -> None:
    """Refuse any outside 0 <= value < 1."""
    for name, value in values.items():
        if not 0.0 <= value < 1.0:
            raise ConfigError(f"{name}: expected a fraction from 0 up to but not 1 (0.001 is 0.1 %), was {value!r}")


def check_fee_rate(**values: float) -> None:
    """Refuse any outside -1 < value < 1; a rebate is negative."""
    for name, value in values.items():
        if not -1.0 < value < 1.0:
            raise ConfigError(f"{name}: expected a fraction between -1 and 1 (0.001 is 0.1 %), was {value!r}")
