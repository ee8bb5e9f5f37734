"""What is shaped on this host now, in one small file that a watch opens before it shuts itself in.

It is rewritten in place, so that a descriptor goes on showing what is true; whoever writes holds its lock. A
reader that comes in the middle of it reads no whole list, and keeps what it knew.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from procwire.shaping.folder import shaping_folder

FILE = "active.json"  # in the directory of the journal, which takes no other name than eight hex digits
MAX_BYTES = 1 << 20
MAX_NOTICES = 256


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One impairment: its target as it is written, what is done to it, and where its packets are seen."""

    id: str
    target: str
    words: str
    namespace: int = 0  # inode
    interfaces: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()  # of a command's own
    selectors: tuple[str, ...] = ()
    pid: int = 0  # that it ends with; 0: it is taken off by whoever puts everything back
    since_ns: int = 0  # ns since 1970


_NOTICES = msgspec.json.Decoder(list[Notice])


class Board:
    """The file. A directory that cannot be written is no reason to shape nothing: then nobody is told."""

    def __init__(self, folder: Path | None = None) -> None:
        self.path = (folder if folder is not None else shaping_folder()) / FILE

    def put(self, notice: Notice) -> None:
        """Tell of one; a change of one that stands keeps its time."""

        def changed(notices: list[Notice]) -> list[Notice]:
            old = next((each for each in notices if each.id == notice.id), None)
            since = old.since_ns if old is not None and old.words == notice.words else time.time_ns()
            rest = [each for each in notices if each.id != notice.id]
            return [*rest, msgspec.structs.replace(notice, since_ns=since)][-MAX_NOTICES:]

        self._change(changed)

    def take_off(self, identity: str) -> None:
        """It is over."""
        self._change(lambda notices: [each for each in notices if each.id != identity])

    def open(self) -> int:
        """A descriptor to read from, or -1."""
        self._change(lambda notices: notices)  # makes the file, and forgets those whose process is gone
        try:
            return os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return -1

    def _change(self, change: Callable[[list[Notice]], list[Notice]]) -> None:
        with contextlib.suppress(OSError), self._locked() as descriptor:
            before = notices(descriptor) or []
            alive = [each for each in before if not each.pid or Path(f"/proc/{each.pid}").exists()]
            content = msgspec.json.encode(change(alive))
            if content != os.pread(descriptor, MAX_BYTES, 0):
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, content, 0)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[int]:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self.path, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            os.close(descriptor)


def notices(descriptor: int) -> list[Notice] | None:
    """What stands there; None where it is just being written, or is no list of ours."""
    try:
        return _NOTICES.decode(os.pread(descriptor, MAX_BYTES, 0))
    except (OSError, msgspec.MsgspecError):
        return None
