"""An exchange that keeps its inputs goes on as it was left, wherever the file ends, or it says why it does not."""

from __future__ import annotations

import resource
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from engine.candles import Store
from engine.candles.timeframes import DAY_MS
from engine.errors import ConfigError, DataError
from engine.venues.sandbox import Server
from engine.venues.sandbox.clock import Clock
from engine.venues.sandbox.controlling.truth import audit, truth
from engine.venues.sandbox.keeping.journal import Journal
from engine.venues.sandbox.keeping.keeper import JournalKeeper
from engine.venues.sandbox.keeping.opened import opened
from engine.venues.sandbox.keeping.replaying import replay
from engine.venues.sandbox.keeping.witness import Witness, digest
from engine.venues.sandbox.opening import ACCOUNT, Opening, open_exchange
from engine.venues.sandbox.wire.intake import Intake

from ...candles.making import candles
from .repeating import MARKETS, STEPPED, Player, control, first_key, signed, sizes
from .trading import played

Said = list[str]


def kept(path: Path, opening: Opening = STEPPED, speed: float = 0.0, said: Said | None = None) -> Any:
    return opened(opening, speed, 0, path, ([] if said is None else said).append)


def session(path: Path, seed: int, count: int, opening: Opening = STEPPED) -> dict[int, str]:
    """Play, and return what was held when the file had a size."""
    held = {}
    with kept(path, opening) as server:
        player = Player(server, Random(seed))
        held[path.stat().st_size] = digest(server.exchange)
        for _ in range(count):
            player.act()
            held[path.stat().st_size] = digest(server.exchange)
    return held


@pytest.mark.parametrize("seed", [1, 2])
@played
async def test_any_prefix_of_the_journal_repeats_what_was_held_when_it_ended_there(tmp_path: Path, seed: int) -> None:
    held = session(tmp_path / "whole", seed, 260)
    told, ends, random = (tmp_path / "whole").read_bytes(), sizes(tmp_path / "whole"), Random(seed)
    statuses = set()
    for at in [*sorted(random.sample(range(len(ends) - 2), 20)), len(ends) - 3, len(ends) - 1]:
        for ragged in (0, random.randint(1, 30)):
            part = tmp_path / f"{at} {ragged}"
            part.write_bytes(told[: ends[at] + ragged] if at < len(ends) - 1 else told)
            said: Said = []
            with kept(part, said=said) as server:
                assert digest(server.exchange) == held[ends[min(at, len(ends) - 3)]]
                assert audit(server.exchange) == []
                assert any("only half written" in one for one in said) == (ragged > 0 and at < len(ends) - 1)
                statuses |= {one.status for one in server.exchange.spot.orders.values()}
                assert first_key(server).secret
            with kept(part) as again:  # what was cut off is gone, and it ended properly since
                assert digest(again.exchange) == held[ends[min(at, len(ends) - 3)]]
    assert statuses >= {"NEW", "FILLED"}


MARGINED = replace(STEPPED, markets=MARKETS, cash=2_000.0)


@played
async def test_contracts_are_repeated_with_their_positions_funding_and_liquidations(tmp_path: Path) -> None:
    held, random = session(tmp_path / "whole", 3, 300, MARGINED), Random(3)
    told, ends = (tmp_path / "whole").read_bytes(), sizes(tmp_path / "whole")
    for at in [*sorted(random.sample(range(len(ends) - 2), 6)), len(ends) - 3]:
        part = tmp_path / str(at)
        part.write_bytes(told[: ends[at]])
        with kept(part, MARGINED) as server:
            assert digest(server.exchange) == held[ends[at]]
            assert audit(server.exchange) == []
    assert {one.reason for one in server.exchange.usdm.ledger.postings} >= {"deposit", "fee"}
    assert len(server.exchange.usdm.orders) > 8


@pytest.mark.parametrize(
    ("opening", "seed", "most"), [(STEPPED, 11, 0.2), (MARGINED, 5, 1.0)], ids=["coins", "contracts"]
)
@played
async def test_time_that_nothing_came_of_is_not_written_and_changes_nothing(
    tmp_path: Path, opening: Opening, seed: int, most: float
) -> None:
    path = tmp_path / "j"
    with kept(path, opening) as server:
        player = Player(server, Random(seed), limits=False)
        for _ in range(400):
            player.act()
            player.tick(10)
    assert 10 < sum(line[0] == "time" for line in _lines(path)[1:]) <= most * 4_000
    with kept(path, opening) as server:  # the whole truth is as it was, or it would not start
        assert audit(server.exchange) == []
        reasons = {one.reason for floor in server.exchange.floors.values() for one in floor.ledger.postings}
    assert reasons >= (
        {"trade", "fee"} if opening is STEPPED else {"trade", "fee", "funding", "realised", "liquidation"}
    )


@played
async def test_what_goes_on_afterwards_is_as_if_it_had_never_ended(tmp_path: Path) -> None:
    with kept(tmp_path / "straight") as server:
        player = Player(server, Random(7), limits=False)
        for _ in range(120):
            player.act()
        straight = truth(server.exchange)
    random = Random(7)
    for part in range(4):
        with kept(tmp_path / "parts") as server:
            player = Player(server, random, limits=False)
            for _ in range(30):
                player.act()
            if part == 3:
                parts = truth(server.exchange)
    assert parts == straight


@played
async def test_limits_know_what_was_only_asked_before(tmp_path: Path) -> None:
    with kept(tmp_path / "j") as server:
        for _ in range(3):
            assert server.intake.take("GET", "/api/v3/depth", "symbol=BTCUSDT").status == 200
        assert server.intake.weigh("spot", 2).status == 200
        used = server.limits["spot"].weight
    assert used.used > 0
    with kept(tmp_path / "j") as server:
        assert server.limits["spot"].weight == used


FLIPS = [0.1, 0.35, 0.5, 0.77, 0.95]


@pytest.mark.parametrize("share", FLIPS)
@played
async def test_a_flipped_byte_is_refused_with_its_line(tmp_path: Path, share: float) -> None:
    path = tmp_path / "j"
    session(path, 4, 60)
    told, ends = bytearray(path.read_bytes()), sizes(path)
    at = int(len(told) * share)
    told[at] ^= 0x04
    path.write_bytes(told)
    line = 1 + sum(end <= at for end in ends)
    sentence = "is no journal of" if line == 1 else rf"line {line} is not what was written there; restore the file"
    with pytest.raises(DataError, match=sentence), kept(path):
        pass
    assert path.read_bytes() == bytes(told)


@played
async def test_a_line_that_is_missing_or_twice_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "j"
    session(path, 4, 20)
    lines = path.read_bytes().splitlines(keepends=True)
    for changed in (lines[:5] + lines[6:], lines[:6] + lines[5:]):
        path.write_bytes(b"".join(changed))
        with pytest.raises(DataError, match="is not what was written there"), kept(path):
            pass


@played
async def test_what_does_not_come_out_the_same_is_refused(tmp_path: Path) -> None:
    session(tmp_path / "j", 4, 30)
    lines = list(_lines(tmp_path / "j"))
    at = next(
        i for i, line in enumerate(lines) if i and line[0] == "request" and line[4:6] == ["POST", "/api/v3/order"]
    )
    lines[at][5] = "/api/v3/order/test"  # as if another program had understood it otherwise
    copy = Journal(tmp_path / "other")
    assert list(copy.lines()) == []
    for line in lines:
        copy.append(line)
    copy.close()
    with (
        pytest.raises(DataError, match=r"line \d+ of the journal: the exchange does not hold"),
        kept(tmp_path / "other"),
    ):
        pass


def _lines(path: Path) -> list[Any]:
    journal = Journal(path)
    try:
        return [line for _, line in journal.lines()]
    finally:
        journal.close()


OTHERS = [
    ({"seed": 4}, "--seed: expected 3, with which the exchange of --persist was begun, was 4;"),
    ({"markets": ("simulated:ETH/USDT", "simulated:BTC/USDT")}, "--market: expected simulated:BTC/USDT, with"),
    ({"since": ""}, "--from: expected 2024-03-01T00:00Z, with which"),
    ({"cash": 5.0}, "--cash: expected 100000.0, with"), ({"max_orders": 5}, "--max-orders: expected 200, with"),
    ({"scenario": "bull"}, "--scenario: expected short_squeeze, with"),
    ({"timeframe": "1h"}, "--timeframe: expected 1m, with"), ({"participation": 0.1}, "--participation: expected 0.02"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "sentence"), OTHERS, ids=[next(iter(one)) for one, _ in OTHERS])
@played
async def test_other_settings_are_refused_by_name(tmp_path: Path, fields: dict[str, Any], sentence: str) -> None:
    with kept(tmp_path / "j"):
        pass
    before = (tmp_path / "j").read_bytes()
    with pytest.raises(ConfigError) as error, kept(tmp_path / "j", replace(STEPPED, **fields)):
        pass
    assert str(error.value).startswith(sentence)
    assert (tmp_path / "j").read_bytes() == before
    with kept(tmp_path / "j", replace(STEPPED, since="2024-03-01T00:00", root=tmp_path), speed=60.0):
        pass  # the same in other words; pace and folder are free


@played
async def test_one_file_is_one_exchange(tmp_path: Path) -> None:
    running = pytest.raises(ConfigError, match="another practice exchange is running on")
    with kept(tmp_path / "j"), running, kept(tmp_path / "j"):
        pass
    with kept(tmp_path / "j"):
        pass
    with pytest.raises(ConfigError, match="deep is no folder; make it first"), kept(tmp_path / "deep" / "j"):
        pass
    assert [one.name for one in tmp_path.iterdir()] == ["j"]


@pytest.mark.parametrize("told", [b"a,b,c\n1,2,3\n", b"no end of line", b"\0" * 50])
@played
async def test_a_file_of_something_else_is_left_as_it_is(tmp_path: Path, told: bytes) -> None:
    (tmp_path / "j").write_bytes(told)
    with (
        pytest.raises(DataError, match="is no journal of a practice exchange; name another file"),
        kept(tmp_path / "j"),
    ):
        pass
    assert (tmp_path / "j").read_bytes() == told


@played
async def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot be opened \(Is a directory\); name a file"), kept(tmp_path):
        pass


@played
async def test_what_cannot_be_written_is_not_done(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with kept(path) as server:
        key, order = first_key(server), {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
        assert signed(server, key, "POST", "/api/v3/order", **order).status == 200
        held, size, limits = digest(server.exchange), path.stat().st_size, resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, limits[1]))
        try:
            with pytest.raises(DataError, match="cannot be written"):
                signed(server, key, "POST", "/api/v3/order", **order)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert (digest(server.exchange), path.stat().st_size) == (held, size)
        assert signed(server, key, "POST", "/api/v3/order", **order).status == 200
        held = digest(server.exchange)
    with kept(path) as server:
        assert digest(server.exchange) == held


@pytest.mark.parametrize("written", [True, False], ids=["written down", "killed before"])
@played
async def test_what_broke_the_exchange_once_breaks_it_again_and_it_goes_on(tmp_path: Path, written: bool) -> None:
    def broken(_: Any) -> Any:
        exchange.open_account("half", {"USDT": Decimal(5)})  # half of it was done by then
        raise ZeroDivisionError("a fault of ours")

    def made(journal: Journal) -> tuple[Intake, Witness]:
        server = Server(exchange, Clock(exchange.start_ms, 0.0))
        exchange.ring.make(ACCOUNT, 0)
        server.intake.control.routes["POST", "/sandbox/broken"] = broken
        return server.intake, Witness(exchange)

    exchange = open_exchange(STEPPED, 0)
    with closing(Journal(tmp_path / "j")) as journal:
        assert list(journal.lines()) == []
        intake, witness = made(journal)
        intake.keeper = JournalKeeper(journal, exchange, witness, beats=False)
        for count in range(2):
            intake.take("POST", "/sandbox/step", body='{"candles": 2}')
            with pytest.raises(ZeroDivisionError):
                intake.take("POST", "/sandbox/broken")
            assert len(exchange.spot.ledger.postings) == 2 + count
        held = digest(exchange)
    if not written:  # the process was gone before it could say that the last one had broken
        lines = (tmp_path / "j").read_bytes().splitlines(keepends=True)
        (tmp_path / "j").write_bytes(b"".join(lines[:-1]))
    exchange = open_exchange(STEPPED, 0)
    with closing(Journal(tmp_path / "j")) as journal:
        intake, witness = made(journal)
        assert replay(intake, witness, journal.lines(), str) == (
            4,
            "" if written else "ZeroDivisionError('a fault of ours')",
        )
        assert digest(exchange) == held


@played
async def test_stored_candles_may_grow_but_not_change(tmp_path: Path) -> None:
    opening = Opening(markets=("binance:BTC/USDT",), timeframe="1h", root=tmp_path / "data")
    plenty = candles(90)
    Store(opening.root).write(plenty.between(None, int(plenty.open_ms[60])))
    with kept(tmp_path / "j", opening) as server:
        control(server, "POST", "step", candles=100)
        assert server.exchange.spot.pits["BTCUSDT"].is_closed
        held = digest(server.exchange)
    Store(opening.root).write(plenty)
    with kept(tmp_path / "j", opening) as server:
        assert digest(server.exchange) == held
        assert server.exchange.spot.pits["BTCUSDT"].is_closed
    other = replace(opening, root=tmp_path / "other")
    Store(other.root).write(candles(60, seed=2))
    with pytest.raises(DataError, match="binance:BTC/USDT: the candles are not those"), kept(tmp_path / "j", other):
        pass


HOUR_MS = DAY_MS // 24


@played
async def test_in_real_time_the_market_goes_on_as_if_it_had_never_been_away(tmp_path: Path) -> None:
    opening = Opening(seed=2)
    with kept(tmp_path / "j", opening, 1.0) as server:
        control(server, "POST", "step", ms=HOUR_MS)
        ahead = server.clock.market_ms - server.clock.wall_ms
        assert abs(ahead - HOUR_MS) < 60_000
    with kept(tmp_path / "j", opening, 1.0) as server:
        assert ahead <= server.clock.market_ms - server.clock.wall_ms <= HOUR_MS


@played
async def test_at_any_other_pace_it_goes_on_where_it_stood(tmp_path: Path) -> None:
    for opening, speed in ((STEPPED, 1.0), (STEPPED, 0.0), (Opening(seed=2), 60.0)):
        path = tmp_path / f"{speed} {opening.seed}"
        with kept(path, opening, speed) as server:
            control(server, "POST", "step", ms=HOUR_MS)
            stood = server.exchange.now_ms
        with kept(path, opening, speed) as server:
            assert 0 <= server.exchange.now_ms - stood < 60_000 * (speed or 1 / 60_000)
            assert 0 <= server.clock.market_ms - server.exchange.now_ms < 60_000 * (speed or 1 / 60_000)


@played
async def test_time_is_written_where_something_came_of_it(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with kept(path) as server:
        key = first_key(server)
        stop = {"symbol": "BTCUSDT", "side": "BUY", "type": "STOP_LOSS", "trailingDelta": "10", "quantity": "0.01"}
        assert signed(server, key, "POST", "/api/v3/order", **stop).status == 200
        for _ in range(1_000):  # as the clock of an exchange that runs does it, in small steps
            server.clock.step(5_000)
            server.intake.take()
            if server.exchange.spot.orders[1].status == "FILLED":
                break
        assert server.exchange.spot.orders[1].status == "FILLED"
        for _ in range(100):
            server.clock.step(5_000)
            server.intake.take()
        held = truth(server.exchange)
        server.intake.take("GET", "/sandbox/truth")
    lines = [line[0] for line in _lines(path)[1:]]
    assert lines.count("request") == 1
    assert lines.count("time") <= 3  # it filled; and it ended
    with kept(path) as server:
        assert truth(server.exchange) == held
        assert server.exchange.accounts.keys() == {ACCOUNT}
