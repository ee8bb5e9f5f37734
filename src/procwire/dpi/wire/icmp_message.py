"""What ICMP and ICMPv6 have in common: types with codes, echoes that pair up, errors that quote a packet.

RFC 792, RFC 1191, RFC 4443, RFC 4884. Refuses to check checksums: offload leaves them unset.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, cast

from procwire.dpi.wire import _icmp_names
from procwire.dpi.wire.pending import Pending
from procwire.model import address
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says
from procwire.model.streams import Direction

HEAD_BYTES = 8
_V4_BYTES, _V6_BYTES = 20, 40
_PORTED = frozenset({6, 17, 33, 132, 136})
_ASKS = {8: 0, 13: 14, 15: 16, 17: 18, 42: 43, 128: 129, 139: 140, 160: 161}  # request -> its reply
_ANSWERS = {reply: request for request, reply in _ASKS.items()}
_ERRORS = {4: frozenset({3, 4, 5, 11, 12}), 6: frozenset({1, 2, 3, 4})}


class IcmpMessage(Observation, kw_only=True):
    """One ICMP message."""

    TABLE = "icmp"
    RISKS = {"faults": "malformed-message"}  # noqa: RUF012
    message: Annotated[str, says("What it is: echo-request, unreachable, ...; type-N where it has no name.")]
    reason: Annotated[str, says("Its code in words, where it has a meaning.")] = ""
    type_number: Annotated[int, says("Type as sent.")]
    code_number: Annotated[int, says("Code as sent.")]
    ident: Annotated[int | None, says("Identifier of an echo or a request.")] = None
    sequence: Annotated[int | None, says("Sequence number of an echo or a request.")] = None
    size_bytes: Annotated[int, says("Length of the message as captured.", kind=Kind.SIZE)]
    latency: Annotated[int | None, says("From the request to this reply.", kind=Kind.DURATION)] = None
    mtu: Annotated[int | None, says("Largest packet of the next hop, where told.", kind=Kind.SIZE)] = None
    gateway: Annotated[str, says("Better next hop that a redirect names.")] = ""
    quoted_proto: Annotated[int | None, says("IP protocol number of the packet that an error quotes.")] = None
    quoted_src: Annotated[str, says("Who sent the quoted packet.")] = ""
    quoted_src_port: Annotated[int | None, says("Its source port.")] = None
    quoted_dst: Annotated[str, says("Where it was to go.")] = ""
    quoted_dst_port: Annotated[int | None, says("Its destination port.")] = None
    faults: Annotated[tuple[str, ...], says("Breaches of the format.")] = ()


class IcmpUnanswered(Observation, kw_only=True):
    """A request that no reply was seen to."""

    TABLE = "icmp"
    message: Annotated[str, says("What it is: unanswered.")] = "unanswered"
    ident: Annotated[int, says("Identifier of the request.")]
    sequence: Annotated[int, says("Sequence number of the request.")]
    waited: Annotated[int, says("From the request to the end of the flow.", kind=Kind.DURATION)]


class Messages:
    """Reads the messages of one flow; ``family`` is 4 or 6."""

    def __init__(self, family: int) -> None:
        self.family = family
        self.names = _icmp_names.ICMP if family == 4 else _icmp_names.ICMP6
        self.codes = _icmp_names.ICMP_CODES if family == 4 else _icmp_names.ICMP6_CODES
        self.pending = Pending()

    def read(self, side: Direction, data: bytes, now: int) -> IcmpMessage:
        """One message of at least HEAD_BYTES."""
        kind, code = data[0], data[1]
        more: dict[str, Any] = {}
        if kind in _ASKS or kind in _ANSWERS:
            more = self._echo(side, kind, data, now)
        elif kind in _ERRORS[self.family]:
            more = self._error(kind, code, data)
        return IcmpMessage(
            time=now,
            side=side,
            message=self.names.get(kind) or f"type-{kind}",
            reason=self.codes.get((kind, code), ""),
            type_number=kind,
            code_number=code,
            size_bytes=len(data),
            **more,
        )

    def unanswered(self, now: int) -> Iterable[IcmpUnanswered]:
        """What waits for a reply still."""
        for key, asked in self.pending.left():
            side, _, ident, sequence = cast("tuple[int, int, int, int]", key)
            waited = max(0, now - asked.since)
            yield IcmpUnanswered(
                time=now, side=Direction(side), ident=ident, sequence=sequence, waited=waited
            )

    def _echo(self, side: Direction, kind: int, data: bytes, now: int) -> dict[str, Any]:
        ident, sequence = int.from_bytes(data[4:6], "big"), int.from_bytes(data[6:8], "big")
        found: dict[str, Any] = {"ident": ident, "sequence": sequence}
        if kind in _ASKS:
            self.pending.ask((int(side), kind, ident, sequence), now)
        else:
            found["latency"], _ = self.pending.answer((1 - side, _ANSWERS[kind], ident, sequence), now)
        return found

    def _error(self, kind: int, code: int, data: bytes) -> dict[str, Any]:
        found = quoted(data[HEAD_BYTES:])
        if self.family == 4 and (kind, code) == (3, 4):
            found["mtu"] = int.from_bytes(data[6:8], "big") or None  # RFC 1191 section 4
        elif self.family == 6 and kind == 2:
            found["mtu"] = int.from_bytes(data[4:8], "big")
        elif self.family == 4 and kind == 5:
            found["gateway"] = address.text(4, 0, int.from_bytes(data[4:8], "big"))
        return found


def quoted(data: bytes) -> dict[str, Any]:
    """The ends of the packet that an error quotes."""
    if not data:
        return {"faults": ("quotes-nothing",)}
    if data[0] >> 4 == 4 and len(data) >= _V4_BYTES:
        head, proto = (data[0] & 15) * 4, data[9]
        src, dst = (address.text(4, 0, int.from_bytes(data[at : at + 4], "big")) for at in (12, 16))
    elif data[0] >> 4 == 6 and len(data) >= _V6_BYTES:
        head, proto = _V6_BYTES, data[6]
        src, dst = sixteen(data[8:24]), sixteen(data[24:40])
    else:
        return {"faults": ("quotes-no-packet",)}
    found: dict[str, Any] = {"quoted_proto": proto, "quoted_src": src, "quoted_dst": dst}
    if proto in _PORTED and len(data) >= head + 4:
        found["quoted_src_port"] = int.from_bytes(data[head : head + 2], "big")
        found["quoted_dst_port"] = int.from_bytes(data[head + 2 : head + 4], "big")
    return found


def sixteen(data: bytes) -> str:
    """An IPv6 address as text."""
    return address.text(6, int.from_bytes(data[:8], "big"), int.from_bytes(data[8:16], "big"))
