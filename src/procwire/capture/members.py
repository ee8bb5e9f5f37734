"""The interfaces a live capture listens on: who joins, who has left, what each has dropped.

Holds a Ring (or several, with fanout) for each. Refuses to read frames; ``live`` does that.
"""

from __future__ import annotations

import contextlib
import select
import socket
from collections.abc import Iterator

import msgspec

from procwire.capture import packet_filter
from procwire.capture.interfaces import Change, LinkState, Watcher
from procwire.capture.opening import Opener, RingWish, open_ring
from procwire.capture.packet_filter import FilterProgram, LoadedFilter
from procwire.capture.ring import EVENTS, RETIRE_MS, Ring
from procwire.capture.source import DEFAULT_SNAPLEN, CaptureError, Interface

# Ring memory of one interface that was asked for by name; of all together when all were asked for,
# though never less than LEAST_RING_BYTES each. Locked kernel memory, not part of the process's own.
RING_BYTES = 16 << 20
ALL_RING_BYTES = 64 << 20
LEAST_RING_BYTES = 2 << 20
MAX_INTERFACES = 512
PROMPT_MS = 4  # with few interfaces; with many as many as there are, up to RETIRE_MS
# FrameBatch.interface is 16 bits; names beyond that are "not said".
MAX_NUMBERS = 65535

# The rings of a gone interface stay until the kernel has surely retired their last block.
_LAST_SECONDS = 4 * RETIRE_MS / 1000
# ARPHRD_NETLINK and ARPHRD_VSOCKMON carry no network traffic; "all" leaves them out.
_NOT_NETWORK = frozenset({824, 826})


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What to listen on and how; the words are LiveSource's."""

    names: tuple[str, ...] | None = None
    snaplen: int = DEFAULT_SNAPLEN
    promiscuous: bool = False
    filter: str = ""
    fanout: int = 1
    ring_bytes: int | None = None
    loaded: LoadedFilter | None = None  # filters instead of ``filter``


class Members:
    """Rings on the wanted interfaces, kept up with by ``look``. Belongs to one thread.

    interfaces  as the Source protocol has it: [0] is "not said"; a name keeps its number
    refused     interfaces that could not join, and why
    downs       times an interface went down while it was listened on
    """

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.opener: Opener = open_ring
        self.interfaces = [Interface()]
        self.refused: dict[str, str] = {}
        self.downs: dict[str, int] = {}
        self._numbers: dict[str, int] = {}
        self._rings: dict[int, list[Ring]] = {}  # by the kernel's index
        self._leaving: list[tuple[float, Ring]] = []  # with the time since when
        self._by_descriptor: dict[int, Ring] = {}
        self._dropped: dict[str, int] = {}  # of rings that are closed
        try:
            self._watcher = Watcher()
        except OSError as error:
            raise CaptureError("interfaces", None, error.strerror or str(error)) from error
        self._epoll = select.epoll()
        self._epoll.register(self._watcher, select.EPOLLIN)
        try:
            self._ring_bytes = wanted.ring_bytes or self._share()
            self._retire_ms = self._patience()
            self._begin()
        except BaseException:
            self.close()
            raise

    def rings(self) -> Iterator[Ring]:
        """Every ring that may have frames."""
        for rings in self._rings.values():
            yield from rings
        for _, ring in self._leaving:
            yield ring

    @property
    def leaving(self) -> bool:
        """Whether ``look`` has rings to close soon."""
        return bool(self._leaving)

    def listen(self, descriptor: int) -> None:
        """Let ``wait`` return, too, when this one is readable."""
        self._epoll.register(descriptor, select.EPOLLIN)

    def fileno(self) -> int:
        """For poll: readable when ``wait`` would return at once."""
        return self._epoll.fileno()

    def wait(self, seconds: float) -> bool:
        """Sleep until something happens; returns whether anything but frames did."""
        other = False
        for descriptor, events in self._epoll.poll(seconds):
            ring = self._by_descriptor.get(descriptor)
            if ring is None:
                other = True
            elif events & (select.EPOLLERR | select.EPOLLHUP) and ring.fault():
                self.downs[ring.link.name] = self.downs.get(ring.link.name, 0) + 1
        return other

    def look(self, now: float) -> None:
        """Take up interfaces that came, let those go that went. ``now`` is monotonic, in seconds."""
        changes: list[Change] = []
        with contextlib.suppress(OSError):  # the Watcher tries again when it is asked again
            changes = self._watcher.changes()
        for change in changes:
            self._apply(change, now)
        over = [ring for since, ring in self._leaving if now - since > _LAST_SECONDS and not ring.ready()]
        for ring in over:
            self._forget(ring)
        self._leaving = [one for one in self._leaving if one[1] not in over]

    def drops(self) -> dict[str, int]:
        """Frames the kernel dropped for want of room, by interface, as of now."""
        totals = dict(self._dropped)
        for ring in self.rings():
            totals[ring.link.name] = totals.get(ring.link.name, 0) + ring.drops().dropped
        return totals

    def shut(self) -> None:
        """Let no more frames in."""
        for ring in self.rings():
            ring.shut()

    def close(self) -> None:
        """Close rings and sockets; may be called twice. ``drops`` still answers."""
        for ring in list(self.rings()):
            self._forget(ring)
        self._rings.clear()
        self._leaving.clear()
        self._watcher.close()
        self._epoll.close()

    def _begin(self) -> None:
        links = {link.name: link for link in self._watcher.links.values()}
        if self.wanted.names is None:
            for link in list(links.values()):
                self._try_join(link)
            self._insist()
            return
        for name in self.wanted.names:
            if name not in links:
                raise CaptureError(name, None, f"no such interface; there are: {', '.join(links)}")
            self._join(links[name])

    def _insist(self) -> None:
        """With nothing to listen on, say why; a filter that is wrong everywhere is a wrong filter."""
        if self._rings or not self.refused:
            return
        name, reason = next(iter(self.refused.items()))
        packet_filter.compile_filter(self.wanted.filter)
        raise CaptureError(name, None, reason)

    def _share(self) -> int:
        if self.wanted.names is not None:
            return RING_BYTES
        count = sum(self._wants(link) for link in self._watcher.links.values())
        return max(LEAST_RING_BYTES, min(RING_BYTES, ALL_RING_BYTES // max(1, count)))

    def _patience(self) -> int:
        """How long a block that is not full is waited for: each ring has a timer that runs always."""
        if self.wanted.loaded is None:
            return RETIRE_MS
        count = sum(self._wants(link) for link in self._watcher.links.values())
        return min(RETIRE_MS, max(PROMPT_MS, count))

    def _wants(self, link: LinkState) -> bool:
        if self.wanted.names is not None:
            return link.name in self.wanted.names
        return link.up and link.hardware not in _NOT_NETWORK

    def _try_join(self, link: LinkState) -> None:
        if not self._wants(link) or link.index in self._rings:
            return
        try:
            if len(self._rings) >= MAX_INTERFACES:
                raise CaptureError(link.name, None, f"more than {MAX_INTERFACES} interfaces")
            self._join(link)
        except CaptureError as error:
            self.refused[link.name] = error.reason
        else:
            self.refused.pop(link.name, None)

    def _join(self, link: LinkState) -> None:
        wanted = self.wanted
        program = packet_filter.compile_filter(
            wanted.filter, link.linktype, snaplen=wanted.snaplen, device=link.name
        )
        rings: list[Ring] = []
        try:
            rings.extend(self._ring(link) for _ in range(wanted.fanout))
            if wanted.loaded is not None:
                wanted.loaded.joins(link)
            _start(rings, program, wanted.loaded)
        except BaseException:
            for ring in rings:
                ring.close()
            raise
        for ring in rings:
            self._by_descriptor[ring.fileno()] = ring
            self._epoll.register(ring, EVENTS)
        self._rings[link.index] = rings

    def _ring(self, link: LinkState) -> Ring:
        return Ring(
            link,
            interface=self._number(link),
            ring_bytes=self._ring_bytes // self.wanted.fanout,
            retire_ms=self._retire_ms,
            opener=self._open,
        )

    def _open(self, wish: RingWish) -> socket.socket:
        return self.opener(msgspec.structs.replace(wish, promiscuous=self.wanted.promiscuous))

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
                snaplen=self.wanted.snaplen,
                description=link.kind,
                filter=self.wanted.filter,
            )
        )
        return number

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
        """Close a ring and keep its drops. Batches of it that are out keep their memory alive."""
        self._by_descriptor.pop(ring.fileno(), None)
        with contextlib.suppress(OSError, ValueError):
            self._epoll.unregister(ring)
        ring.close()
        name = ring.link.name
        self._dropped[name] = self._dropped.get(name, 0) + ring.drops().dropped


def _start(rings: list[Ring], program: FilterProgram, loaded: LoadedFilter | None) -> None:
    """Several rings share the interface's flows; none lets a frame in before all are of the group."""
    group: int | None = None
    for ring in rings if len(rings) > 1 else ():
        group = ring.join(group)
    for ring in rings:
        if loaded is not None:
            ring.start_loaded(loaded.descriptor)
        else:
            ring.start(program)
