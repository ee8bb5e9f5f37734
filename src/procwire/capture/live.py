"""Live traffic of several interfaces, or of all of them, as one source of frames.

Each interface has a socket and a ring of its own, so that its link type and name are exact. A frame that
crosses several interfaces of this machine (veth, bridge, bond and its members, a VLAN and its parent) is
reported by each of them, as the wire of each saw it: nothing is guessed to be a copy here. Who counts
flows takes each direction of a flow from the interface where that direction was seen first.

Rings are read by the time of their blocks' first frames. The order across interfaces is therefore right
to about one block or RETIRE_MS, whichever is shorter; within a ring it is the kernel's.
"""

from __future__ import annotations

import contextlib
import os
import select
import time
from collections import deque
from collections.abc import Iterator, Sequence

from procwire.capture import packet_filter
from procwire.capture.interfaces import Change, LinkState, Watcher
from procwire.capture.packet_filter import FilterError, FilterProgram
from procwire.capture.ring import EVENTS, RETIRE_MS, Ring
from procwire.capture.source import DEFAULT_SNAPLEN, CaptureError, Counts, Interface
from procwire.model.frames import FrameBatch

# Ring memory of one interface that was asked for by name; of all together when all were asked for,
# though never less than LEAST_RING_BYTES each. Locked kernel memory, not part of the process's own.
RING_BYTES = 16 << 20
ALL_RING_BYTES = 64 << 20
LEAST_RING_BYTES = 2 << 20
MAX_INTERFACES = 512
# FrameBatch.interface is 16 bits; names beyond that are "not said".
MAX_NUMBERS = 65535
MAX_SNAPLEN = 262_144
# Taken batches stay valid until so many more have been taken.
KEPT_BATCHES = 2
# How often news of interfaces and drops is fetched while frames never cease.
LOOK_SECONDS = 0.1
# A quiet source hands on an empty batch so often, for whoever works by the clock.
TICK_SECONDS = 0.25

# Netlink and vsock monitors carry no network traffic; "all" leaves them out.
_NOT_NETWORK = frozenset({824, 826})


class LiveSource:
    """A Source of frames as they pass. Make, use and close it on one thread; ``stop`` is for any.

    names          interfaces, or None for all that are up: new ones join, gone ones leave. A named one
                   that goes away is taken up again when its name returns.
    filter         tcpdump's language; raises FilterError. With "all", an interface on whose link type it
                   means nothing is left out and stands in ``refused``.
    fanout         rings for each interface, among which its flows are spread by the kernel
    ring_bytes     ring memory for each interface

    Raises CaptureError for a name that does not exist and when capturing is not allowed.
    """

    def __init__(
        self,
        names: Sequence[str] | None = None,
        *,
        snaplen: int = DEFAULT_SNAPLEN,
        promiscuous: bool = False,
        filter: str = "",
        fanout: int = 1,
        ring_bytes: int | None = None,
    ) -> None:
        self.names = None if names is None else tuple(dict.fromkeys(names))
        self.snaplen = snaplen if 0 < snaplen <= MAX_SNAPLEN else MAX_SNAPLEN
        self.promiscuous = promiscuous
        self.filter = filter
        self.fanout = max(1, fanout)
        self.interfaces = [Interface()]
        self.refused: dict[str, str] = {}  # interfaces that could not join, and why
        self.downs: dict[str, int] = {}  # times an interface went down while captured
        self._numbers: dict[str, int] = {}
        self._rings: dict[int, list[Ring]] = {}  # by the kernel's index
        self._leaving: list[tuple[float, Ring]] = []  # of gone interfaces: drained, then closed
        self._by_descriptor: dict[int, Ring] = {}
        self._out: deque[tuple[Ring, FrameBatch]] = deque()
        self._dropped: dict[str, int] = {}  # of rings that are closed
        self._counts = Counts()
        self._next_look = 0.0
        self._stopping = False
        self._closed = False
        self._empty = FrameBatch(b"", 1)
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._epoll = select.epoll()
        self._epoll.register(self._wake, select.EPOLLIN)
        self._watcher = Watcher()
        self._epoll.register(self._watcher, select.EPOLLIN)
        try:
            self._ring_bytes = ring_bytes or self._share()
            self._begin()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> LiveSource:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def counts(self) -> Counts:
        """Frames and bytes handed on, and what the kernel dropped (as of at most LOOK_SECONDS ago)."""
        return self._counts

    def drops(self) -> dict[str, int]:
        """Frames the kernel dropped for want of room, by interface, as of now."""
        totals = dict(self._dropped)
        for ring in self._all_rings():
            totals[ring.link.name] = totals.get(ring.link.name, 0) + ring.drops().dropped
        self._counts.dropped = sum(totals.values())
        return totals

    def batches(self, tick: float = TICK_SECONDS) -> Iterator[FrameBatch]:
        """Frames until ``stop``; an empty batch after each ``tick`` seconds of silence."""
        while not self._stopping:
            batch = self.poll(tick)
            if batch is not None:
                yield batch
            elif not self._stopping:
                yield self._empty

    def poll(self, timeout: float = TICK_SECONDS) -> FrameBatch | None:
        """The next frames; None after ``timeout`` seconds without any, or at once after ``stop``.

        A batch is valid until two more have been taken or it was released.
        """
        end = time.monotonic() + timeout
        while not self._stopping:
            now = time.monotonic()
            if now >= self._next_look:
                self._look(now)
            if (ring := self._earliest()) and (batch := ring.take()):
                return self._hand_on(ring, batch)
            if now >= end:
                return None
            self._sleep(min(end - now, LOOK_SECONDS) if self._leaving else end - now)
        return None

    def release(self, batch: FrameBatch) -> None:
        """Give a batch back early. Not needed: the oldest is taken back when two more are out."""
        for number, (ring, held) in enumerate(self._out):
            if held is batch:
                del self._out[number]
                ring.release(batch)
                return

    def stop(self) -> None:
        """End ``batches`` and wake ``poll``; from any thread or a signal handler."""
        self._stopping = True
        with contextlib.suppress(OSError):
            os.eventfd_write(self._wake, 1)

    def close(self) -> None:
        """Close rings and sockets; may be called twice. Batches that are out lose their frames."""
        if self._closed:
            return
        self._closed = True
        self._stopping = True
        self._out.clear()
        for ring in list(self._all_rings()):
            self._forget(ring)
        self._rings.clear()
        self._leaving.clear()
        self._counts.dropped = sum(self._dropped.values())
        self._watcher.close()
        self._epoll.close()
        os.close(self._wake)

    def _begin(self) -> None:
        links = {link.name: link for link in self._watcher.links.values()}
        if self.names is None:
            for link in list(links.values()):
                self._try_join(link)
            self._insist()
            return
        for name in self.names:
            if name not in links:
                raise CaptureError(name, None, f"no such interface; there are: {', '.join(links)}")
            self._join(links[name])

    def _insist(self) -> None:
        """With nothing to capture on, say why; a filter that fails everywhere is a wrong filter."""
        if self._rings or not self.refused:
            return
        name, reason = next(iter(self.refused.items()))
        if self.filter:
            packet_filter.compile_filter(self.filter, snaplen=self.snaplen)
        raise CaptureError(name, None, reason)

    def _share(self) -> int:
        if self.names is not None:
            return RING_BYTES
        count = sum(self._wants(link) for link in self._watcher.links.values())
        return max(LEAST_RING_BYTES, min(RING_BYTES, ALL_RING_BYTES // max(1, count)))

    def _wants(self, link: LinkState) -> bool:
        if self.names is not None:
            return link.name in self.names
        return link.up and link.hardware not in _NOT_NETWORK

    def _try_join(self, link: LinkState) -> None:
        if not self._wants(link) or link.index in self._rings:
            return
        if len(self._rings) >= MAX_INTERFACES:
            self.refused[link.name] = f"more than {MAX_INTERFACES} interfaces"
            return
        try:
            self._join(link)
        except FilterError as error:
            self.refused[link.name] = error.reason
        except CaptureError as error:
            self.refused[link.name] = error.reason
        else:
            self.refused.pop(link.name, None)

    def _join(self, link: LinkState) -> None:
        program = packet_filter.compile_filter(
            self.filter, link.linktype, snaplen=self.snaplen, device=link.name
        )
        rings: list[Ring] = []
        try:
            rings.extend(self._ring(link) for _ in range(self.fanout))
            self._open(rings, program)
        except BaseException:
            for ring in rings:
                ring.close()
            raise
        for ring in rings:
            self._by_descriptor[ring.fileno()] = ring
            self._epoll.register(ring, EVENTS)
        self._rings[link.index] = rings

    def _open(self, rings: list[Ring], program: FilterProgram) -> None:
        group: int | None = None
        for ring in rings if self.fanout > 1 else ():
            group = ring.join(group)
        for ring in rings:
            ring.start(program)

    def _ring(self, link: LinkState) -> Ring:
        return Ring(
            link,
            interface=self._number(link),
            ring_bytes=self._ring_bytes // self.fanout,
            promiscuous=self.promiscuous,
        )

    def _number(self, link: LinkState) -> int:
        """The interface's place in ``interfaces``: the same for a name whenever it comes back."""
        number = self._numbers.get(link.name)
        if number is not None and self.interfaces[number].link == link.linktype:
            return number
        if len(self.interfaces) > MAX_NUMBERS:
            return 0
        number = self._numbers[link.name] = len(self.interfaces)
        self.interfaces.append(
            Interface(
                index=number,
                name=link.name,
                link=link.linktype,
                snaplen=self.snaplen,
                description=link.kind,
                filter=self.filter,
            )
        )
        return number

    def _all_rings(self) -> Iterator[Ring]:
        for rings in self._rings.values():
            yield from rings
        for _, ring in self._leaving:
            yield ring

    def _earliest(self) -> Ring | None:
        chosen, first = None, 0
        for ring in self._all_rings():
            ready = ring.ready()
            if ready and (chosen is None or ready < first):
                chosen, first = ring, ready
        return chosen

    def _hand_on(self, ring: Ring, batch: FrameBatch) -> FrameBatch:
        while len(self._out) >= KEPT_BATCHES:
            owner, old = self._out.popleft()
            owner.release(old)
        self._out.append((ring, batch))
        batch.first = self._counts.frames + 1
        self._counts.frames += batch.count
        self._counts.bytes += ring.taken_bytes
        return batch

    def _sleep(self, seconds: float) -> None:
        for descriptor, events in self._epoll.poll(seconds):
            ring = self._by_descriptor.get(descriptor)
            if ring is None:
                self._next_look = 0.0
            elif events & (select.EPOLLERR | select.EPOLLHUP) and ring.fault():
                self.downs[ring.link.name] = self.downs.get(ring.link.name, 0) + 1

    def _look(self, now: float) -> None:
        """What need not be done for every batch: interfaces that came and went, and the drops."""
        self._next_look = now + LOOK_SECONDS
        for change in self._watcher.changes():
            self._apply(change, now)
        gone = [ring for since, ring in self._leaving if now - since > RETIRE_MS / 250 and not ring.ready()]
        for ring in gone:
            self._forget(ring)
        self._leaving = [one for one in self._leaving if one[1] not in gone]
        self.drops()

    def _apply(self, change: Change, now: float) -> None:
        link = change.link
        if change.event == "gone":
            self._leaving += [(now, ring) for ring in self._rings.pop(link.index, ())]
            self.refused.pop(link.name, None)
            return
        if change.event == "renamed":
            for ring in self._rings.get(link.index, ()):
                ring.rename(link, self._number(link))
        self._try_join(link)

    def _forget(self, ring: Ring) -> None:
        """Close a ring and keep its drops. Its batches that are out keep their memory alive."""
        self._by_descriptor.pop(ring.fileno(), None)
        with contextlib.suppress(OSError, ValueError):
            self._epoll.unregister(ring)
        ring.close()
        name = ring.link.name
        self._dropped[name] = self._dropped.get(name, 0) + ring.drops().dropped
        self._out = deque((owner, batch) for owner, batch in self._out if owner is not ring)
