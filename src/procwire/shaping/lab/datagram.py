"""What a gateway has to know of an IP packet, and the packets that it makes itself. Pure; never raises.

It makes three kinds: a TCP reset where a connection is refused (RFC 9293 section 3.5.2), ICMP's word that
something cannot be reached (RFC 792, RFC 4443 section 3.1), and echo replies.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58
ECHO, ECHO_REPLY = {4: 8, 6: 128}, {4: 0, 6: 129}
NET, HOST, PORT, PROHIBITED = "net", "host", "port", "prohibited"
_CODES = {4: {NET: 0, HOST: 1, PORT: 3, PROHIBITED: 13}, 6: {NET: 0, HOST: 3, PORT: 4, PROHIBITED: 1}}
_UNREACHABLE = {4: 3, 6: 1}
_MOST = {4: 576, 6: 1280}  # bytes of an ICMP error (RFC 1812 section 4.3.2.3, RFC 4443 section 2.4)
_FRAGMENT = 44  # RFC 8200 section 4.5
_SYN, _ACK = 0x02, 0x10
_RESET = struct.Struct("!HHIIBBHHH")
_HOPS = 64


class Seen(NamedTuple):
    """One packet: who to whom, and where its transport header begins. Ports of a ping are its number."""

    version: int
    protocol: int
    source: bytes
    destination: bytes
    source_port: int
    port: int
    start: int

    @property
    def key(self) -> tuple[int, bytes, int, bytes, int]:
        """Of its flow."""
        return self.protocol, self.source, self.source_port, self.destination, self.port


def seen(data: bytes) -> Seen | None:
    """None for later fragments, for what is no IP, and for protocols that no gateway can carry."""
    version = data[0] >> 4 if data else 0
    if version == 4 and len(data) >= 20:
        if data[6] & 0x1F or data[7]:
            return None
        return _seen(data, data[9], (data[12:16], data[16:20]), (data[0] & 0x0F) * 4)
    if version == 6 and len(data) >= 40:
        protocol, start = data[6], 40
        if protocol == _FRAGMENT and len(data) >= 48:
            if data[42] or data[43] & 0xF8:
                return None
            protocol, start = data[40], 48
        return _seen(data, protocol, (data[8:24], data[24:40]), start)
    return None


def _seen(data: bytes, protocol: int, ends: tuple[bytes, bytes], start: int) -> Seen | None:
    version, (source, to) = data[0] >> 4, ends
    if len(data) < start + 8 or start < 20:
        return None
    if protocol == (ICMP if version == 4 else ICMP6):
        if data[start] != ECHO[version]:
            return None
        number = data[start + 4] << 8 | data[start + 5]
        return Seen(version, protocol, source, to, number, 0, start)
    if protocol not in (TCP, UDP):
        return None
    first, second = struct.unpack_from("!HH", data, start)
    return Seen(version, protocol, source, to, first, second, start)


def is_opening(data: bytes, start: int) -> bool:
    """Whether a TCP segment asks for a connection."""
    return len(data) >= start + 20 and data[start + 13] & (_SYN | _ACK) == _SYN


def reset(data: bytes, packet: Seen) -> bytes:
    """The answer to a SYN that nobody wants."""
    sequence = int.from_bytes(data[packet.start + 4 : packet.start + 8], "big")
    body = _RESET.pack(packet.port, packet.source_port, 0, (sequence + 1) & 0xFFFFFFFF, 5 << 4, 0x14, 0, 0, 0)
    return _from(packet.destination, packet.source, TCP, body, 16)


def unreachable(data: bytes, packet: Seen, why: str, gateway: bytes) -> bytes:
    """ICMP's word for a packet: that its network, host or port is not there. ``gateway`` says so, but for
    the port, which its host does.
    """
    version = packet.version
    head = 8 + (20 if version == 4 else 40)
    told = data[: _MOST[version] - head]
    body = bytes((_UNREACHABLE[version], _CODES[version][why], 0, 0, 0, 0, 0, 0)) + told
    source = packet.destination if why == PORT else gateway
    return _from(source, packet.source, ICMP if version == 4 else ICMP6, body, 2)


def of_udp(packet: Seen) -> bytes:
    """The head of a datagram of a flow, as ICMP shows it."""
    return _from(packet.source, packet.destination, UDP,
                 struct.pack("!HHHH", packet.source_port, packet.port, 8, 0), 6)  # fmt: skip


def echo_reply(packet: Seen, rest: bytes) -> bytes:
    """``rest`` follows type, code, checksum and identifier: the sequence number and the data."""
    body = struct.pack("!BBHH", ECHO_REPLY[packet.version], 0, 0, packet.source_port) + rest
    return _from(packet.destination, packet.source, packet.protocol, body, 2)


def echo(packet: Seen, data: bytes, number: int) -> bytes:
    """The ping with another number: its ICMP alone, for a raw socket."""
    body = bytearray(data[packet.start :])
    body[2:4] = b"\0\0"
    body[4:6] = number.to_bytes(2, "big")
    if packet.version == 4:  # of ICMPv6 the kernel makes it (RFC 3542 section 3.1)
        body[2:4] = checksum(bytes(body)).to_bytes(2, "big")
    return bytes(body)


def checksum(data: bytes) -> int:
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _from(source: bytes, to: bytes, protocol: int, body: bytes, place: int) -> bytes:
    """An IP packet; the body's checksum belongs at ``place``."""
    if len(source) == 4:
        pseudo = b"" if protocol == ICMP else source + to + struct.pack("!HH", protocol, len(body))
    else:
        pseudo = source + to + struct.pack("!II", len(body), protocol)
    body = body[:place] + checksum(pseudo + body).to_bytes(2, "big") + body[place + 2 :]
    if len(source) == 16:
        return struct.pack("!IHBB", 6 << 28, len(body), protocol, _HOPS) + source + to + body
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, _HOPS, protocol, 0) + source + to
    return head[:10] + checksum(head).to_bytes(2, "big") + head[12:] + body
