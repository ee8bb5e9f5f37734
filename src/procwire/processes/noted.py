"""Owners of flows by the kernel's notes, for who may read those and not /proc: of processes it was told of.

Who a process is, somebody else says, once: asked for one of its sockets. Its next sockets are known by the
notes alone. What the notes do not settle is left to who was asked: a listener, a socket that another process
may have inherited since, an address of this host without a note, a process that has become another.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import NamedTuple

from msgspec import structs

from procwire.bpf import records
from procwire.bpf.libbpf import BpfError
from procwire.model.process import EXACT, Glimpse, Owner, ProcessRef
from procwire.processes import keys, procfs
from procwire.processes._names import CONNECTED
from procwire.processes.answers import GONE, Look
from procwire.processes.kernel import SOURCE
from procwire.processes.keys import Key
from procwire.processes.notes import Notes

MAX_KNOWN = 8192  # processes, and sockets that were asked for; then both are forgotten
SAME_NS = 50_000_000  # two processes read the clock that starts are told by: a pid is not another's so soon
MAX_ASKED = 1024  # questions whose answers are waited for
_SURE = frozenset(range(records.CREATED, records.USED + 1))  # how a process came to a socket of its own

_Identity = tuple[int, int, bytes, int, int]  # pid, start, name, user, last exec


class _End(NamedTuple):
    """One end as it is noted. Without an identity: no socket of this host, where ``strange``, else unsure."""

    identity: _Identity | None = None
    cookie: int = 0
    noted: int = 0
    ended: int = 0
    strange: bool = False


_UNSURE, _STRANGE = _End(), _End(strange=True)


class NotedOwners:
    """Answers what it can; ``learn`` is told what others answered. For one thread, but for ``glimpse``."""

    def __init__(self, notes: Notes, *, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self._notes = notes
        self._clock = clock
        self._addresses: frozenset[bytes] | None = None
        self._boot = procfs.boot_ns()
        self._since = 0  # what was noted since then no survey of holders can contradict
        self._processes: dict[_Identity, ProcessRef] = {}
        self._sure: set[int] = set()  # cookies of sockets that are older, and were asked for since
        self._asked: dict[Key, tuple[_End, _End]] = {}

    def renew(self, addresses: Collection[bytes]) -> None:
        """All sockets were just seen by who is asked; ``addresses`` are this host's. None: all is asked."""
        self._addresses = frozenset(addresses) or None
        self._since = self._clock()
        self._forget()

    def look(self, key: Key) -> Look | None:
        """Whose flow it is; None where somebody else must say, and ``learn`` is to be told. Never raises."""
        ends = self._ends(key)
        if ends is None:
            return None
        found = self._settled(ends)
        if found is None:
            if len(self._asked) >= MAX_ASKED:
                self._asked.clear()
            self._asked[key] = ends
        return found

    def glimpse(self, key: Key) -> Look | None:
        """As ``look``; where that does not settle it, who is noted, by name: the rest is to be asked.

        None where the flow's opener is not certain. Any thread may want to know: nothing is written.
        """
        ends = self._ends(key)
        if ends is None:
            return None
        if (found := self._settled(ends)) is not None:
            return found
        src, dst = ends
        process, peer = self._known(src) or self._named(src), self._known(dst) or self._named(dst)
        if process is not None:
            return Look(_owner("src", process, src, peer, made=Glimpse), final=False)
        return Look(_owner("dst", peer, dst, made=Glimpse), final=False) if peer and src.strange else None

    def stands(self, key: Key, owner: Owner) -> bool:
        """Whether nothing was noted of that socket that an answer does not say: no look would tell more.

        Of a socket that was noted before all were seen last, somebody else must say. Never raises.
        """
        if owner.process is None or not owner.socket or self._addresses is None:
            return False
        try:
            end = self._end(key if owner.side == "src" else key.turned())
        except BpfError:
            return False
        if end.identity is None or end.cookie != owner.socket or end.noted <= self._since:
            return False
        pid, start, _, _, executed = end.identity
        begun = procfs.start_ns(self._boot, procfs.ticks(start))
        same = pid == owner.process.pid and abs(begun - owner.process.start) <= SAME_NS
        return same and executed <= end.noted

    def lacks(self, key: Key, owner: Owner) -> bool:
        """Whether a flow whose one end is known still has no socket at its other one: a look found none, and
        one that is made, bound, connected or accepted since then would be noted. Never raises.
        """
        known = owner.confidence == EXACT and owner.source == SOURCE and owner.peer is None
        if not known or owner.peer_reason != GONE or self._addresses is None:
            return False
        try:
            return self._notes.socket(key.turned() if owner.side == "src" else key) is None
        except BpfError:
            return False

    def learn(self, key: Key, look: Look) -> None:
        """What somebody else answered."""
        src, dst = self._asked.pop(key, (_UNSURE, _UNSURE))
        owner = look.owner
        if owner.confidence != EXACT or owner.source != SOURCE or not look.final:
            return
        own, other = (src, dst) if owner.side == "src" else (dst, src)
        if owner.socket == own.cookie:
            self._take(own, owner.process)
        if owner.peer_confidence == EXACT and not owner.peer_reason:
            self._take(other, owner.peer)

    def close(self) -> None:
        """Read no more."""
        self._addresses = None
        self._notes.close()

    def _ends(self, key: Key) -> tuple[_End, _End] | None:
        """Both as they are noted; None where notes say nothing of such a flow."""
        if self._addresses is None or key.proto not in CONNECTED or keys.is_group(key.dst):
            return None
        try:
            return self._end(key), self._end(key.turned())
        except BpfError:
            return None

    def _settled(self, ends: tuple[_End, _End]) -> Look | None:
        """The whole answer, where nothing is left to ask."""
        src, dst = ends
        process, peer = self._known(src), self._known(dst)
        unsure = (process is None and not src.strange) or (peer is None and not dst.strange)
        if unsure or process is peer is None:
            return None
        if process is None:
            return Look(_owner("dst", peer, dst), final=True)
        return Look(_owner("src", process, src, peer), final=True)

    def _named(self, end: _End) -> ProcessRef | None:
        """As the kernel noted it at that socket, unless it has become another program since."""
        if end.identity is None or end.noted <= self._since:
            return None
        pid, start, name, uid, executed = end.identity
        if executed > end.noted:
            return None
        begun = procfs.start_ns(self._boot, procfs.ticks(start))
        ended = time.time_ns() - time.monotonic_ns() + end.ended if end.ended else 0
        return ProcessRef(pid=pid, start=begun, name=procfs.text(name), uid=uid, ended=ended)

    def _take(self, end: _End, process: ProcessRef | None) -> None:
        """Only of one that was read whole: of others more may be known later."""
        if end.identity is None or process is None or process.pid != end.identity[0] or not process.exe:
            return
        if len(self._processes) >= MAX_KNOWN or len(self._sure) >= MAX_KNOWN:
            self._forget()
        self._processes[end.identity] = process
        self._sure.add(end.cookie)

    def _known(self, end: _End) -> ProcessRef | None:
        if end.identity is None or (end.noted <= self._since and end.cookie not in self._sure):
            return None
        process = self._processes.get(end.identity)
        if process is not None and end.ended and not process.ended:
            # The end by the wall clock of now: the kernel noted it by one that is never set.
            process = structs.replace(process, ended=time.time_ns() - time.monotonic_ns() + end.ended)
            self._processes[end.identity] = process
        return process

    def _end(self, key: Key) -> _End:
        noted = self._notes.socket(key)
        if noted is None:
            return _UNSURE if self._may_be_here(key.src) else _STRANGE
        owner = noted.owner
        if owner is None or owner.how not in _SURE:
            return _UNSURE
        life = self._notes.life(owner.start, owner.tgid)
        identity = owner.tgid, owner.start, owner.comm, owner.uid, life.executed
        return _End(identity, noted.cookie, owner.since, life.ended)

    def _may_be_here(self, address: bytes) -> bool:
        anywhere = keys.is_loopback(address) or keys.is_any(address) or keys.is_group(address)
        return anywhere or self._addresses is None or address in self._addresses

    def _forget(self) -> None:
        self._processes.clear()
        self._sure.clear()
        self._asked.clear()


def _owner(
    side: str,
    process: ProcessRef | None,
    end: _End,
    peer: ProcessRef | None = None,
    *,
    made: type[Owner] = Owner,
) -> Owner:
    return made(
        process=process,
        confidence=EXACT,
        source=SOURCE,
        peer=peer,
        peer_confidence=EXACT if peer is not None else "",
        side=side,
        socket=end.cookie,
    )
