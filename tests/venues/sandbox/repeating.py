"""Inputs of all kinds for an exchange that keeps them, straight into its intake; seeded, and without a socket."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from random import Random
from typing import Any

from engine.venues.sandbox import Server
from engine.venues.sandbox.controlling.faults import KEYS
from engine.venues.sandbox.keys import Key
from engine.venues.sandbox.opening import ACCOUNT, Opening
from engine.venues.sandbox.wire.intake import Outcome

MARKETS = ("simulated:BTC/USDT", "simulated:BTC/USDT:USDT", "simulated:ETH/USDT:USDT")
STEPPED = Opening(scenario="short_squeeze", seed=3, since="2024-03-01", cash=100_000.0, participation=0.02)


def signed(server: Server, key: Key, method: str, path: str, **asked: Any) -> Outcome:
    """Send one signed request."""
    query = "&".join(f"{name}={value}" for name, value in asked.items()) + f"&timestamp={server.clock.now_ms}"
    query += "&signature=" + hmac.new(key.secret.encode(), query.encode(), hashlib.sha256).hexdigest()
    return server.intake.take(method, path, query, "", key.id)


def control(server: Server, method: str, path: str, /, **body: Any) -> Any:
    """Send one request to the control endpoint, which obeys it."""
    found = server.intake.take(method, f"/sandbox/{path}", "", json.dumps(body))
    assert found.status == 200, found.told
    return found.told


def first_key(server: Server) -> Key:
    """Return the key that the exchange opened with."""
    return next(iter(server.exchange.ring.keys.values()))


class Player:
    """Do one thing after another, each drawn by the seed. limits: also low ones, which the wall clock has a say in."""

    def __init__(self, server: Server, random: Random, limits: bool = True) -> None:
        self.server, self.random, self._low = server, random, limits
        self.margin = 1_000.0  # quote; what an order for a contract is measured by

    def act(self) -> None:
        """Do the next thing: an order mostly, else a question, a step, a fault, a key, an account, a skew."""
        kinds = (
            "order",
            "ask",
            "cancel",
            "step",
            "fault",
            "key",
            "revoke",
            "account",
            "skew",
            "calm",
            "limits",
            "deed",
        )
        kind = self.random.choices(kinds, (50, 12, 10, 14, 6, 2, 1, 1, 1, 1, 1, 4))[0]
        if kind == "order" and "usdm" in self.server.exchange.floors and self.random.random() < 0.6:
            kind = "contract"
        getattr(self, f"_{kind}")()

    def _key_of_account(self) -> Key:
        return self.random.choice([one for one in self.server.exchange.ring.keys.values() if not one.public_pem])

    def _order(self) -> None:
        random, price = self.random, float(self.server.exchange.spot.pits["BTCUSDT"].price)
        type_ = random.choice(("MARKET", "LIMIT", "LIMIT", "LIMIT_MAKER", "STOP_LOSS", "TAKE_PROFIT"))
        asked: dict[str, Any] = {"symbol": "BTCUSDT", "side": random.choice(("BUY", "SELL")), "type": type_}
        asked |= {
            "quantity": f"{random.choice((0.001, 0.02, 0.6)):.5f}",
            "newClientOrderId": f"n{random.randint(1, 99)}",
        }
        near = f"{price * (1 + random.uniform(-0.003, 0.003)):.2f}"
        if "LIMIT" in type_:
            asked |= {"price": near} | ({"timeInForce": "GTC"} if type_ == "LIMIT" else {})
        if type_.startswith(("STOP", "TAKE")):
            asked |= {"stopPrice": near} if random.random() < 0.6 else {"trailingDelta": "20"}
        signed(self.server, self._key_of_account(), "POST", "/api/v3/order", **asked)

    def _contract(self) -> None:
        random, symbol = self.random, self.random.choice(("BTCUSDT", "ETHUSDT"))
        asked: dict[str, Any] = {"symbol": symbol}
        key, drawn = first_key(self.server), random.random()
        if drawn < 0.2:
            signed(self.server, key, "POST", "/fapi/v1/leverage", leverage=random.choice((20, 100, 100)), **asked)
            return
        price = float(self.server.exchange.usdm.pits[symbol].price)
        near = f"{price * (1 + random.uniform(-0.003, 0.003)):.1f}"
        asked |= {"side": random.choice(("BUY", "SELL"))}
        asked["quantity"] = f"{random.uniform(0.2, 1.5) * self.margin * 60 / price:.3f}"
        if drawn < 0.4:
            waits = {"algoType": "CONDITIONAL", "type": random.choice(("STOP_MARKET", "TAKE_PROFIT_MARKET"))}
            signed(self.server, key, "POST", "/fapi/v1/algoOrder", triggerPrice=near, **waits, **asked)
        elif drawn < 0.7:
            signed(self.server, key, "POST", "/fapi/v1/order", type="LIMIT", timeInForce="GTC", price=near, **asked)
        else:
            signed(self.server, key, "POST", "/fapi/v1/order", type="MARKET", **asked)

    def tick(self, count: int) -> None:
        """Let time go on in small steps, as the clock of an exchange that runs does it."""
        for _ in range(count):
            self.server.clock.step(self.random.randint(1, 4_000))
            self.server.intake.take()

    def _ask(self) -> None:
        path = self.random.choice(("openOrders", "account", "myTrades"))
        signed(self.server, self._key_of_account(), "GET", f"/api/v3/{path}", symbol="BTCUSDT")

    def _cancel(self) -> None:
        mine = self.server.exchange.spot.open_orders(ACCOUNT, "BTCUSDT")
        which = {"orderId": self.random.choice(mine).id} if mine else {}
        path = "order" if mine else "openOrders"
        signed(self.server, first_key(self.server), "DELETE", f"/api/v3/{path}", symbol="BTCUSDT", **which)

    def _step(self) -> None:
        longest = 3_600_000 if "usdm" in self.server.exchange.floors else 90_000  # funding is due every eight hours
        control(self.server, "POST", "step", ms=self.random.randint(1, longest))

    def _fault(self) -> None:
        fault, chance = self.random.choice(sorted(KEYS)), self.random.choice((1.0, 0.5))
        fields = {"method": "POST", "delay_ms": 20_000, "for_ms": 20_000, "share": 0.3}
        fitting = {name: value for name, value in fields.items() if name in KEYS[fault]}
        control(self.server, "POST", "faults", fault=fault, chance=chance, times=2, **fitting)

    def _deed(self) -> None:
        deed = self.random.choice(("filters_changed", "foreign_order", "foreign_order"))
        order = {"side": self.random.choice(("BUY", "SELL")), "type": "MARKET", "quantity": "0.01"}
        fields = (
            order if deed == "foreign_order" else {"lot": self.random.choice(("0.00001", "0.001")), "delay_ms": 50_000}
        )
        self.server.intake.take(
            "POST", "/sandbox/faults", "", json.dumps({"fault": deed, "symbol": "BTCUSDT", **fields})
        )

    def _calm(self) -> None:
        control(self.server, "DELETE", "faults")

    def _key(self) -> None:
        control(self.server, "POST", "keys", account=ACCOUNT, life_ms=10**9, permissions=["read", "trade"])

    def _revoke(self) -> None:
        control(self.server, "POST", "keys/revoke", key=list(self.server.exchange.ring.keys)[-1])

    def _account(self) -> None:
        control(self.server, "POST", "accounts", name=f"a{self.random.randint(1, 3)}", balances={"USDT": "5000"})

    def _skew(self) -> None:
        control(self.server, "POST", "clock", skew_ms=self.random.randint(-5_000, 5_000))

    def _limits(self) -> None:
        orders = self.random.choice((5, 100)) if self._low else 100_000
        control(self.server, "POST", "limits", weight_1m=3_000, orders_10s=orders)


def sizes(path: Path) -> list[int]:
    """Return where each line of a journal ends, bytes."""
    ends, at = [], 0
    for line in path.read_bytes().splitlines(keepends=True):
        at += len(line)
        ends.append(at)
    return ends
