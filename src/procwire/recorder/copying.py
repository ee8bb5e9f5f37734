"""Capture files to one pcapng, with secrets in front or with none; those inside the files are left out."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from procwire.capture.files import open_files
from procwire.capture.source import CaptureError
from procwire.capture.writer import PcapngWriter

TLS_KEY_LOG = 0x544C534B  # draft-ietf-opsawg-pcapng section 4.7


class Copied(msgspec.Struct):
    """What was written. ``error``: damage at which the files ended early."""

    frames: int = 0
    connections: int = 0  # whose secrets were written
    troubles: tuple[str, ...] = ()  # with the secrets, in words
    error: str = ""


def copy(
    paths: Sequence[str], output: str, *, merge: bool = False, secrets: bytes | bytearray = b""
) -> Copied:
    """Raises CaptureError where a file cannot be opened or the output not be written."""
    done = Copied()
    source = open_files(paths, merge=merge)
    writer = PcapngWriter(output, source.interfaces)
    if secrets:
        writer.secret(TLS_KEY_LOG, bytes(secrets))
    try:
        for batch in source.batches():
            writer.write(batch)
            done.frames += batch.count
    except CaptureError as error:
        done.error = str(error)
    finally:
        source.close()
        writer.close()
    return done
