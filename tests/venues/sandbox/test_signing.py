"""Signatures, times and keys: what proves who asks, and each refusal's code (Binance's documentation by ccxt.md, 3 and 5)."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import ccxt.async_support as ccxt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from yarl import URL

from engine.venues.sandbox.keys import Key
from engine.venues.sandbox.signing import is_signed_by, split

from .trading import SYMBOL, Desk, desk, played, refusal

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "security_vectors.json").read_text("utf-8"))["cases"][0]
SECRET, PAYLOAD, SIGNATURE = GOLDEN["inputs"]["secret"], GOLDEN["inputs"]["payload"], GOLDEN["expected"]
DAY_MS = 86_400_000


def test_the_published_signature_is_accepted_over_exactly_its_string() -> None:
    key = Key("k", "a", SECRET)
    assert is_signed_by(key, PAYLOAD, SIGNATURE)
    assert not is_signed_by(key, PAYLOAD.replace("quantity=1", "quantity=2"), SIGNATURE)
    assert not is_signed_by(key, "&".join(reversed(PAYLOAD.split("&"))), SIGNATURE)
    assert not is_signed_by(Key("k", "a", SECRET[:-1]), PAYLOAD, SIGNATURE)
    assert not is_signed_by(key, PAYLOAD, "nonsense ü")


RAW = [  # as it came, what was signed, the signature
    (f"{PAYLOAD}&signature={SIGNATURE}", PAYLOAD, SIGNATURE),
    (f"signature={SIGNATURE}&{PAYLOAD}", PAYLOAD, SIGNATURE),
    ("a=1&signature=x%2By%3D&b=2", "a=1&b=2", "x+y="),
    ("a=1&mysignature=3", "a=1&mysignature=3", None),
]


@pytest.mark.parametrize(("raw", "payload", "signature"), RAW)
def test_the_signature_is_taken_out_and_the_rest_stays_to_the_letter(
    raw: str, payload: str, signature: str | None
) -> None:
    assert split(raw) == (payload, signature)


def pair() -> tuple[str, str]:
    """Return a private and a public Ed25519 key in PEM; the first is new each time and opens nothing."""
    private = Ed25519PrivateKey.generate()
    form, none = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    pem = private.private_bytes(serialization.Encoding.PEM, form, none).decode()
    shape = serialization.PublicFormat.SubjectPublicKeyInfo
    return pem, private.public_key().public_bytes(serialization.Encoding.PEM, shape).decode()


@played
async def test_an_ed25519_key_signs_orders_and_another_one_does_not() -> None:
    async with desk() as at:
        (private, public), (other, _) = pair(), pair()
        key = await at.control("POST", "keys", account="trader", public_pem=public)
        assert (key["kind"], "secret" in key) == ("ed25519", False)
        for secret, accepted in ((private, True), (other, False)):
            client = at.with_key(key, secret)
            try:
                client.set_markets(at.client.markets)
                if accepted:
                    order = await client.create_order(SYMBOL, "limit", "buy", 1, 90)
                    assert (await client.fetch_order(order["id"], SYMBOL))["status"] == "open"
                else:
                    assert (await refusal(client.create_order(SYMBOL, "limit", "buy", 1, 90)))[2] == -1022
            finally:
                await client.close()


async def asked_with(at: Desk, key: dict[str, Any], secret: str = "") -> Any:
    client = at.with_key(key, secret)
    try:
        client.set_markets(at.client.markets)
        return await refusal(client.create_order(SYMBOL, "limit", "buy", 1, 90))
    finally:
        await client.close()


@played
async def test_wrong_keys_and_secrets_are_refused_each_in_its_own_words() -> None:
    async with desk() as at:
        wrong = [
            ({"key": "no key!", "secret": "s"}, "", ccxt.AuthenticationError, 401, -2014),
            ({"key": "x" * 64, "secret": "s"}, "", ccxt.AuthenticationError, 401, -2015),
            (at.key, "another secret", ccxt.AuthenticationError, 400, -1022),
            (
                await at.control("POST", "keys", account="trader", permissions=["read"]),
                "",
                ccxt.AuthenticationError,
                401,
                -2015,
            ),
        ]
        for key, secret, kind, status, code in wrong:
            assert (await asked_with(at, key, secret))[:3] == (kind, status, code)


@played
async def test_a_key_works_from_its_activation_until_it_is_revoked_or_expires() -> None:
    async with desk() as at:
        later = await at.control("POST", "keys", account="trader", delay_ms=DAY_MS)
        brief = await at.control("POST", "keys", account="trader", life_ms=DAY_MS)
        client = {name: at.with_key(key) for name, key in (("later", later), ("brief", brief))}
        try:
            await client["brief"].fetch_balance()
            assert (await refusal(client["later"].fetch_balance()))[2] == -2015
            await at.control("POST", "clock", skew_ms=DAY_MS + 1_000)
            for one in client.values():
                await one.load_time_difference()
            await client["later"].fetch_balance()
            assert (await refusal(client["brief"].fetch_balance()))[2] == -2015
            await at.control("POST", "keys/revoke", key=later["key"])
            assert (await refusal(client["later"].fetch_balance()))[2] == -2015
        finally:
            for one in client.values():
                await one.close()


@played
@pytest.mark.parametrize("skew_ms", [60_000, -5_000])
async def test_a_clock_that_is_off_is_refused_until_the_client_has_asked_for_the_time(skew_ms: int) -> None:
    async with desk() as at:
        await at.control("POST", "clock", skew_ms=skew_ms)
        kind, status, code, _ = await refusal(at.client.fetch_balance())
        assert (kind, status, code) == (ccxt.InvalidNonce, 400, -1021)
        at.client.options["adjustForTimeDifference"] = True
        await at.client.load_time_difference()
        await at.client.fetch_balance()


@played
async def test_a_window_wider_than_a_minute_and_a_request_without_time_are_refused() -> None:
    async with desk() as at:
        assert (await refusal(at.client.fetch_balance({"recvWindow": 60_001})))[2] == -1131
        url = f"http://{at.server.address}/api/v3/account"
        async with at.session.get(url, headers={"X-MBX-APIKEY": at.key["key"]}) as reply:
            assert (reply.status, (await reply.json())["code"]) == (400, -1102)
        async with at.session.get(url) as reply:
            assert (reply.status, (await reply.json())["code"]) == (401, -2014)


@played
@pytest.mark.parametrize("signed_in", ["query", "body"])
async def test_what_is_signed_is_the_query_and_then_the_body(signed_in: str) -> None:
    async with desk() as at:
        query = f"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&timestamp={at.server.clock.now_ms}"
        body = "quantity=1&price=90"
        signature = hmac.new(at.key["secret"].encode(), (query + body).encode(), hashlib.sha256).hexdigest()
        if signed_in == "query":
            query += f"&signature={signature}"
        else:
            body += f"&signature={signature}"
        url = URL(f"http://{at.server.address}/api/v3/order?{query}", encoded=True)
        async with at.session.post(url, data=body, headers={"X-MBX-APIKEY": at.key["key"]}) as reply:
            assert (reply.status, (await reply.json())["status"]) == (200, "NEW")
