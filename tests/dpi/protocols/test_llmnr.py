"""LLMNR: queries and answers by the vectors of RFC 4795."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.protocols import llmnr
from tests.dpi.samples import dialogues, query
from tests.dpi.talking import OUT, claimed, context, talk

UDP = context("udp", 5355)


def test_lookup() -> None:
    lookup = next(one for one in dialogues("llmnr") if one.name == "lookup")
    asked, answered, other, again, empty = talk(llmnr, UDP, *lookup.steps)
    assert (asked.query, asked.query_type, asked.message) == ("host", "A", "query")
    assert (answered.addresses, answered.rcode, answered.latency) == (("192.0.2.7",), "NOERROR", 100)
    assert answered.answers == ("host 30 A 192.0.2.7",)
    assert (other.flags, other.retransmitted, again.retransmitted) == (("tentative",), False, True)
    assert (empty.answers, empty.latency) == ((), 200)


def test_over_tcp() -> None:
    stream = next(one for one in dialogues("llmnr") if one.name == "tcp")
    asked, answered = talk(llmnr, stream.context, *stream.steps)
    assert (asked.query, answered.addresses) == ("host", ("192.0.2.7",))


def test_claims() -> None:
    data = dialogues("llmnr")[0].steps[0][1]
    assert claimed(llmnr, data, UDP)
    assert not claimed(llmnr, data, context("udp", 5353))
    assert not claimed(llmnr, data[:4] + b"\0\2" + data[6:], UDP)
    assert not claimed(llmnr, query(kind=12345), UDP)


def test_malformed() -> None:
    for data in (b"", b"\0" * 11, b"\0\1\x78\0" + query()[4:], query()[:-3]):
        with pytest.raises(ProtocolError):
            talk(llmnr, UDP, (OUT, data))
    with pytest.raises(ProtocolError):
        talk(llmnr, context("tcp", 5355), (OUT, b"\xff\xff" + query()))
