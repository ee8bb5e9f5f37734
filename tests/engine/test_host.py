from __future__ import annotations

import os
import socket

import pytest

from procwire.engine import host
from procwire.engine.options import EngineError


def test_our_own_socket_with_what_its_port_hints_at() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as ours, host.sockets() as table:
        ours.connect(("127.0.0.1", 53))
        port = ours.getsockname()[1]
        row = next(row for row in table.take() if row.src_port == port and row.proto == "udp")
    assert row.process is not None
    assert row.process.task.pid == os.getpid()
    assert (row.app, row.app_confidence) == ("dns", "port-guess")


@pytest.mark.parametrize(("number", "code"), [(1, 3), (2, 1)])
def test_why_events_cannot_be_heard(number: int, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> None:
        raise OSError(number, "no such luck")

    monkeypatch.setattr(host, "Lives", refused)
    with pytest.raises(EngineError, match="process events: no such luck") as caught:
        host.lives()
    assert caught.value.code == code
