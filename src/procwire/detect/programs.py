"""Programs that should not talk to a network, or not look like that: once for each program and reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import ClassVar

from procwire.detect.contract import Detector, Kept, opener
from procwire.model.finding import Finding
from procwire.model.process import ProcessRef
from procwire.model.rows import FlowRow

SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "fish", "ash", "busybox"})
WRITABLE = ("/tmp/", "/var/tmp/", "/dev/shm/", "/run/user/")  # noqa: S108 - named, not used
FAKED = frozenset({"kworker", "kthreadd", "ksoftirqd", "migration", "rcu_sched"})  # names of kernel threads
SERVERS = frozenset({  # answer strangers, and start no tools by themselves
    "nginx", "apache2", "httpd", "lighttpd", "caddy", "php-fpm", "mysqld", "mariadbd", "postgres",
    "redis-server", "memcached", "mongod", "named", "smbd", "vsftpd", "proftpd", "cupsd", "squid", "haproxy",
    "slapd", "chronyd",
})  # fmt: skip
TOOLS = SHELLS | {
    "curl", "wget", "nc", "ncat", "netcat", "socat", "python", "perl", "ruby", "ssh", "scp", "sftp", "ftp",
    "tftp", "telnet", "openssl", "nmap", "masscan", "chisel", "gost",
}  # fmt: skip
_VERSION = "0123456789.-"


class Programs(Detector):
    """See the module."""

    NAME = "unusual-program"
    TITLE = "Unusual program with network access"
    SEVERITY = "medium"
    ATTACK = ("T1036", "T1620", "T1059.004", "T1505.003")
    CONTROLS = (
        "A deleted file whose name has a newer one is what an upgrade leaves, and is info; a shell counts "
        "only where it holds the socket itself; a parent is unusual only where a server that starts no tools "
        "by itself started a tool, at most through shells. Told once for each program and reason."
    )
    SETTINGS: ClassVar = {"again": (3600, "Seconds until the same program is told of again.")}

    def __init__(self, settings: dict[str, float] | None = None) -> None:
        super().__init__(settings)
        self._told: Kept[list[int]] = Kept()
        self._paths: Kept[set[str]] = Kept()

    def opened(self, row: FlowRow, now: int) -> Iterable[Finding]:
        """See Detector."""
        process = opener(row) or row.owner.process
        if process is None:
            return
        for severity, reason in (*oddities(process), *self._two_places(process)):
            last = self._told.of((process.exe or process.name, reason), list)
            if not last or now - last[0] >= self.settings["again"] * 10**9:
                last[:] = [now]
                flow = row.flow
                yield self.found(
                    f"{process.name} ({process.exe or 'no executable'}) {reason}", now=now, row=row,
                    severity=severity, source=flow.src, target=flow.server_name or flow.dst, port=flow.dport,
                    pid=process.pid, process=process.name, exe=process.exe, user=process.user,
                    flows=[flow.flow_id],
                )  # fmt: skip

    def _two_places(self, process: ProcessRef) -> Iterator[tuple[str, str]]:
        """One name from several paths; containers have their own files, and scripts their own names."""
        if not process.exe or process.container or PurePosixPath(process.exe).name[:15] != process.name:
            return
        paths = self._paths.of(process.name, set)
        if len(paths) < 8:
            paths.add(process.exe)
        if len(paths) > 1:
            yield "low", f"is a name that runs from several paths: {', '.join(sorted(paths))}"


def oddities(process: ProcessRef) -> Iterator[tuple[str, str]]:
    """(severity, what is odd) of a process that talks to a network."""
    program = process.executable
    if program is not None and program.absent:
        yield "high", "runs without an executable"
    elif program is not None and program.memfd:
        yield "high", "runs from memory: it has no file (memfd)"
    elif program is not None and program.deleted:
        if program.replaced:
            yield "info", "runs from a file that was replaced since: an upgrade, or a trace removed"
        else:
            yield "high", "runs from a file that was deleted"
    elif process.exe.startswith(WRITABLE):
        yield "medium", "runs from a directory that everybody may write to"
    if PurePosixPath(process.exe).name in SHELLS:
        yield "high", "is a shell that holds a network connection itself"
    if process.exe and process.name.split("/")[0] in FAKED:
        yield "high", "has the name of a kernel thread, and is none"
    if server := started_by(process):
        yield "medium", f"was started by {server}, a server that starts no such programs"


def started_by(process: ProcessRef) -> str:
    """The server that started this tool, by itself or through shells; empty where nothing is unusual."""
    own = PurePosixPath(process.exe).name or process.name
    if own not in TOOLS and own.rstrip(_VERSION) not in TOOLS:
        return ""
    for link in process.ancestors:
        name = link.rpartition(":")[0]
        if name in SERVERS or name.rstrip(_VERSION) in SERVERS:
            return name
        if name not in SHELLS:
            return ""
    return ""
