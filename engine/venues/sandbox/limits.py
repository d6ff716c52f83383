"""Request weights and order counts, as the venue counts them. Owns windows and bans; times are the wall clock's, ms."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.venues.sandbox.refusal import RefusalError

MINUTE_MS, TEN_SECONDS_MS, DAY_MS, RAW_MS = 60_000, 10_000, 86_400_000, 300_000
PATIENCE = 5  # requests after a 429 that are answered with another one; then comes the ban
BAN_MS = 120_000


@dataclass(slots=True)
class Window:
    """Count within fixed stretches of time."""

    length_ms: int
    limit: int
    start: int = 0
    used: int = 0

    def at(self, now_ms: int) -> int:
        """Return what the current stretch has used."""
        if now_ms // self.length_ms != self.start:
            self.start, self.used = now_ms // self.length_ms, 0
        return self.used

    def wait_s(self, now_ms: int) -> int:
        """Return whole seconds until the next stretch, at least 1."""
        return max(1, -(-((now_ms // self.length_ms + 1) * self.length_ms - now_ms) // 1000))


@dataclass(slots=True)
class Limits:
    """Hold an address's weight, and each account's orders: those of ten seconds, and of a day or a minute."""

    weight_limit: int = 6_000
    orders_10s: int = 100
    orders_longer: int = 200_000
    longer_ms: int = DAY_MS
    raw_limit: int = 61_000  # requests of whatever weight in five minutes; 0: any number
    weight: Window = field(init=False)
    raw: Window = field(init=False)
    orders: dict[str, tuple[Window, Window]] = field(default_factory=dict)
    excess: int = 0
    banned_until_ms: int = 0

    def __post_init__(self) -> None:
        self.weight, self.raw = Window(MINUTE_MS, self.weight_limit), Window(RAW_MS, self.raw_limit)

    def weigh(self, weight: int, now_ms: int) -> int:
        """Count a request and return the minute's weight; RefusalError: 429, and 418 for who does not listen."""
        if now_ms < self.banned_until_ms:
            raise self._ban(now_ms)
        if self.weight.at(now_ms) == 0:
            self.excess = 0
        if self.weight.used + weight > self.weight_limit:
            said = f"Too much request weight used; current limit is {self.weight_limit} request weight per 1 MINUTE."
            raise self._too_much(said, self.weight, now_ms)
        if self.raw_limit and self.raw.at(now_ms) >= self.raw_limit:
            said = f"Too many requests; current limit is {self.raw_limit} raw requests per 5 MINUTES."
            raise self._too_much(said, self.raw, now_ms)
        self.weight.used += weight
        self.raw.used += 1
        return self.weight.used

    def _too_much(self, said: str, window: Window, now_ms: int) -> RefusalError:
        self.excess += 1
        if self.excess > PATIENCE:
            self.banned_until_ms = now_ms + BAN_MS
            return self._ban(now_ms)
        return RefusalError(-1003, said, 429, {"Retry-After": str(window.wait_s(now_ms))})

    def _ban(self, now_ms: int) -> RefusalError:
        said = f"Way too much request weight used; IP banned until {self.banned_until_ms}."
        wait_s = max(1, -(-(self.banned_until_ms - now_ms) // 1000))
        return RefusalError(-1003, said, 418, {"Retry-After": str(wait_s)})

    def count_order(self, account: str, now_ms: int) -> dict[str, str]:
        """Count an order and return the reply's headers; RefusalError: 429 with -1015."""
        fresh = (Window(TEN_SECONDS_MS, self.orders_10s), Window(self.longer_ms, self.orders_longer))
        windows = self.orders.setdefault(account, fresh)
        longer = f"1 {self._longer}"
        ceilings = (self.orders_10s, self.orders_longer)
        for window, limit, name in zip(windows, ceilings, ("10 SECOND", longer), strict=True):
            if window.at(now_ms) >= limit:
                said = f"Too many new orders; current limit is {limit} orders per {name}."
                raise RefusalError(-1015, said, 429, {"Retry-After": str(window.wait_s(now_ms))})
        for window in windows:
            window.used += 1
        return {
            "X-MBX-ORDER-COUNT-10S": str(windows[0].used),
            f"X-MBX-ORDER-COUNT-1{self._longer[0]}": str(windows[1].used),
        }

    def counted(self, account: str, now_ms: int) -> list[dict[str, object]]:
        """Return an account's order counts with their ceilings."""
        used = [one.at(now_ms) for one in self.orders.get(account, ())] or [0, 0]
        orders = [one for one in self.told() if one["rateLimitType"] == "ORDERS"]
        return [one | {"count": count} for one, count in zip(orders, used, strict=True)]

    @property
    def _longer(self) -> str:
        return "DAY" if self.longer_ms == DAY_MS else "MINUTE"

    @classmethod
    def of_contracts(cls) -> Limits:
        """Return those of the USD-M segment."""
        return cls(2_400, 300, 1_200, MINUTE_MS, raw_limit=0)

    def told(self) -> list[dict[str, object]]:
        """Return the limits as `exchangeInfo` lists them."""
        return [
            {"rateLimitType": kind, "interval": interval, "intervalNum": number, "limit": limit}
            for kind, interval, number, limit in (
                ("REQUEST_WEIGHT", "MINUTE", 1, self.weight_limit),
                ("ORDERS", "SECOND", 10, self.orders_10s),
                ("ORDERS", self._longer, 1, self.orders_longer),
                ("RAW_REQUESTS", "MINUTE", 5, self.raw_limit),
            )
            if limit
        ]
