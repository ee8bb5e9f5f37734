"""What the programs of a running procwire cost in the kernel: time and runs (kernel.bpf_stats_enabled).

Read from /proc/PID/fdinfo, which tells a program's id, run time and runs; the name is asked of bpf(2).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
from collections.abc import Iterator
from pathlib import Path

STATS = Path("/proc/sys/kernel/bpf_stats_enabled")
_BPF = {"x86_64": 321, "aarch64": 280}
_PROG_GET_FD_BY_ID, _OBJ_GET_INFO_BY_FD = 13, 15
_NAME_AT = 64  # offset of the name in struct bpf_prog_info


@contextlib.contextmanager
def measured() -> Iterator[None]:
    """Let the kernel measure its programs meanwhile."""
    before = STATS.read_text(encoding="ascii")
    STATS.write_text("1\n", encoding="ascii")
    try:
        yield
    finally:
        STATS.write_text(before, encoding="ascii")


def name_of(identifier: int) -> str:
    """A loaded program's name."""
    libc = ctypes.CDLL(None, use_errno=True)
    attributes = (ctypes.c_uint32 * 32)(identifier)
    number = _BPF[platform.machine()]
    descriptor = libc.syscall(number, _PROG_GET_FD_BY_ID, attributes, ctypes.sizeof(attributes))
    if descriptor < 0:
        return str(identifier)
    try:
        info = ctypes.create_string_buffer(256)
        asked = (ctypes.c_uint64 * 16)(descriptor | len(info) << 32, ctypes.addressof(info))
        if libc.syscall(number, _OBJ_GET_INFO_BY_FD, asked, 16) != 0:
            return str(identifier)
        return info.raw[_NAME_AT : _NAME_AT + 16].partition(b"\0")[0].decode()
    finally:
        os.close(descriptor)


def costs(pid: int) -> dict[str, tuple[int, float]]:
    """Runs and mean nanoseconds of each program that a process holds and that ran."""
    found = {}
    for path in Path(f"/proc/{pid}/fdinfo").iterdir():
        try:
            lines = path.read_text(encoding="ascii").splitlines()
        except OSError:
            continue
        said = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        if "run_cnt" in said and int(said["run_cnt"]):
            runs = int(said["run_cnt"])
            found[name_of(int(said["prog_id"]))] = (runs, int(said["run_time_ns"]) / runs)
    return found
