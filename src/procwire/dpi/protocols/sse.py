"""Server-sent events: each one's kind, id and size (HTML Living Standard, section 9.2).

Contents are not kept. Reached only where HTTP hands on to it: behind the head of a response of type
``text/event-stream``, which goes on until somebody ends the connection. Chunked coding (RFC 9112 section
7.1) is taken off where it is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from procwire.dpi.contract import ENOUGH, Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.lines import shown
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says
from procwire.model.patterns import lazy

NAME = "sse"
PORTS: frozenset[tuple[str, int]] = frozenset()  # HTTP hands on to it
TRANSPORTS = frozenset({"tcp"})
FOLLOWS = True
FIRST = (
    b":\r\ndeirDEIR" + b"0123456789abcfABCF" + b"\xef"
)  # a field, a comment, a chunk's size, a byte order mark

MAX_KEPT = 1024  # bytes of a line that are kept; of longer ones only the size is told
MAX_SIZE_LINE = 256  # bytes of the line that tells the size of a chunk
_SIZE = lazy(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")


class ServerEvent(Observation, kw_only=True):
    """One event."""

    TABLE = "sse"
    event: Annotated[str, says("Kind of the event; message where none is given.")]
    ident: Annotated[str, says("Its id, where given.")]
    retry: Annotated[int | None, says("How long to wait before coming again.", kind=Kind.DURATION)]
    size_bytes: Annotated[int, says("Bytes of its data, line ends left out.", kind=Kind.SIZE)]


OBSERVATIONS = (ServerEvent,)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """Anything, where HTTP announced it."""
    if context.announced != NAME:
        return Claim.NO
    if not data:
        return Claim.MORE
    return Claim.YES if data[0] in FIRST else Claim.NO


class _Chunks:
    """Takes chunked coding off, if it is there: the first line says."""

    __slots__ = ("_held", "_left", "ended", "plain")

    def __init__(self) -> None:
        self._held = b""
        self._left = 0
        self.plain: bool | None = None
        self.ended = False

    def take(self, data: bytes) -> bytes:
        """The bytes within the chunks. Raises ProtocolError for a line that is no size."""
        if self.plain:
            return data
        found = []
        data = self._held + data
        self._held = b""
        while data and not self.ended:
            if self._left:
                found.append(data[: self._left])
                used = min(self._left, len(data))
                self._left -= used
                data = data[used:]
                continue
            line = data.find(b"\n") + 1
            if not line:
                if len(data) > MAX_SIZE_LINE and self.plain is None:
                    return self._without(data)
                if len(data) > MAX_SIZE_LINE:
                    raise ProtocolError("not a chunk size")
                self._held = data
                break
            size = _SIZE.match(data, 0, line)
            if size is None and self.plain is None:
                return self._without(data)
            if size is None and data[:line].strip():
                raise ProtocolError("not a chunk size")
            data = data[line:]
            if size is not None:
                self.plain = False
                self._left = int(size[1], 16)
                self.ended = not self._left
        return b"".join(found)

    def _without(self, data: bytes) -> bytes:
        self.plain = True
        return data


class Parser:
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        self._told = context.told
        self._server: int | None = None
        self._chunks = _Chunks()
        self._line = bytearray()
        self._size = 0  # of the line in hand
        self._event = self._ident = b""
        self._retry: int | None = None
        self._bytes = 0
        self._some = self._done = False

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterator[Observation]:
        """See contract.Parser."""
        if self._done:
            return
        if self._server is None:
            self._server = side
        if side != self._server:
            return
        text = self._chunks.take(data)
        at = 0
        while at < len(text):
            end = text.find(b"\n", at)
            stop = len(text) if end < 0 else end
            self._size += stop - at
            self._line += text[at:stop][: max(0, MAX_KEPT - len(self._line))]
            at = stop + 1
            if end >= 0:
                yield from self._whole(side, now)
        self._done = self._chunks.ended

    def gap(self, side: Direction, size: int, *, now: int) -> Iterator[Observation]:  # noqa: ARG002
        """Within a chunk the place is lost: nothing more is read."""
        self._done = self._done or side == self._server
        return iter(())

    def skip(self, side: Direction) -> int:  # noqa: ARG002
        """See contract.Parser."""
        return ENOUGH if self._done or not self._told else 0

    def _whole(self, side: Direction, now: int) -> Iterator[Observation]:
        line, size = bytes(self._line).rstrip(b"\r"), self._size
        self._line.clear()
        self._size = 0
        if not line:
            if self._some:
                yield self._dispatched(side, now)
            return
        name, _, value = line.removeprefix(b"\xef\xbb\xbf").partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._some = True
            self._bytes += max(0, size - len(line) + len(value)) if size > MAX_KEPT else len(value)
        elif name == b"event":
            self._event = value
        elif name == b"id":
            self._ident = value
        elif name == b"retry" and value.isdigit() and len(value) < 10:
            self._retry = int(value) * 1_000_000

    def _dispatched(self, side: Direction, now: int) -> Observation:
        event, size, retry = self._event, self._bytes, self._retry
        self._event, self._bytes, self._retry, self._some = b"", 0, None, False
        return ServerEvent(
            time=now,
            side=side,
            event=shown(event, 64) or "message",
            ident=shown(self._ident, 64),
            retry=retry,
            size_bytes=size,
        )
