"""git's own protocol: which repository is fetched or pushed, and what the server has (gitprotocol-pack).

Recognised by a first line with its length in hex, one of the three services and a path. The server's list of
branches is counted; objects are not read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.framing import FramedParser
from procwire.dpi.wire.text import plain
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says
from procwire.model.patterns import lazy

NAME = "git"
PORTS = frozenset({("tcp", 9418)})
TRANSPORTS = frozenset({"tcp"})
PIECES = True  # git writes the length before the line
FIRST = b"0"

MAX_LINE = 65520  # gitprotocol-common, pkt-line format
KEEP = 2048  # of one line
MAX_REQUEST = 1024  # bytes of the first request
_REQUEST = lazy(rb"([0-9a-f]{4})git-(upload-pack|receive-pack|upload-archive) ([^\0]{1,512})\0")
_HEX = frozenset(b"0123456789abcdef")
_SERVICES = {b"upload-pack": "fetch", b"receive-pack": "push", b"upload-archive": "archive"}


class GitMessage(Observation, kw_only=True):
    """A service asked for, or what the server has."""

    TABLE = "git"
    SETS: ClassVar = {"server_name": "host"}
    NAME_SOURCE = "git"
    message: Annotated[str, says("fetch, push, archive, references, capabilities or error.")]
    path: Annotated[str, says("Repository.")] = ""
    host: Annotated[str, says("Host that the client means.")] = ""
    version: Annotated[int | None, says("Version of the protocol.")] = None
    references: Annotated[int | None, says("Branches and tags that the server listed.")] = None
    head: Annotated[str, says("Branch that is the default one.")] = ""
    agent: Annotated[str, says("Program of the server.")] = ""
    error: Annotated[str, says("Why the server refused.")] = ""
    latency: Annotated[
        int | None, says("From the request to the end of this answer.", kind=Kind.DURATION)
    ] = None


OBSERVATIONS = (GitMessage,)


def measure(data: bytes | bytearray) -> int:
    """Length of a line; 0000 to 0002 are marks of four bytes."""
    head = bytes(data[:4])
    if not _HEX.issuperset(head):
        raise ProtocolError("no length")
    if len(head) < 4:
        return 0
    size = int(head, 16)
    if size in {0, 1, 2}:
        return 4
    if not 4 <= size <= MAX_LINE:
        raise ProtocolError("length makes no sense")
    return size


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A whole request."""
    if data and data[:1] != FIRST:  # MAX_REQUEST in hex begins with it too
        return Claim.NO
    found = _REQUEST.match(data)
    if found is not None:
        return Claim.YES if found.end() <= int(found[1], 16) <= MAX_REQUEST else Claim.NO
    if len(data) > MAX_REQUEST:
        return Claim.NO
    size, start = data[:4], data[4:12]
    good = _HEX.issuperset(size) and any(start == name[: len(start)] for name in (b"git-uplo", b"git-rece"))
    return Claim.MORE if good and b"\0" not in data else Claim.NO


class Parser(FramedParser):
    """See contract.Parser."""

    PATIENT = True  # two messages, then nothing

    def __init__(self, context: Context) -> None:
        super().__init__(context, measure, KEEP)
        self._asked: int | None = None
        self._client: Direction | None = None
        self._told: GitMessage | None = None
        self._count = 0

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """See DatagramParser."""
        if self._asked is None:
            yield self._request(side, data, now)
        elif side is not self._client:
            yield from self._answer(side, data, now)

    def _request(self, side: Direction, data: bytes, now: int) -> GitMessage:
        found = _REQUEST.match(data)
        if found is None:
            raise ProtocolError("no request")
        self._asked, self._client = now, side
        self.lanes[side].closed = True  # what the client says later is not read
        seen = GitMessage(time=now, side=side, message=_SERVICES[found[2]], path=plain(found[3]))
        for word in data[found.end() :].split(b"\0"):
            name, _, value = word.partition(b"=")
            if name == b"host":
                seen.host = plain(value).rpartition(":")[0] if value.count(b":") == 1 else plain(value)
            elif name == b"version" and value.isdigit() and len(value) == 1:
                seen.version = int(value)
        return seen

    def _answer(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        content = data[4:].rstrip(b"\n")
        if self._told is None:
            self._told = GitMessage(time=now, side=side, message="references")
        told = self._told
        if content.startswith(b"ERR "):
            told.message, told.error = "error", plain(content[4:])
        elif data[:4] != b"0000":
            self._line(told, content)
            return
        told.time = now
        told.latency = None if self._asked is None else max(0, now - self._asked)
        told.references = self._count if told.message == "references" else None
        yield told
        self.close()  # behind the server's list nothing is read

    def _line(self, told: GitMessage, content: bytes) -> None:
        if content.startswith(b"version "):
            told.version = content[8] - 48 if content[8:9].isdigit() else None
            told.message = "capabilities" if told.version == 2 else told.message
        elif told.message == "references":
            self._count += not content.endswith(b"^{}") and b"capabilities^{}" not in content
        for word in content.partition(b"\0")[2].split(b" ") if told.message == "references" else [content]:
            if word.startswith(b"agent="):
                told.agent = plain(word[6:])
            elif word.startswith(b"symref=HEAD:"):
                told.head = plain(word[12:])
