"""Which programs can run here, and why not those that cannot: each tried, not assumed.

What is missing for all of them is asked first, as the kernel's own answer to that is a bare "not permitted".
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from procwire.bpf import cgroup
from procwire.bpf.libbpf import BpfError, library
from procwire.bpf.loader import Object, read_object

BTF = "/sys/kernel/btf/vmlinux"
STATUS = "/proc/self/status"
LOCKDOWN = "/sys/kernel/security/lockdown"
SMALL = 1024  # entries of each large map while trying
_SIZES = {"owners": dict.fromkeys(("sockets", "tuples", "processes"), SMALL)}
READERS = frozenset(
    {"iterators", "lifecycle"}
)  # objects whose programs only read: no cgroup, no network right is needed

_PASSED_ON = frozenset({"received"})  # objects whose programs are loaded here, and attached by netlink (tc)
_ADMIN = 1 << 21  # CAP_SYS_ADMIN holds all of the three
_NEEDED = {"CAP_BPF": 1 << 39, "CAP_PERFMON": 1 << 38, "CAP_NET_ADMIN": 1 << 12}


# Programs that do what another does, on kernels that lack that one: loaded only instead of it.
INSTEAD = {
    "sock_send_length": frozenset({"inet_sendmsg", "inet6_sendmsg"}),
    "sock_recv_length": frozenset({"inet_recvmsg", "inet6_recvmsg"}),
    "account_in": frozenset({"account_in_far"}),
    "account_out": frozenset({"account_out_far"}),
    "tap": frozenset({"tap_far"}),
}


class Verdict(NamedTuple):
    """Whether one program runs here; ``reason`` is empty when it does, ``log`` the last lines of why not."""

    program: str
    reason: str = ""
    log: tuple[str, ...] = ()


def obstacle(name: str = "owners", *, btf: str = BTF, status: str = STATUS, lockdown: str = LOCKDOWN) -> str:
    """What keeps every program of an object from running, in a few words; empty when nothing is known to."""
    try:
        library()
        if name not in READERS:
            cgroup.root()
    except BpfError as error:
        return error.strerror or str(error)
    lacking = lacks(_effective(status), network=name not in READERS)
    if lacking:
        return f"no right to load BPF programs: {', '.join(lacking)}"
    if not Path(btf).exists():
        return f"the kernel has no BTF ({btf}): it was built without CONFIG_DEBUG_INFO_BTF"
    if "[confidentiality]" in _text(lockdown):
        return "the kernel is locked down for confidentiality: programs may not read its memory"
    return ""


def lacks(effective: int, *, network: bool = True) -> list[str]:
    """The capabilities missing from a CapEff mask (Linux 5.8 and later split them from CAP_SYS_ADMIN)."""
    wanted = [name for name in _NEEDED if network or name != "CAP_NET_ADMIN"]
    if effective & _ADMIN:
        wanted = [name for name in wanted if name == "CAP_NET_ADMIN"]
    return [name for name in wanted if not effective & _NEEDED[name]]


def programs(content: bytes | None = None, name: str = "owners") -> list[Verdict]:
    """A verdict for each program of an object. Raises BpfError when the object itself cannot be read.

    Of programs that stand in for another the ones that are used have a verdict, in the other's place.
    """
    content = read_object(name) if content is None else content
    with Object(content) as opened:
        names = opened.programs
    general = obstacle(name)
    if general:
        return [Verdict(each, general) for each in names]
    sizes, attach = _SIZES.get(name, {}), name not in _PASSED_ON
    if not _refusal(content, names, sizes, attach)[0]:
        return [Verdict(each) for each in names]
    found: list[Verdict] = []
    for each in names:
        verdict = Verdict(each, *_refusal(content, (each,), sizes, attach))
        spare = tuple(sorted(INSTEAD.get(each, ())))
        if verdict.reason and spare and not _refusal(content, spare, sizes, attach)[0]:
            found += [Verdict(other) for other in spare]
        else:
            found.append(verdict)
    return found


def explained(error: BpfError, name: str = "owners") -> str:
    """An error's words, or the general reason behind one that says little."""
    if error.errno in (errno.EPERM, errno.EACCES, errno.ESRCH, errno.EINVAL, errno.ENOENT, errno.ENOTSUP):
        return obstacle(name) or error.strerror or str(error)
    return error.strerror or str(error)


def _refusal(
    content: bytes, wanted: tuple[str, ...], sizes: Mapping[str, int], attach: bool
) -> tuple[str, tuple[str, ...]]:
    """Load and attach some programs for a moment; the reason when that is refused, and the log's end."""
    try:
        with Object(content, accept=wanted.__contains__, sizes=sizes) as tried:
            tried.load()
            if attach:
                tried.attach()
    except BpfError as error:
        return error.strerror or str(error), error.log
    return "", ()


def _effective(status: str) -> int:
    for line in _text(status).splitlines():
        if line.startswith("CapEff:"):
            return int(line.split()[1], 16)
    return 0


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
