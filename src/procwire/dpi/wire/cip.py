"""CIP, the messages inside EtherNet/IP: service, path and status (The CIP Networks Library, volume 1).

Refuses to follow a service that is wrapped in another more than once, and to read values.
"""

from __future__ import annotations

import msgspec

from procwire.dpi.wire.cursor import Cursor
from procwire.dpi.wire.text import plain

MAX_SEGMENTS = 12

_SERVICES = {
    0x01: "get-attributes-all", 0x02: "set-attributes-all", 0x03: "get-attribute-list",
    0x04: "set-attribute-list",
    0x05: "reset", 0x06: "start", 0x07: "stop", 0x08: "create", 0x09: "delete", 0x0A: "multiple-service",
    0x0D: "apply-attributes", 0x0E: "get-attribute-single", 0x10: "set-attribute-single", 0x11: "find-next",
    0x15: "restore", 0x16: "save", 0x17: "nop", 0x18: "get-member", 0x19: "set-member", 0x4B: "execute-pccc",
    0x4C: "read-tag", 0x4D: "write-tag", 0x4E: "forward-close", 0x52: "read-tag-fragmented",
    0x53: "write-tag-fragmented", 0x54: "forward-open", 0x55: "get-instance-attribute-list",
    0x5B: "large-forward-open",
}  # fmt: skip
_WRITES = frozenset({0x02, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x10, 0x15, 0x19, 0x4D, 0x53})
_STATUS = {
    0x00: "ok", 0x01: "connection-failure", 0x02: "resource-unavailable", 0x03: "invalid-parameter",
    0x04: "path-segment-error", 0x05: "path-unknown", 0x06: "partial", 0x08: "service-not-supported",
    0x09: "invalid-attribute", 0x0C: "state-conflict", 0x0E: "not-settable", 0x0F: "privilege-violation",
    0x10: "device-state", 0x11: "reply-too-large", 0x13: "not-enough-data", 0x14: "attribute-not-supported",
    0x15: "too-much-data", 0x16: "no-such-object", 0x1E: "embedded-service-error", 0x26: "path-size-invalid",
}  # fmt: skip
_SEGMENTS = {0x20: ("class", 1), 0x21: ("class", 2), 0x24: ("instance", 1), 0x25: ("instance", 2),
             0x28: ("member", 1), 0x29: ("member", 2), 0x2C: ("point", 1), 0x2D: ("point", 2),
             0x30: ("attribute", 1), 0x31: ("attribute", 2)}  # fmt: skip
_MANAGER = {0x52: "unconnected-send"}  # services of the connection manager that others share the number of


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """One service, as asked or as answered."""

    name: str
    response: bool
    path: str = ""
    status: str = ""
    write: bool = False


def service(part: Cursor, *, wrapped: bool = False) -> Service:
    """The service that begins here; one in an unconnected send is told instead of it."""
    code = part.u8()
    number = code & 0x7F
    name = _SERVICES.get(number, f"service {number:#04x}")
    if code & 0x80:
        part.u8()
        status = part.u8()
        return Service(name=name, response=True, status=_STATUS.get(status, f"status {status:#04x}"))
    words = part.take(2 * part.u8())
    where = path(words)
    if number in _MANAGER and where.startswith("class 0x06"):
        if part.left > 4 and not wrapped:
            part.take(4)  # priority, ticks, length of what is inside
            return service(part, wrapped=True)
        name = _MANAGER[number]
    return Service(name=name, response=False, path=where, write=number in _WRITES)


def path(data: bytes) -> str:
    """A padded path in words: ``class 0x01 instance 1 attribute 7``, or a tag by its name."""
    part = Cursor(data, 0, "little")
    words: list[str] = []
    for _ in range(MAX_SEGMENTS):
        if part.left < 2:
            break
        kind = part.u8()
        if kind == 0x91:
            text = part.take(min(part.u8(), part.left))
            if len(text) & 1 and part.left:
                part.take(1)
            words.append(plain(text))
            continue
        known = _SEGMENTS.get(kind)
        if known is None:
            break
        name, size = known
        if size == 2:
            part.take(1)
        value = part.number(min(size, part.left))
        words.append(f"{name} {value:#04x}" if name == "class" else f"{name} {value}")
    return " ".join(words)
