"""One AF_PACKET socket with a TPACKET_V3 ring (Documentation/networking/packet_mmap.rst), one interface.

The kernel copies frames into blocks of memory that is shared with us; a block is ours from the moment it
is full, or ``retire_ms`` after its first frame, until every batch made of it has been released. While all
blocks are ours the kernel drops, and counts, what arrives.

A ring is closed to all traffic until ``start``: the socket is made without a protocol and is bound
behind a filter that drops all, so no unfiltered frame can get in.

Known limit: with PACKET_VNET_HDR the kernel drops (and counts) frames of a segmentation it cannot
express there, which is SCTP's alone (virtio_net_hdr_from_skb, Linux 4.6 to 6.18).
"""

from __future__ import annotations

import contextlib
import mmap
import select
import socket
import struct
import time
from collections import deque

import msgspec

from procwire.capture import packet_filter
from procwire.capture.arphrd_names import LINKTYPE_LINUX_SLL2, LOOPBACK
from procwire.capture.block import BlockReader
from procwire.capture.interfaces import LinkState
from procwire.capture.opening import SOL_PACKET, Opener, RingWish, explained, open_ring
from procwire.capture.packet_filter import FilterProgram
from procwire.model.frames import FrameBatch

# Blocks are the unit that changes hands. One holds the largest GSO frame (64 KiB); BIG TCP's larger ones
# are cut to it. On a quiet interface each retirement uses up a block, so a reader may stall for
# RETIRE_MS times the number of blocks before frames are lost: hence many small ones.
BLOCK_BYTES = 128 << 10
MIN_BLOCKS = 4
RETIRE_MS = 40
# A batch goes on into the next block while that is near in time and it takes no more than this share
# of the ring from the kernel.
_SPAN_NS = RETIRE_MS * 1_000_000
_SHARE = 8
# Edge-triggered: while the newest full block is in use the socket counts as readable (packet_poll), and
# a level-triggered wait would spin.
EVENTS = select.EPOLLIN | select.EPOLLET

_STATISTICS, _FANOUT = 6, 18
_FANOUT_HASH = 0  # by addresses and ports, the same for both directions
_FANOUT_UNIQUE = 0x2000 << 16  # PACKET_FANOUT_FLAG_UNIQUEID, since Linux 4.12


class Drops(msgspec.Struct):
    """PACKET_STATISTICS, summed: the kernel forgets each time it is asked."""

    seen: int = 0  # frames that passed the filter, with those dropped
    dropped: int = 0  # for which there was no room in the ring
    freezes: int = 0  # times the ring was full


class Ring:
    """A ring on one interface. Belongs to one thread; ``take`` lets others run while it waits and walks.

    ring_bytes is rounded to whole blocks, at least MIN_BLOCKS; it is locked kernel memory.
    """

    def __init__(
        self,
        link: LinkState,
        *,
        interface: int = 0,
        ring_bytes: int = 16 << 20,
        block_bytes: int = BLOCK_BYTES,
        retire_ms: int = RETIRE_MS,
        opener: Opener = open_ring,
    ) -> None:
        self.link = link
        self.blocks = max(MIN_BLOCKS, ring_bytes // block_bytes)
        self.ring_bytes = self.blocks * block_bytes
        self.taken_bytes = 0  # captured bytes of the batch that was taken last
        self._drops = Drops()
        self._next = 0  # block that the kernel hands over next
        self._open = False  # whether its packets are being read
        self._held = [0] * self.blocks  # batches out, by block; the block being read counts as one
        self._owner: dict[int, list[int]] = {}  # id of a batch that is out -> its blocks
        self._free: deque[FrameBatch] = deque()
        self._epoll: select.epoll | None = None
        cooked = link.linktype == LINKTYPE_LINUX_SLL2
        wish = RingWish(
            index=link.index,
            name=link.name,
            hardware=link.hardware,
            linktype=link.linktype,
            blocks=self.blocks,
            block_bytes=block_bytes,
            retire_ms=retire_ms,
        )
        self._socket = opener(wish)
        try:
            self.memory = mmap.mmap(self._socket.fileno(), self.ring_bytes)
            self.memory.madvise(mmap.MADV_DONTFORK)  # who is forked off has no packets to read
        except BaseException as error:
            self._socket.close()
            raise explained(link.name, error) from error
        self._reader = BlockReader(self.memory, block_bytes, self.blocks)
        self._reader.setup(link.linktype, interface, loopback=link.hardware == LOOPBACK, cooked=cooked)
        self._cooked = cooked

    def __enter__(self) -> Ring:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def fileno(self) -> int:
        """For epoll with EVENTS: readable when a block is ours, in error when the interface went down."""
        return self._socket.fileno()

    def join(self, group: int | None = None) -> int:
        """Share the interface's traffic with other rings by flow (PACKET_FANOUT); before ``start``.

        Returns the group's number, for the rings that join it.
        """
        wanted = _FANOUT_UNIQUE if group is None else group
        try:
            self._socket.setsockopt(SOL_PACKET, _FANOUT, wanted | _FANOUT_HASH << 16)
        except OSError as error:
            raise explained(self.link.name, error) from error
        return self._socket.getsockopt(SOL_PACKET, _FANOUT) & 0xFFFF

    def start(self, program: FilterProgram) -> None:
        """Let frames in that pass ``program``. Raises FilterError."""
        packet_filter.attach(self._socket, packet_filter.for_kernel(program))

    def start_loaded(self, program: int) -> None:
        """Let frames in that a loaded BPF program lets by, by its descriptor. Raises FilterError."""
        packet_filter.attach_loaded(self._socket, program)

    def shut(self) -> None:
        """Let no more frames in; those in the ring can still be taken."""
        with contextlib.suppress(packet_filter.FilterError):
            packet_filter.attach(self._socket, packet_filter.drop_all())

    def rename(self, link: LinkState, interface: int) -> None:
        """The interface has another name: frames from now on are of ``interface``."""
        self.link = link
        self._reader.setup(link.linktype, interface, loopback=link.hardware == LOOPBACK, cooked=self._cooked)

    def ready(self) -> int:
        """Time of the first frame of the block that can be taken, in ns; 0 if there is none."""
        if self._open:
            return self._reader.first_time(self._next)
        if self._held[self._next] or not self._reader.ready(self._next):
            return 0
        return self._reader.first_time(self._next) or 1

    def take(self, timeout: float = 0.0) -> FrameBatch | None:
        """The next frames, or None after ``timeout`` seconds without any."""
        if not self.ready() and not self._wait(timeout):
            return None
        return self._batch()

    def release(self, batch: FrameBatch) -> None:
        """The batch is no longer in use: its block may go back to the kernel."""
        blocks = self._owner.pop(id(batch))
        self._free.append(batch)
        for block in blocks:
            self._let_go(block)

    def fault(self) -> int:
        """The errno that waits on the socket (ENETDOWN: the interface went down), or 0; clears it."""
        return self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    def drops(self) -> Drops:
        """Totals since the ring was made."""
        if self._socket.fileno() >= 0:
            seen, dropped, freezes = struct.unpack(
                "=III", self._socket.getsockopt(SOL_PACKET, _STATISTICS, 12)
            )
            self._drops.seen += seen
            self._drops.dropped += dropped
            self._drops.freezes += freezes
        return self._drops

    @property
    def torn(self) -> int:
        """Frames that did not fit their block; always 0 on a sane kernel."""
        return self._reader.torn

    def close(self) -> None:
        """Stop capturing and let go of the memory; may be called twice.

        A batch that is still out keeps the memory alive until it is dropped; nothing is captured then.
        """
        if self._socket.fileno() < 0:
            return
        self.shut()
        self.drops()
        self._socket.close()
        if self._epoll is not None:
            self._epoll.close()
        self._reader.close()
        for batch in self._free:
            batch.buffer = b""
        self._free.clear()
        if not self._owner:
            with contextlib.suppress(BufferError):
                self.memory.close()

    def _wait(self, timeout: float) -> bool:
        end = time.monotonic() + timeout
        while (left := end - time.monotonic()) > 0:
            if self._epoll is None:
                self._epoll = select.epoll()
                self._epoll.register(self, EVENTS)
            self._epoll.poll(left)
            if self.ready():
                return True
        return bool(self.ready())

    def _batch(self) -> FrameBatch | None:
        batch = self._free.popleft() if self._free else FrameBatch(self.memory)
        batch.count = 0
        self.taken_bytes = 0
        blocks = self._owner[id(batch)] = []
        until = self.ready() + _SPAN_NS
        while True:
            blocks.append(self._next)
            self._read(batch)
            if self._open or len(blocks) >= max(1, self.blocks // _SHARE):
                break
            if not 0 < self.ready() < until:
                break
        if batch.count:
            return batch
        self.release(batch)
        return None

    def _read(self, batch: FrameBatch) -> None:
        """Rows of the next block, which may be half read, into ``batch``."""
        block = self._next
        if not self._open:
            # A system call between seeing the status and reading what it guards: on machines that
            # reorder loads the kernel's entry and exit keep the order.
            self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE)
            self._reader.open(block)
            self._open = True
            self._held[block] = 1
        left = self._reader.fill(batch)
        self.taken_bytes += self._reader.filled_bytes
        self._held[block] += 1
        if not left:
            self._open = False
            self._next = (block + 1) % self.blocks
            self._let_go(block)

    def _let_go(self, block: int) -> None:
        self._held[block] -= 1
        if not self._held[block]:
            self._reader.give_back(block)
