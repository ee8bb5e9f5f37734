"""Live traffic as the kernel's programs hand it on, beside a packet socket for what they do not count.

A Source like ``capture.live``: frames, batch by batch. Those with the mark COUNTED are for what they say
alone; how much there was is read from the kernel's maps, once a second and when a flow is over (``count``).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator

import msgspec

from procwire.accounting.bound import Bound
from procwire.accounting.programs import MAX_ACCOUNTS, RING_BYTES, Programs
from procwire.accounting.strays import MAX_STRAYS, Strays
from procwire.accounting.tally import STEP_NS, Credit, Ledger
from procwire.bpf.accounts import Account, Settings
from procwire.capture.arphrd_names import LOOPBACK
from procwire.capture.interfaces import LinkState, Watcher
from procwire.capture.live import LiveSource
from procwire.capture.opening import Opener
from procwire.capture.packet_filter import LoadedFilter
from procwire.capture.source import CaptureError, Counts, Interface
from procwire.capture.tap import Tap
from procwire.model.flow import Flow
from procwire.model.frames import COUNTED, FrameBatch, batch_of
from procwire.model.kernel import Credited

FIRST_BYTES = 16384  # of each direction, before a verdict; a reader decides within 4 KiB (dpi/opening.py)
FEW_BYTES = 4096  # the same where no more is followed
FIRST_PACKETS = 3  # of each direction, headers at least: a handshake, and who answers
MOST_BYTES = 16352  # of one packet
RATE_BYTES = 64 << 20  # of content, a second, of all flows together
WINDOWS = 60  # in a second, about (WINDOW_SHIFT of account.bpf.c)
TAP_RING_BYTES = 2 << 20  # for each interface: only what is not counted goes there
# Looks at the ring buffer after something came, one after another; then none until the kernel wakes, which it
# does for a flow that begins, for what comes after 16 ms without anything, and for much. Of flows that begin
# together only the first one wakes.
STEP_SECONDS = (0.004, 0.02, 0.02)
LOOK_SECONDS = 0.25
AWAY = "other netns"  # instead of an interface: what namespaces that are not watched have among themselves
AWAY_NS = 200_000_000  # a flow of theirs that passes here has been seen here by then
STEP = 16  # accounts that are read in one step, about a millisecond's work
_ETHERNET, _RAW = 14, 0
_RAW_LINK = 101  # LINKTYPE_RAW
LINKTYPE_ETHERNET = 1


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """What is watched, and how deeply."""

    interfaces: tuple[str, ...] = ()  # none: all that are up
    tap: bool = True  # with packet sockets beside
    content: bool = True  # someone reads it
    everything: bool = False  # all of it
    first_bytes: int = FIRST_BYTES
    rate_bytes: int = RATE_BYTES
    ports: frozenset[tuple[int, int]] = frozenset()  # (protocol, port) whose content is always wanted


class KernelSource:
    """Programs, ring buffer and packet sockets of one run. Make, use and close it on one thread.

    Raises BpfError where the programs cannot run, CaptureError for interfaces as LiveSource does.
    """

    def __init__(self, wishes: Wishes, *, home: int, content: bytes | None = None) -> None:
        self.wishes = wishes
        settings = Settings(
            home=home,
            first_bytes=wishes.first_bytes if wishes.content else 0,
            first_packets=FIRST_PACKETS,
            most_bytes=MOST_BYTES,
            window_bytes=max(1 << 16, wishes.rate_bytes // WINDOWS // (os.cpu_count() or 1)),
            whole=not wishes.tap,
            everything=wishes.everything,
        )
        self.refused: dict[str, str] = {}
        self._stops = 0
        self._indexes: dict[int, LinkState] = {}
        self._numbers: dict[int, int] = {}  # the kernel's index -> place in ``interfaces``
        self._here = frozenset({0, home})  # namespaces whose packets are seen on the interfaces
        self._strays = Strays(self._here)
        self._said: dict[int, Bound] = {}
        self._leaving: set[int] = set()  # flows that are over, and others have their ends
        self._own: list[FrameBatch] = []
        self._since = 0
        self._anew = False  # flows were opened by their counts since the last reading began
        self._read = 0  # monotonic time up to which the ring buffer was read
        self._next_look = 0.0
        self._looks = 0  # without anything, since something came
        self._counts = Counts()
        self._live: LiveSource | None = None
        self.programs = Programs(settings, content=content, tap=wishes.tap)
        try:
            self.programs.hint(wishes.ports if wishes.content else ())
            self.tap = Tap(self.programs.ring, RING_BYTES)
            self.ledger = Ledger(home=home, credit=_nobody, facts=self.programs.facts)
            self.ledger.tapped = wishes.tap
            self.ledger.away = 0 if wishes.tap and not wishes.interfaces else None  # 0: none of them so far
            self.ledger.offset = self.tap.synchronise()
            self._watcher = Watcher()
            self.interfaces = [Interface()]
            self._begin()
            self.programs.attach()
        except BaseException:
            self.programs.close()
            raise

    # A source of frames, as LiveSource.

    @property
    def counts(self) -> Counts:
        """Frames handed on, and what the packet sockets dropped."""
        self._counts.dropped = self._live.counts.dropped if self._live is not None else 0
        return self._counts

    def open_by(self, opener: Opener) -> None:
        """See LiveSource."""
        if self._live is not None:
            self._live.open_by(opener)

    @property
    def listening(self) -> list[str]:
        """Names of the interfaces that are watched now."""
        return [link.name for link in self._indexes.values()]

    @property
    def watched(self) -> list[LinkState]:
        """The interfaces that are watched now."""
        return list(self._indexes.values())

    def drops(self) -> dict[str, int]:
        """Frames that packet sockets dropped for want of room, by interface."""
        return self._live.drops() if self._live is not None else {}

    @property
    def evicted(self) -> int:
        """Accounts that had to make room: what they counted since they were read last is in no flow."""
        return self.programs.evicted

    def poll(self, timeout: float) -> FrameBatch | None:
        """The next frames; None after ``timeout`` seconds without any, or at once after ``stop``."""
        end = time.monotonic() + timeout
        self._speak()
        while not self._stops:
            now = time.monotonic()
            if now >= self._next_look:
                self._look(now)
            if batch := self._take(max(0.0, end - now)):
                return batch
            if now >= end:
                return None
        return None

    def release(self, batch: FrameBatch) -> None:
        """Give a batch back early."""
        if not self.tap.release(batch) and self._live is not None:
            self._live.release(batch)

    def stop(self) -> None:
        """End ``poll`` and ``batches``; from any thread or a signal handler."""
        self._stops += 1
        if self._live is not None:
            self._live.stop()

    def batches(self) -> Iterator[FrameBatch]:
        """After ``stop``: what had come by then."""
        left, stopped = self.tap.waiting, time.monotonic_ns()
        while self._stops == 1 and left > 0:
            before = self.tap.waiting
            batch = self.tap.take()
            left -= max(1, before - self.tap.waiting)
            if batch is not None:
                yield self._counted(batch, self.tap.taken_bytes)
        if self._live is not None:
            yield from self._live.batches()
        self._read = stopped
        for _ in range(MAX_ACCOUNTS // MAX_STRAYS):  # what was counted, and nothing was read of it
            self.count()
            if self._stops > 1 or not self._strays:
                break
            while self._strays:
                yield self._stray()

    def close(self) -> None:
        """Detach and close everything; may be called twice."""
        if self._live is not None:
            self._live.close()
        self.tap.close()
        self._watcher.close()
        self.programs.close()

    # What flows are told and tell.

    def connect(self, credit: Credit, unread: Callable[[Flow], None] | None = None) -> None:
        """Who is told of packets that the kernel counted, and of flows whose content is not shown."""
        self.ledger.credit, self.ledger.unread = credit, unread

    def opened(self, flow: Flow) -> None:
        """A flow began."""
        bound = self.ledger.bind(flow)
        if bound is not None and self.ledger.succeeded(bound):
            self.programs.unsay(bound.ends)  # what was said of the flow before

    def decide(self, flow: Flow, side: int, mode: int, until: int) -> None:
        """What is wanted of one side of a flow from now on (``steering``)."""
        bound = self.ledger.bind(flow)
        if bound is None:
            return
        place = side ^ bound.side
        if bound.decide(place, mode, until):
            self._said[flow.number] = bound

    def count(self) -> None:
        """Read the kernel's counts into the flows."""
        for _ in self.reading():
            pass

    def reading(self) -> Iterator[None]:
        """As ``count``, in steps: frames may be taken between two of them, flows may open and end."""
        started, self._anew = time.monotonic_ns(), False
        self.ledger.wind(self.tap.synchronise(), started)
        for ends, cookie, account in self.programs.pasts(self._read):
            if not self.ledger.awaits(ends, account):  # else its flow is gone, and was told its counts
                self.ledger.see(ends, cookie, account)
        for number, (ends, cookie, account) in enumerate(self.programs.changed(self._since), 1):
            if number % STEP == 0:
                yield
            late = account.first < self._read - AWAY_NS
            # Its first packet may be in the ring buffer still, or about to be put there.
            if account.first > self._read or (not late and self.ledger.awaits(ends, account)):
                started = min(started, account.first)
            elif not self.ledger.see(ends, cookie, account) and not self._strays.full:
                if account.netns in self._here or late:
                    self._strays.hold(ends, account)
                else:
                    started = min(started, account.first)
        self._strays.settle()
        self._since = 0 if self._anew else started - 1
        for number, _ in enumerate(self.ledger.settling(), 1):
            if number % STEP == 0:
                yield

    def forget(self, flow: Flow) -> bool:
        """A flow is over: count it for the last time. False: ask again after the next reading.

        Where another connection has taken over its ends, not every hook may have come to know of that yet.
        """
        bound = self.ledger.find(flow)
        if bound is None:
            return True
        if self.ledger.succeeded(bound) and flow.number not in self._leaving:
            self._leaving.add(flow.number)
            return False
        self._leaving.discard(flow.number)
        begun = self.ledger.accounts(bound)
        for cookie, account in self.programs.take(bound.ends, begun):
            self.ledger.see(bound.ends, cookie, account)
        if not self.ledger.succeeded(bound):
            self.programs.unsay(bound.ends)
        self.ledger.forget(bound)
        return True

    # Inner steps.

    def _begin(self) -> None:
        names = self.wishes.interfaces
        links = {link.name: link for link in self._watcher.links.values()}
        for name in names:
            if name not in links:
                raise CaptureError(name, None, f"no such interface; there are: {', '.join(links)}")
        if self.wishes.tap:
            tap = LoadedFilter(self.programs.tap, self._meet)
            self._live = LiveSource(names or None, filter=tap, ring_bytes=TAP_RING_BYTES)
            self.tap.listen(self._live.fileno())
            self.interfaces, self.refused = self._live.interfaces, self._live.refused
        for link in links.values():
            self._join(link)

    def _join(self, link: LinkState) -> None:
        wanted = link.name in self.wishes.interfaces if self.wishes.interfaces else link.up
        if not wanted:
            return
        if link.index not in self._indexes:
            self._meet(link)
        self._know(link)

    def _meet(self, link: LinkState) -> None:
        """From here on its packets are counted in the kernel, and by their flows' accounts.

        Both or neither: a packet socket shows what is not counted in the kernel, and the tracker counts that.
        So this comes before the packet socket, too.
        """
        if self.programs.place(link.index, _head(link), loopback=link.hardware == LOOPBACK):
            self.ledger.heads[link.index] = _head(link)
            self._indexes[link.index] = link
        if self._live is not None:
            self._know(link)

    def _know(self, link: LinkState) -> None:
        """What the programs hand on of it is of this interface."""
        number = self._number(link) or self._numbers.get(link.index, 0)
        self._numbers[link.index] = number
        self.tap.place(link.index, number, head=_head(link), loopback=link.hardware == LOOPBACK)

    def _leave(self, link: LinkState) -> None:
        if self._indexes.pop(link.index, None) is not None:
            self.programs.displace(link.index)

    def _number(self, link: LinkState) -> int:
        """The interface's place in ``interfaces``, which the packet sockets fill where there are any."""
        for interface in self.interfaces:
            if interface.name == link.name:
                return interface.index
        if self._live is None:
            made = Interface(
                index=len(self.interfaces), name=link.name, link=link.linktype, description=link.kind
            )
            self.interfaces.append(made)
            return made.index
        return 0

    def _look(self, now: float) -> None:
        self._next_look = now + LOOK_SECONDS
        for change in self._watcher.changes():
            if change.event == "gone":
                self._leave(change.link)
            else:
                self._join(change.link)

    def _take(self, seconds: float) -> FrameBatch | None:
        asked = time.monotonic_ns()
        if self.tap.stepped(STEP_NS):  # the clock was set: what comes now is of the new time
            self.ledger.wind(self.tap.synchronise(), asked)
        if batch := self.tap.take():
            self._read = max(self._read, batch.time[batch.count - 1] - self.ledger.offset)
            self._looks = 0
            return self._counted(batch, self.tap.taken_bytes)
        if not self.tap.waiting:  # else whoever writes the next record has not finished it
            self._read = max(self._read, asked)
        if self._strays:
            return self._stray()
        if self._live is not None and (batch := self._live.poll(0.0)):
            return self._counted(batch, 0)
        step = STEP_SECONDS[self._looks] if self._looks < len(STEP_SECONDS) else seconds
        self._looks += step <= seconds  # else somebody has more to do, and asks again
        self.tap.wait(min(seconds, step))
        return None

    def _counted(self, batch: FrameBatch, size: int) -> FrameBatch:
        batch.first = self._counts.frames + 1
        self._counts.frames += batch.count
        self._counts.bytes += size
        return batch

    def _where(self, account: Account) -> int:
        """The interface that counted packets were on, as far as it is known."""
        if account.netns in self._here:
            return self._numbers.get(max(account.interface), 0)
        if not self.ledger.away:
            self.ledger.away = len(self.interfaces)
            self.interfaces.append(Interface(index=self.ledger.away, name=AWAY, link=_RAW_LINK))
        return self.ledger.away

    def _stray(self) -> FrameBatch:
        """Flows of which nothing but counts is known, opened by the head of a packet."""
        heads, accounts = self._strays.take()
        batch = batch_of(heads, link=_RAW_LINK)
        for row, account in enumerate(accounts):
            batch.time[row] = account.first + self.ledger.offset
            batch.flags[row] = COUNTED
            batch.interface[row] = self._where(account)
        self._since, self._anew = 0, True  # their accounts are read once more
        return batch

    def _speak(self) -> None:
        """Verdicts of the last batch."""
        for bound in self._said.values():
            self.programs.say(bound.ends, bound.modes, bound.until)
        self._said.clear()


def _head(link: LinkState) -> int:
    """Bytes that stand before the IP header on an interface."""
    return _ETHERNET if link.linktype == LINKTYPE_ETHERNET else _RAW


def _nobody(flow: Flow, more: Credited) -> None:
    """Nobody is told yet."""
