"""BACnet/IP: who is on the network, which properties are read and written, and how that was answered.

Recognised by the type 0x81, a function that exists and a length that is the datagram's, then network version
1 (ASHRAE 135 annex J.2 and clause 6.2), on any port. Values of properties are not kept; passwords of the
services that have one are reported as sent. Segments after the first of a long message are not put together.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire._bacnet_names import (
    CONFIRMED,
    ERRORS,
    FUNCTIONS,
    NETWORK,
    OBJECTS,
    PROPERTIES,
    UNCONFIRMED,
)
from procwire.dpi.wire.cursor import Cursor
from procwire.dpi.wire.cutter import Cutter
from procwire.dpi.wire.pending import Pending
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "bacnet"
REQUESTS = True
PORTS = frozenset({("udp", 47808)})
TRANSPORTS = frozenset({"udp"})
FIRST = b"\x81"

_CARRIERS = frozenset({0x04, 0x09, 0x0A, 0x0B})  # functions with a network message inside
_KINDS = {0: "request", 1: "unconfirmed", 2: "simple-ack", 3: "complex-ack", 4: "segment-ack", 5: "error",
          6: "reject",
          7: "abort"}  # fmt: skip
_WRITES = frozenset({7, 8, 9, 10, 11, 15, 16, 17, 20})  # confirmed services that change a device
_SECRETS = frozenset(
    {17, 20}
)  # device-communication-control, reinitialize-device: with a password at the end


class BacnetMessage(Observation, kw_only=True):
    """A message of the application layer."""

    TABLE = "bacnet"
    RISKS: ClassVar = {"credentials": "cleartext-credentials"}
    message: Annotated[
        str, says("request, unconfirmed, simple-ack, complex-ack, error, reject, abort, link, ...")
    ]
    service: Annotated[str, says("who-is, i-am, read-property, write-property, ...")] = ""
    invoke: Annotated[int | None, says("Number that the answer repeats.")] = None
    object: Annotated[str, says("Object it is about, as type,instance.")] = ""
    property: Annotated[str, says("Property it is about.")] = ""
    device: Annotated[int | None, says("Instance of the device that announces itself.")] = None
    vendor: Annotated[int | None, says("Number of its vendor.")] = None
    write: Annotated[bool, says("Whether the service changes the device.")] = False
    credentials: Annotated[bool, says("Whether a password was sent in clear; it is not kept.")] = False
    error: Annotated[str, says("Why it was not done.")] = ""
    function: Annotated[str, says("Function of the link, where there is nothing inside.")] = ""
    latency: Annotated[int | None, says("From the request to this answer.", kind=Kind.DURATION)] = None


OBSERVATIONS = (BacnetMessage,)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """The link's header, exact to the byte, and the network's version."""
    if (
        len(data) < 4
        or data[0] != 0x81
        or data[1] not in FUNCTIONS
        or int.from_bytes(data[2:4], "big") != len(data)
    ):
        return Claim.NO
    if data[1] in _CARRIERS:
        at = 10 if data[1] == 4 else 4
        sane = len(data) > at + 1 and data[at] == 1 and not data[at + 1] & 0x50
        return Claim.YES if sane else Claim.NO
    return Claim.YES if 47808 in {context.src_port, context.dst_port} else Claim.NO


class Parser(Cutter):
    """See contract.Parser."""

    LOOK = 1500

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._waiting = self.paired(Pending())

    def measure(self, side: Direction, data: bytes, at: int) -> int:  # noqa: ARG002
        """See Cutter: a datagram is one message."""
        if claims(data, side, self.context) is not Claim.YES:
            raise ProtocolError("no message of BACnet/IP")
        return len(data)

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:  # noqa: ARG002
        """See Cutter."""
        function = data[1]
        if function not in _CARRIERS:
            return (BacnetMessage(time=now, side=side, message="link", function=FUNCTIONS[function]),)
        body = Cursor(data, 10 if function == 4 else 4)
        body.u8()
        control = body.u8()
        if control & 0x20:
            body.take(2)
            body.prefixed(1)
        if control & 0x08:
            body.take(2)
            body.prefixed(1)
        if control & 0x20:
            body.u8()  # hop count
        if control & 0x80:
            number = body.u8()
            name = NETWORK.get(number, f"network {number:#04x}")
            return (BacnetMessage(time=now, side=side, message="network", function=name),)
        return (self._application(side, body, now),)

    def _application(self, side: Direction, body: Cursor, now: int) -> Observation:
        first = body.u8()
        kind = first >> 4
        name = _KINDS.get(kind)
        if name is None:
            raise ProtocolError("no message of the application layer")
        told: dict[str, Any] = {}
        if kind == 0:
            body.u8()
            told["invoke"] = body.u8()
            if first & 8:
                body.take(2)
            _request(body, told)
            said = " ".join(filter(None, (told.get("service", ""), told.get("object", ""))))
            self._waiting.renew((side, told["invoke"]), now, told, side=side, said=said)
        elif kind == 1:
            _unconfirmed(body, told)
        else:
            told["invoke"] = body.u8()
            self._answer(side, first, body, told, now)
        return BacnetMessage(time=now, side=side, message=name, **told)

    def _answer(self, side: Direction, first: int, body: Cursor, told: dict[str, Any], now: int) -> None:
        kind = first >> 4
        key = (1 - side, told["invoke"])
        since, asked = self._waiting.since(key), self._waiting.peek(key)
        if kind != 4:
            self._waiting.answer(key, now)
        if asked and since is not None:
            told.update({name: asked[name] for name in ("service", "object", "property") if name in asked})
            told["latency"] = now - since
        elif kind in {2, 3, 5}:
            if kind == 3 and first & 8:
                body.take(2)
            number = body.u8()
            told["service"] = CONFIRMED.get(number, f"service {number}")
        if kind in {6, 7}:
            told["error"] = f"{_KINDS[kind]} reason {body.u8()}"
        elif kind == 5:
            _error(body, told, skip=bool(asked))


def _tag(body: Cursor) -> tuple[int, bool, bytes]:
    """(number, whether it is of the context, content) of the next tag (clause 20.2.1)."""
    first = body.u8()
    number, size = first >> 4, first & 7
    context = bool(first & 8)
    if number == 15:
        number = body.u8()
    if context and size in {6, 7}:
        return number, True, b""  # opening or closing
    if size == 5:
        size = body.u8()
        if size >= 254:
            size = body.u16() if size == 254 else body.u32()
    if not context and number == 1:
        size = 0  # a boolean is its own length
    return number, context, body.take(size)


def _object(data: bytes) -> str:
    value = int.from_bytes(data, "big")
    kind = value >> 22
    return f"{OBJECTS.get(kind, str(kind))},{value & 0x3FFFFF}"


def _request(body: Cursor, told: dict[str, Any]) -> None:
    number = body.u8()
    told["service"] = CONFIRMED.get(number, f"service {number}")
    told["write"] = number in _WRITES
    if number in {12, 14, 15, 16, 5, 10, 11, 26} and body.left:
        _about(body, told)
    elif number in _SECRETS:
        told["credentials"] = _has_text(body)


def _about(body: Cursor, told: dict[str, Any]) -> None:
    """The object and the property that a service names first."""
    for _ in range(4):
        if not body.left:
            return
        number, context, data = _tag(body)
        if len(data) == 4 and "object" not in told and (number in {0, 1, 12} or not context):
            told["object"] = _object(data)
        elif context and 1 <= len(data) <= 3 and "object" in told:
            value = int.from_bytes(data, "big")
            told["property"] = PROPERTIES.get(value, str(value))
            return


def _has_text(body: Cursor) -> bool:
    while body.left:
        number, context, data = _tag(body)
        if context and number in {1, 2} and len(data) > 1 and data[0] == 0:
            return True
    return False


def _unconfirmed(body: Cursor, told: dict[str, Any]) -> None:
    number = body.u8()
    told["service"] = UNCONFIRMED.get(number, f"service {number}")
    if number == 0 and body.left >= 5:  # i-am: the device, three fields, its vendor
        device = _tag(body)[2]
        told["object"] = _object(device)
        told["device"] = int.from_bytes(device, "big") & 0x3FFFFF
        fields = [_tag(body)[2] for _ in range(3) if body.left]
        if len(fields) == 3:
            told["vendor"] = int.from_bytes(fields[2], "big")


def _error(body: Cursor, told: dict[str, Any], *, skip: bool) -> None:
    if skip and body.left:
        body.u8()
    words: list[int] = []
    while body.left and len(words) < 2:
        number, context, data = _tag(body)
        if not context and number == 9:
            words.append(int.from_bytes(data, "big"))
    told["error"] = (
        f"class {words[0]} {ERRORS.get(words[1], f'code {words[1]}')}" if len(words) == 2 else "error"
    )
