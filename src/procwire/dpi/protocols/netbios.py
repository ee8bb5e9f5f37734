"""NetBIOS: sessions opened by name, and datagrams in which hosts announce themselves (RFC 1002).

A session (TCP) is recognised by its request with two names in half-byte letters, a datagram (UDP) by its
type, an offset and two such names. What follows a session's positive response is handed on to SMB.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.framing import FramedParser
from procwire.dpi.wire.netbios_name import first_level, meaning
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.text import terminated
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "netbios"
PORTS = frozenset({("tcp", 139), ("udp", 138)})
TRANSPORTS = frozenset({"tcp", "udp"})
FIRST = b"\x81\x82\x83\x84\x10\x11\x12"

_REQUEST, _POSITIVE, _NEGATIVE, _RETARGET = 0x81, 0x82, 0x83, 0x84
_SESSIONS = {_REQUEST: "session-request", _POSITIVE: "session-accepted", _NEGATIVE: "session-refused",
             _RETARGET: "session-retarget"}  # fmt: skip
_DATAGRAMS = {0x10: "datagram", 0x11: "group-datagram", 0x12: "broadcast-datagram"}
_REFUSALS = {0x80: "not-listening-on-name", 0x81: "not-listening-for-caller", 0x82: "name-not-present",
             0x83: "no-resources", 0x8F: "unspecified"}  # fmt: skip
# [MS-BRWS] section 2.2.
_BROWSER = {1: "host-announcement", 2: "announcement-request", 8: "election", 9: "backup-list-request",
            10: "backup-list", 11: "become-backup", 12: "domain-announcement", 13: "master-announcement",
            14: "reset", 15: "local-master-announcement"}  # fmt: skip
_SLOT = b"\\MAILSLOT\\"
MAX_REQUEST = 600  # two names with scopes
DATAGRAM_HEADER = 14


class NetbiosMessage(Observation, kw_only=True):
    """A session's opening, or a datagram."""

    TABLE = "netbios"
    message: Annotated[str, says("session-request, session-accepted, datagram, group-datagram, ...")]
    source: Annotated[str, says("Name of who sends.")] = ""
    source_type: Annotated[str, says("What that name stands for.")] = ""
    destination: Annotated[str, says("Name of who is meant.")] = ""
    destination_type: Annotated[str, says("What that name stands for.")] = ""
    mailslot: Annotated[str, says("Mailslot that a datagram is for.")] = ""
    command: Annotated[str, says("What a host tells the others: host-announcement, election, ...")] = ""
    hostname: Annotated[str, says("Host or group that is announced.")] = ""
    comment: Annotated[str, says("Comment of the host, or the group's master.")] = ""
    system: Annotated[str, says("Version of its system.")] = ""
    error: Annotated[str, says("Why a session was refused.")] = ""
    latency: Annotated[int | None, says("From the request to this answer.", kind=Kind.DURATION)] = None


OBSERVATIONS = (NetbiosMessage,)


def measure(data: bytes | bytearray) -> int:
    """A session message: type, flags, length (section 4.3.1)."""
    if data[0] not in _SESSIONS or (len(data) > 1 and data[1]):
        raise ProtocolError("not a session's opening")
    if len(data) < 4:
        return 0
    size = int.from_bytes(data[2:4], "big")
    if size > MAX_REQUEST or (size < 68 if data[0] == _REQUEST else size != (0, 1, 6)[data[0] - _POSITIVE]):
        raise ProtocolError("length makes no sense")
    return 4 + size


def _names(data: bytes, at: int) -> tuple[tuple[str, int], tuple[str, int], int]:
    try:
        one, kind, _, at = first_level(data, at)
        other, other_kind, _, at = first_level(data, at)
    except ValueError as error:
        raise ProtocolError(str(error)) from None
    return (one, kind), (other, other_kind), at


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A request with two names, or a datagram with two."""
    if not data:
        return Claim.MORE
    try:
        if context.transport == "udp":
            return Claim.YES if len(_datagram(data)) else Claim.NO
        if data[0] != _REQUEST:
            return Claim.NO
        size = measure(data)
        if not size or len(data) < size:
            return Claim.MORE if len(data) < 5 or data[4] == 32 else Claim.NO
        _names(data[:size], 4)
    except ProtocolError:
        return Claim.NO
    return Claim.YES


def _datagram(data: bytes) -> tuple[tuple[str, int], tuple[str, int], int]:
    """Both names and where the content begins (section 4.4.1). Raises ProtocolError."""
    if len(data) < DATAGRAM_HEADER + 68 or data[0] not in _DATAGRAMS:
        raise ProtocolError("no datagram")
    size = int.from_bytes(data[10:12], "big")
    if (
        size + DATAGRAM_HEADER > len(data) + 4 and not data[1] & 1
    ):  # some count from elsewhere; fragments may lack
        raise ProtocolError("length makes no sense")
    return _names(data, DATAGRAM_HEADER)


class Parser(FramedParser):
    """See contract.Parser."""

    PATIENT = True  # a session is handed on

    def __init__(self, context: Context) -> None:
        super().__init__(context, measure)
        self._pending = self.paired(Pending())

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """See DatagramParser."""
        if not self.stream:
            yield self._told(side, data, now)
            return
        kind = data[0]
        seen = NetbiosMessage(time=now, side=side, message=_SESSIONS[kind])
        if kind == _REQUEST:
            (seen.destination, called), (seen.source, calling), _ = _names(data, 4)
            seen.destination_type, seen.source_type = meaning(called), meaning(calling)
            self._pending.ask(int(side), now, side=side, said=f"session with {seen.destination}")
        else:
            seen.latency, _ = self._pending.answer(1 - side, now)
            if kind == _NEGATIVE:
                seen.error = _REFUSALS.get(data[4]) or str(data[4])
        yield seen
        if kind == _POSITIVE:
            yield self.hand_on(side, "smb", now)

    def _told(self, side: Direction, data: bytes, now: int) -> NetbiosMessage:
        (source, kind), (destination, other), at = _datagram(data)
        seen = NetbiosMessage(
            time=now,
            side=side,
            message=_DATAGRAMS[data[0]],
            source=source,
            source_type=meaning(kind),
            destination=destination,
            destination_type=meaning(other),
        )
        slot = data.find(_SLOT, at)
        if slot >= 0:
            seen.mailslot = terminated(data[slot : slot + 64])
            _browser(seen, data[slot + len(seen.mailslot) + 1 :])
        return seen


def _browser(seen: NetbiosMessage, content: bytes) -> None:
    """What is told on the browser's mailslot ([MS-BRWS] 2.2.1 on)."""
    if not content or not seen.mailslot.upper().endswith("BROWSE"):
        return
    seen.command = _BROWSER.get(content[0]) or str(content[0])
    if content[0] in {1, 12, 15} and len(content) >= 32:
        seen.hostname = terminated(content[6:22])
        seen.system = f"{content[22]}.{content[23]}"
        seen.comment = terminated(content[32:])
