"""Bytes of a file as they were before gzip or zstd, recognised by their first bytes.

Several gzip members and zstd frames follow one another, as the tools write them. Output is bounded by what
was asked for, whatever the input claims; a zstd window is at most 128 MiB (the zstd tool's own default).
Refuses to seek, to look inside twice (a gzip in a gzip is no capture), and to hide damage: all that could
be had is handed on, then CaptureError.
"""

from __future__ import annotations

import zlib
from typing import Any, Protocol

from procwire.capture.raw import Raw
from procwire.capture.source import CaptureError

INPUT_BYTES = 16 << 10  # compressed bytes taken at a time
MAX_WINDOW_LOG = 27  # zstd: 128 MiB

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"


class Stream(Protocol):
    """Bytes without seeking; ``kind`` is gzip, zstd or empty."""

    kind: str

    def readinto(self, view: memoryview) -> int:
        """Fill some of ``view``; 0 at the end. Raises CaptureError without an offset."""
        ...


def stream_of(raw: Raw) -> Stream:
    """The bytes of a file, decompressed where its first bytes say so."""
    start = raw.peek(4)
    if start.startswith(_GZIP):
        return Inflated(raw)
    # A skippable frame (RFC 8878 section 3.1.2) may come first: 0x184D2A50 to 0x184D2A5F.
    if start == _ZSTD or (start[1:] == b"\x2a\x4d\x18" and start[0] >> 4 == 5):
        return Unzstd(raw)
    return Plain(raw)


class Plain:
    """No compression."""

    kind = ""

    def __init__(self, raw: Raw) -> None:
        self._raw = raw

    def readinto(self, view: memoryview) -> int:
        """As Stream has it."""
        return self._raw.readinto(view)


class Inflated:
    """gzip (RFC 1952), any number of members."""

    kind = "gzip"

    def __init__(self, raw: Raw) -> None:
        self._raw = raw
        self._machine = zlib.decompressobj(wbits=31)
        self._tail = b""
        self._rescued = b""  # what came before damage
        self._reason = ""  # set once damage was met

    def readinto(self, view: memoryview) -> int:
        """As Stream has it."""
        out = b""
        while not out and not self._reason:
            if self._machine.eof and not self._next_member():
                return 0
            out = self._inflate(len(view))
            if not out and not self._machine.eof and not self._tail and not self._reason:
                self._tail = self._raw.read(INPUT_BYTES)
                if not self._tail:
                    self._reason = "the gzip data ends early"
        if not out:
            out, self._rescued = self._rescued[: len(view)], self._rescued[len(view) :]
        if not out:
            raise CaptureError(self._raw.path, None, self._reason)
        view[: len(out)] = out
        return len(out)

    def _inflate(self, count: int) -> bytes:
        before = self._machine.copy()
        try:
            out = self._machine.decompress(self._tail, count)
        except zlib.error as error:
            self._reason = f"damaged gzip data ({_clause(error)})"
            self._rescued = _rescue(before, self._tail)
            return b""
        self._tail = self._machine.unused_data if self._machine.eof else self._machine.unconsumed_tail
        return out

    def _next_member(self) -> bool:
        """Start on the member that follows, if one does; zero padding is passed over."""
        self._tail = self._tail.lstrip(b"\0")
        while len(self._tail) < 2:
            fresh = self._raw.read(INPUT_BYTES)
            if not fresh:
                break
            self._tail = (self._tail + fresh).lstrip(b"\0")
        if not self._tail:
            return False
        if not self._tail.startswith(_GZIP):
            raise CaptureError(self._raw.path, None, "something else follows the gzip data")
        self._machine = zlib.decompressobj(wbits=31)
        return True


def _rescue(machine: Any, tail: bytes) -> bytes:
    """What a decompressor in this state can give of ``tail`` before its fault, all but the last byte.

    A call that meets a fault returns nothing of what it had before, so it is fed byte by byte, and the
    byte that holds the fault is taken out byte by byte.
    """
    saved = b""
    for at in range(len(tail)):
        before = machine.copy()
        try:
            saved += machine.decompress(tail[at : at + 1])
        except zlib.error:
            return saved + _trickle(before, tail[at : at + 1])
    return saved


def _trickle(machine: Any, tail: bytes) -> bytes:
    saved = b""
    try:
        while out := machine.decompress(tail, 1):
            saved += out
            tail = machine.unconsumed_tail
    except zlib.error:
        pass
    return saved


class Unzstd:
    """zstd (RFC 8878), any number of frames. Damage loses what lies in the same compressed 16 KiB."""

    kind = "zstd"

    def __init__(self, raw: Raw) -> None:
        self._raw = raw
        self._zstd = _zstd_module(raw.path)
        self._machine: Any = self._fresh()
        self._tail = b""
        self._inside = False  # a frame has begun

    def _fresh(self) -> Any:
        option = self._zstd.DecompressionParameter.window_log_max
        return self._zstd.ZstdDecompressor(options={option: MAX_WINDOW_LOG})

    def readinto(self, view: memoryview) -> int:
        """As Stream has it."""
        while True:
            if self._machine.eof:
                self._tail = self._machine.unused_data
                self._machine = self._fresh()
                self._inside = False
            if self._machine.needs_input and not self._tail:
                self._tail = self._raw.read(INPUT_BYTES)
                if not self._tail:
                    break
            tail, self._tail = self._tail, b""
            try:
                out = self._machine.decompress(tail, len(view))
            except self._zstd.ZstdError as error:
                raise CaptureError(self._raw.path, None, f"damaged zstd data ({_clause(error)})") from None
            self._inside = True
            if out:
                view[: len(out)] = out
                return len(out)
        if self._inside:
            raise CaptureError(self._raw.path, None, "the zstd data ends early")
        return 0


def _zstd_module(path: str) -> Any:
    """The standard library's from 3.14 on, else the backport; only loaded when a file needs it."""
    try:
        from compression import zstd
    except ImportError:
        try:
            from backports import zstd
        except ImportError:
            reason = "zstd data, and the package backports.zstd is not installed"
            raise CaptureError(path, None, reason) from None
    return zstd


def _clause(error: Exception) -> str:
    """A library's message without its preamble and full stop."""
    return str(error).rpartition(": ")[2].strip().rstrip(".").lower()
