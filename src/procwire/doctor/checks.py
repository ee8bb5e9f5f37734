"""What this machine allows, what is missing, and how to mend it: each answer tried, not assumed."""

from __future__ import annotations

import functools
import importlib
import platform
import socket
import sys
from collections.abc import Callable
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

from procwire.bpf import probe
from procwire.bpf.libbpf import BpfError
from procwire.capture.packet_filter import FilterError, compile_filter
from procwire.doctor import cells, shapes
from procwire.model.rows import Check
from procwire.netlink.channel import SOCK_DIAG, Channel

PACKAGE = Path(__file__).parents[1]
AS_ROOT = (
    "run as root, or: setcap cap_net_raw,cap_net_admin,cap_sys_ptrace,cap_sys_admin+ep on a python of its own"
)
ETH_P_ALL = 3


@functools.cache
def compiled_modules() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the per-packet modules: (all, those that run uncompiled here), looked up once."""
    wanted = []
    for path in sorted(PACKAGE.rglob("*.py")):
        with path.open(encoding="utf-8") as text:
            if text.readline().startswith("# cython:"):
                wanted.append(".".join(("procwire", *path.relative_to(PACKAGE).with_suffix("").parts)))
    return tuple(wanted), tuple(name for name in wanted if _runs_from_source(name))


def _runs_from_source(name: str) -> bool:
    """Looked up by its file: to ask the import system would load packages that a confined process cannot."""
    path = PACKAGE.joinpath(*name.split(".")[1:])
    return not any(path.with_name(path.name + suffix).is_file() for suffix in EXTENSION_SUFFIXES)


def _kernel() -> Check:
    return Check(name="kernel", status="ok", detail=f"Linux {platform.release()}, {platform.machine()}")


def _python() -> Check:
    return Check(name="python", status="ok", detail=f"{platform.python_version()} at {sys.executable}")


def _compiled() -> Check:
    wanted, slow = compiled_modules()
    if not slow:
        return Check(name="compiled", status="ok", detail=f"{len(wanted)} per-packet modules run compiled")
    return Check(
        name="compiled",
        status="degraded",
        detail=f"{len(slow)} of {len(wanted)} per-packet modules run uncompiled, far slower: "
        + ", ".join(slow[:3]),
        remedy="install a C compiler and the Python headers, then install procwire again",
    )


def _capture() -> Check:
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()
    except PermissionError:
        return Check(
            name="capture", status="missing", detail="no right to open packet sockets", remedy=AS_ROOT
        )
    except OSError as error:
        return Check(name="capture", status="missing", detail=f"AF_PACKET: {error.strerror}")
    return Check(name="capture", status="ok", detail="packet sockets can be opened")


def _filters() -> Check:
    try:
        compile_filter("tcp port 80")
    except FilterError as error:
        return Check(
            name="capture-filter", status="degraded", detail=str(error), remedy="install libpcap (libpcap0.8)"
        )
    return Check(name="capture-filter", status="ok", detail="libpcap compiles capture filters")


def _sockets() -> Check:
    try:
        Channel(SOCK_DIAG).close()
    except OSError as error:
        return Check(name="socket-owners", status="missing", detail=f"sock_diag: {error.strerror}")
    return Check(name="socket-owners", status="ok", detail="sock_diag answers")


def _holders() -> Check:
    try:
        next(Path("/proc/1/fd").iterdir(), None)
    except PermissionError:
        return Check(
            name="process-owners",
            status="degraded",
            detail="descriptors of other users' processes cannot be read: their flows stay unknown",
            remedy=AS_ROOT,
        )
    except OSError as error:
        return Check(name="process-owners", status="missing", detail=f"/proc: {error.strerror}")
    return Check(name="process-owners", status="ok", detail="descriptors of all processes can be read")


def _kernel_owners() -> Check:
    return _programs("kernel-owners", "owners", "owners are exact, also of processes that are gone")


def _process_table() -> Check:
    return _programs(
        "process-table", "iterators", "all processes and all holders of sockets in one read each"
    )


def _packet_counting() -> Check:
    return _programs("packet-counting", "account", "packets are counted there, and most are not copied")


def _process_events() -> Check:
    return _programs("process-events", "lifecycle", "every fork, exec and exit is told of in full")


def _programs(name: str, kernel_object: str, good: str) -> Check:
    """Whether the programs of an object run here, and why not."""
    try:
        verdicts = probe.programs(name=kernel_object)
    except BpfError as error:
        return Check(name=name, status="degraded", detail=error.strerror or str(error))
    refused = [verdict for verdict in verdicts if verdict.reason]
    if not refused:
        return Check(name=name, status="ok", detail=f"{len(verdicts)} programs run in the kernel: {good}")
    names = "all" if len(refused) == len(verdicts) else ", ".join(verdict.program for verdict in refused)
    return Check(
        name=name,
        status="degraded",
        detail=f"{names} of {len(verdicts)} programs cannot run: {refused[0].reason}",
        remedy=AS_ROOT if "CAP_" in refused[0].reason else "",
    )


def _namespaces() -> Check:
    try:
        inodes = {path.stat().st_ino for path in Path("/proc").glob("[0-9]*/ns/net")}
    except OSError:
        inodes = set()
    allowed = _capabilities() >> 21 & 1  # CAP_SYS_ADMIN, which setns(2) asks for
    if allowed:
        return Check(
            name="namespaces", status="ok", detail=f"{max(1, len(inodes))} network namespaces in reach"
        )
    return Check(
        name="namespaces",
        status="degraded",
        detail="only sockets of this network namespace can be looked up",
        remedy=AS_ROOT,
    )


def _capabilities() -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("CapEff:"):
            return int(line.split()[1], 16)
    return 0


def _zstd() -> Check:
    for name in ("compression.zstd", "backports.zstd"):
        try:
            importlib.import_module(name)
        except ImportError:
            continue
        return Check(name="zstd", status="ok", detail=f"zstd captures are read by {name}")
    return Check(
        name="zstd",
        status="degraded",
        detail="zstd captures cannot be read",
        remedy="pip install backports.zstd",
    )


CHECKS: tuple[Callable[[], Check], ...] = (
    _kernel,
    _python,
    _compiled,
    _capture,
    _filters,
    _sockets,
    _holders,
    _kernel_owners,
    _packet_counting,
    _process_table,
    _process_events,
    _namespaces,
    _zstd,
    cells.sandbox,
    shapes.shaping,
    cells.shaping_warden,
)


def examine() -> list[Check]:
    """Every check, tried now. A check that itself fails is reported as missing, with the reason."""
    answers = []
    for check in CHECKS:
        try:
            answers.append(check())
        except OSError as error:
            answers.append(Check(name=check.__name__.lstrip("_"), status="missing", detail=str(error)))
    return answers + cells.processes()
