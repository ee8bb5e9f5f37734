"""TPKT (RFC 1006, RFC 2126) and the head of COTP (ISO 8073, RFC 905): packets of OSI transport over TCP.

What S7comm, RDP and others ride on. Refuses to put fragments of COTP together: ``last`` says whether a data
packet ends its message.
"""

from __future__ import annotations

from procwire.dpi.contract import ProtocolError
from procwire.dpi.wire.cursor import Cursor

HEADER_BYTES = 4
MAX_PACKET = 65535
MAX_PARAMETERS = 16

CONNECT, CONFIRM, DISCONNECT, DATA = 0xE0, 0xD0, 0x80, 0xF0
CALLING, CALLED, SIZE = 0xC1, 0xC2, 0xC0  # parameters of a connection


def size(data: bytes, at: int = 0) -> int:
    """Length of the packet at ``at``, 0 where more bytes are needed. Raises ProtocolError for another's."""
    head = data[at : at + HEADER_BYTES]
    if head[:1] not in {b"", b"\3"} or head[1:2] not in {b"", b"\0"}:
        raise ProtocolError("no TPKT")
    if len(head) < HEADER_BYTES:
        return 0
    length = int.from_bytes(head[2:4], "big")
    if length < 7:
        raise ProtocolError("a TPKT too short for COTP")
    return length


class Cotp:
    """One packet of COTP: ``kind``, for a connection its ``parameters``, and where its ``payload`` begins."""

    __slots__ = ("kind", "last", "parameters", "payload")

    def __init__(self, packet: bytes) -> None:
        body = Cursor(packet, HEADER_BYTES)
        length = body.u8()
        head = Cursor(body.take(length))
        self.kind = head.u8() & 0xF0
        self.payload = HEADER_BYTES + 1 + length
        self.parameters: dict[int, bytes] = {}
        self.last = True
        if self.kind == DATA:
            self.last = bool(head.u8() & 0x80)
        elif self.kind in {CONNECT, CONFIRM}:
            head.take(5)  # both references, class
            for _ in range(MAX_PARAMETERS):
                if head.left < 2 or head.data[head.at] not in {CALLING, CALLED, SIZE}:
                    break  # RDP puts its cookie and its request here
                name = head.u8()
                self.parameters[name] = head.prefixed(1)
        elif self.kind != DISCONNECT:
            raise ProtocolError("no packet of COTP that is known")
