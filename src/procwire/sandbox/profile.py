"""The cells that procwire's processes live in, as plans: which paths, which calls, which rights are left."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Sequence

from msgspec import structs

from procwire.sandbox import allowed, capabilities, descriptors, identity, limits, python_tree
from procwire.sandbox import plan as words
from procwire.sandbox.confine import confine
from procwire.sandbox.plan import OFF, Confinement, Plan

READER, ENGINE, WARDEN = "procwire:reader", "procwire:engine", "procwire:warden"
SCRIBE = "procwire:ledger"
COURIER = "procwire:courie"  # a name has 15 bytes
DAEMON, SHAPER = "procwire:daemon", "procwire:shaper"
PROCESSES = ("read", "engine", "warden", "daemon", "shaper")
MAPS_FOR_ALL = (5, 19)  # from this Linux on, maps that one was handed need no CAP_BPF
# Packet sockets and sock_diag; maps, programs and iterators; namespaces; what /proc tells of others.
WARDEN_KEEPS = (
    capabilities.NET_ADMIN, capabilities.NET_RAW, capabilities.BPF, capabilities.PERFMON,
    capabilities.SYS_ADMIN, capabilities.SYS_PTRACE, capabilities.DAC_READ_SEARCH,
)  # fmt: skip
# What those need that it makes: the warden's, and what an engine becomes less with. As in procwire.service.
DAEMON_KEEPS = (
    *WARDEN_KEEPS, capabilities.DAC_OVERRIDE, capabilities.SETUID, capabilities.SETGID, capabilities.SETPCAP,
    capabilities.CHOWN, capabilities.FOWNER, capabilities.KILL, capabilities.SYS_RESOURCE,
    capabilities.IPC_LOCK,
)  # fmt: skip
# Networks, their namespaces, control groups and sockets of others; marks; a journal, and a ledger of others.
SHAPER_KEEPS = (
    capabilities.NET_ADMIN, capabilities.BPF, capabilities.PERFMON, capabilities.SYS_ADMIN,
    capabilities.SYS_PTRACE, capabilities.SYS_RESOURCE, capabilities.DAC_READ_SEARCH,
    capabilities.DAC_OVERRIDE,
)  # fmt: skip
LEAST_DESCRIPTORS = 256
DNS = 53
RESOLVING = (
    "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf",
    "/run/systemd/resolve",
)  # fmt: skip
# Attempts (sandbox.attempts) that are the warden's work: it reads of others what they are, asks runtimes of
# containers, opens packet sockets, and runs programs of BPF. Threads are not bounded for who is root.
_NEEDS = (
    "read-shadow list-home list-root read-file read-environment connect-unix connect-abstract "
    "packet-socket netlink bpf perf join-namespace thread-bomb"
)
WARDEN_NEEDS = frozenset(_NEEDS.split())
# The daemon's: to make engines and couriers, which open files and become others by themselves, and to
# end them.
_MAKES = (
    "make-file write-file truncate-file delete-file make-folder change-mode connect-tcp send-udp raw-socket "
    "fork-bomb signal signal-thread become-root take-capability show-memory raise-limit"
)
# Shaping's warden: a journal, control groups, sockets of processes that it marks; a limit, as each impairment
# takes descriptors. It opens no packet socket.
_SHAPES = (
    "make-file write-file truncate-file delete-file make-folder change-mode steal-descriptor raise-limit"
)
NEEDS = {
    "warden": WARDEN_NEEDS,
    "daemon": WARDEN_NEEDS | frozenset(_MAKES.split()),
    "shaper": WARDEN_NEEDS - {"packet-socket"} | frozenset(_SHAPES.split()),
}


def reader(mode: str, *, files: Sequence[str] = (), folders: Sequence[str] = (), quiet: bool = False) -> Plan:
    """Who reads recordings: nothing but what is open, and ``files`` for those that could not be yet.

    It writes to what was opened before; new files come only in ``folders``, a store's.
    """
    trees = python_tree.trees()
    return Plan(
        name=READER,
        mode=mode,
        readable=(*trees, *python_tree.libraries(), *python_tree.TABLES, *files),
        writable=tuple(folders),
        rules=allowed.computing(os.getpid(), folders=bool(folders)),
        trees=trees,
        files=tuple(files),
        late=python_tree.late,
        descriptors=max(LEAST_DESCRIPTORS, len(files) + _open_count() + limits.SPARE_DESCRIPTORS),
        quiet=quiet,
    )


def engine(mode: str, *, folders: Sequence[str] = (), files: Sequence[str] = (), maps: bool = False) -> Plan:
    """Who reads traffic as it passes, from descriptors that a warden has opened.

    ``files``: read again as they grow. ``maps``: it reads the kernel's maps, too.
    """
    plan = reader(mode, folders=folders)
    readable = (*plan.readable, *files)
    rules = allowed.watching(os.getpid(), descriptors.nameable(), folders=bool(folders))
    keeps = (capabilities.BPF,) if maps and _linux() < MAPS_FOR_ALL else ()
    return structs.replace(
        plan, name=ENGINE, readable=readable, rules=rules, keeps=keeps, descriptors=limits.DESCRIPTORS
    )


def scribe(mode: str, folder: str) -> Plan:
    """Who keeps a ledger: it hears what is to be kept, and writes in its folder, whose owner it stays."""
    plan = reader(mode, folders=(folder,))
    rules = allowed.recording(os.getpid())
    return structs.replace(plan, name=SCRIBE, rules=rules, stays=frozenset({words.IDENTITY}))


def warden(mode: str) -> Plan:
    """Who asks about others' processes, and opens packet sockets.

    It stays root, as files of /proc belong to whom they tell of. And no Landlock: within it, a process may
    not look into those outside; that it writes nothing is the filter's to see to.
    """
    return Plan(
        name=WARDEN,
        mode=mode,
        rules=allowed.guarding(os.getpid()),
        keeps=WARDEN_KEEPS,
        stays=frozenset({words.FILES, words.TCP, words.SCOPES, words.IDENTITY, words.NETWORK}),
    )


def daemon(mode: str) -> Plan:
    """Who keeps a daemon's door, and makes engines and wardens for as long as it lives.

    Whatever is taken from it is taken from them, too: so it loses what none of them needs. No Landlock, as a
    warden could not look into others then; no limits, as an engine lowers its own.
    """
    held = capabilities.effective()
    return Plan(
        name=DAEMON,
        mode=mode,
        rules=allowed.staying(root=os.geteuid() == 0),
        forks=True,
        keeps=tuple(number for number in DAEMON_KEEPS if held >> number & 1),
        stays=frozenset({words.FILES, words.TCP, words.SCOPES, words.IDENTITY, words.NETWORK, words.LIMITS}),
    )


def shaper(mode: str) -> Plan:
    """Shaping's warden: it changes networks, and puts them back, for as long as something is shaped.

    It stays root, as its journal is root's, and what it undoes may be anybody's. No Landlock, as it looks
    into others; no limits, as each impairment takes descriptors.
    """
    held = capabilities.effective()
    return Plan(
        name=SHAPER,
        mode=mode,
        rules=allowed.shaping(os.getpid()),
        permits=True,
        keeps=tuple(number for number in SHAPER_KEEPS if held >> number & 1),
        stays=frozenset({words.FILES, words.TCP, words.SCOPES, words.IDENTITY, words.NETWORK, words.LIMITS}),
    )


def courier(mode: str, *, folders: Sequence[str], ports: Sequence[int], named: bool, datagrams: bool) -> Plan:
    """Who delivers alerts: TCP to ``ports``, files in ``folders``, and nothing of what procwire knows.

    ``named``: hosts are looked up. It stays root where it has folders, as their owner: without any right.
    """
    plan = reader(mode, folders=folders)
    stays = {words.NETWORK} | ({words.IDENTITY} if folders else set())
    return structs.replace(
        plan,
        name=COURIER,
        readable=(*plan.readable, *(RESOLVING if named else ())),
        ports=(*ports, *((DNS,) if named else ())),
        rules=allowed.delivering(os.getpid(), folders=bool(folders), datagrams=datagrams),
        stays=frozenset(stays),
        late=tuple,
    )


def plan_of(process: str, mode: str) -> Plan:
    """The cell of a process by its name (PROCESSES), for a trial of it."""
    if process == "warden":
        return structs.replace(warden(mode), quiet=True)
    if process == "daemon":
        return structs.replace(daemon(mode), quiet=True)
    if process == "shaper":
        return structs.replace(shaper(mode), quiet=True)
    if process == "engine":
        return structs.replace(engine(mode, maps=True), quiet=True)
    return reader(mode, quiet=True)


def _linux() -> tuple[int, int]:
    major, minor = os.uname().release.split(".")[:2]
    return int(major), int("".join(itertools.takewhile(str.isdigit, minor)) or 0)


def shut_in(mode: str, hold: Callable[[int], Sequence[str]], *, folders: Sequence[str] = ()) -> Confinement:
    """Make this process a reader, for good, once ``hold`` has opened its files.

    ``hold`` is told how many may be open, and answers with those that are not. Raises SandboxError (strict).
    """
    if mode == OFF:
        return Confinement(OFF)
    return confine(reader(mode, files=hold(limits.spare_descriptors()), folders=folders))


def fetch_late(mode: str) -> None:
    """Load now, once, what confinement would have each process load that is forked from this one."""
    who = identity.lesser() if mode != OFF else None
    if who is not None and not identity.can_read(who, python_tree.trees()):
        python_tree.fetch(python_tree.late())


def _open_count() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names alone
