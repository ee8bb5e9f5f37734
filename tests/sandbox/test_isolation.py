"""A network of its own, with nothing in it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from procwire.sandbox import isolation
from tests.sandbox.child import in_child, refused


def _seen() -> list[object]:
    with socket.socket() as made:
        return [
            [name for _, name in socket.if_nameindex()],
            refused(lambda: made.connect(("127.0.0.1", 9))),
            os.geteuid(),
            os.getegid(),
        ]


def test_root_leaves_the_network() -> None:
    def work() -> list[object]:
        outside = Path("/proc/self/ns/net").readlink()
        isolation.isolate()
        return [str(outside) != str(Path("/proc/self/ns/net").readlink()), *_seen()]

    assert in_child(work) == [True, ["lo"], "ENETUNREACH", 0, 0]


def test_a_user_leaves_it_too_and_stays_who_they_are() -> None:
    def work() -> list[object]:
        os.setgroups([])
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
        from procwire.sandbox import limits

        limits.show()
        isolation.isolate()
        return _seen()

    from procwire.sandbox import limits

    assert limits.is_dumpable()
    assert in_child(work) == [["lo"], "ENETUNREACH", 65534, 65534]
