"""SMTP and submission: commands with replies, envelopes, logins, STARTTLS (RFC 5321, RFC 3207, RFC 4954).

Recognised by the server's greeting ``220`` with the word SMTP in it (or on one of SMTP's ports), or by the
client's HELO, EHLO or LHLO. Bodies are passed over; of a mail's head only Subject and Message-ID are kept, up
to ``MAX_HEAD_LINES`` lines. Passwords are shown as present, never as they are. After STARTTLS it hands on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, ClassVar

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError, Shape, beginnings
from procwire.dpi.wire.exchanges import HIDDEN, Command, Exchanges
from procwire.dpi.wire.lines import Lines, shown
from procwire.dpi.wire.replies import REPLY_START, Replies, claim_client, claim_server
from procwire.model.columns import Kind
from procwire.model.observation import Observation, Upgraded, says
from procwire.model.patterns import lazy

NAME = "smtp"
PORTS = frozenset({("tcp", 25), ("tcp", 587), ("tcp", 2525)})
TRANSPORTS = frozenset({"tcp"})
FIRST = b"1245EeHhLl"

MAX_LINE = 4096  # RFC 5321 section 4.5.3.1.4 asks for 512 at least, RFC 4954 section 4 for more
MAX_HEAD_LINES = 256  # of a mail's head
MAX_RECIPIENTS = 100  # kept of one mail

_SMTP = lazy(rb"(?i)SMTP|\b250[- ](?:PIPELINING|STARTTLS|8BITMIME|SIZE|CHUNKING|ENHANCEDSTATUS)")
_FTP = lazy(rb"(?i)ftp")
_HOME = frozenset(port for _, port in PORTS)
_SURE = (b"EHLO", b"HELO", b"LHLO")
_SHARED: tuple[bytes, ...] = ()
_ADDRESS = lazy(rb"(?i)(?:FROM|TO):\s*<([^<>]*)>")
_WORD = lazy(rb"[A-Za-z][A-Za-z0-9-]{1,19}\Z")
_HEAD = lazy(rb"(?i)(subject|message-id):[ \t]*(.*)", re.DOTALL)


class SmtpGreeting(Observation, kw_only=True):
    """A mail server greeted."""

    TABLE = "smtp"
    SETS: ClassVar = {"server_name": "server"}
    NAME_SOURCE = "greeting"
    message: Annotated[str, says("greeting, exchange or mail.")] = "greeting"
    code: Annotated[int, says("Reply code.")]
    text: Annotated[str, says("Text of the reply's first line.")]
    server: Annotated[str, says("Name the server gives itself.")]


class SmtpExchange(Observation, kw_only=True):
    """A command and its reply."""

    TABLE = "smtp"
    RISKS: ClassVar = {"credentials": "cleartext-credentials"}
    message: Annotated[str, says("greeting, exchange or mail.")] = "exchange"
    command: Annotated[str, says("Command, in upper case.")]
    argument: Annotated[str, says("What stands behind the command; secrets are masked.")]
    code: Annotated[int | None, says("Reply code; none where no reply was seen.")]
    text: Annotated[str, says("Text of the reply's first line.")]
    extensions: Annotated[
        tuple[str, ...], says("Extensions that the server offers, in its reply to EHLO.")
    ] = ()
    credentials: Annotated[bool, says("Whether credentials were sent with it.")] = False
    latency: Annotated[int | None, says("From the command to the reply.", kind=Kind.DURATION)] = None


class SmtpMail(Observation, kw_only=True):
    """A mail was handed over, or refused behind its body."""

    TABLE = "smtp"
    message: Annotated[str, says("greeting, exchange or mail.")] = "mail"
    mail_from: Annotated[str, says("Sender of the envelope.")]
    rcpt_to: Annotated[tuple[str, ...], says("Recipients of the envelope that the server took.")]
    subject: Annotated[str, says("Subject, as it stands in the head.")]
    message_id: Annotated[str, says("Message-ID, as it stands in the head.")]
    size_bytes: Annotated[int, says("Bytes of the mail on the wire.", kind=Kind.SIZE)]
    code: Annotated[int | None, says("Reply code; none where no reply was seen.")]
    text: Annotated[str, says("Text of the reply's first line.")]
    latency: Annotated[int | None, says("From the body's end to the reply.", kind=Kind.DURATION)]


OBSERVATIONS = (SmtpGreeting, SmtpExchange, SmtpMail)

SHAPES = {"tcp": Shape(starts=(REPLY_START, *beginnings(*_SURE, *_SHARED, fold=True)))}


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A greeting or a client's hello."""
    if data[:1].isdigit():
        home = not _HOME.isdisjoint((context.src_port, context.dst_port))
        return claim_server(data, _SMTP, _FTP, home)
    return claim_client(data, _SURE, _SHARED)


class _Mail:
    """An envelope and what is kept of its mail."""

    __slots__ = ("head", "heads", "recipients", "sender", "size")

    def __init__(self) -> None:
        self.sender = ""
        self.recipients: list[str] = []
        self.heads: dict[bytes, str] = {}
        self.head = 0  # lines of the head read so far; -1 behind it
        self.size = 0


class Parser:
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:  # noqa: ARG002
        self._client: int | None = None
        self._lines = (Lines(MAX_LINE), Lines(MAX_LINE))
        self._replies = Replies()
        self._asked = Exchanges()
        self._mail = _Mail()
        self._body = self._secret = self._greeted = self._upgraded = False

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterator[Observation]:
        """See contract.Parser."""
        if self._upgraded:
            return
        if self._client is None:
            self._client = 1 - side if data[:1].isdigit() else side
        lines = self._lines[side]
        lines.push(data)
        if side != self._client:
            while not self._upgraded and (line := lines.next()) is not None:
                yield from self._reply(side, line, now)
            return
        while True:
            if self._body and not self._read_body(lines, now):
                return
            line = lines.next()
            if line is None:
                return
            if self._body:
                self._head_line(line, now)
            else:
                self._command(line, now)

    def gap(self, side: Direction, size: int, *, now: int) -> Iterator[Observation]:  # noqa: ARG002
        """Reading goes on at the next line."""
        if not self._lines[side].lose(size):
            self._asked.lost()
            self._replies.forget()
            if side == self._client:
                self._mail.head = -1
        return iter(())

    def skip(self, side: Direction) -> int:
        """See contract.Parser: bodies by length are not needed."""
        return self._lines[side].skip()

    def remainder(self, side: Direction) -> bytes:
        """See contract: what followed STARTTLS."""
        return self._lines[side].rest()

    def finish(self, now: int) -> Iterator[Observation]:
        """Commands that no reply was seen to."""
        for command in self._asked.left():
            yield self._exchange(command, None, [], Direction(self._client or 0), now)

    def _command(self, line: bytes, now: int) -> None:
        if self._secret:  # RFC 4954 section 4: the answer to a challenge
            self._secret = False
            self._asked.ask(Command("AUTH", HIDDEN, now, secret=line != b"*"))
            return
        word, _, rest = line.partition(b" ")
        if not _WORD.match(word):
            if line.strip():
                raise ProtocolError("not a command")
            return
        name = word.upper().decode("ascii")
        argument, secret = shown(rest.strip()), False
        if name == "AUTH":
            mechanism, _, initial = rest.strip().partition(b" ")
            secret = bool(initial) and initial != b"="
            argument = shown(mechanism) + (f" {HIDDEN}" if secret else "")
        elif name == "BDAT":
            self._chunk(rest)
        self._asked.ask(Command(name, argument, now, secret=secret))

    def _chunk(self, rest: bytes) -> None:
        """RFC 3030 section 2: so many bytes follow, whatever the server says."""
        size = rest.strip().split(b" ")[0]
        if not size.isdigit() or len(size) > 12:
            raise ProtocolError("not a chunk size")
        assert self._client is not None
        self._mail.size += int(size)
        self._lines[self._client].pass_over(int(size))

    def _reply(self, side: Direction, line: bytes, now: int) -> Iterator[Observation]:
        whole = self._replies.push(line)
        if whole is None:
            return
        code, texts = whole
        command = self._asked.answered()
        if command is None:
            if not self._greeted:
                name = texts[0].split(b" ")[0]
                server = shown(name) if b"." in name and code == 220 else ""
                yield SmtpGreeting(time=now, side=side, code=code, text=shown(texts[0]), server=server)
            self._greeted = True
            return
        self._greeted = True
        self._enact(command, code)
        if command.name == "." or (command.name == "BDAT" and "LAST" in command.argument.upper()):
            yield self._delivered(command, (code, texts), side, now)
        else:
            yield self._exchange(command, code, texts, side, now)
        if command.name == "STARTTLS" and code == 220:
            self._upgraded = True
            yield Upgraded(time=now, side=side, hint="tls")

    def _enact(self, command: Command, code: int) -> None:
        """What a reply changes."""
        name, good = command.name, 200 <= code < 300
        address = _ADDRESS.match(command.argument.encode())
        if name == "MAIL" and good:
            self._mail = _Mail()
            self._mail.sender = shown(address[1]) if address else ""
        elif name == "RCPT" and good and address and len(self._mail.recipients) < MAX_RECIPIENTS:
            self._mail.recipients.append(shown(address[1]))
        elif name == "DATA" and code == 354:
            self._body = True
        elif name == "AUTH" and code == 334:
            self._secret = True

    def _exchange(
        self, command: Command, code: int | None, texts: list[bytes], side: Direction, now: int
    ) -> Observation:
        offered = command.name in {"EHLO", "LHLO"} and code == 250
        return SmtpExchange(
            time=now,
            side=side,
            command=command.name,
            argument=command.argument,
            code=code,
            text=shown(texts[0]) if texts else "",
            extensions=tuple(shown(text) for text in texts[1:]) if offered else (),
            credentials=command.secret,
            latency=None if code is None else now - command.at,
        )

    def _delivered(
        self, command: Command, reply: tuple[int, list[bytes]], side: Direction, now: int
    ) -> Observation:
        mail, self._mail = self._mail, _Mail()
        return SmtpMail(
            time=now,
            side=side,
            mail_from=mail.sender,
            rcpt_to=tuple(mail.recipients),
            subject=mail.heads.get(b"subject", ""),
            message_id=mail.heads.get(b"message-id", ""),
            size_bytes=mail.size,
            code=reply[0],
            text=shown(reply[1][0]),
            latency=now - command.at,
        )

    def _head_line(self, line: bytes, now: int) -> None:
        mail = self._mail
        mail.size += len(line) + 2
        mail.head += 1
        if line == b".":
            self._end_body(now)
        elif not line or mail.head >= MAX_HEAD_LINES:
            mail.head = -1
        elif found := _HEAD.match(line):
            mail.heads.setdefault(found[1].lower(), shown(found[2]))

    def _read_body(self, lines: Lines, now: int) -> bool:
        """Pass over the body behind the head; False where it goes on."""
        if self._mail.head >= 0:
            return True
        size, ended = lines.until_dot()
        self._mail.size += size
        if ended:
            self._end_body(now)
        return ended

    def _end_body(self, now: int) -> None:
        self._body = False
        self._mail.size -= 3  # the dot and its line end
        self._asked.ask(Command(".", "", now))
