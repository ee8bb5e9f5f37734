"""Who a flow belongs to, how sure that is, and how it is known."""

from __future__ import annotations

import msgspec

EXACT = "exact"  # the kernel named this very socket, and its holder was found
LISTENER = "listener"  # only the listening socket on that port is known
RECENT = "recently-closed"  # the socket was known a moment ago and is gone now
UNKNOWN = "unknown"  # see ``Owner.reason``


class Executable(msgspec.Struct, kw_only=True):
    """A program's file. One object for all its processes; hashes are filled in once they are known."""

    path: str
    deleted: bool = False
    memfd: bool = False
    replaced: bool | None = None  # None where the name cannot be looked at from here
    absent: bool = False  # runs, and has none
    file: tuple[int, ...] = ()  # device, inode, size, time of its content (ns): the same while it is the same
    sha256: str = ""
    blake3: str = ""
    problem: str = ""  # why there is no hash


class Container(msgspec.Struct, kw_only=True):
    """What a runtime says of a container. One object for all its processes; filled in once it is known."""

    id: str
    runtime: str = ""
    name: str = ""
    image: str = ""
    labels: dict[str, str] = {}
    pod: str = ""  # uid
    pod_name: str = ""
    pod_namespace: str = ""
    compose_project: str = ""
    compose_service: str = ""

    @property
    def label_list(self) -> tuple[str, ...]:
        """The labels as name=value, in order of their names."""
        return tuple(f"{name}={value}" for name, value in sorted(self.labels.items()))


class ProcessRef(msgspec.Struct, frozen=True, kw_only=True, weakref=True):
    """A process, named by (pid, start): pids are used again, pairs are not."""

    pid: int
    start: int  # ns since 1970 UTC; 0 when not known
    name: str  # comm, at most 15 bytes (proc_pid_comm(5))
    exe: str = ""
    cmdline: str = ""  # secrets masked
    uid: int = -1
    user: str = ""
    ppid: int = 0
    parent: str = ""
    cgroup: str = ""
    unit: str = ""
    container: str = ""  # container id (12 hex digits or a name), "" for none, "?" where it cannot be told
    container_runtime: str = ""
    pod: str = ""
    netns: int = 0  # inode of the network namespace, 0 for not known
    ns_pid: int = 0  # pid in its own pid namespace
    ancestors: tuple[str, ...] = ()  # its parents, nearest first, each as name:pid
    ended: int = 0  # ns since 1970 UTC; 0 for not known, or not yet
    executable: Executable | None = None
    facts: Container | None = None  # of its container

    @property
    def container_name(self) -> str:
        """The container's name where its runtime tells, else what the cgroup says."""
        return (self.facts.name if self.facts is not None else "") or self.container


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to "whose flow is this": ``process`` is None when ``confidence`` is unknown."""

    process: ProcessRef | None
    confidence: str  # exact, listener, recently-closed, unknown
    source: str = ""  # sock-diag, proc, bpf, file, ...
    reason: str = ""  # why it is not known, in a few words
    peer: ProcessRef | None = None  # the other end, where it lives on this host too
    peer_confidence: str = ""  # as ``confidence``, of the peer; empty without one
    peer_reason: str = ""  # why the other end's is not known, where that end is on this host
    side: str = ""  # whose end ``process`` is: src or dst; empty when it is not known
    holders: int = 0  # processes that hold this very socket, 0 for not known; ``process`` is one of them
    socket: int = 0  # the kernel's cookie of ``process``'s socket, 0 for not known
    answered: int = 0  # when this was known, ns since 1970 UTC; 0 where it was not looked up live


class Glimpse(Owner, frozen=True, kw_only=True):
    """Who it is for certain, by pid, start and name; all else of that process an ``Owner`` tells later."""


def is_answered(owner: object) -> bool:
    """Whether that is an answer in full, and nothing more is waited for."""
    return type(owner) is Owner


FROM_FILE = Owner(process=None, confidence=UNKNOWN, source="file", reason="read from a file")
NOT_LOOKED = Owner(process=None, confidence=UNKNOWN, reason="not looked up")
