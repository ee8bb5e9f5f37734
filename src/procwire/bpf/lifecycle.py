"""The structs of lifecycle.bpf.c as values. Pure."""

from __future__ import annotations

import struct
from typing import NamedTuple

FORK, EXEC, EXIT = 1, 2, 3  # Event.kind

_HEAD = struct.Struct("=QQQQQIIIIIIII16s256s")
ARGS_BYTES = 1024
EVENT_BYTES = _HEAD.size + ARGS_BYTES


class Event(NamedTuple):
    """A fork, an exec or an exit. Of a fork, ``pid`` is the child."""

    time: int  # CLOCK_BOOTTIME, ns
    start: int  # of the process; 0 for not known
    parent_start: int  # 0 for not known
    runtime: int  # ns, at its exit; 0 for not known
    cgroup: int  # cgroup v2 id, 0 for not known
    kind: int
    pid: int
    ppid: int
    uid: int  # effective, -1 for not known
    netns: int  # 0 for not known
    exit_code: int  # as wait(2) gives it
    comm: bytes
    exe: bytes  # of an exec, as it was asked for
    args: bytes  # of an exec, each with its end


def unpack(data: bytes) -> Event | None:
    """One record of the ring buffer; None for one that is cut."""
    if len(data) < EVENT_BYTES:
        return None
    *numbers, size, _, comm, exe = _HEAD.unpack_from(data)
    args = data[_HEAD.size : _HEAD.size + min(size, ARGS_BYTES)]
    (time, start, parent_start, runtime, cgroup, kind, pid, ppid, uid, netns, code) = numbers
    return Event(
        time,
        start,
        parent_start,
        runtime,
        cgroup,
        kind,
        pid,
        ppid,
        uid,
        netns,
        code,
        comm.partition(b"\0")[0],
        exe.partition(b"\0")[0],
        args,
    )
