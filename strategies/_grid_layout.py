"""A grid laid out: its lines, which cells are loaded, how much each holds, and what opens it.

Plain arithmetic on numbers; what is wrong is collected as refusals with the numbers. `line` is also what the running
grid calls when its range moves, compiled.
"""

import math
from dataclasses import dataclass, field, replace
from itertools import pairwise

from engine import Refusal

MAX_CELLS = 500


def line(number, lower, step, ratio):
    """Return line `number` before rounding, counted from the lower edge; ratio 0.0 means equal differences."""
    if ratio > 0.0:
        return lower * ratio**number
    return lower + step * number


@dataclass
class Layout:
    """Hold the cells of a grid at its start; cell i lies between lines i and i + 1."""

    reference: float  # quote per base: the price, or the trigger
    direction: str = "long"
    lower: float = 0.0
    step: float = 0.0
    ratio: float = 0.0  # 0.0: arithmetic
    lines: list[float] = field(default_factory=list)
    free: int = 0  # number of the line that starts without an order
    quantity: list[float] = field(default_factory=list)  # base, by cell
    value: float = 0.0  # quote of one buy, where all are of equal value
    fee: float = 0.0  # of a line order, a fraction
    taker: float = 0.0
    lot: float = 0.0
    buffer: float = 0.0
    base_in: float = 0.0  # coins of the account that the grid may use
    opening: float = 0.0  # base, signed, bought or sold at the start
    worst_open: float = 0.0  # quote per base, the worst price of the opening order
    gear: float = 1.0  # quote claimed per quote of notional: 1 / leverage on contracts
    notional: float = 0.0  # quote, the most that is held at once
    funds: float = 0.0  # quote, claimed if every order rests and the opening fills at its worst
    refusals: list[Refusal] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def cells(self) -> int:
        """Return the number of cells."""
        return max(0, len(self.lines) - 1)

    @property
    def at_reference(self) -> float:
        """Return the quote that the grid takes when it opens at the reference price."""
        if self.opening < 0.0 and self.notional > 0.0:
            return self.funds  # margin of a short, which is reserved at the reference price
        return max(0.0, self.funds - self.opening * (self.worst_open - self.reference) * (self.gear + self.taker))

    @property
    def offset(self) -> float:
        """Return the position with every cell empty, base."""
        return {
            "long": 0.0, "neutral": -sum(self.quantity[self.free :]), "short": -sum(self.quantity)
        }[self.direction]  # fmt: skip

    def refuse(self, code, sentence):
        """Collect a reason not to start."""
        self.refusals.append(Refusal(code, sentence))


def direction_of(grid, market):
    """Return the grid's direction: where coins are traded it begins long, on contracts neutral."""
    return grid.direction or ("neutral" if market.is_contract else "long")


def lay_out(grid, start):
    """Return the layout of a grid at its start; one with refusals may be incomplete."""
    market = start.market
    reference = start.price if grid.trigger_price is None else grid.trigger_price
    made = Layout(reference, taker=market.taker_fee_rate, lot=float(market.lot))
    made.direction = direction_of(grid, market)
    made.gear = 1.0 / market.leverage if market.is_contract else 1.0
    made.fee = market.maker_fee_rate if grid.post_only else market.taker_fee_rate
    made.base_in = grid.investment_base
    default = market.taker_fee_rate if market.fee_in == "base" else 0.0
    made.buffer = default if grid.fee_buffer_rate is None else grid.fee_buffer_rate
    _range(grid, made, market)
    if made.refusals:
        return made
    made.free = min(range(len(made.lines)), key=lambda i: (abs(made.lines[i] - reference), i))
    side = {"long": 1.0, "neutral": 0.0, "short": -1.0}[made.direction]
    made.worst_open = market.to_tick(reference * (1.0 + side * grid.open_slippage_rate))
    _sizes(grid, made, market)
    return made


def _range(grid, made, market):
    """Set the lines, rounded to the tick."""
    refuse = made.refuse
    if grid.center is None:
        if grid.lower is None or grid.upper is None or grid.levels is None:
            return refuse("range_invalid", "expected lower, upper and levels, or center; at least one was not given")
        for name in ("step", "step_rate", "buy_levels", "sell_levels"):
            if getattr(grid, name):
                return refuse("range_invalid", f"{name} belongs to center; remove it, or lower and upper")
        if not 0.0 < grid.lower < grid.upper:
            return refuse("range_invalid", f"expected 0 < lower < upper, were {grid.lower:g} and {grid.upper:g}")
        if grid.levels != int(grid.levels):
            return refuse("range_invalid", f"levels: expected a whole number, was {grid.levels:g}")
        made.lower, cells = grid.lower, int(grid.levels) - 1
        if grid.spacing == "arithmetic":
            made.step = (grid.upper - grid.lower) / cells
        else:
            made.ratio = (grid.upper / grid.lower) ** (1.0 / cells)
    else:
        if grid.lower is not None or grid.upper is not None or grid.levels is not None:
            return refuse("range_invalid", "expected center, or lower, upper and levels; both were given")
        if (grid.step is None) == (grid.step_rate is None):
            return refuse("range_invalid", "center needs exactly one of step and step_rate")
        named = "geometric" if grid.step is None else "arithmetic"
        if grid.spacing not in (None, named):
            return refuse("range_invalid", f"spacing {grid.spacing} does not go with this step; it is {named}")
        if not (grid.step or grid.step_rate):
            return refuse("range_invalid", "step, step_rate: expected a number above 0, was 0")
        cells = grid.buy_levels + grid.sell_levels
        if cells < 1:
            return refuse("zero_levels", "expected at least one line besides center; set buy_levels or sell_levels")
        middle = made.reference if grid.center == "market" else grid.center
        if grid.step is None:
            made.ratio = 1.0 + grid.step_rate
            made.lower = middle * made.ratio**-grid.buy_levels
        else:
            made.step, made.lower = grid.step, middle - grid.step * grid.buy_levels
    exact = [line(i, made.lower, made.step, made.ratio) for i in range(cells + 1)]
    if grid.center is None:
        exact[-1] = grid.upper
    made.lines = [market.to_tick(price) for price in exact]
    if made.lines[0] <= 0.0:
        return refuse("range_invalid", f"the lowest line is {made.lines[0]:g}; use fewer buy_levels or a smaller step")
    for low, high in pairwise(made.lines):
        if high <= low:
            return refuse("lines_collide", f"two lines round to {low:g} at a tick of {market.tick}; use fewer levels")
    return None


def _sizes(grid, made, market):
    """Set the quantity of each cell, rounded down to the lot, and the funds they take."""
    given = [name for name in ("investment_quote", "order_quote", "order_base") if getattr(grid, name) is not None]
    if len(given) != 1:
        told = " and ".join(given) or "none"
        return made.refuse(
            "below_min_investment", f"expected exactly one of investment_quote, order_quote, order_base, was {told}"
        )
    unit = unit_of(grid)
    if (grid.order_unit is not None and unit != grid.order_unit) or (given == ["order_quote"] and unit == "base"):
        return made.refuse("range_invalid", f"order_unit {grid.order_unit} contradicts {given[0]}; remove one of them")
    lows = made.lines[:-1]
    if given[0] == "investment_quote" and not market.is_contract and made.direction != "long" and made.base_in <= 0.0:
        return made.refuse(
            "venue_lacks",
            f"a spot market cannot go short: a {made.direction} grid sells coins it must hold; set investment_base",
        )
    if given[0] != "investment_quote":
        size = grid.order_quote if unit == "quote" else grid.order_base
        made.quantity = [market.to_lot(size / low if unit == "quote" else size) for low in lows]
        made.value = size if unit == "quote" else 0.0
        _open_and_fund(made, market)
        return None
    low, high = 0.0, (grid.investment_quote + grid.investment_base * made.reference * 2.0) / made.gear
    if unit == "base":
        high /= lows[0]
    for _ in range(200):  # halving: what fits rises with the size, and rounding makes it a staircase
        size = (low + high) / 2.0
        made.quantity = [market.to_lot(size / p if unit == "quote" else size) for p in lows]
        made.value = size if unit == "quote" else 0.0
        _open_and_fund(made, market)
        covered = market.is_contract or made.direction == "long" or -made.offset <= made.base_in + 1e-12
        low, high = (size, high) if covered and made.funds <= grid.investment_quote else (low, size)
        if high - low <= 1e-12 * high:
            break
    made.quantity = [market.to_lot(low / p if unit == "quote" else low) for p in lows]
    made.value = low if unit == "quote" else 0.0
    _open_and_fund(made, market)
    return None


def unit_of(grid):
    """Return what all lines have in common: an equal value ("quote") or an equal quantity ("base")."""
    return "base" if grid.order_base is not None else grid.order_unit or "quote"


def least_investment(grid, made, market):
    """Return the quote at which every order still meets the market's minimum, opened at the reference price."""
    lot = float(market.lot)
    quantity = max(market.min_quantity, lot)
    lows = made.lines[:-1]
    if unit_of(grid) == "quote":
        value = max(market.min_notional, quantity * lows[-1])
        wanted = [value / low for low in lows]
    else:
        wanted = [max(quantity, market.min_notional / lows[0])] * len(lows)
    small = replace(made, quantity=[math.ceil(one / lot - 1e-9) * lot for one in wanted], value=0.0)
    _open_and_fund(small, market)
    return small.at_reference


def _open_and_fund(made, market):
    """Set what opens the grid and the quote it claims, fees included, the opening at its worst price."""
    below, above = made.quantity[: made.free], made.quantity[made.free :]
    buys = sum(max(q * p, made.value) for q, p in zip(below, made.lines, strict=False))
    sells = sum(q * p for q, p in zip(above, made.lines[made.free + 1 :], strict=True))
    wanted = {"long": sum(above) * (1.0 + made.buffer), "neutral": 0.0, "short": -sum(below)}[made.direction]
    if wanted > 0.0:
        short_of = max(0.0, wanted - made.base_in)
        lots = short_of / float(market.lot)
        wanted = market.to_lot(short_of if made.buffer == 0.0 else math.ceil(lots - 1e-9) * float(market.lot))
    made.opening = market.to_lot(wanted) if wanted >= 0.0 else -market.to_lot(-wanted)
    opened = made.opening * made.worst_open
    if not market.is_contract:
        made.funds = max(0.0, buys * (1.0 + made.taker) + opened * (1.0 + made.taker * (1 if opened > 0 else -1)))
        return
    if opened < 0.0:
        opened = made.opening * made.reference  # a short sold at its worst price takes less margin, not more
    held = abs(opened)
    made.notional = {"long": held + buys, "neutral": max(buys, sells), "short": held + sells}[made.direction]
    made.funds = made.notional * made.gear + made.taker * (held + max(buys, sells))
