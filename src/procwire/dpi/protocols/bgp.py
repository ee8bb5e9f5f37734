"""BGP: who routes for whom: sessions opened and closed, routes announced and withdrawn (RFC 4271, RFC 4760).

Recognised on any port by the marker of sixteen 0xFF, a length and a type that go together. Shows numbers of
autonomous systems, capabilities, prefixes with their path, and why a session ended. Keep-alives say nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire import _bgp_names as names
from procwire.dpi.wire.framing import FramedParser
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.text import plain
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "bgp"
PORTS = frozenset({("tcp", 179)})
TRANSPORTS = frozenset({"tcp"})
FIRST = b"\xff"

MARKER = b"\xff" * 16
HEADER_BYTES = 19
MAX_MESSAGE = 65535  # RFC 8654; 4096 without it
MAX_LISTED = 64  # prefixes shown of one message; the rest is counted
_OPEN, _UPDATE, _NOTIFICATION, _KEEPALIVE, _REFRESH = 1, 2, 3, 4, 5
_LEAST = {_OPEN: 29, _UPDATE: 23, _NOTIFICATION: 21, _KEEPALIVE: 19, _REFRESH: 23}
_AS_TRANS = 23456  # RFC 6793: stands for a number of four bytes


class BgpMessage(Observation, kw_only=True):
    """A session's opening or end, or routes."""

    TABLE = "bgp"
    message: Annotated[str, says("open, update, end-of-rib, notification or route-refresh.")]
    version: Annotated[int | None, says("Version of the protocol.")] = None
    system: Annotated[int | None, says("Number of the sender's autonomous system.")] = None
    router: Annotated[str, says("Identifier of the sender.", kind=Kind.ADDRESS)] = ""
    hold_time: Annotated[int | None, says("Silence after which the session ends.", unit="s")] = None
    capabilities: Annotated[tuple[str, ...], says("What the sender can do.")] = ()
    announced: Annotated[tuple[str, ...], says("Prefixes that can be reached.")] = ()
    withdrawn: Annotated[tuple[str, ...], says("Prefixes that cannot be reached any more.")] = ()
    prefixes: Annotated[int | None, says("How many prefixes of IP the message holds in all.")] = None
    families: Annotated[tuple[str, ...], says("Families of its routes, where it names them.")] = ()
    path: Annotated[str, says("Autonomous systems on the way, the nearest first; sets in braces.")] = ""
    origin: Annotated[str, says("How the route came to be: igp, egp or incomplete.")] = ""
    next_hop: Annotated[str, says("Where to send to.", kind=Kind.ADDRESS)] = ""
    communities: Annotated[tuple[str, ...], says("Communities of the route.")] = ()
    error: Annotated[str, says("Why the session ends.")] = ""
    text: Annotated[str, says("What the operator says to it (RFC 9003).")] = ""
    latency: Annotated[int | None, says("From one side's open to the other's.", kind=Kind.DURATION)] = None


OBSERVATIONS = (BgpMessage,)


def measure(data: bytes | bytearray) -> int:
    """Length of a message (RFC 4271 section 4.1)."""
    if data[:16] != MARKER[: len(data)]:
        raise ProtocolError("no marker")
    if len(data) < HEADER_BYTES:
        return 0
    size = int.from_bytes(data[16:18], "big")
    least = _LEAST.get(data[18])
    if least is None or size < least or (data[18] == _KEEPALIVE and size != least):
        raise ProtocolError("length or type makes no sense")
    return size


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """Marker, length and type."""
    try:
        return Claim.YES if data and measure(data) else Claim.MORE
    except ProtocolError:
        return Claim.NO


class Parser(FramedParser):
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, measure, MAX_MESSAGE)
        self._pending = self.paired(Pending())
        self._wide = [False, False]  # who sends numbers of four bytes (RFC 6793)

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """See DatagramParser."""
        kind = data[18]
        if kind == _KEEPALIVE:
            return
        seen = BgpMessage(time=now, side=side, message=names.MESSAGES[kind])
        try:
            if kind == _OPEN:
                self._open(seen, data)
            elif kind == _UPDATE:
                self._update(seen, data)
            elif kind == _NOTIFICATION:
                _notification(seen, data)
            else:
                seen.capabilities = (_family(data[19:23], skip=1),)
        except IndexError:
            raise ProtocolError("message ends early") from None
        yield seen

    def _open(self, seen: BgpMessage, data: bytes) -> None:
        seen.version, seen.system = data[19], int.from_bytes(data[20:22], "big")
        seen.hold_time, seen.router = int.from_bytes(data[22:24], "big"), str(IPv4Address(data[24:28]))
        at, end = 29, min(29 + data[28], len(data))
        found: list[str] = []
        while at + 2 <= end and len(found) < MAX_LISTED:
            kind, size = data[at], data[at + 1]
            if kind == 2:  # RFC 5492: capabilities
                self._capabilities(seen, data[at + 2 : min(at + 2 + size, end)], found)
            at += 2 + size
        seen.capabilities = tuple(found)
        seen.latency, _ = self._pending.answer(1 - seen.side, seen.time)
        if seen.latency is None:
            said = f"open from AS {seen.system}"
            self._pending.ask(int(seen.side), seen.time, side=seen.side, said=said)

    def _capabilities(self, seen: BgpMessage, data: bytes, found: list[str]) -> None:
        at = 0
        while at + 2 <= len(data) and len(found) < MAX_LISTED:
            code, value = data[at], data[at + 2 : at + 2 + data[at + 1]]
            at += 2 + data[at + 1]
            if code == 65 and len(value) == 4:
                self._wide[seen.side] = True
                number = int.from_bytes(value, "big")
                seen.system = number if seen.system == _AS_TRANS else seen.system
            name = names.CAPABILITIES.get(code) or str(code)
            found.append(f"{name} {_family(value, skip=1)}" if code == 1 and len(value) == 4 else name)

    def _update(self, seen: BgpMessage, data: bytes) -> None:
        """RFC 4271 section 4.3."""
        gone = int.from_bytes(data[19:21], "big")
        at = 21 + gone
        size = int.from_bytes(data[at : at + 2], "big")
        behind = at + 2 + size
        if behind > len(data):
            raise ProtocolError("attributes are cut")
        withdrawn, announced = _prefixes(data[21:at], 4), _prefixes(data[behind:], 4)
        at += 2
        while at + 3 <= behind:
            flags, kind = data[at], data[at + 1]
            length = int.from_bytes(data[at + 2 : at + 4], "big") if flags & 0x10 else data[at + 2]
            at += 4 if flags & 0x10 else 3
            value = data[at : min(at + length, behind)]
            at += length
            if kind in {14, 15} and len(value) >= 3:
                seen.families = tuple(dict.fromkeys((*seen.families, _family(value, skip=0))))
            if kind == 14:
                announced += _reachable(seen, value)
            elif kind == 15 and len(value) > 3:
                withdrawn += _prefixes(value[3:], 16) if value[:3] == b"\0\2\1" else []
            else:
                self._attribute(seen, kind, value)
        seen.prefixes = len(announced) + len(withdrawn)
        if len(data) == _LEAST[_UPDATE] or (
            len(data) == _LEAST[_UPDATE] + size and not seen.prefixes and data[24] == 15
        ):
            seen.message = "end-of-rib"  # RFC 4724 section 2
        seen.announced, seen.withdrawn = tuple(announced[:MAX_LISTED]), tuple(withdrawn[:MAX_LISTED])

    def _attribute(self, seen: BgpMessage, kind: int, value: bytes) -> None:
        if kind == 1 and value:
            seen.origin = names.ORIGINS[value[0]] if value[0] < len(names.ORIGINS) else str(value[0])
        elif kind == 2:
            wide = all(self._wide) or _fits(value, 4)
            seen.path = _path(value, 4 if wide and _fits(value, 4) else 2)
        elif kind == 3 and len(value) == 4:
            seen.next_hop = str(IPv4Address(value))
        elif kind == 8:
            numbers = [int.from_bytes(value[one : one + 4], "big") for one in range(0, len(value) - 3, 4)]
            seen.communities = tuple(f"{one >> 16}:{one & 0xFFFF}" for one in numbers[:MAX_LISTED])


def _fits(value: bytes, width: int) -> bool:
    """Whether segments with numbers of this width fill a path."""
    at = 0
    while at + 2 <= len(value) and 1 <= value[at] <= 4:
        at += 2 + width * value[at + 1]
    return at == len(value)


def _path(value: bytes, width: int) -> str:
    parts: list[str] = []
    at = 0
    while at + 2 <= len(value) and len(parts) < MAX_LISTED:
        kind, count = value[at], value[at + 1]
        at += 2
        numbers = [value[at + width * one : at + width * (one + 1)] for one in range(count)]
        words = [str(int.from_bytes(one, "big")) for one in numbers if len(one) == width]
        parts += ["{" + ",".join(words) + "}"] if kind in {1, 4} else words
        at += width * count
    return " ".join(parts)


def _prefixes(data: bytes, width: int) -> list[str]:
    """Prefixes in a row, each a length in bits and as many bytes as that needs."""
    found: list[str] = []
    at = 0
    while at < len(data):
        bits = data[at]
        size = (bits + 7) // 8
        if bits > 8 * width or at + 1 + size > len(data):
            break
        raw = data[at + 1 : at + 1 + size].ljust(width, b"\0")
        found.append(f"{IPv4Address(raw) if width == 4 else IPv6Address(raw)}/{bits}")
        at += 1 + size
    return found


def _reachable(seen: BgpMessage, value: bytes) -> list[str]:
    """RFC 4760 section 3, for IPv6 unicast; of other families nothing is listed."""
    if len(value) < 5 or value[:3] != b"\0\2\1":
        return []
    hop = value[4 : 4 + value[3]]
    if len(hop) in {16, 32}:
        seen.next_hop = str(IPv6Address(hop[:16]))
    return _prefixes(value[5 + value[3] :], 16)


def _family(value: bytes, *, skip: int) -> str:
    """Address family and kind of routes, with a byte between them."""
    family, kind = int.from_bytes(value[:2], "big"), value[2 + skip]
    return f"{names.FAMILIES.get(family) or family}-{names.SUBSEQUENT.get(kind) or kind}"


def _notification(seen: BgpMessage, data: bytes) -> None:
    code, more = data[19], data[20]
    seen.error = names.ERRORS.get(code) or str(code)
    detail = names.DETAILS.get((code, more))
    seen.error += f": {detail or more}" if more or detail else ""
    if code == 6 and len(data) > 22 and len(data) >= 22 + data[21]:
        seen.text = plain(data[22 : 22 + data[21]])
