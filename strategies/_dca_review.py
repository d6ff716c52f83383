"""A DCA's own view of its result: deals and why they closed, how deep the ladder was used, what is still open."""

import math
from copy import copy
from dataclasses import dataclass, field

import numpy as np

from engine import LIQUIDATION, SETTLEMENT, Fact, Level, Review, Table
from strategies._dca_checks import answers
from strategies._dca_ladder import nearest

REASONS = {-1: "take_profit", -2: "stop_loss", -3: "trailing_take_profit", -4: "take_profit at market"}
DAY_MS = 86_400_000


@dataclass
class Deal:
    """Hold one deal as its fills tell it."""

    book: int
    began_ms: int
    ended_ms: int = 0
    reason: str = "open"
    filled: set[int] = field(default_factory=set)  # safety orders
    invested: float = 0.0  # quote, before fees
    net: float = 0.0  # realised less fees, quote


def deals_of(fills):
    """Return the deals in the order in which they began; a deal ends when its book is flat."""
    found: list[Deal] = []
    open_deals: dict[int, Deal] = {}
    columns = [
        fills[name].tolist()
        for name in ("book", "ms", "tag", "kind", "quantity", "price", "fee", "realised", "position")
    ]
    for book, ms, tag, kind, quantity, price, fee, realised, position in zip(*columns, strict=True):
        deal = open_deals.get(book)
        if deal is None:
            deal = open_deals[book] = Deal(book, ms)
            found.append(deal)
        forced = kind >= LIQUIDATION  # or the end of a dated contract
        if tag >= 0 and not forced:
            deal.invested += quantity * price
        if tag > 0:
            deal.filled.add(tag)
        deal.net += realised - fee
        if position == 0.0:
            ended = {LIQUIDATION: "liquidated", SETTLEMENT: "settled"}
            deal.ended_ms, deal.reason = ms, ended.get(kind) or REASONS.get(tag, "closed")
            del open_deals[book]
    return found


def review_of(dca, outcome):
    """Return the review of a run."""
    return _of_schedule(dca, outcome) if dca.kind == "schedule" else _of_deals(dca, outcome)


def _of_deals(dca, outcome):
    deals = deals_of(outcome.fills)
    closed = [deal for deal in deals if deal.ended_ms]
    still = [deal for deal in deals if not deal.ended_ms]
    record = outcome.state[0]
    nets = [deal.net for deal in closed]
    margined = any(answers(dca, market) for market in outcome.start.markets)
    carried = [Fact("Funding", outcome.carried, "quote", "received, net of paid; interest too")] if margined else []
    if outcome.borne:
        carried.append(Fact("Borne by the venue", outcome.borne, "quote", "losses beyond the margin"))
    ages = [(deal.ended_ms - deal.began_ms) / DAY_MS for deal in closed]
    facts = [
        Fact("Deals closed", len(closed), "count"),
        Fact("Deals still open", len(still), "count"),
        Fact("Realised net of closed deals", math.fsum(nets), "quote", "after all their fees"),
        Fact(
            "Realised net of open deals",
            math.fsum(deal.net for deal in still),
            "quote",
            "fees so far, and parts already sold",
        ),
        Fact("Floating of open deals", outcome.floating_change, "quote", "at the last closes"),
        *carried,
        Fact("Net of a deal on average", math.fsum(nets) / len(nets) if nets else None, "quote"),
        Fact("Best deal", max(nets, default=None), "quote"),
        Fact("Worst deal", min(nets, default=None), "quote"),
        Fact("Age on average", math.fsum(ages) / len(ages) if ages else None, "", "days, of closed deals"),
        Fact("Longest", max(ages, default=None), "", "days"),
        Fact("Most invested in a deal", max((deal.invested for deal in deals), default=None), "quote"),
        Fact("Entries expired", int(record["expired"]), "count", "limit base orders that were not filled in time"),
        Fact("Orders denied", int(record["denied"]), "count", "base and safety orders; the list of orders says why"),
        Fact(
            "Candles without funds", int(record["short_of_funds"]), "count", "a deal was due, its funds were not free"
        ),
    ]
    if record["disabled"]:
        facts.append(Fact("Disabled", "after a stop", "", "on_stop_loss = close_and_disable"))
    elif dca.max_deals is not None and record["opened"] >= dca.max_deals:
        facts.append(Fact("Disabled", "max_deals reached"))
    tables = [_reasons(closed), _depths(deals, dca)]
    if still:
        tables.append(_open(dca, outcome, still))
    return Review("DCA deals", facts, tables, _levels(dca, outcome, still))


def _reasons(closed):
    rows = []
    for reason in dict.fromkeys(deal.reason for deal in closed):
        nets = [deal.net for deal in closed if deal.reason == reason]
        rows.append((reason, len(nets), math.fsum(nets), math.fsum(nets) / len(nets)))
    columns = (("reason", ""), ("deals", "count"), ("net", "quote"), ("net of one", "quote"))
    return Table("Why deals closed", columns, tuple(rows))


def _depths(deals, dca):
    rows = []
    for depth in range(dca.max_safety_orders + 1):
        count = sum(len(deal.filled) == depth for deal in deals)
        if count or depth <= 10:
            rows.append((depth, count, count / len(deals) if deals else None))
    return Table("Safety orders filled", (("safety orders", "count"), ("deals", "count"), ("share", "%")), tuple(rows))


def _open(dca, outcome, still):
    """Return one row an open deal: what it holds, what it waits for, what is still reserved for it."""
    record = outcome.state[0]
    rows = []
    dca = _as_it_ended(dca, record)
    for deal in still:
        m = deal.book
        entry = float(dca.entry_price(m))
        done, steps = int(record["done"][m]), int(record["steps"][m])
        following = float(dca.safety_price(entry, done + 1, m)) if done < steps else None
        ahead = [float(dca.safety_price(entry, n, m)) for n in range(done + 1, steps + 1)]
        reserved = sum(p * float(dca.safety_quantity(p, n, m)) for n, p in enumerate(ahead, done + 1))
        market, last_ms = outcome.start.markets[m], int(outcome.fills["ms"][-1])
        # fmt: off
        rows.append(
            (
                market.symbol, entry, float(record["cost"][m] / record["held"][m]), float(record["held"][m]),
                len(deal.filled), following, float(record["cost"][m]), reserved, float(record["target"][m]),
                _stop(dca, record, m, entry), (last_ms - deal.began_ms) / DAY_MS, deal.net,
            )
        )
        # fmt: on
    columns = (
        ("pair", ""), ("entry", "price"), ("average", "price"), ("quantity", "base"), ("safety orders", "count"),
        ("next at", "price"), ("invested", "quote"), ("reserved", "quote"), ("target", "price"), ("stop", "price"),
        ("days to the last fill", ""), ("net so far", "quote"),
    )  # fmt: skip
    return Table("Open deals", columns, tuple(rows))


def _as_it_ended(dca, record):
    """Return the strategy with the state it had at the end: its ladder then is that of the deals still open."""
    twin = copy(dca)
    for name in dca.states:
        setattr(twin, name, record[name])
    return twin


def _stop(dca, record, m, entry):
    if dca.stop_loss_rate is None:
        return None
    counted = entry if dca.stop_loss_from == "entry" else float(record["cost"][m] / record["held"][m])
    return float(nearest(counted * (1.0 - dca.sign * dca.stop_loss_rate), dca.tick_units[m], dca.tick_scale[m]))


def _levels(dca, outcome, still):
    if len(outcome.start.markets) != 1 or not still:
        return ()
    record, m = outcome.state[0], 0
    dca = _as_it_ended(dca, record)
    entry = float(dca.entry_price(m))
    levels = [Level(entry, "entry", "entry"), Level(float(record["target"][m]), "target", "target")]
    levels += [
        Level(float(dca.safety_price(entry, number, m)), f"safety order {number}", "ladder")
        for number in range(int(record["done"][m]) + 1, int(record["steps"][m]) + 1)
    ]
    stop = _stop(dca, record, m, entry)
    return (*levels, Level(stop, "stop", "stop")) if stop is not None else tuple(levels)


def _of_schedule(dca, outcome):
    fills, markets = outcome.fills, outcome.start.markets
    value = float((fills["quantity"] * fills["price"]).sum())
    in_coins = [book for book, market in enumerate(markets) if market.fee_in == "base"]
    spent = value + float(fills["fee"][~np.isin(fills["book"], in_coins)].sum())
    facts = [
        Fact("Purchases", int(outcome.state[0]["purchases"]), "count"),
        Fact("Spent", spent, "quote", "fees within"),
        Fact("Fees", outcome.fees, "quote"),
        Fact("Budget left", None if dca.budget_quote is None else dca.budget_quote - spent, "quote"),
        Fact("Floating", outcome.floating_change, "quote", "at the last closes"),
    ]
    rows = []
    for m, market in enumerate(markets):
        own = fills[fills["book"] == m]
        if len(own):
            bought, cost = float(own["quantity"].sum()), float((own["quantity"] * own["price"]).sum())
            mean = float(own["price"].mean())
            rows.append((market.symbol, len(own), bought, cost, cost / bought, mean, outcome.prices[m]))
    columns = (
        ("pair", ""), ("fills", "count"), ("bought", "base"), ("cost", "quote"), ("average", "price"),
        ("mean price", "price"), ("last price", "price"),
    )  # fmt: skip
    return Review("DCA purchases", facts, [Table("Bought", columns, tuple(rows))])
