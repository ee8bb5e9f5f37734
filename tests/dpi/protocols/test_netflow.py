"""NetFlow and IPFIX: exports of a real probe in three versions, gaps, templates, broken datagrams."""

from __future__ import annotations

import struct

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.protocols import netflow
from tests.dpi.talking import OUT, apps, claimed, context, rows, talk

UDP = context("udp", 2055)
CLOCK = 1_700_000_000


def five(count: int, sequence: int) -> bytes:
    head = struct.pack("!HHIIIIBBH", 5, count, 1000, CLOCK, 7, sequence, 0, 3, 0x4064)
    return head + bytes(48 * count)


def ten(sequence: int, *sets: bytes) -> bytes:
    body = b"".join(sets)
    return struct.pack("!HHIII", 10, 16 + len(body), CLOCK, sequence, 9) + body


def flow_set(number: int, content: bytes) -> bytes:
    return struct.pack("!HH", number, 4 + len(content)) + content


TEMPLATE = flow_set(2, struct.pack("!HHHHHH", 256, 2, 8, 4, 12, 4))


def test_three_versions() -> None:
    said = rows("netflow/export", "netflow")
    assert {line["version"] for line in said} == {5, 9, 10}
    assert all(line["missing"] == 0 and line["flows"] >= 1 for line in said)
    assert any("1024 11 fields" in line.get("templates", ()) for line in said)
    assert ("netflow", "content") in apps("netflow/export")


def test_gap_in_version_5() -> None:
    first, second, late = talk(netflow, UDP, (OUT, five(2, 10)), (OUT, five(1, 15)), (OUT, five(1, 12)))
    assert (first.flows, first.missing, second.missing, late.missing) == (2, 0, 3, 0)
    assert (first.uptime, first.exported, first.sampling) == (10**9, CLOCK * 10**9 + 7, 100)


def test_ipfix_counts_by_its_templates() -> None:
    unknown = flow_set(300, bytes(8))
    seen = talk(netflow, UDP, (OUT, ten(1, unknown)), (OUT, ten(1, TEMPLATE, flow_set(256, bytes(24)))))
    assert (seen[0].flows, seen[0].data_sets) == (None, 1)
    assert (seen[1].flows, seen[1].templates, seen[1].source) == (3, ("256 2 fields",), 9)
    variable = flow_set(2, struct.pack("!HHHHHHI", 256, 2, 8, 4, 0x8000 | 12, 0xFFFF, 29305))
    (seen_variable,) = talk(netflow, UDP, (OUT, ten(1, variable, flow_set(256, bytes(24)))))
    assert seen_variable.flows is None


def test_claims() -> None:
    assert claimed(netflow, five(1, 1), context("udp", 9))
    assert claimed(netflow, ten(1, TEMPLATE), UDP)
    for wrong in (five(1, 1)[:-1], five(0, 1), ten(1, TEMPLATE)[:-1], ten(1, flow_set(5, b"")), bytes(72)):
        assert not claimed(netflow, wrong, UDP)
    early = five(1, 1)[:8] + bytes(4) + five(1, 1)[12:]
    assert not claimed(netflow, early, UDP)


@pytest.mark.parametrize(
    "data", [b"", b"\0\5", five(1, 1)[:-1], ten(1, b"\0\2\0\1"), b"\0\x09\0\1" + bytes(30)]
)
def test_malformed(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        talk(netflow, UDP, (OUT, data))
