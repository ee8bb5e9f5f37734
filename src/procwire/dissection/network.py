"""IP, its control messages, and what carries payload over it: each header field by field.

RFC 791, 792, 8200, 4443, 9293 (TCP), 768 (UDP), 4302 (AH).
"""

from __future__ import annotations

from procwire.dissection.outline import Outline, addressed, hexed, sized
from procwire.dpi.wire._icmp_names import ICMP, ICMP6, ICMP_CODES
from procwire.packet.layers import protocol_name

FLAGS = ("fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ns")
TCP_OPTIONS = {2: "mss", 3: "window scale", 4: "sack permitted", 5: "sack", 8: "timestamps",
               28: "user timeout", 29: "authentication", 30: "multipath", 34: "fast open"}  # fmt: skip
EXTENSIONS = {0: "hop by hop", 43: "routing", 60: "destination options", 135: "mobility", 139: "identity"}
FRAGMENT = 44
ECHO = {4: (0, 8), 6: (128, 129)}
ERRORS = {4: (3, 4, 5, 11, 12), 6: (1, 2, 3, 4)}
NOT_FIRST = "a later fragment: what is above IP begins in an earlier packet"


def _proto(number: int) -> str:
    return f"{number} {protocol_name(number)}"


def checksum(number: int) -> str:
    """As written in the header; not checked: network cards fill it in later."""
    return f"0x{number:04x}"


def ip(outline: Outline) -> str:
    """RFC 791 section 3.1."""
    first = outline.number("version and header length", 1, lambda n: f"{n >> 4}, {(n & 15) * 4} bytes")
    outline.number("service class", 1, lambda n: f"0x{n:02x} (dscp {n >> 2}, ecn {n & 3})")
    length = outline.number("total length", 2)
    outline.number("id", 2, checksum)
    place = outline.number("flags and offset", 2, _fragment)
    ttl = outline.number("ttl", 1)
    outline.number("protocol", 1, _proto)
    outline.number("header checksum", 2, checksum)
    source = addressed(outline.octets("src", 4, addressed))
    target = addressed(outline.octets("dst", 4, addressed))
    if (first & 15) > 5:
        outline.octets("options", (first & 15) * 4 - 20)
    there = outline.end - outline.start
    if length > there:
        outline.missing = f"{length:,} bytes announced, {there:,} were captured"
    if place & 0x1FFF:
        outline.missing = NOT_FIRST
    return f"{source} > {target}  ttl {ttl}"


def _fragment(number: int) -> str:
    words = [name for bit, name in ((0x4000, "don't fragment"), (0x2000, "more fragments")) if number & bit]
    return ", ".join([*words, f"offset {(number & 0x1FFF) * 8}"])


def ip6(outline: Outline) -> str:
    """RFC 8200 section 3, and the extension headers that the decoder passes over."""
    outline.number("version, class and label", 4, lambda n: f"6, 0x{n >> 20 & 255:02x}, 0x{n & 0xFFFFF:05x}")
    length = outline.number("payload length", 2)
    following = outline.number("next header", 1, _proto)
    hops = outline.number("hop limit", 1)
    source = addressed(outline.octets("src", 16, addressed))
    target = addressed(outline.octets("dst", 16, addressed))
    there = outline.left
    while following in EXTENSIONS or following == FRAGMENT:
        following = _extension(outline, following)
    if length > there:
        outline.missing = outline.missing or f"{length:,} bytes announced, {there:,} were captured"
    return f"{source} > {target}  hops {hops}"


def _extension(outline: Outline, kind: int) -> int:
    with outline.group(EXTENSIONS.get(kind, "fragment")):
        following = outline.number("next header", 1, _proto)
        if kind != FRAGMENT:
            size = outline.number("length", 1, lambda n: f"{n * 8 + 8} bytes")
            outline.octets("data", size * 8 + 6)
            return following
        outline.octets("reserved", 1)
        place = outline.number("offset", 2, lambda n: f"{n & ~7}, more {n & 1}")
        outline.number("id", 4, lambda n: f"0x{n:08x}")
    if place & ~7:
        outline.missing = NOT_FIRST
    return following


def authentication(outline: Outline) -> str:
    """RFC 4302 section 2."""
    outline.number("next header", 1, _proto)
    size = outline.number("length", 1, lambda n: f"{n * 4 + 8} bytes")
    outline.octets("reserved", 2)
    index = outline.number("spi", 4, lambda n: f"0x{n:08x}")
    outline.number("sequence", 4)
    outline.octets("check value", max(0, size * 4 - 4))
    return f"spi 0x{index:08x}"


def udp(outline: Outline) -> str:
    """RFC 768."""
    source, target = outline.number("src port", 2), outline.number("dst port", 2)
    length = outline.number("length", 2)
    outline.number("checksum", 2, checksum)
    return f"{source} > {target}  length {length}"


def _flags(number: int) -> str:
    return ",".join(name for bit, name in enumerate(FLAGS) if number >> bit & 1) or "none"


def tcp(outline: Outline) -> str:
    """RFC 9293 section 3.1."""
    source, target = outline.number("src port", 2), outline.number("dst port", 2)
    seq, ack = outline.number("seq", 4), outline.number("ack", 4)
    bits = outline.number("header length and flags", 2, lambda n: f"{(n >> 12) * 4} bytes, {_flags(n)}")
    window = outline.number("window", 2)
    outline.number("checksum", 2, checksum)
    outline.number("urgent", 2)
    size = (bits >> 12) * 4 - 20
    if size > 0:
        with outline.within("options", size):
            while outline.left > 0:
                _option(outline)
    return f"{source} > {target}  {_flags(bits)}  seq {seq}  ack {ack}  window {window}"


def _option(outline: Outline) -> None:
    start = outline.at
    kind = outline.take("option", 1)[0]
    if kind < 2:
        outline.note("no operation" if kind else "end", start, outline.at)
        return
    size = outline.take("option length", 1)[0]
    value = outline.take("option", max(0, size - 2))
    outline.note(TCP_OPTIONS.get(kind, f"option {kind}"), start, outline.at, _option_value(kind, value))


def _option_value(kind: int, value: bytes) -> str:
    if kind in (2, 3):
        return str(int.from_bytes(value, "big"))
    if kind in (5, 8):
        return " ".join(str(int.from_bytes(value[at : at + 4], "big")) for at in range(0, len(value), 4))
    return hexed(value)


def icmp(outline: Outline) -> str:
    """RFC 792."""
    return _control(outline, 4)


def icmp6(outline: Outline) -> str:
    """RFC 4443; neighbour discovery's targets (RFC 4861 section 4)."""
    return _control(outline, 6)


def _control(outline: Outline, family: int) -> str:
    names = ICMP if family == 4 else ICMP6
    kind = outline.number("type", 1, names)
    codes = {code: name for (of, code), name in ICMP_CODES.items() if of == kind} if family == 4 else {}
    code = outline.number("code", 1, codes)
    outline.number("checksum", 2, checksum)
    name = names.get(kind) or f"type {kind}"
    if kind in ECHO[family]:
        ident, sequence = outline.number("id", 2), outline.number("sequence", 2)
        outline.rest("data", hexed)
        return f"{name}  id {ident}  sequence {sequence}"
    if kind in ERRORS[family]:
        outline.octets("unused, or what the error is about", 4)
        outline.rest("packet that it is about", sized)
        return f"{name}  {codes.get(code) or f'code {code}'}"
    if family == 6 and kind in (135, 136):
        outline.octets("flags", 4)
        target = addressed(outline.octets("target", 16, addressed))
        outline.rest("options", hexed)
        return f"{name}  {target}"
    outline.rest("data", hexed)
    return name
