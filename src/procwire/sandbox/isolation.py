"""A network namespace without anything in it: no interface, no route, no socket of others (Linux 2.6.29)."""

from __future__ import annotations

import os
from pathlib import Path

from procwire.sandbox import capabilities
from procwire.sandbox.syscalls import call

_NEW_USER, _NEW_NET = 0x10000000, 0x40000000


def isolate() -> None:
    """Leave the network; sockets that are open stay as they are. Raises OSError.

    Without rights of its own a process becomes the root of a user namespace first, where it is the same user
    as before: those rights mean nothing outside, and are given up by whoever drops capabilities next.
    """
    if capabilities.effective() >> capabilities.SYS_ADMIN & 1:
        call("unshare", _NEW_NET)
        return
    uid, gid = os.geteuid(), os.getegid()
    call("unshare", _NEW_USER | _NEW_NET)
    for name, text in (("setgroups", "deny"), ("gid_map", f"{gid} {gid} 1"), ("uid_map", f"{uid} {uid} 1")):
        Path("/proc/self", name).write_text(text, encoding="ascii")
