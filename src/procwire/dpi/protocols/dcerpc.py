"""DCE/RPC: interfaces bound to and operations called on Windows and other hosts (C706, [MS-RPCE]).

Recognised on any port by version, kind, byte order and lengths of a fragment's head; over UDP by the head of
80 bytes of version 4 and its length. Interfaces are named by their identifiers; arguments are not read. What
goes through named pipes of SMB is told there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire._rpc_interfaces import FAULTS, REFUSALS, interface_of, operation_of
from procwire.dpi.wire.framing import FramedParser
from procwire.dpi.wire.ntlm import find
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.rpc_binding import bound, order_of, remember, uuid_of
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "dcerpc"
PORTS = frozenset({("tcp", 135), ("udp", 34964)})
ROAMS = True  # services get their ports from the endpoint mapper
TRANSPORTS = frozenset({"tcp", "udp"})
FIRST = b"\x05\x04"

KEEP = 4096
HEADER_BYTES, DATAGRAM_HEADER = 16, 80
_KINDS = {
    0: "call",
    1: "ping",
    2: "response",
    3: "fault",
    4: "working",
    5: "nocall",
    6: "reject",
    7: "ack",
    8: "cancel",
    9: "fack",
    10: "cancel-ack",
    11: "bind",
    12: "bind-ack",
    13: "bind-nak",
    14: "alter",
    15: "alter-ack",
    16: "auth3",
    17: "shutdown",
    18: "cancel",
    19: "orphaned",
}
_FIRST_FRAGMENT = 0x01
_LEVELS = {1: "none", 2: "connect", 3: "call", 4: "packet", 5: "integrity", 6: "privacy"}
_PROVIDERS = {9: "spnego", 10: "ntlm", 14: "tls", 16: "kerberos", 68: "netlogon"}


class DcerpcMessage(Observation, kw_only=True):
    """An interface bound to, or an operation called on it."""

    TABLE = "dcerpc"
    message: Annotated[str, says("bind, bind-ack, alter, call, response, fault, ...")]
    ident: Annotated[int, says("Call id.")]
    interface: Annotated[str, says("Interface by name, or its identifier.")] = ""
    version: Annotated[str, says("Version of the interface.")] = ""
    operation: Annotated[str, says("Operation by name, or its number.")] = ""
    interfaces: Annotated[tuple[str, ...], says("Interfaces bound to at once, where there are several.")] = ()
    result: Annotated[str, says("Whether the interface was accepted, or why a call failed.")] = ""
    object: Annotated[str, says("Object that is called.")] = ""
    security: Annotated[str, says("How calls are protected: provider and level.")] = ""
    user: Annotated[str, says("User, as NTLM says.")] = ""
    domain: Annotated[str, says("Domain of the user, as NTLM says.")] = ""
    host: Annotated[str, says("Host that calls, as NTLM says.")] = ""
    latency: Annotated[int | None, says("From the request to this answer.", kind=Kind.DURATION)] = None


OBSERVATIONS = (DcerpcMessage,)


def measure(data: bytes | bytearray) -> int:
    """Length of a fragment (C706 section 12.6.3.1)."""
    head = bytes(data[:HEADER_BYTES])
    wanted = (
        head[0] == 5,
        head[1:2] < b"\x02",
        head[2:3] <= b"\x13",
        True,
        head[4:5] in {b"", b"\x10", b"\0"},
        head[5:6] <= b"\x03",
        head[6:8] == bytes(len(head[6:8])),
    )
    if not all(wanted):
        raise ProtocolError("not the head of a fragment")
    if len(head) < HEADER_BYTES:
        return 0
    order = order_of(head)
    size, auth = int.from_bytes(head[8:10], order), int.from_bytes(head[10:12], order)
    if size < HEADER_BYTES + 4 or auth + HEADER_BYTES > size:
        raise ProtocolError("length makes no sense")
    return size


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A bind, or any other fragment with a body; over UDP a head whose length fits."""
    if context.transport == "udp":
        return Claim.YES if _is_datagram(data) else Claim.NO
    try:
        return Claim.YES if data and measure(data) else Claim.MORE
    except ProtocolError:
        return Claim.NO


def _is_datagram(data: bytes) -> bool:
    """C706 section 12.5.1: version 4, a kind, flags, byte order, and the length of the body."""
    if len(data) < DATAGRAM_HEADER or data[0] != 4 or data[1] > 10 or data[4] not in {0, 0x10}:
        return False
    body = int.from_bytes(data[74:76], order_of(data))
    return (
        data[5] <= 3 and data[6] == 0 and body + DATAGRAM_HEADER <= len(data) <= body + DATAGRAM_HEADER + 16
    )


class Parser(FramedParser):
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, measure, KEEP)
        self._pending = self.paired(Pending())
        self._contexts: dict[int, str] = {}

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """See DatagramParser."""
        return self._fragment(side, data, now) if self.stream else self._datagram(side, data, now)

    def _fragment(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """C706 section 12.6.4, [MS-RPCE] 2.2.2."""
        order = order_of(data)
        kind, ident = data[2], int.from_bytes(data[12:16], order)
        if not data[3] & _FIRST_FRAGMENT or kind in {1, 4, 5, 7, 8, 9, 10, 17, 18, 19}:
            return
        seen = DcerpcMessage(time=now, side=side, message=_KINDS[kind], ident=ident)
        self._security(seen, data, order)
        if kind in {11, 14}:
            self._bind(seen, data)
            said = f"{seen.message} {seen.interface}".strip()
            self._pending.ask(
                (int(side), ident), now, (seen.interface, seen.version, ""), side=side, said=said
            )
        elif kind == 0 and len(data) >= 24:
            number = int.from_bytes(data[22:24], order)
            seen.interface = self._contexts.get(int.from_bytes(data[20:22], order), "")
            seen.operation = operation_of(seen.interface, number)
            if data[3] & 0x80 and len(data) >= 40:
                seen.object = str(uuid_of(data[24:40], order))
            said = f"{seen.interface} {seen.operation}".strip() or "request"
            self._pending.ask(
                (int(side), ident), now, (seen.interface, "", seen.operation), side=side, said=said
            )
        elif kind in {2, 3, 12, 13, 15}:
            self._answer(seen, kind, data, order)
        yield seen

    def _security(self, seen: DcerpcMessage, data: bytes, order: Literal["little", "big"]) -> None:
        """The verifier at a fragment's end ([MS-RPCE] 2.2.2.11), where it was kept."""
        size, length = int.from_bytes(data[8:10], order), int.from_bytes(data[10:12], order)
        at = size - length - 8
        if not length or at < HEADER_BYTES or size > len(data):
            return
        provider = _PROVIDERS.get(data[at]) or str(data[at])
        seen.security = f"{provider} {_LEVELS.get(data[at + 1]) or data[at + 1]}"
        found = find(data[at + 8 : size])
        if found is not None:
            seen.user, seen.domain, seen.host = found.user, found.domain, found.host

    def _bind(self, seen: DcerpcMessage, data: bytes) -> None:
        if len(data) < 28:
            raise ProtocolError("bind is cut")
        names = []
        for context, name, version in bound(data):
            remember(self._contexts, context, name)
            seen.version = seen.version or version
            names.append(name)
        seen.interface = names[0] if names else ""
        seen.interfaces = tuple(dict.fromkeys(names)) if len(set(names)) > 1 else ()

    def _answer(self, seen: DcerpcMessage, kind: int, data: bytes, order: Literal["little", "big"]) -> None:
        seen.latency, note = self._pending.answer((1 - seen.side, seen.ident), seen.time)
        if note is not None:
            seen.interface, seen.version, seen.operation = note
        if kind == 3 and len(data) >= 28:
            status = int.from_bytes(data[24:28], order)
            seen.result = FAULTS.get(status) or f"{status:#010x}"
        elif kind in {12, 15} and len(data) >= 28:
            at = 26 + int.from_bytes(data[24:26], order)
            at += -at % 4  # the results stand behind the address, aligned
            if at + 6 <= len(data) and data[at]:
                seen.result = REFUSALS.get(int.from_bytes(data[at + 4 : at + 6], order), "refused")
        elif kind == 13:
            seen.result = "refused"

    def _datagram(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """C706 section 12.5.2."""
        if not _is_datagram(data):
            raise ProtocolError("not a datagram of version 4")
        order = order_of(data)
        kind, ident = data[1], int.from_bytes(data[64:68], order)
        seen = DcerpcMessage(time=now, side=side, message=_KINDS[kind], ident=ident)
        seen.interface = interface_of(str(uuid_of(data[24:40], order)))
        seen.object = str(uuid_of(data[8:24], order))
        seen.operation = operation_of(seen.interface, int.from_bytes(data[68:70], order))
        activity = data[40:56]
        if kind == 0:
            said = f"{seen.interface} {seen.operation}".strip() or "request"
            self._pending.ask((int(side), activity, ident), now, side=side, said=said)
        elif kind in {2, 3, 6}:
            seen.latency, _ = self._pending.answer((1 - side, activity, ident), now)
            if kind in {3, 6} and len(data) >= 84:
                status = int.from_bytes(data[80:84], order)
                seen.result = FAULTS.get(status) or f"{status:#010x}"
        yield seen
