"""X11: a client's set-up with a display, and what the display is (X Window System Protocol, chapter 8).

Recognised on any port by the first twelve bytes of a client: byte order, version 11.0, and lengths that fit.
The cookie that proves the client's right to the display is a password in clear: that one was sent is shown,
never its bytes. What is drawn and typed afterwards is not read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.framing import FramedParser
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.text import plain
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "x11"
PORTS = frozenset(("tcp", 6000 + display) for display in range(8))
ROAMS = True  # every display has a port of its own
TRANSPORTS = frozenset({"tcp"})
FIRST = b"lB"

SETUP_BYTES = 12
MAX_NAME, MAX_DATA = 64, 1024  # of the authorization
KEEP = 1024  # of the display's answer: vendor and the first screen's head stand within
_FORMAT_BYTES = 8
_ORDERS: dict[int, Literal["little", "big"]] = {0x6C: "little", 0x42: "big"}


class X11Setup(Observation, kw_only=True):
    """A client's request to use a display, or the display's answer."""

    TABLE = "x11"
    RISKS: ClassVar = {"credentials": "cleartext-credentials"}
    message: Annotated[str, says("request, accepted, refused or authenticate.")]
    version: Annotated[str, says("Version of the protocol.")] = ""
    authorization: Annotated[str, says("How the client proves its right: MIT-MAGIC-COOKIE-1, ...")] = ""
    credentials: Annotated[bool, says("Whether a cookie was sent in clear.")] = False
    vendor: Annotated[str, says("Who made the display's server.")] = ""
    release: Annotated[int | None, says("Release number of the display's server.")] = None
    screen: Annotated[str, says("Size of the first screen, in pixels.")] = ""
    reason: Annotated[str, says("Why the display refused.")] = ""
    latency: Annotated[int | None, says("From the request to this answer.", kind=Kind.DURATION)] = None


OBSERVATIONS = (X11Setup,)


def _padded(size: int) -> int:
    return size + -size % 4


def measure_request(data: bytes | bytearray) -> int:
    """Length of a client's set-up. Raises ProtocolError for what is none."""
    order = _ORDERS.get(data[0])
    if order is None:
        raise ProtocolError("no byte order")
    version = (11).to_bytes(2, order) + bytes(2)
    if bytes(data[1:2]) not in {b"", b"\0"} or bytes(data[2:6]) != version[: len(data[2:6])]:
        raise ProtocolError("not version 11")
    if len(data) < SETUP_BYTES:
        return 0
    name, secret = int.from_bytes(data[6:8], order), int.from_bytes(data[8:10], order)
    if name > MAX_NAME or secret > MAX_DATA or data[10:12] != b"\0\0":
        raise ProtocolError("lengths make no sense")
    return SETUP_BYTES + _padded(name) + _padded(secret)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A whole set-up."""
    try:
        size = measure_request(data) if data else 0
    except ProtocolError:
        return Claim.NO
    if not size or len(data) < size:
        return Claim.MORE
    name = data[SETUP_BYTES : SETUP_BYTES + int.from_bytes(data[6:8], _ORDERS[data[0]])]
    return Claim.YES if name.isascii() and name.decode("ascii").isprintable() else Claim.NO


class Parser(FramedParser):
    """See contract.Parser."""

    PATIENT = True  # both set-ups are read, then nothing

    def __init__(self, context: Context) -> None:
        super().__init__(context, measure_request, KEEP)
        self._pending = self.paired(Pending())
        self._client: Direction | None = None
        self._order: Literal["little", "big"] = "little"

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterable[Observation]:
        """See contract.Parser: who sends the first byte is the client."""
        if self._client is None:
            self._client = side
            self._order = _ORDERS.get(data[0], "little")
        return super().feed(side, data, now=now)

    def measure(self, side: Direction, data: bytes, at: int) -> int:
        """See Cutter. Behind the set-up a client's requests are taken as they come."""
        if side is self._client:
            return len(data) - at if len(self._pending) else super().measure(side, data, at)
        if data[at] > 2:
            raise ProtocolError("not an answer")
        if len(data) - at < 8:
            return 0
        return 8 + 4 * int.from_bytes(data[at + 6 : at + 8], self._order)

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """See DatagramParser."""
        order = self._order
        if side is self._client:
            if len(self._pending):
                return
            self._pending.ask(0, now, side=side, said="setup")
            name, secret = int.from_bytes(data[6:8], order), int.from_bytes(data[8:10], order)
            authorization = plain(data[SETUP_BYTES : SETUP_BYTES + name])
            yield X11Setup(
                time=now,
                side=side,
                message="request",
                version="11.0",
                authorization=authorization,
                credentials=bool(secret),
            )
            return
        yield self._answer(side, data, now)
        self.close()  # what a demand to authenticate leads to is not read either

    def _answer(self, side: Direction, data: bytes, now: int) -> X11Setup:
        order = self._order
        seen = X11Setup(time=now, side=side, message=("refused", "accepted", "authenticate")[data[0]])
        seen.latency, _ = self._pending.answer(0, now)
        if data[0] == 0:
            seen.reason = plain(data[8 : 8 + data[1]])
        if data[0] != 1 or len(data) < 40:
            return seen
        seen.version = f"{int.from_bytes(data[2:4], order)}.{int.from_bytes(data[4:6], order)}"
        seen.release = int.from_bytes(data[8:12], order)
        vendor = int.from_bytes(data[24:26], order)
        seen.vendor = plain(data[40 : 40 + vendor])
        screen = 40 + _padded(vendor) + _FORMAT_BYTES * data[29]
        if screen + 24 <= len(data):
            width, height = (int.from_bytes(data[screen + at : screen + at + 2], order) for at in (20, 22))
            seen.screen = f"{width}x{height}"
        return seen
