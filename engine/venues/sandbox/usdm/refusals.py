"""What the USD-M dialect refuses with; spot has other codes for the same things. Owns the sentences."""

from __future__ import annotations

from decimal import Decimal

from engine.venues.sandbox.refusal import RefusalError

SENTENCES = {
    "bad quantity": (-4003, "Quantity less than or equal to zero."),
    "small": (-4004, "Quantity less than min quantity."),
    "large": (-4005, "Quantity greater than max quantity."),
    "step": (-4023, "Qty not increased by step size."),
    "bad price": (-4001, "Price less than 0."),
    "dear": (-4002, "Price greater than max price."),
    "cheap": (-4013, "Price less than min price."),
    "tick": (-4014, "Price not increased by tick size."),
    "precision": (-1111, "Precision is over the maximum defined for this asset."),
    "bad stop": (-4006, "Stop price less than zero."),
    "margin": (-2019, "Margin is insufficient."),
    "no position": (-2022, "ReduceOnly Order is rejected."),
    "at once": (-2021, "Order would immediately trigger."),
    "many": (-2025, "Reach max open order limit."),
    "many stops": (-4045, "Reach max stop order limit."),
    "too large": (-2027, "Exceeded the maximum allowable position at current leverage."),
    "algo": (
        -4120,
        "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.",
    ),
    "duplicate": (-4116, "ClientOrderId is duplicated."),
    "closed": (-4141, "Symbol is closed."),
    "would take": (-5022, "Due to the order could not be executed as maker, the Post Only order will be rejected."),
    "not whole": (
        -5021,
        "Due to the order could not be filled immediately, the FOK order has been rejected. "
        "The order will not be recorded in the order history.",
    ),
    "side": (-4061, "Order's position side does not match user's setting."),
    "same type": (-4046, "No need to change margin type."),
    "type with orders": (-4047, "Margin type cannot be changed if there exists open orders."),
    "type with position": (-4048, "Margin type cannot be changed if there exists position."),
    "same mode": (-4059, "No need to change position side."),
    "mode with orders": (-4067, "Position side cannot be changed if there exists open orders."),
    "mode with position": (-4068, "Position side cannot be changed if there exists position."),
    "less leverage": (-4161, "Leverage reduction is not supported in Isolated Margin Mode with open positions."),
    "leverage needs margin": (-2028, "Leverage is smaller than permitted: insufficient margin balance."),
    "no cross margin": (-4050, "Cross balance insufficient."),
    "no isolated margin": (-4051, "Isolated balance insufficient."),
    "not isolated": (-4049, "Add margin only support for isolated position."),
    "empty": (-4054, "Cannot add position margin: position is 0."),
    "no amount": (-4055, "Amount must be positive."),
    "same assets": (-4171, "Adjusted asset mode is currently set and does not need to be adjusted repeatedly."),
    "one asset": (-4167, "Unable to adjust to Multi-Assets mode: the practice exchange has single-asset mode only."),
    "only limit": (-5025, "Only limit order is supported."),
    "no change": (-5027, "No need to modify the order."),
    "rate": (-2007, "Invalid callBack rate."),
    "close needs none": (-4137, "Quantity must be zero with closePosition equals true."),
    "close of a trail": (-4136, "Target strategy invalid for orderType TRAILING_STOP_MARKET,closePosition true."),
    "batch": (-4082, "Invalid number of batch place order requests."),
    "week": (-1127, "More than 7 days between startTime and endTime."),
}


def no(what: str) -> RefusalError:
    """Return a refusal by its name here."""
    code, said = SENTENCES[what]
    return RefusalError(code, said)


def too_small(least: Decimal) -> RefusalError:
    """Return the refusal of an order whose notional is too small."""
    return RefusalError(-4164, f"Order's notional must be no smaller than {least:f} (unless you choose reduce only).")


def beyond(limit: Decimal, high: bool) -> RefusalError:
    """Return the refusal of a limit price outside the band around the mark."""
    if high:
        return RefusalError(-4016, f"Limit price can't be higher than {limit:f}.")
    return RefusalError(-4024, f"Limit price can't be lower than {limit:f}.")


def bad_leverage(leverage: int) -> RefusalError:
    """Return the refusal of a leverage that the contract does not have."""
    return RefusalError(-4028, f"Leverage {leverage} is not valid.")
