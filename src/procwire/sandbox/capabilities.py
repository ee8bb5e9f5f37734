"""Capabilities of this thread: seen, and given up for good (capabilities(7))."""

from __future__ import annotations

import ctypes
import errno
from collections.abc import Collection
from pathlib import Path

from procwire.sandbox.syscalls import SandboxError, call, prctl

CHOWN, DAC_OVERRIDE, FOWNER = 0, 1, 3
SETGID, SETUID, SETPCAP, NET_ADMIN, NET_RAW, IPC_LOCK = 6, 7, 8, 12, 13, 14
DAC_READ_SEARCH, KILL, SYS_PTRACE, SYS_ADMIN, SYS_NICE, SYS_RESOURCE = 2, 5, 19, 21, 23, 24
PERFMON, BPF = 38, 39
NAMES = {
    CHOWN: "chown", DAC_OVERRIDE: "dac_override", FOWNER: "fowner", DAC_READ_SEARCH: "dac_read_search",
    KILL: "kill", SETGID: "setgid", SETUID: "setuid", SETPCAP: "setpcap",
    NET_ADMIN: "net_admin", NET_RAW: "net_raw", IPC_LOCK: "ipc_lock",
    SYS_PTRACE: "sys_ptrace", SYS_ADMIN: "sys_admin", SYS_NICE: "sys_nice", SYS_RESOURCE: "sys_resource",
    PERFMON: "perfmon", BPF: "bpf",
}  # fmt: skip

_BOUNDING_READ, _BOUNDING_DROP = 23, 24  # PR_CAPBSET_READ, PR_CAPBSET_DROP
_SECUREBITS = 28  # PR_SET_SECUREBITS
_AMBIENT, _AMBIENT_CLEAR = 47, 4  # PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL
_LOCKED = (
    0b11101111  # noroot, no_setuid_fixup, no_cap_ambient_raise, each with its lock; keep_caps locked off
)
_VERSION_3 = 0x20080522


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Data(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def effective() -> int:
    """The capabilities this thread may use, as a mask."""
    data = (_Data * 2)()
    call("capget", _Header(_VERSION_3, 0), data)
    return int(data[0].effective | data[1].effective << 32)


def names(mask: int) -> list[str]:
    """The capabilities in a mask, by name where one is known here."""
    return [NAMES.get(number, str(number)) for number in range(64) if mask >> number & 1]


def last() -> int:
    """The highest capability that this kernel knows."""
    try:
        return int(Path("/proc/sys/kernel/cap_last_cap").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 40  # CAP_CHECKPOINT_RESTORE, the last one as of Linux 6.18


def bound(kept: Collection[int] = (), *, lock: bool = True) -> None:
    """Take all but ``kept`` from the bounding set and lock the securebits. Raises SandboxError (EPERM).

    Without ``lock``: children become another user as usual, and lose their rights by that.
    """
    for number in range(last() + 1):
        if number in kept:
            continue
        try:
            if prctl(_BOUNDING_READ, number):
                prctl(_BOUNDING_DROP, number)
        except SandboxError as error:
            if error.errno != errno.EINVAL:  # a capability this kernel has not
                raise
    if lock:
        prctl(_SECUREBITS, _LOCKED)


def keep(kept: Collection[int] = ()) -> None:
    """Give up all but ``kept``: permitted, effective, inheritable and ambient. Raises SandboxError."""
    try:
        prctl(_AMBIENT, _AMBIENT_CLEAR)
    except SandboxError as error:
        if error.errno != errno.EINVAL:  # before Linux 4.3 there was no ambient set
            raise
    mask = sum(1 << number for number in kept)
    data = (_Data * 2)()
    for place, half in enumerate((mask & 0xFFFFFFFF, mask >> 32)):
        data[place].effective = data[place].permitted = half
    call("capset", _Header(_VERSION_3, 0), data)
