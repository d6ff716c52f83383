"""A market that nobody looks at goes the same way as one that is looked at all the time."""

from __future__ import annotations

from decimal import Decimal
from random import Random

from engine.candles.simulate import simulate
from engine.venues.sandbox import Exchange, Instrument, Settings
from engine.venues.sandbox.asking import Asked
from engine.venues.sandbox.matching.tape import Tape
from engine.venues.sandbox.refusal import RefusalError

from .trading import market

DAY_MS = 86_400_000
START_MS = 19_724 * DAY_MS


def exchange(path: str) -> Exchange:
    candles = simulate("BTC/USDT", "1m", START_MS - DAY_MS, START_MS + DAY_MS, "short_squeeze", 4)
    instrument = Instrument.of(market(tick=0.01, lot=0.00001, half_spread=0.0001))
    tape = Tape(candles, instrument.tick, instrument.lot, path)
    made = Exchange([(instrument, tape)], START_MS, Settings(1, Decimal("0.01")))
    made.open_account("trader", {"USDT": Decimal(1_000_000), "BTC": Decimal(50)})
    return made


def test_looking_changes_nothing() -> None:
    for seed, path in enumerate(("low_first", "high_first", "nearest")):
        looked, left = exchange(path), exchange(path)
        random, now_ms, entered = Random(seed), START_MS, 0
        for number in range(1_500):
            now_ms += random.choice((1, 250, 7_000, 19_999, 20_000, 40_000, 60_000, 61_000, 300_000))
            steps = sorted(random.randint(looked.now_ms, now_ms) for _ in range(4))
            for until_ms in (*steps, now_ms):
                looked.advance(until_ms)
                assert looked.spot.pits["BTCUSDT"].here.now_ms == until_ms
            left.advance(now_ms)
            if random.random() < 0.1:  # most of the time nothing rests
                side, away = random.choice(("BUY", "SELL")), random.uniform(-0.002, 0.002)
                price = f"{float(looked.spot.pits['BTCUSDT'].price) * (1 + away):.2f}"
                asked = {"symbol": "BTCUSDT", "side": side, "quantity": "0.5", "newClientOrderId": f"n{number}"}
                asked |= random.choice((
                    {"type": "LIMIT", "timeInForce": "GTC", "price": price}, {"type": "MARKET"},
                    {"type": "STOP_LOSS", "stopPrice": price}, {"type": "STOP_LOSS", "trailingDelta": "20"},
                ))  # fmt: skip
                for one in (looked, left):
                    try:
                        one.spot.place("trader", Asked(asked))
                        entered += 1
                    except RefusalError:
                        pass
            if random.random() < 0.05:
                assert looked.spot.pits["BTCUSDT"].here == left.spot.pits["BTCUSDT"].here
            if random.random() < 0.2:
                for one in (looked, left):
                    for order in one.spot.open_orders("trader", "BTCUSDT"):
                        one.spot.cancel(order)
        assert looked.spot.told("trader") == left.spot.told("trader")
        assert entered > 100
        assert len(looked.spot.told("trader")["fills"]) > 20
