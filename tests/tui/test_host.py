"""The seam between screens and whoever answers."""

from __future__ import annotations

from procwire.tui.host import Host, HostError, Want
from tests.tui.fake import FakeHost, Recorded


def test_a_host_of_tests_is_a_host() -> None:
    host: Host = FakeHost(30)
    rows = host.rows(
        Want(table="flow", columns=("flow_id", "bytes"), order="bytes", descending=True, first=5, limit=10)
    )
    assert (rows.first, rows.total, len(rows.rows)) == (5, 30, 10)
    assert [row[1] for row in rows.rows] == sorted((row[1] for row in rows.rows), reverse=True)


def test_a_recording_can_go_back() -> None:
    host: Host = Recorded(30)
    assert host.span is not None
    early = host.rows(Want(table="flow", columns=("flow_id",), at=host.span[0] + 150_000_000_000))
    assert 0 < early.total < 30


def test_a_refusal_has_a_remedy() -> None:
    assert HostError("not kept", "watch with --write").remedy == "watch with --write"
