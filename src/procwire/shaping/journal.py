"""What is shaped now, written down before it is done: one file each, synced, in a directory that is root's
alone, of this boot.

An entry has the steps that undo it. So whatever ends this process, and the watchdog too, ``recover`` can
put everything back. Times are of the boot clock (CLOCK_BOOTTIME), which no one sets; entries of another
boot are only removed, as the kernel has forgotten them too.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from procwire.disk import lasting
from procwire.shaping.board import Board, Notice
from procwire.shaping.failure import ShapingError
from procwire.shaping.folder import shaping_folder
from procwire.shaping.steps import Part

SUFFIX = ".json"
LOCK = "lock"
MAX_ENTRY = 8 << 20  # bytes of a file
MAX_ENTRIES = 1024
BOOT_ID = "/proc/sys/kernel/random/boot_id"
_NAME = re.compile(r"[0-9a-f]{8}")


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """A process that an impairment must not outlive."""

    pid: int
    start: int


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One impairment: what was asked, what was done where, and until when."""

    id: str
    document: dict[str, Any]
    parts: tuple[Part, ...]
    boot: str
    made_ns: int  # of the boot clock
    until_ns: int
    confirm_ns: int = 0  # 0: confirmed, or never to be
    owner: Owner | None = None
    notes: tuple[str, ...] = ()
    wall: str = ""  # when it was made, for people
    ledger: str = ""  # the directory of the ledger that is told of it; none: nobody is
    by: dict[str, Any] = {}  # who asked
    slot: int = 0  # its number in trees that others stand in, too

    @property
    def deadline_ns(self) -> int:
        """When it ends by itself."""
        return min(self.until_ns, self.confirm_ns) if self.confirm_ns else self.until_ns

    @property
    def spots(self) -> set[tuple[int, int, str]]:
        """Namespace, interface and side of each part."""
        return {(part.place.inode, part.device, part.side) for part in self.parts}


def moved(
    entry: Entry, *, made_ns: int | None = None, until_ns: int | None = None, confirm_ns: int = 0
) -> Entry:
    """The same with other times."""
    made = entry.made_ns if made_ns is None else made_ns
    until = entry.until_ns if until_ns is None else until_ns
    return msgspec.structs.replace(entry, made_ns=made, until_ns=until, confirm_ns=confirm_ns)


class Journal:
    """The entries of a directory."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder if folder is not None else shaping_folder()
        self.damaged: dict[str, str] = {}  # files that could not be read, and why

    def prepare(self) -> None:
        """Make the directory. Raises ShapingError where it is not ours alone."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            found = self.folder.stat()
        except OSError as error:
            raise ShapingError(f"{self.folder}: {error.strerror}") from None
        if found.st_uid != os.geteuid() or found.st_mode & 0o022:
            raise ShapingError(f"{self.folder}: must belong to this user, and nobody else may write there")

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else shapes or clears meanwhile. Raises ShapingError."""
        self.prepare()
        descriptor = self._lock()
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def quiet(self) -> Iterator[bool]:
        """Whether nobody shapes or clears now; if so, nobody does meanwhile. Never waits: who has the lock
        may be waiting for an answer of the one that asks. Where the directory was taken away, nobody does.
        """
        try:
            descriptor = self._lock()
        except OSError:
            yield True
            return
        try:
            yield _locked(descriptor)
        finally:
            os.close(descriptor)

    def _lock(self) -> int:
        return os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)

    def write(self, entry: Entry) -> None:
        """Keep it: in the file and on the disk when this returns. Raises ShapingError."""
        self.prepare()
        self.put(entry, sync=True)

    def put(self, entry: Entry, *, sync: bool = False) -> None:
        """Keep it, in the directory that is prepared. What only moves its times need not be synced: the disk
        has what undoes it already. Raises ShapingError.
        """
        path = self._path(entry.id)
        fresh = path.with_suffix(".new")
        try:
            descriptor = os.open(
                fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
            )
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.encode(entry))
                file.flush()
                if sync:
                    os.fsync(file.fileno())
            fresh.replace(path)
            if sync:
                lasting.settle(self.folder)
        except OSError as error:
            raise ShapingError(f"{path}: {error.strerror}") from None

    def tell(self, entry: Entry) -> None:
        """Let whoever watches this host know that it stands."""
        Board(self.folder).put(_notice(entry))

    def remove(self, identity: str) -> None:
        """It is undone. Not synced: what comes back with a power cut is of another boot, and forgotten."""
        with contextlib.suppress(FileNotFoundError):
            self._path(identity).unlink()
        Board(self.folder).take_off(identity)

    def entries(self) -> list[Entry]:
        """All that can be read, the oldest first; the others are in ``damaged``."""
        self.damaged = {}
        found = []
        for path in self._files():
            try:
                found.append(_read(path))
            except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
                self.damaged[str(path)] = str(error)
        return sorted(found, key=lambda entry: entry.made_ns)

    def get(self, identity: str) -> Entry | None:
        """One of them; None where it is gone or cannot be read."""
        with contextlib.suppress(OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return _read(self._path(identity))
        return None

    def _files(self) -> Iterator[Path]:
        with contextlib.suppress(OSError):
            paths = [
                path for path in self.folder.iterdir() if path.suffix == SUFFIX and _NAME.fullmatch(path.stem)
            ]
            yield from sorted(paths)[:MAX_ENTRIES]

    def _path(self, identity: str) -> Path:
        if not _NAME.fullmatch(identity):
            raise ShapingError(f"{identity[:20]!r} is the name of no impairment")
        return self.folder / f"{identity}{SUFFIX}"


def _locked(descriptor: int) -> bool:
    """Whether the lock could be had at once; it ends with the descriptor."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _notice(entry: Entry) -> Notice:
    """What others are told of it."""
    told = entry.document
    sides = {side: told[side] for side in ("egress", "ingress") if isinstance(told.get(side), dict)}
    words = "; ".join(f"{side} {_words(effect)}" for side, effect in sides.items())
    return Notice(
        id=entry.id, target=str(told.get("target", "")), words=words,
        namespace=entry.parts[0].place.inode if entry.parts else 0,
        interfaces=tuple(part.name for part in entry.parts), selectors=tuple(told.get("match", ())),
    )  # fmt: skip


def _words(effect: dict[str, Any]) -> str:
    return ", ".join(name if value is True else f"{name} {value}" for name, value in effect.items())


def identity() -> str:
    """A name for a new entry."""
    return secrets.token_hex(4)


def now() -> int:
    """The boot clock, in ns: it goes on while the machine sleeps."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


@functools.cache
def boot() -> str:
    """This boot's own name."""
    try:
        return Path(BOOT_ID).read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _read(path: Path) -> Entry:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(MAX_ENTRY + 1)
    if len(content) > MAX_ENTRY:
        raise OSError(0, "larger than any entry")
    entry = msgspec.json.decode(content, type=Entry)
    if entry.id != path.stem:
        raise OSError(0, "has another entry's name")
    return entry
