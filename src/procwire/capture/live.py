"""Live traffic of several interfaces, or of all of them, as one source of frames.

Each interface has a socket and a ring of its own, so that its link type and name are exact. A frame that
crosses several interfaces of this machine (veth, bridge, bond and its members, a VLAN and its parent) is
reported by each of them, as the wire of each saw it: nothing is guessed to be a copy here. Who counts
flows takes each direction of a flow from the interface where that direction was seen first.

Rings are read by the time of their blocks' first frames. Within a ring the order is the kernel's; across
interfaces it is right to about RETIRE_MS.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections import deque
from collections.abc import Iterator, Sequence

from procwire.capture.members import Members, Wanted
from procwire.capture.opening import Opener
from procwire.capture.packet_filter import LoadedFilter
from procwire.capture.ring import RETIRE_MS, Ring
from procwire.capture.source import DEFAULT_SNAPLEN, Counts
from procwire.model.frames import FrameBatch

MAX_SNAPLEN = DEFAULT_SNAPLEN
MAX_FANOUT = 64
# Taken batches stay valid until so many more have been taken.
KEPT_BATCHES = 2
# How often news of interfaces and drops is fetched while frames never cease.
LOOK_SECONDS = 0.1
# A quiet source hands on an empty batch so often, for whoever works by the clock.
TICK_SECONDS = 0.25
# After ``stop`` the frames that had come are handed on: the kernel retires the last block within this.
_LAST_SECONDS = 1.5 * RETIRE_MS / 1000


class LiveSource:
    """A Source of frames as they pass. Make, use and close it on one thread; ``stop`` is for any.

    names          interfaces, or None for all that are up: new ones join, gone ones leave. A named one
                   that goes away is taken up again when its name returns.
    snaplen        bytes kept of a frame, at most MAX_SNAPLEN
    filter         tcpdump's language; raises FilterError. With "all", an interface on whose link type it
                   means nothing is left out and stands in ``refused`` with the reason. Or a BPF program
                   that is loaded already: few frames are expected then, and handed over within some ms.
    fanout         rings for each interface, among which the kernel spreads its flows: more memory and
                   less contention where many CPUs receive. All are walked here: the walk takes less than
                   a hundredth of what decoding does, so threads of its own would cost more than it.
    ring_bytes     ring memory for each interface

    Raises CaptureError for a name that does not exist and when capturing is not allowed.
    """

    def __init__(
        self,
        names: Sequence[str] | None = None,
        *,
        snaplen: int = DEFAULT_SNAPLEN,
        promiscuous: bool = False,
        filter: str | LoadedFilter = "",
        fanout: int = 1,
        ring_bytes: int | None = None,
    ) -> None:
        wanted = Wanted(
            names=None if names is None else tuple(dict.fromkeys(names)),
            snaplen=snaplen if 0 < snaplen < MAX_SNAPLEN else MAX_SNAPLEN,
            promiscuous=promiscuous,
            filter=filter if isinstance(filter, str) else "",
            loaded=filter if isinstance(filter, LoadedFilter) else None,
            fanout=min(max(1, fanout), MAX_FANOUT),
            ring_bytes=ring_bytes,
        )
        self._members = Members(wanted)
        self.interfaces = self._members.interfaces  # [0] is "not said"; grows as interfaces join
        self._out: deque[tuple[Ring, FrameBatch]] = deque()
        self._counts = Counts()
        self._next_look = 0.0
        self._stops = 0
        self._empty = FrameBatch(b"", 1)
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._members.listen(self._wake)

    def __enter__(self) -> LiveSource:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open_by(self, opener: Opener) -> None:
        """Rings of interfaces that join from now on are opened by another, who has the right to."""
        self._members.opener = opener

    @property
    def refused(self) -> dict[str, str]:
        """Interfaces that could not join, and why."""
        return self._members.refused

    @property
    def downs(self) -> dict[str, int]:
        """Times an interface went down while it was listened on."""
        return self._members.downs

    @property
    def listening(self) -> list[str]:
        """Names of the interfaces that are listened on now."""
        return list(dict.fromkeys(ring.link.name for ring in self._members.rings()))

    @property
    def counts(self) -> Counts:
        """Frames and bytes handed on, and what the kernel dropped (as of at most LOOK_SECONDS ago)."""
        return self._counts

    def drops(self) -> dict[str, int]:
        """Frames the kernel dropped for want of room, by interface, as of now."""
        totals = self._members.drops()
        self._counts.dropped = sum(totals.values())
        return totals

    def batches(self, tick: float = TICK_SECONDS) -> Iterator[FrameBatch]:
        """Frames until ``stop``, then those that had come by then.

        An empty batch after each ``tick`` seconds of silence. Ends at once when stopped a second time.
        """
        while not self._stops:
            batch = self.poll(tick)
            if batch is not None:
                yield batch
            elif not self._stops:
                yield self._empty
        yield from self._last()

    def poll(self, timeout: float = TICK_SECONDS) -> FrameBatch | None:
        """The next frames; None after ``timeout`` seconds without any, or at once after ``stop``.

        A batch is valid until two more have been taken or it was released.
        """
        end = time.monotonic() + timeout
        while not self._stops:
            now = time.monotonic()
            if now >= self._next_look:
                self._look(now)
            if batch := self._take():
                return batch
            left = max(0.0, end - now)
            if self._members.wait(min(left, LOOK_SECONDS) if self._members.leaving else left):
                self._next_look = 0.0
            if now >= end:
                return None
        return None

    def fileno(self) -> int:
        """For poll: readable when ``poll`` has something to do."""
        return self._members.fileno()

    def release(self, batch: FrameBatch) -> None:
        """Give a batch back early. Not needed: the oldest is taken back when two more are out."""
        for number, (ring, held) in enumerate(self._out):
            if held is batch:
                del self._out[number]
                ring.release(batch)
                return

    def stop(self) -> None:
        """End ``batches`` and wake ``poll``; from any thread or a signal handler."""
        self._stops += 1
        if self._wake >= 0:
            with contextlib.suppress(OSError):
                os.eventfd_write(self._wake, 1)

    def close(self) -> None:
        """Close rings and sockets; may be called twice. ``drops`` and ``counts`` still answer."""
        if self._wake < 0:
            return
        wake, self._wake = self._wake, -1
        self._stops += 2
        self._out.clear()
        self._members.close()
        os.close(wake)
        self.drops()

    def _take(self) -> FrameBatch | None:
        """The earliest frames that are there."""
        chosen, first = None, 0
        for ring in self._members.rings():
            ready = ring.ready()
            if ready and (chosen is None or ready < first):
                chosen, first = ring, ready
        if chosen is None or (batch := chosen.take()) is None:
            return None
        while len(self._out) >= KEPT_BATCHES:
            owner, old = self._out.popleft()
            owner.release(old)
        self._out.append((chosen, batch))
        batch.first = self._counts.frames + 1
        self._counts.frames += batch.count
        self._counts.bytes += chosen.taken_bytes
        return batch

    def _last(self) -> Iterator[FrameBatch]:
        if self._stops > 1:
            return
        self._members.shut()
        end = time.monotonic() + _LAST_SECONDS
        while self._stops == 1:
            if batch := self._take():
                yield batch
            elif time.monotonic() < end:
                # The wake-up of ``stop`` is still pending, so this cannot wait on the rings.
                time.sleep(0.005)
            else:
                break
        self.drops()

    def _look(self, now: float) -> None:
        """What need not be done for every batch: interfaces that came and went, and the drops."""
        self._next_look = now + LOOK_SECONDS
        self._members.look(now)
        self.drops()
