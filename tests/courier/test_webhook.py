"""Signed, and known by its key."""

from __future__ import annotations

import hashlib
import hmac

from procwire.courier.webhook import Webhook, signature
from procwire.model.sink import LATER, OK, REFUSED
from tests.courier.servers import HttpSink, item


def test_what_is_sent() -> None:
    with HttpSink(204) as sink:
        hook = Webhook(sink.post(), "k3y", "application/json", clock=lambda: 1790000000.9)
        assert hook.carry([item(1)]) == [OK]
        hook.abort()
    _, headers, body = sink.seen[0]
    wanted = hmac.new(b"k3y", b"1790000000." + body, hashlib.sha256).hexdigest()
    assert headers["X-Procwire-Signature"] == f"v1={wanted}" == signature(b"k3y", 1790000000, body)
    assert (headers["Idempotency-Key"], headers["X-Procwire-Timestamp"]) == ("key-1", "1790000000")
    assert headers["Content-Type"] == "application/json"


def test_without_a_secret_there_is_no_signature() -> None:
    with HttpSink(503, 400) as sink:
        hook = Webhook(sink.post(), "", "text/plain")
        states = [result.state for result in hook.carry([item(1), item(2)])]
        hook.abort()
    assert states == [LATER, REFUSED]
    assert "X-Procwire-Signature" not in sink.seen[0][1]
