"""``procwire export``: capture files to one pcapng, with the secrets of the connections in it, or with none.

Two passes where secrets are wanted: they stand before the packets, and which of a key log are needed is known
only when all were read. Secrets inside the files that are read are never copied unasked.
"""

from __future__ import annotations

from procwire.capture.source import CaptureError
from procwire.decrypt.keylog import KeyLog
from procwire.decrypt.wiping import wipe
from procwire.engine.options import EngineError, ExportOptions, ReadOptions
from procwire.engine.reading import Reading
from procwire.model.listening import Silent
from procwire.recorder.copying import Copied, copy


class _Heard(Silent):
    """Wants to be told, so that every connection's handshake is read."""

    def observed(self, flow: object, observation: object) -> None:
        """See Silent."""


def export(options: ExportOptions) -> Copied:
    """Raises EngineError where a file cannot be read or the output not be written."""
    keys = _needed(options) if options.with_keys else None
    text = keys.lines_of_used() if keys is not None else bytearray()
    try:
        done = copy(options.paths, options.output, merge=options.merge, secrets=text)
    except CaptureError as error:
        raise EngineError(str(error)) from None
    finally:
        wipe(text)
    if keys is not None:
        done.connections, done.troubles = keys.used, tuple(keys.troubles())
        keys.close()
    return done


def _needed(options: ExportOptions) -> KeyLog:
    """The secrets of the connections that the files hold."""
    wish = ReadOptions(paths=options.paths, merge=options.merge, keylog=options.keylog, keep_keys=True)
    reading = Reading(wish, _Heard())
    reading.run()
    if reading.keys is None or not len(reading.keys):
        raise EngineError("no secrets to export: give --keylog, or a capture that holds some", 2)
    return reading.keys
