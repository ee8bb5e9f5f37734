"""DNP3 over TCP and UDP: who asks which outstation for what, controls, and how they were answered.

Recognised by the start bytes and the checksum of the link header (IEEE 1815-2012 section 9.2), on any port.
The application layer is read in the first frame of a fragment; values are not kept. With secure
authentication, the objects of a request are still shown, its proof is not.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.crc16 import dnp
from procwire.dpi.wire.cutter import Cutter
from procwire.dpi.wire.pending import Pending
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "dnp3"
REQUESTS = True
PORTS = frozenset({("tcp", 20000), ("udp", 20000)})
TRANSPORTS = frozenset({"tcp", "udp"})
FIRST = b"\x05"

HEADER_BYTES = 10
MAX_OBJECTS = 8  # object headers of one fragment that are shown
BLOCK = 16  # bytes between two checksums

_FUNCTIONS = {
    0: "confirm", 1: "read", 2: "write", 3: "select", 4: "operate", 5: "direct-operate",
    6: "direct-operate-no-ack",
    7: "freeze", 8: "freeze-no-ack", 9: "freeze-clear", 10: "freeze-clear-no-ack", 13: "cold-restart",
    14: "warm-restart", 15: "initialize-data", 16: "initialize-application", 17: "start-application",
    18: "stop-application", 19: "save-configuration", 20: "enable-unsolicited", 21: "disable-unsolicited",
    22: "assign-class", 23: "delay-measurement", 24: "record-current-time", 25: "open-file", 26: "close-file",
    27: "delete-file", 28: "get-file-information", 29: "authenticate-file", 30: "abort-file",
    32: "authenticate",
    33: "authenticate-no-ack", 129: "response", 130: "unsolicited-response", 131: "authenticate-response",
}  # fmt: skip
_INDICATIONS = (
    "broadcast", "class-1-events", "class-2-events", "class-3-events", "need-time", "local-control",
    "device-trouble", "device-restart", "function-not-supported", "object-unknown", "parameter-error",
    "event-buffer-overflow", "already-executing", "configuration-corrupt",
)  # fmt: skip
_RANGES = {
    0: 2,
    1: 4,
    2: 8,
    3: 2,
    4: 4,
    5: 8,
    6: 0,
    7: 1,
    8: 2,
    9: 4,
    0xB: 1,
}  # bytes of a range, by qualifier
_PRIMARY = frozenset({0x40, 0x42, 0x43, 0x44, 0x49, 0x00, 0x01, 0x0B, 0x0F})  # functions of the link layer
_SILENT = frozenset({6, 8, 10, 12, 33})  # those that ask for no answer
_CONTROLS = frozenset({2, 3, 4, 5, 6, 13, 14, 18, 19, 25, 26, 27})


class Dnp3Message(Observation, kw_only=True):
    """A fragment of the application layer."""

    TABLE = "dnp3"
    source: Annotated[int, says("Link address of the sender.")]
    destination: Annotated[int, says("Link address of the receiver.")]
    master: Annotated[bool, says("Whether the sender is the master.")]
    function: Annotated[str, says("Function: read, direct-operate, response, ...")]
    sequence: Annotated[int, says("Sequence number of the application layer.")]
    objects: Annotated[tuple[str, ...], says("Objects that are named, as group:variation.")] = ()
    write: Annotated[bool, says("Whether the function changes the outstation.")] = False
    indications: Annotated[tuple[str, ...], says("Internal indications of an outstation.")] = ()
    damaged: Annotated[bool, says("Whether a checksum is wrong.")] = False
    latency: Annotated[int | None, says("From the request this answers.", kind=Kind.DURATION)] = None


class Dnp3Link(Observation, kw_only=True):
    """A frame of the link layer that carries no data."""

    TABLE = "dnp3_link"
    source: Annotated[int, says("Link address of the sender.")]
    destination: Annotated[int, says("Link address of the receiver.")]
    function: Annotated[str, says("Function of the link layer.")]


OBSERVATIONS = (Dnp3Message, Dnp3Link)
_LINK = {0x40: "reset-link", 0x42: "test-link", 0x49: "request-status", 0x00: "ack", 0x01: "nack",
         0x0B: "link-status", 0x0F: "not-supported"}  # fmt: skip


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """Start bytes, a length, and the header's own checksum."""
    if data[:2] != b"\x05\x64"[: len(data)] or (len(data) > 2 and data[2] < 5):
        return Claim.NO
    if len(data) < HEADER_BYTES:
        return Claim.MORE if context.transport == "tcp" else Claim.NO
    if dnp(data[:8]) == int.from_bytes(data[8:10], "little"):
        return Claim.YES
    hinted = 20000 in {context.src_port, context.dst_port}  # with its own port, a wrong checksum is a fault
    return Claim.YES if hinted and data[3] & 0x4F in _PRIMARY else Claim.NO


class Parser(Cutter):
    """See contract.Parser."""

    LOOK = 292  # bytes of the longest frame

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.settled = True
        self._waiting = self.paired(Pending())

    def measure(self, side: Direction, data: bytes, at: int) -> int:
        """See Cutter: the length counts neither itself nor the checksums."""
        if len(data) - at < HEADER_BYTES:
            return 0
        if claims(data[at : at + HEADER_BYTES], side, self.context) is not Claim.YES:
            raise ProtocolError("no link header of DNP3")
        user = data[at + 2] - 5
        return HEADER_BYTES + user + 2 * ((user + BLOCK - 1) // BLOCK)

    def forget(self) -> None:
        """See Cutter."""
        self._waiting.clear()

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:  # noqa: ARG002
        """See Cutter."""
        control = data[3]
        destination, source = int.from_bytes(data[4:6], "little"), int.from_bytes(data[6:8], "little")
        user, damaged = _user(data)
        if not user:
            link = _LINK.get(control & 0x4F, f"link-{control & 0x4F}")
            return (Dnp3Link(time=now, side=side, source=source, destination=destination, function=link),)
        if not user[0] & 0x40 or len(user) < 3:
            return None  # not the first frame of a fragment
        function, sequence = user[2], user[1] & 15
        name = _FUNCTIONS.get(function)
        if name is None:
            raise ProtocolError("no function of DNP3")
        told: dict[str, Any] = {}
        at = 3
        if function >= 129:
            flags = int.from_bytes(user[3:5], "little")
            told["indications"] = tuple([one for bit, one in enumerate(_INDICATIONS) if flags >> bit & 1])
            at = 5
            if function == 129:
                told["latency"], _ = self._waiting.answer((source, sequence), now)
        elif function:
            said = "" if function in _SILENT else name
            self._waiting.renew((destination, sequence), now, side=side, said=said)
        return (
            Dnp3Message(
                time=now,
                side=side,
                source=source,
                destination=destination,
                master=bool(control & 0x80),
                function=name,
                sequence=sequence,
                objects=_objects(user, at, values=function >= 129 or function in _CONTROLS),
                write=function in _CONTROLS,
                damaged=damaged,
                **told,
            ),
        )


def _user(data: bytes) -> tuple[bytes, bool]:
    """(user data without the checksums, whether one of them is wrong)."""
    kept, damaged = b"", dnp(data[:8]) != int.from_bytes(data[8:10], "little")
    for at in range(HEADER_BYTES, len(data), BLOCK + 2):
        block = data[at : at + BLOCK + 2]
        damaged = damaged or dnp(block[:-2]) != int.from_bytes(block[-2:], "little")
        kept += block[:-2]
    return kept, damaged


def _objects(user: bytes, at: int, *, values: bool) -> tuple[str, ...]:
    """Object headers; with values behind them only the first can be found without knowing every type."""
    found: list[str] = []
    while at + 3 <= len(user) and len(found) < (1 if values else MAX_OBJECTS):
        found.append(f"{user[at]}:{user[at + 1]}")
        size = _RANGES.get(user[at + 2] & 15)
        if size is None:
            break
        at += 3 + size
    return tuple(found)
