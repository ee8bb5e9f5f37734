"""PPTP: the control connection (RFC 2637); the tunnel itself is GRE. Obsolete: its login is broken.

Recognised by its magic cookie behind a length and a type that fit, on any port.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError, Shape
from procwire.dpi.wire.lines import shown
from procwire.dpi.wire.pending import Pending
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "pptp"
PORTS = frozenset({("tcp", 1723)})
TRANSPORTS = frozenset({"tcp"})
FIRST = b"\x00"

MAGIC = b"\x1a\x2b\x3c\x4d"
_SIZES = {1: 156, 2: 156, 3: 16, 4: 16, 5: 16, 6: 20, 7: 168, 8: 32, 9: 220, 10: 24, 11: 28, 12: 16, 13: 148,
          14: 40, 15: 24}  # fmt: skip
_TYPES = {1: "start-request", 2: "start-reply", 3: "stop-request", 4: "stop-reply", 5: "echo-request",
          6: "echo-reply", 7: "outgoing-call-request", 8: "outgoing-call-reply", 9: "incoming-call-request",
          10: "incoming-call-reply", 11: "incoming-call-connected", 12: "call-clear-request",
          13: "call-disconnect-notify", 14: "wan-error-notify", 15: "set-link-info"}  # fmt: skip
_ANSWERS = {2: 1, 4: 3, 6: 5, 8: 7, 10: 9, 13: 12}
_RESULTS = {2: 14, 4: 8, 6: 16, 8: 16, 10: 16}  # where the result code stands
HEAD = 12


class PptpMessage(Observation, kw_only=True):
    """A control message."""

    TABLE = "pptp"
    RISKS: ClassVar = {"obsolete": "obsolete-protocol"}
    message: Annotated[str, says("Type of the message.")]
    host: Annotated[str, says("Host name, as announced.")]
    vendor: Annotated[str, says("Vendor, as announced.")]
    result: Annotated[int | None, says("Result code of a reply; 1 is success.")]
    call_id: Annotated[int | None, says("Call that it opens or answers.")]
    latency: Annotated[int | None, says("From the request to the reply.", kind=Kind.DURATION)]

    @property
    def obsolete(self) -> bool:
        """Always: its encryption and login were broken (MS-CHAPv2, 2012)."""
        return True


OBSERVATIONS = (PptpMessage,)

SHAPES = {
    "tcp": Shape(starts=({0: b"\0"} | {2 + at: bytes((byte,)) for at, byte in enumerate(b"\0\1" + MAGIC)},))
}


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """Length, type of a control message, cookie, and a known message of that length."""
    if len(data) >= 8 and data[4:8] != MAGIC:
        return Claim.NO
    if len(data) >= 10:
        size, number = data[0] << 8 | data[1], data[8] << 8 | data[9]
        good = data[2:4] == b"\0\1" and data[4:8] == MAGIC and _SIZES.get(number) == size
        return Claim.YES if good else Claim.NO
    wanted = b"\0\1" + MAGIC
    good = not data[:1].strip(b"\0") and wanted.startswith(data[2:8]) and data[1:2] != b"\0"
    return Claim.MORE if good else Claim.NO


class Parser:
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:  # noqa: ARG002
        self._held = [bytearray(), bytearray()]
        self._lost = [False, False]
        self._asked = Pending()

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterator[Observation]:
        """See contract.Parser."""
        held = self._held[side]
        held += data
        if self._lost[side]:
            at = held.find(MAGIC, 4)
            self._lost[side] = at < 4
            del held[: at - 4 if at >= 4 else max(0, len(held) - 7)]
            if self._lost[side]:
                return
        while len(held) >= HEAD:
            size, number = held[0] << 8 | held[1], held[8] << 8 | held[9]
            if held[4:8] != MAGIC or _SIZES.get(number) != size:
                raise ProtocolError("not a control message")
            if len(held) < size:
                return
            body = bytes(held[:size])
            del held[:size]
            yield self._tell(side, number, body, now)

    def gap(self, side: Direction, size: int, *, now: int) -> Iterator[Observation]:  # noqa: ARG002
        """The next cookie is looked for."""
        self._held[side].clear()
        self._lost[side] = True
        return iter(())

    def skip(self, side: Direction) -> int:  # noqa: ARG002
        """See contract.Parser: everything is read."""
        return 0

    def _tell(self, side: Direction, number: int, body: bytes, now: int) -> Observation:
        latency = None
        if number in _ANSWERS:
            latency, _ = self._asked.answer((1 - side, _ANSWERS[number]), now)
        else:
            self._asked.ask((side, number), now)
        begins, at = number in {1, 2}, _RESULTS.get(number)
        return PptpMessage(
            time=now,
            side=side,
            message=_TYPES[number],
            host=shown(body[28:92].split(b"\0")[0]) if begins else "",
            vendor=shown(body[92:156].split(b"\0")[0]) if begins else "",
            result=body[at] if at is not None else None,
            call_id=body[12] << 8 | body[13] if 7 <= number <= 13 else None,
            latency=latency,
        )
