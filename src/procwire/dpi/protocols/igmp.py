"""IGMP: which hosts listen to which multicast groups (RFC 1112, RFC 2236, RFC 9776).

Recognised by the IP header, which names it; there is no port. Of the same protocol number, DVMRP and other
routing messages are left unread.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire import group_message
from procwire.dpi.wire.framing import DatagramParser
from procwire.dpi.wire.group_message import GroupMessage
from procwire.model import address
from procwire.model.observation import Observation

NAME = "igmp"
PORTS: frozenset[tuple[str, int]] = frozenset()
TRANSPORTS = frozenset({"igmp"})
FIRST = bytes((0x11, 0x12, 0x16, 0x17, 0x22))
OBSERVATIONS = (GroupMessage,)

QUERY, REPORT1, REPORT2, LEAVE, REPORT3 = FIRST
_NAMES = {QUERY: "query", REPORT1: "report", REPORT2: "report", LEAVE: "leave", REPORT3: "report"}
_VERSIONS = {REPORT1: "igmp1", REPORT2: "igmp2", LEAVE: "igmp2", REPORT3: "igmp3"}
_HEAD, _QUERY3 = 8, 12
_TENTH = 10**8  # ns; RFC 9776 section 4.1.1


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A message type of hosts and queriers, with a whole header."""
    known = context.transport in TRANSPORTS and len(data) >= _HEAD and data[0] in _NAMES
    return Claim.YES if known else Claim.NO


class Parser(DatagramParser):
    """See contract.Parser."""

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """One message."""
        if len(data) < _HEAD or data[0] not in _NAMES:
            raise ProtocolError("not a message of hosts")
        kind = data[0]
        found: dict[str, Any] = {"version": _VERSIONS.get(kind) or _query_version(data)}
        if kind == REPORT3:
            count = int.from_bytes(data[6:8], "big")
            found["groups"], found["faults"] = group_message.records(data[8:], count, 4, _text)
        else:
            group = _text(data[4:8])
            found["group"] = "" if group == "0.0.0.0" else group  # noqa: S104 - the general query
        if kind == QUERY:
            found["response_time"] = _response_time(data[1]) * _TENTH
            if len(data) >= _QUERY3:
                count = int.from_bytes(data[10:12], "big")
                found["sources"] = group_message.addresses(data[12:], count, 4, _text)
        yield GroupMessage(time=now, side=side, message=_NAMES[kind], **found)


def _query_version(data: bytes) -> str:
    """RFC 9776 section 7.1: by length, and by the response time that version 1 leaves at zero."""
    if len(data) >= _QUERY3:
        return "igmp3"
    return "igmp2" if data[1] else "igmp1"


def _response_time(code: int) -> int:
    """Tenths of a second; from 128 on a floating-point value (RFC 9776 section 4.1.1)."""
    return code if code < 128 else (code & 15 | 16) << ((code >> 4 & 7) + 3)


def _text(data: bytes) -> str:
    return address.text(4, 0, int.from_bytes(data[:4], "big"))
