"""Control groups: finding a process's, a unit's; a group of its own for a process; and the mark on what
they send.

The mark is a program of seven instructions at the group's egress hook, which gives a packet a priority
(kernel: a cgroup_skb program may write ``skb->priority``); HTB takes a priority that names one of its
classes as that class. The hook is held by a bpf_link: it ends with whoever holds its descriptor. What a
group receives is told apart elsewhere (``catching``). Needs the cgroup v2 tree, wherever it is mounted.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import platform
import struct
from pathlib import Path

from procwire.bpf import cgroup
from procwire.bpf.libbpf import BpfError
from procwire.shaping.failure import ShapingError
from procwire.shaping.namespace import GoneError
from procwire.shaping.steps import Settle, Unsettle
from procwire.shaping.target import unit_of

PREFIX = "procwire-shape-"
MAX_UNITS = 65536  # folders looked through for a unit
_BPF = {"x86_64": 321, "aarch64": 280, "riscv64": 280, "s390x": 351, "ppc64le": 361}
_LOAD, _LINK_CREATE = 5, 28
_CGROUP_SKB, _EGRESS = 8, 1
_PRIORITY = 32  # offset in struct __sk_buff
_LOG_BYTES = 4096


def root() -> str:
    """Where the cgroup v2 tree is. Raises ShapingError."""
    try:
        return cgroup.mounted()  # others find what is made there by its path
    except BpfError as error:
        raise ShapingError(f"processes cannot be told apart: {error.strerror}") from None


def of_process(pid: int) -> str:
    """The group that a process is in, from the root. Raises GoneError, ShapingError."""
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        raise GoneError(f"there is no process {pid}") from None
    for line in lines:
        if line.startswith("0::"):
            return line.removeprefix("0::")
    raise ShapingError(f"process {pid} is in no cgroup of version 2")


def of_unit(name: str) -> str:
    """The group of a systemd unit, from the root. Raises GoneError."""
    wanted = unit_of(name)
    top = root()
    waiting, seen = [""], 0
    while waiting and seen < MAX_UNITS:
        path = waiting.pop()
        with contextlib.suppress(OSError), os.scandir(top + path) as entries:
            for entry in entries:
                if not entry.is_dir(follow_symlinks=False):
                    continue
                seen += 1
                if entry.name == wanted:
                    return f"{path}/{entry.name}"
                waiting.append(f"{path}/{entry.name}")
    raise GoneError(f"no unit {wanted!r} has a control group now")


def start_of(pid: int) -> int:
    """When a process began, in ticks since boot: a pid that was given out again has another. Raises
    GoneError.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
        return int(stat.rpartition(b")")[2].split()[19])
    except (OSError, IndexError, ValueError):
        raise GoneError(f"there is no process {pid}") from None


def settling(pid: int) -> tuple[Settle, Unsettle]:
    """The steps that give a process a group of its own, and that undo it. Raises GoneError, ShapingError."""
    home = of_process(pid)
    group = f"{home.rstrip('/')}/{PREFIX}{pid}"
    return Settle(pid=pid, start=start_of(pid), group=group, home=home), Unsettle(group=group, home=home)


def placing(pid: int) -> tuple[Settle | None, Unsettle]:
    """The same; None where it has a group of its own already. Raises GoneError, ShapingError."""
    group = of_process(pid)
    if group.rpartition("/")[2] == f"{PREFIX}{pid}":
        return None, Unsettle(group=group, home=group.rpartition("/")[0] or "/")
    return settling(pid)


def settle(step: Settle) -> None:
    """Move the process; its later children are in its group too. Raises GoneError, ShapingError."""
    if start_of(step.pid) != step.start:
        raise GoneError(f"process {step.pid} has ended, and its number belongs to another")
    folder = Path(root() + step.group)
    try:
        folder.mkdir(exist_ok=True)
        _move(folder, step.pid)
    except OSError as error:
        raise ShapingError(f"process {step.pid} cannot get a group of its own: {error.strerror}") from None


def unsettle(step: Unsettle) -> None:
    """Everybody back, and the group away; nothing where it is gone. Raises ShapingError."""
    try:
        top = root()
    except ShapingError:  # within ``ip netns exec``, say, which mounts a /sys of its own
        if _is_lived_in(step.group):
            raise
        return
    folder = Path(top + step.group)
    if not folder.name.startswith(PREFIX) or not folder.is_dir():
        return
    home = Path(top + step.home)
    try:
        for pid in (folder / "cgroup.procs").read_text(encoding="ascii").split():
            _move(home, int(pid))
        folder.rmdir()
    except OSError as error:
        raise ShapingError(f"{step.group} cannot be emptied: {error.strerror}") from None


def _is_lived_in(group: str) -> bool:
    """Whether a process is in a group, as /proc says of each."""
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(ShapingError):
            if of_process(int(place.name)) == group:
                return True
    return False


def mark(group: str, priority: int) -> int:
    """Give what a group sends a priority; the descriptor that holds it. Raises ShapingError, GoneError."""
    try:
        folder = os.open(root() + group, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        raise GoneError(f"there is no control group {group}") from None
    try:
        program = _program(priority)
        try:
            return _bpf(_LINK_CREATE, struct.pack("=IIII", program, folder, _EGRESS, 0) + bytes(48))
        finally:
            os.close(program)
    finally:
        os.close(folder)


def _program(priority: int) -> int:
    """skb->priority = PRIORITY, unless it is of our tree already: programs run from the narrowest group up
    (kernel/bpf/cgroup.c), and a socket's own was given to it for its process. Return 1 (let it pass).
    """
    code = b"".join(
        struct.pack("=BBhi", operation, registers, offset, value)
        for operation, registers, offset, value in (
            (0x61, 0x12, _PRIORITY, 0),  # w2 = *(u32 *)(r1 + 32)
            (0x74, 0x02, 0, 16),  # w2 >>= 16
            (0x16, 0x02, 2, priority >> 16),  # if w2 == the tree's: two further on
            (0xB4, 0x02, 0, _signed(priority)),  # w2 = PRIORITY
            (0x63, 0x21, _PRIORITY, 0),  # *(u32 *)(r1 + 32) = w2
            (0xB7, 0x00, 0, 1),  # r0 = 1
            (0x95, 0x00, 0, 0),  # exit
        )
    )
    text, license_text = ctypes.create_string_buffer(code), ctypes.create_string_buffer(b"Apache-2.0")
    log = ctypes.create_string_buffer(_LOG_BYTES)
    attributes = struct.pack(
        "=IIQQIIQII16sII", _CGROUP_SKB, len(code) // 8, ctypes.addressof(text),
        ctypes.addressof(license_text), 1, _LOG_BYTES, ctypes.addressof(log), 0, 0, b"procwire_shape", 0,
        _EGRESS,
    )  # fmt: skip
    return _bpf(_LOAD, attributes + bytes(56))


def _bpf(command: int, attributes: bytes) -> int:
    number = _BPF.get(platform.machine())
    if number is None:
        raise ShapingError(f"bpf(2) has no number that is known here on {platform.machine()}")
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    result = libc.syscall(number, command, buffer, len(attributes))
    if result < 0:
        reason = os.strerror(ctypes.get_errno())
        if ctypes.get_errno() == errno.EPERM:
            reason += " (it needs CAP_BPF and CAP_NET_ADMIN)"
        raise ShapingError(f"what a control group sends cannot be marked: {reason}")
    return int(result)


def _move(folder: Path, pid: int) -> None:
    try:
        (folder / "cgroup.procs").write_text(str(pid), encoding="ascii")
    except ProcessLookupError:
        return  # it has ended meanwhile


def _signed(value: int) -> int:
    return value - (1 << 32) if value >= 1 << 31 else value
