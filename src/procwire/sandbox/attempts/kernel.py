"""The kernel: load code into it, change what others see, reach what is seldom looked after.

Where success would do harm, the call is made with arguments that cannot succeed; that the kernel looked at
them at all is what counts.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct

from procwire.sandbox.attempts.attempt import Attempt, Stage, reached
from procwire.sandbox.syscalls import call, raw

_NEW_USER, _NEW_MOUNT = 0x10000000, 0x00020000
_NEW_NET = 0x40000000
_MAP_CREATE, _ARRAY = 0, 2
_SOFTWARE, _CPU_CLOCK = 1, 0
_DETACH = 2  # MNT_DETACH
_X32_GETPID = 0x40000000 | 39
_SESSION_KEYRING = -3 & 0xFFFFFFFFFFFFFFFF


def _map(_stage: Stage) -> None:
    attributes = struct.pack("=4I", _ARRAY, 4, 4, 1).ljust(128, b"\0")
    os.close(call("bpf", _MAP_CREATE, attributes, len(attributes)))


def _perf(_stage: Stage) -> None:
    attributes = struct.pack("=2IQ", _SOFTWARE, 128, _CPU_CLOCK).ljust(128, b"\0")
    os.close(call("perf_event_open", attributes, 0, -1, -1, 0))


def _ring(_stage: Stage) -> None:
    os.close(call("io_uring_setup", 1, ctypes.create_string_buffer(120)))


def _mount(stage: Stage) -> None:
    call("mount", b"none", stage.folder.encode(), b"tmpfs", 0, None)
    with contextlib.suppress(OSError):
        call("umount2", stage.folder.encode(), _DETACH)


def _queue(_stage: Stage) -> None:
    os.close(call("mq_open", b"procwire-trial", os.O_RDWR | os.O_CREAT, 0o600, None))


ATTEMPTS = (
    Attempt("bpf", "make a BPF map", _map),
    Attempt("perf", "open a performance counter", _perf),
    Attempt("io-uring", "make an io_uring", _ring),
    Attempt("userfaultfd", "handle its own page faults", lambda _: os.close(call("userfaultfd", 0))),
    Attempt("keyring", "ask for a keyring", lambda _: call("keyctl", 0, _SESSION_KEYRING, 0, 0, 0)),
    Attempt("add-key", "add a key to one", lambda _: reached("add_key", b"", None, None, 0, 0)),
    Attempt("load-module", "load a kernel module", lambda _: reached("init_module", None, 0, b"")),
    Attempt("unload-module", "unload a kernel module", lambda _: reached("delete_module", b"", 0)),
    Attempt("kexec", "load another kernel", lambda _: reached("kexec_load", 0, 0, None, 0xFFFF)),
    Attempt("reboot", "restart the machine", lambda _: reached("reboot", 0, 0, 0, None)),
    Attempt("swap", "add swap space", lambda _: reached("swapon", None, 0)),
    Attempt("set-clock", "set the clock", lambda _: reached("clock_settime", 0, None)),
    Attempt("set-hostname", "rename the machine", lambda _: reached("sethostname", None, -1)),
    Attempt("ports", "reach the machine's ports", lambda _: reached("ioperm", 0x80, 1, 1)),
    Attempt("segments", "change the segment table", lambda _: reached("modify_ldt", 0, None, 0)),
    Attempt("mount", "mount a file system", _mount),
    Attempt("mount-by-descriptor", "begin to mount one (fsopen)",
            lambda _: os.close(call("fsopen", b"tmpfs", 0))),
    Attempt("chroot", "change its root directory", lambda stage: os.chroot(stage.folder)),
    Attempt("user-namespace", "become root of a user namespace", lambda _: call("unshare", _NEW_USER)),
    Attempt("mount-namespace", "make a mount namespace", lambda _: call("unshare", _NEW_MOUNT)),
    Attempt("join-namespace", "go back to the network outside",
            lambda stage: call("setns", stage.namespace, _NEW_NET)),
    Attempt("shared-memory", "make System V shared memory", lambda _: call("shmget", 0, 4096, 0o600)),
    Attempt("message-queue", "make a message queue", _queue),
    Attempt("x32", "make a call of another architecture", lambda _: raw(_X32_GETPID, name="x32 getpid")),
)  # fmt: skip
