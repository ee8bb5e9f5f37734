"""IEC 60870-5-104, telecontrol of power grids: what is reported and commanded, by type, cause and address.

Recognised by an exact U frame (STARTDT, STOPDT, TESTFR), or on its own port by an S or I frame that makes
sense (IEC 60870-5-104 section 5, 60870-5-101 section 7.2). Values are not kept. Addresses have the widths
that 104 fixes (cause 2, common address 2, object address 3 bytes).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire._iec104_names import CAUSES, TYPES
from procwire.dpi.wire.cutter import Cutter
from procwire.dpi.wire.pending import Pending
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "iec104"
PORTS = frozenset({("tcp", 2404)})
TRANSPORTS = frozenset({"tcp"})
FIRST = b"\x68"

MAX_APDU = 253  # bytes behind the length; section 5

_UNNUMBERED = {0x07: "STARTDT act", 0x0B: "STARTDT con", 0x13: "STOPDT act", 0x23: "STOPDT con",
               0x43: "TESTFR act", 0x83: "TESTFR con"}  # fmt: skip
_ANSWERED = {0x0B: 0x07, 0x23: 0x13, 0x83: 0x43}
BROADCAST = 0xFFFF  # common address of all stations
ACTIVATION, CONFIRMATION, DEACTIVATION, DEACTIVATED = 6, 7, 8, 9


class Iec104Control(Observation, kw_only=True):
    """An unnumbered frame: transfer is started or stopped, the link is tested."""

    TABLE = "iec104"
    message: Annotated[str, says("control or data.")] = "control"
    function: Annotated[str, says("STARTDT act, STARTDT con, TESTFR act, ...")]
    latency: Annotated[int | None, says("From the activation this confirms.", kind=Kind.DURATION)] = None


class Iec104Data(Observation, kw_only=True):
    """An application data unit."""

    TABLE = "iec104"
    message: Annotated[str, says("control or data.")] = "data"
    type: Annotated[str, says("Type of the unit: M_SP_NA_1, C_SC_NA_1, ...")]
    cause: Annotated[str, says("Why it was sent: spontaneous, activation, ...")]
    negative: Annotated[bool, says("Whether a confirmation is a refusal.")] = False
    test: Annotated[bool, says("Whether it is only a test.")] = False
    station: Annotated[int, says("Common address of the station.")]
    object: Annotated[int | None, says("Address of the first information object.")] = None
    count: Annotated[int, says("Number of information objects.")]
    command: Annotated[bool, says("Whether it commands the station.")] = False
    latency: Annotated[int | None, says("From the activation this confirms.", kind=Kind.DURATION)] = None


OBSERVATIONS = (Iec104Control, Iec104Data)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """An exact U frame; other frames only with the port's help."""
    if data[:1] not in {b"", b"\x68"} or (len(data) > 1 and not 4 <= data[1] <= MAX_APDU):
        return Claim.NO
    if len(data) < 6:
        return Claim.MORE
    if data[1] == 4 and data[2] in _UNNUMBERED:
        return Claim.YES if data[3:6] == b"\0\0\0" else Claim.NO
    if 2404 not in {context.src_port, context.dst_port} or data[4] & 1:
        return Claim.NO
    if data[2] & 1:
        return Claim.YES if data[1] == 4 and data[2:4] == b"\1\0" else Claim.NO
    if len(data) < 9:
        return Claim.MORE
    return Claim.YES if data[1] >= 10 and data[6] in TYPES and data[8] & 0x3F in CAUSES else Claim.NO


class Parser(Cutter):
    """See contract.Parser."""

    LOOK = 2 + MAX_APDU

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.settled = True
        self._waiting = self.paired(Pending())

    def measure(self, side: Direction, data: bytes, at: int) -> int:  # noqa: ARG002
        """See Cutter."""
        if data[at] != 0x68 or (len(data) > at + 1 and not 4 <= data[at + 1] <= MAX_APDU):
            raise ProtocolError("no frame of IEC 104")
        return 2 + data[at + 1] if len(data) > at + 1 else 0

    def forget(self) -> None:
        """See Cutter."""
        self._waiting.clear()

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:
        """See Cutter."""
        if data[2] & 3 == 3:
            return (self._unnumbered(side, data, now),)
        if data[2] & 1:
            return None  # an S frame acknowledges
        if size < 12 or data[6] not in TYPES:
            raise ProtocolError("no unit of IEC 104")
        return (self._unit(side, data, now),)

    def _unnumbered(self, side: Direction, data: bytes, now: int) -> Observation:
        name = _UNNUMBERED.get(data[2])
        if name is None or size_of(data) != 6:
            raise ProtocolError("no U frame")
        latency = None
        if data[2] in _ANSWERED:
            latency, _ = self._waiting.answer((1 - side, _ANSWERED[data[2]]), now)
        else:
            self._waiting.renew((side, data[2]), now, side=side, said=name)
        return Iec104Control(time=now, side=side, function=name, latency=latency)

    def _unit(self, side: Direction, data: bytes, now: int) -> Observation:
        kind, count, cause = data[6], data[7] & 0x7F, data[8] & 0x3F
        station = int.from_bytes(data[10:12], "little")
        place = int.from_bytes(data[12:15], "little") if len(data) >= 15 else None
        key = (kind, station, place)
        latency = None
        if cause in {ACTIVATION, DEACTIVATION}:
            said = "" if station == BROADCAST else f"{TYPES[kind]} of station {station}"
            self._waiting.renew((side, *key), now, side=side, said=said)
        elif cause in {CONFIRMATION, DEACTIVATED}:
            latency, _ = self._waiting.answer((1 - side, *key), now)
            since = self._waiting.since((1 - side, kind, BROADCAST, place))
            if latency is None and since is not None:  # each station answers what was said to all
                latency = now - since
        return Iec104Data(
            time=now,
            side=side,
            type=TYPES[kind],
            cause=CAUSES.get(cause, f"cause {cause}"),
            negative=bool(data[8] & 0x40),
            test=bool(data[8] & 0x80),
            station=station,
            object=place,
            count=count,
            command=kind >= 45,
            latency=latency,
        )


def size_of(data: bytes) -> int:
    """Length of the frame that begins these bytes."""
    return 2 + data[1]
