"""Heads of SIP and RTSP: a start line, fields, and a body of a length that is told (RFC 3261, RFC 2326)."""

from __future__ import annotations

import msgspec

from procwire.dpi.contract import ProtocolError
from procwire.dpi.wire.lines import shown
from procwire.model.patterns import lazy

MAX_HEAD = 1 << 14
MAX_FIELDS = 200
MAX_BODY = 1 << 16  # of a body that is read; longer ones are passed over

_COMPACT = {b"f": b"from", b"t": b"to", b"i": b"call-id", b"m": b"contact", b"c": b"content-type",
            b"l": b"content-length", b"v": b"via", b"s": b"subject", b"k": b"supported"}  # fmt: skip
_END = lazy(rb"\r?\n\r?\n")
_USERINFO = lazy(r"(?i)((?:sips?|rtsps?|rtspu):(?://)?[^:@;> ]{0,256}):[^@> ]{1,256}@")


class Head(msgspec.Struct, gc=False):
    """A message's start line and the first of each field; ``size`` counts up to the body."""

    start: bytes
    fields: dict[bytes, bytes]
    size: int

    def text(self, name: bytes) -> str:
        """A field as one line."""
        return masked(shown(self.fields.get(name, b"")))

    @property
    def body(self) -> int:
        """The body's length. Raises ProtocolError where it is no number."""
        raw = self.fields.get(b"content-length", b"0").strip()
        if not raw.isdigit() or len(raw) > 9:
            raise ProtocolError("not a length")
        return int(raw)


def read(data: bytes | bytearray, seen: int = 0) -> Head | None:
    """The head that ``data`` begins with, or None where it is not whole; ProtocolError for a bad one.

    ``seen``: so many bytes were looked at before, and no head ended in them.
    """
    found = _END.search(data, max(0, seen - 3), MAX_HEAD)
    if found is None:
        if len(data) >= MAX_HEAD:
            raise ProtocolError("head too long")
        return None
    lines = bytes(data[: found.start()]).replace(b"\r", b"").split(b"\n")
    fields: dict[bytes, bytes] = {}
    name = b""
    for line in lines[1 : MAX_FIELDS + 1]:
        if line[:1] in {b" ", b"\t"} and name:
            fields[name] = fields[name] + b" " + line.strip()
            continue
        name, colon, value = line.partition(b":")
        name = name.strip().lower()
        if not colon or not name:
            raise ProtocolError("not a field")
        name = _COMPACT.get(name, name)
        if name in fields:
            name = b""
            continue
        fields[name] = value.strip()
    return Head(lines[0], fields, found.end())


def masked(text: str) -> str:
    """A URI without its password."""
    return _USERINFO.sub(r"\1:***@", text) if "@" in text else text
