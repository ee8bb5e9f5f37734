"""What a process runs: its program's file, whether it still is what its name says, and its hashes.

A file is hashed through /proc/PID/exe, so it is the one that runs, whatever has its name by now; once for
each (device, inode, size, mtime, ctime). A file that changes under the reader has no hash. Refuses files
above ``MAX_FILE`` and what may not be read: ``Executable.problem`` says so.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Protocol

from procwire.model.process import Executable
from procwire.processes import procfs

MAX_KNOWN = 16384  # programs that are remembered; those not asked for longest go first
MAX_FILE = 1 << 30  # bytes; larger programs are not hashed
MAX_WAITING = 256  # programs that wait for the background, each with an open file
CHUNK = 1 << 20
RATE = 64_000_000  # bytes a second that the background reads at most

DELETED = " (deleted)"  # what d_path() adds, proc_pid_exe(5)
MEMORY = "/memfd:"

TOO_LARGE = "larger than 1 GiB"
CHANGED = "changed while it was read"
BUSY = "too many new programs at once to hash each"


class Identity(NamedTuple):
    """A file as long as it is the same file with the same content."""

    device: int
    inode: int
    size: int
    modified: int  # ns
    changed: int  # ns


class Programs(Protocol):
    """What knows of programs."""

    def look(self, pid: int) -> Executable | None:
        """What a process runs."""

    def vouched(self, path: str, program: tuple[int, int]) -> Executable | None:
        """What a process ran that is gone, where its file is still there."""


def resolved(path: str, program: tuple[int, int]) -> str:
    """A path as executed, without its links, as /proc/PID/exe reads; itself where that is not known.

    ``program``: device and inode of what ran, so that a link that was turned since is not followed.
    """
    try:
        real = os.path.realpath(path, strict=True)
        status = os.stat(real)  # noqa: PTH116
    except (OSError, ValueError):
        return path
    return real if path.startswith("/") and (status.st_dev, status.st_ino) == program else path


class Executables:
    """Answers what a process runs. ``look`` is for one thread; hashes may be filled in by another."""

    def __init__(self, *, proc: str = "/proc") -> None:
        self.proc = proc
        self._known: OrderedDict[Identity, Executable] = OrderedDict()
        self.hashed_bytes = 0

    def look(self, pid: int) -> Executable | None:
        """What is known of a process's program; None where it has none or it may not be seen."""
        return self.identified(pid)[0]

    def hashed(self, pid: int) -> Executable | None:
        """As ``look``, with its hashes: reads the file where it was not read before."""
        found, identity = self.identified(pid)
        if found is not None and identity is not None and not found.sha256 and not found.problem:
            try:
                file = os.open(f"{self.proc}/{pid}/exe", os.O_RDONLY | os.O_CLOEXEC)
            except OSError as error:
                found.problem = error.strerror or str(error)
                return found
            self.fill(found, identity, file)
        return found

    def vouched(self, path: str, program: tuple[int, int]) -> Executable | None:
        """What a process ran that is gone: the file of that path, where it still is that (device, inode)."""
        return self.of_path(path, program)[0]

    def of_path(self, path: str, program: tuple[int, int]) -> tuple[Executable | None, Identity | None]:
        """As ``vouched``, with what the file is known by."""
        try:
            status = os.stat(path)  # noqa: PTH116
        except OSError:
            return None, None
        if not path.startswith("/") or (status.st_dev, status.st_ino) != program:
            return None, None
        identity = identity_of(status)
        known = self._known.get(identity)
        if known is None:
            known = self._known[identity] = Executable(path=path, replaced=False, file=identity[:4])
        return known, identity

    def identified(self, pid: int) -> tuple[Executable | None, Identity | None]:
        """As ``look``, with what the file is known by."""
        name = f"{self.proc}/{pid}/exe"
        try:
            status = os.stat(name)  # noqa: PTH116
        except OSError:
            return None, None
        identity = identity_of(status)
        path = procfs.link(name)
        known = self._known.get(identity)
        # The same file may have got another name, or lost it, while it stayed the same.
        if known is None or known.path != path:
            known = self._made(pid, path, status, known)
            self._known[identity] = known
            if len(self._known) > MAX_KNOWN:
                self._known.popitem(last=False)
        self._known.move_to_end(identity)
        return known, identity

    def fill(self, found: Executable, identity: Identity, file: int, *, rate: int = 0) -> None:
        """Hash an open file, closing it; not above ``rate`` bytes a second where that is given."""
        try:
            if identity.size > MAX_FILE:
                found.problem = TOO_LARGE
                return
            sha256, blake3 = _digests(file, rate)
            if identity_of(os.fstat(file)) != identity:
                found.problem = CHANGED
                return
            self.hashed_bytes += identity.size
            found.blake3 = blake3
            found.sha256 = sha256
        except OSError as error:
            found.problem = error.strerror or str(error)
        finally:
            os.close(file)

    def _made(self, pid: int, path: str, status: os.stat_result, before: Executable | None) -> Executable:
        memfd = path.startswith(MEMORY)
        deleted = not memfd and (status.st_nlink == 0 or path.endswith(DELETED))
        made = Executable(path=path, memfd=memfd, deleted=deleted, file=identity_of(status)[:4])
        made.replaced = False if memfd else self._is_replaced(pid, path.removesuffix(DELETED), status)
        if before is not None:
            made.sha256, made.blake3, made.problem = before.sha256, before.blake3, before.problem
        return made

    def _is_replaced(self, pid: int, path: str, status: os.stat_result) -> bool | None:
        """Whether the name now leads to another file, looked at in the process's own root."""
        try:
            now = os.stat(f"{self.proc}/{pid}/root{path}")  # noqa: PTH116
        except FileNotFoundError:
            return False
        except OSError:
            return None
        return (now.st_dev, now.st_ino) != (status.st_dev, status.st_ino)


class Background:
    """Hashes programs on a thread of its own, at ``RATE`` at most; a context manager.

    A program is opened when it is handed in, so it is hashed even when its process ends first.
    """

    def __init__(self, executables: Executables, *, rate: int = RATE) -> None:
        self._executables = executables
        self._rate = rate
        self._waiting: deque[tuple[Executable, Identity, int]] = deque()
        self._wake = threading.Condition()
        self._stopping = False
        self.refused = 0  # programs that found too many waiting
        self._thread = threading.Thread(target=self._run, name="procwire-hashes", daemon=True)
        self._thread.start()

    def __enter__(self) -> Background:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def look(self, pid: int) -> Executable | None:
        """As Executables.look; the hashes are filled in later. For one thread."""
        return self._queue(*self._executables.identified(pid), f"{self._executables.proc}/{pid}/exe")

    def vouched(self, path: str, program: tuple[int, int]) -> Executable | None:
        """As Executables.vouched; the hashes are filled in later."""
        return self._queue(*self._executables.of_path(path, program), path)

    def _queue(self, found: Executable | None, identity: Identity | None, name: str) -> Executable | None:
        if found is None or identity is None or found.sha256 or found.problem:
            return found
        with self._wake:
            if any(waiting is found for waiting, _, _ in self._waiting):
                return found
            if len(self._waiting) >= MAX_WAITING:
                self.refused += 1
                found.problem = BUSY
                return found
            file = _opened((name, found.path), identity)
            if file < 0:
                return found
            self._waiting.append((found, identity, file))
            self._wake.notify()
        return found

    def close(self, timeout: float = 1.0) -> None:
        """End the thread; what still waits stays without hashes."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._thread.join(timeout)

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._waiting and not self._stopping:
                    self._wake.wait()
                if self._stopping:
                    for _, _, file in self._waiting:
                        os.close(file)
                    self._waiting.clear()
                    return
                found, identity, file = self._waiting[0]
            self._executables.fill(found, identity, file, rate=self._rate)
            with self._wake:
                self._waiting.popleft()


def identity_of(status: os.stat_result) -> Identity:
    """What makes a file the same one."""
    return Identity(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _opened(names: Iterable[str], identity: Identity) -> int:
    """The first of these names that is that very file, open; -1 for none: its process may have ended."""
    for name in names:
        try:
            file = os.open(name, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            continue
        if identity_of(os.fstat(file)) == identity:
            return file
        os.close(file)
    return -1


def _digests(file: int, rate: int, *, sleep: Callable[[float], None] = time.sleep) -> tuple[str, str]:
    """SHA-256 and BLAKE3 in hex; BLAKE3 is empty where its library is not installed. Raises OSError."""
    if not stat.S_ISREG(os.fstat(file).st_mode):
        raise OSError(0, "not a regular file")
    from hashlib import sha256 as openssl  # comes with OpenSSL, which knows the processor's own instructions

    sha256, blake3 = openssl(), _blake3()
    while chunk := os.read(file, CHUNK):
        sha256.update(chunk)
        if blake3 is not None:
            blake3.update(chunk)
        if rate:
            sleep(len(chunk) / rate)
    return sha256.hexdigest(), blake3.hexdigest() if blake3 is not None else ""


def _blake3() -> Any:
    try:
        from blake3 import blake3
    except ImportError:
        return None
    return blake3()
