"""SCTP: an association from its opening to its end, and chunks that break the rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.protocols.sctp import Parser, chunks, claims
from tests.dpi.samples import VECTORS, read
from tests.dpi.talking import rows

CONTEXT = Context(transport="sctp")
DIALOGUE = read(Path(VECTORS / "sctp" / "association.txt"))


def test_association() -> None:
    parser = Parser(CONTEXT)
    seen: list[Any] = []
    for now, (side, data) in enumerate(DIALOGUE.steps):
        seen += parser.feed(side, data, now=now)
    assert [one.message for one in seen] == ["init", "init-ack", "data", "shutdown", "abort"]
    opened, answered, data, _, ended = seen
    assert (opened.tag, opened.streams_out, opened.streams_in) == ("deadbeef", 10, 2048)
    assert (answered.latency, data.payload_protocol, ended.cause) == (1, "diameter", "user-abort")


def test_real_association() -> None:
    (flow,) = rows("sctp/session", "flow")
    assert (flow["app"], flow["proto"], flow["app_confidence"]) == ("sctp", "sctp", "content")
    seen = rows("sctp/session", "sctp")
    assert [one["message"] for one in seen] == ["init", "init-ack", "data", "shutdown", "shutdown-complete"]
    assert "latency" in seen[1]


def test_claims() -> None:
    first = DIALOGUE.steps[0][1]
    assert claims(first, Direction.OUT, CONTEXT) is Claim.YES
    assert claims(first, Direction.OUT, Context(transport="udp")) is Claim.NO
    assert claims(b"", Direction.OUT, CONTEXT) is Claim.NO
    assert claims(b"\x55\0\0\x08abcd", Direction.OUT, CONTEXT) is Claim.NO


@pytest.mark.parametrize("data", [b"\0\0\0\0", b"\x01\0\0\x08abcd", b"\x07\0"])
def test_chunk_shorter_than_its_header(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        list(chunks(data))
