"""Whether candles know their volume: a zero among volumes is a candle without a trade, nothing but zeros says nothing.

Mark-price and index candles have no volume at all. They fill as if there was always enough; what needs a volume refuses
them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import DataError

if TYPE_CHECKING:
    from engine.backtesting.inputs import Inputs, Rules


def knows_volume(inputs: Inputs, index: int) -> bool:
    """Return whether the market's candles, and its finer ones where there are any, carry a volume anywhere."""
    return all(one.has_volume for told in (inputs.outlines, inputs.detail_outlines) for one in told[index : index + 1])


def refuse_unknown_volume(inputs: Inputs, rules: Rules) -> None:
    """Refuse a run whose fills depend on volumes that are not there."""
    for index, market in enumerate(inputs.markets):
        if not knows_volume(inputs, index):
            name = inputs.outlines[index].market
            if rules.participation is not None:
                raise DataError(f"participation: the candles of {name} have no volume; remove it, or use others")
            if market.slippage_model != "fixed":
                raise DataError(
                    f"slippage_model {market.slippage_model}: the candles of {name} have no volume; "
                    'use slippage_model = "fixed", or other candles'
                )
