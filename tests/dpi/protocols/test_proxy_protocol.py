"""PROXY protocol: announced addresses, values, handing on."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.protocols import proxy_protocol
from procwire.dpi.protocols.proxy_protocol import SIGNATURE
from procwire.model.observation import Upgraded
from tests.dpi.hearing import OUT, claimed, heard, listening, recited


def test_version_1() -> None:
    header, handed = recited(proxy_protocol, "version1")
    assert (header.src, header.src_port, header.dst, header.dst_port) == (
        "192.0.2.1", 51234, "198.51.100.7", 443,
    )  # fmt: skip
    assert isinstance(handed, Upgraded)


def test_version_2() -> None:
    header, _ = recited(proxy_protocol, "version2")
    assert (header.src, header.dst, header.dst_port) == ("2001:db8::1", "2001:db8::2", 443)
    assert (header.authority, header.alpn) == ("example.com", "h2")


def test_local_and_unknown_have_no_addresses() -> None:
    local, _ = heard(proxy_protocol, (OUT, SIGNATURE + b"\x20\x00\x00\x00"))
    assert (local.command, local.src, local.src_port) == ("local", "", None)
    unknown, _ = heard(proxy_protocol, (OUT, b"PROXY UNKNOWN whatever\r\n"))
    assert unknown.transport == ""


def test_what_follows_is_handed_on() -> None:
    parser = listening(proxy_protocol)
    list(parser.feed(OUT, b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nrest", now=1))
    assert parser.remainder(OUT) == b"rest"


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"PROXY TCP4 ", "yes"),
        (b"PROXY", "need more"),
        (b"PROXY TCP5", "no"),
        (SIGNATURE, "need more"),
        (SIGNATURE + b"\x21", "yes"),
        (SIGNATURE + b"\x31", "no"),
    ],
)
def test_claims(data: bytes, answer: str) -> None:
    assert claimed(proxy_protocol, data) == answer


@pytest.mark.parametrize(
    "data",
    [
        b"PROXY TCP4 " + b"1" * 200,
        b"PROXY TCP4 999.0.0.1 192.0.2.1 1 2\r\n",
        SIGNATURE + b"\x21\x11\x00\x02ab",
        SIGNATURE + b"\x21\x11\xff\xff",
    ],
)
def test_headers_that_are_none(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        heard(proxy_protocol, (OUT, data))
