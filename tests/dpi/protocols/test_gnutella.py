"""Gnutella's handshake, and TLS behind it."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.dpi.contract import ENOUGH, ProtocolError
from procwire.dpi.protocols import gnutella
from procwire.model.observation import Upgraded
from tests.dpi import tls_dialogue
from tests.dpi.flows import Listener, flow
from tests.dpi.said import IN, OUT, SECOND, parser, said

CONNECT = (
    b"GNUTELLA CONNECT/0.6\r\nUser-Agent: Example/1.0\r\n"
    b"Listen-IP: 192.0.2.1:6346\r\nUpgrade: TLS/1.0\r\n\r\n"
)
ANSWER = b"GNUTELLA/0.6 200 OK\r\nRemote-IP: 192.0.2.9\r\nUpgrade: TLS/1.0\r\nConnection: Upgrade\r\n\r\n"
AGREED = b"GNUTELLA/0.6 200 OK\r\nConnection: Upgrade\r\n\r\n"


def test_handshake() -> None:
    offer, answer, agreed, upgraded = said(gnutella, (OUT, CONNECT), (IN, ANSWER), (OUT, AGREED))
    assert (offer.message, offer.version, offer.user_agent) == ("connect", "0.6", "Example/1.0")
    assert (offer.listens, offer.upgrade, offer.latency) == ("192.0.2.1:6346", "TLS/1.0", None)
    assert (answer.message, answer.status, answer.reason) == ("answer", 200, "OK")
    assert (answer.seen_as, answer.latency) == ("192.0.2.9", SECOND)
    assert (agreed.side, agreed.status) == (OUT, 200)
    assert isinstance(upgraded, Upgraded)
    assert upgraded.hint == "tls"


@pytest.mark.parametrize("answer", [b"GNUTELLA/0.6 503 Full\r\n\r\n", b"GNUTELLA/0.6 200 OK\r\n\r\n"])
def test_without_tls_no_more_is_read(answer: bytes) -> None:
    read: Any = parser(gnutella)
    seen = [one for step in ((OUT, CONNECT), (IN, answer)) for one in read.feed(*step, now=1)]
    seen += read.feed(OUT, b"GNUTELLA/0.6 200 OK\r\n\r\n", now=2)
    assert not [one for one in seen if isinstance(one, Upgraded)]
    assert read.skip(OUT) == read.skip(IN) == ENOUGH


def test_what_follows_is_tls() -> None:
    hello = tls_dialogue.converse(tls_dialogue.contexts("TLSv1_2"), name="peer.example")[0][0][1]
    listener = Listener()
    one = flow(dport=6346)
    for side, data in ((0, CONNECT), (1, ANSWER), (0, AGREED + hello)):
        listener.analyzer.data(one, side, data, 1)
    assert (one.app, one.facts["via"], one.server_name) == ("tls", "gnutella", "peer.example")


def test_hostile() -> None:
    with pytest.raises(ProtocolError):
        said(gnutella, (OUT, b"GNUTELLA/0.6 abc\r\n\r\n"))
    with pytest.raises(ProtocolError):
        said(gnutella, (OUT, CONNECT[:-2] + b"a: b\r\n" * 200))
