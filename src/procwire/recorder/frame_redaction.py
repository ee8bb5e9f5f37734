"""Frames with other addresses and without payload. What is not understood here is cut, never passed on.

Kept: link header with other addresses, VLAN tags, ARP with other addresses, IPv4 and IPv6 headers with other
addresses, TCP, UDP and ICMP headers. Cut: all behind them, IP options, routing headers, other TCP options,
tunnels, and any frame of a link type that is not known. IPv4's checksums are made anew; those above it are
zero, as they would tell of what was cut (RFC 1071 sums can be undone).
"""

from __future__ import annotations

from collections import Counter

from procwire.model.frames import FrameBatch
from procwire.recorder.pseudonyms import Pseudonyms

ETHERNET, RAW, NULL, LOOP, SLL, SLL2, IPV4_LINK, IPV6_LINK = 1, 101, 0, 108, 113, 276, 228, 229
_ARP, _IPV4, _IPV6 = 0x0806, 0x0800, 0x86DD
_TAGS = frozenset({0x8100, 0x88A8, 0x9100})
_OPTION_HEADERS, _FRAGMENT = frozenset({0, 60}), 44
_MAX_EXTENSIONS = 8
_TCP, _UDP, _ICMP, _ICMPV6 = 6, 17, 1, 58
_TCP_KEPT = frozenset({2, 3, 4, 5, 8})  # MSS, window scale, SACK, timestamps (RFC 9293, 7323, 2018)
_FAMILIES = {2: _IPV4, 10: _IPV6, 24: _IPV6, 28: _IPV6, 30: _IPV6}  # AF_INET6 of Linux and the BSDs


class FrameRedaction:
    """``batch`` makes another, row for row. ``cut_bytes``: what was left out; ``cut``: frames, by why."""

    def __init__(self, names: Pseudonyms) -> None:
        self.names = names
        self.cut_bytes = 0
        self.frames = 0
        self.cut: Counter[str] = Counter()

    def batch(self, batch: FrameBatch) -> FrameBatch:
        """The same rows with other bytes."""
        frames = [self.frame(batch.link[row], batch.frame(row)) for row in range(batch.count)]
        made = FrameBatch(b"".join(frames), max(1, batch.count))
        offset = 0
        for row, frame in enumerate(frames):
            made.add(
                offset, len(frame), batch.wire[row], batch.time[row], batch.link[row], batch.interface[row]
            )
            made.flags[row] = batch.flags[row]
            made.vlan[row] = batch.vlan[row]
            offset += len(frame)
            self.cut_bytes += batch.captured[row] - len(frame)
        made.first = batch.first
        self.frames += batch.count
        return made

    def frame(self, link: int, data: bytes) -> bytes:
        """One frame of a link type."""
        if link == ETHERNET:
            return self._ethernet(data)
        if link in (RAW, IPV4_LINK, IPV6_LINK):
            return self._network(_IPV6 if data[:1] and data[0] >> 4 == 6 else _IPV4, data)
        if link in (NULL, LOOP) and len(data) >= 4:
            number = int.from_bytes(data[:4], "little" if link == NULL and data[0] else "big")
            return data[:4] + self._network(_FAMILIES.get(number, 0), data[4:])
        if link == SLL and len(data) >= 16:
            size = min(int.from_bytes(data[4:6], "big"), 8)
            address = (self.names.mac(data[6 : 6 + size]) if size == 6 else bytes(size)).ljust(8, b"\0")
            return data[:6] + address + data[14:16] + self._network(_u16(data, 14), data[16:])
        if link == SLL2 and len(data) >= 20:
            size = min(data[11], 8)
            address = (self.names.mac(data[12 : 12 + size]) if size == 6 else bytes(size)).ljust(8, b"\0")
            return data[:12] + address + self._network(_u16(data, 0), data[20:])
        self.cut["link type is not known"] += 1
        return b""

    def _ethernet(self, data: bytes) -> bytes:
        if len(data) < 14:
            self.cut["short"] += 1
            return b""
        at = 12
        while _u16(data, at) in _TAGS and len(data) >= at + 6:
            at += 4
        head = self.names.mac(data[:6]) + self.names.mac(data[6:12]) + data[12 : at + 2]
        return head + self._network(_u16(data, at), data[at + 2 :])

    def _network(self, kind: int, data: bytes) -> bytes:
        if kind == _IPV4 and len(data) >= 20 and data[0] >> 4 == 4:
            return self._ipv4(data)
        if kind == _IPV6 and len(data) >= 40 and data[0] >> 4 == 6:
            return self._ipv6(data)
        if kind == _ARP and len(data) >= 28 and data[4:6] == b"\6\4":
            names = self.names
            return data[:8] + b"".join((
                names.mac(data[8:14]), names.packed(data[14:18]),
                names.mac(data[18:24]), names.packed(data[24:28]),
            ))  # fmt: skip
        self.cut["neither IP nor ARP"] += 1
        return b""

    def _ipv4(self, data: bytes) -> bytes:
        size = (data[0] & 15) * 4
        if size < 20 or len(data) < size:
            self.cut["short"] += 1
            return b""
        addresses = self.names.packed(data[12:16]) + self.names.packed(data[16:20])
        options = b"\1" * (size - 20)  # no-operation, RFC 791: some of them record routes
        bare = data[:10] + b"\0\0" + addresses + options
        head = bare[:10] + _checksum(bare).to_bytes(2, "big") + bare[12:]
        if _u16(data, 6) & 0x1FFF:
            return head  # not the first fragment: there is no transport header
        return head + self._transport(data[9], data[size:])

    def _ipv6(self, data: bytes) -> bytes:
        addresses = self.names.packed(data[8:24]) + self.names.packed(data[24:40])
        kind, rest, head = data[6], data[40:], data[:8] + addresses
        for _ in range(_MAX_EXTENSIONS):
            if kind in _OPTION_HEADERS and len(rest) >= 8:
                size = min((rest[1] + 1) * 8, len(rest))
                head += rest[:2] + bytes([1, size - 4]) + bytes(size - 4)  # PadN, RFC 8200 section 4.2
            elif kind == _FRAGMENT and len(rest) >= 8:
                size = 8
                head += rest[:8]
                if _u16(rest, 2) & 0xFFF8:
                    return head
            else:
                break
            kind, rest = rest[0], rest[size:]
        return head + self._transport(kind, rest)

    def _transport(self, proto: int, data: bytes) -> bytes:
        if proto == _TCP and len(data) >= 20:
            size = (data[12] >> 4) * 4
            if 20 <= size <= len(data):
                return data[:16] + b"\0\0" + data[18:20] + _options(data[20:size])
        elif proto == _UDP and len(data) >= 8:
            return data[:6] + b"\0\0"
        elif proto in (_ICMP, _ICMPV6) and len(data) >= 8:
            return data[:2] + b"\0\0" + data[4:8]
        self.cut["neither TCP, UDP nor ICMP, or short"] += 1
        return b""


def _options(data: bytes) -> bytes:
    """TCP options that tell of the connection alone; the others become no-operations."""
    made = bytearray()
    at = 0
    while at < len(data):
        kind = data[at]
        size = 1 if kind < 2 else data[at + 1] if at + 1 < len(data) else 0
        if size == 0 or at + size > len(data) or (kind >= 2 and size < 2):
            break
        made += data[at : at + size] if kind < 2 or kind in _TCP_KEPT else b"\1" * size
        at += size
    return bytes(made).ljust(len(data), b"\1")


def _u16(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "big")


def _checksum(head: bytes) -> int:
    total = sum(_u16(head, at) for at in range(0, len(head), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
