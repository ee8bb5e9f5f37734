"""sFlow: exports of a real probe, gaps, both kinds of address, broken datagrams."""

from __future__ import annotations

import struct

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.protocols import sflow
from tests.dpi.talking import OUT, apps, claimed, context, rows, talk

UDP = context("udp", 6343)


def datagram(sequence: int, *samples: tuple[int, bytes], agent: bytes = bytes([192, 0, 2, 1])) -> bytes:
    head = struct.pack("!II", 5, 1 if len(agent) == 4 else 2) + agent
    head += struct.pack("!IIII", 3, sequence, 1500, len(samples))
    return head + b"".join(struct.pack("!II", kind, len(content)) + content for kind, content in samples)


FLOW = (1, struct.pack("!IIII", 7, 1, 512, 9000))
COUNTERS = (2, bytes(8))


def test_probe() -> None:
    said = rows("sflow/export", "sflow")
    assert [line["sequence"] for line in said] == list(range(1, len(said) + 1))
    assert sum(line["flow_samples"] for line in said) == 12
    assert {line["agent"] for line in said} == {"10.77.0.2"}
    assert ("sflow", "content") in apps("sflow/export")


def test_gap_and_kinds() -> None:
    first, second = talk(sflow, UDP, (OUT, datagram(4, FLOW, COUNTERS)), (OUT, datagram(8, COUNTERS)))
    assert (first.flow_samples, first.counter_samples, first.sampling) == (1, 1, 512)
    assert (first.uptime, first.sub_agent, second.missing) == (1_500_000_000, 3, 3)
    (seen,) = talk(sflow, UDP, (OUT, datagram(1, FLOW, agent=bytes(15) + b"\1")))
    assert seen.agent == "::1"


def test_claims() -> None:
    assert claimed(sflow, datagram(1, FLOW), context("udp", 9))
    assert claimed(sflow, datagram(1), UDP)
    assert not claimed(sflow, datagram(1), context("udp", 9))
    assert not claimed(sflow, datagram(1, FLOW)[:-4], UDP)
    assert not claimed(sflow, datagram(1, FLOW) + bytes(4), UDP)


@pytest.mark.parametrize("data", [b"", bytes(28), datagram(1, FLOW)[:30], datagram(1, (1, b"abc"))])
def test_malformed(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        talk(sflow, UDP, (OUT, data))
