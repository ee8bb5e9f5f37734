"""Finger: who is logged in, or who somebody is: one line asked, text answered (RFC 1288).

There is no magic: it is recognised on port 79 alone, by one line of a user's name from the side that asks and
nothing behind it. That a query is forwarded (``user@host``) is told; of the answer the lines are counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.lines import Lines, shown
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says
from procwire.model.patterns import lazy

NAME = "finger"
PORT = 79
PORTS = frozenset({("tcp", PORT)})
TRANSPORTS = frozenset({"tcp"})
PIECES = True  # clients write name and line end apart
FIRST = b"\r\n" + bytes(range(0x20, 0x7F))

MAX_QUERY = 256  # bytes of a question
MAX_LINE = 4096  # of an answer
_QUERY = lazy(rb"(?i)(?:(/W)(?: |\Z))?([!-?A-~]*)((?:@[A-Za-z0-9._-]+)*)\Z")  # section 2.3


class FingerMessage(Observation, kw_only=True):
    """A question, or all that was answered."""

    TABLE = "finger"
    message: Annotated[str, says("query or response.")]
    user: Annotated[str, says("Who is asked for; empty: everybody who is logged in.")] = ""
    host: Annotated[str, says("Host that the question is to be forwarded to.")] = ""
    verbose: Annotated[bool, says("More is wanted (/W).")] = False
    lines: Annotated[int | None, says("Lines of the answer.")] = None
    latency: Annotated[int | None, says("From the question to the first line.", kind=Kind.DURATION)] = None


OBSERVATIONS = (FingerMessage,)


def claims(data: bytes, side: Direction, context: Context) -> Claim:
    """One whole line, on the port, from the side that asks."""
    if PORT not in (context.dst_port, context.src_port):
        return Claim.NO
    asks = context.dst_port == PORT if side is Direction.OUT else context.src_port == PORT
    if not asks or (data and data[0] not in FIRST):
        return Claim.NO
    line, end, rest = data.partition(b"\n")
    line = line.removesuffix(b"\r")
    if not end:
        return Claim.MORE if len(line) <= MAX_QUERY and line.isascii() else Claim.NO
    return Claim.YES if not rest and len(line) <= MAX_QUERY and _QUERY.match(line) else Claim.NO


class Parser:
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:  # noqa: ARG002
        self._sides = (Lines(MAX_LINE), Lines(MAX_LINE))
        self._client: Direction | None = None
        self._asked = 0
        self._answer: FingerMessage | None = None

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterable[Observation]:
        """See contract.Parser: who speaks first asks."""
        if self._client is None:
            self._client = side
        lines = self._sides[side]
        lines.push(data)
        while (line := lines.next()) is not None:
            if side is self._client:
                yield self._query(line, side, now)
            else:
                self._line(now)

    def _query(self, line: bytes, side: Direction, now: int) -> FingerMessage:
        found = _QUERY.match(line)
        if self._answer is not None or found is None or len(line) > MAX_QUERY:
            raise ProtocolError("more than a question")
        self._asked = now
        told: dict[str, Any] = {"user": shown(found[2]), "host": shown(found[3].rpartition(b"@")[2])}
        verbose = found[1] is not None
        self._answer = FingerMessage(
            time=now, side=Direction(1 - side), message="response", verbose=verbose, lines=0, **told
        )
        return FingerMessage(time=now, side=side, message="query", verbose=verbose, **told)

    def _line(self, now: int) -> None:
        if self._answer is None:
            raise ProtocolError("an answer without a question")
        seen = self._answer
        if not seen.lines:
            seen.latency = max(0, now - self._asked)
        seen.time, seen.lines = now, (seen.lines or 0) + 1

    def gap(self, side: Direction, size: int, *, now: int) -> Iterable[Observation]:  # noqa: ARG002
        """See contract.Parser: reading goes on at the next line."""
        self._sides[side].lose(size)
        return ()

    def skip(self, side: Direction) -> int:  # noqa: ARG002
        """See contract.Parser."""
        return 0

    def finish(self, now: int) -> Iterable[Observation]:  # noqa: ARG002
        """The answer, once it is whole."""
        seen, self._answer = self._answer, None
        if seen is not None and seen.lines:
            yield seen
