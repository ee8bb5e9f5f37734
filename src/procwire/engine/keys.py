"""Where secrets come from: key log files, and Decryption Secrets Blocks of captures."""

from __future__ import annotations

from collections.abc import Callable

from procwire.capture.files import may_hold_secrets
from procwire.capture.growing import GrowingFile
from procwire.decrypt.keylog import KeyLog
from procwire.engine.options import EngineError, ReadOptions
from procwire.model.streams import StreamSink

Tapped = Callable[[KeyLog | None, StreamSink], StreamSink]  # see pipeline.Pipeline


def keys_of(options: ReadOptions) -> tuple[KeyLog | None, Callable[[], None]]:
    """A reading's keys, None where none can be had; and what fills them from their file, opened now."""
    inside = any(may_hold_secrets(path) for path in options.paths)
    if not options.keylog and not inside:
        return None, lambda: None
    keys = KeyLog(keeping=options.keep_keys)
    file = KeyFile(options.keylog, keys) if options.keylog else None
    if file is not None:
        file.open()

    def fill() -> None:
        if file is not None:
            file.read_all()
            file.close()
        keys.complete = not inside or file is None

    return keys, fill


class KeyFile:
    """A key log on disk; what is read of it goes to the keys and nowhere else."""

    def __init__(self, path: str, keys: KeyLog) -> None:
        self.keys = keys
        self._file = GrowingFile(path)

    def open(self) -> None:
        """Open it if it is there, and read nothing. Raises EngineError."""
        try:
            self._file.open()
        except OSError as error:
            raise EngineError(f"key log {self._file.path}: {error.strerror}") from None

    def read_all(self) -> None:
        """To the end; no more will come. Raises EngineError where it cannot be read."""
        try:
            while self.keys.drain(self._file.take()):
                pass
            if not self._file.there:
                raise EngineError(f"key log {self._file.path}: No such file or directory")
        except OSError as error:
            raise EngineError(f"key log {self._file.path}: {error.strerror}") from None
        self.keys.end()
        self.keys.complete = True

    def poll(self) -> None:
        """What was added since. Never raises: a file that cannot be read now is tried again."""
        try:
            self.keys.drain(self._file.take())
        except OSError:
            self._file.close()

    def close(self) -> None:
        """Let go of the file; what was read stays with the keys."""
        self._file.close()


def open_keys(path: str) -> tuple[KeyLog | None, KeyFile | None]:
    """The key log of a watch, and the file that feeds it as it grows; None without a path."""
    if not path:
        return None, None
    keys = KeyLog()
    file = KeyFile(path, keys)
    file.poll()
    return keys, file
