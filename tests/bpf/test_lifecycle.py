from __future__ import annotations

import os
import struct
import subprocess

import pytest

from procwire.bpf import lifecycle
from procwire.bpf.lifecycle import EVENT_BYTES, EXEC, EXIT, FORK
from procwire.bpf.loader import Object, read_object
from procwire.bpf.mailbox import Mailbox
from tests.bpf.kernel import need_bpf
from tests.lab import wait_for

RAW = struct.pack(
    "=QQQQQIIIIIIII16s256s1024s", 1, 2, 3, 4, 5, EXEC, 7, 8, 9, 10, 11, 6, 0,
    b"sh\0x", b"/bin/sh\0junk", b"sh\0-c\0\0more",
)  # fmt: skip


def test_a_record_as_an_event() -> None:
    event = lifecycle.unpack(RAW)
    assert event is not None
    assert event[:11] == (1, 2, 3, 4, 5, EXEC, 7, 8, 9, 10, 11)
    assert (event.comm, event.exe, event.args) == (b"sh", b"/bin/sh", b"sh\0-c\0")
    assert len(RAW) == EVENT_BYTES


def test_a_cut_record_is_none_and_a_size_beyond_the_field_is_bounded() -> None:
    assert lifecycle.unpack(RAW[:-1]) is None
    wild = bytearray(RAW)
    struct.pack_into("=I", wild, 64, 0xFFFFFFFF)
    event = lifecycle.unpack(bytes(wild))
    assert event is not None
    assert len(event.args) == lifecycle.ARGS_BYTES


@pytest.mark.kernel
def test_a_process_from_its_birth_to_its_end() -> None:
    need_bpf()
    with Object(read_object("lifecycle")) as made:
        made.load()
        mailbox = Mailbox(made.library, made.map("events", 1).descriptor)
        made.attach()
        with subprocess.Popen(["/bin/sh", "-c", "exit 3"]) as child:
            child.wait()
        found = [event for data in mailbox.poll(1.0) if (event := lifecycle.unpack(data)) is not None]
        ours = {event.kind: event for event in found if event.pid == child.pid}
        mailbox.close()
        mailbox.close()
    assert set(ours) == {FORK, EXEC, EXIT}
    assert {event.ppid for event in ours.values()} == {os.getpid()}
    assert ours[FORK].time <= ours[EXEC].time <= ours[EXIT].time
    assert len({event.start for event in ours.values()}) == 1
    assert (ours[EXEC].exe, ours[EXEC].args, ours[EXEC].comm) == (
        b"/bin/sh",
        b"sh\0-c\0exit 3\0".replace(b"sh", b"/bin/sh", 1),
        b"sh",
    )
    assert (ours[EXIT].exit_code >> 8, ours[EXIT].uid) == (3, os.geteuid())
    assert ours[EXEC].netns == os.stat("/proc/self/ns/net").st_ino  # noqa: PTH116


@pytest.mark.kernel
def test_threads_are_not_told_of() -> None:
    need_bpf()
    code = "import threading\nfor _ in range(3):\n    t = threading.Thread(target=int); t.start(); t.join()"
    with Object(read_object("lifecycle")) as made:
        made.load()
        mailbox = Mailbox(made.library, made.map("events", 1).descriptor)
        made.attach()
        with subprocess.Popen(["/usr/bin/env", "python3", "-c", code]) as child:
            child.wait()
        seen: list[int] = []

        def ended() -> bool:
            events = (lifecycle.unpack(data) for data in mailbox.poll(0.1))
            seen.extend(event.kind for event in events if event is not None and event.pid == child.pid)
            return EXIT in seen

        wait_for(ended, what="the exit")
        mailbox.close()
    assert seen.count(FORK) == seen.count(EXIT) == 1
