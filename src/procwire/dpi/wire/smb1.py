"""SMB 1: the messages of one connection, requests paired with their answers ([MS-CIFS], [MS-SMB]).

Reads dialects, logins, shares and files by name; what else clients do with this old version is only paired.
"""

from __future__ import annotations

from collections.abc import Iterator

from procwire.dpi.contract import Direction, ProtocolError
from procwire.dpi.wire._smb_names import COMMANDS1, status_of
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.smb2 import split
from procwire.dpi.wire.smb_records import SmbMessage, logged_in
from procwire.dpi.wire.text import plain, utf16

HEADER_BYTES = 32
MAX_DIALECTS = 32
MAX_SHARES = 64
_NEGOTIATE, _SESSION, _TREE, _CREATE, _OPEN, _DELETE = 0x72, 0x73, 0x75, 0xA2, 0x2D, 0x06
_TOLD = frozenset({_NEGOTIATE, _SESSION, _TREE, _CREATE, _OPEN, _DELETE})
_UNICODE = 0x8000
_MESSAGES = {_NEGOTIATE: "dialect", _SESSION: "session", _TREE: "share", _CREATE: "open", _OPEN: "open",
             _DELETE: "delete"}  # fmt: skip


def _u16(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")


class Conversation:
    """One connection."""

    def __init__(self) -> None:
        self.pending = Pending()
        self._offered: tuple[str, ...] = ()
        self._shares: dict[int, str] = {}

    def read(self, side: Direction, data: bytes, now: int) -> Iterator[SmbMessage]:
        """What one message says. Raises ProtocolError."""
        if len(data) < HEADER_BYTES + 1 or data[4] not in COMMANDS1:
            raise ProtocolError("header is cut, or unknown command")
        command = data[4]
        if command not in _TOLD:
            return
        key = (data[26:28], data[30:32])  # process and multiplex id
        words = data[33 : 33 + 2 * data[32]]
        content = data[35 + 2 * data[32] :]
        wide = bool(_u16(data, 10) & _UNICODE)
        if not data[9] & 0x80:
            asked = SmbMessage(time=now, side=side, message=COMMANDS1[command], version="1")
            asked.share = self._shares.get(_u16(data, 24), "")
            self._request(asked, command, words, content, wide=wide)
            said = f"{COMMANDS1[command]} {asked.path or asked.share}".strip()
            self.pending.ask((int(side), key), now, asked, side=side, said=said)
            if command in {_NEGOTIATE, _SESSION}:
                yield asked
            return
        latency, asked_of = self.pending.answer((1 - side, key), now)
        seen = SmbMessage(time=now, side=side, message=_MESSAGES[command], version="1", latency=latency)
        seen.status = status_of(int.from_bytes(data[5:9], "little"))
        if asked_of is not None:
            seen.server, seen.share, seen.path = asked_of.server, asked_of.share, asked_of.path
        self._answer(seen, asked_of, data, words, content)
        yield seen

    def _request(self, asked: SmbMessage, command: int, words: bytes, content: bytes, *, wide: bool) -> None:
        if command == _NEGOTIATE:
            found = [plain(word) for word in content.split(b"\0") if word]
            self._offered = tuple(word.removeprefix("\\x02") for word in found[:MAX_DIALECTS])
            asked.dialects = self._offered
        elif command == _SESSION:
            asked.message = "login"
            _login(asked, words, content, wide=wide)
        elif command == _TREE and len(words) >= 8:
            (path,) = _strings(content[_u16(words, 6) :], 1, wide=wide, odd=_u16(words, 6) % 2 == 0)
            asked.server, asked.share = split(path)
        elif command in {_CREATE, _OPEN}:
            (asked.path,) = _strings(content, 1, wide=wide, odd=True)
        elif command == _DELETE:
            (asked.path,) = _strings(content[1:], 1, wide=wide, odd=False)

    def _answer(
        self, seen: SmbMessage, asked: SmbMessage | None, data: bytes, words: bytes, content: bytes
    ) -> None:
        command = data[4]
        if command == _NEGOTIATE:
            number = _u16(words, 0)
            seen.dialect = self._offered[number] if number < len(self._offered) else ""
            seen.signing = "required" if len(words) > 2 and words[2] & 8 else "enabled"
        elif command == _SESSION:
            if asked is not None:
                seen.user, seen.domain, seen.host = asked.user, asked.domain, asked.host
            logged_in(seen, content)
            seen.mechanism = seen.mechanism or (asked.mechanism if asked is not None else "")
        elif command == _TREE and seen.status == "ok":
            if len(self._shares) < MAX_SHARES:
                self._shares[_u16(data, 24)] = seen.share


def _login(asked: SmbMessage, words: bytes, content: bytes, *, wide: bool) -> None:
    """[MS-SMB] 2.2.4.6.1 with extended security, [MS-CIFS] 2.2.4.53.1 without."""
    if len(words) == 24:
        logged_in(asked, content[: _u16(words, 14)])
    elif len(words) == 26:
        start = _u16(words, 14) + _u16(words, 16)
        asked.user, asked.domain, asked.system = _strings(content[start:], 3, wide=wide, odd=start % 2 == 0)
        asked.mechanism = "ntlm"


def _strings(content: bytes, count: int, *, wide: bool, odd: bool) -> list[str]:
    """Terminated strings in a row; where they are UTF-16 a byte of padding may come first."""
    found: list[str] = []
    if wide and odd:
        content = content[1:]
    for _ in range(count):
        end = _end(content) if wide else content.find(b"\0")
        end = len(content) if end < 0 else end
        found.append(utf16(content[:end]) if wide else plain(content[:end]))
        content = content[end + (2 if wide else 1) :]
    return found


def _end(content: bytes) -> int:
    """Offset of the first 16 bit zero."""
    at = content.find(b"\0\0")
    while at >= 0 and at % 2:
        at = content.find(b"\0\0", at + 1)
    return at
