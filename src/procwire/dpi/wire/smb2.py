"""SMB 2 and 3: the messages of one connection, requests paired with their answers ([MS-SMB2]).

Takes messages without their framing, whole or cut after what is kept. Holds bounded numbers of requests,
shares and open files; encrypted messages say nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from procwire.dpi.contract import Direction, ProtocolError
from procwire.dpi.wire import rpc_binding
from procwire.dpi.wire._smb_names import COMMANDS2, DIALECTS, DISPOSITIONS, SHARES, status_of
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.smb_records import SmbMessage, logged_in
from procwire.dpi.wire.text import utf16

HEADER_BYTES = 64
MAX_COMPOUND = 64  # messages in one
MAX_OPEN = 256  # files and shares that are remembered
MAX_DIALECTS = 32
_RESPONSE = 1
_PENDING = 0x103
_RELATED = b"\xff" * 16  # the file that the compound opened ([MS-SMB2] 3.3.5.2.7.2)
(_NEGOTIATE, _SESSION, _LOGOFF, _TREE, _UNTREE, _CREATE, _CLOSE, _, _READ, _WRITE) = range(10)
_IOCTL, _SET_INFO = 11, 17
_TRANSCEIVE = 0x0011C017  # FSCTL_PIPE_TRANSCEIVE, [MS-FSCC] 2.3
_TOLD = frozenset({_NEGOTIATE, _SESSION, _LOGOFF, _TREE, _CREATE, _CLOSE, _READ, _WRITE, _IOCTL, _SET_INFO})


class Opened(msgspec.Struct):
    """An open file."""

    path: str
    share: str
    read: int = 0
    written: int = 0
    contexts: dict[int, str] = {}  # interfaces bound to, where it is a pipe


def _u16(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")


def _u32(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")


class Conversation:
    """One connection."""

    def __init__(self) -> None:
        self.pending = Pending()
        self._shares: dict[int, str] = {}
        self._files: dict[bytes, Opened] = {}
        self._opening = Opened("", "")  # what the compound at hand opens: its other messages may mean that

    def read(self, side: Direction, data: bytes, now: int) -> Iterator[SmbMessage]:
        """What the messages in these bytes say. Raises ProtocolError."""
        self._opening = Opened("", "")
        for _ in range(MAX_COMPOUND):
            if len(data) < HEADER_BYTES or _u16(data, 4) != HEADER_BYTES:
                raise ProtocolError("header is cut")
            following = _u32(data, 20)
            if 0 < following < HEADER_BYTES:
                raise ProtocolError("messages overlap")
            one = data[:following] if following else data
            yield from self._one(side, one, now)
            if not following or following + HEADER_BYTES > len(data):
                return
            data = data[following:]

    def _one(self, side: Direction, data: bytes, now: int) -> Iterator[SmbMessage]:
        command, ident = _u16(data, 12), data[24:32]
        if command >= len(COMMANDS2):
            raise ProtocolError("unknown command")
        if command not in _TOLD:
            return
        body = data[HEADER_BYTES:]
        if not data[16] & _RESPONSE:
            asked = self._asked(side, command, data, body, now)
            path = getattr(asked, "path", "") or getattr(asked, "share", "")
            said = f"{COMMANDS2[command]} {path}".strip()
            self.pending.ask((int(side), ident), now, asked, side=side, said=said)
            if command in {_NEGOTIATE, _SESSION}:
                yield asked
            elif command in {_WRITE, _IOCTL}:
                yield from self._called(asked, command, data, body)
            return
        if _u32(data, 8) == _PENDING:
            return
        latency, asked = self.pending.answer((1 - side, ident), now)
        seen = SmbMessage(time=now, side=side, message=COMMANDS2[command], version="2")
        seen.status, seen.latency = status_of(_u32(data, 8)), latency
        yield from _ANSWERS[command](self, seen, asked, data, body)

    def _asked(self, side: Direction, command: int, data: bytes, body: bytes, now: int) -> Any:
        """What is kept of a request until its answer: a message, or (file, bytes)."""
        seen = SmbMessage(time=now, side=side, message=COMMANDS2[command], version="2")
        seen.share = self._shares.get(_u32(data, 36), "")
        if command == _NEGOTIATE:
            count = min(_u16(body, 2), MAX_DIALECTS)
            numbers = [_u16(body, at) for at in range(36, min(36 + 2 * count, len(body) - 1), 2)]
            seen.dialects = tuple(DIALECTS.get(number) or f"{number:#06x}" for number in numbers)
        elif command == _SESSION:
            seen.message = "login"
            logged_in(seen, data[_u16(body, 12) :][: _u16(body, 14)])
        elif command == _TREE:
            path = utf16(data[_u16(body, 4) :][: _u16(body, 6)])
            seen.server, seen.share = split(path)
        elif command == _CREATE:
            seen.path = utf16(data[_u16(body, 44) :][: _u16(body, 46)])
            self._opening = Opened(seen.path, seen.share)
            disposition = _u32(body, 36)
            seen.action = DISPOSITIONS[disposition] if disposition < len(DISPOSITIONS) else ""
        elif command in {_CLOSE, _READ, _WRITE, _IOCTL}:
            return body[8:24] if command in {_CLOSE, _IOCTL} else body[16:32], seen
        elif command == _SET_INFO:
            _changed(seen, data, body)
            if body[16:32] == _RELATED:
                seen.path, seen.share = self._opening.path, self._opening.share
            return body[16:32], seen
        return seen

    def _dialect(self, seen: SmbMessage, asked: Any, data: bytes, body: bytes) -> Iterator[SmbMessage]:  # noqa: ARG002
        seen.message = "dialect"
        number = _u16(body, 4)
        seen.dialect = DIALECTS.get(number) or f"{number:#06x}"
        seen.signing = "required" if body[2:3] and body[2] & 2 else "enabled"
        yield seen

    def _session(self, seen: SmbMessage, asked: Any, data: bytes, body: bytes) -> Iterator[SmbMessage]:
        seen.message = "session"
        logged_in(seen, data[_u16(body, 4) :][: _u16(body, 6)])
        if asked is not None and seen.message == "session":
            seen.user, seen.domain, seen.host = asked.user, asked.domain, asked.host
            seen.mechanism = seen.mechanism or asked.mechanism
        yield seen

    def _passed(self, seen: SmbMessage, asked: Any, data: bytes, body: bytes) -> Iterator[SmbMessage]:  # noqa: ARG002
        yield seen

    def _tree(self, seen: SmbMessage, asked: Any, data: bytes, body: bytes) -> Iterator[SmbMessage]:
        seen.message = "share"
        if asked is not None:
            seen.server, seen.share = asked.server, asked.share
        if seen.status == "ok":
            seen.share_type = SHARES.get(body[2] if len(body) > 2 else 0, "")
            _remember(self._shares, _u32(data, 36), seen.share)
        yield seen

    def _create(self, seen: SmbMessage, asked: Any, data: bytes, body: bytes) -> Iterator[SmbMessage]:  # noqa: ARG002
        seen.message = "open"
        if asked is not None:
            seen.path, seen.share, seen.action = asked.path, asked.share, asked.action
        if seen.status == "ok" and len(body) >= 80:
            seen.size_bytes = int.from_bytes(body[48:56], "little")
            _remember(self._files, body[64:80], Opened(seen.path, seen.share))
        yield seen

    def _close(self, seen: SmbMessage, asked: Any, data: bytes, body: bytes) -> Iterator[SmbMessage]:  # noqa: ARG002
        known = self._files.pop(asked[0], None) if asked is not None else None
        if known is not None:
            seen.path, seen.share = known.path, known.share
            seen.bytes_read, seen.bytes_written = known.read, known.written
            yield seen

    def _moved(self, seen: SmbMessage, asked: Any, data: bytes, body: bytes) -> Iterator[SmbMessage]:
        """A read or a write: counted on its file."""
        known = self._files.get(asked[0]) if asked is not None else None
        if known is not None and seen.status in {"ok", "buffer-overflow"}:
            size = _u32(body, 4)
            if _u16(data, 12) == _READ:
                known.read += size
            else:
                known.written += size
        yield from ()

    def _called(self, asked: Any, command: int, data: bytes, body: bytes) -> Iterator[SmbMessage]:
        """What is said to a pipe: written to it, or in one go with the answer ([MS-SMB2] 2.2.31)."""
        handle, seen = asked
        known = self._files.get(handle)
        if (
            known is None
            or known.share.upper() != "IPC$"
            or (command == _IOCTL and _u32(body, 4) != _TRANSCEIVE)
        ):
            return
        at, size = (_u16(body, 2), _u32(body, 4)) if command == _WRITE else (_u32(body, 24), _u32(body, 28))
        seen.message, seen.path, seen.share = "call", known.path, known.share
        seen.action = rpc_binding.asked(data[at : at + size], known.contexts)
        if seen.action:
            yield seen

    def _nothing(self, seen: SmbMessage, asked: Any, data: bytes, body: bytes) -> Iterator[SmbMessage]:  # noqa: ARG002
        yield from ()

    def _set(self, seen: SmbMessage, asked: Any, data: bytes, body: bytes) -> Iterator[SmbMessage]:  # noqa: ARG002
        if asked is None or not asked[1].action:
            return
        known = self._files.get(asked[0], asked[1])
        seen.message, seen.action = asked[1].message, asked[1].action
        seen.path, seen.share = known.path, known.share
        yield seen


def split(path: str) -> tuple[str, str]:
    r"""Server and share of ``\\server\share``."""
    server, _, share = path.lstrip("\\").partition("\\")
    return server, share


def _changed(seen: SmbMessage, data: bytes, body: bytes) -> None:
    """Renames and deletions ([MS-FSCC] 2.4.37, 2.4.11); other changes say nothing."""
    if len(body) < 32 or body[2] != 1:
        return
    value = data[_u16(body, 8) :][: min(_u32(body, 4), 2048)]
    if body[3] == 10 and len(value) > 20:
        seen.message, seen.action = "rename", utf16(value[20:][: _u32(value, 16)])
    elif body[3] == 13 and value[:1] == b"\1":
        seen.message = seen.action = "delete"


def _remember(known: dict[Any, Any], key: Any, value: Any) -> None:
    if len(known) >= MAX_OPEN and key not in known:
        del known[next(iter(known))]
    known[key] = value


_ANSWERS: dict[int, Callable[..., Iterator[SmbMessage]]] = {
    _NEGOTIATE: Conversation._dialect, _SESSION: Conversation._session, _LOGOFF: Conversation._passed,
    _TREE: Conversation._tree, _CREATE: Conversation._create, _CLOSE: Conversation._close,
    _READ: Conversation._moved, _WRITE: Conversation._moved,
    _IOCTL: Conversation._nothing, _SET_INFO: Conversation._set,
}  # fmt: skip
