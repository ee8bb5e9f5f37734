"""What a service manager hears."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from procwire.daemon.notify import Notifier


def test_each_word_is_a_datagram(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "n"))
        manager.settimeout(60)
        told = Notifier({"NOTIFY_SOCKET": str(tmp_path / "n"), "WATCHDOG_USEC": "3000000"})
        assert told.watchdog_seconds == 3.0
        told.ready()
        told.status("well\nREADY=1")
        told.watchdog()
        told.reloading()
        told.stopping()
        heard = [manager.recv(4096).decode() for _ in range(5)]
        told.close()
        told.ready()
    assert heard[0] == f"READY=1\nMAINPID={os.getpid()}"
    assert heard[1:3] == ["STATUS=well READY=1", "WATCHDOG=1"]
    assert heard[3].startswith("RELOADING=1\nMONOTONIC_USEC=")
    assert heard[4] == "STOPPING=1"


def test_an_abstract_socket_is_one_too() -> None:
    name = f"procwire-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + name)
        told = Notifier({"NOTIFY_SOCKET": "@" + name})
        told.stopping()
        assert manager.recv(100) == b"STOPPING=1"
        told.close()


@pytest.mark.parametrize("path", ["", "/nowhere/at/all", "relative", "@"])
def test_without_a_manager_nothing_happens(path: str) -> None:
    told = Notifier({"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"})
    told.ready()
    told.watchdog()
    assert told.watchdog_seconds == 0.0
