"""Frames to a capture file: pcapng (whole: interfaces, directions, comments, statistics) or pcap.

Blocks are written whole. When the disk is full the file is cut back to its last whole block where it can
be, and the error says so. Refuses to read, and to choose: what is written is what it was given.
"""

from __future__ import annotations

import contextlib
import io
import struct
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

from procwire.capture.encode import PACKET_BYTES, RECORD_BYTES, put_packets, put_records
from procwire.capture.raw import reason_of
from procwire.capture.source import CaptureError, Interface
from procwire.model.frames import FrameBatch

BUFFER_BYTES = 256 << 10
MAX_COMMENT_BYTES = 0xFFFF - 3
APPLICATION = "procwire"

_RESOLUTION = 9  # nanoseconds


class _Sink:
    """Whole blocks into a file, through one buffer."""

    def __init__(self, file: str | BinaryIO) -> None:
        """A path is made anew; a file object stays open on close. Raises CaptureError."""
        self.path = file if isinstance(file, str) else str(getattr(file, "name", "stream"))
        self.written = 0  # bytes that the file has, in whole blocks
        self._own = isinstance(file, str)
        self._failed = False
        self._room = bytearray(BUFFER_BYTES)
        self._used = 0
        try:
            self._file: Any = io.FileIO(file, "w") if isinstance(file, str) else file
        except (OSError, ValueError) as error:
            raise CaptureError(self.path, None, reason_of(error)) from None

    @property
    def open(self) -> bool:
        """Whether it has not been closed."""
        return self._file is not None

    @property
    def size(self) -> int:
        """Bytes written and to be written."""
        return self.written + self._used

    def room(self, size: int) -> memoryview:
        """At least ``size`` bytes to write into; ``take`` says how many were used."""
        if self._used + size > len(self._room):
            self.flush()
        if size > len(self._room):
            self._room = bytearray(size)
        return memoryview(self._room)[self._used :]

    def take(self, size: int) -> None:
        """The first ``size`` bytes of the room hold whole blocks."""
        self._used += size

    def put(self, block: bytes) -> None:
        """One whole block."""
        self.room(len(block))[: len(block)] = block
        self.take(len(block))

    def flush(self) -> None:
        """Hand everything to the system. Raises CaptureError with what was written whole."""
        view = memoryview(self._room)[: self._used]
        self._used = 0
        size = len(view)
        if self._failed:
            return
        try:
            while view:
                view = view[self._file.write(view) or 0 :]
        except (OSError, ValueError) as error:
            self._failed = True
            self._cut()
            raise CaptureError(self.path, self.written, f"cannot write: {reason_of(error)}") from None
        self.written += size

    def _cut(self) -> None:
        """Take a half-written block away, where the file is one that can be cut."""
        with contextlib.suppress(OSError, ValueError, AttributeError):
            self._file.truncate(self.written)
            self._file.seek(self.written)

    def close(self) -> None:
        """Flush, and close what was opened here; may be called twice."""
        if self._file is None:
            return
        try:
            self.flush()
            if not self._own and hasattr(self._file, "flush"):
                self._file.flush()
        finally:
            if self._own:
                self._file.close()
            self._file = None


def option(code: int, value: bytes) -> bytes:
    """One option of a block, padded."""
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def block(kind: int, body: bytes) -> bytes:
    """A whole block."""
    size = len(body) + 12
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)


def text_option(code: int, value: str) -> bytes:
    """A text option, cut at a whole character; nothing for an empty text."""
    raw = value.encode("utf-8", "replace")[:MAX_COMMENT_BYTES].decode("utf-8", "ignore").encode()
    return option(code, raw) if raw else b""


def section(comment: str = "", system: str = "") -> bytes:
    """The block that begins a file; ``system`` is the operating system."""
    options = text_option(1, comment) + text_option(3, system) + text_option(4, APPLICATION) + option(0, b"")
    return block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + options)


def description(found: Interface, link: int, snaplen: int = 0) -> bytes:
    """The block that describes an interface with frames of this link type; times are in nanoseconds."""
    options = (
        text_option(2, found.name)
        + text_option(3, found.description)
        + option(9, bytes([_RESOLUTION]))
        + (option(11, b"\0" + found.filter.encode()[:1024]) if found.filter else b"")
        + text_option(12, found.os)
        + option(0, b"")
    )
    return block(1, struct.pack("<HHI", link, 0, snaplen or found.snaplen) + options)


def statistics(number: int, received: int | None, dropped: int, time: int) -> bytes:
    """The block that ends an interface's account: frames ``received``, where known, and those dropped."""
    stamp = struct.pack("<II", time >> 32 & 0xFFFFFFFF, time & 0xFFFFFFFF)
    counts = option(4, struct.pack("<Q", received)) if received is not None else b""
    counts += option(5, struct.pack("<Q", dropped)) + option(0, b"")
    return block(5, struct.pack("<I", number) + stamp + counts)


class PcapngWriter:
    """Writes one section. Interfaces are described when their first frame comes.

    ``interfaces`` is the source's list, which may grow; a batch's ``interface`` column is an index into it.
    Frames of one interface with several link types get a description for each.
    """

    def __init__(
        self, file: str | BinaryIO, interfaces: Sequence[Interface], *, comment: str = "", system: str = ""
    ) -> None:
        """``system`` is the operating system, for the section header. Raises CaptureError."""
        self.frames = 0
        self._interfaces = interfaces
        self._numbers: dict[tuple[int, int], int] = {}
        self._received: list[int] = []
        self._last_time = 0
        self._sink = _Sink(file)
        self._waiting: list[bytes] = []  # secrets, until an interface is described
        self._sink.put(section(comment, system))

    def write(
        self,
        batch: FrameBatch,
        rows: Sequence[int] | None = None,
        comments: Mapping[int, str] | None = None,
    ) -> None:
        """Write all rows, or these, in this order; ``comments`` maps a row to its remark.

        Raises CaptureError when the file takes no more.
        """
        if rows is None and not comments:
            self.write_run(batch, 0, batch.count)
            return
        for row in range(batch.count) if rows is None else rows:
            remark = comments.get(row, "") if comments else ""
            if remark:
                self._write_remarked(batch, row, remark)
            else:
                self.write_run(batch, row, row + 1)

    def write_run(self, batch: FrameBatch, row: int, until: int) -> None:
        """Write these rows, in order. Raises CaptureError."""
        while row < until:
            number = self._number(batch, row)
            room = self._sink.room(PACKET_BYTES + batch.captured[row] + 3)
            after, used = put_packets(room, batch, row, until, number)
            self._sink.take(used)
            self._count(batch, number, row, after)
            row = after

    def _write_remarked(self, batch: FrameBatch, row: int, remark: str) -> None:
        """One row with its comment: the block is made as ever and opened for the option."""
        number = self._number(batch, row)
        plain = bytearray(PACKET_BYTES + batch.captured[row] + 3)
        _, used = put_packets(plain, batch, row, row + 1, number)
        data_end = 28 + (int.from_bytes(plain[20:24], "little") + 3 & ~3)  # a tag that was put back counts
        options = plain[data_end : used - 4] or option(0, b"")
        body = bytes(plain[8:data_end]) + text_option(1, remark) + bytes(options)
        self._sink.put(block(6, body))
        self._count(batch, number, row, row + 1)

    def _count(self, batch: FrameBatch, number: int, row: int, after: int) -> None:
        self.frames += after - row
        self._received[number] += after - row
        self._last_time = batch.time[after - 1]

    def _number(self, batch: FrameBatch, row: int) -> int:
        """The interface's number in the file, after describing it where it is new."""
        key = (batch.interface[row], batch.link[row])
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._numbers)
            self._received.append(0)
            self._describe(*key)
        return number

    def _describe(self, index: int, link: int) -> None:
        found = self._interfaces[index] if index < len(self._interfaces) else Interface()
        self._sink.put(description(found, link))
        self._put_waiting()

    def _put_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            self._sink.put(each)

    @property
    def size(self) -> int:
        """Bytes of the file, when all is written."""
        return self._sink.size

    def secret(self, kind: int, data: bytes) -> None:
        """A Decryption Secrets Block (0x544c534b is a TLS key log), before the frames that need it.

        And behind an interface: editcap and mergecap take the link type from what stands before other blocks.
        """
        self._waiting.append(block(10, struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 4)))
        if self._numbers:
            self._put_waiting()

    def flush(self) -> None:
        """Let readers of the file see every frame written so far."""
        self._sink.flush()

    def close(self, *, dropped: Mapping[int, int] | None = None) -> None:
        """End with statistics; ``dropped`` maps an index of ``interfaces`` to the frames lost there."""
        lost = dict(dropped or {})
        if self._sink.open:
            self._put_waiting()
        for (index, _), number in self._numbers.items() if self._sink.open else ():
            drops = lost.pop(index, 0)  # once, where an interface has several link types
            received = self._received[number] + drops
            self._sink.put(statistics(number, received, drops, self._last_time))
        self._sink.close()


class PcapWriter:
    """Writes a pcap file with nanosecond times. One link type; no directions, interfaces or comments."""

    def __init__(self, file: str | BinaryIO, link: int, *, snaplen: int = 262_144) -> None:
        """Raises CaptureError."""
        self.frames = 0
        self.link = link
        self._sink = _Sink(file)
        self._sink.put(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, snaplen, link))

    def write(self, batch: FrameBatch, rows: Sequence[int] | None = None) -> None:
        """Write all rows, or these. Raises CaptureError for another link type or a full disk."""
        if rows is None:
            self.write_run(batch, 0, batch.count)
            return
        for row in rows:
            self.write_run(batch, row, row + 1)

    def write_run(self, batch: FrameBatch, row: int, until: int) -> None:
        """Write these rows, in order. Raises CaptureError."""
        while row < until:
            if batch.link[row] != self.link:
                reason = (
                    f"pcap holds one link type ({self.link}), a frame has {batch.link[row]}: write pcapng"
                )
                raise CaptureError(self._sink.path, None, reason)
            room = self._sink.room(RECORD_BYTES + batch.captured[row])
            after, used = put_records(room, batch, row, until)
            self._sink.take(used)
            self.frames += after - row
            row = after

    @property
    def size(self) -> int:
        """See PcapngWriter."""
        return self._sink.size

    def flush(self) -> None:
        """Let readers of the file see every frame written so far."""
        self._sink.flush()

    def close(self) -> None:
        """Flush and close; may be called twice."""
        self._sink.close()
