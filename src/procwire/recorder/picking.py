"""Packets that somebody chose, as a pcapng that other tools open."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from procwire.capture.source import CaptureError, Interface
from procwire.capture.writer import PcapngWriter
from procwire.model.frames import FrameBatch
from procwire.recorder.reason import RecorderError

MAX_PICKED = 10_000  # packets of one file


class Picked(msgspec.Struct, frozen=True, kw_only=True):
    """One packet: its bytes, time (ns), bytes on the wire, link type and where it was seen."""

    data: bytes
    time: int
    wire: int
    link: int
    interface: str = ""


def write(path: Path, packets: Sequence[Picked], *, comment: str = "") -> None:
    """A new file; one that is there already is left as it is. Raises RecorderError."""
    names = list(dict.fromkeys(each.interface for each in packets))
    interfaces = [Interface(), *(Interface(index=n, name=name) for n, name in enumerate(names, 1))]
    batch = FrameBatch(b"".join(each.data for each in packets), max(1, len(packets)))
    offset = 0
    for each in packets:
        place = names.index(each.interface) + 1
        batch.add(offset, len(each.data), each.wire, each.time, each.link, place)
        offset += len(each.data)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            writer = PcapngWriter(file, interfaces, comment=comment)
            writer.write(batch)
            writer.close()
    except (OSError, CaptureError) as error:
        raise RecorderError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
