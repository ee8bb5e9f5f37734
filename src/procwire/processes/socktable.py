"""Every socket of every namespace at one moment, with who has it.

Sockets come from sock_diag of each namespace, their holders from one survey, the holders' names from one
census, in this order: so a socket without a holder is one that was closed meanwhile, or nobody's. It says why
when it does not know an owner, and guesses nothing.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import NamedTuple

from procwire.model import address
from procwire.model._ip_names import ip_protocol
from procwire.model.host import ProcessRow, Task
from procwire.model.process import EXACT, LISTENER, UNKNOWN
from procwire.model.socket import SocketRow
from procwire.netlink import message
from procwire.netlink.channel import NetlinkError
from procwire.processes import (
    keys,
    kinship,
    procfs,
    proctasks,
    sockdiag,
    sockets,
    survey,
    tasks,
    tcpinfo,
    unixdiag,
)
from procwire.processes._names import (
    CLOSE,
    DATAGRAM,
    ESTABLISHED,
    LISTEN,
    RAW,
    SCTP,
    STATES,
    TCP,
    TIME_WAIT,
    UDP,
    UDPLITE,
)
from procwire.processes.census import Census
from procwire.processes.namespaces import Namespace, Namespaces
from procwire.processes.sockdiag import Socket
from procwire.processes.survey import Held

PROTOCOLS = (TCP, UDP, SCTP, UDPLITE, RAW)
MAX_SHOWN_HOLDERS = 64  # names of holders that are listed with one socket
_EXTENSIONS = (
    1 << (sockdiag.INET_DIAG_INFO - 1)
    | 1 << (sockdiag.INET_DIAG_CONG - 1)
    | 1 << (sockdiag.INET_DIAG_SKMEMINFO - 1)
)
_DROPS = 8  # SK_MEMINFO_DROPS, include/uapi/linux/sock_diag.h

ENDED = "closed by its process; the kernel keeps it for a while (TIME-WAIT)"
CLOSING = "closed by its process; the kernel ends the connection"
UNACCEPTED = "not accepted yet: the listening process is named"
UNHELD = "no process holds its socket: the kernel's own, or closed meanwhile"
DENIED = "no right to see which process holds it"


class Found(NamedTuple):
    """A socket and the namespace that it is in."""

    namespace: int
    proto: int
    socket: Socket


class SocketTable:
    """Takes the table; a context manager. For one thread."""

    def __init__(self, *, proc: str = "/proc", census: Census | None = None) -> None:
        self._proc = proc
        self.census = census or Census(proc=proc)
        self.namespaces = Namespaces(proc=proc)
        self._held: dict[int, list[Held]] = {}
        self._source = ""
        self._refused: frozenset[int] = frozenset()
        self._tasks: dict[int, Task] = {}
        self._rows: dict[int, ProcessRow] = {}
        self._listeners: dict[tuple[int, int, int], list[Found]] = {}

    def __enter__(self) -> SocketTable:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the channels and let the kernel's programs go."""
        self.namespaces.close()
        self.census.close()

    def problems(self) -> dict[str, str]:
        """Namespaces that could not be entered, and why."""
        return self.namespaces.problems()

    def take(self, *, unix: bool = False) -> list[SocketRow]:
        """Every socket now. Raises OSError when /proc cannot be listed."""
        self.namespaces.scan()
        found = [each for namespace in self.namespaces for each in _dumped(namespace)]
        plain = [each for namespace in self.namespaces for each in _unix(namespace)] if unix else []
        self._held, told, self._refused = survey.survey(self.census.kernel, self._proc)
        self._source = tasks.SOURCE if told else proctasks.SOURCE
        self._tasks = {task.pid: task for task in self.census.take()}
        self._rows = {}
        self._listeners = {}
        for each in found:
            if each.socket.state == LISTEN:
                key = (each.namespace, each.proto, each.socket.sport)
                self._listeners.setdefault(key, []).append(each)
        names = {space.inode: space.interfaces() for space in self.namespaces if _has_bound(found, space)}
        rows = [self._row(each, names.get(each.namespace, {})) for each in found]
        rows += [self._unix_row(inode, each) for inode, each in plain]
        for row in rows:
            row.netns_name = self.census.space(row.netns)
        return rows

    @property
    def problem(self) -> str:
        """Why the kernel's iterators do not run, in one line; empty where they do."""
        return self.census.problem

    def _row(self, found: Found, interfaces: dict[int, str]) -> SocketRow:
        held = found.socket
        row = SocketRow(
            proto="raw" if found.proto == RAW else ip_protocol(found.proto),
            state=_state(found.proto, held),
            family=4 if held.family == socket.AF_INET else 6,
            src=_text(held.src),
            src_port=held.sport,
            dst=_text(held.dst) if held.dport or any(held.dst) else "",
            dst_port=held.dport,
            interface=interfaces.get(held.interface, str(held.interface)) if held.interface else "",
            receive_queue=held.receive_queue,
            send_queue=held.send_queue,
            netns=found.namespace,
            cookie=held.cookie,
            inode=held.inode,
            uid=held.uid,
            mark=_number(held.attributes.get(sockdiag.INET_DIAG_MARK)),
            cgroup=_number(held.attributes.get(sockdiag.INET_DIAG_CGROUP_ID)) or 0,
            congestion=procfs.text(held.attributes.get(sockdiag.INET_DIAG_CONG, b"").rstrip(b"\0")),
        )
        memory = held.attributes.get(sockdiag.INET_DIAG_SKMEMINFO, b"")
        if found.proto in DATAGRAM and len(memory) >= 4 * (_DROPS + 1):
            row.drops = _number(memory[4 * _DROPS : 4 * _DROPS + 4])
        if found.proto == TCP and held.state != LISTEN:
            with contextlib.suppress(tcpinfo.TcpInfoError):
                row.tcp = tcpinfo.facts(held.attributes.get(sockdiag.INET_DIAG_INFO, b""))
        self._own(row, found)
        return row

    def _unix_row(self, namespace: int, found: unixdiag.UnixSocket) -> SocketRow:
        state = {LISTEN: "listen", ESTABLISHED: "established"}.get(found.state, "unconnected")
        row = SocketRow(
            proto=f"unix-{found.kind}",
            state=state,
            family=0,
            receive_queue=found.receive_queue,
            send_queue=found.send_queue,
            netns=namespace,
            inode=found.inode,
            uid=found.uid,
            path=found.path,
            peer_inode=found.peer,
        )
        self._take(row, found.inode, listening=found.state == LISTEN)
        return row

    def _own(self, row: SocketRow, found: Found) -> None:
        """Who has an internet socket, or why that is not known."""
        held = found.socket
        if held.inode:
            self._take(row, held.inode, listening=held.state == LISTEN)
        elif held.state == TIME_WAIT:
            row.reason = ENDED
        else:
            listener = self._listener(found)
            if listener is None:
                row.reason = CLOSING
                return
            self._take(row, listener.socket.inode, listening=True)
            if row.process is not None:
                row.confidence, row.reason = LISTENER, UNACCEPTED

    def _take(self, row: SocketRow, inode: int, *, listening: bool) -> None:
        holders = [held for held in self._held.get(inode, ()) if held.pid in self._tasks]
        refs = [(held.fd, self.census.ref(self._tasks[held.pid])) for held in holders]
        owner = kinship.choose(refs, listening=listening)
        if owner is None:
            row.confidence, row.reason = UNKNOWN, self._why()
            return
        row.process = self._process(owner.pid)
        row.confidence, row.source = EXACT, self._source
        row.descriptor = next(fd for fd, ref in refs if ref.pid == owner.pid)
        named = dict.fromkeys(f"{ref.name}:{ref.pid}" for _, ref in refs)
        row.holders = tuple(named)[:MAX_SHOWN_HOLDERS]

    def _why(self) -> str:
        """A socket without a holder may be one's who could not be looked at."""
        if not self._refused:
            return UNHELD
        return survey.unseen(self._refused) if self.census.kernel is not None else DENIED

    def _process(self, pid: int) -> ProcessRow:
        row = self._rows.get(pid)
        if row is None:
            row = self._rows[pid] = ProcessRow(self._tasks[pid], self.census)
        return row

    def _listener(self, found: Found) -> Found | None:
        """The listening socket whose queue a connection without a descriptor may be in."""
        held = found.socket
        for each in self._listeners.get((found.namespace, found.proto, held.sport), ()):
            if each.socket.inode and (keys.is_any(each.socket.src) or each.socket.src == held.src):
                return each
        return None


def _dumped(namespace: Namespace) -> Iterator[Found]:
    if namespace.channel is None:
        return
    for proto in PROTOCOLS:
        with contextlib.suppress(NetlinkError):
            for held in sockets.dump(namespace.channel, proto, extensions=_EXTENSIONS):
                yield Found(namespace.inode, proto, held)


def _unix(namespace: Namespace) -> Iterator[tuple[int, unixdiag.UnixSocket]]:
    if namespace.channel is None:
        return
    with contextlib.suppress(NetlinkError):
        for answer in namespace.channel.ask(sockdiag.SOCK_DIAG_BY_FAMILY, unixdiag.request(), message.DUMP):
            with contextlib.suppress(unixdiag.UnixDiagError):
                yield namespace.inode, unixdiag.decode(answer.body)


def _has_bound(found: list[Found], namespace: Namespace) -> bool:
    return any(each.socket.interface for each in found if each.namespace == namespace.inode)


def _state(proto: int, held: Socket) -> str:
    if proto in (TCP, SCTP):
        return STATES.get(held.state, f"state-{held.state}")
    if held.state == CLOSE:
        return "unconnected"
    return STATES.get(held.state, f"state-{held.state}")


def _text(packed: bytes) -> str:
    return address.text(
        4 if len(packed) == 4 else 6, int.from_bytes(packed[:-8], "big"), int.from_bytes(packed[-8:], "big")
    )


def _number(part: bytes | None) -> int | None:
    """An attribute of four or eight bytes, in the machine's order."""
    if part is None or len(part) not in (4, 8):
        return None
    return int(memoryview(part).cast("I" if len(part) == 4 else "Q")[0])
