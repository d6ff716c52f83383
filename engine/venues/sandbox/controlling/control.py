"""The control endpoint, /sandbox/...: what a test or a person does to the exchange from outside its dialect.

Owns these requests. ConfigError: one cannot be obeyed. Must not know sockets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.errors import ConfigError, did_you_mean
from engine.venues.sandbox.clock import Clock
from engine.venues.sandbox.controlling.deeds import DEEDS
from engine.venues.sandbox.controlling.faults import KEYS, Faults
from engine.venues.sandbox.controlling.truth import truth
from engine.venues.sandbox.decimals import UNIT, ZERO
from engine.venues.sandbox.exchange import Exchange
from engine.venues.sandbox.keys import PERMISSIONS
from engine.venues.sandbox.limits import DAY_MS, Limits, Window
from engine.venues.sandbox.matching.ledger import PARTIES
from engine.venues.sandbox.signing import is_public_key

Body = dict[str, Any]
FIELDS = {  # what a body may say, by path; faults have a table of their own
    "/sandbox/step": ("candles", "ms"),
    "/sandbox/clock": ("skew_ms",),
    "/sandbox/accounts": ("name", "balances", "floor", "key"),
    "/sandbox/keys": ("account", "permissions", "public_pem", "delay_ms", "life_ms", "ip_restricted"),
    "/sandbox/keys/revoke": ("key",),
    "/sandbox/limits": ("floor", "weight_1m", "orders_10s", "orders_1m", "orders_1d", "raw_5m"),
}
MOST_CANDLES = 20_000  # nobody is answered during a step
MOST = Decimal(10**15)


class Control:
    """Obey the requests of the control endpoint."""

    def __init__(self, exchange: Exchange, clock: Clock, limits: Mapping[str, Limits], faults: Faults) -> None:
        self.exchange, self.clock, self.limits, self.faults = exchange, clock, limits, faults
        faults.attach(exchange)
        self.routes: dict[tuple[str, str], Callable[[Body], Any]] = {
            ("GET", "/sandbox/truth"): lambda _: truth(exchange),
            ("GET", "/sandbox/clock"): lambda _: self._times(),
            ("POST", "/sandbox/step"): self._step,
            ("POST", "/sandbox/clock"): self._skew,
            ("POST", "/sandbox/accounts"): self._account,
            ("POST", "/sandbox/keys"): self._key,
            ("POST", "/sandbox/keys/revoke"): self._revoke,
            ("POST", "/sandbox/limits"): self._limits,
            ("POST", "/sandbox/faults"): self._fault,
            ("GET", "/sandbox/faults"): lambda _: faults.told(),
            ("DELETE", "/sandbox/faults"): lambda body: faults.remove(body),
        }

        self.questions: dict[str, Callable[[Mapping[str, str]], Any]] = {}  # by path; with the query's parameters

    def obey(self, method: str, path: str, body: Body) -> Any:
        """Return a request's answer."""
        if (method, path) not in self.routes:
            methods = sorted(one for one, known in self.routes if known == path)
            near = did_you_mean(path, {one for _, one in self.routes})
            raise ConfigError(f"no {method} {path} here{f'; it takes {methods[0]}' if methods else near}")
        for name in body if path in FIELDS else ():
            if name not in FIELDS[path]:
                hint = did_you_mean(name, FIELDS[path])
                raise ConfigError(f'{path.removeprefix("/sandbox/")}: unknown "{name}"{hint}')
        return self.routes[method, path](body)

    def _fault(self, body: Body) -> Body:
        if body.get("fault") in DEEDS:
            told = DEEDS[body["fault"]](self.exchange, body)
            self.faults.met[body["fault"]] += 1
            return {"set": body["fault"], **told}
        name = str(body.get("fault"))
        if name not in KEYS:
            raise ConfigError(f'fault: unknown "{name}"{did_you_mean(name, [*KEYS, *DEEDS])}')
        rule = self.faults.set(body)
        return {"set": rule.fault, "id": rule.id}

    def _times(self) -> Body:
        return {"market_ms": self.exchange.now_ms, "wall_ms": self.clock.now_ms, "speed": self.clock.speed}

    def _step(self, body: Body) -> Body:
        step_ms = self.exchange.step_ms
        if "ms" in body and "candles" in body:
            raise ConfigError("step: expected candles or ms, was both")
        by_ms = _whole(body, "ms", 0) or _whole(body, "candles", 1) * step_ms
        if by_ms > MOST_CANDLES * step_ms:
            raise ConfigError(f"step: expected at most {MOST_CANDLES:,} candles at once, was {by_ms // step_ms:,}")
        self.clock.step(by_ms)
        self.exchange.advance(self.clock.market_ms)
        return self._times()

    def _skew(self, body: Body) -> Body:
        self.clock.skew_ms = _whole(body, "skew_ms", 0, least=-(10**13))
        return self._times()

    def _account(self, body: Body) -> Body:
        name, balances = body.get("name"), body.get("balances", {})
        if not isinstance(name, str) or not name or name in PARTIES:
            raise ConfigError(f"name: expected an account's name, was {name!r}")
        if not isinstance(balances, dict):
            raise ConfigError('balances: expected amounts by asset such as {"USDT": "1000"}')
        amounts = {str(asset): _amount(asset, value) for asset, value in balances.items()}
        self.exchange.open_account(name, amounts, _floor(body, self.exchange))
        return {"account": name} if not body.get("key", True) else self._key({"account": name})

    def _key(self, body: Body) -> Body:
        account, pem = body.get("account"), body.get("public_pem", "")
        permissions = body.get("permissions", ["read", "trade"])
        if not isinstance(account, str) or account not in self.exchange.accounts:
            raise ConfigError(f"account: there is none called {account!r}")
        if not isinstance(permissions, list) or not set(permissions) <= set(PERMISSIONS):
            raise ConfigError(f"permissions: expected some of {', '.join(PERMISSIONS)}, was {permissions!r}")
        if pem and (not isinstance(pem, str) or not is_public_key(pem)):
            raise ConfigError("public_pem: expected a public Ed25519 key in PEM")
        life_ms = _whole(body, "life_ms", 0) or None
        key = self.exchange.ring.make(
            str(account), self.clock.now_ms, _whole(body, "delay_ms", 0), life_ms,
            public_pem=pem, permissions=tuple(permissions), ip_restricted=bool(body.get("ip_restricted", False)),
        )  # fmt: skip
        return key.told(secrets=True)

    def _revoke(self, body: Body) -> Body:
        key = self.exchange.ring.keys.get(str(body.get("key")))
        if key is None:
            raise ConfigError(f"key: there is none {body.get('key')!r}")
        key.revoked = True
        return key.told()

    def _limits(self, body: Body) -> Body:
        limits = self.limits[_floor(body, self.exchange)]
        limits.weight_limit = _whole(body, "weight_1m", limits.weight_limit, least=1)
        limits.orders_10s = _whole(body, "orders_10s", limits.orders_10s, least=1)
        longer = "orders_1d" if limits.longer_ms == DAY_MS else "orders_1m"
        limits.orders_longer = _whole(body, longer, limits.orders_longer, least=1)
        if limits.raw_limit:
            limits.raw_limit = _whole(body, "raw_5m", limits.raw_limit, least=1)
        limits.weight = Window(limits.weight.length_ms, limits.weight_limit)
        limits.raw = Window(limits.raw.length_ms, limits.raw_limit)
        limits.orders, limits.excess, limits.banned_until_ms = {}, 0, 0
        return {"rateLimits": limits.told()}


def _floor(body: Body, exchange: Exchange) -> str:
    name = body.get("floor", next(iter(exchange.floors)))
    if name not in exchange.floors:
        raise ConfigError(f"floor: expected one of {', '.join(exchange.floors)}, was {name!r}")
    return str(name)


def _whole(body: Body, name: str, default: int, least: int = 0) -> int:
    value = body.get(name, default)
    if type(value) is not int or value < least:
        raise ConfigError(f"{name}: expected a whole number from {least}, was {value!r}")
    return value


def _amount(asset: str, value: Any) -> Decimal:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not ZERO <= amount <= MOST or amount % UNIT:
        raise ConfigError(f"balances {asset}: expected an amount in units of {UNIT:f}, at most {MOST}, was {value!r}")
    return amount
