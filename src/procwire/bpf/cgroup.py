"""Where the cgroup v2 tree is mounted: programs attached at its root see every socket of the host.

Found in /proc/self/mountinfo (proc_pid_mountinfo(5)): it may be anywhere, beside cgroup v1 too. Where it is
hidden (``ip netns exec`` puts a /sys of its own in its place), it is mounted once more, in no place: the
mount is known by its descriptor alone, and gone with it (fsopen(2), Linux 5.2; asks for CAP_SYS_ADMIN).
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
from pathlib import Path
from typing import Any

from procwire.bpf.libbpf import BpfError

MOUNTINFO = "/proc/self/mountinfo"
_FSOPEN, _FSCONFIG, _FSMOUNT = 430, 431, 432  # the same on every architecture but Alpha
_CREATE = 6  # FSCONFIG_CMD_CREATE
_CLOEXEC = 1  # FSOPEN_CLOEXEC, FSMOUNT_CLOEXEC
_INSIDE = 0xF  # MOUNT_ATTR_RDONLY | NOSUID | NODEV | NOEXEC: it is looked at, and attached to
_detached: list[int] = []  # the descriptor of the mount of our own, where there is one
_shut_in: list[bool] = []  # of a process in its cell, which would be ended for another try


def root() -> str:
    """A path to the whole cgroup v2 tree, good in this process and its children. Raises BpfError."""
    if _detached:
        return f"/proc/self/fd/{_detached[0]}"
    try:
        return _reached(mounted())
    except BpfError as error:
        if _shut_in:
            raise
        try:
            _detached.append(_mount())
        except OSError as refused:
            words = f"{error.strerror}, and to mount one is refused: {os.strerror(refused.errno or 0)}"
            raise BpfError(error.errno or 0, words) from None
    return root()


def prepare() -> None:
    """Before this process shuts itself in: what its children need is mounted now, or not at all."""
    with contextlib.suppress(BpfError):
        root()
    _shut_in.append(True)


def _reached(place: str) -> str:
    """The same place. Raises BpfError where something else is mounted above it."""
    if Path(place, "cgroup.procs").exists():
        return place
    raise BpfError(errno.ENOENT, f"another mount hides the cgroup v2 tree at {place}")


def let_go() -> None:
    """Close the mount of our own, for good: this process is about to shut itself in."""
    _shut_in.append(True)
    while _detached:
        os.close(_detached.pop())


def _mount() -> int:
    """A mount of the tree in no place: its descriptor. Raises OSError."""
    context = _call(_FSOPEN, b"cgroup2", _CLOEXEC)
    try:
        _call(_FSCONFIG, context, _CREATE, None, None, 0)
        return _call(_FSMOUNT, context, _CLOEXEC, _INSIDE)
    finally:
        os.close(context)


def _call(number: int, *arguments: Any) -> int:
    function = ctypes.CDLL(None, use_errno=True).syscall
    function.restype = ctypes.c_long
    words = [ctypes.c_long(each) if isinstance(each, int) else ctypes.c_char_p(each) for each in arguments]
    result: int = function(ctypes.c_long(number), *words)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def mounted(mountinfo: str = MOUNTINFO) -> str:
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
