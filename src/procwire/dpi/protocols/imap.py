"""IMAP: commands with their completions, logins, STARTTLS (RFC 9051, RFC 3501, RFC 2595).

Recognised by the server's greeting ``* OK``, ``* PREAUTH`` or ``* BYE``, or by a client's tagged command.
Literals are passed over. Passwords are shown as present, never as they are. After STARTTLS it hands on; after
COMPRESS (RFC 4978) nothing more can be read.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from typing import Annotated, ClassVar

from procwire.dpi.contract import ENOUGH, Claim, Context, Direction, ProtocolError, Shape
from procwire.dpi.wire.exchanges import HIDDEN, MAX_PENDING, Command
from procwire.dpi.wire.lines import Lines, shown
from procwire.model.columns import Kind
from procwire.model.observation import Observation, Upgraded, says
from procwire.model.patterns import lazy

NAME = "imap"
PORTS = frozenset({("tcp", 143)})
TRANSPORTS = frozenset({"tcp"})
FIRST = b"*" + bytes(range(ord("0"), ord("9") + 1)) + bytes(range(ord("A"), ord("Z") + 1)) \
    + bytes(range(ord("a"), ord("z") + 1)) + b"."  # fmt: skip

MAX_LINE = 1 << 16  # RFC 9051 section 4 names no bound; servers take 8 KiB to 64 KiB

_GREETING = lazy(rb"(?i)\* (OK|PREAUTH|BYE)[ \r\n]")
_COMMANDS = (
    b"CAPABILITY", b"LOGIN", b"AUTHENTICATE", b"STARTTLS", b"NOOP", b"LOGOUT", b"SELECT", b"EXAMINE", b"LIST",
    b"LSUB", b"STATUS", b"FETCH", b"UID", b"IDLE", b"ID", b"NAMESPACE", b"ENABLE", b"APPEND", b"SEARCH",
    b"CREATE", b"CLOSE", b"XLIST", b"CHECK", b"COMPRESS",
)  # fmt: skip
_TAGGED = lazy(rb"(?i)[A-Za-z0-9.]{1,20} (?:" + b"|".join(_COMMANDS) + rb")(?: [^\r\n]*)?\r?\n")
MAX_TAG = 20  # characters of a tag that a claim takes; clients use up to eight
_BEGINNINGS = frozenset(one[:2] for one in _COMMANDS)
_STARTED = lazy(rb"[A-Za-z0-9.]{1,20}(?: ([A-Za-z]*)(?:[ \r][^\n]*)?)?\Z")
_COMMAND = lazy(rb"([!-)+-z|}~]{1,64}) ([A-Za-z]+)(?: (.*))?\Z", re.DOTALL)
_COMPLETION = lazy(rb"(?i)([!-)+-z|}~]{1,64}) (OK|NO|BAD)(?: (.*))?\Z", re.DOTALL)
_LITERAL = lazy(rb"\{([0-9]{1,10})\+?\}\Z")
_MECHANISM = lazy(rb"[A-Za-z0-9_-]{1,40}")
_QUOTED = lazy(rb'"((?:[^"\\]|\\.)*)"|([^ ]+)')


class ImapExchange(Observation, kw_only=True):
    """A command and its completion; the greeting has no command."""

    TABLE = "imap"
    RISKS: ClassVar = {"credentials": "cleartext-credentials"}
    tag: Annotated[str, says("Tag of the command; * for the greeting.")]
    command: Annotated[str, says("Command, in upper case; empty for the greeting.")]
    argument: Annotated[str, says("What stands behind the command; secrets are masked.")]
    status: Annotated[str, says("OK, NO, BAD, PREAUTH or BYE; empty where no completion was seen.")]
    text: Annotated[str, says("Text behind the status.")]
    user: Annotated[str, says("Who logs in, where it is in clear.")] = ""
    credentials: Annotated[bool, says("Whether credentials were sent with it.")] = False
    responses: Annotated[int, says("Untagged responses since the last completion.")] = 0
    latency: Annotated[int | None, says("From the command to its completion.", kind=Kind.DURATION)]


OBSERVATIONS = (ImapExchange,)

_TAG = bytes(byte for byte in range(128) if chr(byte).isalnum() or byte == ord("."))
SHAPES = {"tcp": Shape(starts=({0: b"*", 1: b" "}, {0: _TAG, 1: _TAG + b" "}))}


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A greeting, or a tagged command on a whole line."""
    if data[:1] == b"*":
        if _GREETING.match(data):
            return Claim.YES
        upper = data.upper()
        possible = any(one.startswith(upper) for one in (b"* OK ", b"* PREAUTH ", b"* BYE "))
        return Claim.MORE if possible else Claim.NO
    space = data.find(b" ", 0, MAX_TAG + 1)
    if space < 0 and len(data) > MAX_TAG:
        return Claim.NO
    if space >= 0 and len(data) > space + 2 and data[space + 1 : space + 3].upper() not in _BEGINNINGS:
        return Claim.NO
    if _TAGGED.match(data):
        return Claim.YES
    found = _STARTED.match(data)
    if found is None or len(data) > MAX_LINE:
        return Claim.MORE if not data else Claim.NO
    word = (found[1] or b"").upper()
    whole = len(data) > found.end(1) if found[1] else False
    known = word in _COMMANDS if whole else any(one.startswith(word) for one in _COMMANDS)
    return Claim.MORE if known else Claim.NO


class Parser:
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:  # noqa: ARG002
        self._client: int | None = None
        self._lines = (Lines(MAX_LINE), Lines(MAX_LINE))
        self._asked: OrderedDict[str, tuple[Command, str]] = OrderedDict()
        self._rest = [False, False]  # the line goes on behind a literal
        self._secret = ""  # tag of the command whose challenge is answered next
        self._responses = 0
        self._greeted = self._upgraded = self._packed = False

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterator[Observation]:
        """See contract.Parser."""
        if self._upgraded or self._packed:
            return
        if self._client is None:
            self._client = 1 - side if data[:1] == b"*" else side
        lines = self._lines[side]
        lines.push(data)
        while not self._upgraded and (line := lines.next()) is not None:
            literal = _LITERAL.search(line)
            if literal is not None:
                lines.pass_over(int(literal[1]))
            goes_on, self._rest[side] = self._rest[side], literal is not None
            if goes_on:
                continue
            if side == self._client:
                self._command(line, now)
            else:
                yield from self._answer(side, line, now)

    def gap(self, side: Direction, size: int, *, now: int) -> Iterator[Observation]:  # noqa: ARG002
        """Reading goes on at the next line: tags say what answers what."""
        if not self._lines[side].lose(size):
            self._rest[side] = False
            self._secret = ""
        return iter(())

    def skip(self, side: Direction) -> int:
        """See contract.Parser: literals are not needed."""
        return ENOUGH if self._packed else self._lines[side].skip()

    def remainder(self, side: Direction) -> bytes:
        """See contract: what followed STARTTLS."""
        return self._lines[side].rest()

    def finish(self, now: int) -> Iterator[Observation]:
        """Commands that no completion was seen to."""
        for tag, (command, user) in self._asked.items():
            yield self._exchange(tag, (command, user), ("", b""), Direction(self._client or 0), now)
        self._asked.clear()

    def _command(self, line: bytes, now: int) -> None:
        if self._secret:
            kept = self._asked.get(self._secret)
            if kept is not None and line != b"*":
                kept[0].secret = True
                kept[0].argument = f"{kept[0].argument.removesuffix(' ' + HIDDEN)} {HIDDEN}"
            self._secret = ""
            return
        found = _COMMAND.match(line)
        if found is None:
            if line.strip().upper() in {b"DONE", b""}:  # of IDLE (RFC 2177)
                return
            raise ProtocolError("not a command")
        name = found[2].upper().decode("ascii")
        argument, user, secret = _masked(name, found[3] or b"")
        if len(self._asked) >= MAX_PENDING:
            self._asked.popitem(last=False)
        self._asked[found[1].decode("ascii")] = (Command(name, argument, now, secret=secret), user)

    def _answer(self, side: Direction, line: bytes, now: int) -> Iterator[Observation]:
        if line[:2] == b"* ":
            status, _, text = line[2:].partition(b" ")
            self._responses += self._greeted
            if not self._greeted and status.upper() in {b"OK", b"PREAUTH", b"BYE"}:
                words = (status.upper().decode(), text)
                yield self._exchange("*", (Command("", "", -1), ""), words, side, now)
            self._greeted = True
            return
        if line[:1] == b"+":  # RFC 9051 section 7.7
            last = next(reversed(self._asked), "")
            if last and self._asked[last][0].name == "AUTHENTICATE":
                self._secret = last
            return
        found = _COMPLETION.match(line)
        if found is None:
            raise ProtocolError("not a response")
        tag, result = found[1].decode("ascii"), found[2].upper().decode("ascii")
        kept = self._asked.pop(tag, None) or (Command("", "", -1), "")
        self._greeted = True
        yield self._exchange(tag, kept, (result, found[3] or b""), side, now)
        if kept[0].name == "STARTTLS" and result == "OK":
            self._upgraded = True
            yield Upgraded(time=now, side=side, hint="tls")
        self._packed = kept[0].name == "COMPRESS" and result == "OK"

    def _exchange(
        self, tag: str, asked: tuple[Command, str], status: tuple[str, bytes], side: Direction, now: int
    ) -> Observation:
        command, user = asked
        responses, self._responses = self._responses, 0
        return ImapExchange(
            time=now,
            side=side,
            tag=shown(tag.encode(), 64),
            command=command.name,
            argument=command.argument,
            status=status[0],
            text=shown(status[1]),
            user=user,
            credentials=command.secret,
            responses=responses,
            latency=now - command.at if command.at >= 0 and status[0] else None,
        )


def _masked(name: str, rest: bytes) -> tuple[str, str, bool]:
    """(argument to show, user, whether credentials are in it)."""
    if name == "LOGIN":
        first = _QUOTED.match(rest)
        user = shown((first[1] if first[1] is not None else first[2]) or b"") if first else ""
        if _LITERAL.match(user.encode()):  # a literal follows, which is not read
            return HIDDEN, "", True
        return f"{user} {HIDDEN}", user, True
    if name == "AUTHENTICATE":
        found = _MECHANISM.match(rest)
        mechanism = shown(found[0]) if found else ""
        secret = b" " in rest and rest.rsplit(b" ", 1)[1] != b"="
        return (f"{mechanism} {HIDDEN}" if secret else mechanism), "", secret
    return shown(rest), "", False
