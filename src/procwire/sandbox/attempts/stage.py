"""The stage, set: listeners, a victim, a file, each within reach of whoever is not confined."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import pwd
import signal
import socket
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

from procwire.sandbox import identity, limits
from procwire.sandbox.attempts.attempt import Stage
from procwire.sandbox.syscalls import SandboxError, call, prctl

_DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG
_HANDLE_BYTES = 128  # MAX_HANDLE_SZ
_WORD = ctypes.create_string_buffer(b"word")


@contextlib.contextmanager
def set_up() -> Iterator[Stage]:
    """A stage for the time of the block."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="procwire-trial-"))
        Path(folder).chmod(0o777)
        target = Path(folder, "file")
        renew(folder)
        tcp, udp, unix, abstract = (stack.enter_context(each) for each in _listeners(folder))
        victim = _start_victim()
        stack.callback(_end, victim)
        mount = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        namespace = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        pair = _terminal()
        for fd in (mount, namespace, *pair):
            stack.callback(os.close, fd)
        yield Stage(
            folder=folder,
            file=str(target),
            home=_home(),
            victim=victim,
            word=ctypes.addressof(_WORD),  # the same there: it was forked
            tcp_port=tcp.getsockname()[1],
            udp_port=udp.getsockname()[1],
            unix_path=unix.getsockname(),
            abstract=abstract.getsockname(),
            handle=_handle(str(target)),
            mount=mount,
            namespace=namespace,
            terminal=pair[1] if pair else -1,
        )


def renew(folder: str) -> None:
    """As it was before the last attempt."""
    for name in ("made", "link", "fifo"):
        Path(folder, name).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        Path(folder, "sub").rmdir()
    target = Path(folder, "file")
    target.write_bytes(b"x" * 4096)
    target.chmod(0o666)


def _listeners(folder: str) -> list[socket.socket]:
    made = []
    for family, kind, address in (
        (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
        (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
        (socket.AF_UNIX, socket.SOCK_STREAM, f"{folder}/socket"),
        (socket.AF_UNIX, socket.SOCK_STREAM, f"\0procwire-trial-{os.getpid()}"),
    ):
        listener = socket.socket(family, kind)
        listener.bind(address)
        if kind == socket.SOCK_STREAM:
            listener.listen(64)
        made.append(listener)
    Path(folder, "socket").chmod(0o777)
    return made


def _start_victim() -> int:
    """A process of the user that the cell's process becomes, so that the user alone is no wall."""
    limits.is_dumpable()  # loads what the victim cannot read any more
    ready, told = os.pipe()
    pid = os.fork()
    if pid:
        os.close(told)
        alive = os.read(ready, 1)
        os.close(ready)
        if not alive:
            raise SandboxError(errno.ESRCH, "the process that was to be attacked did not live")
        return pid
    try:
        who = identity.lesser()
        if who is not None:
            identity.become(who)
            limits.show()
        prctl(_DIES_WITH_PARENT, signal.SIGKILL)
        signal.signal(signal.SIGURG, signal.SIG_IGN)
        os.write(told, b"+")
        while True:
            signal.pause()
    finally:
        os._exit(1)


def _end(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def _home() -> str:
    try:
        return pwd.getpwuid(int(os.environ.get("SUDO_UID", os.getuid()))).pw_dir
    except (KeyError, ValueError):
        return os.environ.get("HOME", "/root")


def _handle(path: str) -> bytes:
    """struct file_handle: how long, of which kind, and what the file system wants it to be."""
    handle = ctypes.create_string_buffer(8 + _HANDLE_BYTES)
    struct.pack_into("=I", handle, 0, _HANDLE_BYTES)
    try:
        call("name_to_handle_at", -100, path.encode(), handle, ctypes.c_int(0), 0)  # type: ignore[arg-type]
    except SandboxError:
        return b""
    return handle.raw


def _terminal() -> tuple[int, ...]:
    try:
        return os.openpty()
    except OSError:
        return ()
