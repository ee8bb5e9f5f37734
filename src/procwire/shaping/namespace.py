"""Into a network namespace and out again, without this process ever leaving its own.

A thread that lives for some microseconds enters with setns(2) and makes a netlink socket; the socket goes on
speaking for the namespace it was made in (94 us; a fork is 5 ms, and no thing for a process with threads). A
namespace is known by its inode: a path that leads to another one by now is refused.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from procwire.netlink.channel import ROUTE, Channel
from procwire.shaping.failure import ShapingError
from procwire.shaping.steps import Place

FOLDERS = ("/run/netns", "/var/run/netns", "/run/docker/netns")
OWN = "/proc/self/ns/net"
HERE = "/proc/thread-self/ns/net"
_NEW_NET = 0x40000000
_NSFS = 0x6E736673

T = TypeVar("T")


class GoneError(ShapingError):
    """The namespace, the interface or the process is not there any more."""


class Namespace:
    """One network namespace, held by a descriptor, with a netlink socket inside; a context manager."""

    def __init__(self, path: str = OWN, inode: int = 0) -> None:
        try:
            self.descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            raise GoneError(f"{path}: there is no such network namespace") from None
        except OSError as error:
            raise ShapingError(f"{path}: {error.strerror}") from None
        try:
            found = os.fstat(self.descriptor).st_ino
            if inode and found != inode:
                raise GoneError(f"{path} is another network namespace by now")
            self.place = Place(path=path, inode=found)
            self.channel = inside(self.descriptor, _speak) if found != _here() else _speak()
        except (OSError, ShapingError):
            os.close(self.descriptor)
            raise

    def __enter__(self) -> Namespace:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let it go: while it is held, a namespace without processes goes on living."""
        self.channel.close()
        os.close(self.descriptor)


def own() -> int:
    """The inode of the namespace that this process is in."""
    return os.stat(OWN).st_ino  # noqa: PTH116


def _here() -> int:
    """Where this thread is."""
    return os.stat(HERE).st_ino  # noqa: PTH116


def _speak() -> Channel:
    return Channel(ROUTE)


def inside(descriptor: int, work: Callable[[], T]) -> T:
    """Do something on a thread that is in a namespace, and ends. Raises what ``work`` raises, and
    ShapingError.
    """
    done: list[T] = []
    failed: list[BaseException] = []

    def enter() -> None:
        try:
            _switch(descriptor)
            done.append(work())
        except BaseException as error:
            failed.append(error)

    _on_thread(enter)
    if failed:
        raise failed[0]
    return done[0]


def apart(work: Callable[[], T]) -> T:
    """Do something in a network namespace that is made for it and gone after it. Raises as ``inside``."""
    done: list[T] = []
    failed: list[BaseException] = []

    def enter() -> None:
        try:
            _call("unshare", _NEW_NET)
            done.append(work())
        except BaseException as error:
            failed.append(error)

    _on_thread(enter)
    if failed:
        raise failed[0]
    return done[0]


def path_of(name: str) -> str:
    """The path of a named namespace, of a pid's (``pid=1234``), or of a path. Raises GoneError."""
    if name.startswith("/"):
        return name
    if name.startswith("pid="):
        return f"/proc/{name.removeprefix('pid=')}/ns/net"
    for folder in FOLDERS:
        if os.path.lexists(f"{folder}/{name}"):
            return f"{folder}/{name}"
    raise GoneError(f"no network namespace is called {name!r} (looked in {', '.join(FOLDERS)})")


def named() -> dict[int, str]:
    """Paths of the namespaces that have names, by inode."""
    found: dict[int, str] = {}
    own = Path(OWN).stat().st_dev
    for folder in FOLDERS:
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    status = entry.stat()
                    if status.st_dev == own:  # nsfs; an unmounted leftover is an ordinary file
                        found.setdefault(status.st_ino, entry.path)
    return found


def lived_in(proc: str = "/proc") -> dict[int, list[int]]:
    """Pids by the namespace that they are in, the lowest first; those that may not be seen are left out."""
    found: dict[int, list[int]] = {}
    for pid in sorted(int(name) for name in os.listdir(proc) if name.isdigit()):  # noqa: PTH208
        with contextlib.suppress(OSError):
            found.setdefault(os.stat(f"{proc}/{pid}/ns/net").st_ino, []).append(pid)  # noqa: PTH116
    return found


def _on_thread(work: Callable[[], None]) -> None:
    thread = threading.Thread(target=work, name="procwire-setns")
    thread.start()
    thread.join()


def _switch(descriptor: int) -> None:
    _call("setns", descriptor, _NEW_NET)


def _call(name: str, *arguments: int) -> None:
    """setns(2) and unshare(2) for the calling thread; the os module has them since Python 3.12."""
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        needs = " (it needs CAP_SYS_ADMIN)" if number == errno.EPERM else ""
        raise ShapingError(f"a network namespace cannot be entered: {os.strerror(number)}{needs}")
