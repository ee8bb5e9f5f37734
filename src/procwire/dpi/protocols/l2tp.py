"""L2TP versions 2 and 3 over UDP: control messages (RFC 2661, RFC 3931); what is carried is not read.

Recognised by a control message whose length fills the datagram and whose attributes (AVPs) fill the length.
Data messages are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from procwire.dpi.contract import ENOUGH, Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.lines import shown
from procwire.dpi.wire.pending import Pending
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "l2tp"
PORTS = frozenset({("udp", 1701)})
TRANSPORTS = frozenset({"udp"})
FIRST = b"\xc8"

MAX_AVPS = 64  # attributes of one message
MAX_TOLD = 128  # control messages of one flow that are told
MAX_DATA = 256  # data messages passed over before the flow is left alone
_TYPES = {1: "SCCRQ", 2: "SCCRP", 3: "SCCCN", 4: "StopCCN", 6: "HELLO", 7: "OCRQ", 8: "OCRP", 9: "OCCN",
          10: "ICRQ", 11: "ICRP", 12: "ICCN", 14: "CDN", 15: "WEN", 16: "SLI", 20: "ACK"}  # fmt: skip
_ANSWERS = {2: 1, 3: 2, 8: 7, 9: 8, 11: 10, 12: 11}
_HOST, _VENDOR, _RESULT = 7, 8, 1


class L2tpMessage(Observation, kw_only=True):
    """A control message."""

    TABLE = "l2tp"
    version: Annotated[int, says("2 or 3.")]
    message: Annotated[str, says("Type of the message; ZLB where it only acknowledges.")]
    tunnel: Annotated[int, says("Tunnel (version 3: control connection) it is sent to.")]
    session: Annotated[int, says("Session it is sent to.")]
    host: Annotated[str, says("Host name, as announced.")]
    vendor: Annotated[str, says("Vendor name, as announced.")]
    error: Annotated[str, says("Why a tunnel or a call was ended.")]
    latency: Annotated[int | None, says("From the message that it answers.", kind=Kind.DURATION)]


OBSERVATIONS = (L2tpMessage,)

_Head = tuple[int, int, int, dict[int, bytes]]  # version, tunnel, session, AVPs


def _read(data: bytes) -> _Head | None:
    """A control message, or None. RFC 2661 section 3.1, RFC 3931 section 3.2.1."""
    if len(data) < 12 or data[0] != 0xC8 or data[1] not in {2, 3} or data[2] << 8 | data[3] != len(data):
        return None
    if data[1] == 2:
        tunnel, session = data[4] << 8 | data[5], data[6] << 8 | data[7]
    else:
        tunnel, session = int.from_bytes(data[4:8], "big"), 0
    found: dict[int, bytes] = {}
    at = 12
    while at < len(data):
        size = (data[at] & 3) << 8 | data[at + 1] if at + 6 <= len(data) else 0
        if size < 6 or at + size > len(data) or len(found) > MAX_AVPS:
            return None
        if data[at + 2 : at + 4] == b"\0\0" and not data[at] & 0x40:  # of IETF's numbers, and not hidden
            found.setdefault(data[at + 4] << 8 | data[at + 5], data[at + 6 : at + size])
        at += size
    if found and len(found.get(0, b"")) != 2:
        return None
    return data[1], tunnel, session, found


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A control message that says its type."""
    found = _read(data)
    return Claim.YES if found is not None and found[3] else Claim.NO


class Parser:
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:  # noqa: ARG002
        self._asked = Pending()
        self._count = self._data = 0

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterator[Observation]:
        """One datagram."""
        found = _read(data)
        if found is None:
            if len(data) < 6 or data[0] & 0x80 or data[1] & 15 not in {2, 3}:
                raise ProtocolError("not L2TP")
            self._data += 1
            return
        self._count += 1
        if self._count > MAX_TOLD:
            return
        version, tunnel, session, avps = found
        number = int.from_bytes(avps.get(0, b""), "big")
        latency = None
        if number in _ANSWERS:
            latency, _ = self._asked.answer((1 - side, _ANSWERS[number]), now)
        if avps:
            self._asked.ask((side, number), now)
        result = avps.get(_RESULT, b"")
        yield L2tpMessage(
            time=now,
            side=side,
            version=version,
            message=_TYPES.get(number, str(number)) if avps else "ZLB",
            tunnel=tunnel,
            session=session,
            host=shown(avps.get(_HOST, b"")),
            vendor=shown(avps.get(_VENDOR, b"")),
            error=f"{int.from_bytes(result[:2], 'big')} {shown(result[4:])}".strip()
            if len(result) >= 2
            else "",
            latency=latency,
        )

    def gap(self, side: Direction, size: int, *, now: int) -> Iterator[Observation]:  # noqa: ARG002
        """Datagrams have no gaps."""
        return iter(())

    def skip(self, side: Direction) -> int:  # noqa: ARG002
        """See contract.Parser."""
        return ENOUGH if self._count > MAX_TOLD or self._data > MAX_DATA else 0
