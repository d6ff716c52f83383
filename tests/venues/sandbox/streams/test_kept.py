"""What came over websockets is kept like everything else, and a listener changes nothing of what is repeated."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from engine.venues.sandbox.controlling.truth import truth
from engine.venues.sandbox.keeping.opened import opened

from ..repeating import MARKETS, STEPPED, control, first_key
from ..trading import played
from .watching import bare, signed

OPENING = replace(STEPPED, markets=MARKETS)


def kept(path: Path) -> Any:
    return opened(OPENING, 0.0, 0, path, lambda _: None)


@played
async def test_orders_and_listen_keys_of_websockets_outlive_the_process(tmp_path: Path) -> None:
    private = Ed25519PrivateKey.generate()
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    with kept(tmp_path / "journal") as server:
        async with server, aiohttp.ClientSession() as session:
            at: Any = SimpleNamespace(server=server, session=session)
            key, now_ms = first_key(server), server.clock.now_ms
            told = {"key": key.id, "secret": key.secret}
            order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01"}
            async with bare(at, "ws-api/v3") as spot, bare(at, "ws-fapi/v1") as usdm:
                asked = signed(told, now_ms)
                assert (await spot.ask(id=1, method="userDataStream.subscribe.signature", params=asked))[
                    "status"
                ] == 200
                for number in range(3):
                    asked = signed(told, now_ms, **order, price=str(30_000 + number))
                    assert (await spot.ask(id=2, method="order.place", params=asked))["status"] == 200
                control(server, "POST", "step", candles=2)
                assert (await spot.ask(id=3, method="order.plaze"))["status"] == 404
                other = control(server, "POST", "keys", account=key.account, public_pem=pem)["key"]
                signature = b64encode(private.sign(f"apiKey={other}&timestamp={now_ms}".encode())).decode()
                logon = {"apiKey": other, "timestamp": now_ms, "signature": signature}
                assert (await spot.ask(id=4, method="session.logon", params=logon))["status"] == 200
                asked = order | {"price": "29000", "timestamp": now_ms}
                assert (await spot.ask(id=5, method="order.place", params=asked))["status"] == 200
                reply = await usdm.ask(id=6, method="userDataStream.start", params={"apiKey": key.id})
                listen_key = reply["result"]["listenKey"]
                async with bare(at, f"private/ws?listenKey={listen_key}") as stream:
                    asked = signed(told, now_ms, **order | {"type": "MARKET", "positionSide": "BOTH"})
                    del asked["timeInForce"], asked["signature"]
                    asked = signed(told, now_ms, **{k: v for k, v in asked.items() if k not in ("apiKey", "timestamp")})
                    assert (await usdm.ask(id=7, method="order.place", params=asked))["status"] == 200
                    assert (await stream.next())["e"] == "ORDER_TRADE_UPDATE"
        held = truth(server.exchange)
    with kept(tmp_path / "journal") as again:
        assert truth(again.exchange) == held
        assert [one.text for one in again.exchange.usdm.listening.keys.values()] == [listen_key]
        assert len(again.exchange.spot.orders) == 4
        assert len(again.exchange.usdm.orders) == 1
