"""Where secrets come from: key log files, and Decryption Secrets Blocks of captures."""

from __future__ import annotations

from collections.abc import Callable

from procwire.capture.files import may_hold_secrets
from procwire.decrypt.keyfile import KeyFile
from procwire.decrypt.keylog import KeyLog
from procwire.engine.options import ReadOptions
from procwire.model.streams import StreamSink

Tapped = Callable[[KeyLog | None, StreamSink], StreamSink]  # see pipeline.Pipeline


def keys_of(options: ReadOptions) -> tuple[KeyLog | None, Callable[[], None]]:
    """A reading's keys, None where none can be had; and what fills them from their file, opened now.

    Both raise KeyFileError.
    """
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
            if not (inside or keys.reads_again):
                file.close()
        keys.complete = not inside or file is None

    return keys, fill
