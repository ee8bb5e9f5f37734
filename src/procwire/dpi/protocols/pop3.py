"""POP3: commands with their answers, logins, STLS (RFC 1939, RFC 2449, RFC 2595).

Recognised by the server's greeting ``+OK``, on any port, or by a client's first commands that no other
protocol has. Mails and listings are passed over and their size is told. Passwords and APOP digests are shown
as present, never as they are. After STLS it hands on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, ClassVar

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError, Shape, beginnings
from procwire.dpi.wire.exchanges import HIDDEN, Command, Exchanges
from procwire.dpi.wire.lines import Lines, shown
from procwire.dpi.wire.replies import claim_client
from procwire.model.columns import Kind
from procwire.model.observation import Observation, Upgraded, says
from procwire.model.patterns import lazy

NAME = "pop3"
PORTS = frozenset({("tcp", 110)})
TRANSPORTS = frozenset({"tcp"})
FIRST = b"+-" + b"AaCcLlNnPpQqSsUu"

MAX_LINE = 2048  # RFC 2449 section 4 has 512; AUTH's answers are longer

_STATUS = lazy(rb"(\+OK|-ERR|\+)(?: (.*))?\Z", re.DOTALL)
_GREETING = lazy(rb"(?:\+OK|-ERR)(?: [^\r\n]*)?\r?\n")
_SURE = (b"APOP", b"STLS", b"UIDL", b"CAPA")
_SHARED = (b"USER", b"PASS", b"AUTH", b"QUIT", b"STAT", b"LIST", b"NOOP")
_MULTI = frozenset({"RETR", "TOP", "UIDL", "LIST", "CAPA"})
_WORD = lazy(rb"[A-Za-z]{3,8}\Z")


class Pop3Exchange(Observation, kw_only=True):
    """A command and its answer; the greeting has no command."""

    TABLE = "pop3"
    RISKS: ClassVar = {"credentials": "cleartext-credentials"}
    command: Annotated[str, says("Command, in upper case; empty for the greeting.")]
    argument: Annotated[str, says("What stands behind the command; secrets are masked.")]
    status: Annotated[str, says("+OK, -ERR, or + for a challenge; empty where no answer was seen.")]
    text: Annotated[str, says("Text behind the status.")]
    size_bytes: Annotated[int, says("Bytes of the lines behind the answer.", kind=Kind.SIZE)] = 0
    credentials: Annotated[bool, says("Whether credentials were sent with it.")] = False
    latency: Annotated[int | None, says("From the command to the answer's first line.", kind=Kind.DURATION)]


OBSERVATIONS = (Pop3Exchange,)

SHAPES = {"tcp": Shape(starts=beginnings(b"+OK", b"-ERR") + beginnings(*_SURE, *_SHARED, fold=True))}


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A greeting, or a client's first commands."""
    if data[:1] not in {b"+", b"-"}:
        return claim_client(data, _SURE, _SHARED)
    if _GREETING.match(data):
        return Claim.YES
    start = data[:5]
    possible = any(one.startswith(start) for one in (b"+OK \r", b"+OK\r\n", b"+OK\n", b"-ERR ", b"-ERR\r"))
    possible = possible or data.startswith((b"+OK ", b"-ERR "))
    return Claim.MORE if possible and b"\n" not in data and len(data) <= MAX_LINE else Claim.NO


class Parser:
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:  # noqa: ARG002
        self._client: int | None = None
        self._lines = (Lines(MAX_LINE), Lines(MAX_LINE))
        self._asked = Exchanges()
        self._body: tuple[Command, Observation] | None = None
        self._size = 0
        self._secret = self._upgraded = False

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterator[Observation]:
        """See contract.Parser."""
        if self._upgraded:
            return
        if self._client is None:
            self._client = 1 - side if data[:1] in {b"+", b"-"} else side
        lines = self._lines[side]
        lines.push(data)
        if side == self._client:
            while (line := lines.next()) is not None:
                self._command(line, now)
            return
        while not self._upgraded:
            if self._body is not None:
                size, ended = lines.until_dot()
                self._size += size
                if not ended:
                    return
                yield self._ended(now)
            line = lines.next()
            if line is None:
                return
            yield from self._answer(side, line, now)

    def gap(self, side: Direction, size: int, *, now: int) -> Iterator[Observation]:  # noqa: ARG002
        """Reading goes on at the next line, or inside the body."""
        self._lines[side].lose(size)
        if self._body is None or side == self._client:
            self._asked.lost()
        else:
            self._size += size
        return iter(())

    def skip(self, side: Direction) -> int:  # noqa: ARG002
        """See contract.Parser: everything is looked at."""
        return 0

    def remainder(self, side: Direction) -> bytes:
        """See contract: what followed STLS."""
        return self._lines[side].rest()

    def finish(self, now: int) -> Iterator[Observation]:
        """Commands that no answer was seen to."""
        if self._body is not None:
            yield self._ended(now)
        for command in self._asked.left():
            yield self._exchange(command, (b"", b""), Direction(self._client or 0), now)

    def _command(self, line: bytes, now: int) -> None:
        if self._secret:  # RFC 5034 section 4: the answer to a challenge
            self._secret = False
            self._asked.ask(Command("AUTH", HIDDEN, now, secret=line != b"*"))
            return
        word, _, rest = line.partition(b" ")
        if not _WORD.match(word):
            raise ProtocolError("not a command")
        name, secret = word.upper().decode("ascii"), False
        argument = shown(rest)
        if name == "PASS":
            argument, secret = HIDDEN, True
        elif name in {"APOP", "AUTH"}:
            first, space, _ = rest.partition(b" ")
            secret = bool(space)
            argument = shown(first) + (f" {HIDDEN}" if secret else "")
        self._asked.ask(Command(name, argument, now, secret=secret))

    def _answer(self, side: Direction, line: bytes, now: int) -> Iterator[Observation]:
        found = _STATUS.match(line)
        if found is None:
            raise ProtocolError("not a status")
        command = self._asked.answered() or Command("", "", -1)
        status = (found[1], found[2] or b"")
        answer = self._exchange(command, status, side, now)
        self._secret = status[0] == b"+"
        if status[0] == b"+OK" and _lists(command):
            self._body, self._size = (command, answer), 0
            return
        yield answer
        if command.name == "STLS" and status[0] == b"+OK":
            self._upgraded = True
            yield Upgraded(time=now, side=side, hint="tls")

    def _ended(self, now: int) -> Observation:
        assert self._body is not None
        command, answer = self._body
        self._body = None
        kept = Pop3Exchange(
            time=now,
            side=answer.side,
            command=command.name,
            argument=command.argument,
            status="+OK",
            text=getattr(answer, "text", ""),
            size_bytes=max(0, self._size - 3),
            latency=getattr(answer, "latency", None),
        )
        self._size = 0
        return kept

    def _exchange(
        self, command: Command, status: tuple[bytes, bytes], side: Direction, now: int
    ) -> Observation:
        return Pop3Exchange(
            time=now,
            side=side,
            command=command.name,
            argument=command.argument,
            status=status[0].decode("ascii"),
            text=shown(status[1]),
            credentials=command.secret,
            latency=now - command.at if command.at >= 0 and status[0] else None,
        )


def _lists(command: Command) -> bool:
    """Whether lines follow a positive answer (RFC 1939 section 3); LIST and UIDL of one mail have none."""
    return command.name in _MULTI and not (command.name in {"LIST", "UIDL"} and command.argument)
