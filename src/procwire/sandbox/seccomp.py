"""Put a filter on the system calls of this process, for good (seccomp(2), Linux 3.17)."""

from __future__ import annotations

import ctypes
import errno
import struct

from procwire.sandbox.syscalls import SandboxError, call

_SET_FILTER = 1  # SECCOMP_SET_MODE_FILTER
_GET_ACTION = 2  # SECCOMP_GET_ACTION_AVAIL, Linux 4.14
_ALL_THREADS = 1  # SECCOMP_FILTER_FLAG_TSYNC


class _Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def missing(action: int) -> str:
    """Why filters with this action cannot be had here; empty where they can."""
    try:
        call("seccomp", _GET_ACTION, 0, ctypes.c_uint32(action))  # type: ignore[arg-type]
    except SandboxError as error:
        if error.errno in (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP):
            return "the kernel has no seccomp filters (Linux 4.14, CONFIG_SECCOMP_FILTER)"
        return str(error.strerror)
    return ""


def install(program: bytes) -> None:
    """Filter every thread from now on; no_new_privs must be set. Raises SandboxError."""
    size = struct.calcsize("=HBBI")
    code = ctypes.create_string_buffer(program, len(program))
    head = _Program(len(program) // size, ctypes.addressof(code))
    failed = call("seccomp", _SET_FILTER, _ALL_THREADS, head)
    if failed:  # the id of a thread that cannot be filtered
        raise SandboxError(errno.ESRCH, f"thread {failed} has a filter of its own")
