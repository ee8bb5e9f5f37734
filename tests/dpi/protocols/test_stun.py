"""STUN: exchanges, TURN over TCP, handing on to DTLS and RTP."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.protocols import stun
from procwire.model.observation import Upgraded
from tests.dpi.hearing import IN, OUT, claimed, heard, listening, recited
from tests.dpi.samples import dialogues
from tests.dpi.talking import apps, rows

BINDING = b"\0\1\0\0\x21\x12\xa4\x42" + bytes(12)


def test_vectors_of_the_rfc() -> None:
    asked, answered = recited(stun, "rfc5769")
    assert (asked.username, asked.software, asked.ice) == ("evtj:h6vY", "STUN test client", "controlled")
    assert (answered.mapped, answered.latency) == ("192.0.2.1:32853", 10)


def test_relay_over_tcp_passes_over_channel_data() -> None:
    seen = recited(stun, "turn_tcp")
    assert [(one.method, one.kind) for one in seen] == [("allocate", "request"), ("allocate", "error")]
    assert (seen[1].error, seen[1].latency) == ("401 Not authoriz", 10)


def test_ice_over_tcp() -> None:
    seen = recited(stun, "ice_tcp")
    assert [(one.kind, one.latency) for one in seen] == [
        ("request", None),
        ("request", None),
        ("success", 10),
    ]


def test_relay_of_coturn() -> None:
    (made, *_) = rows("stun/turn", "stun", method="allocate", kind="success")
    assert made["relayed"].startswith("10.77.0.2:")
    assert made["lifetime"] == 777
    assert rows("stun/turn", "stun", kind="error", username="alice") == []
    assert apps("stun/turn") == {("stun", "content")}


def test_retransmission_is_told() -> None:
    seen = heard(stun, (OUT, BINDING), (OUT, BINDING), (IN, b"\1\1" + BINDING[2:]), transport="udp")
    assert [one.retransmitted for one in seen] == [False, True, False]
    assert seen[2].latency == 20


@pytest.mark.parametrize(("first", "hint"), [(0x16, "dtls"), (0x80, "rtp")])
def test_what_follows_is_handed_on(first: int, hint: str) -> None:
    parser = listening(stun, transport="udp")
    list(parser.feed(OUT, BINDING, now=1))
    other = bytes([first]) + bytes(30)
    (handed,) = parser.feed(IN, other, now=2)
    assert isinstance(handed, Upgraded)
    assert handed.hint == hint
    assert parser.remainder(IN) == other


def test_bounds_and_bad_streams() -> None:
    seen = heard(stun, *[(OUT, BINDING)] * 1000, transport="udp")
    assert len(seen) == stun.MAX_TOLD
    with pytest.raises(ProtocolError):
        heard(stun, (OUT, BINDING + b"\xff\xff\xff\xff"))
    with pytest.raises(ProtocolError):
        heard(stun, (OUT, b"\xff" * 40), transport="udp")


@pytest.mark.parametrize(
    ("data", "transport", "answer"),
    [
        (BINDING, "udp", "yes"),
        (BINDING, "tcp", "yes"),
        (BINDING[:6], "tcp", "need more"),
        (b"\0\1\0\0\x22\x22", "tcp", "no"),
        (BINDING + b"x", "udp", "no"),
    ],
)
def test_claims(data: bytes, transport: str, answer: str) -> None:
    assert claimed(stun, data, transport=transport) == answer


def test_every_dialogue_is_read_to_its_end() -> None:
    assert {one.name for one in dialogues("stun")} >= {"rfc5769", "turn_tcp"}
