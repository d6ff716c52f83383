"""When funding is due, and at which rate. Must not know positions."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from engine.venues.sandbox.decimals import ZERO
from engine.venues.sandbox.usdm.contract import Contract


def stamps(contract: Contract, after_ms: int, until_ms: int) -> Iterator[tuple[int, Decimal]]:
    """Yield (time, rate) of what is due after a time, up to another: the series', or the constant on its grid."""
    if contract.funding:
        yield from (one for one in contract.funding if after_ms < one[0] <= until_ms)
    else:
        first = (after_ms // contract.funding_ms + 1) * contract.funding_ms
        yield from ((time_ms, contract.funding_rate) for time_ms in range(first, until_ms + 1, contract.funding_ms))


def next_stamp(contract: Contract, now_ms: int) -> tuple[int, Decimal]:
    """Return (time, rate) of what is due next; after a series has ended, its grid goes on at no rate."""
    if contract.funding:
        for one in contract.funding:
            if one[0] > now_ms:
                return one
        return (now_ms // contract.funding_ms + 1) * contract.funding_ms, ZERO
    return next(stamps(contract, now_ms, now_ms + contract.funding_ms))
