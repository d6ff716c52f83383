"""What leverage means for a grid: how each side may come to fill, and where that would be liquidated.

Orders come as _margin takes them, in the order in which the price meets them.
"""

from strategies._margin import (
    above_the_tier,
    liquidation_fact,
    nearest,
    too_near,
    unlike_the_market,
)


def ways_of(grid, made, market, side):
    """Return the ways in which all orders of a side can fill, as (base, price, fee rate) each; none: it never holds.

    One way opens at the reference price and goes on. In the other the starting position has been closed line by line
    and taken again at the lines. Cross margin keeps what that earned; an isolated position stands at its new entries.
    """
    if made.direction == ("short" if side > 0 else "long"):
        return []
    cells = list(zip(made.quantity, made.lines[:-1] if side > 0 else made.lines[1:], strict=True))
    whole = [(quantity, price, made.fee) for quantity, price in cells]
    rest = whole[: made.free] if side > 0 else whole[made.free :]
    if side > 0:
        whole, rest = whole[::-1], rest[::-1]
    opening = [(abs(made.opening), made.reference, made.taker)] if made.opening * side > 0.0 else []
    if not opening:
        return [rest] if rest else []
    if not grid.open_initial_position:
        return [whole]
    return [opening + rest, whole] if market.margin_mode == "isolated" else [opening + rest]


def check_margin(grid, made, start):
    """Collect what forbids the grid at the market's leverage."""
    market = start.market
    made.refusals += unlike_the_market(grid, market, market.is_contract)
    if not market.is_contract or market.kind == "inverse":
        return
    made.refusals += above_the_tier(market, made.notional)
    for side, stop, edge in ((1, grid.stop_loss_low, made.lines[0]), (-1, grid.stop_loss_high, made.lines[-1])):
        for orders in ways_of(grid, made, market, side):
            found = list(too_near(market, start.cash, side, orders, stop, edge, grid.liquidation_distance_rate))
            made.refusals += found
            if found:
                break
    if (grid.trailing_up or grid.trailing_down) and market.leverage > 1.0:
        made.warnings.append(
            "trailing moves the range, and its liquidation price with it; judged is the range at its start"
        )


def liquidation_facts(grid, made, start):
    """Return the worst-case liquidation of each side that the grid may hold."""
    facts = []
    for side, name, stop, edge in (
        (1, "liquidation below", grid.stop_loss_low, made.lines[0]),
        (-1, "liquidation above", grid.stop_loss_high, made.lines[-1]),
    ):
        found = nearest(start.market, start.cash, side, ways_of(grid, made, start.market, side))
        if found is not None:
            anchor, words = (edge, "the edge") if stop is None else (stop, "the stop")
            facts.append(liquidation_fact(name, start.market, found, anchor, words))
    return facts
