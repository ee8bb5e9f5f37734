"""FTP: commands with their replies, logins, addresses of data connections, AUTH TLS (RFC 959, 2428, 4217).

Recognised by the server's greeting ``220`` with the word FTP in it (or on FTP's port), or by a client's first
commands that no other protocol has. Passwords are shown as present, never as they are. After AUTH TLS it
hands on. Files travel on connections of their own: they are announced, and found as ``ftp_data`` by that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError, Shape, beginnings
from procwire.dpi.wire.exchanges import HIDDEN, Command, Exchanges
from procwire.dpi.wire.lines import Lines, shown
from procwire.dpi.wire.replies import REPLY_START, Replies, claim_client, claim_server
from procwire.model.columns import Kind
from procwire.model.observation import Announced, Observation, Upgraded, says
from procwire.model.patterns import lazy

NAME = "ftp"
PORTS = frozenset({("tcp", 21)})
TRANSPORTS = frozenset({"tcp"})
FIRST = b"1245" + b"AaEeFfNnOoPpQqSsUuXx"

MAX_LINE = 4096  # RFC 959 names no bound; a path is at most that long

_FTP = lazy(rb"(?i)\bftp|ftpd|filezilla|^(?:331|234|227|229) ")
_SMTP = lazy(rb"(?i)smtp|\bmail")
_SURE = (b"FEAT", b"SYST", b"PASV", b"EPSV", b"EPRT", b"PORT", b"PBSZ", b"PROT", b"PWD", b"XPWD", b"ACCT")
_SHARED = (b"USER", b"PASS", b"AUTH", b"NOOP", b"QUIT", b"OPTS")
_PASSIVE = {227, 229}  # RFC 959 section 4.2.1, RFC 2428 section 3
_TRANSFERS = {"RETR", "STOR", "STOU", "APPE", "LIST", "NLST", "MLSD"}
_WORD = lazy(rb"[A-Za-z]{3,4}\Z|[A-Za-z]{5,8}\Z")
_NUMBERS = lazy(rb"([0-9]{1,3}(?:,[0-9]{1,3}){5})")
_EXTENDED = lazy(rb"\|([12]?)\|([0-9a-fA-F.:]*)\|([0-9]{1,5})\|")
_TELNET = lazy(rb"\xff[\xf1-\xfd\xff]")  # RFC 959 section 4.1.3: ABOR behind interrupt and synch


class FtpExchange(Observation, kw_only=True):
    """A command and one of its replies; the greeting has no command."""

    TABLE = "ftp"
    RISKS: ClassVar = {"credentials": "cleartext-credentials"}
    command: Annotated[str, says("Command, in upper case; empty for the greeting.")]
    argument: Annotated[str, says("What stands behind the command; secrets are masked.")]
    code: Annotated[int | None, says("Reply code; none where no reply was seen.")]
    text: Annotated[str, says("Text of the reply's first line.")]
    data_address: Annotated[str, says("Address of the data connection, as announced.")] = ""
    data_port: Annotated[int | None, says("Port of the data connection, as announced.")] = None
    user: Annotated[str, says("Who logs in.")] = ""
    credentials: Annotated[bool, says("Whether credentials were sent with it.")] = False
    latency: Annotated[int | None, says("From the command to the reply.", kind=Kind.DURATION)]


OBSERVATIONS = (FtpExchange,)
_HOME = frozenset(port for _, port in PORTS)

SHAPES = {"tcp": Shape(starts=(REPLY_START, *beginnings(*_SURE, *_SHARED, fold=True)))}


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A greeting, or a client's first commands."""
    if data[:1].isdigit():
        home = not _HOME.isdisjoint((context.src_port, context.dst_port))
        return claim_server(data, _FTP, _SMTP, home)
    return claim_client(data, _SURE, _SHARED)


class Parser:
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:  # noqa: ARG002
        self._client: int | None = None
        self._lines = (Lines(MAX_LINE), Lines(MAX_LINE))
        self._replies = Replies()
        self._asked = Exchanges()
        self._user = ""
        self._upgraded = False
        self._data: tuple[Direction, str, int] | None = None  # who listens where, until it was used

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterator[Observation]:
        """See contract.Parser."""
        if self._upgraded:
            return
        if self._client is None:
            self._client = 1 - side if data[:1].isdigit() else side
        lines = self._lines[side]
        lines.push(data)
        while not self._upgraded and (line := lines.next()) is not None:
            if side == self._client:
                yield from self._command(side, line, now)
            else:
                yield from self._reply(side, line, now)

    def gap(self, side: Direction, size: int, *, now: int) -> Iterator[Observation]:  # noqa: ARG002
        """Reading goes on at the next line."""
        self._lines[side].lose(size)
        self._replies.forget()
        self._asked.lost()
        return iter(())

    def skip(self, side: Direction) -> int:  # noqa: ARG002
        """See contract.Parser: everything is read."""
        return 0

    def remainder(self, side: Direction) -> bytes:
        """See contract: what followed AUTH TLS."""
        return self._lines[side].rest()

    def finish(self, now: int) -> Iterator[Observation]:
        """Commands that no reply was seen to."""
        for command in self._asked.left():
            yield self._exchange(command, None, [], Direction(self._client or 0), now)

    def _command(self, side: Direction, line: bytes, now: int) -> Iterator[Observation]:
        word, _, rest = _TELNET.sub(b"", line).partition(b" ")
        if not _WORD.match(word):
            raise ProtocolError("not a command")
        name = word.upper().decode("ascii")
        secret = name in {"PASS", "ACCT", "ADAT"} and bool(rest)
        command = Command(name, HIDDEN if secret else shown(rest), now, secret=secret)
        self._asked.ask(command)
        if name in {"PORT", "EPRT"}:
            yield from self._announce(side, _data_end(command, None, b""), now)
        elif name in _TRANSFERS and self._data is not None:
            yield from self._announced(f"{name} {command.argument}".strip(), now)
            self._data = None

    def _announce(self, side: Direction, end: tuple[str, int | None], now: int) -> Iterator[Observation]:
        """A side listens for the next data connection; what it is for is said by a later command."""
        address, port = end
        if port is not None:
            self._data = (side, address, port)
            yield from self._announced("", now)

    def _announced(self, note: str, now: int) -> Iterator[Observation]:
        """RFC 2428 section 1: behind a translator the address is none that the other side sees."""
        if self._data is not None:
            side, address, port = self._data
            seen = Announced(time=now, side=side, app="ftp_data", transport="tcp", port=port, note=note)
            seen.address, seen.translatable = address, bool(address)
            yield seen

    def _reply(self, side: Direction, line: bytes, now: int) -> Iterator[Observation]:
        whole = self._replies.push(line)
        if whole is None:
            return
        code, texts = whole
        if code < 200:  # RFC 959 section 4.2: another reply to the same command follows
            command = self._asked.front()
        else:
            command = self._asked.answered()
        command = command or Command("", "", -1)
        if command.name == "USER":
            self._user = command.argument
        yield self._exchange(command, code, texts, side, now)
        if code in _PASSIVE:
            yield from self._announce(side, _data_end(command, code, texts[-1]), now)
        if command.name == "AUTH" and code == 234:
            self._upgraded = True
            yield Upgraded(time=now, side=side, hint="tls")

    def _exchange(
        self, command: Command, code: int | None, texts: list[bytes], side: Direction, now: int
    ) -> Observation:
        address, port = _data_end(command, code, texts[-1] if texts else b"")
        return FtpExchange(
            time=now,
            side=side,
            command=command.name,
            argument=command.argument,
            code=code,
            text=shown(texts[0]) if texts else "",
            data_address=address,
            data_port=port,
            user=self._user if command.name in {"USER", "PASS"} else "",
            credentials=command.secret,
            latency=None if code is None or command.at < 0 else now - command.at,
        )


def _data_end(command: Command, code: int | None, text: bytes) -> tuple[str, int | None]:
    """(address, port) that a reply or an argument announces; no address where it is the server's own."""
    if code in _PASSIVE:
        source = text
    elif command.name in {"PORT", "EPRT"}:
        source = command.argument.encode()
    else:
        return "", None
    if found := _NUMBERS.search(source):
        numbers = [int(one) for one in found[1].split(b",")]
        if max(numbers) < 256:
            return ".".join(map(str, numbers[:4])), numbers[4] << 8 | numbers[5]
    if (found := _EXTENDED.search(source)) and int(found[3]) < 65536:
        return found[2].decode("ascii"), int(found[3])
    return "", None
