# cython: language_level=3
"""The head of an HTTP/1.x message (RFC 9112 sections 2 to 5): start line and the header fields of interest.

Tolerates what is seen in the wild (bare LF, folded lines, bytes that are not ASCII) and names each breach in
``faults``. Refuses heads that are no HTTP at all, and more than MAX_FIELDS fields.
"""

from __future__ import annotations

import re
from typing import Any

import cython

MAX_HEAD = 65536  # bytes
MAX_FIELDS = 256
MAX_TEXT = 2048  # characters kept of one value
MAX_START = 2048  # bytes of a start line that are looked at to claim it

_REQUEST = re.compile(rb"([A-Z][A-Z_-]{0,31}) +([\x21-\xff][^\r\n\0]*?) +HTTP/(1\.[0-9]) *\Z")
_RESPONSE = re.compile(rb"HTTP/(1\.[0-9]) +([1-9][0-9][0-9])(?: ([^\r\n\0]*))?\Z")
_PARTIAL_REQUEST = re.compile(rb"[A-Z][A-Z_-]{0,31}(?: +(?:[\x21-\xff][^\r\n\0]*)?)?\r?\Z")
_CLAIMED = re.compile(rb"HTTP/1\.[0-9] [1-9][0-9][0-9](?: |\Z)")
_RESPONSE_SO_FAR = re.compile(rb"HTTP/(?:1(?:\.(?:[0-9](?: (?:[1-9](?:[0-9](?:[0-9])?)?)?)?)?)?)?\r?\Z")
_USERINFO = re.compile(r"(?<=//)[^/?#@]*(?:@[^/?#@]*)*@")
_SECRET = re.compile(
    r"(?i)([?&;](?:pass|passwd|password|pwd|secret|client_secret|token|access_token|refresh_token|id_token"
    r"|auth|authorization|api_?key|apikey|access_?key|signature|sig|session_?id|sid)=)[^&#;]*"
)
MASK = "***"

WANTED = frozenset(
    {
        b"host", b"user-agent", b"referer", b"content-type", b"content-length", b"transfer-encoding",
        b"upgrade", b"connection", b"authorization", b"proxy-authorization", b"server", b"location",
        b"cookie", b"expect",
    }
)  # fmt: skip
_LISTS = frozenset({b"transfer-encoding", b"connection", b"upgrade"})


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


def parse(raw: bytes) -> Head:
    """Start line and fields, without the empty line that ends them. Raises HeadError."""
    head = Head()
    lines: list[bytes] = raw.split(b"\r\n")
    if raw.count(b"\n") != len(lines) - 1:
        head.faults.append("bare-lf")
        lines = [line.rstrip(b"\r") for line in raw.split(b"\n")]
    if len(lines) > MAX_FIELDS + 1:
        raise HeadError(f"more than {MAX_FIELDS} header fields")
    _start_line(head, lines[0])
    name: bytes = b""
    for index in range(1, len(lines)):
        line: bytes = lines[index]
        if line:
            name = _field(head, line, name)
    return head


@cython.cfunc
def _start_line(head: Head, line: bytes) -> Any:
    if line.startswith(b"HTTP/"):
        found = _RESPONSE.match(line)
        if found is None:
            raise HeadError("not a status line")
        version, status, reason = found.groups()
        head.status = int(status)
        head.reason = decode(reason or b"")
    else:
        method, target, version = _request_line(line)
        head.method = method.decode("ascii")
        head.target = decode(target)
        if b" " in target:
            head.faults.append("space-in-target")
    head.version = version.decode("ascii")
    return None


@cython.cfunc
def _request_line(line: bytes) -> Any:
    """(method, target, version); the usual form without the regular expression, which is slower."""
    if line.endswith((b" HTTP/1.1", b" HTTP/1.0")):
        method, _, target = line[: len(line) - 9].partition(b" ")
        plain = method.isalpha() and method.isupper() and len(method) <= 32
        if (
            plain
            and target[:1] == b"/"
            and b" " not in target
            and b"\0" not in target
            and b"\r" not in target
        ):
            return method, target, line[len(line) - 3 :]
    found = _REQUEST.match(line)
    if found is None:
        raise HeadError("not a request line")
    return found.groups()


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
        return 1 if _REQUEST.match(line) else 0
    if not _PARTIAL_REQUEST.match(line):
        return 0
    if len(data) < MAX_START:
        return -1
    return 1 if b" /" in line or b"://" in line else 0
