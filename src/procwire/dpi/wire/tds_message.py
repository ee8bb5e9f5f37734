"""What stands in TDS packets: prelogin options, procedure calls, the tokens of a response ([MS-TDS])."""

from __future__ import annotations

from typing import Any

from procwire.dpi.contract import ProtocolError
from procwire.dpi.wire.cursor import Cursor
from procwire.dpi.wire.statements import statement
from procwire.dpi.wire.text import bounded

MAX_OPTIONS = 16  # of a prelogin
MAX_TOKENS = 32  # of a response that are looked at

_PROCEDURES = {1: "sp_cursor", 2: "sp_cursoropen", 3: "sp_cursorprepare", 4: "sp_cursorexecute",
               5: "sp_cursorprepexec", 6: "sp_cursorunprepare", 7: "sp_cursorfetch", 8: "sp_cursoroption",
               9: "sp_cursorclose", 10: "sp_executesql", 11: "sp_prepare", 12: "sp_execute",
               13: "sp_prepexec",
               14: "sp_prepexecrpc", 15: "sp_unprepare"}  # fmt: skip


def wide(data: bytes) -> str:
    """UTF-16, as all text of this protocol is."""
    return data[: len(data) & ~1].decode("utf-16-le", "replace")


def version_of(data: bytes) -> str:
    """Major, minor and build."""
    return f"{data[0]}.{data[1]}.{int.from_bytes(data[2:4], 'big')}" if len(data) >= 4 else ""


def options(body: Cursor) -> dict[int, bytes]:
    """Section 2.2.6.5: token, offset, length; 0xff ends them."""
    start = body.at
    found: dict[int, bytes] = {}
    for _ in range(MAX_OPTIONS):
        token = body.u8()
        if token == 0xFF:
            return found
        offset, size = int.from_bytes(body.take(2), "big"), int.from_bytes(body.take(2), "big")
        found[token] = body.data[start + offset : start + offset + size]
    raise ProtocolError("a prelogin without end")


def behind_headers(body: Cursor) -> bytes:
    """What follows ALL_HEADERS (from TDS 7.2 on)."""
    size = int.from_bytes(body.data[body.at : body.at + 4], "little")
    return body.data[body.at + size :] if 4 <= size <= 128 else body.rest()


def call(body: Cursor) -> dict[str, str]:
    """The procedure that is called, and the statement that it is given."""
    inner = Cursor(behind_headers(body), 0, "little")
    length = inner.u16()
    if length != 0xFFFF:
        return {"procedure": bounded(wide(inner.take(min(2 * length, inner.left))))}
    number = inner.u16()
    told = {"procedure": _PROCEDURES.get(number, f"procedure {number}")}
    if number in {10, 13, 11} and inner.left > 2:
        told["query"] = statement(_first_text(inner))
    return told


def _first_text(inner: Cursor) -> str:
    """The first parameter that is an NVARCHAR: the statement."""
    inner.take(2)  # option flags
    found = inner.data.find(b"\xe7", inner.at, inner.at + 32)
    if found < 0 or len(inner.data) < found + 10:
        return ""
    size = int.from_bytes(inner.data[found + 8 : found + 10], "little")
    return wide(inner.data[found + 10 : found + 10 + size]) if size != 0xFFFF else ""


def tokens(body: Cursor) -> dict[str, Any]:
    """Errors, the server's name and the database, up to the first token whose length is not told."""
    told: dict[str, Any] = {}
    try:
        for _ in range(MAX_TOKENS):
            if not body.left:
                break
            token = body.u8()
            if token not in {0xAA, 0xAB, 0xAD, 0xE3, 0xA4, 0xA5, 0xA9}:
                break
            _token(token, Cursor(body.prefixed(2), 0, "little"), told)
    except ProtocolError:
        pass  # the rest is in packets to come
    return told


def _token(token: int, part: Cursor, told: dict[str, Any]) -> None:
    if token == 0xAA and "code" not in told:
        code = part.u32()
        part.take(2)
        told["code"], told["error"] = code, bounded(wide(part.take(2 * part.u16())))
    elif token == 0xAD:
        part.take(5)
        name = wide(part.take(2 * part.u8())).rstrip("\0")
        version = part.take(4)
        told["server_software"] = bounded(
            f"{name} {version[0]}.{version[1]}.{int.from_bytes(version[2:4], 'big')}"
        )
    elif token == 0xE3 and part.u8() == 1:
        told["database"] = bounded(wide(part.take(2 * part.u8())))
