"""Below the network layer, and what carries frames in frames: each header field by field.

IEEE 802.3, 802.1Q, RFC 826 (ARP), RFC 2516 (PPPoE), RFC 2784 and 2890 (GRE), RFC 3032 (MPLS), RFC 7348
(VXLAN), RFC 8926 (Geneve); LINKTYPE_LINUX_SLL and _SLL2 as tcpdump.org describes them.
"""

from __future__ import annotations

from procwire.dissection.outline import Outline, addressed, hardware, hexed
from procwire.packet.layers import ethertype_name

ARP_OPERATIONS = {1: "request", 2: "reply", 3: "reverse request", 4: "reverse reply"}
SLL_TYPES = {0: "to us", 1: "broadcast", 2: "multicast", 3: "to others", 4: "from us"}
LLC_LEAST = 0x600  # below it, the field is a length (IEEE 802.3 section 3.2.6)


def ethertype(number: int) -> str:
    """``0x0800 ip``."""
    name = ethertype_name(number)
    return f"0x{number:04x}" if name.startswith("0x") else f"0x{number:04x} {name}"


def _type(number: int) -> str:
    return ethertype(number) if number >= LLC_LEAST else f"{number} (length)"


def ethernet(outline: Outline) -> str:
    """Destination, source, type."""
    to = hardware(outline.octets("dst", 6, hardware))
    of = hardware(outline.octets("src", 6, hardware))
    return f"{of} > {to}  {_type(outline.number('type', 2, _type))}"


def vlan(outline: Outline) -> str:
    """A tag behind the addresses."""
    tag = outline.number("tag", 2, lambda n: f"id {n & 0xFFF}, priority {n >> 13}, may drop {n >> 12 & 1}")
    return f"id {tag & 0xFFF}  {ethertype(outline.number('type', 2, _type))}"


def mpls(outline: Outline) -> str:
    """One label."""
    entry = outline.number("entry", 4, lambda n: f"label {n >> 12}, class {n >> 9 & 7}, bottom {n >> 8 & 1}, "
                                                 f"ttl {n & 255}")  # fmt: skip
    return f"label {entry >> 12}"


def pppoe(outline: Outline) -> str:
    """Version, code, session, length."""
    outline.number("version and type", 1, lambda n: f"{n >> 4}, {n & 15}")
    outline.number("code", 1)
    session = outline.number("session", 2)
    outline.number("length", 2)
    return f"session {session}"


def ppp(outline: Outline) -> str:
    """The protocol; address and control may stand before it, its first byte may be left out (RFC 1661)."""
    if outline.data[outline.at : outline.at + 2] == b"\xff\x03":
        outline.octets("address and control", 2)
    short = outline.left > 0 and outline.data[outline.at] & 1
    return f"protocol 0x{outline.number('protocol', 1 if short else 2, lambda n: f'0x{n:04x}'):04x}"


def llc(outline: Outline) -> str:
    """Service access points and control (one byte for unnumbered frames)."""
    to = outline.number("dsap", 1, lambda n: f"0x{n:02x}")
    outline.number("ssap", 1, lambda n: f"0x{n:02x}")
    control = outline.data[outline.at] if outline.left > 0 else 3
    outline.octets("control", 1 if control & 3 == 3 else 2)
    return f"dsap 0x{to:02x}"


def snap(outline: Outline) -> str:
    """Organisation and type."""
    outline.octets("organisation", 3, hardware)
    return ethertype(outline.number("type", 2, ethertype))


def sll(outline: Outline) -> str:
    """Linux "any" captures, first form."""
    kind = outline.number("packet type", 2, SLL_TYPES)
    outline.number("device type", 2)
    size = outline.number("address length", 2)
    outline.octets("address", 8, lambda data: hardware(data[:size]))
    outline.number("protocol", 2, ethertype)
    return SLL_TYPES.get(kind, "")


def sll2(outline: Outline) -> str:
    """Linux "any" captures, second form."""
    outline.number("protocol", 2, ethertype)
    outline.octets("reserved", 2)
    interface = outline.number("interface", 4)
    outline.number("device type", 2)
    kind = outline.number("packet type", 1, SLL_TYPES)
    size = outline.number("address length", 1)
    outline.octets("address", 8, lambda data: hardware(data[:size]))
    return f"interface {interface}  {SLL_TYPES.get(kind, '')}"


def null(outline: Outline) -> str:
    """The address family, in the order of the machine that captured."""
    outline.octets("family", 4)
    return ""


def raw(outline: Outline) -> str:  # noqa: ARG001
    """Nothing: the network layer comes first."""
    return ""


def gre(outline: Outline) -> str:
    """Flags, protocol, and the fields that the flags announce."""
    flags = outline.number("flags and version", 2, lambda n: f"0x{n:04x}")
    kind = outline.number("protocol", 2, ethertype)
    for bit, name in ((0x8000, "checksum and reserved"), (0x2000, "key"), (0x1000, "sequence")):
        if flags & bit:
            outline.number(name, 4, lambda n: f"0x{n:08x}")
    return ethertype(kind)


def vxlan(outline: Outline) -> str:
    """Flags and the network's number."""
    outline.number("flags", 1, lambda n: f"0x{n:02x}")
    outline.octets("reserved", 3)
    network = outline.number("vni", 3)
    outline.octets("reserved", 1)
    return f"vni {network}"


def geneve(outline: Outline) -> str:
    """Version, protocol, network, options."""
    first = outline.number("version and options", 1, lambda n: f"{n >> 6}, {(n & 63) * 4} bytes")
    outline.number("flags", 1, lambda n: f"0x{n:02x}")
    outline.number("protocol", 2, ethertype)
    network = outline.number("vni", 3)
    outline.octets("reserved", 1)
    if first & 63:
        outline.octets("options", (first & 63) * 4)
    return f"vni {network}"


def arp(outline: Outline) -> str:
    """Who has an address, and who says so."""
    outline.number("hardware type", 2, {1: "ethernet", 32: "infiniband"})
    outline.number("protocol type", 2, ethertype)
    sizes = (outline.number("hardware size", 1), outline.number("protocol size", 1))
    operation = outline.number("operation", 2, ARP_OPERATIONS)
    writers = (hardware if sizes[0] else hexed, addressed)
    said = [
        write(outline.octets(f"{side} {what}", size, write))
        for side in ("sender", "target")
        for what, size, write in zip(("hardware", "address"), sizes, writers, strict=True)
    ]
    if operation == 1:
        return f"who has {said[3]}? tell {said[1]}"
    return f"{said[1]} is at {said[0]}" if operation == 2 else ARP_OPERATIONS.get(operation, "")
