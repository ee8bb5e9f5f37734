"""Only who waits for the signal gets it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from procwire.recorder.asking import ARM, ENGINE, FREEZE, ask, places, recording, waits
from procwire.recorder.reason import RecorderError


def test_a_process_that_would_die_of_it_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: sent.append((pid, number)))
    with pytest.raises(RecorderError, match="records nothing"):
        ask(os.getpid())
    with pytest.raises(RecorderError):
        ask(1 << 22)
    before = signal.signal(signal.SIGUSR1, lambda *_: None)
    try:
        ask(os.getpid())
        ask(os.getpid(), ARM)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert sent == [(os.getpid(), FREEZE), (os.getpid(), ARM)]


def test_engines_that_wait_are_found(tmp_path: Path) -> None:
    for pid, comm, caught in ((5, ENGINE, "0000000000000200"), (6, ENGINE, "0"), (7, "bash", "200")):
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "comm").write_text(f"{comm}\n")
        (tmp_path / str(pid) / "status").write_text(f"Name:\t{comm}\nSigCgt:\t{caught}\n")
    (tmp_path / "8").mkdir()
    assert recording(tmp_path) == [5]
    assert waits(7, tmp_path)


def test_where_they_keep_incidents(tmp_path: Path) -> None:
    proc, kept, code = tmp_path / "proc", tmp_path / "incidents", tmp_path / "code"
    for path in (proc / "5" / "fd", kept, code):
        path.mkdir(parents=True)
    (proc / "5" / "comm").write_text(f"{ENGINE}\n")
    (proc / "5" / "status").write_text("SigCgt:\t0000000000000200\n")
    held = os.open(kept, os.O_RDONLY | os.O_DIRECTORY)
    named = os.open(code, os.O_PATH | os.O_DIRECTORY)  # as a cell names what may be read
    try:
        for number in (held, named):
            (proc / "5" / "fd" / str(number)).symlink_to(Path(f"/proc/self/fd/{number}").readlink())
        assert kept in places(proc)
    finally:
        os.close(held)
        os.close(named)
    (proc / "6").mkdir()
    (proc / "6" / "comm").write_text(f"{ENGINE}\n")
    (proc / "6" / "status").write_text(
        "SigCgt:\t0000000000000200\n"
    )  # ended before its descriptors were read
    assert kept in places(proc)
