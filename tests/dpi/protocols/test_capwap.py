"""CAPWAP: discovery, DTLS behind its preamble, tunnelled frames, what is none of it."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.dpi.contract import ENOUGH, ProtocolError
from procwire.dpi.protocols import capwap
from procwire.model.observation import Enclosed
from tests.dpi.flows import Listener, flow
from tests.dpi.hearing import IN, OUT, recited, unanswered
from tests.dpi.samples import dialogues
from tests.dpi.talking import claimed, context, talk

UDP = context("udp", 5246)
STEPS = {one.name: one.steps for one in dialogues("capwap")}
JOIN = next(data for _, data in STEPS["control"] if b"ap-hall-1" in data)


def test_control_messages() -> None:
    seen = [one for one in recited(capwap, "control") if type(one) is not Enclosed]
    assert [one.message for one in seen] == [
        "discovery-request", "discovery-response", "dtls", "join-request", "join-response",
    ]  # fmt: skip
    asked, answered, _, join, joined = seen
    assert (asked.radio, asked.binding, asked.model, asked.serial) == (
        "02:00:5e:10:00:01", "802.11", "AP-1", "SN42",
    )  # fmt: skip
    assert (answered.name, answered.latency, answered.sequence) == ("controller-1", 10, 7)
    assert (join.name, join.location, joined.result) == ("ap-hall-1", "hall", "success")


def test_dtls_inside_is_read_as_any_other() -> None:
    listener, one = Listener(), flow(17, 5246)
    for now, (side, data) in enumerate(STEPS["control"]):
        listener.analyzer.data(one, int(side), data, now)
    assert one.app == "capwap"
    assert one.ja4.startswith("d")
    assert "DtlsClientHello" in {type(seen).__name__ for seen in listener.seen}


def test_tunnelled_frames_are_told_once_a_side_and_passed_over() -> None:
    there, back = recited(capwap, "data")
    assert (there.message, there.native, there.binding, back.side) == ("data", True, "802.11", IN)
    parser: Any = capwap.Parser(context("udp", 5247))
    for side, data in STEPS["data"]:
        list(parser.feed(side, data, now=1))
    assert parser.skip(OUT) == ENOUGH


def test_a_join_in_vain() -> None:
    assert unanswered(capwap, (OUT, JOIN), transport="udp", port=5246) == [(0, "join-request", 1, 10)]
    discovery = STEPS["control"][0][1]
    assert unanswered(capwap, (OUT, discovery), transport="udp", port=5246) == []


@pytest.mark.parametrize(
    "data",
    [JOIN[:-1], JOIN + b"\0", b"\0" + bytes(30), b"\1\0\0\0" + bytes(20), JOIN[:8], b"\1\0\0\1" + JOIN],
)
def test_others_are_not_claimed(data: bytes) -> None:
    assert not claimed(capwap, data, context("udp", 9))


def test_data_is_claimed_on_its_port_alone() -> None:
    data = STEPS["data"][0][1]
    assert claimed(capwap, data, context("udp", 5247))
    assert not claimed(capwap, data, UDP)


def test_malformed() -> None:
    for bad in (b"\0", b"\1\0\0\0\x16"):
        with pytest.raises(ProtocolError):
            talk(capwap, UDP, (OUT, bad))
