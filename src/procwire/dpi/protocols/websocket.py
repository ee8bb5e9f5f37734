"""WebSocket: messages with their size and kind, closes with their reason (RFC 6455); contents are not kept.

Reached only where HTTP handed on to it: frames alone are too little to be recognised by. Masks are checked on
the side that must mask, contents are passed over. permessage-deflate (RFC 7692) shows in a frame's first bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.lines import shown
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "websocket"
PORTS: frozenset[tuple[str, int]] = frozenset()  # HTTP hands on to it
TRANSPORTS = frozenset({"tcp"})
FOLLOWS = True
FIRST = bytes((0x00, 0x01, 0x02, 0x41, 0x42, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8A, 0xC1, 0xC2))

MAX_CONTROL = 125  # RFC 6455 section 5.5
MAX_MESSAGE = 1 << 62  # a length with the top bit set is an error (section 5.2)

_KINDS = {1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"}
_DATA, _CLOSE, _PING, _PONG = (1, 2), 8, 9, 10
_CODES = {1000: "normal", 1001: "going away", 1002: "protocol error", 1003: "unsupported data",
          1007: "invalid data", 1008: "policy violation", 1009: "too big", 1010: "extension missing",
          1011: "server error", 1012: "restart", 1013: "try again later"}  # fmt: skip


class WebSocketMessage(Observation, kw_only=True):
    """One message, whole; or a control frame."""

    TABLE = "websocket"
    kind: Annotated[str, says("text, binary, close, ping or pong.")]
    size_bytes: Annotated[int, says("Bytes of its payload, as carried.", kind=Kind.SIZE)]
    frames: Annotated[int, says("Frames that it came in.")] = 1
    compressed: Annotated[bool, says("It is compressed (permessage-deflate).")] = False
    code: Annotated[int | None, says("Status code of a close.")] = None
    reason: Annotated[str, says("Reason of a close, or the registered meaning of its code.")] = ""
    latency: Annotated[int | None, says("From a ping to the pong that repeats it.", kind=Kind.DURATION)] = (
        None
    )


OBSERVATIONS = (WebSocketMessage,)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A frame that may be the first, where HTTP announced them."""
    if context.announced != NAME:
        return Claim.NO
    if not data:
        return Claim.MORE
    return Claim.YES if data[0] in FIRST[1:] and data[0] not in {0x00, 0x80} else Claim.NO


class _Side:
    __slots__ = ("compressed", "frames", "held", "kind", "left", "mask", "need", "size")

    def __init__(self) -> None:
        self.held = bytearray()
        self.left = 0  # of the payload of a data frame
        self.kind = 0  # of the message that is being sent
        self.size = self.frames = 0
        self.compressed = False
        self.need = False  # the frame in hand ends its message


class Parser:
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:  # noqa: ARG002
        self._sides = (_Side(), _Side())
        self._ping: list[tuple[bytes, int] | None] = [None, None]
        self._masked: list[bool | None] = [None, None]
        self._lost = [False, False]

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterator[Observation]:
        """See contract.Parser."""
        state = self._sides[side]
        state.held += data
        while True:
            if state.left:
                paid = min(state.left, len(state.held))
                del state.held[:paid]
                state.left -= paid
                if state.left:
                    return
            if state.need:
                state.need = False
                yield self._whole(side, state, now)
            head = self._head(side, state)
            if head is None:
                return
            first, size, at = head
            kind = first & 15
            if kind < 8:
                self._data(state, first, size, at)
            elif len(state.held) < at + size:
                return
            else:
                yield self._control(side, state, (kind, size, at), now)

    def gap(self, side: Direction, size: int, *, now: int) -> Iterator[Observation]:
        """Inside a payload the place is still known; elsewhere it is not found again."""
        state = self._sides[side]
        if size > state.left:
            self._lost[side] = True
            state.held.clear()
            state.left, state.need = 0, False
            return
        state.left -= size
        yield from self.feed(side, b"", now=now)

    def skip(self, side: Direction) -> int:
        """See contract.Parser: payloads are not needed, but for the last byte, that tells the time."""
        if self._lost[side]:
            return 1 << 62
        state = self._sides[side]
        size = max(0, state.left - 1)
        state.left -= size
        return size

    def _head(self, side: Direction, state: _Side) -> tuple[int, int, int] | None:
        """(first byte, payload's size, where it begins), or None where the head is not whole."""
        held = state.held
        if self._lost[side]:
            held.clear()
        if len(held) < 2:
            return None
        first, size = held[0], held[1] & 127
        masked = bool(held[1] & 128)
        if first & 0x30 or (first & 15) not in {0, 1, 2, 8, 9, 10}:
            raise ProtocolError("not a frame")
        if first & 8 and (size > MAX_CONTROL or not first & 0x80 or first & 0x40):
            raise ProtocolError("not a control frame")
        if self._masked[side] is None:
            self._masked[side] = masked
        if masked != self._masked[side] or masked == self._masked[1 - side]:  # section 5.1: one side masks
            raise ProtocolError("masked and not")
        at = {126: 4, 127: 10}.get(size, 2)
        if len(held) < at + 4 * masked:
            return None
        if size > 125:
            size = int.from_bytes(held[2:at], "big")
            if size > MAX_MESSAGE:
                raise ProtocolError("not a length")
        return first, size, at + 4 * masked

    def _data(self, state: _Side, first: int, size: int, at: int) -> None:
        kind = first & 15
        if bool(kind) == bool(state.kind):  # section 5.4: a message is not begun within another
            raise ProtocolError("not a fragment in order")
        if kind:
            state.kind, state.size, state.frames = kind, 0, 0
            state.compressed = bool(first & 0x40)
        state.size += size
        state.frames += 1
        del state.held[:at]
        state.left = size
        state.need = bool(first & 0x80)

    def _whole(self, side: Direction, state: _Side, now: int) -> Observation:
        kind, state.kind = state.kind, 0
        return WebSocketMessage(
            time=now,
            side=side,
            kind=_KINDS[kind],
            size_bytes=state.size,
            frames=state.frames,
            compressed=state.compressed,
        )

    def _control(self, side: Direction, state: _Side, frame: tuple[int, int, int], now: int) -> Observation:
        kind, size, at = frame
        body = bytes(state.held[at : at + size])
        if self._masked[side]:
            mask = state.held[at - 4 : at]
            body = bytes(byte ^ mask[place % 4] for place, byte in enumerate(body))
        del state.held[: at + size]
        code, reason, latency = None, "", None
        if kind == _CLOSE and size >= 2:
            code = body[0] << 8 | body[1]
            reason = shown(body[2:]) or _CODES.get(code, "")
        elif kind == _PING:
            self._ping[side] = (body, now)
        elif kind == _PONG:
            asked, self._ping[1 - side] = self._ping[1 - side], None
            if asked is not None and asked[0] == body:
                latency = now - asked[1]
        return WebSocketMessage(
            time=now, side=side, kind=_KINDS[kind], size_bytes=size, code=code, reason=reason, latency=latency
        )
