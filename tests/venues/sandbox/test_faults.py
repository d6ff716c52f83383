"""Each fault does what it says, through the real client: what it raises (ccxt.md, section 6), and what became of the order."""

from __future__ import annotations

import ccxt.async_support as ccxt
import pytest

from .trading import SYMBOL, desk, played

FAULTS: list[tuple[str, type[Exception] | None, int]] = [  # fault, what the client raises, orders that exist
    ("reply_lost", ccxt.ExchangeNotAvailable, 1),
    ("late_acceptance", ccxt.ExchangeNotAvailable, 0),
    ("reset", ccxt.ExchangeNotAvailable, 0),
    ("error_json", ccxt.OperationFailed, 0),
    ("error_json_accepted", ccxt.OperationFailed, 1),
    ("error_html", ccxt.ExchangeNotAvailable, 0),
    ("error_html_accepted", ccxt.ExchangeNotAvailable, 1),
    ("empty", None, 1),
    ("cut", ccxt.ExchangeError, 1),
    ("too_many_requests", ccxt.DDoSProtection, 0),
    ("banned", ccxt.DDoSProtection, 0),
    ("slow", None, 1),
]


@pytest.mark.parametrize(("fault", "kind", "count"), FAULTS, ids=[one[0] for one in FAULTS])
@played
async def test_a_fault_does_what_it_says(fault: str, kind: type[Exception] | None, count: int) -> None:
    async with desk() as at:
        await at.control("POST", "faults", fault=fault, method="POST", path="/api/v3/order", delay_ms=1)
        named = {"newClientOrderId": "fated"}
        if kind is None:
            order = await at.client.create_order(SYMBOL, "limit", "buy", 1, 90, named)
            assert (order["id"] is None) == (fault == "empty")
        else:
            with pytest.raises(kind) as caught:
                await at.client.create_order(SYMBOL, "limit", "buy", 1, 90, named)
            assert fault != "cut" or type(caught.value) is ccxt.ExchangeError
        assert len(await at.client.fetch_orders(SYMBOL)) == count
        await at.step()
        found = await at.client.fetch_orders(SYMBOL)
        assert [one["clientOrderId"] for one in found] == (["fated"] if count or fault == "late_acceptance" else [])
        await at.client.create_order(SYMBOL, "limit", "buy", 1, 91)  # once and no more
        await at.audited()


@played
async def test_an_order_resent_after_a_lost_reply_is_a_duplicate_while_the_first_is_open() -> None:
    async with desk() as at:
        await at.control("POST", "faults", fault="reply_lost", method="POST")
        for kind in (ccxt.ExchangeNotAvailable, ccxt.InvalidOrder):
            with pytest.raises(kind):
                await at.client.create_order(SYMBOL, "limit", "buy", 1, 90, {"newClientOrderId": "same"})
        assert len(await at.client.fetch_open_orders(SYMBOL)) == 1


WRONG = [
    ({"fault": "reply_lst"}, 'fault: unknown "reply_lst"; did you mean "reply_lost"?'),
    ({"fault": "delistin"}, 'fault: unknown "delistin"; did you mean "delisting"?'),
    ({"fault": "reset", "tmes": 1}, 'fault: unknown key "tmes"; did you mean "times"?'),
    ({"fault": "reset", "times": 0}, "fault: expected times from 1, delay_ms from 0 and a chance from 0 to 1"),
    ({"fault": "reset", "chance": "often"}, "fault chance: expected float, was 'often'"),
]


@played
async def test_a_wrong_request_to_the_control_endpoint_is_one_sentence() -> None:
    async with desk() as at:
        for body, sentence in WRONG:
            async with at.session.post(f"http://{at.server.address}/sandbox/faults", json=body) as reply:
                assert (reply.status, await reply.json()) == (400, {"error": sentence})
        async with at.session.post(f"http://{at.server.address}/sandbox/stp", json={}) as reply:
            assert (reply.status, (await reply.json())["error"]) == (
                400,
                'no POST /sandbox/stp here; did you mean "/sandbox/step"?',
            )
        async with at.session.get(f"http://{at.server.address}/sandbox/step") as reply:
            assert (await reply.json())["error"] == "no GET /sandbox/step here; it takes POST"
        for path, body in (
            ("accounts", {"name": "b", "flor": "spot"}),
            ("step", {"ms": 5, "candles": 1}),
            ("step", {"candles": 200_000}),
            ("accounts", {"name": "fees"}),
            ("keys", {"account": "nobody"}),
            ("step", {"ms": -5}),
            ("keys/revoke", {}),
        ):
            async with at.session.post(f"http://{at.server.address}/sandbox/{path}", json=body) as reply:
                assert reply.status == 400, path
