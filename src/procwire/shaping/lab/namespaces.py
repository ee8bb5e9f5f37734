"""Network namespaces: made, opened, entered on a thread of their own. Python 3.11 has no os.setns.

The process never leaves its own namespace: setns(2) is for one thread, and that thread ends.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from procwire.shaping.failure import ShapingError

FOLDER = Path("/run/netns")
_NEW_NET = 0x40000000  # CLONE_NEWNET
_OWN = "/proc/thread-self/ns/net"
T = TypeVar("T")


def made() -> int:
    """A descriptor of a new namespace; it lives as long as a descriptor or a process is in it."""

    def make() -> int:
        _call("unshare", _NEW_NET)
        return os.open(_OWN, os.O_RDONLY | os.O_CLOEXEC)

    return _on_a_thread(make)


def opened(name: str) -> int:
    """A descriptor of a namespace: a name below /run/netns, a path, or ``pid=N``. Raises ShapingError."""
    if name.startswith("pid="):
        path = Path("/proc") / name.removeprefix("pid=") / "ns/net"
    else:
        path = Path(name) if name.startswith("/") else FOLDER / name
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise ShapingError(f"namespace {name}: {path}: {error.strerror}") from None


def own() -> int:
    """A descriptor of the namespace that this process is in."""
    return os.open(_OWN, os.O_RDONLY | os.O_CLOEXEC)


def inside(namespace: int, work: Callable[[], T]) -> T:
    """Call ``work`` on a thread inside a namespace. What it raises is raised here."""

    def entered() -> T:
        enter(namespace)
        return work()

    return _on_a_thread(entered)


def enter(namespace: int) -> None:
    """Take the calling thread there, for good: for a child that is about to become another program."""
    _call("setns", namespace, _NEW_NET)


def _on_a_thread(work: Callable[[], T]) -> T:
    done: list[T] = []
    failed: list[BaseException] = []

    def body() -> None:
        try:
            done.append(work())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=body, name="procwire-netns")
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return done[0]


def _call(name: str, *words: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*words) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
