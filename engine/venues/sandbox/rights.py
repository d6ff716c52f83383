"""What a key may do, as the venue tells it; asked for on whichever floor there is. Must not change anything."""

from __future__ import annotations

from typing import Any

from engine.venues.sandbox.call import Call


def restrictions(call: Call[Any]) -> Any:
    """Answer what the key may do."""
    key = call.key
    if key is None:
        raise ValueError("a public request has no key")
    may = key.permissions
    return {
        "ipRestrict": key.ip_restricted, "createTime": key.created_ms, "enableReading": "read" in may,
        "enableSpotAndMarginTrading": "trade" in may, "enableWithdrawals": "withdraw" in may,
        "enableInternalTransfer": "transfer" in may, "permitsUniversalTransfer": "transfer" in may,
        "enableMargin": False, "enableFutures": "trade" in may, "enableVanillaOptions": False,
        "enablePortfolioMarginTrading": False, "enableFixApiTrade": False, "enableFixReadOnly": False,
    }  # fmt: skip
