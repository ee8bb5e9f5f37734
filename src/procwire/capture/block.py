# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The blocks of a TPACKET_V3 ring as frames (include/uapi/linux/if_packet.h): once-per-packet code.

Nothing is copied: rows point into the ring's memory. Only the cooked form writes, into the room that
PACKET_RESERVE keeps free before each packet. Refuses to make system calls; ``ring`` does.

The ring's words have the machine's byte order and are aligned to four bytes, so it is read through views
of 32 and of 8 bits. Every offset is checked against its block, although only the kernel writes there.
"""

from __future__ import annotations

import sys
from typing import Any

import cython

if cython.compiled:
    from cython.cimports.procwire.model.frames import FrameBatch
else:
    from procwire.model.frames import FrameBatch

# Room that PACKET_RESERVE must keep before a packet: the cooked form's SLL2 header, which also covers
# the smaller virtio_net_hdr.
SLL2_BYTES = 20
RESERVE_BYTES = 32
# struct virtio_net_hdr, put right before the frame by PACKET_VNET_HDR.
VNET_BYTES = 10

_LITTLE = cython.declare(cython.bint, sys.byteorder == "little")
_COOKED = cython.declare(cython.longlong, SLL2_BYTES)
_VNET = cython.declare(cython.longlong, VNET_BYTES)


@cython.cclass
class BlockReader:
    """Reads the blocks of one ring, one block at a time.

    Tells: ``skipped`` frames left out on purpose (a loopback frame on its way out), and ``torn`` frames
    that did not fit their block, which no kernel should make.
    """

    words: cython.uint[::1]
    octets: cython.uchar[::1]
    block_bytes: cython.longlong
    blocks: cython.longlong
    link: cython.ushort
    interface: cython.ushort
    loopback: cython.bint
    cooked: cython.bint
    left: cython.longlong  # packets of the open block that are not yet rows
    position: cython.longlong  # offset of the next packet's header
    end: cython.longlong  # where the open block ends
    skipped = cython.declare(cython.longlong, visibility="readonly")
    torn = cython.declare(cython.longlong, visibility="readonly")
    filled_bytes = cython.declare(
        cython.longlong, visibility="readonly"
    )  # captured bytes of the rows that the last fill appended

    def __init__(self, memory: Any, block_bytes: int, blocks: int) -> None:
        if block_bytes % 4 or block_bytes < 64 or len(memory) < block_bytes * blocks:
            raise ValueError("a ring is made of whole blocks")
        self.words = memoryview(memory).cast("I")
        self.octets = memoryview(memory).cast("B")
        self.block_bytes = block_bytes
        self.blocks = blocks
        self.link = 1
        self.interface = 0
        self.loopback = False
        self.cooked = False
        self.left = 0
        self.position = 0
        self.end = 0
        self.skipped = 0
        self.torn = 0
        self.filled_bytes = 0

    def setup(self, link: int, interface: int, *, loopback: bool, cooked: bool) -> None:
        """What every row says of its interface, and whether frames get an SLL2 header."""
        self.link = link
        self.interface = interface
        self.loopback = loopback
        self.cooked = cooked

    def ready(self, block: int) -> bool:
        """Whether the kernel has handed over this block (TP_STATUS_USER)."""
        return bool(self.words[self._at(block) + 2] & 1)

    def first_time(self, block: int) -> int:
        """Time of the block's first packet in ns."""
        at: cython.longlong = self._at(block)
        return int(self.words[at + 8]) * 1_000_000_000 + int(self.words[at + 9])

    def open(self, block: int) -> int:
        """Begin a block; returns its number of packets."""
        at: cython.longlong = self._at(block)
        self.left = self.words[at + 3]
        self.position = at * 4 + self.words[at + 4]
        self.end = at * 4 + self.block_bytes
        return self.left

    def give_back(self, block: int) -> None:
        """Hand a block to the kernel (TP_STATUS_KERNEL); its rows are no longer valid."""
        self.words[self._at(block) + 2] = 0

    def fill(self, batch: FrameBatch) -> int:
        """Append packets of the open block as rows until either is at its end; returns those left."""
        self.filled_bytes = 0
        with cython.nogil:
            self._walk(batch)
        return self.left

    def close(self) -> None:
        """Let go of the memory."""
        self.words = memoryview(bytearray(4)).cast("I")
        self.octets = memoryview(bytearray(4)).cast("B")
        self.blocks = 0
        self.left = 0

    @cython.cfunc
    @cython.inline
    def _at(self, block: cython.longlong) -> cython.longlong:
        """Index of a block's first word."""
        if block < 0 or block >= self.blocks:
            raise IndexError("no such block")
        return block * self.block_bytes // 4

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _walk(self, batch: FrameBatch) -> cython.void:
        header: cython.longlong
        start: cython.longlong
        size: cython.longlong
        step: cython.longlong
        while self.left > 0 and batch.count < batch.capacity:
            header = self.position
            # tpacket3_hdr is 48 bytes, sockaddr_ll 20.
            if header & 3 or header + 68 > self.end:
                self.torn += self.left
                self.left = 0
                return
            start = header + (self.words[(header >> 2) + 6] & 0xFFFF if _LITTLE else self._mac_big(header))
            size = self.words[(header >> 2) + 3]
            if start < header + 68 + _COOKED or start + size > self.end:
                self.torn += 1
            elif self.loopback and self.octets[header + 58] == 4:  # PACKET_OUTGOING: comes in again
                self.skipped += 1
            else:
                self._row(batch, header, start, size)
            self.left -= 1
            step = self.words[header >> 2]
            if step == 0 and self.left > 0:
                self.torn += self.left
                self.left = 0
            self.position = header + step

    @cython.cfunc
    @cython.nogil
    @cython.inline
    @cython.exceptval(check=False)
    def _mac_big(self, header: cython.longlong) -> cython.longlong:
        """tp_mac where the first half of a word is its high one."""
        word: cython.uint = self.words[(header >> 2) + 6]
        return word >> 16

    @cython.cfunc
    @cython.nogil
    @cython.inline
    @cython.exceptval(check=False)
    def _row(
        self,
        batch: FrameBatch,
        header: cython.longlong,
        start: cython.longlong,
        size: cython.longlong,
    ) -> cython.void:
        word: cython.longlong = header >> 2
        status: cython.uint = self.words[word + 5]
        wire: cython.longlong = self.words[word + 4]
        row: cython.int = batch.count
        seconds: cython.longlong = self.words[word + 1]
        batch.time[row] = seconds * 1_000_000_000 + self.words[word + 2]
        batch.link[row] = self.link
        batch.interface[row] = self.interface
        batch.flags[row] = self._direction(self.octets[header + 58])
        # A cooked socket has no virtio_net_hdr: how many segments is not known.
        batch.segments[row] = 0 if self.cooked else self._segments(start, size, wire)
        batch.vlan[row] = 0
        if status & 0x10:  # TP_STATUS_VLAN_VALID: the tag was on the wire, so its four bytes count
            batch.vlan[row] = self._tag(word, status)
            wire += 4
        if self.cooked:
            self._cook(header, start)
            start -= _COOKED
            size += _COOKED
            wire += _COOKED
        self.filled_bytes += size
        batch.offset[row] = start
        batch.captured[row] = cython.cast(cython.uint, size)
        batch.wire[row] = cython.cast(cython.uint, wire)
        batch.count = row + 1

    @cython.cfunc
    @cython.nogil
    @cython.inline
    @cython.exceptval(check=False)
    def _direction(self, kind: cython.uchar) -> cython.uchar:
        """sll_pkttype as FrameBatch flags: 1 inbound, 2 outbound, 4 foreign. What is local is both."""
        if kind <= 2:  # PACKET_HOST, _BROADCAST, _MULTICAST
            return 3 if self.loopback else 1
        if kind == 3:  # PACKET_OTHERHOST
            return 4
        return 2 if kind == 4 else 0  # PACKET_OUTGOING

    @cython.cfunc
    @cython.nogil
    @cython.inline
    @cython.exceptval(check=False)
    def _tag(self, word: cython.longlong, status: cython.uint) -> cython.uint:
        kind: cython.uint = 0x8100
        if status & 0x40:  # TP_STATUS_VLAN_TPID_VALID, since Linux 3.14
            kind = self.words[word + 9] & 0xFFFF if _LITTLE else self.words[word + 9] >> 16
        return kind << 16 | self.words[word + 8] & 0xFFFF

    @cython.cfunc
    @cython.nogil
    @cython.inline
    @cython.exceptval(check=False)
    def _half(self, at: cython.longlong) -> cython.uint:
        """Sixteen bits in the machine's byte order, at any offset."""
        low: cython.uint = self.octets[at] if _LITTLE else self.octets[at + 1]
        high: cython.uint = self.octets[at + 1] if _LITTLE else self.octets[at]
        return high << 8 | low

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _segments(
        self, start: cython.longlong, size: cython.longlong, wire: cython.longlong
    ) -> cython.ushort:
        """Wire segments that a frame stands for, from its virtio_net_hdr (10 bytes before the frame).

        gso_type 1 and 4 are TCP, 3 UDP fragments, 5 UDP segments. The header's own hdr_len is what lies
        in the linear part of the buffer, not the headers; they end where csum_start says the transport
        header begins, plus its length.
        """
        at: cython.longlong = start - _VNET
        kind: cython.uint = self.octets[at + 1] & 0x7F
        gso: cython.longlong = self._half(at + 4)
        if kind == 0 or gso == 0:
            return 1
        # Without a checksum to finish the kernel does not say: Ethernet, IPv4 and TCP without options.
        transport: cython.longlong = 34
        if self.octets[at] & 1:  # VIRTIO_NET_HDR_F_NEEDS_CSUM
            transport = self._half(at + 6)
        head: cython.longlong = 8
        if kind == 1 or kind == 4:  # noqa: PLR1714 - a tuple would be made for every packet
            head = 20
            if transport + 12 < size:
                head = (self.octets[start + transport + 12] >> 4) * 4
        payload: cython.longlong = wire - transport - head
        count: cython.longlong = (payload + gso - 1) // gso
        return cython.cast(cython.ushort, 1 if count < 1 else min(count, 65535))

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _cook(self, header: cython.longlong, start: cython.longlong) -> cython.void:
        """Write the SLL2 header (https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html) before a packet.

        sockaddr_ll lies 48 bytes into the header: family, protocol (big-endian), index, hardware type,
        packet type, address length, address.
        """
        at: cython.longlong = start - _COOKED
        index: cython.uint = self.words[(header + 52) >> 2]
        hardware: cython.uint = self._half(header + 56)
        number: cython.int
        self.octets[at] = self.octets[header + 50]
        self.octets[at + 1] = self.octets[header + 51]
        self.octets[at + 2] = 0
        self.octets[at + 3] = 0
        for number in range(4):
            self.octets[at + 4 + number] = index >> (24 - 8 * number) & 0xFF
        self.octets[at + 8] = hardware >> 8
        self.octets[at + 9] = hardware & 0xFF
        self.octets[at + 10] = self.octets[header + 58]
        self.octets[at + 11] = self.octets[header + 59]
        for number in range(8):
            self.octets[at + 12 + number] = self.octets[header + 60 + number]
