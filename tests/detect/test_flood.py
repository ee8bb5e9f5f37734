from __future__ import annotations

from procwire.detect.flood import Flood
from tests.detect.made import flow, lived


def test_connections_that_are_never_completed() -> None:
    flows = [
        flow("10.0.0.9", 80, at=at / 100, src=f"198.51.100.{at % 250}", answered=False) for at in range(900)
    ]
    (found,) = lived(Flood(), flows)
    assert (found.target, found.port, found.severity) == ("10.0.0.9", 80, "high")
    assert "by 200 addresses, 100% were never completed" in found.detail


def test_one_source_is_named() -> None:
    flows = [flow("10.0.0.9", 80, at=at / 100, answered=False) for at in range(400)]
    assert lived(Flood(), flows)[0].source == "10.0.0.5"


def test_a_busy_server_and_a_closed_port_are_none() -> None:
    assert lived(Flood(), [flow("10.0.0.9", 80, at=at / 100) for at in range(900)]) == []
    refused = [flow("10.0.0.9", 80, at=at / 100, answered=False, flags_in=4) for at in range(900)]
    assert lived(Flood(), refused) == []
    slow = [flow("10.0.0.9", 80, at=at, answered=False) for at in range(900)]
    assert lived(Flood(), slow) == []
