"""The USD-M floor: contracts on margin, and what accounts hold of them. Must not know HTTP or signatures."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from engine.venues.sandbox.asking import Asked
from engine.venues.sandbox.decimals import UNIT, ZERO, nearest
from engine.venues.sandbox.floor import Floor, Settings
from engine.venues.sandbox.matching.ledger import Ledger
from engine.venues.sandbox.matching.order import Order
from engine.venues.sandbox.matching.pit import Pit
from engine.venues.sandbox.matching.tape import Tape
from engine.venues.sandbox.refusal import RefusalError, unknown_on_cancel, unknown_on_query
from engine.venues.sandbox.usdm.accounts import Account
from engine.venues.sandbox.usdm.algo import AlgoOrder, Algos
from engine.venues.sandbox.usdm.audit import audit
from engine.venues.sandbox.usdm.changing import Choices
from engine.venues.sandbox.usdm.contract import Contract
from engine.venues.sandbox.usdm.filling import UsdmFilling
from engine.venues.sandbox.usdm.funding import Funding
from engine.venues.sandbox.usdm.liquidating import Liquidations
from engine.venues.sandbox.usdm.listen_keys import ListenKeys
from engine.venues.sandbox.usdm.margin import Margins
from engine.venues.sandbox.usdm.order import UsdmOrder
from engine.venues.sandbox.usdm.placing import check_filters, check_trigger, names, read_algo, read_order
from engine.venues.sandbox.usdm.refusals import no
from engine.venues.sandbox.usdm.telling import open_positions, told

FINE = 30  # steps of a candle, where positions in several markets answer with one wallet


class UsdmFloor(Floor):
    """Trade contracts on margin."""

    name = "usdm"
    filling: UsdmFilling

    def __init__(self, markets: Iterable[tuple[Contract, Tape]], start_ms: int, settings: Settings) -> None:
        traded = list(markets)
        filling = UsdmFilling(Ledger(), {})
        super().__init__(traded, start_ms, settings, filling)
        filling.pits.update(self.pits)
        self.algos = Algos(filling, self.register)
        self.listening = ListenKeys(settings.seed)
        self.choices = Choices(filling, self.algos)
        self.funding = Funding(filling, start_ms)
        watch = Liquidations(filling, self.register, self.algos, self.funding)
        for pit in self.pits.values():
            pit.watch = watch

    @property
    def contracts(self) -> dict[str, Contract]:
        """Return what is traded, by symbol, as it is now."""
        return {symbol: self.margins.contract(symbol) for symbol in self.pits}

    @property
    def restless(self) -> bool:
        """Return whether it may matter in how many steps time goes on, though nothing seems to come of it."""
        return super().restless or any(self.algos.open.values()) or self._together()

    @property
    def margins(self) -> Margins:
        """Return what looks at margin."""
        return self.filling.margins

    def advance(self, until_ms: int) -> None:
        """Let all markets go on; side by side in finer steps where one wallet answers for several."""
        while True:
            goal_ms = until_ms
            if self._together():
                fine_ms = max(1, min(pit.tape.step_ms for pit in self.pits.values()) // FINE)
                goal_ms = min(until_ms, (self.now_ms // fine_ms + 1) * fine_ms)
            for pit in self.pits.values():
                pit.advance(goal_ms)
            self.now_ms = max(self.now_ms, goal_ms)
            if goal_ms >= until_ms:
                return

    def _together(self) -> bool:
        if len(self.pits) < 2:
            return False
        for account in self.filling.accounts.values():
            symbols = {one.contract.symbol for one in account.held()}
            if len([symbol for symbol in symbols if not account.settings[symbol].isolated]) > 1:
                return True
        return False

    def account(self, name: str) -> Account:
        """Return an account's positions and settings."""
        return self.filling.account(name)

    def deposit(self, account: str, asset: str, amount: Decimal) -> None:
        """Bring money in from outside."""
        self._deposits += 1
        own = self.account(account)
        own.updated_ms = self.now_ms
        posting = self.filling.incomes.post(account, "", asset, amount, "deposit", self._deposits, self.now_ms)
        if posting is not None:
            for one in self.brought:
                one(posting)
        self.filling.tell_change(account, "DEPOSIT", "", self.now_ms)

    def withdrawable(self, account: str, asset: str) -> Decimal:
        """Return how much of an asset may leave: what no position and no order needs, and no profit on paper."""
        own = self.account(account)
        return max(ZERO, min(self.margins.available(own, asset), self.margins.cross_wallet(own, asset)))

    def withdraw(self, account: str, asset: str, amount: Decimal) -> int:
        """Let money that may leave go outside, and return the movement's number."""
        self._deposits += 1
        self.account(account).updated_ms = self.now_ms
        self.filling.incomes.post(account, "", asset, -amount, "withdrawal", self._deposits, self.now_ms)
        self.filling.tell_change(account, "WITHDRAW", "", self.now_ms)
        return self._deposits

    def place(self, account: str, asked: Asked) -> UsdmOrder:
        """Accept an order, let it meet the market, and return it; RefusalError: it never was."""
        order = self.checked(account, asked)
        order.id = order.age = self.algos.next_id()
        if not asked.has("newClientOrderId"):
            order.client_id = f"auto{order.id}"
        self.filling.claim(order, order.price)
        self.enter(order)
        return order

    def checked(self, account: str, asked: Asked) -> UsdmOrder:
        """Return the order that is asked for; nothing is changed, and its id is none yet."""
        pit = self.pit(asked.text("symbol"))
        own, of = self.account(account), self.margins.contract(pit.instrument.symbol)
        order = read_order(asked, of, account, own.hedge, 0, self.now_ms)
        if pit.is_closed:
            raise no("closed")
        check_filters(order, pit.mark)
        if len(self.filling.open[account, of.symbol]) >= of.max_orders and order.type == "LIMIT":
            raise no("many")
        if asked.has("newClientOrderId") and self.register.is_taken(order):
            raise no("duplicate")
        self.check_margin(own, order, pit)
        self.check_force(order, pit)
        return order

    def check_margin(self, own: Account, order: UsdmOrder, pit: Pit) -> None:
        """Refuse what has nothing to reduce, what the leverage does not grant, or what margin does not cover."""
        of = order.contract
        if order.reduces:
            if own.closable(order) == ZERO:
                raise no("no position")
            return
        price = order.price or of.taker_price(pit.price, order.side)
        most = of.largest_notional(own.settings[of.symbol].leverage)
        if most is not None and self._exposure(own, order, price, pit.mark) > most:
            raise no("too large")
        if self.margins.lacks(own, order, price):
            raise no("margin")

    def check_force(self, order: UsdmOrder, pit: Pit) -> None:
        """Refuse a maker's order that would take, and one for all or nothing that would not fill whole."""
        takes = order.has_limit and pit.takes(order)
        if order.time_in_force == "GTX" and takes:
            raise no("would take")
        if order.time_in_force == "FOK" and not (takes and pit.volume_left >= order.left):
            raise no("not whole")

    def _exposure(self, own: Account, order: UsdmOrder, price: Decimal, mark: Decimal) -> Decimal:
        key = order.contract.symbol, order.position_side
        position, claims = own.position(order.contract, order.position_side), own.claims[key]
        value = claims.buy_value if order.side > 0 else claims.sell_value
        return abs(position.quantity * mark * order.side + value + order.left * price)

    def place_algo(self, account: str, asked: Asked) -> AlgoOrder:
        """Accept an algo order and let it wait; RefusalError: it never was."""
        pit = self.pit(asked.text("symbol"))
        own, of = self.account(account), self.margins.contract(pit.instrument.symbol)
        algo = read_algo(asked, of, account, own.hedge, self.algos.last_id + 1, self.now_ms)
        if pit.is_closed:
            raise no("closed")
        check_filters(algo.order, pit.mark)
        if len(self.algos.open[account, of.symbol]) >= of.max_algo_orders:
            raise no("many stops")
        if self.algos.is_taken(account, algo.client_id):
            raise no("duplicate")
        check_trigger(algo.order, pit.price)
        self.algos.next_id()
        self.algos.add(algo)
        return algo

    def find_algo(self, account: str, asked: Asked, query: bool) -> AlgoOrder:
        """Return the algo order of the venue's or the client's id; RefusalError -2013 on query, -2011 on cancel."""
        id_, client_id = names(asked)
        algo = self.algos.named.get((account, client_id)) if id_ is None else self.algos.all.get(id_)
        if algo is None or algo.order.account != account or not (query or algo.is_open):
            raise unknown_on_query() if query else unknown_on_cancel()
        return algo

    def modify(self, order: UsdmOrder, quantity: Decimal, price: Decimal) -> None:
        """Give an open limit order another quantity and price; RefusalError: it stands as it was."""
        if order.type != "LIMIT":
            raise no("only limit")
        if (quantity, price) == (order.quantity, order.price):
            raise no("no change")
        pit, own = self.pits[order.instrument.symbol], self.account(order.account)
        was = order.quantity, order.price
        self.filling.claim_nothing(order)
        order.quantity, order.price = quantity, price
        try:
            check_filters(order, pit.mark)
            if order.left > ZERO:
                self.check_margin(own, order, pit)
                self.check_force(order, pit)
        except RefusalError:
            order.quantity, order.price = was
            self.filling.claim(order, order.price)
            raise
        pit.book.drop(order)
        if order.left <= ZERO:
            order.quantity, order.price = was
            self.filling.end(order, "CANCELED", self.now_ms)
            return
        order.age, order.updated_ms, order.earlier = self.algos.next_id(), self.now_ms, len(order.fills)
        self.filling.claim(order, order.price)
        self.filling.tell(order, "AMENDMENT")
        pit.arrive(order)

    def close(self, symbol: str) -> None:
        """End a market's trading for good; positions stay as they are, at the last price."""
        super().close(symbol)
        for account, named in list(self.algos.open):
            if named == symbol:
                self.algos.end_all(account, symbol, self.now_ms, "EXPIRED")

    def owned(self, account: str) -> set[str]:
        """Return the assets that margin is in, or that are owned."""
        assets = {contract.margin_asset for contract in self.contracts.values()}
        return assets | {asset for asset, amount in self.ledger.balances[account].items() if amount != ZERO}

    def free(self, account: str, asset: str) -> Decimal:
        """Return what of a wallet new orders may claim."""
        return max(ZERO, nearest(self.margins.available(self.account(account), asset), UNIT))

    def waiting(self, account: str) -> list[tuple[int, str, Order]]:
        """Return the algo orders that wait, with their ids and client ids."""
        books = [book for (name, _), book in self.algos.open.items() if name == account]
        return [(one.id, one.client_id, one.order) for book in books for one in book.values()]

    def positions(self, account: str) -> list[dict[str, Any]]:
        """Return what is held: symbol and side; quantity, entry, floating, liquidation as text."""
        return open_positions(self.margins, self.account(account))

    def told(self, account: str) -> dict[str, Any]:
        """Return wallets, positions, orders, algo orders, fills and income of an account, as JSON."""
        return told(self.filling, self.algos, self.orders, sorted(self.owned(account)), account)

    def audit(self, accounts: Iterable[str]) -> list[str]:
        """Return one sentence for each wallet, position, order or fill that does not add up."""
        return audit(self.filling, self.algos, self.funding, self.orders, list(accounts))
