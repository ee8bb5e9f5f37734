"""Where the cgroup v2 tree is mounted: programs attached at its root see every socket of the host.

Found in /proc/self/mountinfo (proc_pid_mountinfo(5)): it may be anywhere, beside cgroup v1 too.
"""

from __future__ import annotations

import errno
from pathlib import Path

from procwire.bpf.libbpf import BpfError

MOUNTINFO = "/proc/self/mountinfo"


def root(mountinfo: str = MOUNTINFO) -> str:
    """The mount point of the whole cgroup v2 tree. Raises BpfError when there is none in reach."""
    partial = ""
    try:
        lines = Path(mountinfo).read_bytes().split(b"\n")
    except OSError as error:
        raise BpfError(error.errno or 0, f"{mountinfo}: {error.strerror}") from None
    for line in lines:
        front, dash, back = line.partition(b" - ")
        words = front.split(b" ")
        if not dash or back.split(b" ")[0] != b"cgroup2" or len(words) < 5:
            continue
        place = _plain(words[4])
        if words[3] == b"/":
            return place
        partial = place
    if partial:
        raise BpfError(errno.ENOENT, f"only a part of the cgroup v2 tree is mounted, at {partial}")
    raise BpfError(errno.ENOENT, "no cgroup v2 tree is mounted")


def _plain(word: bytes) -> str:
    r"""Blank, tab, line end and backslash stand as \040, \011, \012 and \134."""
    for escape, plain in ((b"\\040", b" "), (b"\\011", b"\t"), (b"\\012", b"\n"), (b"\\134", b"\\")):
        word = word.replace(escape, plain)
    return word.decode("utf-8", "surrogateescape")
