"""CAPWAP: wireless access points and their controller (RFC 5415): discovery, control, what is tunnelled.

Recognised on any port by a control message whose type and lengths fit, or by DTLS behind the four bytes that
announce it (section 4.2); data only on its own port (5247), by its header. The control channel is DTLS after
discovery: its handshake is read as any other, so the flow has the fingerprint and the certificates. Frames of
stations in the data channel are counted by nobody here: they are what the access point bridges.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from procwire.dpi.contract import ENOUGH, Claim, Context, Direction, ProtocolError, Shape
from procwire.dpi.wire import _capwap_names as names
from procwire.dpi.wire.cursor import Cursor
from procwire.dpi.wire.framing import DatagramParser
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.text import plain
from procwire.model.columns import Kind
from procwire.model.observation import Enclosed, Observation, says

NAME = "capwap"
CONTROL, DATA = 5246, 5247
PORTS = frozenset({("udp", CONTROL), ("udp", DATA)})
TRANSPORTS = frozenset({"udp"})
FIRST = b"\0\1"

MAX_DTLS = 64  # datagrams of a flow that are shown to who reads DTLS
MAX_ELEMENTS = 64  # of one message
_SEALED = b"\1\0\0\0"  # section 4.2: version 0, type 1, reserved
_HEAD = 8  # section 4.3, without the optional fields
_CONTROL_HEAD = 8  # type, sequence number, length, flags
_LENGTH_FROM = 5  # what the length counts from, in the control header
_DTLS = range(20, 27)  # content types


class CapwapMessage(Observation, kw_only=True):
    """A control message in clear, or the first of the encrypted or tunnelled ones."""

    TABLE = "capwap"
    message: Annotated[str, says("discovery-request, join-response, ..., dtls, or data.")]
    sequence: Annotated[int | None, says("Number that pairs a response with its request.")] = None
    radio: Annotated[str, says("Hardware address of the radio.")] = ""
    binding: Annotated[str, says("Kind of wireless network that is bridged: 802.11 or epcglobal.")] = ""
    name: Annotated[str, says("Name of the access point, or of the controller.")] = ""
    location: Annotated[str, says("Where the access point says it is.")] = ""
    model: Annotated[str, says("Model of the access point.")] = ""
    serial: Annotated[str, says("Serial number of the access point.")] = ""
    result: Annotated[str, says("Result that a response tells.")] = ""
    native: Annotated[bool, says("Tunnelled frames are wireless ones, not Ethernet's.")] = False
    latency: Annotated[int | None, says("From the request to this response.", kind=Kind.DURATION)] = None


OBSERVATIONS = (CapwapMessage,)
SHAPES = {
    "udp": Shape(
        starts=(
            {0: b"\1", 1: b"\0", 2: b"\0", 3: b"\0", 4: bytes(_DTLS), 5: b"\xfe"},
            {0: b"\0", 1: bytes(range(0x10, 0x48)), 3: bytes(range(0, 256, 8))},
        ),
        least=_HEAD,
    )
}


def _head(data: bytes) -> int:
    """Length of the header (section 4.3): two words at least; 0 where this is none."""
    size = (data[1] >> 3) * 4 if len(data) >= _HEAD and not data[0] and not data[3] & 7 else 0
    return size if _HEAD <= size <= min(len(data), 32) else 0


def _control(data: bytes) -> int:
    """Type of the control message behind the header (section 4.5.1); 0 where this is none."""
    at = _head(data)
    if not at or len(data) < at + _CONTROL_HEAD or data[3] & 0x88:  # a fragment, or keep-alive
        return 0
    kind = int.from_bytes(data[at : at + 4], "big")
    length = int.from_bytes(data[at + 5 : at + 7], "big")
    return kind if kind in names.MESSAGES and at + _LENGTH_FROM + length == len(data) else 0


def _sealed(data: bytes) -> bool:
    """DTLS records behind the preamble, the first of which fits."""
    if data[:4] != _SEALED or len(data) < 17 or data[4] not in _DTLS or data[5] != 0xFE:
        return False
    return 17 + int.from_bytes(data[15:17], "big") <= len(data)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A control message, or DTLS behind its preamble; on its own port tunnelled data too."""
    if _sealed(data) or _control(data):
        return Claim.YES
    at_home = DATA in (context.src_port, context.dst_port)
    return Claim.YES if at_home and _head(data) and _binding(data) else Claim.NO


class Parser(DatagramParser):
    """See contract.Parser."""

    PATIENT = True  # the handshake comes behind discovery

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._home = DATA in (context.src_port, context.dst_port)
        self._readers: dict[str, Any] = {}
        self._sealed = 0
        self._data = [False, False]
        self._asked = self.paired(Pending())

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """See DatagramParser."""
        if data[:1] == _SEALED[:1]:
            yield from self._dtls(side, data, now)
        elif kind := _control(data):
            yield self._message(side, kind, data, now)
        elif not _head(data):
            raise ProtocolError("no header")
        elif self._home and not self._data[side]:
            self._data[side] = True
            seen = CapwapMessage(time=now, side=side, message="data", native=bool(data[2] & 1))
            seen.radio, seen.binding = _radio(data), _binding(data)
            yield seen

    def skip(self, side: Direction) -> int:  # noqa: ARG002
        """See contract.Parser."""
        return ENOUGH if self._sealed > MAX_DTLS or all(self._data) else 0

    def _dtls(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        if not _sealed(data):
            raise ProtocolError("no record of DTLS")
        self._sealed += 1
        if self._sealed == 1:
            yield CapwapMessage(time=now, side=side, message="dtls")
        if self._sealed <= MAX_DTLS:
            yield Enclosed(time=now, side=side, hint="dtls", data=data[4:], readers=self._readers)

    def _message(self, side: Direction, kind: int, data: bytes, now: int) -> CapwapMessage:
        at = _head(data)
        number = data[at + 4]
        seen = CapwapMessage(time=now, side=side, message=names.MESSAGES[kind], sequence=number)
        seen.radio, seen.binding = _radio(data), _binding(data)
        if kind in names.REQUESTS:
            self._asked.ask(
                (int(side), number), now, side=side, said="" if kind in names.DISCOVERIES else seen.message
            )
        else:
            seen.latency, _ = self._asked.answer((1 - side, number), now)
        body = Cursor(data, at + _CONTROL_HEAD)
        for _ in range(MAX_ELEMENTS):
            if body.left < 4:
                break
            element, size = body.u16(), body.u16()
            _element(seen, element, body.take(min(size, body.left)))
        return seen


def _binding(data: bytes) -> str:
    return names.BINDINGS.get(data[2] >> 1 & 31, "")


def _radio(data: bytes) -> str:
    """The optional hardware address (section 4.3), where the M flag says that it is there."""
    return data[9:15].hex(":") if data[3] & 0x10 and data[8:9] == b"\6" and _head(data) >= 16 else ""


def _element(seen: CapwapMessage, kind: int, value: bytes) -> None:
    if kind in {names.AC_NAME, names.WTP_NAME}:
        seen.name = plain(value.rstrip(b"\0"))
    elif kind == names.LOCATION:
        seen.location = plain(value.rstrip(b"\0"))
    elif kind == names.RESULT and len(value) == 4:
        number = int.from_bytes(value, "big")
        seen.result = names.RESULTS.get(number, f"result {number}")
    elif kind == names.BOARD:  # section 4.6.40: the vendor, then what it says of the board
        board = Cursor(value, min(4, len(value)))
        while board.left >= 4:
            part, size = board.u16(), board.u16()
            text = plain(board.take(min(size, board.left)).rstrip(b"\0"))
            if part == names.BOARD_MODEL:
                seen.model = text
            elif part == names.BOARD_SERIAL:
                seen.serial = text
