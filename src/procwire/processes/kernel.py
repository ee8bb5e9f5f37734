"""Owners as the kernel noted them: the ``Origin`` in front of sock_diag, read from the maps of ``bpf``.

It names a socket's last user, or its maker while nobody used it, also after both are gone; of a connection
that no process has used since it came, the one that listens, and not for certain. It answers None for what
it did not see: sockets untouched since it was opened, group addresses, two namespaces with one address. Each
look-up reads the maps: no event is waited for, none lost.
"""

from __future__ import annotations

import errno
import functools
import os
import socket
import struct
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from procwire.bpf import probe, records
from procwire.bpf.libbpf import BpfError
from procwire.bpf.loader import Object, read_object
from procwire.model.process import EXACT, LISTENER, UNKNOWN
from procwire.processes import keys, masking, procfs
from procwire.processes._names import TCP
from procwire.processes.claims import Claim, Link
from procwire.processes.keys import Key
from procwire.processes.notes import Notes

if TYPE_CHECKING:
    from procwire.processes.owners import Owners

SOURCE = "bpf"
OBJECT = "owners"
INITIAL_PID_NAMESPACE = 0xEFFFFFFC  # PROC_PID_INIT_INO, include/linux/proc_ns.h
MAX_LINEAGE = 16  # parents of one process that are noted in a claim
MAX_COMMANDS = 1024  # masked command lines that are remembered
SO_NETNS_COOKIE = 71  # since Linux 5.14
INJECTED = "sent by a packet socket"
UNUSED = "no process has used it yet: the one that listens is named"
REFUSED = "refused by the kernel: no socket takes it"
CONTESTED = "sockets of two network namespaces had these ends: which it was then is not known"
SELF_MADE = "made by the kernel itself: no process has a socket for it"
_REASONS = {records.INJECTED: INJECTED, records.LISTENED: UNUSED}
_KERNELS = {
    proto: Claim(0, 0, UNKNOWN, SOURCE, reason=reason) for proto, reason in ((0, SELF_MADE), (TCP, REFUSED))
}
USES = frozenset({"sock_send_length", "sock_recv_length"})  # see each use of a socket
REQUIRED = frozenset({"sock_create", "connect4", "connect6", "egress"})  # the others add to what these see


class KernelOwners:
    """Loads the programs when made, lets them go when closed. Raises BpfError when they cannot run here.

    ``missing`` names programs this kernel does without, with the reason. Any thread may call ``lookup``.
    """

    def __init__(
        self,
        *,
        sizes: Mapping[str, int] | None = None,
        clock: Callable[[], int] = time.monotonic_ns,
        content: bytes | None = None,
    ) -> None:
        if procfs.inode("/proc/self/ns/pid") not in (0, INITIAL_PID_NAMESPACE):
            raise BpfError(
                errno.EXDEV, "runs in a pid namespace of its own: the kernel's pids mean others here"
            )
        self.missing: dict[str, str] = {}
        self.sees_use = True  # every use of a socket is noted: it was not inherited or passed on unseen
        self._object = self._open(content if content is not None else read_object(OBJECT), sizes or {})
        tuples = self._object.map("tuples", records.NAMED_BYTES)
        sockets = self._object.map("sockets", records.OWNER_BYTES)
        lives = self._object.map("lives", records.LIFE_BYTES)
        self._processes = self._object.map("processes", records.FACTS_BYTES)
        self.notes = Notes((tuples, sockets, lives), namespace_cookie(), clock)

    def __enter__(self) -> KernelOwners:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Detach every program."""
        self._object.close()

    def lookup(self, key: Key) -> Claim | None:
        """Who has the socket at ``key.src``; None when it was not seen. Never raises."""
        try:
            return self._lookup(key)
        except BpfError:
            return None

    def knows(self, cookie: int) -> bool:
        """See ``Origin``; only where every use of a socket is noted. Never raises."""
        return self.sees_use and self.notes.knows(cookie)

    def counts(self) -> dict[str, int]:
        """Entries made in each map since the start, and those the kernel refused. LRU maps evict silently:
        what was made beyond a map's size has pushed out as many."""
        cpus = os.sysconf("SC_NPROCESSORS_CONF")
        possible = max(cpus, self._object.library.ask("libbpf_num_possible_cpus"))
        table = self._object.map("counts", records.COOKIE.size * possible)
        values = (table.get(struct.pack("=I", number)) for number in range(len(records.COUNTS)))
        return {name: records.total(value or b"") for name, value in zip(records.COUNTS, values, strict=True)}

    def _lookup(self, key: Key) -> Claim | None:
        if keys.is_group(key.src):
            return None
        noted = self.notes.socket(key)
        if noted is None:
            return None
        if noted.contested:
            return Claim(0, 0, UNKNOWN, SOURCE, reason=CONTESTED)
        if noted.owner is None:
            return _KERNELS.get(key.proto, _KERNELS[0])
        return self._claim(noted.owner, noted.cookie)

    def _claim(self, owner: records.Owner, cookie: int = 0) -> Claim:
        claim = Claim(
            owner.tgid,
            0,
            LISTENER if owner.how == records.LISTENED else EXACT,
            SOURCE,
            name=procfs.text(owner.comm),
            uid=owner.uid,
            since_boot=owner.start,
            reason=_REASONS.get(owner.how, ""),
            cookie=cookie,
            noted=owner.since,
            handed_on=not self.sees_use,
        )
        facts = self._facts(owner.start, owner.tgid)
        if facts is None:
            return claim
        if facts.executed and facts.since > owner.since:  # it has become another program since
            claim = claim._replace(name=procfs.text(facts.comm), uid=facts.uid)
        parent = self._facts(facts.parent_start, facts.ppid)
        # A process that never ran exec is what its parent was, unless that has become another since.
        inherits = not facts.executed and (parent is None or not parent.executed)
        return claim._replace(
            exe=procfs.text(facts.exe) if facts.executed else "",
            cmdline=_command_line(facts.args) if facts.executed and facts.args else "",
            ppid=facts.ppid,
            parent=procfs.text(parent.comm) if parent is not None else "",
            inherits=inherits,
            lineage=self._lineage(facts),
            cgroup=facts.cgroup,
            ended=facts.ended,
            program=(os.makedev(facts.device >> 20, facts.device & 0xFFFFF), facts.inode),
        )

    def _lineage(self, facts: records.Facts) -> tuple[Link, ...]:
        """The parents that were noted, up to the first that was there before the programs were."""
        chain: list[Link] = []
        above: records.Facts | None = facts
        while above is not None and above.ppid and len(chain) < MAX_LINEAGE:
            pid, start = above.ppid, above.parent_start
            above = self._facts(start, pid)
            chain.append(Link(pid, start, procfs.text(above.comm) if above is not None else ""))
        return tuple(chain)

    def _facts(self, start: int, tgid: int) -> records.Facts | None:
        value = self._processes.get(records.pack_identity(start, tgid))
        return records.unpack_facts(value) if value is not None else None

    def _open(self, content: bytes, sizes: Mapping[str, int]) -> Object:
        """With every program, or those that this kernel has, if it can be done without the others."""
        try:
            return _started(Object(content, sizes=sizes))
        except BpfError:
            verdicts = probe.programs(content)
            refused = {verdict.program: verdict.reason for verdict in verdicts if verdict.reason}
            wanted = {verdict.program for verdict in verdicts} - refused.keys()
            if REQUIRED - wanted or not (refused or USES - wanted):
                raise
        self.missing = refused
        self.sees_use = not USES & refused.keys()
        return _started(Object(content, sizes=sizes, accept=wanted.__contains__))


@functools.lru_cache(maxsize=MAX_COMMANDS)
def _command_line(args: bytes) -> str:
    return masking.command_line(args)


def _started(made: Object) -> Object:
    try:
        made.load()
        made.attach()
    except BpfError:
        made.close()
        raise
    return made


def namespace_cookie() -> int:
    """The cookie of this thread's network namespace. Raises BpfError on kernels before 5.14."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
        try:
            raw = ours.getsockopt(socket.SOL_SOCKET, SO_NETNS_COOKIE, records.COOKIE.size)
        except OSError as error:
            raise BpfError(error.errno or 0, f"SO_NETNS_COOKIE (Linux 5.14): {error.strerror}") from None
    (cookie,) = records.COOKIE.unpack(raw)
    return int(cookie)


def opened() -> tuple[KernelOwners | None, str]:
    """The notes, or why there are none."""
    try:
        return KernelOwners(), ""
    except BpfError as error:
        return None, probe.explained(error)


def looked_up(kernel: KernelOwners | None, *, hashes: bool) -> Owners:
    """Who looks owners up, with these notes. Loads it: who only asks another process needs none of it."""
    from procwire.processes.owners import Owners

    origins = () if kernel is None else (kernel,)
    return Owners(origins=origins, hashes=hashes, iterators=bool(origins))
