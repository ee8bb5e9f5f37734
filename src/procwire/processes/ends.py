"""Who is at one end of a conversation: sock_diag for the socket, /proc for its holder, memory for others.

The order of trust: an origin's claim, a connected socket, an unconnected one that has its port alone, one
that was known a moment ago, a listener. It says why when it does not know, and guesses nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from procwire.model.process import EXACT, LISTENER, RECENT, UNKNOWN, ProcessRef
from procwire.netlink.channel import NetlinkError
from procwire.processes import conntrack, handover, keys, kinship, portless, sockets
from procwire.processes._names import (
    CONNECTED,
    DATAGRAM,
    ESTABLISHED,
    HELD_STATES,
    LISTEN,
    NEW_SYN_RECV,
    SYN_RECV,
    TCP,
    UDP,
)
from procwire.processes.answers import GONE
from procwire.processes.claims import Claim, Origin
from procwire.processes.holders import Holders
from procwire.processes.keys import Key
from procwire.processes.memory import Memory, Remembered
from procwire.processes.namespaces import Namespace, Namespaces
from procwire.processes.sockdiag import Socket
from procwire.processes.survey import unseen
from procwire.processes.table import ProcessTable

SOURCE = "sock-diag"
SOURCE_PROC = "proc"
MAX_RIVALS = 16  # sockets on one port whose holders are looked up
MAX_PORTS = 4096  # ports whose sockets are remembered
PORT_NS = 1_000_000_000  # for so long
RESCAN_NS = 500_000_000  # between two looks for new namespaces on behalf of unknown addresses
RESCAN_RATIO = 20  # which take at most one part in so many of the time
MAX_NEW = 2048  # sockets whose holders are looked up in one warm-up; the others have their turn in the next
MAX_VOUCHED = 65536  # sockets that an origin knows and that need no memory here
MAX_UNHELD = 4096  # sockets without a holder that are remembered
UNHELD_TRIES = 3  # warm-ups that look for the holder of such a socket

CLOSED = "closed by its process before it was looked at"
UNACCEPTED = "not accepted yet: the listening process is named"
LISTENING = "only the listening socket is known"
UNHELD = "no process holds its socket: the kernel's own, or on its way between processes"
NO_RAW = "no process has a socket for it: the kernel sends and answers it itself"
NOT_LOCAL = "not an address of this host"
_WAITING = frozenset({ESTABLISHED, SYN_RECV, NEW_SYN_RECV})  # without an inode: in the accept queue


class End(NamedTuple):
    """One end of a conversation. ``final``: looking again will not tell more."""

    process: ProcessRef | None = None
    confidence: str = UNKNOWN
    source: str = ""
    reason: str = ""
    holders: int = 0
    final: bool = True
    local: bool = True
    socket: int = 0


class Ends:
    """Looks one end up. For one thread."""

    def __init__(
        self,
        namespaces: Namespaces,
        *,
        table: ProcessTable | None = None,
        holders: Holders | None = None,
        origins: Sequence[Origin] = (),
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self.namespaces = namespaces
        self.table = table if table is not None else ProcessTable()  # an empty one counts as false
        self.holders = holders if holders is not None else Holders()
        self.memory = Memory()
        self._origins = tuple(origins)
        self._clock = clock
        self._ports: dict[tuple[int, int, int], tuple[int, list[Socket]]] = {}
        self._next_scan = 0
        self._new = 0
        self._vouched: set[int] = set()  # cookies of sockets that an origin knows
        self._orphans: dict[int, int] = {}  # socket inode -> how often no holder was found

    def end(self, key: Key, *, met: bool = False) -> End:
        """Who has the socket at ``key.src``; ``met``: the other end is known, so this one is no proxy's."""
        told, certain = self._told(key)
        if told is not None and certain:
            return told
        if met and told is None and not self._places(key.src):
            return End(reason=NOT_LOCAL, local=False)
        asked = self._asked(key)
        if told is not None:
            better = told.confidence == LISTENER or asked.confidence == EXACT
            return asked if asked.process is not None and better else told
        if asked.confidence in (EXACT, RECENT):
            return asked
        behind = self._translated(key)
        if behind is not None and behind.process is not None:
            return behind
        return asked if behind is None or asked.process is not None else behind

    def _translated(self, key: Key) -> End | None:
        """The end that connection tracking knows behind an address of this host: a container's, say."""
        for namespace in self._places(key.src):
            if namespace.tracking is None:
                continue
            try:
                found = conntrack.behind(namespace.tracking, key)
            except NetlinkError:
                continue
            if found is not None:
                end = self._told(found)[0] or self._asked(found)
                words = f"translated: it is {keys.shown(found.src, found.sport)} behind this address"
                return end._replace(reason=f"{words}; {end.reason}" if end.reason else words)
        return None

    def _told(self, key: Key) -> tuple[End | None, bool]:
        """What an origin says, and whether sock_diag cannot know better."""
        for origin in self._origins:
            claim = origin.lookup(key)
            if claim is not None:
                certain = claim.confidence != LISTENER and not claim.handed_on
                return self._from_claim(claim), certain
        return None, False

    def _asked(self, key: Key) -> End:
        """What sock_diag and /proc say."""
        places = self._places(key.src)
        if not places:
            return self._transparent(key)
        found = [end for namespace in places if (end := self._inside(namespace, key)) is not None]
        for wanted in (EXACT, RECENT, LISTENER, UNKNOWN):
            these = [end for end in found if end.confidence == wanted]
            if len({end.process.pid for end in these if end.process is not None}) > 1:
                words = f"{len(these)} network namespaces have a socket with these ends"
                return End(reason=words, final=all(end.final for end in these))
            if these:
                return these[0]
        return End(reason=self._why_absent(), final=False)

    def rescan(self) -> bool:
        """Look for new namespaces and addresses; False when that was done too lately to do it again."""
        started = self._clock()
        if started < self._next_scan:
            return False
        self.namespaces.scan()
        ended = self._clock()
        self._next_scan = ended + max(RESCAN_NS, (ended - started) * RESCAN_RATIO)
        return True

    def warm(self) -> int:
        """See every held socket once, so that it is remembered when it closes. Returns how many there are."""
        seen = 0
        self._new = 0
        for namespace in self.namespaces:
            for proto in (TCP, UDP):
                seen += self._warm(namespace, proto)
        return seen

    def _warm(self, namespace: Namespace, proto: int) -> int:
        if namespace.channel is None:
            return 0
        count = 0  # one by one: all of them at once would be the most memory that is ever needed here
        for each in sockets.dump(namespace.channel, proto, HELD_STATES & ~(1 << LISTEN)):
            count += 1
            if sockets.is_connected(each):
                key = Key(proto, each.src, each.sport, each.dst, each.dport)
            else:
                key = _bound(proto, each.src, each.sport)
            self._see(namespace, key, each)
        return count

    def _see(self, namespace: Namespace, key: Key, held: Socket) -> None:
        """Remember one socket's owner, or that it is still there; not where an origin does."""
        if held.cookie in self._vouched:
            return
        if any(origin.knows(held.cookie) for origin in self._origins):
            if len(self._vouched) >= MAX_VOUCHED:
                self._vouched.clear()
            self._vouched.add(held.cookie)
            return
        now = self._clock()
        known = self.memory.recall(namespace.inode, key, now)
        if known is not None and known.inode == held.inode:
            self.memory.note(namespace.inode, key, known._replace(seen=now))
            return
        tries = self._orphans.get(held.inode, 0)
        if not held.inode or not held.sport or tries >= UNHELD_TRIES or self._new >= MAX_NEW:
            return
        self._new += 1
        process, count = self._holder(held)
        if process is not None:
            self.memory.note(namespace.inode, key, Remembered(held.inode, process, count, now))
            return
        if len(self._orphans) >= MAX_UNHELD:
            self._orphans.clear()
        self._orphans[held.inode] = tries + 1

    def _places(self, src: bytes) -> list[Namespace]:
        """Where that address is at home. A loopback address is only ever seen in one's own namespace."""
        if keys.is_loopback(src) or keys.is_group(src) or keys.is_any(src):
            return [self.namespaces.home]
        return self.namespaces.with_address(src)

    def _inside(self, namespace: Namespace, key: Key) -> End | None:
        if namespace.channel is None:
            return None
        if key.proto not in CONNECTED:
            return self._portless(namespace, key)
        try:
            found = self._socket(namespace, key)
        except NetlinkError as error:
            return End(reason=f"sock_diag refused: {error.strerror}")
        if found is None:
            return self._recalled(namespace, key)
        return self._judge(namespace, key, found)

    def _socket(self, namespace: Namespace, key: Key) -> Socket | None:
        """With the address's own interface first: link-local sockets and those bound to it need it."""
        assert namespace.channel is not None
        interface = namespace.addresses.get(key.src, 0)
        found = sockets.exact(namespace.channel, key, interface=interface)
        if found is None and interface:
            found = sockets.exact(namespace.channel, key)
        return found

    def _judge(self, namespace: Namespace, key: Key, found: Socket) -> End:
        if key.proto in DATAGRAM and not sockets.is_connected(found):
            return self._unconnected(namespace, key, found)
        if found.state == LISTEN:
            recalled = self._recalled(namespace, key)
            return recalled or self._held(found, LISTENER, LISTENING)._replace(final=False)
        if found.inode == 0:
            return self._without_descriptor(namespace, key, found)
        end = self._held(found, EXACT)
        if end.process is not None:
            note = Remembered(found.inode, end.process, end.holders, self._clock())
            self.memory.note(namespace.inode, key, note)
        return end

    def _without_descriptor(self, namespace: Namespace, key: Key, found: Socket) -> End:
        recalled = self._recalled(namespace, key)
        if recalled is not None:
            return recalled
        waiting = found.state in _WAITING
        assert namespace.channel is not None
        listener = sockets.listener(namespace.channel, key, interface=namespace.addresses.get(key.src, 0))
        if listener is None:
            return End(reason=CLOSED, final=not waiting)
        end = self._held(listener, LISTENER, UNACCEPTED if waiting else CLOSED)
        return end._replace(final=end.final and not waiting)

    def _unconnected(self, namespace: Namespace, key: Key, found: Socket) -> End:
        end = self._held(found, EXACT)
        if end.process is None:
            return end
        rivals = [
            other
            for other in self._on_port(namespace, key, found.inode)
            if keys.is_any(other.src) or other.src == key.src or keys.is_group(key.src)
        ]
        if len(rivals) > MAX_RIVALS:
            return end._replace(confidence=LISTENER, reason=f"one of {len(rivals)} sockets on the port")
        others = {holder.pid for rival in rivals for holder in self.holders.find(rival.inode, rival.uid)}
        mine = {holder.pid for holder in self.holders.find(found.inode, found.uid)}
        if others - mine:
            return end._replace(confidence=LISTENER, reason=f"one of {len(rivals)} sockets on the port")
        note = Remembered(found.inode, end.process, end.holders, self._clock())
        self.memory.note(namespace.inode, _bound(key.proto, found.src, found.sport), note)
        return end

    def _on_port(self, namespace: Namespace, key: Key, inode: int) -> list[Socket]:
        """The unconnected sockets on the port, remembered for a second while ``inode`` is among them."""
        name = (namespace.inode, key.proto, key.sport)
        now = self._clock()
        at, kept = self._ports.get(name, (0, []))
        if now - at < PORT_NS and any(other.inode == inode for other in kept):
            return kept
        assert namespace.channel is not None
        if len(self._ports) >= MAX_PORTS:
            self._ports.clear()
        kept = sockets.on_port(namespace.channel, key.proto, key.sport)
        self._ports[name] = (now, kept)
        return kept

    def _portless(self, namespace: Namespace, key: Key) -> End:
        """Without ports: a ping socket that asks, else raw sockets of the protocol."""
        pings = self._holding(portless.pings(namespace.path, key))
        if pings:
            process, count = max(pings, key=lambda pair: pair[0].start)
            if len({other.pid for other, _ in pings}) == 1:
                return End(process, EXACT, SOURCE_PROC, "", count)
            return End(
                process, LISTENER, SOURCE_PROC, f"one of {len(pings)} processes with ping sockets", count
            )
        raws = portless.raws(namespace.path, key)
        if not raws:
            return End(reason=NO_RAW, final=False)
        held = self._holding(raws)
        if not held:
            return self._unheld(raws[0].uid)
        process, count = max(held, key=lambda pair: pair[0].start)
        return End(process, LISTENER, SOURCE_PROC, f"{len(raws)} raw sockets take this protocol", count)

    def _holding(self, rows: Sequence[portless.Row]) -> list[tuple[ProcessRef, int]]:
        """The owners that are found, and how many hold with them."""
        owners = [self._owner_of(row.inode, row.uid, listening=False) for row in rows[:MAX_RIVALS]]
        return [(process, count) for process, count in owners if process is not None]

    def _held(self, found: Socket, confidence: str, reason: str = "") -> End:
        process, count = self._holder(found)
        if process is not None:
            return End(process, confidence, SOURCE, reason, count)
        return self._unheld(found.uid)

    def _unheld(self, uid: int) -> End:
        """Why a socket has no holder that is seen."""
        if self.holders.denied(uid):
            user = self.table.user(uid)
            return End(reason=f"no permission to read /proc/PID/fd of {user}'s processes")
        if self.holders.denied():
            return End(reason="no permission to read /proc/PID/fd of other users' processes")
        surveyor = self.holders.surveyor
        if surveyor is not None and surveyor.refused:
            return End(reason=unseen(surveyor.refused), final=False)
        return End(reason=UNHELD, final=False)

    def _holder(self, found: Socket) -> tuple[ProcessRef | None, int]:
        return self._owner_of(found.inode, found.uid, listening=found.state == LISTEN)

    def _owner_of(self, inode: int, uid: int, *, listening: bool) -> tuple[ProcessRef | None, int]:
        held = [
            (holder.fd, ref)
            for holder in self.holders.find(inode, uid)
            if (ref := self.table.get(holder.pid)) is not None
        ]
        return kinship.choose(held, listening=listening), len({ref.pid for _, ref in held})

    def _recalled(self, namespace: Namespace, key: Key) -> End | None:
        now = self._clock()
        known = self.memory.recall(namespace.inode, key, now)
        if known is None and key.proto in DATAGRAM:
            bound = self.memory.recall(namespace.inode, _bound(key.proto, key.src, key.sport), now)
            known = bound or self.memory.recall(namespace.inode, _bound(key.proto, b"", key.sport), now)
        if known is None:
            return None
        return End(known.process, RECENT, SOURCE, "", known.holders)

    def _transparent(self, key: Key) -> End:
        """A proxy may hold a connection from an address that is not its own (IP_TRANSPARENT)."""
        end = End(reason=NOT_LOCAL, local=False)
        channel = self.namespaces.home.channel
        if key.proto not in CONNECTED or channel is None:
            return end
        try:
            found = sockets.exact(channel, key)
        except NetlinkError:
            return end
        if found is None or not sockets.is_connected(found) or found.inode == 0:
            return end
        return self._held(found, EXACT)

    def _why_absent(self) -> str:
        problems = self.namespaces.problems()
        if problems:
            return f"{GONE}, or in one of {len(problems)} namespaces that may not be entered"
        return GONE

    def _from_claim(self, claim: Claim) -> End:
        if not claim.pid:
            return End(None, UNKNOWN, claim.source, claim.reason)
        final = claim.confidence != LISTENER
        moved = handover.heir(claim, self.holders, self.table)
        if moved is not None:
            found = End(moved.process, EXACT, handover.SOURCE, handover.REASON, moved.holders)
        else:
            found = End(self.table.told(claim), claim.confidence, claim.source, claim.reason, final=final)
        return found._replace(socket=claim.cookie)


def _bound(proto: int, src: bytes, port: int) -> Key:
    """As an unconnected socket is remembered: no other end, and no address for any address."""
    return Key(proto, b"" if keys.is_any(src) else src, port, b"", 0)
