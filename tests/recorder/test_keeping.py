"""What a watch keeps: a file whole, an incident of some flows alone, and a full disk that ends it."""

from __future__ import annotations

from pathlib import Path

import pytest

from procwire.capture.source import CaptureError
from procwire.recorder.incident import PACKETS, Reason
from procwire.recorder.reason import RecorderError
from procwire.recorder.wishes import Track, Wishes
from tests.recorder.taped import VECTORS, Taped


def test_a_written_file_has_every_packet(tmp_path: Path) -> None:
    taped = Taped(Wishes(write=str(tmp_path / "x.pcapng")))
    taped.play()
    taped.keeping.tick(1)
    taped.keeping.close(taped.now)
    again = Taped(Wishes(), tmp_path / "x.pcapng")
    again.play()
    assert again.packets == taped.packets > 0


def test_only_flows_that_match_are_recorded(tmp_path: Path) -> None:
    wishes = Wishes(
        record=(Track(span_ns=10**18),), record_only="app == dns", directory=str(tmp_path), before_ns=10**18
    )
    taped = Taped(wishes, VECTORS / "dns" / "udp.pcap")
    taped.play()
    taped.keeping.tick(taped.now)
    flight = taped.keeping.flight
    assert flight is not None
    flight.freeze(Reason(time=1, kind="signal"))
    taped.keeping.close(taped.now)
    (path,) = tmp_path.glob(f"*/{PACKETS}")
    again = Taped(Wishes(), path)
    again.play()
    assert {flow.app for flow in again.flows} == {"dns"}
    wanted = [flow for flow in taped.flows if flow.app == "dns"]
    assert [flow.flow_id for flow in again.flows] == [flow.flow_id for flow in wanted]


def test_a_full_disk_is_told_once() -> None:
    taped = Taped(Wishes(write="/dev/full"))
    taped.play()
    taped.keeping.tick(1)
    taped.keeping.tick(2)
    taped.keeping.close(taped.now)
    assert len(taped.errors) == 1
    assert "No space" in str(taped.errors[0]) or "no space" in str(taped.errors[0])


def test_what_cannot_be_had_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(CaptureError):
        Taped(Wishes(write=str(tmp_path / "no" / "x")))
    (tmp_path / "file").write_text("")
    with pytest.raises(RecorderError):
        Taped(Wishes(record=(Track(),), directory=str(tmp_path / "file")))
