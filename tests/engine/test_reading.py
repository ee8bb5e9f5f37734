from __future__ import annotations

import gzip
import threading
from pathlib import Path

import pytest

from procwire.engine.options import EngineError, FlowOptions, ReadOptions
from procwire.engine.reading import Reading
from procwire.model.flow import Flow
from procwire.model.listening import Silent

VECTORS = Path(__file__).parents[1] / "vectors"
HTTP = VECTORS / "http" / "ordinary.pcap"


class Rows(Silent):
    """What is final of each flow."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, int, str]] = []

    def ended(self, flow: Flow) -> None:
        self.rows.append((flow.flow_id, flow.app, flow.bytes_out + flow.bytes_in, flow.server_name))


Row = tuple[str, str, int, str]


def rows_of(*paths: Path, lenient: bool = False, merge: bool = False) -> tuple[Reading, list[Row]]:
    rows = Rows()
    options = ReadOptions(paths=tuple(map(str, paths)), lenient=lenient, merge=merge, flows=FlowOptions())
    reading = Reading(options, rows)
    reading.run()
    return reading, sorted(rows.rows)


def test_a_compressed_file_gives_the_same_flows(tmp_path: Path) -> None:
    packed = tmp_path / "ordinary.pcap.gz"
    packed.write_bytes(gzip.compress(HTTP.read_bytes()))
    assert rows_of(packed)[1] == rows_of(HTTP)[1]


def test_a_truncated_file_gives_what_came_before_and_the_error(tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(HTTP.read_bytes()[:-7])
    reading, rows = rows_of(cut)
    assert len(rows) == len(rows_of(HTTP)[1])
    assert reading.error is not None
    assert str(reading.error).startswith(f"{cut}: offset ")


def test_files_merged_by_time_are_the_same_in_any_order() -> None:
    other = VECTORS / "dns" / "udp.pcap"
    assert rows_of(HTTP, other, merge=True)[1] == rows_of(other, HTTP, merge=True)[1]


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(EngineError, match="no-such-file"):
        Reading(ReadOptions(paths=("/no-such-file.pcap",)), Rows())


def test_the_decoding_thread_ends_with_the_reading() -> None:
    reading, _ = rows_of(HTTP)
    assert reading.error is None
    assert [thread.name for thread in threading.enumerate() if thread.name == "decode"] == []


def test_leaving_early_ends_the_decoding_thread() -> None:
    reading = Reading(ReadOptions(paths=(str(HTTP),)), Rows())
    packets = reading.packets()
    batch, table = next(packets)
    assert batch.count == table.count > 0
    packets.close()  # type: ignore[attr-defined]
    assert [thread.name for thread in threading.enumerate() if thread.name == "decode"] == []


def test_an_error_while_decoding_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    reading = Reading(ReadOptions(paths=(str(HTTP),)), Rows())

    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(reading.pipeline, "decode", broken)
    with pytest.raises(RuntimeError, match="broken"):
        reading.run()
