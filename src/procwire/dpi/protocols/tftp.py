"""TFTP: files read and written, mostly by machines that boot (RFC 1350, options: RFC 2347).

Recognised on any port by a whole request: a file name that can be shown, a transfer mode, options in pairs.
The server sends the file from a port of its own, which is another flow: a request announces it by the port
that it came from, and there blocks, acknowledgements and refusals are enough.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError, Shape
from procwire.dpi.wire.framing import DatagramParser
from procwire.dpi.wire.text import plain
from procwire.model.columns import Kind
from procwire.model.observation import Announced, Observation, says

NAME = "tftp"
REQUESTS = True
PORTS = frozenset({("udp", 69)})
TRANSPORTS = frozenset({"udp"})
FIRST = b"\0"

MAX_NAME = 512  # RFC 2347 section 2: a request fits in 512 bytes
MAX_OPTIONS = 16  # of one message that are shown
BLOCK_BYTES = 512
_MODES = frozenset({"netascii", "octet", "mail"})
_OPERATIONS = {1: "read", 2: "write", 3: "data", 4: "ack", 5: "error", 6: "options"}
_ERRORS = ("not-defined", "file-not-found", "access-violation", "disk-full", "illegal-operation",
           "unknown-transfer", "file-exists", "no-such-user", "option-refused")  # fmt: skip


class TftpMessage(Observation, kw_only=True):
    """A file asked for, a refusal, or the end of a transfer."""

    TABLE = "tftp"
    message: Annotated[str, says("read, write, options, error or done.")]
    file: Annotated[str, says("Name of the file.")] = ""
    mode: Annotated[str, says("Transfer mode: octet, netascii or mail.")] = ""
    options: Annotated[tuple[str, ...], says("Options asked for or agreed on: name=value.")] = ()
    error: Annotated[str, says("Why it was refused, with the server's words.")] = ""
    transferred: Annotated[int | None, says("Bytes of the file that were seen.", kind=Kind.SIZE)] = None
    latency: Annotated[
        int | None, says("From the request to the first answer or to its end.", kind=Kind.DURATION)
    ] = None


OBSERVATIONS = (TftpMessage,)


def _request(data: bytes) -> tuple[str, str, tuple[str, ...]] | None:
    """(file, mode, options), or None where this is no whole request."""
    if len(data) < 8 or data[0] or data[1] not in {1, 2} or len(data) > MAX_NAME + 4:
        return None
    words = data[2:].split(b"\0")
    if words[-1] or len(words) < 3:
        return None
    texts = [plain(word) for word in words[:-1]]
    mode = texts[1].lower()
    if mode not in _MODES or not texts[0] or not words[0].decode("latin-1").isprintable():
        return None
    return texts[0], mode, _paired(texts[2:])


def _paired(texts: list[str]) -> tuple[str, ...]:
    pairs = zip(texts[::2], texts[1::2], strict=False)
    return tuple(f"{name.lower()}={value}" for name, value in list(pairs)[:MAX_OPTIONS])


def _follows(data: bytes) -> bool:
    """Whether it is what a request is answered by, from the server's new port (RFC 1350 section 4)."""
    return len(data) >= 4 and not data[0] and 3 <= data[1] <= 6


SHAPES = {"udp": Shape(starts=({0: b"\0", 1: b"\1\2"},), least=8)}


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A whole request; where one announced it, any other message."""
    if context.announced == NAME and _follows(data):
        return Claim.YES
    return Claim.YES if _request(data) is not None else Claim.NO


class Parser(DatagramParser):
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._ports = (context.src_port, context.dst_port)
        self._file = context.note
        self._asked: int | None = None
        self._block_bytes = BLOCK_BYTES
        self._total = 0
        self._block = 0

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """See DatagramParser."""
        if len(data) < 4 or data[0] or data[1] not in _OPERATIONS:
            raise ProtocolError("no operation")
        operation = _OPERATIONS[data[1]]
        if operation in {"read", "write"}:
            found = _request(data)
            if found is None:
                raise ProtocolError("malformed request")
            self._file, mode, options = found
            self._asked, self._total, self._block, self._block_bytes = now, 0, 0, BLOCK_BYTES
            yield TftpMessage(
                time=now, side=side, message=operation, file=self._file, mode=mode, options=options
            )
            port = self._ports[side]
            yield Announced(time=now, side=side, app=NAME, transport="udp", port=port, note=self._file)
        elif operation == "data":
            yield from self._data(side, data, now)
        elif operation != "ack":
            yield self._told(side, data, operation, now)

    def _data(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """RFC 1350 section 6: a block that is not full is the last."""
        number = int.from_bytes(data[2:4], "big")
        if number != (self._block + 1) & 0xFFFF:
            return
        self._block = number
        self._total += len(data) - 4
        if len(data) - 4 < self._block_bytes:
            seen = TftpMessage(time=now, side=side, message="done", file=self._file, transferred=self._total)
            seen.latency = None if self._asked is None else max(0, now - self._asked)
            yield seen

    def _told(self, side: Direction, data: bytes, operation: str, now: int) -> TftpMessage:
        seen = TftpMessage(time=now, side=side, message=operation, file=self._file)
        seen.latency = None if self._asked is None else max(0, now - self._asked)
        if operation == "error":
            code = int.from_bytes(data[2:4], "big")
            name = _ERRORS[code] if code < len(_ERRORS) else str(code)
            seen.error = f"{name}: {plain(data[4:].partition(bytes(1))[0])}"
            return seen
        seen.options = _paired([plain(word) for word in data[2:].split(b"\0")[:-1]])
        for option in seen.options:
            name, _, value = option.partition("=")
            if name == "blksize" and value.isascii() and value.isdigit() and len(value) < 6:
                self._block_bytes = int(value) or BLOCK_BYTES
        return seen
