"""A written file that turns: when one is full the next begins, and when all are the oldest is written anew.

All files are opened at the start, as a confined process makes none: they stand beside each other, numbered,
and each is whole from the beginning, if empty. The suffix says the format: ``.pcap``, else pcapng.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from procwire.capture.raw import reason_of
from procwire.capture.source import CaptureError, Interface
from procwire.capture.writer import PcapngWriter, PcapWriter
from procwire.model.frames import FrameBatch
from procwire.recorder.wishes import Rotation

SLICE = 64  # packets written between two looks at how full a file is
PCAP = ".pcap"
ETHERNET = 1


def names(path: str, files: int) -> list[str]:
    """``trace.pcapng`` as trace.001.pcapng, trace.002.pcapng, …; the path itself for one file."""
    if files == 1:
        return [path]
    one = Path(path)
    return [str(one.with_name(f"{one.stem}.{number:03}{one.suffix}")) for number in range(1, files + 1)]


class Turns:
    """Writes frames. Raises CaptureError where a file cannot be opened or takes no more."""

    def __init__(self, path: str, rotation: Rotation, interfaces: Sequence[Interface]) -> None:
        self.rotation = rotation
        self.turned = 0  # times that the next file was begun
        self.overwritten = 0  # packets of files that were written anew
        self.pcap = Path(path).suffix == PCAP
        self._interfaces = interfaces
        self._frames: dict[int, int] = {}  # packets by place
        self._files = [_opened(name) for name in names(path, rotation.files)]
        self._place = 0
        self._first = -1  # packet time of the present file's first packet
        self._writer: PcapngWriter | PcapWriter | None = None
        for place in range(len(self._files) if len(self._files) > 1 else 0):
            self._begin(place, None)
            self._finish()
        self._begin(0, None)

    def write(self, batch: FrameBatch, row: int, until: int) -> None:
        """Rows in order; the next file begins where this one is full."""
        if self.rotation.files == 1 and self._writer is not None and self._first >= 0:
            self._writer.write_run(batch, row, until)
            return
        while row < until:
            self._turn(batch.time[row])
            writer = self._ready(batch, row)
            left = self.rotation.packets - writer.frames if self.rotation.packets else SLICE
            end = min(until, row + SLICE, row + left)
            writer.write_run(batch, row, end)
            row = end

    def flush(self) -> None:
        """Let readers see every packet so far."""
        if self._writer is not None:
            self._writer.flush()

    def close(self, dropped: Mapping[int, int]) -> None:
        """End all files; ``dropped`` by index of the source's interfaces."""
        self._finish(dropped)
        for file in self._files:
            file.close()

    def _ready(self, batch: FrameBatch, row: int) -> PcapngWriter | PcapWriter:
        if self._first < 0:
            self._first = batch.time[row]
            if self.pcap and batch.link[row] != ETHERNET:
                self._begin(self._place, batch.link[row])  # the header says which link it is of
        if self._writer is None:
            raise CaptureError(self._files[0].name, None, "is closed")
        return self._writer

    def _turn(self, now: int) -> None:
        rotation, writer = self.rotation, self._writer
        if writer is None or self._first < 0:
            return
        full = (
            0 < rotation.size_bytes <= writer.size
            or 0 < rotation.span_ns <= now - self._first
            or 0 < rotation.packets <= writer.frames
        )
        if full:
            self._finish()
            self._begin((self._place + 1) % len(self._files), None)
            self.turned += 1

    def _begin(self, place: int, link: int | None) -> None:
        file = self._files[place]
        self.overwritten += self._frames.pop(place, 0)
        try:
            if file.seekable() and file.tell():
                file.truncate(0)
                file.seek(0)
        except OSError as error:
            raise CaptureError(str(file.name), None, reason_of(error)) from None
        self._place = place
        self._first = self._first if link is not None else -1
        self._writer = (
            PcapWriter(file, link or ETHERNET) if self.pcap else PcapngWriter(file, self._interfaces)
        )

    def _finish(self, dropped: Mapping[int, int] | None = None) -> None:
        writer, self._writer = self._writer, None
        if isinstance(writer, PcapngWriter):
            writer.close(dropped=dropped)
        elif writer is not None:
            writer.close()
        if writer is not None and writer.frames:
            self._frames[self._place] = writer.frames


def _opened(name: str) -> io.FileIO:
    try:
        return io.FileIO(name, "w")
    except (OSError, ValueError) as error:
        raise CaptureError(name, None, reason_of(error)) from None
