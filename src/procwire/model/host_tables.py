"""The tables of a host: its processes. Columns are declared here once, as those in ``tables``."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from procwire.model.columns import Column, Free, Kind, Table
from procwire.model.declare import column, count, items, size, span, text, truth
from procwire.model.getters import Getter, known
from procwire.model.host import KERNEL_THREAD, ProcessRow, state_name

_EXACT = Free.EQUALS


def _asked(name: str) -> Getter:
    """What the context says of the row's task."""

    def get(row: ProcessRow) -> Any:
        return getattr(row.host, name)(row.task) or None

    return get


def _placed(what: str) -> Getter:
    return lambda row: row.host.place(row.task, what) or None


def _space(kind: str) -> Getter:
    return lambda row: row.host.namespace(row.task, kind) or None


def _of(part: str, name: str) -> Getter:
    """A field of what the context knows of the task's program (``executable``) or container."""

    def get(row: ProcessRow) -> Any:
        found = getattr(row.host, part)(row.task)
        value = getattr(found, name) if found is not None else None
        return None if value in ("", 0, ()) and value is not False else value

    return get


def _age(row: ProcessRow) -> int | None:
    start = row.host.start(row.task)
    return max(0, row.host.now - start) if start and row.host.now else None


def _container(row: ProcessRow) -> str | None:
    found = row.host.container(row.task)
    return (found.name if found is not None else "") or row.host.place(row.task, "container") or None


def program_columns(part: Any) -> tuple[Column, ...]:
    """Columns on a program; ``part(name)`` makes the getter of a field of Executable."""
    return (
        text("exe_sha256", "SHA-256 of the program's file, where it was asked for and could be read.",
             part("sha256"), free=_EXACT),
        text("exe_blake3", "BLAKE3 of the program's file, where it was asked for and could be read.",
             part("blake3"), free=_EXACT),
        truth("exe_deleted", "Whether the program's file has no name any more.", part("deleted")),
        truth("exe_memfd", "Whether the program never had a file: it runs from memory (memfd_create(2)).",
              part("memfd")),
        truth("exe_replaced", "Whether another file now has the program's name.", part("replaced")),
    )  # fmt: skip


def container_columns(part: Any) -> tuple[Column, ...]:
    """Columns that a container's runtime fills; ``part(name)`` makes the getter of a field of Container."""
    return (
        text("image", "Image that the container runs.", part("image")),
        text("pod_name", "Name of the Kubernetes pod.", part("pod_name")),
        text("pod_namespace", "Kubernetes namespace of the pod.", part("pod_namespace")),
        text("compose_project", "Compose project that the container is part of.", part("compose_project")),
        text("compose_service", "Compose service that the container is one of.", part("compose_service")),
        items("container_labels", "Labels of the container, as name=value.", part("label_list")),
    )  # fmt: skip


def _impairment(row: ProcessRow) -> str | None:
    impaired = row.host.impaired
    return None if impaired is None else str(impaired.impairment(row.host, row.task) or "") or None


_PROCESS = (
    count("pid", "Process id on this host.", attrgetter("task.pid"), free=_EXACT, shown=True, width=7),
    count("ppid", "Process id of its parent.", known("task.ppid"), shown=True, rank=7),
    text("user", "User that it runs as, by name where there is one.",
         lambda row: row.host.user(row.task.euid), shown=True, rank=3),
    count("uid", "User id that it runs as (effective).", attrgetter("task.euid")),
    count("real_uid", "User id of who started it.", attrgetter("task.uid")),
    text("state", "What it is doing: running, sleeping, disk-sleep, idle, stopped, traced, parked, zombie or "
         "dead.", lambda row: state_name(row.task), shown=True, rank=6),
    count("threads", "Its threads.", attrgetter("task.threads"), shown=True, rank=8),
    span("cpu_time", "Processor time of all its threads since it started.",
         attrgetter("task.runtime"), shown=True, rank=4, title="cpu"),
    size("rss", "Memory that it has resident, shared pages included.",
         lambda row: row.task.resident * row.host.page_bytes, shown=True, rank=5),
    size("virtual", "Addresses that it has mapped.", lambda row: row.task.virtual * row.host.page_bytes),
    column("start", Kind.TIME, "When it was started.", _asked("start")),
    span("age", "How long ago it was started.", _age, shown=True, rank=9),
    text("container", "Container that it is in: its name where its runtime tells, else its id.",
         _container, shown=True, rank=2),
    text("process", "Its name (comm, at most 15 bytes).", lambda row: row.branch + row.host.name(row.task),
         shown=True),
    text("parent", "Name of its parent.", _asked("parent")),
    items("ancestors", "Its parents, nearest first, each as name:pid.", _asked("ancestors"),
          free=Free.NEVER),
    text("exe", "Path of its program.", _asked("exe")),
    text("cmdline", "Its command line, secrets masked.", _asked("cmdline"), shown=True, rank=1),
    truth("kernel", "Whether it is a thread of the kernel's own.",
          lambda row: bool(row.task.flags & KERNEL_THREAD)),
    text("unit", "systemd unit that it belongs to.", _placed("unit")),
    text("cgroup", "Path of its control group.", _placed("cgroup")),
    count("cgroup_id", "Id of its control group in the version 2 tree.", known("task.cgroup")),
    text("container_id", "Id of its container, at most 12 hex digits, or the name that stands for it.",
         _placed("container")),
    text("container_runtime", "What runs its container: docker, podman, containerd, cri-o, lxc, ...",
         _placed("runtime")),
    text("pod", "Kubernetes pod uid.", _placed("pod")),
    *container_columns(lambda name: _of("container", name)),
    text("netns_name", "Name of its network namespace: host, one that it was given, its container, or its "
         "oldest process as name:pid.",
         lambda row: row.host.space(row.host.namespace(row.task, "net"))),
    count("netns", "Inode of its network namespace.", _space("net")),
    count("mntns", "Inode of its mount namespace.", _space("mnt")),
    count("userns", "Inode of its user namespace.", _space("user")),
    count("pidns", "Inode of its pid namespace.", _space("pid")),
    count("ns_pid", "Its process id in that pid namespace.", _asked("ns_pid")),
    *program_columns(lambda name: _of("executable", name)),
    text("impairment", "What procwire shape does to its packets now: to itself, its unit, cgroup, container "
         "or network of its own.", _impairment, free=Free.NEVER),
)  # fmt: skip

PROCESSES = Table(
    name="process",
    doc="One process of this host.",
    columns=_PROCESS,
    key=("pid", "start"),
    moment="start",
    also={
        "name": ("process",),
        "command": ("cmdline",),
        "cpu": ("cpu_time",),
        "memory": ("rss",),
        "container.id": ("container_id",),
        "container.image": ("image",),
    },
)
