"""``procwire export``: capture files to one pcapng, with the secrets of the connections in it, or with none.

Two passes where secrets are wanted: they stand before the packets, and which of a key log are needed is known
only when all were read. Secrets inside the files that are read are never copied unasked.
"""

from __future__ import annotations

import msgspec

from procwire.capture.files import open_files
from procwire.capture.source import CaptureError
from procwire.capture.writer import PcapngWriter
from procwire.decrypt.keylog import TLS_KEY_LOG, KeyLog
from procwire.decrypt.wiping import wipe
from procwire.engine.options import EngineError, ExportOptions, ReadOptions
from procwire.engine.reading import Reading
from procwire.model.listening import Silent


class Exported(msgspec.Struct):
    """What was written. ``error``: damage at which the files ended early."""

    frames: int = 0
    connections: int = 0  # whose secrets were written
    error: str = ""


class _Heard(Silent):
    """Wants to be told, so that every connection's handshake is read."""

    def observed(self, flow: object, observation: object) -> None:
        """See Silent."""


def export(options: ExportOptions) -> Exported:
    """Raises EngineError where a file cannot be read or the output not be written."""
    done = Exported()
    keys = _needed(options) if options.with_keys else None
    try:
        source = open_files(options.paths, merge=options.merge)
        writer = PcapngWriter(options.output, source.interfaces)
        if keys is not None:
            done.connections = _write_keys(writer, keys)
        try:
            for batch in source.batches():
                writer.write(batch)
                done.frames += batch.count
        except CaptureError as error:
            done.error = str(error)
        finally:
            source.close()
            writer.close()
    except CaptureError as error:
        raise EngineError(str(error)) from None
    return done


def _needed(options: ExportOptions) -> KeyLog:
    """The secrets of the connections that the files hold."""
    reading = Reading(
        ReadOptions(paths=options.paths, merge=options.merge, keylog=options.keylog, keep_keys=True), _Heard()
    )
    reading.run()
    if reading.keys is None or not len(reading.keys):
        raise EngineError("no secrets to export: give --keylog, or a capture that holds some", 2)
    return reading.keys


def _write_keys(writer: PcapngWriter, keys: KeyLog) -> int:
    text = keys.lines_of_used()
    count = keys.used
    if text:
        writer.secret(TLS_KEY_LOG, bytes(text))
    wipe(text)
    keys.close()
    return count
