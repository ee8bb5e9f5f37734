"""Entries: lines on standard error, or datagrams with a level."""

from __future__ import annotations

import io
import os
import socket
from pathlib import Path

from procwire.daemon.journal import ERROR, MAX_LINE, Log, entry


def test_lines_say_what_is_wrong() -> None:
    sink = io.StringIO()
    log = Log({}, sink=sink)
    log.error("it broke")
    log.warning("it bends")
    log.info("it holds")
    print("procwire: what others print", file=log.stream)
    log.stream.write("in ")
    log.stream.write("parts\n\n")
    assert not log.native
    assert sink.getvalue().splitlines() == [
        "procwire: error: it broke",
        "procwire: warning: it bends",
        "procwire: it holds",
        "procwire: what others print",
        "procwire: in parts",
    ]


def test_journald_gets_levels(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal, (tmp_path / "err").open("w") as err:
        journal.bind(str(tmp_path / "j"))
        journal.settimeout(60)
        seen = os.fstat(err.fileno())
        named = {"JOURNAL_STREAM": f"{seen.st_dev}:{seen.st_ino}"}
        log = Log(named, path=str(tmp_path / "j"), sink=err)
        assert log.native
        log.error("it broke")
        head = f"PRIORITY=3\nSYSLOG_IDENTIFIER=procwire\nSYSLOG_PID={os.getpid()}\n"
        assert journal.recv(4096).decode() == head + "MESSAGE=it broke\n"
        log.close()
        assert not Log({"JOURNAL_STREAM": "1:1"}, path=str(tmp_path / "j"), sink=err).native


def test_a_value_of_lines_has_its_length_in_front() -> None:
    assert entry(ERROR, "a\nb").endswith(b"\nMESSAGE\n" + (3).to_bytes(8, "little") + b"a\nb\n")


def test_what_never_ends_is_cut() -> None:
    sink = io.StringIO()
    log = Log({}, sink=sink)
    log.stream.write("x" * (MAX_LINE + 1))
    assert len(sink.getvalue()) < MAX_LINE + 20
