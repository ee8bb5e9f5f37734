# cython: language_level=3
"""A record's data as text, near to how a zone file writes it (RFC 1035 section 5, RFC 3597, RFC 9460).

Names in record data may be compressed, so the whole message is at hand. Data that does not fit its type is
written as unknown data (RFC 3597 section 5). Never raises. Long data is cut after MAX_HEX bytes or MAX_TEXT
characters, and ends in an ellipsis.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv6Address
from typing import Any

from procwire.dpi.wire.dns_message import Message, MessageError
from procwire.dpi.wire.dns_names import ERRORS, SERVICE_KEYS, type_name

MAX_HEX = 64
MAX_TEXT = 1024


def rdata(message: Message, kind: int, start: int, end: int) -> str:
    """The data of one record of type ``kind``."""
    if kind == 1 and end - start == 4:
        data = message.data
        return f"{data[start]}.{data[start + 1]}.{data[start + 2]}.{data[start + 3]}"
    writer = _WRITERS.get(kind)
    if writer is not None:
        try:
            text = writer(message, start, end)
        except (MessageError, IndexError, struct.error, ValueError):
            return unknown(message.data[start:end])
        return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
    return unknown(message.data[start:end])


def unknown(data: bytes) -> str:
    """RFC 3597 section 5: ``\\# length hex``."""
    return f"\\# {len(data)} {_hex(data)}".rstrip()


def _hex(data: bytes) -> str:
    return data.hex() if len(data) <= MAX_HEX else data[:MAX_HEX].hex() + "…"


@lru_cache(maxsize=4096)
def ipv6(data: bytes) -> str:
    """16 bytes as text (RFC 5952)."""
    return str(IPv6Address(data))


def _aaaa(message: Message, start: int, end: int) -> str:
    return ipv6(message.data[start:end])


def _bounded(message: Message, at: int, end: int) -> tuple[str, int]:
    name = message.name(at)
    behind = message.end
    if behind > end:
        raise MessageError("name runs out of its record")
    return name, behind


def _one_name(message: Message, start: int, end: int) -> str:
    return _bounded(message, start, end)[0]


def _mx(message: Message, start: int, end: int) -> str:
    (preference,) = struct.unpack_from("!H", message.data, start)
    return f"{preference} {_bounded(message, start + 2, end)[0]}"


def _soa(message: Message, start: int, end: int) -> str:
    primary, at = _bounded(message, start, end)
    mailbox, at = _bounded(message, at, end)
    numbers = struct.unpack("!5I", message.data[at:end])
    return f"{primary} {mailbox} {' '.join(map(str, numbers))}"


def _srv(message: Message, start: int, end: int) -> str:
    priority, weight, port = struct.unpack_from("!HHH", message.data, start)
    return f"{priority} {weight} {port} {_bounded(message, start + 6, end)[0]}"


def quoted(data: bytes) -> str:
    """A character string in quotes (RFC 1035 section 5.1)."""
    parts = []
    for value in data:
        if value in {0x22, 0x5C}:
            parts.append("\\" + chr(value))
        else:
            parts.append(chr(value) if 0x20 <= value < 0x7F else f"\\{value:03d}")
    return '"' + "".join(parts) + '"'


def _strings(message: Message, start: int, end: int) -> str:
    data = message.data
    found = []
    room = MAX_TEXT
    while start < end and room > 0:
        stop = start + 1 + data[start]
        if stop > end:
            raise MessageError("string runs out of its record")
        found.append(quoted(data[start + 1 : stop]))
        room -= len(found[-1])
        start = stop
    return " ".join(found)


def _naptr(message: Message, start: int, end: int) -> str:
    data = message.data
    order, preference = struct.unpack_from("!HH", data, start)
    at = start + 4
    parts = []
    for _ in range(3):
        stop = at + 1 + data[at]
        if stop > end:
            raise MessageError("string runs out of its record")
        parts.append(quoted(data[at + 1 : stop]))
        at = stop
    return f"{order} {preference} {' '.join(parts)} {_bounded(message, at, end)[0]}"


def _caa(message: Message, start: int, end: int) -> str:
    data = message.data[start:end]
    size = data[1]
    if size == 0 or 2 + size > len(data):
        raise MessageError("no tag")
    tag = data[2 : 2 + size].decode("ascii")
    return f"{data[0]} {tag if tag.isalnum() else quoted(tag.encode())} {quoted(data[2 + size :])}"


def _ds(message: Message, start: int, end: int) -> str:
    tag, algorithm, digest = struct.unpack_from("!HBB", message.data[start:end])
    return f"{tag} {algorithm} {digest} {_hex(message.data[start + 4 : end])}"


def _dnskey(message: Message, start: int, end: int) -> str:
    flags, protocol, algorithm = struct.unpack_from("!HBB", message.data[start:end])
    return f"{flags} {protocol} {algorithm} ({end - start - 4} bytes)"


def _rrsig(message: Message, start: int, end: int) -> str:
    covered, algorithm, labels, ttl, until, since, tag = struct.unpack_from(
        "!HBBIIIH", message.data[start:end]
    )
    signer, at = _bounded(message, start + 18, end)
    return (
        f"{type_name(covered)} {algorithm} {labels} {ttl} {until} {since} {tag} {signer} ({end - at} bytes)"
    )


def _nsec(message: Message, start: int, end: int) -> str:
    following, at = _bounded(message, start, end)
    return " ".join([following, *_bitmap(message.data[at:end])])


def _bitmap(data: bytes) -> list[str]:
    """Types present (RFC 4034 section 4.1.2)."""
    names = []
    at = 0
    while at + 2 <= len(data):
        window, size = data[at], data[at + 1]
        for offset, byte in enumerate(data[at + 2 : at + 2 + min(size, 32)]):
            names += [type_name(window << 8 | offset << 3 | bit) for bit in range(8) if byte & (0x80 >> bit)]
        at += 2 + size
        if len(names) > MAX_HEX:
            break
    return names


def _digest(message: Message, start: int, end: int) -> str:
    """TLSA, SMIMEA: usage, selector, matching type, data (RFC 6698)."""
    data = message.data[start:end]
    return f"{data[0]} {data[1]} {data[2]} {_hex(data[3:])}"


def _sshfp(message: Message, start: int, end: int) -> str:
    data = message.data[start:end]
    return f"{data[0]} {data[1]} {_hex(data[2:])}"


def services(message: Message, start: int, end: int) -> tuple[int, str, list[tuple[int, bytes]]]:
    """Priority, target and parameters of an SVCB or HTTPS record (RFC 9460 section 2.2)."""
    (priority,) = struct.unpack_from("!H", message.data[start:end])
    target, at = _bounded(message, start + 2, end)
    found = []
    while at + 4 <= end:
        key, size = struct.unpack_from("!HH", message.data, at)
        if at + 4 + size > end:
            raise MessageError("parameter runs out of its record")
        found.append((key, message.data[at + 4 : at + 4 + size]))
        at += 4 + size
    return priority, target, found


def _svcb(message: Message, start: int, end: int) -> str:
    priority, target, found = services(message, start, end)
    return " ".join([str(priority), target, *[_parameter(key, value) for key, value in found]])


def hints(key: int, value: bytes) -> list[str]:
    """Addresses of an ipv4hint or ipv6hint parameter; none for another."""
    if key == 4:
        return [".".join(map(str, value[at : at + 4])) for at in range(0, len(value) - 3, 4)]
    if key == 6:
        return [ipv6(value[at : at + 16]) for at in range(0, len(value) - 15, 16)]
    return []


def _parameter(key: int, value: bytes) -> str:
    name = SERVICE_KEYS.get(key) or f"key{key}"
    if key == 1:
        protocols = []
        while value:
            size = value[0]
            protocols.append(quoted(value[1 : 1 + size])[1:-1])
            value = value[1 + size :]
        return f"{name}={','.join(protocols)}"
    if key in {4, 6}:
        return f"{name}={','.join(hints(key, value))}"
    if key == 3 and len(value) == 2:
        return f"{name}={value[0] << 8 | value[1]}"
    if key == 0:
        keys = struct.unpack(f"!{len(value) // 2}H", value[: len(value) // 2 * 2])
        return f"{name}={','.join(SERVICE_KEYS.get(one) or f'key{one}' for one in keys)}"
    if not value:
        return name
    return f"{name}={_hex(value) if key in {5, 8} else quoted(value)}"


_WRITERS: dict[int, Callable[[Any, int, int], str]] = {
    2: _one_name, 5: _one_name, 12: _one_name, 39: _one_name,
    6: _soa, 13: _strings, 15: _mx, 16: _strings, 28: _aaaa, 33: _srv, 35: _naptr, 43: _ds, 44: _sshfp,
    46: _rrsig, 47: _nsec, 48: _dnskey, 52: _digest, 53: _digest, 59: _ds, 60: _dnskey, 64: _svcb, 65: _svcb,
    99: _strings, 257: _caa,
}  # fmt: skip


def edns_options(data: bytes) -> dict[str, str]:
    """Client subnet, cookies and extended error of an OPT record's data (RFC 6891, 7871, 7873, 8914)."""
    found: dict[str, str] = {}
    at = 0
    while at + 4 <= len(data):
        code, size = struct.unpack_from("!HH", data, at)
        value = data[at + 4 : at + 4 + size]
        at += 4 + size
        if len(value) < size:
            break
        if code == 8:
            found["client_subnet"] = _subnet(value)
        elif code == 10 and size >= 8:
            found["cookie"] = _hex(value)
        elif code == 15 and size >= 2:
            number = value[0] << 8 | value[1]
            found["extended_error"] = ERRORS.get(number) or str(number)
    return found


def _subnet(value: bytes) -> str:
    if len(value) < 4:
        return ""
    family, source = value[0] << 8 | value[1], value[2]
    if family == 1 and source <= 32 and len(value) <= 8:
        return ".".join(map(str, value[4:].ljust(4, b"\0"))) + f"/{source}"
    if family == 2 and source <= 128 and len(value) <= 20:
        return f"{ipv6(value[4:].ljust(16, chr(0).encode()))}/{source}"
    return ""
