"""Three sets of limits on an account as plain numbers, to begin with."""

from __future__ import annotations

from typing import Any

PROFILES: dict[str, dict[str, Any]] = {
    "conservative": {
        "max_gross": 1.0,
        "max_net": 1.0,
        "max_weight": 0.2,
        "class_limits": {"high_risk": 0.1},
        "daily_loss": 0.02,
        "daily_loss_action": "reduce_only",
        "max_drawdown": 0.1,
        "max_drawdown_action": "flatten",
        "cooldown_losses": 3,
        "cooldown": "1d",
        "orders_per_minute": 30,
        "price_band": 0.05,
        "stale_after": "6h",
    },
    "balanced": {
        "max_gross": 1.5,
        "max_net": 1.0,
        "max_weight": 0.4,
        "class_limits": {"high_risk": 0.1},
        "daily_loss": 0.05,
        "daily_loss_action": "reduce_only",
        "max_drawdown": 0.2,
        "max_drawdown_action": "flatten",
        "cooldown_losses": 5,
        "cooldown": "12h",
        "orders_per_minute": 60,
        "price_band": 0.1,
        "stale_after": "1d",
    },
    "aggressive": {
        "max_gross": 3.0,
        "max_net": 2.0,
        "max_weight": 1.0,
        "class_limits": {"high_risk": 0.1},
        "daily_loss": 0.1,
        "daily_loss_action": "reduce_only",
        "max_drawdown": 0.35,
        "max_drawdown_action": "flatten",
        "orders_per_minute": 120,
        "price_band": 0.2,
        "stale_after": "1d",
    },
}


def profile_values(name: str) -> dict[str, Any]:
    """Return a profile's limits by name."""
    return dict(PROFILES[name])
