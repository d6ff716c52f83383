"""The grid's pre-flight: profit per cell, funds, worst cases, and everything that forbids a start.

Owns the words and the refusals. The layout's numbers are those of _grid_layout.
"""

from itertools import pairwise

from engine import Fact, Level, Plan, Table
from strategies._grid_layout import MAX_CELLS, least_investment
from strategies._grid_margin import check_margin, liquidation_facts
from strategies._grid_parameters import NEEDS_VENUE
from strategies._margin import margin_facts


def cell_profit_rate(low, high, fee):
    """Return what one round trip of a cell nets, a fraction of its cost: [high(1 - c) - low(1 + c)] / low."""
    return (high * (1.0 - fee) - low * (1.0 + fee)) / low


def break_even_rate(fee):
    """Return the spacing of two lines at which a cell nets nothing: (1 + c) / (1 - c) - 1."""
    return (1.0 + fee) / (1.0 - fee) - 1.0


def plan_of(grid, made, start):
    """Return the pre-flight of a layout."""
    _unsupported(grid, made, start.market)
    facts, tables, levels = [], [], []
    if made.lines and made.quantity:
        _check_orders(grid, made, start)
        _check_ends(grid, made)
        _check_trailing(grid, made)
        check_margin(grid, made, start)
        facts, tables, levels = _facts(grid, made, start), [_lines_table(made)], _levels(grid, made)
    return Plan(facts, tables, levels, tuple(made.refusals), tuple(made.warnings))


def _unsupported(grid, made, market):
    for name in NEEDS_VENUE:
        if getattr(grid, name) is not None:
            made.refuse("not_yet_supported", f"{name} needs a live venue; remove it")
    for name in grid.later:
        if getattr(grid, name) is not None:
            made.refuse("not_yet_supported", f"{name}; it has no effect yet, so remove it")
    if grid.price_source in ("mark", "index"):
        made.refuse(
            "not_yet_supported",
            f'price_source "{grid.price_source}": a strategy sees candles of the last price only; use "last" '
            "(liquidation goes by mark price all the same)",
        )
    if grid.stop_loss_type != "price":
        made.refuse("not_yet_supported", f'stop_loss_type "{grid.stop_loss_type}"; use "price"')
    if (grid.trailing_up or grid.trailing_down) and made.direction != "long":
        made.refuse(
            "not_yet_supported",
            f"trailing of a {made.direction} grid: each shift would change what it is short of; use direction long",
        )
    if market.kind == "inverse":
        made.refuse(
            "not_yet_supported",
            f"a grid on the inverse contract {market.symbol}, which counts in contracts and coin; use a linear one",
        )
    if market.kind == "margin" and made.direction != "long":
        made.refuse(
            "not_yet_supported",
            f'a {made.direction} grid with borrowed coins, whose debt grows by the hour; set kind = "linear" in '
            '[market], or direction = "long"',
        )


def _check_orders(grid, made, start):
    market = start.market
    if made.cells > MAX_CELLS - 1:
        made.refuse("too_many_orders", f"expected at most {MAX_CELLS - 1} cells, were {made.cells}")
    rates = [cell_profit_rate(a, b, made.fee) for a, b in pairwise(made.lines)]
    worst = min(range(len(rates)), key=rates.__getitem__)
    if grid.fees_check != "off" and rates[worst] < grid.min_profit_rate:
        low, high = made.lines[worst], made.lines[worst + 1]
        said = (
            f"the cell {low:g} to {high:g} nets {rates[worst]:.4%} after two fees of {made.fee:.4%}, less than "
            f"{grid.min_profit_rate:.4%}; widen the range or use fewer levels (break-even spacing "
            f'{break_even_rate(made.fee):.4%}), or set fees_check = "off"'
        )
        if grid.fees_check == "refuse":
            made.refuse("step_below_fees", said)
        else:
            made.warnings.append(said)
    for low, high, quantity in zip(made.lines, made.lines[1:], made.quantity, strict=False):
        least = max(market.min_quantity, float(market.lot))
        if quantity < least * (1.0 - 1e-9) or quantity * low < market.min_notional:
            made.refuse(
                "below_min_notional",
                f"the cell {low:g} to {high:g} would hold {quantity:g} = {quantity * low:.2f} {market.quote}, below "
                f"the market's minimum of {least:g} {market.base} and {market.min_notional:g} {market.quote}; "
                f"put in at least {least_investment(grid, made, market):,.2f} {market.quote}, or use fewer levels",
            )
            break
    if made.funds > start.cash * (1.0 + 1e-9):
        made.refuse(
            "insufficient_funds", f"needs {made.funds:,.2f} {market.quote}, free are {start.cash:,.2f}; put in less"
        )
    if grid.investment_base > start.holding + 1e-12:
        made.refuse(
            "insufficient_funds",
            f"investment_base: expected at most the {start.holding:g} {market.base} held, "
            f"was {grid.investment_base:g}; give them to the run in [holdings]",
        )
    if market.kind == "spot" and made.direction != "long":
        needed = -made.offset
        if needed > grid.investment_base + 1e-12:
            made.refuse(
                "venue_lacks",
                f"a spot market cannot go short: a {made.direction} grid sells {needed:g} {market.base} it must hold; "
                f"set investment_base, was {grid.investment_base:g}",
            )


def _check_ends(grid, made):
    for name, wrong, expected in (
        ("stop_loss_low", lambda p: p >= made.lines[0], f"below the lowest line {made.lines[0]:g}"),
        ("stop_loss_high", lambda p: p <= made.lines[-1], f"above the highest line {made.lines[-1]:g}"),
    ):
        price = getattr(grid, name)
        if price is not None and wrong(price):
            made.refuse("stop_inside_range", f"{name}: expected a price {expected}, was {price:g}")
    for name, beyond in (
        ("stop_loss_low", lambda p: p >= made.reference),
        ("stop_loss_high", lambda p: p <= made.reference),
    ):
        price = getattr(grid, name)
        if price is not None and beyond(price):
            made.refuse("stop_inside_range", f"{name}: the price {made.reference:g} is beyond {price:g} already")
    if not made.lines[0] <= made.reference <= made.lines[-1]:
        made.warnings.append(
            f"the price {made.reference:g} lies outside the range {made.lines[0]:g} to {made.lines[-1]:g}: "
            "only one side of it can fill"
        )
    if grid.trigger_direction is not None and grid.trigger_price is None:
        made.refuse("range_invalid", "trigger_direction belongs to trigger_price; set it, or remove this one")
    if grid.take_profit is None and grid.take_profit_type != "price":
        made.refuse("range_invalid", f"take_profit_type {grid.take_profit_type} without take_profit; set it")
    if grid.take_profit is not None and grid.take_profit <= 0.0:
        made.refuse("range_invalid", f"take_profit: expected a number above 0, was {grid.take_profit:g}")
    elif grid.take_profit is not None and grid.take_profit_type == "price":
        side = {"long": 1.0, "neutral": 0.0, "short": -1.0}[made.direction]
        if side * (grid.take_profit - made.reference) < 0.0:
            where = "above" if side > 0.0 else "below"
            made.refuse(
                "range_invalid",
                f"take_profit: expected a price {where} the {made.reference:g} at which a {made.direction} grid opens, "
                f"was {grid.take_profit:g}",
            )
    if grid.on_take_profit != "close" and grid.take_profit is None:
        made.refuse("range_invalid", "on_take_profit belongs to take_profit; set it, or remove this one")
    if grid.on_stop_loss != "close" and grid.stop_loss_low is None and grid.stop_loss_high is None:
        made.refuse("range_invalid", "on_stop_loss belongs to stop_loss_low and stop_loss_high; set one of them")


def _check_trailing(grid, made):
    for side in ("up", "down"):
        on, limit = getattr(grid, f"trailing_{side}"), getattr(grid, f"trailing_{side}_limit")
        if on and limit is None:
            made.refuse(
                "trailing_limit_missing", f'trailing_{side}_limit: expected a price or "none" with trailing_{side}'
            )
        if not on and limit is not None:
            made.refuse("range_invalid", f"trailing_{side}_limit belongs to trailing_{side}; turn it on")
        edge, where = (made.lines[-1], "above the highest") if side == "up" else (made.lines[0], "below the lowest")
        if on and isinstance(limit, float) and (limit <= edge if side == "up" else limit >= edge):
            made.refuse(
                "range_invalid", f"trailing_{side}_limit: expected a price {where} line {edge:g}, was {limit:g}"
            )
    if not grid.trail_stops and not (grid.trailing_up or grid.trailing_down):
        made.refuse("range_invalid", "trail_stops belongs to trailing_up and trailing_down; turn one on")
    if grid.trailing_up and made.value == 0.0:
        made.refuse(
            "trailing_needs_quote_size",
            'trailing_up pays for a line at the top with one at the bottom; use order_unit = "quote"',
        )
    if grid.trailing_down:
        made.warnings.append("trailing_down: each shift sells one cell's coins lower than its line, at a loss")


def _facts(grid, made, start):
    market, lines = start.market, made.lines
    rates = [cell_profit_rate(a, b, made.fee) for a, b in pairwise(lines)]
    profits = [r * q * a for r, q, a in zip(rates, made.quantity, lines, strict=False)]
    kind = "geometric" if made.ratio else "arithmetic"
    low_fact, high_fact = min(profits), max(profits)
    facts = [
        Fact("direction", made.direction, "", f"{kind} lines; the line {lines[made.free]:g} starts free"),
        Fact("orders at rest", made.cells, "count", f"{made.free} buys, {made.cells - made.free} sells"),
        Fact("profit per cell, least", low_fact, "quote", f"{min(rates):.4%} net of two fees of {made.fee:.4%}"),
        Fact("profit per cell, most", high_fact, "quote", f"{max(rates):.4%}"),
        Fact("break-even spacing", break_even_rate(made.fee), "%", "of two neighbouring lines"),
    ]
    at_price = made.at_reference
    facts += [
        Fact(
            "investment, least",
            least_investment(grid, made, market),
            "quote",
            "at which every order still meets the market's minimum",
        ),
        Fact("investment, most", start.cash, "quote", "free in the account"),
        Fact("investment, this plan", at_price, "quote", f"fees included, opening at {made.reference:g}"),
        Fact("reserved", made.funds, "quote", f"with the opening at its worst price {made.worst_open:g}"),
        Fact("opening", made.opening, "base", _opening_words(grid, made)),
    ]
    for label, price in (("worst case at the lower edge", lines[0]), ("at the stop below", grid.stop_loss_low)):
        if price is not None:
            facts.append(_worst(label, made, price, made.lines[:-1], 1.0, price == grid.stop_loss_low, grid))
    if made.direction != "long":
        for label, price in (("worst case at the upper edge", lines[-1]), ("at the stop above", grid.stop_loss_high)):
            if price is not None:
                facts.append(_worst(label, made, price, made.lines[1:], -1.0, price == grid.stop_loss_high, grid))
    if not market.is_contract:
        return [*facts, Fact("liquidation", f"none ({market.kind})")]
    facts += margin_facts(market, start.cash, made.notional, made.funds)
    return facts + liquidation_facts(grid, made, start)


def _opening_words(grid, made):
    if made.opening == 0.0:
        return "nothing is bought or sold at the start"
    if not grid.open_initial_position:
        return "not taken: those cells sleep until the price has passed their far line"
    return f"{'bought' if made.opening > 0 else 'sold'} at the start, {grid.start_order_type} order"


def worst_position(made, side):
    """Return quantity (base, signed), cost (quote) and the orders' share of it once all orders of a side fill."""
    if side > 0.0:
        filled = [(q, p) for q, p in zip(made.quantity[: made.free], made.lines, strict=False)]
    else:
        filled = [(-q, p) for q, p in zip(made.quantity[made.free :], made.lines[made.free + 1 :], strict=True)]
    inside = made.base_in if made.direction == "long" else 0.0
    opened = made.opening + inside
    quantity = opened + sum(q for q, _ in filled)
    cost = opened * made.reference + sum(q * p for q, p in filled)
    return quantity, cost, sum(abs(q) * p for q, p in filled)


def _worst(label, made, price, _lines, side, closing, grid):
    quantity, cost, filled = worst_position(made, side)
    quantity = 0.0 if abs(quantity) < made.lot / 2.0 else quantity  # the noise of a sum is no position
    floating = quantity * price - cost
    fees = filled * made.fee + abs(made.opening) * made.reference * made.taker
    held = f"{quantity:g} at {cost / quantity:,.2f} on average" if quantity else "flat"
    if closing:
        fees += abs(quantity) * price * made.taker
        return Fact(label, floating - fees, "quote", f"closed at {price:g}, with fees: {held}")
    return Fact(label, floating, "quote", f"at {price:g}, before fees: {held}")


def _lines_table(made):
    rows = []
    for i, price in enumerate(made.lines):
        if i == made.free:
            rows.append((i, price, "free", None, None, None))
            continue
        cell = i if i < made.free else i - 1
        side = "buy" if i < made.free else "sell"
        rate = cell_profit_rate(made.lines[cell], made.lines[cell + 1], made.fee)
        rows.append((i, price, side, made.quantity[cell], made.quantity[cell] * price, rate))
    columns = (("line", "count"), ("price", "price"), ("order", ""), ("quantity", "base"), ("value", "quote"),
               ("cell nets", "%"))  # fmt: skip
    return Table("Lines", columns, tuple(rows))


def _levels(grid, made):
    levels = [Level(price, "free line" if i == made.free else "line") for i, price in enumerate(made.lines)]
    for name, role in (("stop_loss_low", "stop"), ("stop_loss_high", "stop")):
        if getattr(grid, name) is not None:
            levels.append(Level(getattr(grid, name), name.replace("_", " "), role))
    if grid.take_profit is not None and grid.take_profit_type == "price":
        levels.append(Level(grid.take_profit, "take profit", "target"))
    return levels
