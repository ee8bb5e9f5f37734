"""A DNS message: header, every question, every record (RFC 1035 section 4, RFC 6891 for OPT)."""

from __future__ import annotations

from procwire.dissection.outline import Outline, ShortError, hexed
from procwire.dpi.wire.dns_message import HEADER_BYTES, Message, MessageError, parse
from procwire.dpi.wire.dns_names import OPCODES, RCODES, class_name, type_name
from procwire.dpi.wire.dns_rdata import rdata

PORTS = frozenset({53, 5353, 5355})
MULTICAST = 5353
OPT = 41
BITS = ((0x0400, "authoritative"), (0x0200, "truncated"), (0x0100, "recursion desired"),
        (0x0080, "recursion available"), (0x0020, "authentic"), (0x0010, "checking disabled"))  # fmt: skip
SECTIONS = ("answer", "authority", "additional")
PREFIX = 2  # the length in front of a message over TCP (RFC 1035 section 4.2.2)


def fits(data: bytes, ports: tuple[int, int]) -> bool:
    """On a port of DNS: a header with an operation that there is. Else: one question, nothing left over."""
    if len(data) < HEADER_BYTES or (data[2] >> 3 & 15) not in OPCODES:
        return False
    if PORTS.intersection(ports):
        return True
    counts = [int.from_bytes(data[at : at + 2], "big") for at in range(4, HEADER_BYTES, 2)]
    if counts[0] != 1 or max(counts) > 64:
        return False
    try:
        message = parse(data)
    except MessageError:
        return False
    return not message.cut and not message.trailing and message.questions[0][2] in {1, 3, 255}


def fits_stream(data: bytes, ports: tuple[int, int]) -> bool:
    """The length in front, and a message like one on a port of DNS."""
    return 53 in ports and len(data) > PREFIX and fits(data[PREFIX:], ports)


def _flags(number: int) -> str:
    words = ["response" if number & 0x8000 else "query", OPCODES.get(number >> 11 & 15, "?")]
    words += [name for bit, name in BITS if number & bit]
    if number & 0x8000:
        words.append(RCODES.get(number & 15, f"rcode {number & 15}"))
    return f"0x{number:04x} {', '.join(words)}"


def read(outline: Outline) -> str:
    """One message to the end of the datagram."""
    message = Message(outline.data[outline.at : outline.end])
    base = outline.at
    ident = outline.number("id", 2, lambda n: f"0x{n:04x}")
    flags = outline.number("flags", 2, _flags)
    counts = [outline.number(name, 2) for name in ("questions", "answers", "authorities", "additionals")]
    outline.say(f"{'response' if flags & 0x8000 else 'query'} 0x{ident:04x}")
    for _ in range(counts[0]):
        outline.say(_question(outline, message, base))
    if flags & 0x8000:
        outline.say(RCODES.get(flags & 15, f"rcode {flags & 15}"))
    for section, count in zip(SECTIONS, counts[1:], strict=True):
        for _ in range(count):
            said = _record(outline, message, base, section)
            if section == "answer":
                outline.say(said)
    return ""


def read_stream(outline: Outline) -> str:
    """Messages with their lengths in front."""
    while outline.left > 0:
        size = outline.number("length", 2)
        with outline.within("message", size):
            read(outline)
    return ""


def _name(outline: Outline, message: Message, base: int, name: str = "name") -> str:
    start = outline.at
    try:
        text = message.name(start - base)
    except MessageError as error:
        raise ShortError(f"{name}: {error}") from None
    outline.at = base + message.end
    outline.note(name, start, outline.at, text)
    return text


def _question(outline: Outline, message: Message, base: int) -> str:
    with outline.group("question") as place:
        name = _name(outline, message, base)
        kind = outline.number("type", 2, type_name)
        outline.number("class", 2, _class)
        said = f"{type_name(kind)} {name}"
        outline.renote(place, said)
    return said


def _class(number: int) -> str:
    """mDNS has a flag of its own in the highest bit (RFC 6762 sections 5.4 and 10.2)."""
    return class_name(number & 0x7FFF) + (", unicast answer or flush" if number & 0x8000 else "")


def _record(outline: Outline, message: Message, base: int, section: str) -> str:
    with outline.group(section) as place:
        owner = _name(outline, message, base)
        kind = outline.number("type", 2, type_name)
        if kind == OPT:
            outline.number("payload size", 2)
            outline.number("extended code and flags", 4, lambda n: f"0x{n:08x}")
        else:
            outline.number("class", 2, _class)
            outline.number("ttl", 4, lambda n: f"{n} s")
        size = outline.number("data length", 2)
        start = outline.at
        data = outline.take(f"{section} data", size)
        value = hexed(data) if kind == OPT else rdata(message, kind, start - base, start - base + size)
        outline.note("data", start, outline.at, value)
        said = type_name(kind) if kind == OPT else f"{type_name(kind)} {value}"
        outline.renote(place, said if kind == OPT else f"{owner} {said}")
    return said
