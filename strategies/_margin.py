"""Margin in the pre-flight of grids and DCAs: what a side's orders claim, and where the venue would take them over.

Leverage and margin mode are the market's, and stand in [market] only. Every price is Market.liquidation_price, which
asks the core: nothing is computed here a second time.
"""

from engine import Fact, Refusal

NEAREST = 0.05  # default of liquidation_distance_rate


def unlike_the_market(strategy, market, liquidates):
    """Yield a refusal for each margin parameter that says other than the market; liquidates: whether it can at all."""
    for name in ("leverage", "margin_mode"):
        given, held = getattr(strategy, name), getattr(market, name)
        if given is None or given == held:
            continue
        told = f"{given:g}" if name == "leverage" else f'"{given}"'
        cure = f"set {name} = {told} in [market], where it belongs, and remove it here"
        if not liquidates:
            cure = f'{market.symbol}, {market.kind}, is paid for in full: remove it, or set kind = "linear" in [market]'
        yield Refusal("market_differs", f"{name}: expected the market's, {held}, was {given}; {cure}")
    if strategy.liquidation_distance_rate != NEAREST and not liquidates:
        yield Refusal(
            "market_differs",
            f"liquidation_distance_rate: {market.symbol}, {market.kind}, liquidates nothing here; remove it",
        )


def liquidations(market, cash, side, orders):
    """Return (quantity, entry, liquidation price) after each order of a side, (base, price, fee rate) as they fill.

    An isolated position answers with its own margin; a cross one with the account's cash, less the fees paid.
    """
    found = []
    quantity, cost, fees = 0.0, 0.0, 0.0
    for size, price, fee in orders:
        quantity += size
        cost += size * price
        fees += size * price * fee
        wallet = cost / market.leverage if market.margin_mode == "isolated" else cash - fees
        entry = cost / quantity
        found.append((quantity, entry, market.liquidation_price(side, quantity, entry, wallet)))
    return found


def nearest(market, cash, side, ways):
    """Return (quantity, entry, price) of the liquidation that comes first, each way's orders all filled."""
    ends = [liquidations(market, cash, side, orders)[-1] for orders in ways if orders]
    known = [end for end in ends if end[2] is not None]
    return max(known, key=lambda end: side * end[2]) if known else ends[0] if ends else None


def too_near(market, cash, side, orders, stop, edge, rate, of=""):
    """Yield why a side's orders must not stand: taken before the next fills, before the stop, or too soon after it.

    stop: its price, None or NaN: none; then edge counts, the last price at which the strategy still acts. rate: least
    distance of the liquidation beyond it, a fraction.
    """
    found = liquidations(market, cash, side, orders)
    cure = f"lower the leverage of {market.leverage:g} in [market], or narrow the range"
    for number, (_, _, price) in enumerate(found[:-1], 1):
        ahead = orders[number][1]
        if price is not None and side * (price - ahead) >= 0.0:
            yield Refusal(
                "liquidation_too_near",
                f"{of}with {number} of {len(orders)} orders filled the position is liquidated at {price:,.7g}, before "
                f"the next at {ahead:,.7g}; {cure}",
            )
            return
    stopped = stop is not None and stop == stop
    first = max((price for _, _, price in found if price is not None), key=lambda price: side * price, default=None)
    if stopped and first is not None and side * (first - stop) >= 0.0:
        yield Refusal(
            "stop_beyond_liquidation",
            f"{of}the stop at {stop:,.7g} would never be reached: the position is liquidated at {first:,.7g}; {cure}",
        )
        return
    last, anchor = found[-1][2] if found else None, stop if stopped else edge
    limit = anchor * (1.0 - side * rate)
    if last is not None and side * (last - limit) > 0.0:
        yield Refusal(
            "liquidation_too_near",
            f"{of}liquidated at {last:,.7g} with all {len(orders)} orders filled: expected {limit:,.7g} or "
            f"{'below' if side > 0 else 'above'}, {rate:.2%} beyond the {'stop' if stopped else 'edge'} at "
            f"{anchor:,.7g}; {cure}",
        )


def above_the_tier(market, notional, of=""):
    """Yield a refusal where the venue does not grant the leverage for this notional."""
    if market.leverage > 1.0 and notional > market.largest_notional:
        yield Refusal(
            "leverage_too_high",
            f"{of}a notional of {notional:,.2f} {market.quote} at leverage {market.leverage:g}: the venue grants "
            f"that up to {market.largest_notional:,.2f}; lower the leverage in [market], or put in less",
        )


def margin_facts(market, cash, notional, funds, of=""):
    """Return what all orders come to, the margin they take at the market's leverage, and what is left of the cash."""
    return [
        Fact(f"{of}leverage", f"{market.leverage:g}x", "", f"{market.margin_mode} margin, as [market] says"),
        Fact(f"{of}notional, most", notional, "quote", "of what may be held at once"),
        Fact(f"{of}margin for it", notional / market.leverage, "quote", "notional / leverage"),
        Fact(f"{of}margin spare", cash - funds, "quote", "left in the account when all of it and its fees are taken"),
    ]


def liquidation_fact(label, market, found, anchor, words):
    """Return the line of a worst-case liquidation; anchor: the stop or edge it is measured from, called by words."""
    quantity, entry, price = found
    held = f"{quantity:.7g} at {entry:,.7g} on average"
    if price is None:
        return Fact(label, "none", "", f"the margin outlasts every price: {held}")
    return Fact(label, price, "price", f"{abs(price / anchor - 1.0):.2%} beyond {words}: {held}; by mark price")
