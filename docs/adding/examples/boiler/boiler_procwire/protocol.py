"""Boilers: how hot they are, and what they are told to be.

Recognised by the word BOIL and a kind that exists, on any port. Each datagram is one message: the word, its
kind (R: reading, S: setting, A: the answer to a setting), and degrees in two bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError, Shape, beginnings
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "boiler"
PORTS = frozenset({("udp", 7001)})
TRANSPORTS = frozenset({"udp"})
FIRST = b"B"

MESSAGE_BYTES = 7
_KINDS = {b"R": "reading", b"S": "setting", b"A": "answer"}
SHAPES = {"udp": Shape(starts=beginnings(b"BOIL"), least=MESSAGE_BYTES)}


class BoilerMessage(Observation, kw_only=True):
    """A boiler said how hot it is, or was told to be."""

    TABLE = "boiler"
    message: Annotated[str, says("reading, setting or answer.")]
    degrees: Annotated[int, says("Degrees.")]
    latency: Annotated[int | None, says("From the setting to its answer.", kind=Kind.DURATION)] = None


OBSERVATIONS = (BoilerMessage,)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A whole message."""
    return Claim.YES if _whole(data) else Claim.NO


def _whole(data: bytes) -> bool:
    return len(data) == MESSAGE_BYTES and data[:4] == b"BOIL" and data[4:5] in _KINDS


class Parser:
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:  # noqa: ARG002
        self._asked: int | None = None

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterable[Observation]:
        """One datagram."""
        if not _whole(data):
            raise ProtocolError("no message of a boiler")
        message, latency = _KINDS[data[4:5]], None
        if message == "setting":
            self._asked = now
        elif message == "answer" and self._asked is not None:
            latency, self._asked = now - self._asked, None
        degrees = int.from_bytes(data[5:7], "big")
        return (BoilerMessage(time=now, side=side, message=message, degrees=degrees, latency=latency),)

    def gap(self, side: Direction, size: int, *, now: int) -> Iterable[Observation]:  # noqa: ARG002
        """Datagrams have no gaps."""
        return ()

    def skip(self, side: Direction) -> int:  # noqa: ARG002
        """Everything is read."""
        return 0
