"""Modbus/TCP: every request with its unit, function, address and count, and how it was answered.

Recognised by a header whose length goes with what the function asks for (MODBUS Messaging on TCP/IP, section
3.1; MODBUS Application Protocol V1.1b3, section 6), on any port; functions of a maker's own only on its own
port. Register values are not kept. Modbus over serial lines tunnelled in TCP is another framing and not read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError, Shape
from procwire.dpi.wire.cursor import Cursor
from procwire.dpi.wire.cutter import Cutter
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.text import plain
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "modbus"
PORTS = frozenset({("tcp", 502)})
TRANSPORTS = frozenset({"tcp"})
FIRST = None

HEADER_BYTES = 7
MAX_ADU = 260  # bytes; section 4.1 of the application protocol
MAX_OBJECTS = 8  # of a device identification that are shown

_FUNCTIONS = {
    1: "read-coils", 2: "read-discrete-inputs", 3: "read-holding-registers", 4: "read-input-registers",
    5: "write-single-coil", 6: "write-single-register", 7: "read-exception-status", 8: "diagnostics",
    11: "get-comm-event-counter", 12: "get-comm-event-log", 15: "write-multiple-coils",
    16: "write-multiple-registers", 17: "report-server-id", 20: "read-file-record", 21: "write-file-record",
    22: "mask-write-register", 23: "read-write-multiple-registers", 24: "read-fifo-queue",
    43: "encapsulated-interface", 90: "umas",
}  # fmt: skip
_EXCEPTIONS = {
    1: "illegal-function", 2: "illegal-data-address", 3: "illegal-data-value", 4: "server-device-failure",
    5: "acknowledge", 6: "server-device-busy", 8: "memory-parity-error", 10: "gateway-path-unavailable",
    11: "gateway-target-failed",
}  # fmt: skip
_WRITES = frozenset({5, 6, 15, 16, 21, 22, 23})
_MOST = {1: 2000, 2: 2000, 3: 125, 4: 125}  # of one request


class ModbusRequest(Observation, kw_only=True):
    """A client asked a unit."""

    TABLE = "modbus"
    message: Annotated[str, says("request or response.")] = "request"
    transaction: Annotated[int, says("Number that the response repeats.")]
    unit: Annotated[int, says("Unit that is asked.")]
    function: Annotated[str, says("Function: read-holding-registers, write-single-coil, ...")]
    address: Annotated[int | None, says("First coil or register.")] = None
    count: Annotated[int | None, says("Number of coils or registers.")] = None
    write: Annotated[bool, says("Whether the function changes the device.")] = False


class ModbusResponse(Observation, kw_only=True):
    """A unit answered."""

    TABLE = "modbus"
    message: Annotated[str, says("request or response.")] = "response"
    transaction: Annotated[int, says("Number of the request this answers.")]
    unit: Annotated[int, says("Unit that answers.")]
    function: Annotated[str, says("Function that was asked for.")]
    address: Annotated[int | None, says("First coil or register that was asked for.")] = None
    exception: Annotated[str, says("Why the unit did not do it.")] = ""
    identity: Annotated[
        tuple[str, ...], says("What the device says of itself: maker, product, version.")
    ] = ()
    latency: Annotated[int | None, says("From the request to this answer.", kind=Kind.DURATION)] = None


OBSERVATIONS = (ModbusRequest, ModbusResponse)

SHAPES = {"tcp": Shape(starts=({2: b"\0", 3: b"\0", 4: b"\0", 5: bytes(range(2, MAX_ADU - 5))},))}


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """Protocol 0, a short length, and a function whose request or answer has that length."""
    if any(data[2:5]):
        return Claim.NO
    if len(data) >= 6 and not 2 <= data[5] <= MAX_ADU - 6:
        return Claim.NO
    if len(data) < 8:
        return Claim.MORE
    hinted = 502 in {context.src_port, context.dst_port}
    length, function = data[5], data[7]
    if hinted:
        return Claim.YES
    if function not in _FUNCTIONS:
        return Claim.NO
    if len(data) < min(6 + length, 13):
        return Claim.MORE
    return Claim.YES if _fits(function, length, data) else Claim.NO


def _fits(function: int, length: int, data: bytes) -> bool:
    """Whether this is a request (its counts within bounds) as the specification lays it out."""
    if function in _MOST:
        return length == 6 and 1 <= int.from_bytes(data[10:12], "big") <= _MOST[function]
    if function == 5:
        return length == 6 and data[10:12] in {b"\0\0", b"\xff\0"}
    if function in {15, 16} and length > 7:  # one value at least
        count = int.from_bytes(data[10:12], "big")
        return length == 7 + data[12] and data[12] == ((count + 7) // 8 if function == 15 else 2 * count)
    return function == 43 and length == 5 and data[8] in {13, 14}


class Parser(Cutter):
    """See contract.Parser."""

    LOOK = MAX_ADU

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.settled = True
        if context.dst_port == 502 or context.src_port != 502:
            self.client = int(Direction.OUT)
        else:
            self.client = int(Direction.IN)
        self._waiting = self.paired(Pending())

    def measure(self, side: Direction, data: bytes, at: int) -> int:  # noqa: ARG002
        """See Cutter."""
        if len(data) - at < 6:
            return 0
        length = int.from_bytes(data[at + 4 : at + 6], "big")
        if data[at + 2 : at + 4] != b"\0\0" or not 2 <= length <= MAX_ADU - 6:
            raise ProtocolError("no header of Modbus/TCP")
        return 6 + length

    def forget(self) -> None:
        """See Cutter."""
        self._waiting.clear()

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:  # noqa: ARG002
        """See Cutter."""
        number, unit, function = int.from_bytes(data[:2], "big"), data[6], data[7]
        body = Cursor(data, 8)
        name = _FUNCTIONS.get(function & 0x7F, f"function-{function & 0x7F}")
        if side == self.client:
            told = _asked(function, body)
            said = f"{name} of unit {unit}" if unit else ""  # 0 is a broadcast: nobody answers
            self._waiting.renew((number, unit), now, told.get("address"), side=side, said=said)
            write = function in _WRITES
            return (
                ModbusRequest(
                    time=now, side=side, transaction=number, unit=unit, function=name, write=write, **told
                ),
            )
        latency, address = self._waiting.answer((number, unit), now)
        exception = ""
        if function & 0x80 and body.left:
            code = body.u8()
            exception = _EXCEPTIONS.get(code, f"exception-{code}")
        return (
            ModbusResponse(
                time=now,
                side=side,
                transaction=number,
                unit=unit,
                function=name,
                address=address,
                exception=exception,
                identity=_identity(body) if function == 43 else (),
                latency=latency,
            ),
        )


def _asked(function: int, body: Cursor) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if function in {1, 2, 3, 4, 5, 6, 15, 16, 22, 23, 24} and body.left >= 2:
        told["address"] = body.u16()
        if function in {1, 2, 3, 4, 15, 16, 23} and body.left >= 2:
            told["count"] = body.u16()
        elif function in {5, 6, 22}:
            told["count"] = 1
    return told


def _identity(body: Cursor) -> tuple[str, ...]:
    """Read Device Identification (section 6.21): objects behind six bytes."""
    if body.left < 6 or body.u8() != 14:
        return ()
    body.take(4)
    found = []
    for _ in range(min(body.u8(), MAX_OBJECTS)):
        if body.left < 2:
            break
        body.u8()
        found.append(plain(body.take(min(body.u8(), body.left))))
    return tuple(found)
