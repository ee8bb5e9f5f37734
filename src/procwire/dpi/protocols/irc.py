"""IRC: who logs in, channels, numbered replies; texts are not kept (RFC 2812, IRCv3).

Recognised by a client's NICK, USER with four parameters, or CAP, or by a server's notice or number behind
its name, on any port. Passwords are shown as present, never as they are. After STARTTLS it hands on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, ClassVar

import msgspec

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError, Shape, beginnings
from procwire.dpi.wire.exchanges import HIDDEN
from procwire.dpi.wire.lines import Lines, shown
from procwire.dpi.wire.pending import Pending
from procwire.model.columns import Kind
from procwire.model.observation import Observation, Upgraded, says
from procwire.model.patterns import lazy

NAME = "irc"
PORTS = frozenset(("tcp", port) for port in (194, 6660, 6661, 6662, 6663, 6664, 6665, 6666, 6667, 6668, 6669))
TRANSPORTS = frozenset({"tcp"})
FIRST = b":NUCPnucp"

MAX_LINE = 8192  # IRCv3's tags: 8191 bytes; RFC 2812 section 2.3 has 512
MAX_SEEN = 4  # lines looked at for a claim

_SURE = lazy(
    rb"(?i)NICK [^ \r\n]{1,64}\Z|USER [^ ]{1,64} [^ ]{1,64} [^ ]{1,256} :?.+\Z"
    rb"|CAP (?:LS|REQ|LIST|END)(?: .*)?\Z|:[^ ]{1,255} (?:00[1-5] [^ ]+ |NOTICE (?:AUTH|\*) )"
)
_OPEN = lazy(rb"(?i)PASS [^\r\n]{1,256}\Z")
_LINE = lazy(rb"(?:@[^ ]* +)?(?::([^ ]+) +)?([A-Za-z]{1,16}|[0-9]{3})(?: +(.*))?\Z", re.DOTALL)
_WORDS = (b"NICK ", b"USER ", b"CAP ", b"PASS ")
_SECRET = frozenset({"PASS", "OPER", "AUTHENTICATE"})
_TEXT = frozenset({"PRIVMSG", "NOTICE", "TOPIC", "QUIT", "PART", "AWAY"})
_SERVICES = lazy(r"(?i)(?:identify|register|auth|login)\b")


_ANSWERS = {"PONG": "PING", "001": "USER"}


class IrcMessage(Observation, kw_only=True):
    """One message."""

    TABLE = "irc"
    RISKS: ClassVar = {"credentials": "cleartext-credentials"}
    prefix: Annotated[str, says("Who it is from, where that is told.")]
    command: Annotated[str, says("Command in upper case, or number of a reply.")]
    target: Annotated[str, says("First parameter: nick, channel or server.")]
    parameters: Annotated[str, says("Further parameters; texts are left out and secrets masked.")]
    text_bytes: Annotated[int, says("Length of the text.", kind=Kind.SIZE)]
    credentials: Annotated[bool, says("Whether credentials were sent with it.")]
    latency: Annotated[
        int | None, says("From PING to its PONG, from USER to the welcome (001).", kind=Kind.DURATION)
    ] = None


OBSERVATIONS = (IrcMessage,)

SHAPES = {"tcp": Shape(starts=({0: b":"}, *beginnings(*_WORDS, fold=True)))}


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A message of the beginning on a whole line."""
    if data and data[0] not in FIRST:
        return Claim.NO
    lines = data.split(b"\n")
    for line in lines[:-1][:MAX_SEEN]:
        word = line.rstrip(b"\r")
        if _SURE.match(word):
            return Claim.YES
        if not _OPEN.match(word):
            return Claim.NO
    last = lines[-1]
    if len(lines) > MAX_SEEN or len(last) > 1024:
        return Claim.NO
    if last[:1] == b":":
        return Claim.MORE if last.isascii() and b"\0" not in last else Claim.NO
    upper = last.upper()
    return Claim.MORE if any(one.startswith(upper) or upper.startswith(one) for one in _WORDS) else Claim.NO


class Parser:
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:  # noqa: ARG002
        self._lines = (Lines(MAX_LINE), Lines(MAX_LINE))
        self._asked = Pending()
        self._upgraded = False

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterator[Observation]:
        """See contract.Parser."""
        if self._upgraded:
            return
        lines = self._lines[side]
        lines.push(data)
        while not self._upgraded and (line := lines.next()) is not None:
            if line.strip():
                message = self._timed(_read(side, line.strip(), now))
                yield message
                if message.command == "670":  # IRCv3's tls: the server goes ahead
                    self._upgraded = True
                    yield Upgraded(time=now, side=side, hint="tls")

    def gap(self, side: Direction, size: int, *, now: int) -> Iterator[Observation]:  # noqa: ARG002
        """Reading goes on at the next line."""
        self._lines[side].lose(size)
        self._asked.clear()
        return iter(())

    def _timed(self, message: IrcMessage) -> IrcMessage:
        """With its latency, where it is an answer. RFC 2812 sections 3.7.2, 3.7.3 and 5.1."""
        question = _ANSWERS.get(message.command)
        if question is None:
            if message.command in _ANSWERS.values():
                self._asked.renew((message.side, message.command), message.time)
            return message
        latency, _ = self._asked.answer((1 - message.side, question), message.time)
        return msgspec.structs.replace(message, latency=latency)

    def skip(self, side: Direction) -> int:  # noqa: ARG002
        """See contract.Parser: everything is read."""
        return 0

    def remainder(self, side: Direction) -> bytes:
        """See contract: what followed STARTTLS."""
        return self._lines[side].rest()


def _read(side: Direction, line: bytes, now: int) -> IrcMessage:
    found = _LINE.match(line)
    if found is None:
        raise ProtocolError("not a message")
    command = found[2].upper().decode("ascii")
    middle, _, text = (b" " + (found[3] or b"")).partition(b" :")
    words = middle.split()
    target = shown(words[0], 64) if words else ""
    rest, secret = shown(b" ".join(words[1:])), False
    if command in _SECRET:
        secret = bool(words or text) and not (command == "AUTHENTICATE" and words[:1] in ([b"PLAIN"], [b"+"]))
        target = HIDDEN if secret and command != "OPER" else target
        rest = HIDDEN if secret and rest else ""
    elif command in _TEXT:
        secret = bool(_SERVICES.match(shown(text, 32))) and target.lower().endswith("serv")
        rest = ""
    elif not words and text:
        target = shown(text, 64)
    return IrcMessage(
        time=now,
        side=side,
        prefix=shown(found[1] or b""),
        command=command,
        target=target,
        parameters=rest,
        text_bytes=len(text),
        credentials=secret,
    )
