"""What a grid earned, split: matched pairs, inventory, other fees; it adds up to the PnL identity (rule A1)."""

from engine import Fact, Level, Review, Table
from strategies._grid_layout import direction_of

PHASES = ("waiting for its trigger", "opening", "running", "closing", "ended")
ENDED_BY = ("", "stop_loss_low", "stop_loss_high", "take_profit", "liquidated", "settled")


class _Cell:
    """Hold the open leg of one cell: what was traded first, at what value and fees."""

    def __init__(self):
        self.side, self.quantity, self.value, self.fees = 0, 0.0, 0.0, 0.0
        self.pairs, self.gross, self.paid = 0, 0.0, 0.0


def matched(fills, first_side):
    """Return the cells by tag, after pairing each cell's fills; first_side(tag) is the side that opens its pairs."""
    cells: dict[int, _Cell] = {}
    for fill in fills:
        tag = int(fill["tag"])
        if tag <= 0:
            continue
        cell = cells.setdefault(tag, _Cell())
        side, quantity, price, fee = (fill[name].item() for name in ("side", "quantity", "price", "fee"))
        if side == first_side(tag):
            cell.quantity += quantity
            cell.value += quantity * price
            cell.fees += fee
            continue
        matched_now = min(quantity, cell.quantity)
        if matched_now <= 0.0:
            continue  # it closes what the opening order bought: inventory, no pair
        share = matched_now / cell.quantity
        value, fees = cell.value * share, cell.fees * share
        gain = side * (value - matched_now * price)
        cell.gross += gain
        cell.paid += fees + fee * matched_now / quantity
        cell.pairs += 1
        cell.quantity -= matched_now
        cell.value -= value
        cell.fees -= fees
    return cells


def review_of(grid, outcome):
    """Return the split of a grid's result."""
    state = outcome.state[0]
    count, bottom = int(state["cells"]), int(state["bottom"])
    market = outcome.start.market
    direction = direction_of(grid, market)
    starts_loaded = [bool(one) for one in grid.loaded[:count]]

    def first_side(tag):
        if direction == "neutral":
            return -1 if starts_loaded[tag - 1] else 1
        return 1 if direction == "long" else -1

    cells = matched(outcome.fills, first_side)
    gross = sum((one.gross for one in cells.values()), 0.0)
    paid = sum((one.paid for one in cells.values()), 0.0)
    pairs = sum(one.pairs for one in cells.values())
    inventory = outcome.realised + outcome.floating_change - gross
    others = outcome.fees - paid
    price = outcome.prices[0]
    low, high = _edge(state, bottom, count)
    where = "inside" if low <= price <= high else "above" if price > high else "below"
    phase = PHASES[int(state["phase"])]
    facts = [
        Fact("grid profit", gross - paid, "quote", f"{pairs:,} matched pairs, net of their fees"),
        Fact("inventory", inventory, "quote", "realised outside pairs, and floating"),
        Fact("other fees", -others, "quote", "of the opening, of closing, of legs still open"),
        *([Fact("funding", outcome.carried, "quote", "received, net of paid")] if market.is_contract else []),
        *([Fact("borne by the venue", outcome.borne, "quote", "loss beyond the margin")] if outcome.borne else []),
        Fact(
            "total",
            gross - paid + inventory - others + outcome.carried + outcome.borne,
            "quote",
            "the equity change",
        ),
        Fact("profit per pair", (gross - paid) / pairs if pairs else None, "quote", "mean"),
        Fact("state", phase, "", ENDED_BY[int(state["ended_by"])]),
        Fact("range now", f"{low:,.10g} to {high:,.10g}", "", f"the price {price:,.10g} is {where}"),
        Fact("shifts", int(state["shifts"]), "count", "of the range by a line"),
    ]
    rows, levels = [], []
    for i in range(count):
        s = (bottom + i) % count
        cell = cells.get(s + 1)
        side = "sell" if state["loaded"][s] else "buy"
        at = float(state["high_of"][s] if state["loaded"][s] else state["low_of"][s])
        order = side if state["order"][s] else _why_absent(state, s, phase)
        rows.append((
            i + 1, float(state["low_of"][s]), float(state["high_of"][s]), order, at if state["order"][s] else None,
            float(state["quantity"][s]), cell.pairs if cell else 0, cell.gross - cell.paid if cell else 0.0,
        ))  # fmt: skip
        levels.append(Level(float(state["low_of"][s]), "line"))
    levels.append(Level(high, "line"))
    columns = (("cell", "count"), ("from", "price"), ("to", "price"), ("order", ""), ("at", "price"),
               ("quantity", "base"), ("pairs", "count"), ("grid profit", "quote"))  # fmt: skip
    return Review("Grid", facts, [Table("Cells at the end", columns, tuple(rows))], levels)


def _edge(state, bottom, count):
    return float(state["low_of"][bottom % count]), float(state["high_of"][(bottom + count - 1) % count])


def _why_absent(state, s, phase):
    if phase in ("ended", "closing"):
        return f"none: {ENDED_BY[int(state['ended_by'])] or phase}"
    if state["asleep"][s]:
        return "none: asleep until the price has passed it"
    if phase == PHASES[0]:
        return f"none: {phase}"
    return "none: beyond the nearest so many, or below the market's minimum"
