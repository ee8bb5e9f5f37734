"""Synchrophasors (IEEE C37.118): commands, configurations and data of phasor measurement units.

Recognised by the sync byte, frame type, a sane length and the frame's own checksum (IEEE C37.118.2-2011
section 6.2), over TCP and UDP, on any port. Measured values are not kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.crc16 import ccitt
from procwire.dpi.wire.cutter import Cutter
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.text import plain
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "synchrophasor"
PORTS = frozenset({("tcp", 4712), ("udp", 4712), ("udp", 4713), ("tcp", 4713)})
TRANSPORTS = frozenset({"tcp", "udp"})
FIRST = b"\xaa"

MIN_FRAME = 16  # bytes: fixed fields and checksum
MAX_CHECKED = 4000  # bytes of a frame whose checksum is asked for before it is claimed

_TYPES = {
    0: "data",
    1: "header",
    2: "configuration-1",
    3: "configuration-2",
    4: "command",
    5: "configuration-3",
}
_COMMANDS = {1: "turn-off", 2: "turn-on", 3: "send-header", 4: "send-configuration-1",
             5: "send-configuration-2",
             6: "send-configuration-3", 8: "extended"}  # fmt: skip
_ANSWERS = {0: 2, 1: 3, 2: 4, 3: 5, 5: 6}  # type of frame -> the command that asks for it


class SynchrophasorFrame(Observation, kw_only=True):
    """A frame other than one of data, or the first one of data."""

    TABLE = "synchrophasor"
    frame: Annotated[str, says("command, configuration-1 to -3, header or data.")]
    version: Annotated[int, says("Version of the standard: 1 for 2005, 2 for 2011.")]
    stream: Annotated[int, says("Id of the data stream.")]
    measured: Annotated[int, says("Time stamp of the frame, as it says.", kind=Kind.TIME)]
    command: Annotated[str, says("What is commanded: turn-on, send-configuration-2, ...")] = ""
    station: Annotated[str, says("Name of the first station of a configuration.")] = ""
    units: Annotated[int | None, says("Measurement units of a configuration.")] = None
    size_bytes: Annotated[int, says("Length of the frame.", kind=Kind.SIZE)]
    latency: Annotated[int | None, says("From the command that asked for it.", kind=Kind.DURATION)] = None


OBSERVATIONS = (SynchrophasorFrame,)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A whole frame with its checksum."""
    if data[:1] not in {b"", b"\xaa"}:
        return Claim.NO
    if len(data) > 1 and not (data[1] >> 4 in _TYPES and data[1] & 15 in {1, 2, 3}):
        return Claim.NO
    size = int.from_bytes(data[2:4], "big") if len(data) >= 4 else MIN_FRAME
    if not MIN_FRAME <= size <= MAX_CHECKED:
        return Claim.NO
    if len(data) < size:
        return Claim.MORE if context.transport == "tcp" else Claim.NO
    return Claim.YES if ccitt(data[: size - 2]) == int.from_bytes(data[size - 2 : size], "big") else Claim.NO


class Parser(Cutter):
    """See contract.Parser."""

    LOOK = 256

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.settled = True
        self._streaming: set[tuple[Direction, int]] = set()
        self._waiting = self.paired(Pending())

    def forget(self) -> None:
        """See Cutter."""
        self._waiting.clear()

    def measure(self, side: Direction, data: bytes, at: int) -> int:  # noqa: ARG002
        """See Cutter."""
        if data[at] != 0xAA or (len(data) > at + 1 and data[at + 1] >> 4 not in _TYPES):
            raise ProtocolError("no frame of C37.118")
        if len(data) - at < 4:
            return 0
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        if size < MIN_FRAME:
            raise ProtocolError("a frame of no sane length")
        return size

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:
        """See Cutter."""
        if size <= len(data) and ccitt(data[:-2]) != int.from_bytes(data[-2:], "big"):
            raise ProtocolError("a frame with a wrong checksum")
        kind, stream = data[1] >> 4, int.from_bytes(data[4:6], "big")
        if kind == 0:
            if (side, stream) in self._streaming or len(self._streaming) > 64:
                return None
            self._streaming.add((side, stream))
        command, latency = int.from_bytes(data[14:16], "big") if kind == 4 else 0, None
        if command in _ANSWERS.values():
            said = _COMMANDS[command] if command != 2 else ""  # data may go elsewhere, as datagrams
            self._waiting.renew((side, stream, command), now, side=side, said=said)
        elif kind in _ANSWERS:
            latency, _ = self._waiting.answer((1 - side, stream, _ANSWERS[kind]), now)
        told = kind in {2, 3} and len(data) >= 36
        return (
            SynchrophasorFrame(
                time=now,
                side=side,
                frame=_TYPES[kind],
                version=data[1] & 15,
                stream=stream,
                measured=int.from_bytes(data[6:10], "big") * 10**9,
                command=_COMMANDS.get(command, f"command {command}") if kind == 4 else "",
                station=plain(data[20:36].rstrip(b" \0")) if told else "",
                units=int.from_bytes(data[18:20], "big") if told else None,
                size_bytes=size,
                latency=latency,
            ),
        )
