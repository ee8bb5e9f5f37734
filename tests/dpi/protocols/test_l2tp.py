"""L2TP: control messages."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.protocols import l2tp
from tests.dpi.hearing import OUT, claimed, heard, recited
from tests.dpi.samples import dialogues


def test_tunnel() -> None:
    seen = recited(l2tp, "tunnel")
    assert [(one.message, one.tunnel, one.latency) for one in seen] == [
        ("SCCRQ", 0, None), ("SCCRP", 7, 10), ("SCCCN", 8, 10), ("ZLB", 7, None), ("StopCCN", 8, None),
    ]  # fmt: skip
    assert (seen[0].host, seen[1].vendor, seen[4].error) == ("lac.example.com", "vectors", "6 going away")


def test_every_cut_is_refused() -> None:
    first = dialogues("l2tp")[0].steps[0][1]
    assert claimed(l2tp, first, transport="udp") == "yes"
    for size in range(len(first)):
        assert claimed(l2tp, first[:size], transport="udp") == "no"
    assert claimed(l2tp, first[:20] + b"\xff\xff" + first[22:], transport="udp") == "no"


def test_message_without_a_type_and_junk() -> None:
    with pytest.raises(ProtocolError):
        heard(l2tp, (OUT, b"\xff" * 30), transport="udp")
    assert claimed(l2tp, b"\xc8\x02\0\x0c" + bytes(8), transport="udp") == "no"
