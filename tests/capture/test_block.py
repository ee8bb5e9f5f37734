from __future__ import annotations

import random
import struct

import pytest

from procwire.capture.arphrd_names import LINKTYPE_LINUX_SLL2
from procwire.capture.block import BlockReader
from procwire.model.frames import FOREIGN, INBOUND, OUTBOUND, FrameBatch

BLOCK = 4096


class Memory:
    """A ring's memory as the kernel would write it: one block."""

    def __init__(self) -> None:
        self.data = bytearray(BLOCK)
        self.at = 48
        self.last = 0
        self.packets = 0

    def add(
        self,
        frame: bytes,
        *,
        kind: int = 0,
        vnet: bytes = bytes(10),
        wire: int = 0,
        status: int = 0,
        tag: tuple[int, int] = (0, 0),
    ) -> None:
        start = 68 + 44
        header = struct.pack(
            "=IIIIIIHHIIHH8x",
            0,
            1000,
            5 + self.packets,
            len(frame),
            wire or len(frame),
            status | 1,
            start,
            start + 14,
            0,
            *tag,
            0,
        )
        address = struct.pack("=H2siHBB8s", 17, b"\x86\xdd", 7, 1, kind, 6, b"abcdef\0\0")
        if self.packets:
            struct.pack_into("=I", self.data, self.last, self.at - self.last)
        self.data[self.at : self.at + 68] = header + address
        self.data[self.at + start - 10 : self.at + start] = vnet
        self.data[self.at + start : self.at + start + len(frame)] = frame
        self.last = self.at
        self.at += (start + len(frame) + 15) & ~15
        self.packets += 1

    def reader(self, *, link: int = 1, loopback: bool = False) -> BlockReader:
        struct.pack_into("=IIIIII", self.data, 0, 1, 0, 1, self.packets, 48, self.at)
        reader = BlockReader(self.data, BLOCK, 1)
        reader.setup(link, 3, loopback=loopback, cooked=link == LINKTYPE_LINUX_SLL2)
        return reader

    def batch(self, **options: int) -> FrameBatch:
        reader = self.reader(**options)  # type: ignore[arg-type]
        batch = FrameBatch(self.data, 64)
        reader.open(0)
        reader.fill(batch)
        return batch


def test_rows_say_what_the_kernel_said() -> None:
    memory = Memory()
    memory.add(b"A" * 60)
    memory.add(b"B" * 50, wire=1500, kind=4)
    batch = memory.batch()
    assert [batch.frame(row) for row in range(2)] == [b"A" * 60, b"B" * 50]
    assert list(batch.wire[:2]) == [60, 1500]
    assert list(batch.time[:2]) == [1000 * 10**9 + 5, 1000 * 10**9 + 6]
    assert list(batch.flags[:2]) == [INBOUND, OUTBOUND]
    assert list(batch.interface[:2]) == [3, 3]
    assert list(batch.segments[:2]) == [1, 1]


def test_a_stripped_tag_is_kept_and_its_bytes_count() -> None:
    memory = Memory()
    memory.add(b"A" * 60, status=0x10 | 0x40, tag=(0x2005, 0x88A8))
    memory.add(b"A" * 60, status=0x10, tag=(7, 0))
    batch = memory.batch()
    assert list(batch.vlan[:2]) == [0x88A82005, 0x81000007]
    assert list(batch.wire[:2]) == [64, 64]


def test_loopback_counts_once_and_is_both_ways() -> None:
    memory = Memory()
    memory.add(b"A" * 60, kind=4)
    memory.add(b"A" * 60, kind=0)
    memory.add(b"A" * 60, kind=3)
    batch = memory.batch(loopback=True)
    assert list(batch.flags[: batch.count]) == [INBOUND | OUTBOUND, FOREIGN]


@pytest.mark.parametrize(
    ("kind", "gso", "transport", "wire", "segments"),
    [
        (1, 1448, 34, 34 + 32 + 1448 * 3, 3),
        (4, 1428, 54, 54 + 32 + 1428 * 3 + 1, 4),
        (0x81, 1448, 34, 34 + 32 + 1448, 1),
        (5, 1200, 34, 34 + 8 + 1200 * 2, 2),
        (1, 0, 34, 9000, 1),
        (0, 1448, 34, 9000, 1),
        (1, 1, 34, 500000, 65535),
        (1, 1448, 60000, 100, 1),
    ],
)
def test_segments_of_a_super_packet(kind: int, gso: int, transport: int, wire: int, segments: int) -> None:
    frame = bytearray(100)
    if transport < 88:
        frame[transport + 12] = 8 << 4  # 32 bytes of TCP header
    memory = Memory()
    memory.add(bytes(frame), wire=wire, vnet=struct.pack("=BBHHHH", 1, kind, 90, gso, transport, 16))
    assert memory.batch().segments[0] == segments


def test_a_cooked_frame_gets_its_header_in_place() -> None:
    memory = Memory()
    memory.add(b"payload", kind=1)
    batch = memory.batch(link=LINKTYPE_LINUX_SLL2)
    assert batch.frame(0) == bytes.fromhex("86dd0000000000070001") + b"\x01\x06abcdef\0\0payload"
    assert (batch.wire[0], batch.captured[0]) == (27, 27)


def test_a_full_batch_leaves_the_rest_for_the_next() -> None:
    memory = Memory()
    for _ in range(5):
        memory.add(b"A" * 40)
    reader, batch = memory.reader(), FrameBatch(memory.data, 3)
    assert (reader.open(0), reader.fill(batch), batch.count) == (5, 2, 3)
    batch.count = 0
    assert (reader.fill(batch), batch.count) == (0, 2)
    assert reader.filled_bytes == 80


def test_no_junk_leads_outside_the_block() -> None:
    chance = random.Random(5)
    for _ in range(400):
        memory = Memory()
        for _ in range(4):
            memory.add(b"A" * 60)
        reader = memory.reader()
        for _ in range(12):
            word = chance.choice([4, 4 + chance.randrange(8), chance.randrange(1024)]) * 4
            struct.pack_into("=I", memory.data, word, chance.choice([0, 1, 68, 2**31, 2**32 - 1, BLOCK - 4]))
        batch = FrameBatch(memory.data, 64)
        reader.open(0)
        reader.fill(batch)
        assert all(
            batch.offset[row] >= 0 and batch.offset[row] + batch.captured[row] <= BLOCK
            for row in range(batch.count)
        )


def test_blocks_that_are_not_there() -> None:
    reader = Memory().reader()
    for wrong in (-1, 1):
        with pytest.raises(IndexError):
            reader.ready(wrong)
    with pytest.raises(ValueError, match="whole blocks"):
        BlockReader(bytearray(100), 4096, 1)
    reader.close()
    with pytest.raises(IndexError):
        reader.ready(0)
