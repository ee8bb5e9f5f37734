"""WHOIS: who a name, an address or a number is registered to: one line asked, text answered (RFC 3912).

There is no magic: it is recognised on port 43 alone, by a first line of printable text from the side that
asks and nothing behind it. Answers are counted, and searched for the name, the registrar and a referral.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.lines import Lines
from procwire.dpi.wire.text import plain
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "whois"
PORT = 43
PORTS = frozenset({("tcp", PORT)})
TRANSPORTS = frozenset({"tcp"})
FIRST = bytes(range(0x21, 0x7F))

MAX_QUERY = 256  # bytes of a question
MAX_LINE = 4096  # of an answer
_REFERRALS = ("refer", "whois", "whois server", "registrar whois server", "referralserver")


class WhoisMessage(Observation, kw_only=True):
    """A question, or all that was answered."""

    TABLE = "whois"
    message: Annotated[str, says("query or response.")]
    query: Annotated[str, says("What is asked for.")] = ""
    name: Annotated[str, says("Name that the answer is about.")] = ""
    registrar: Annotated[str, says("Who registered it.")] = ""
    referral: Annotated[str, says("Server that knows more.")] = ""
    lines: Annotated[int | None, says("Lines of the answer.")] = None
    latency: Annotated[int | None, says("From the question to the first line.", kind=Kind.DURATION)] = None


OBSERVATIONS = (WhoisMessage,)


def claims(data: bytes, side: Direction, context: Context) -> Claim:
    """One whole line, on the port, from the side that asks."""
    if PORT not in (context.dst_port, context.src_port):
        return Claim.NO
    asks = context.dst_port == PORT if side is Direction.OUT else context.src_port == PORT
    if not asks or (data and data[0] not in FIRST):
        return Claim.NO
    line, end, rest = data.partition(b"\n")
    text = line.rstrip(b"\r")
    if len(text) > MAX_QUERY or rest or not text.decode("utf-8", "ignore").isprintable():
        return Claim.NO
    return Claim.YES if end else Claim.MORE


class Parser:
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:  # noqa: ARG002
        self._sides = (Lines(MAX_LINE), Lines(MAX_LINE))
        self._client: Direction | None = None
        self._asked = 0
        self._answer: WhoisMessage | None = None

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterable[Observation]:
        """See contract.Parser: who speaks first asks."""
        if self._client is None:
            self._client, self._asked = side, now
        lines = self._sides[side]
        lines.push(data)
        while (line := lines.next()) is not None:
            if side is self._client:
                yield self._query(line, side, now)
            else:
                self._line(line, now)

    def _query(self, line: bytes, side: Direction, now: int) -> WhoisMessage:
        if self._answer is not None or len(line) > MAX_QUERY:
            raise ProtocolError("more than a question")
        self._answer = WhoisMessage(
            time=now, side=Direction(1 - side), message="response", query=plain(line), lines=0
        )
        return WhoisMessage(time=now, side=side, message="query", query=plain(line))

    def _line(self, line: bytes, now: int) -> None:
        if self._answer is None:
            raise ProtocolError("an answer without a question")
        seen = self._answer
        if not seen.lines:
            seen.latency = max(0, now - self._asked)
        seen.time, seen.lines = now, (seen.lines or 0) + 1
        name, colon, value = line.partition(b":")
        key, text = plain(name.strip(), 64).lower(), plain(value.strip())
        if not colon or not text:
            return
        if key in {"domain name", "domain", "inetnum", "netrange", "aut-num"}:
            seen.name = seen.name or text
        elif key == "registrar":
            seen.registrar = seen.registrar or text
        elif key in _REFERRALS:
            seen.referral = seen.referral or text

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
