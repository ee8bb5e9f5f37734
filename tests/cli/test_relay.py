"""The reader of a capture file, shut in, and who stands before it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import pytest

from procwire.cli.forking import Fork
from procwire.cli.relay import relay
from procwire.engine.api import ReadOptions
from procwire.sandbox.plan import BEST_EFFORT
from procwire.tui.aside import Aside
from procwire.tui.host import HostError, Want
from tests.cli.program import HTTP


def started(path: str) -> Fork:
    arguments = argparse.Namespace(findings=None, thresholds=[], rules=[])
    options = ReadOptions(paths=(path,), workers=1, lenient=True, sandbox=BEST_EFFORT)
    return Fork(lambda made: relay(made, options, arguments))


@pytest.fixture(scope="module")
def host() -> Iterator[Aside]:
    fork = started(str(HTTP))
    yield Aside(fork.made)
    fork.end()


def test_a_file_is_read_and_asked_about(host: Aside) -> None:
    found = host.rows(Want(table="flow", columns=("flow_id", "app"), order="bytes", descending=True))
    assert found.total == 11
    said = host.conversation(found.rows[0][0])
    text = b"".join(piece.data for piece in said)
    assert text.startswith(b"GET / HTTP/1.1\r\n")
    assert b"HTTP/1.1 200 OK" in text


def test_queries_work_inside_the_cell(host: Aside) -> None:
    assert host.query("SELECT count(*) AS flows FROM flow").rows == ((11,),)


def test_what_is_no_flow_says_nothing(host: Aside) -> None:
    assert host.conversation("0" * 16) == ()


def test_a_file_that_is_not_there_is_said() -> None:
    fork = started("/nonexistent/trace.pcap")
    with pytest.raises(HostError):
        Aside(fork.made)
    fork.end()
    assert "trace.pcap" in fork.said()


def test_chosen_packets_are_written_by_who_is_not_shut_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = HTTP.absolute()
    monkeypatch.chdir(tmp_path)
    fork = started(str(path))
    made = Aside(fork.made)
    said = made.act("export", {"numbers": [2, 5]})
    with pytest.raises(HostError, match="told to freeze"):
        made.act("freeze", {})
    with pytest.raises(HostError, match="was not kept"):
        made.act("export", {"numbers": [99_999]})
    made.close()
    assert fork.end() == 0
    (written,) = tmp_path.glob("*.pcapng")
    assert said == f"2 packets in {written}"
