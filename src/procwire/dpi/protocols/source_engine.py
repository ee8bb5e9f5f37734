"""Source engine and Steam game servers: queries for a server's state, and what it says of itself.

Recognised by four bytes of ones and a query or answer of its kind (Valve developer wiki, "Server queries"),
on any port. Names of players are not kept; answers in several packets are told by their first.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.cursor import Cursor
from procwire.dpi.wire.cutter import Cutter
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.text import plain
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "source_engine"
PORTS = frozenset({("udp", 27015), ("udp", 27016)})
TRANSPORTS = frozenset({"udp"})
ROAMS = True
FIRST = b"\xff"

ONES = b"\xff\xff\xff\xff"
QUERY = b"Source Engine Query\0"
_QUESTIONS = {0x54: "info", 0x55: "players", 0x56: "rules"}
_ANSWERS = {0x49: "info", 0x44: "players", 0x45: "rules", 0x41: "challenge"}


class SourceEngineMessage(Observation, kw_only=True):
    """A question to a game server, or its answer."""

    TABLE = "source_engine"
    message: Annotated[str, says("request or response.")]
    kind: Annotated[str, says("info, players, rules or challenge.")]
    server: Annotated[str, says("Name of the server.")] = ""
    map: Annotated[str, says("Map that is played.")] = ""
    game: Annotated[str, says("Game, in words.")] = ""
    players: Annotated[int | None, says("Players that are there.")] = None
    max_players: Annotated[int | None, says("Players that there is room for.")] = None
    latency: Annotated[int | None, says("From the question to this answer.", kind=Kind.DURATION)] = None


OBSERVATIONS = (SourceEngineMessage,)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """The question for information by its text; others by their length, on the ports of game servers."""
    if data[:4] != ONES or len(data) < 9:
        return Claim.NO
    if data[4] == 0x54:
        return Claim.YES if data[5:25] == QUERY and len(data) in {25, 29} else Claim.NO
    known = {("udp", context.src_port), ("udp", context.dst_port)} & PORTS
    if data[4] == 0x49 and len(data) > 20 and data[6:].count(b"\0") >= 4:
        return Claim.YES if known or data[5] == 17 else Claim.NO
    exact = len(data) == 9 and (data[4] in _QUESTIONS or data[4] == 0x41)
    return Claim.YES if known and (exact or data[4] in {0x44, 0x45}) else Claim.NO


class Parser(Cutter):
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.settled = True
        self._waiting = self.paired(Pending())
        self._last = ["", ""]  # kind of a side's latest question

    def measure(self, side: Direction, data: bytes, at: int) -> int:  # noqa: ARG002
        """See Cutter: a datagram is one message."""
        if data[:4] != ONES or len(data) < 5:
            raise ProtocolError("no query of the Source engine")
        return len(data)

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:  # noqa: ARG002
        """See Cutter."""
        if data[4] in _QUESTIONS:
            kind = _QUESTIONS[data[4]]
            self._waiting.renew((side, kind), now, side=side, said=kind)
            self._last[side] = kind
            return (SourceEngineMessage(time=now, side=side, message="request", kind=kind),)
        name = _ANSWERS.get(data[4])
        if name is None:
            raise ProtocolError("no query of the Source engine")
        asked = self._last[1 - side] if name == "challenge" else name  # which answers any question
        latency, _ = self._waiting.answer((1 - side, asked), now)
        told: dict[str, Any] = {}
        if name == "info":
            body = Cursor(data, 6, "little")
            told["server"], told["map"] = plain(body.until()), plain(body.until())
            body.until()
            told["game"] = plain(body.until())
            body.take(2)
            told["players"], told["max_players"] = body.u8(), body.u8()
        return (
            SourceEngineMessage(time=now, side=side, message="response", kind=name, latency=latency, **told),
        )
