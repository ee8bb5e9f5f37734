# cython: language_level=3
"""The head of an HTTP/1.x message (RFC 9112 sections 2 to 5): start line and the header fields of interest.

Tolerates what is seen in the wild (bare LF, folded lines, bytes that are not ASCII) and names each breach in
``faults``. Refuses heads that are no HTTP at all, and more than MAX_FIELDS fields.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cython

from procwire.model.patterns import lazy

MAX_HEAD = 65536  # bytes
MAX_FIELDS = 256
MAX_TEXT = 2048  # characters kept of one value
MAX_USUAL = 64  # bytes of a status line that is worth keeping
MAX_START = 2048  # bytes of a start line that are looked at to claim it

_REQUEST = lazy(rb"([A-Z][A-Z_-]{0,31}) +([\x21-\xff][^\r\n\0]*?) +HTTP/(1\.[0-9]) *\Z")
_RESPONSE = lazy(rb"HTTP/(1\.[0-9]) +([1-9][0-9][0-9])(?: ([^\r\n\0]*))?\Z")
_PARTIAL_REQUEST = lazy(rb"[A-Z][A-Z_-]{0,31}(?: +(?:[\x21-\xff][^\r\n\0]*)?)?\r?\Z")
_CLAIMED = lazy(rb"HTTP/1\.[0-9] [1-9][0-9][0-9](?: |\Z)")
_RESPONSE_SO_FAR = lazy(rb"HTTP/(?:1(?:\.(?:[0-9](?: (?:[1-9](?:[0-9](?:[0-9])?)?)?)?)?)?)?\r?\Z")
_USERINFO = lazy(r"(?<=//)[^/?#@]*(?:@[^/?#@]*)*@")
_SECRET = lazy(
    r"(?i)([?&;](?:pass|passwd|password|pwd|secret|client_secret|token|access_token|refresh_token|id_token"
    r"|auth|authorization|api_?key|apikey|access_?key|signature|sig|session_?id|sid)=)[^&#;]*"
)
MASK = "***"

WANTED = frozenset(
    {
        b"host", b"user-agent", b"referer", b"content-type", b"content-length", b"transfer-encoding",
        b"upgrade", b"connection", b"authorization", b"proxy-authorization", b"server", b"location",
        b"cookie", b"expect", b"content-encoding",
    }
)  # fmt: skip
_LISTS = frozenset({b"transfer-encoding", b"connection", b"upgrade"})
_NEEDED = frozenset(
    {
        b"host", b"content-length", b"transfer-encoding", b"upgrade", b"authorization",
        b"proxy-authorization",
    }
)  # fmt: skip
_LONGEST = max(map(len, WANTED)) + 1
_SHAPED = cython.declare(cython.Py_ssize_t, 32 * _LONGEST)


def _shapes(names: frozenset[bytes]) -> bytes:
    """What names look like from afar: a table over their length and their first letter."""
    looks = {32 * len(name) + (name[0] & 31) for name in names}
    return bytes([at in looks for at in range(32 * _LONGEST)])


_SHAPES: bytes = _shapes(WANTED)
_BRIEF: bytes = _shapes(_NEEDED)
_BARE: bytes = _shapes(frozenset({b"content-length", b"transfer-encoding", b"upgrade"}))


class HeadError(Exception):
    """Not the head of an HTTP/1.x message."""


def clean(text: str) -> str:
    """Safe to print: controls and bidirectional marks are escaped; at most MAX_TEXT characters."""
    if len(text) > MAX_TEXT:
        text = text[: MAX_TEXT - 1] + "…"
    if text.isprintable():
        return text
    return "".join([one if one.isprintable() else ascii(one)[1:-1] for one in text])


def decode(value: bytes) -> str:
    """Header bytes as text: UTF-8 where they are that, else ISO 8859-1 (RFC 9110 section 5.5)."""
    try:
        return clean(value.decode())
    except UnicodeDecodeError:
        return clean(value.decode("latin-1"))


def masked(url: str) -> str:
    """A URL without what must not be shown: its userinfo, and the values of telling parameters."""
    if "@" in url:
        url = _USERINFO.sub(MASK + "@", url, count=1)
    if "=" in url:
        url = _SECRET.sub(rf"\1{MASK}", url)
    return url


@cython.cclass
class Head:
    """One head. For a request ``method`` is set, for a response ``status``."""

    method: str
    target: str
    version: str
    status: cython.int
    reason: str
    fields: dict[bytes, bytes]
    faults: list[str]

    def __init__(self) -> None:
        self.method = self.target = self.version = self.reason = ""
        self.status = 0
        self.fields = {}
        self.faults = []

    @cython.ccall
    def text(self, name: bytes) -> str:
        """A field's value, or empty."""
        value: Any = self.fields.get(name)
        if value is None:
            return ""
        if len(value) < MAX_TEXT and value.isascii():
            text: str = value.decode("ascii")
            if text.isprintable():
                return text
        return decode(value)


def parse(raw: bytes, brief: bool = False, bare: bool = False) -> Head:
    """Start line and fields, without the empty line that ends them. Raises HeadError.

    ``brief``: of the fields only those that say where the body ends, who is asked, and for credentials;
    ``bare``: only those that say where it ends and what follows.
    """
    head = Head()
    ends: cython.Py_ssize_t = raw.count(b"\n")
    if ends > MAX_FIELDS:
        raise HeadError(f"more than {MAX_FIELDS} header fields")
    if ends != raw.count(b"\r\n"):
        head.faults.append("bare-lf")
        raw = b"\r\n".join([line.rstrip(b"\r") for line in raw.split(b"\n")])
    end: cython.Py_ssize_t = raw.find(b"\r\n")
    if end < 0:
        _start_line(head, raw)
    else:
        _start_line(head, raw[:end])
        _fields(head, raw, end + 2, _BARE if bare else _BRIEF if brief else _SHAPES)
    return head


@cython.cfunc
def _fields(head: Head, raw: bytes, at: cython.Py_ssize_t, shapes: bytes) -> Any:
    """The fields from ``at`` on, a line each. Those that nobody wants are passed over where they stand."""
    size: cython.Py_ssize_t = len(raw)
    end: cython.Py_ssize_t
    stop: cython.Py_ssize_t
    colon: cython.Py_ssize_t
    shape: cython.Py_ssize_t
    byte: cython.int
    name: bytes = b""
    while at < size:
        colon = -1
        end = at
        while end < size:
            byte = raw[end]
            if byte == 10:
                break
            if byte == 58 and colon < 0:
                colon = end
            end += 1
        stop = end - 1 if end < size else size
        if stop > at:
            shape = (colon - at) * 32 + (raw[at] & 31)
            if colon <= at or raw[at] <= 32 or raw[colon - 1] <= 32 or (shape < _SHAPED and shapes[shape]):
                name = _field(head, raw[at:stop], name)
            else:
                name = b""
        at = end + 1
    return None


@cython.cfunc
def _start_line(head: Head, line: bytes) -> Any:
    if line.startswith(b"HTTP/"):
        told = _usual_status(line) if len(line) <= MAX_USUAL else _status(line)
        head.version, head.status, head.reason = told
        return None
    method, target, version = _request_line(line)
    head.method = method.decode("ascii")
    head.target = decode(target)
    if b" " in target:
        head.faults.append("space-in-target")
    head.version = version.decode("ascii")
    return None


def _status(line: bytes) -> tuple[str, int, str]:
    """Version, status and reason of a status line. Raises HeadError."""
    found = _RESPONSE.match(line)
    if found is None:
        raise HeadError("not a status line")
    version, status, reason = found.groups()
    return version.decode("ascii"), int(status), decode(reason or b"")


_usual_status = lru_cache(256)(_status)  # servers repeat themselves


@cython.cfunc
def _request_line(line: bytes) -> Any:
    """(method, target, version); the usual form without the regular expression, which is slower."""
    space: cython.Py_ssize_t = _usual(line)
    if space > 0:
        return line[:space], line[space + 1 : len(line) - 9], line[len(line) - 3 :]
    found = _REQUEST.match(line)
    if found is None:
        raise HeadError("not a request line")
    return found.groups()


@cython.cfunc
@cython.exceptval(-2, check=True)
def _usual(line: bytes) -> cython.Py_ssize_t:
    """Where the method ends in a request line of the usual form; -1 for any other line."""
    if not line.endswith((b" HTTP/1.1", b" HTTP/1.0")):
        return -1
    end: cython.Py_ssize_t = len(line) - 9
    at: cython.Py_ssize_t = 0
    byte: cython.int
    while at < end and at <= 32:
        byte = line[at]
        if byte < 65 or byte > 90:
            break
        at += 1
    space: cython.Py_ssize_t = at
    if space == 0 or space > 32 or space + 1 >= end or line[space] != 32 or line[space + 1] != 47:
        return -1
    for at in range(space + 1, end):
        byte = line[at]
        if byte in {32, 0, 13}:
            return -1
    return space


@cython.cfunc
def _field(head: Head, line: bytes, last: bytes) -> bytes:
    """Take in one line; returns the name of the field it belongs to."""
    colon: cython.Py_ssize_t = line.find(b":")
    if line[0] == 32 or line[0] == 9:
        _fault(head, "folded-line")
        if last in head.fields:
            head.fields[last] = (head.fields[last] + b" " + line.strip()).strip()
        return last
    if colon <= 0:
        _fault(head, "malformed-field")
        return b""
    name: bytes = line[:colon].lower()
    if name not in WANTED:
        if name[len(name) - 1 :] in {b" ", b"\t"}:
            _fault(head, "space-before-colon")
            name = name.rstrip()
        if name not in WANTED:
            return name
    value: bytes = line[colon + 1 :].strip(b" \t\r")
    if name in head.fields:
        _again(head, name, value)
    else:
        head.fields[name] = value
    return name


@cython.cfunc
def _again(head: Head, name: bytes, value: bytes) -> Any:
    known = head.fields[name]
    if name in _LISTS:
        head.fields[name] = known + b", " + value
    elif name == b"content-length" and value != known:
        _fault(head, "conflicting-content-length")
    elif name == b"host" and value != known:
        _fault(head, "several-hosts")
    return None


@cython.cfunc
def _fault(head: Head, fault: str) -> Any:
    if fault not in head.faults:
        head.faults.append(fault)
    return None


def starts(data: bytes) -> int:
    """Could an HTTP/1.x message start like this? 1 for yes, 0 for no, -1 for not known yet."""
    data = data[:MAX_START]
    end: cython.Py_ssize_t = data.find(b"\n")
    line = data if end < 0 else data[:end].rstrip(b"\r")
    if data[:5] == b"HTTP/":
        if _CLAIMED.match(line[:13]):
            return 1 if end >= 0 or len(line) >= 13 else -1
        return -1 if end < 0 and _RESPONSE_SO_FAR.match(line) else 0
    if b"HTTP/".startswith(data):
        return -1
    if end >= 0:
        return 1 if _usual(line) > 0 or _REQUEST.match(line) else 0
    if not _PARTIAL_REQUEST.match(line):
        return 0
    if len(data) < MAX_START:
        return -1
    return 1 if b" /" in line or b"://" in line else 0
