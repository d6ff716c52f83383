"""A DCA's pre-flight: every order with its price and size, what it takes, what the worst case costs."""

import math

from engine import Fact, Level, Plan, Refusal, Table
from strategies._dca_checks import answers, unsupported
from strategies._dca_ladder import BASE, QUOTE, RATE, target_of
from strategies._dca_refusals import account_warnings, refusals_of, warnings_of
from strategies._dca_steps import funds_of, orders_of, steps_of
from strategies._margin import liquidation_fact, margin_facts, nearest, unlike_the_market


def plan_of(dca, start):
    """Return the plan of a prepared strategy."""
    refusals = [Refusal("not_yet_supported", sentence) for sentence in unsupported(dca, start)]
    for market in start.markets:
        refusals += unlike_the_market(dca, market, answers(dca, market))
    if refusals:
        return Plan(refusals=refusals)
    if dca.kind == "schedule":
        return _of_schedule(dca, start)
    plans = [_of_pair(dca, start, m) for m in range(len(start.markets)) if not math.isnan(start.prices[m])]
    return Plan(
        facts=[fact for plan in plans for fact in plan.facts],
        tables=[table for plan in plans for table in plan.tables],
        levels=plans[0].levels if len(start.markets) == 1 and plans else (),
        refusals=[refusal for plan in plans for refusal in plan.refusals],
        warnings=[*(warning for plan in plans for warning in plan.warnings), *account_warnings(dca, start)],
    )


def _of_pair(dca, start, m):
    market = start.markets[m]
    steps = steps_of(dca, start, m)
    last, of = steps[-1], "" if len(start.markets) == 1 else f"{market.symbol}: "
    dearest = last.cost * max(market.maker_fee_rate, market.taker_fee_rate)
    fill_price = "the last close" if dca.start_order_type == "market" else "its limit"
    facts = [
        Fact(f"{of}Entry", steps[0].price, "price", f"of the base order, {fill_price}; each deal counts from its own"),
        Fact(f"{of}Safety orders", len(steps) - 1, "count", f"{dca.resting_limit} at rest at once"),
        Fact(f"{of}Funds if every safety order fills", last.cost, "quote", "value of all orders of a deal"),
        Fact(f"{of}Fees to enter", last.fees, "quote", f"at most {dearest:.2f}, if every order takes"),
        Fact(f"{of}Average with every order filled", last.average, "price"),
        Fact(f"{of}Break-even then", _break_even(dca, m, last), "price", "after the fees in and out"),
        Fact(f"{of}Target then", last.target, "price", _target_words(dca)),
        *_worst(dca, start, market, last, of),
        *_margin(dca, start, m, steps, of),
    ]
    levels = [
        Level(steps[0].price, "entry", "entry"),
        *(Level(step.price, f"safety order {step.number}", "ladder") for step in steps[1:]),
        Level(steps[0].target, "target of the base order", "target"),
    ]
    if dca.stop_loss_rate is not None and dca.stop_loss_from == "entry":
        levels.append(Level(last.stop, "stop", "stop"))
    return Plan(
        facts=facts,
        tables=[_table(market, steps)],
        levels=levels,
        refusals=list(refusals_of(dca, start, m, steps)),
        warnings=list(warnings_of(dca, market, steps)),
    )


def _margin(dca, start, m, steps, of):
    market, last = start.markets[m], steps[-1]
    if not answers(dca, market):
        return
    yield from margin_facts(market, start.cash, last.cost, funds_of(dca, m, steps, len(steps) - 1), of)
    found = nearest(market, start.cash, dca.sign, [orders_of(dca, m, steps)])
    if found is not None:
        stopped = not math.isnan(last.stop)
        anchor, words = (last.stop, "the stop") if stopped else (last.price, "the last safety order")
        yield liquidation_fact(f"{of}Liquidation, every order filled", market, found, anchor, words)


def _table(market, steps):
    columns = (
        ("order", ""), ("distance", "%"), ("price", "price"), ("size", "base"), ("value", "quote"),
        ("all so far", "base"), ("cost so far", "quote"), ("average", "price"), ("target", "price"), ("stop", "price"),
    )  # fmt: skip
    # fmt: off
    rows = [
        (
            step.name.removeprefix("the "),
            step.away, step.price, step.quantity, step.value, step.held, step.cost, step.average, step.target,
            None if math.isnan(step.stop) else step.stop,
        )
        for step in steps
    ]
    # fmt: on
    return Table(f"Ladder of {market.symbol}", columns, tuple(rows))


def _break_even(dca, m, last):
    if last.held == 0.0:
        return None
    return float(target_of(dca.sign, last.cost, last.fees_in_quote, last.held, 0.0, True, dca.exit_fee[m]))


def _target_words(dca):
    net = "net of fees" if dca.take_profit_net else "before fees"
    how = {"limit": "a resting limit", "market": "at market once touched"}[dca.take_profit_order]
    if dca.trailing_take_profit_rate:
        how = f"at market after a fall back of {dca.trailing_take_profit_rate:.4%} from the best"
    return f"{dca.take_profit_rate:.4%} from {dca.take_profit_from}, {net}; {how}"


def _worst(dca, start, market, last, of):
    """Yield what the whole ladder has lost at its end, and where it is left."""
    at_end = dca.sign * (last.price * last.held - last.cost) - last.fees_in_quote
    yield Fact(f"{of}At the last safety order", at_end, "quote", f"floating, fees paid; price {last.price:.10g}")
    if math.isnan(last.stop):
        if answers(dca, market) and market.margin_mode == "isolated":
            lost, words = (
                -last.cost / market.leverage - last.fees_in_quote,
                "no stop: its margin, once it is liquidated",
            )
        elif answers(dca, market) and market.leverage > 1.0:
            lost, words = -start.cash, "no stop: cross margin answers with all of the account"
        elif dca.sign > 0:
            lost, words = -last.cost - last.fees_in_quote, "no stop: all that was put in, if the price goes to zero"
        else:
            lost, words = None, "no stop: without limit, if the price keeps rising"
        yield Fact(f"{of}Worst case", lost, "quote", words)
        return
    at_stop = dca.sign * (last.stop * last.held - last.cost) - last.fees_in_quote
    at_stop -= last.stop * last.held * market.taker_fee_rate
    words = f"every order filled, all fees; price {last.stop:.10g}, no gap"
    yield Fact(f"{of}Worst case at the stop", at_stop, "quote", words)


def _of_schedule(dca, start):
    market = start.market
    each = {QUOTE: dca.base_size, BASE: dca.base_size * start.price, RATE: dca.base_size * start.cash}[dca.unit]
    each *= 1.0 + dca.quote_fee[0] if dca.unit == BASE else 1.0
    limits = [dca.budget_quote, None if dca.max_purchases is None else dca.max_purchases * each]
    total = min((one for one in limits if one is not None), default=None)
    words = {QUOTE: "fees within", BASE: "at the price now, fees within", RATE: "of the free quote now"}[dca.unit]
    until = "" if total is not None else "until end_at, as long as funds last"
    facts = [
        Fact("Schedule", str(dca.schedule), "", "a purchase is made at the open that follows"),
        Fact("One purchase", each, "quote", words),
        Fact("Budget", dca.budget_quote, "quote", "the last purchase is cut to it"),
        Fact("Purchases at most", dca.max_purchases, "count", "over all pairs" if len(start.markets) > 1 else ""),
        Fact("Funds for all of them", total, "quote", until),
        Fact("Worst case", None if total is None else -total, "quote", "no stop: all that was put in"),
    ]
    refusals = list(_too_small(dca, start, each))
    needed = each if total is None else total
    if dca.unit != RATE and needed > start.cash * (1.0 + 1e-9):
        refusals.append(
            Refusal(
                "insufficient_funds",
                f"the purchases take {needed:.2f} {market.quote}, the account has {start.cash:.2f}",
            )
        )
    return Plan(facts=facts, refusals=refusals)


def _too_small(dca, start, each):
    for m, market in enumerate(start.markets):
        value = each / (1.0 + dca.quote_fee[m])
        least = max(dca.least_quote[m], 0.0 if math.isnan(start.prices[m]) else dca.least_base[m] * start.prices[m])
        if value < least * (1.0 - 1e-9):
            yield Refusal(
                "below_min_notional",
                f"{market.symbol}: a purchase of {value:.2f} {market.quote} is below the market's minimum of "
                f"{least:.2f} {market.quote}",
            )
            return
