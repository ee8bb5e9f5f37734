"""The host's network namespaces, by inode, each with a channel to ask it for sockets.

A namespace is entered with setns(2) on a short-lived thread that makes the sockets and ends; a netlink socket
keeps answering for the namespace it was made in, and this process's own namespace never changes. Refuses to
enter what it may not: the reason is kept in ``Namespace.problem``.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from procwire.netlink import message
from procwire.netlink.channel import NETFILTER, ROUTE, SOCK_DIAG, Channel
from procwire.processes import conntrack, procfs

MAX_NAMESPACES = 1024  # channels held open at a time; more are counted in ``Namespaces.left_out``
LOOKS = 3  # a new process is looked at this often, as runtimes unshare after the fork
RECHECK = 16  # and then at one scan in so many, as setns(2) may move it later
FOLDERS = ("/run/netns", "/var/run/netns", "/run/docker/netns")

_CLONE_NEWNET = 0x40000000
_RTM_GETLINK, _IFLA_IFNAME = 18, 3
_RTM_GETADDR = 22
_IFINFOMSG = struct.Struct("=BxHiII")  # family, type, index, flags, change
_IFADDRMSG = struct.Struct("=BBBBI")  # family, prefix length, flags, scope, index
_IFA_ADDRESS, _IFA_LOCAL = 1, 2


class NamespaceError(OSError):
    """A namespace could not be entered."""


class Namespace:
    """One network namespace: ask ``channel`` for sockets and ``tracking``, where there is such a thing, for
    translated connections; ``addresses`` maps its own to interface indices."""

    def __init__(self, inode: int, path: str, sockets: Channel | None, routes: Channel | None) -> None:
        self.inode = inode
        self.path = path
        self.channel = sockets
        self.tracking: Channel | None = None
        self.problem = ""
        self.addresses: dict[bytes, int] = {}
        self._routes = routes

    def refresh(self) -> None:
        """Read the addresses anew; keeps the old ones when the kernel refuses."""
        if self._routes is None:
            return
        found: dict[bytes, int] = {}
        with contextlib.suppress(OSError):
            for answer in self._routes.ask(_RTM_GETADDR, _IFADDRMSG.pack(0, 0, 0, 0, 0), message.DUMP):
                _take_address(answer.body, found)
            self.addresses = found

    def interfaces(self) -> dict[int, str]:
        """Names of its interfaces by their indices; empty when the kernel refuses."""
        found: dict[int, str] = {}
        if self._routes is None:
            return found
        with contextlib.suppress(OSError):
            for answer in self._routes.ask(_RTM_GETLINK, _IFINFOMSG.pack(0, 0, 0, 0, 0), message.DUMP):
                if len(answer.body) >= _IFINFOMSG.size:
                    index = _IFINFOMSG.unpack_from(answer.body)[2]
                    name = message.attributes(answer.body, _IFINFOMSG.size).get(_IFLA_IFNAME, b"")
                    found[index] = procfs.text(name.rstrip(b"\0"))
        return found

    def close(self) -> None:
        """Close its channels."""
        for channel in (self.channel, self._routes, self.tracking):
            if channel is not None:
                channel.close()
        self.channel = self._routes = self.tracking = None


def _take_address(body: bytes, found: dict[bytes, int]) -> None:
    if len(body) < _IFADDRMSG.size:
        return
    index = _IFADDRMSG.unpack_from(body)[4]
    parts = message.attributes(body, _IFADDRMSG.size)
    address = parts.get(_IFA_LOCAL) or parts.get(_IFA_ADDRESS)
    if address:
        found[address] = index


class _Seen(NamedTuple):
    inode: int
    looks: int


class Namespaces:
    """Every network namespace that can be found; a context manager. For one thread."""

    def __init__(self, *, proc: str = "/proc", folders: Sequence[str] = FOLDERS) -> None:
        self._proc = proc
        self._folders = folders
        self._seen: dict[int, _Seen] = {}
        self._scans = 0
        self._found: dict[int, Namespace] = {}
        self.left_out = 0  # namespaces beyond MAX_NAMESPACES
        self.unreadable = 0  # processes whose namespace may not be seen, at the last scan
        self.home = self._open_home()

    def __enter__(self) -> Namespaces:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Namespace]:
        """Own first, then the others that could be entered."""
        yield self.home
        for namespace in self._found.values():
            if namespace is not self.home and namespace.channel is not None:
                yield namespace

    def __len__(self) -> int:
        return len(self._found)

    def close(self) -> None:
        """Close every channel."""
        for namespace in self._found.values():
            namespace.close()
        self._found.clear()

    def problems(self) -> dict[str, str]:
        """What could not be entered, and why, by path."""
        return {found.path: found.problem for found in self._found.values() if found.problem}

    def with_address(self, address: bytes) -> list[Namespace]:
        """The namespaces that have an address as their own."""
        return [namespace for namespace in self if address in namespace.addresses]

    def scan(self, pids: Sequence[int] | None = None) -> None:
        """Find new namespaces, forget those that are gone, read addresses anew."""
        self._scans += 1
        wanted = dict(self._by_folder())
        wanted.update(self._by_process(procfs.pids(self._proc) if pids is None else pids))
        self.left_out = 0
        for inode in [inode for inode in self._found if inode not in wanted]:
            if self._found[inode] is not self.home:
                self._found.pop(inode).close()
        for inode, path in wanted.items():
            if inode not in self._found:
                self._add(inode, path)
            elif self._found[inode] is not self.home:
                self._found[inode].path = path
        for namespace in self._found.values():
            namespace.refresh()

    def _open_home(self) -> Namespace:
        path = f"{self._proc}/thread-self/ns/net"
        inode = procfs.inode(path)
        home = Namespace(inode, path, Channel(SOCK_DIAG), Channel(ROUTE))
        home.tracking = _tracking()
        home.refresh()
        self._found[inode] = home
        return home

    def _by_folder(self) -> Iterator[tuple[int, str]]:
        home_device = Path(self._proc, "thread-self/ns/net").stat().st_dev
        for folder in self._folders:
            with contextlib.suppress(OSError), os.scandir(folder) as entries:
                for entry in entries:
                    with contextlib.suppress(OSError):
                        status = entry.stat()
                        if status.st_dev == home_device:  # nsfs; an unmounted leftover is an empty file
                            yield status.st_ino, entry.path

    def _by_process(self, pids: Sequence[int]) -> Iterator[tuple[int, str]]:
        before, self._seen = self._seen, {}
        self.unreadable = 0
        for pid in pids:
            seen = before.get(pid)
            if seen is None or seen.looks < LOOKS or (pid + self._scans) % RECHECK == 0:
                seen = self._look(pid, seen)
            if seen is not None:
                self._seen[pid] = seen
                self.unreadable += seen.inode == 0
                if seen.inode:
                    yield seen.inode, f"{self._proc}/{pid}/ns/net"

    def _look(self, pid: int, before: _Seen | None) -> _Seen | None:
        looks = before.looks + 1 if before is not None else 1
        try:
            return _Seen(os.stat(f"{self._proc}/{pid}/ns/net").st_ino, looks)  # noqa: PTH116
        except PermissionError:
            return _Seen(0, looks)
        except OSError:
            return None

    def _add(self, inode: int, path: str) -> None:
        if len(self._found) >= MAX_NAMESPACES:
            self.left_out += 1
            return
        namespace = Namespace(inode, path, None, None)
        try:
            made = _channels_inside(path, inode)
            namespace.channel, namespace._routes, namespace.tracking = made
        except OSError as error:
            namespace.problem = error.strerror or str(error)
        self._found[inode] = namespace


def _tracking() -> Channel | None:
    """A channel to connection tracking, where the kernel has it and lets it be made."""
    if not conntrack.is_present():
        return None
    try:
        return Channel(NETFILTER)
    except OSError:
        return None


def _channels_inside(path: str, inode: int) -> tuple[Channel, Channel, Channel | None]:
    """Channels made inside, on a thread that ends at once. Raises OSError, NamespaceError."""
    made: list[Channel] = []
    tracking: list[Channel | None] = [None]
    problems: list[OSError] = []

    def enter() -> None:
        try:
            with Path(path).open("rb") as namespace:
                if os.fstat(namespace.fileno()).st_ino != inode:
                    raise NamespaceError(0, "the namespace went while it was opened")
                _setns(namespace.fileno())
            made.append(Channel(SOCK_DIAG))
            made.append(Channel(ROUTE))
            tracking[0] = _tracking()
        except OSError as error:
            problems.append(error)

    thread = threading.Thread(target=enter, name="procwire-setns")
    thread.start()
    thread.join()
    if problems:
        for channel in made:
            channel.close()
        raise problems[0]
    return made[0], made[1], tracking[0]


def _setns(descriptor: int) -> None:
    """setns(2) for the calling thread; os.setns exists since Python 3.12."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, _CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise NamespaceError(number, f"no permission to enter it ({os.strerror(number)})")
