"""Landlock: what of the file system, of TCP and of other processes this process may reach, for good.

Right by right, as the kernel learned them (Documentation/userspace-api/landlock.rst): files 5.13 (ABI 1),
moves between directories 5.19 (2), truncation 6.2 (3), TCP 6.7 (4), ioctl on devices 6.10 (5), abstract unix
sockets and signals 6.12 (6), what is logged 6.15 (7). It holds for one thread and those it starts. UDP is
not covered at all.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import struct
from collections.abc import Iterable
from types import TracebackType

from procwire.sandbox.syscalls import SandboxError, call

FILES_SINCE, TCP_SINCE, SCOPES_SINCE, LOGGING_SINCE = 1, 4, 6, 7  # ABI
LINUX_OF = {FILES_SINCE: "5.13", TCP_SINCE: "6.7", SCOPES_SINCE: "6.12", LOGGING_SINCE: "6.15"}

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REG = 1 << 4, 1 << 5, 1 << 7, 1 << 8
TRUNCATE, IOCTL_DEV = 1 << 14, 1 << 15
_FILE_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_OF_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV  # what a rule on a file may hold
_TCP_RIGHTS = 0b11  # bind, connect
_SCOPES = 0b11  # abstract unix sockets, signals
READ = READ_FILE | READ_DIR
WRITE = READ | WRITE_FILE | TRUNCATE | _REMOVE_FILE | _REMOVE_DIR | _MAKE_REG | _MAKE_DIR | 1 << 13
CONNECT_UNIX = READ_FILE | WRITE_FILE

_VERSION = 1  # LANDLOCK_CREATE_RULESET_VERSION
_PATH_BENEATH = 1
_NET_PORT = 2
_CONNECT_TCP = 1 << 1
QUIET = 1 << 0  # LANDLOCK_RESTRICT_SELF_LOG_SAME_EXEC_OFF


def abi() -> int:
    """The kernel's version of Landlock; 0 where it has none or it is off."""
    try:
        return call("landlock_create_ruleset", None, 0, _VERSION)
    except SandboxError:
        return 0


def why_none() -> str:
    """Why there is no Landlock here, in words."""
    try:
        call("landlock_create_ruleset", None, 0, _VERSION)
    except SandboxError as error:
        if error.errno == errno.ENOSYS:
            return "the kernel has no Landlock (Linux 5.13)"
        if error.errno == errno.EOPNOTSUPP:
            return "Landlock is off: lsm= on the kernel's command line does not name it"
        return f"Landlock is refused ({error.strerror}): a container's filter?"
    return ""


def rights(version: int) -> int:
    """Every right over files that this ABI knows: what is not granted is denied."""
    known = [number for number in _FILE_RIGHTS if number <= version]
    return _FILE_RIGHTS[max(known)] if known else 0


class Ruleset:
    """What stays allowed. Made while paths can still be opened; ``enforce`` may come much later.

    Raises SandboxError where the kernel has no Landlock.
    """

    def __init__(self, version: int | None = None) -> None:
        self.version = min(abi(), LOGGING_SINCE) if version is None else version
        if not self.version:
            raise SandboxError(errno.ENOSYS, why_none())
        self.handled = rights(self.version)
        network = _TCP_RIGHTS if self.version >= TCP_SINCE else 0
        scopes = _SCOPES if self.version >= SCOPES_SINCE else 0
        words = (self.handled, network, scopes)
        size = 24 if scopes else 16 if network else 8  # struct landlock_ruleset_attr grew with the ABI
        self._fd = call("landlock_create_ruleset", struct.pack("=3Q", *words)[:size], size, 0)

    def __enter__(self) -> Ruleset:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the ruleset go; what was enforced stays so."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def allow(self, path: str | int, access: int) -> bool:
        """Allow what lies at or beneath a path (or descriptor); False where there is no such path."""
        own = isinstance(path, str)
        try:
            fd = os.open(path, os.O_PATH | os.O_CLOEXEC) if isinstance(path, str) else path
        except OSError:
            return False
        try:
            if not stat.S_ISDIR(os.fstat(fd).st_mode):
                access &= _OF_A_FILE
            access &= self.handled
            if access:
                call("landlock_add_rule", self._fd, _PATH_BENEATH, struct.pack("=Qi", access, fd), 0)
        finally:
            if own:
                with contextlib.suppress(OSError):
                    os.close(fd)
        return True

    def allow_port(self, port: int) -> bool:
        """Allow TCP connections to a port, at any address; False where this kernel does not mind TCP."""
        if self.version < TCP_SINCE:
            return False
        call("landlock_add_rule", self._fd, _NET_PORT, struct.pack("=QQ", _CONNECT_TCP, port), 0)
        return True

    def allow_all(self, paths: Iterable[str], access: int) -> None:
        """Allow each of them that exists."""
        for path in paths:
            self.allow(path, access)

    def enforce(self, *, quiet: bool = False) -> None:
        """From now on; no_new_privs must be set. ``quiet``: denials are not logged. Raises SandboxError."""
        flags = QUIET if quiet and self.version >= LOGGING_SINCE else 0
        call("landlock_restrict_self", self._fd, flags)
