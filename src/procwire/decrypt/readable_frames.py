"""HTTP/2 and HTTP/3 for people: each stream's fields a line each, then its body out of its coding."""

from __future__ import annotations

from collections.abc import Container

from procwire.decrypt.bodies import Body
from procwire.decrypt.http3 import Http3
from procwire.dpi.contract import ProtocolError
from procwire.dpi.wire.http2_frames import (
    ACK,
    CONTINUATION,
    DATA,
    END_STREAM,
    HEADERS,
    PREFACE,
    PUSH_PROMISE,
    SETTINGS,
    Frame,
    Frames,
    content,
    settings,
)

MAX_BODIES = 256  # under way at a time; the one that began first is ended

Shown = tuple[int, bytes]  # stream, bytes to be read
Fields = dict[bytes, bytes]


class _Every(Container[int]):
    """Every stream."""

    def __contains__(self, stream: object) -> bool:
        return True


class _Bodies:
    """The bodies of a connection, by side and stream."""

    def __init__(self) -> None:
        self._open: dict[tuple[int, int], Body] = {}

    def begin(self, side: int, stream: int, fields: Fields) -> bytes:
        """The fields of a head, to be read; its body follows."""
        before = self.end(side, stream)
        if len(self._open) >= MAX_BODIES:
            del self._open[next(iter(self._open))]
        self._open[side, stream] = Body(fields.get(b"content-encoding", b"").decode("ascii", "replace"))
        return before + b"".join(name + b": " + value + b"\n" for name, value in fields.items()) + b"\n"

    def add(self, side: int, stream: int, data: bytes) -> bytes:
        body = self._open.get((side, stream))
        return data if body is None else body.add(data)

    def end(self, side: int, stream: int) -> bytes:
        body = self._open.pop((side, stream), None)
        return b"" if body is None else body.end()

    def finish(self, side: int) -> list[Shown]:
        return [(stream, self.end(owner, stream)) for owner, stream in list(self._open) if owner == side]


class Http2Text:
    """One connection of HTTP/2. Streams are shown one beside another, as they came."""

    def __init__(self, client: int) -> None:
        self._client = client
        self._sides = (Frames(), Frames())
        for side in self._sides:
            side.kept = _Every()
        self._bodies = _Bodies()
        self._preface = len(PREFACE)

    def feed(self, side: int, stream: int, data: bytes) -> list[Shown]:  # noqa: ARG002
        """More bytes of a side."""
        frames = self._sides[side]
        if frames.broken:
            return [(-1, data)]
        if side == self._client and self._preface:
            passed = min(self._preface, len(data))
            self._preface -= passed
            data = data[passed:]
        shown: list[Shown] = []
        try:
            for frame in frames.next(data):
                shown += self._frame(side, frames, frame)
        except ProtocolError as error:
            frames.broken = True
            shown.append((-1, f"[HTTP/2 could not be read on: {error}]\n".encode()))
        return shown

    def lose(self, side: int, stream: int, size: int) -> None:  # noqa: ARG002
        """Bytes of a side are missing."""
        self._sides[side].lose(size)

    def finish(self, side: int) -> list[Shown]:
        """No more will come."""
        return self._bodies.finish(side)

    def _frame(self, side: int, frames: Frames, frame: Frame) -> list[Shown]:
        stream, out = frame.stream, b""
        if frame.kind == DATA:
            out = self._bodies.add(side, stream, content(frame))
            if frame.size and not frame.payload:
                out = f"[{frame.size} bytes in one frame]\n".encode()
        elif frame.kind in {HEADERS, CONTINUATION, PUSH_PROMISE}:
            whole = frames.headers(frame)
            if whole is None:
                return []
            frame, fields = whole
            out = self._bodies.begin(side, stream, fields)
        elif frame.kind == SETTINGS and not frame.flags & ACK:
            table = settings(frame.payload).get(1)
            if table is not None:
                self._sides[1 - side].allow(table)
        if frame.kind in {DATA, HEADERS} and frame.flags & END_STREAM:
            out += self._bodies.end(side, stream)
        return [(stream, out)] if out else []


class Http3Text(Http3):
    """One connection of HTTP/3. A stream that does not begin as one of it is passed on as it is."""

    def __init__(self, client: int) -> None:
        super().__init__(client)
        self._bodies = _Bodies()
        self._shown: list[Shown] = []
        self._other: dict[tuple[int, int], bool] = {}

    def feed(self, side: int, stream: int, data: bytes, *_: object, **__: object) -> list[Shown]:  # type: ignore[override]
        """More bytes of a stream."""
        if self._other.setdefault((side, stream), not stream & 2 and data[:1] != b"\1"):
            return [(stream, data)]
        super().feed(side, stream, data, 0)
        shown, self._shown = self._shown, []
        return shown

    def lose(self, side: int, stream: int, size: int) -> None:  # noqa: ARG002
        """Bytes of a stream are missing."""
        self.gap(side, stream)

    def finish(self, side: int) -> list[Shown]:  # type: ignore[override]
        """No more will come."""
        return self._bodies.finish(side)

    def keeps(self, side: int, stream: int) -> bool:  # noqa: ARG002
        """See Http3."""
        return True

    def content(self, side: int, stream: int, data: bytes) -> None:
        """See Http3."""
        self._shown.append((stream, self._bodies.add(side, stream, data)))

    def head(self, side: int, stream: int, fields: Fields) -> None:
        """See Http3."""
        self._shown.append((stream, self._bodies.begin(side, stream, fields)))
