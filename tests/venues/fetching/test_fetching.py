"""What is fetched is what the venue has closed, to the candle, whatever comes between; through the real ccxt client."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random

import numpy as np
import pytest

from engine.candles import Store
from engine.errors import ConfigError, DataError
from engine.venues.fetching import open_client

from ..sandbox.trading import MINUTE_MS, START_MS, played
from .venue import MARKET, Venue, same, venue, walk


@played
async def test_closed_candles_are_fetched_over_several_pages_and_the_developing_one_is_not(tmp_path: Path) -> None:
    async with venue(tmp_path, walk(5_000), shown=3_210) as at:
        done = await at.fetch()
        assert (done.added, done.replaced, done.notes) == (3_209, 0, [])
        assert done.requests <= 6
        assert same(at.stored(), at.closed())
        assert at.stored().source.startswith("fetched from practice (20")


@played
async def test_a_fetch_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    async with venue(tmp_path, walk(3_000), shown=1_500) as at:
        await at.fetch()
        await at.at.step(700)
        done = await at.fetch(None)
        assert (done.added, done.requests) == (700, 2)
        assert same(at.stored(), at.closed())
        assert (await at.fetch(None)).added == 0


@played
async def test_a_fetch_from_earlier_on_asks_only_for_what_is_not_there(tmp_path: Path) -> None:
    async with venue(tmp_path, walk(4_000), shown=3_500) as at:
        await at.fetch(START_MS + 2_000 * MINUTE_MS)
        done = await at.fetch(START_MS + 500 * MINUTE_MS, until_ms=START_MS + 3_900 * MINUTE_MS)
        assert done.added == 1_500
        assert same(at.stored(), at.closed(START_MS + 500 * MINUTE_MS))


@played
async def test_a_span_that_ends_earlier_is_fetched_to_its_last_candle(tmp_path: Path) -> None:
    async with venue(tmp_path, walk(3_000), shown=2_500) as at:
        await at.fetch(START_MS + 10 * MINUTE_MS, until_ms=START_MS + 1_250 * MINUTE_MS)
        found = at.stored()
        assert (found.first_ms, found.end_ms) == (START_MS + 10 * MINUTE_MS, START_MS + 1_250 * MINUTE_MS)


# A hole inside a page, at its edge, longer than one, and just before the newest candle.
@pytest.mark.parametrize("holes", [((50, 7),), ((999, 3),), ((100, 2_300),), ((3_196, 12),), ((5, 1), (900, 1_200))])
def test_the_venues_own_holes_are_told_and_nothing_is_invented(
    tmp_path: Path, holes: tuple[tuple[int, int], ...]
) -> None:
    @played
    async def run() -> None:
        async with venue(tmp_path, walk(4_000, holes), shown=3_210) as at:
            done = await at.fetch()
            assert same(at.stored(), at.closed())
            assert done.holes.missing == sum(count for _, count in holes)

    run()


FAULTS = ("reply_lost", "reset", "error_json", "error_html", "empty", "cut", "too_many_requests", "banned")


@pytest.mark.parametrize("fault", FAULTS)
def test_an_answer_that_does_not_come_is_asked_for_again(tmp_path: Path, fault: str) -> None:
    @played
    async def run() -> None:
        async with venue(tmp_path, walk(4_000), shown=3_210) as at:
            await at.at.control("POST", "faults", fault=fault, path="/api/v3/klines", times=3, delay_ms=1)
            await at.fetch()
            assert same(at.stored(), at.closed())
            assert (
                1 <= len(at.waited) <= 3
            )  # where a connection breaks, the client's HTTP library asks once more itself
            assert all(wait >= 1 for wait in at.waited) == (fault in ("too_many_requests", "banned"))

    run()


@played
async def test_the_venues_limits_are_kept_to_by_waiting_as_long_as_it_says(tmp_path: Path) -> None:
    async with venue(tmp_path, walk(4_000), shown=3_900) as at:
        await at.at.control("POST", "limits", weight_1m=4)
        await at.fetch()
        assert same(at.stored(), at.closed())
        assert at.waited
        assert max(at.waited) <= 60.0


@played
async def test_a_venue_that_never_answers_is_one_sentence_and_what_came_before_is_kept(tmp_path: Path) -> None:
    async with venue(tmp_path, walk(4_000), shown=3_210) as at:
        await at.fetch(until_ms=START_MS + 1_000 * MINUTE_MS)
        await at.at.control("POST", "faults", fault="reset", path="/api/v3/klines", times=1_000)
        with pytest.raises(DataError, match=r"practice: no answer after 8 attempts .* it goes on where it stopped"):
            await at.fetch()
        assert len(at.waited) == 7
        assert len(at.stored()) == 1_000


@pytest.mark.parametrize("seed", range(6))
def test_any_interleaving_of_interruptions_and_faults_yields_exactly_the_closed_candles(
    tmp_path: Path, seed: int
) -> None:
    @played
    async def run() -> None:
        random = Random(seed)
        holes = tuple((random.randrange(10, 3_800), random.choice((1, 2, 40, 1_100))) for _ in range(3))
        async with venue(tmp_path, walk(6_000, holes, seed), shown=2_000) as at:
            for fault in ("reset", "error_json", "error_html", "empty", "cut", "too_many_requests"):
                await at.at.control("POST", "faults", fault=fault, path="/api/v3/klines", times=10_000, chance=0.05)
            for _ in range(8):
                await interrupted(at, random)
                await at.at.step(random.randrange(1, 400))
            await at.fetch()
            assert same(at.stored(), at.closed())

    run()


async def interrupted(at: Venue, random: Random) -> None:
    """Begin a fetch of a random span and break it off after some requests; sometimes let it end."""
    since_ms = START_MS + random.randrange(0, 1_500) * MINUTE_MS
    task = asyncio.ensure_future(at.fetch(since_ms))
    for _ in range(random.choice((3, 30, 100, 10_000))):
        await asyncio.sleep(0)
        if task.done():
            break
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        stored = at.store.times(MARKET, "1m")
        assert bool((np.diff(stored) > 0).all())


CANDLE_FAULTS = ("candles_stale", "candles_late", "candles_corrected", "candles_duplicated", "candles_missing")


@pytest.mark.parametrize("seed", range(3))
def test_candles_that_come_late_twice_or_wrong_at_first_end_as_they_are(tmp_path: Path, seed: int) -> None:
    @played
    async def run() -> None:
        random = Random(seed)
        async with venue(tmp_path, walk(2_000, seed=seed), shown=200) as at:
            for fault in CANDLE_FAULTS:
                long = {"delay_ms" if fault in DELAYED else "for_ms": 7 * MINUTE_MS}
                await at.at.control("POST", "faults", fault=fault, times=10_000, chance=0.1, **long)
            replaced = 0
            for _ in range(40):
                replaced += (await at.fetch()).replaced
                await at.at.step(random.randrange(1, 30))
            met = (await at.at.control("GET", "faults"))["met"]
            assert all(met[fault] > 5 for fault in CANDLE_FAULTS)
            assert replaced > 0
            await at.at.control("DELETE", "faults")
            await at.at.step(8)
            await at.fetch()
            assert same(at.stored(), at.closed())

    run()


DELAYED = ("candles_late", "candles_corrected", "candles_missing")


@played
async def test_candles_that_the_venue_corrected_are_told(tmp_path: Path) -> None:
    async with venue(tmp_path, walk(2_000), shown=1_500) as at:
        await at.fetch()
        last = at.stored().columns.take(slice(-1, None))
        wrong = last._replace(high=last.high + 5.0)
        at.store.write(type(at.stored())(*wrong, "1m", "BTC/USDT", "practice", "a test"), replace=True)
        done = await at.fetch(None)
        assert done.notes == ["1 candle differed from the stored; the venue's were kept"]
        assert same(at.stored(), at.closed())


@played
async def test_a_repair_asks_for_the_holes_and_nothing_else(tmp_path: Path) -> None:
    async with venue(tmp_path, walk(4_000), shown=3_210) as at:
        await at.fetch()
        whole = at.stored()
        folder = tmp_path / "practice/BTC-USDT/1m/2024.parquet"
        folder.unlink()
        kept = np.r_[0:100, 150:1_000, 2_400:3_209]
        at.store.write(type(whole)(*whole.columns.take(kept), "1m", "BTC/USDT", "practice", "a test"))
        done = await at.fetch(None, only_holes=True)
        assert done.added == 1_450
        assert same(at.stored(), whole)


@played
async def test_what_a_venue_cannot_give_is_one_sentence(tmp_path: Path) -> None:
    async with venue(tmp_path, walk(200), shown=100) as at:
        with pytest.raises(ConfigError, match='it has no market BTC/USD; did you mean "BTC/USDT"'):
            at.client.market("BTC/USD")
        with pytest.raises(ConfigError, match="expected a timeframe it has"):
            at.client.check_timeframe("7m")
        with pytest.raises(ConfigError, match="--since: needed, for nothing of practice:BTC/USDT 1m is stored yet"):
            await at.fetch(None)
        with at.store.reserved(MARKET, "1m"), pytest.raises(DataError, match="another process is writing candles"):
            await at.fetch()
    with pytest.raises(ConfigError, match='venue: unknown "binanse"; did you mean "binance"'):
        async with open_client("binanse"):
            pass
    assert Store(tmp_path).names() == []
