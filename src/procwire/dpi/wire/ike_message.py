"""IKE's messages: the header, and what its payloads offer in clear (RFC 2408, RFC 7296 section 3)."""

from __future__ import annotations

import msgspec

from procwire.dpi.wire import _ike_names as names
from procwire.dpi.wire.lines import shown

HEAD = 28
MAX_PAYLOADS = 64
MAX_TRANSFORMS = 128  # named of one message
ENCRYPTED = frozenset({46, 53})  # SK and SKF (RFC 7296, RFC 7383)


class Message(msgspec.Struct, gc=False):
    """One message; lists are in order and without doubles."""

    version: int
    exchange: int
    initiator: bytes
    responder: bytes
    number: int
    response: bool
    encrypted: bool
    transforms: tuple[str, ...] = ()
    notifies: tuple[str, ...] = ()
    vendors: tuple[str, ...] = ()
    identity: str = ""
    proposals: int = 0


def read(data: bytes) -> Message | None:
    """The message that fills a datagram, or None."""
    if len(data) < HEAD or int.from_bytes(data[24:28], "big") != len(data):
        return None
    version, exchange, flags = data[17] >> 4, data[18], data[19]
    known = exchange in names.EXCHANGES and (exchange >= 34) == (version == 2)
    if version not in {1, 2} or data[17] & 15 or not known or not any(data[:8]):
        return None
    if flags & (0xF8 if version == 1 else 0xC7):
        return None
    number = int.from_bytes(data[20:24], "big")
    if version == 1:
        response, hidden = any(data[8:16]), bool(flags & 1)
    else:
        response, hidden = bool(flags & 0x20), data[16] in ENCRYPTED
    message = Message(version, exchange, data[:8], data[8:16], number, response, hidden)
    if not hidden and not _payloads(message, data):
        return None
    return message


def _payloads(message: Message, data: bytes) -> bool:
    """Walk the chain; False where it does not end with the message."""
    kind, at = data[16], HEAD
    found: dict[str, list[str]] = {"transforms": [], "notifies": [], "vendors": []}
    for _ in range(MAX_PAYLOADS):
        if not kind:
            break
        if kind in ENCRYPTED:
            message.encrypted = True
            at = len(data)
            break
        size = data[at + 2] << 8 | data[at + 3] if at + 4 <= len(data) else 0
        if size < 4 or at + size > len(data):
            return False
        _payload(message, kind, data[at + 4 : at + size], found)
        kind, at = data[at], at + size
    message.transforms, message.notifies, message.vendors = (
        tuple(dict.fromkeys(one))[:MAX_TRANSFORMS] for one in found.values()
    )
    return message.encrypted or (kind == 0 and len(data) - at < 4)


def _payload(message: Message, kind: int, body: bytes, found: dict[str, list[str]]) -> None:
    if kind == names.SA2:
        message.proposals = _proposals(body, found["transforms"])
    elif kind == names.SA:
        message.proposals = _proposals(body[8:], found["transforms"])
    elif kind in {names.NOTIFY2, names.NOTIFY}:
        at = 2 if kind == names.NOTIFY2 else 6
        number = int.from_bytes(body[at : at + 2], "big")
        found["notifies"].append(names.NOTIFIES.get(number, str(number)))
    elif kind in {names.VENDOR, names.VENDOR2}:
        raw = body.hex()
        known = next((name for start, name in names.VENDORS.items() if raw.startswith(start)), "")
        found["vendors"].append(known or raw[:64])
    elif kind == names.ID and message.version == 1 and len(body) > 4:
        text = ".".join(map(str, body[4:8])) if body[0] == 1 and len(body) == 8 else shown(body[4:])
        message.identity = text


def _proposals(body: bytes, out: list[str]) -> int:
    """Name the transforms of each proposal; how many proposals there are. Their form is the same in both."""
    at = count = 0
    while at + 8 <= len(body) and count < MAX_PAYLOADS:
        size = body[at + 2] << 8 | body[at + 3]
        if size < 8 or at + size > len(body):
            break
        _transforms(body[at + 8 + body[at + 6] : at + size], body[at + 7], out)
        count += 1
        at += size
    return count


def _transforms(body: bytes, count: int, out: list[str]) -> None:
    at = 0
    for _ in range(min(count, MAX_TRANSFORMS)):
        size = body[at + 2] << 8 | body[at + 3] if at + 8 <= len(body) else 0
        if size < 8 or at + size > len(body) or len(out) >= 4 * MAX_TRANSFORMS:
            break
        kind, number = body[at + 4], body[at + 6] << 8 | body[at + 7]
        attributes = _attributes(body[at + 8 : at + size])
        table = names.TRANSFORMS2.get(kind)
        if table is None or {1, 2, 3, 4} & attributes.keys():  # version 1 has all in attributes
            out += [
                known.get(attributes[one], str(attributes[one])) + _bits(attributes if one == 1 else {})
                for one, known in names.ATTRIBUTES1.items()
                if one in attributes
            ]
        else:
            out.append(table.get(number, str(number)) + _bits(attributes if kind == 1 else {}))
        at += size


def _bits(attributes: dict[int, int]) -> str:
    size = attributes.get(14)
    return f"-{size}" if size else ""


def _attributes(body: bytes) -> dict[int, int]:
    """Attributes of two bytes (RFC 2408 section 3.3); longer ones are passed over."""
    found: dict[int, int] = {}
    at = 0
    while at + 4 <= len(body):
        kind, value = body[at] << 8 | body[at + 1], body[at + 2] << 8 | body[at + 3]
        if kind & 0x8000:
            found.setdefault(kind & 0x7FFF, value)
            at += 4
        else:
            at += 4 + value
    return found
