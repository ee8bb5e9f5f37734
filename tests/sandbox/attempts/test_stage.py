"""The stage: everything on it can be reached, and is gone afterwards."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from procwire.sandbox.attempts.stage import renew, set_up


def test_targets_are_there_and_go_away() -> None:
    with set_up() as stage:
        assert Path(stage.file).read_bytes() == b"x" * 4096
        os.kill(stage.victim, 0)
        with (
            socket.create_connection(("127.0.0.1", stage.tcp_port)) as tcp,
            socket.socket(socket.AF_UNIX) as unix,
        ):
            unix.connect(stage.unix_path)
            assert tcp.getpeername()[1] == stage.tcp_port
        assert stage.handle
        assert Path(stage.home).is_dir()
        folder, victim = stage.folder, stage.victim
    assert not Path(folder).exists()
    assert not Path(f"/proc/{victim}").exists()


def test_what_was_made_is_cleared_away() -> None:
    with set_up() as stage:
        Path(stage.folder, "made").touch()
        Path(stage.folder, "sub").mkdir()
        Path(stage.file).unlink()
        renew(stage.folder)
        assert {path.name for path in Path(stage.folder).iterdir()} == {"file", "socket"}
