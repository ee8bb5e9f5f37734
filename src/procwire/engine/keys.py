"""Key log files on disk, read to their end and then as they grow: the only way by which secrets come in.

A file may not be there yet, may be cut and begun again, or be replaced by another of the same name: it is
then read from its start. What is read passes through one buffer that is wiped, into the vault of
``decrypt.keylog``; secrets go nowhere else.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

from procwire.decrypt.keylog import KeyLog
from procwire.decrypt.wiping import wipe
from procwire.engine.options import EngineError, ReadOptions
from procwire.model.streams import StreamSink

CHUNK_BYTES = 1 << 16
POLL_BYTES = 1 << 22  # read of a file at one look, so that a huge one delays no packet for long


TLS_KEY_LOG = 0x544C534B  # a Decryption Secrets Block's type (draft-ietf-opsawg-pcapng section 4.7)
Tapped = Callable[[KeyLog | None, StreamSink], StreamSink]  # see pipeline.Pipeline
_PCAPNG = b"\x0a\x0d\x0d\x0a"


def may_hold_secrets(path: str) -> bool:
    """Could this capture have Decryption Secrets Blocks? Of what cannot be looked into first: yes."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116
            return True
        with Path(path).open("rb") as file:
            return file.read(4) in (_PCAPNG, b"") or path.endswith((".gz", ".zst"))
    except OSError:
        return True


def keys_of(options: ReadOptions) -> KeyLog | None:
    """The key log of a reading; None where no secrets can be had. Raises EngineError."""
    inside = any(may_hold_secrets(path) for path in options.paths)
    if not options.keylog and not inside:
        return None
    keys = KeyLog()
    if options.keylog:
        file = KeyFile(options.keylog, keys, wanted=True)
        file.read_all()
        file.close()
    keys.complete = not inside or not options.keylog
    return keys


class Secrets:
    """Hands Decryption Secrets Blocks of a source on to the keys, each once."""

    def __init__(self, keys: KeyLog) -> None:
        self.keys = keys
        self._taken = 0

    def take(self, found: Sequence[tuple[int, bytes]]) -> None:
        """``found``: all that the source has met so far."""
        for kind, text in found[self._taken :]:
            if kind == TLS_KEY_LOG:
                self.keys.feed(text)
                self.keys.end()
        self._taken = len(found)


class KeyFile:
    """One file. ``wanted``: it must be there now; raises EngineError where it cannot be read."""

    def __init__(self, path: str, keys: KeyLog, *, wanted: bool) -> None:
        self.path = path
        self.keys = keys
        self._fd = -1
        self._at = 0
        self._identity: tuple[int, int] | None = None
        self._buffer = bytearray(CHUNK_BYTES)
        try:
            self._open()
        except FileNotFoundError as error:
            if wanted:
                raise EngineError(f"key log {path}: {error.strerror}") from None
        except OSError as error:
            raise EngineError(f"key log {path}: {error.strerror}") from None

    def read_all(self) -> None:
        """To the end; no more will come. Raises EngineError where it cannot be read."""
        try:
            while self._read(POLL_BYTES):
                pass
        except OSError as error:
            raise EngineError(f"key log {self.path}: {error.strerror}") from None
        self.keys.end()
        self.keys.complete = True

    def poll(self) -> None:
        """What was added since. Never raises: a file that cannot be read now is tried again."""
        try:
            if self._changed():
                self.close()
                self._open()
            if self._fd >= 0:
                self._read(POLL_BYTES)
        except OSError:
            self.close()

    def close(self) -> None:
        """Let go of the file; what was read stays with the keys."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        self._at = 0

    def _open(self) -> None:
        fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        status = os.fstat(fd)
        self._fd, self._at, self._identity = fd, 0, (status.st_dev, status.st_ino)

    def _changed(self) -> bool:
        try:
            status = os.stat(self.path)  # noqa: PTH116 - the descriptor's twin
        except FileNotFoundError:
            return False
        return self._fd < 0 or (status.st_dev, status.st_ino) != self._identity or status.st_size < self._at

    def _read(self, most: int) -> int:
        """How many bytes were read."""
        done = 0
        view = memoryview(self._buffer)
        while self._fd >= 0 and done < most:
            try:
                size = os.readv(self._fd, [view])
            except BlockingIOError:
                break
            if size == 0:
                break
            self._at += size
            done += size
            chunk = bytearray(view[:size])
            self.keys.feed(chunk)
            wipe(chunk)
            wipe(view[:size])
        return done
