"""Targets on this host: from a name to namespaces, interfaces and the side that each is shaped on.

A container's egress is shaped inside, on its interface; what it receives is shaped on the host's end of its
veth pair, where it is sent, so that no ifb is needed; without such an end, by an ifb inside. A container
that shares the host's network is refused: its cgroup can be shaped instead. A process, unit or cgroup is
shaped where its network is, told apart from all else there.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import NamedTuple

from procwire.model.process import Container
from procwire.processes.census import Census
from procwire.shaping import groups
from procwire.shaping.apply import Kernel
from procwire.shaping.codec.links import Link
from procwire.shaping.failure import ShapingError
from procwire.shaping.namespace import OWN, GoneError, Namespace, own, path_of
from procwire.shaping.plan import IFB_NAME
from procwire.shaping.target import Target, is_meant, is_whole

MAX_SPOTS = 256  # interfaces of one target


class Spot(NamedTuple):
    """An interface, and how a direction of the target is shaped there.

    ``side`` is the target's direction. ``sends``: at the interface's root, else through an ifb. ``group``:
    only what this control group sends or receives. ``pid``: of a process that gets a group of its own first.
    """

    kernel: Kernel
    link: Link
    side: str
    sends: bool
    group: str = ""
    pid: int = 0
    is_own: bool = False  # in this process's own namespace: its connections are exempt


class Found(NamedTuple):
    """A container that runs, and a process inside."""

    container: Container
    pid: int


class Finder:
    """Opens the namespaces that are needed, and closes them; a context manager."""

    def __init__(self, *, census: type[Census] = Census) -> None:
        self._census = census
        self.held: dict[int, Kernel] = {}  # by the namespace's inode

    def __enter__(self) -> Finder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every namespace."""
        for kernel in self.held.values():
            kernel.close()
            kernel.namespace.close()
        self.held.clear()

    def spots(self, target: Target, sides: tuple[str, ...]) -> list[Spot]:
        """Where a target's directions are shaped. Raises GoneError, ShapingError."""
        found = list(self._spots(target, sides))
        if not found:
            raise GoneError(f"{target} has no interface that is up, but loopback")
        if len(found) > MAX_SPOTS:
            raise ShapingError(f"{target} has {len(found)} interfaces, more than {MAX_SPOTS}: name one")
        return found

    def kernel(self, path: str = OWN) -> Kernel:
        """Traffic control of a namespace, opened once. Raises GoneError, ShapingError."""
        with contextlib.suppress(OSError):
            known = self.held.get(os.stat(path).st_ino)  # noqa: PTH116
            if known is not None:
                return known
        namespace = Namespace(path)
        known = self.held.get(namespace.place.inode)
        if known is not None:
            namespace.close()
            return known
        made = self.held[namespace.place.inode] = Kernel(namespace)
        return made

    def containers(self) -> list[Found]:
        """Every container that runs, with its lowest pid."""
        found: dict[str, Found] = {}
        with self._census() as census:
            for task in sorted(census.take(commands=False), key=lambda task: task.pid):
                container = census.container(task)
                if container is not None:
                    found.setdefault(container.id, Found(container, task.pid))
        return list(found.values())

    def _spots(self, target: Target, sides: tuple[str, ...]) -> Iterator[Spot]:
        if target.kind == "interface":
            yield from self._at(self.kernel(), target.interface, sides)
        elif target.kind == "namespace":
            kernel = self.kernel(path_of(target.name))
            yield from self._at(kernel, target.interface, sides)
        elif target.kind == "container":
            for each in self._named(target):
                yield from self._of_container(each, target, sides)
        elif target.kind == "command":
            raise ShapingError("a command is shaped by `procwire shape run`")
        else:
            yield from self._of_group(target, sides)

    def _at(self, kernel: Kernel, name: str, sides: tuple[str, ...]) -> Iterator[Spot]:
        is_own = kernel.namespace.place.inode == own()
        for link in self._links(kernel, name):
            for side in sides:
                yield Spot(kernel, link, side, sends=side == "egress", is_own=is_own)

    def _links(self, kernel: Kernel, name: str) -> list[Link]:
        if name:
            found = kernel.link(name)
            if found is None:
                raise GoneError(f"no interface is called {name!r} in {kernel.namespace.place.path}")
            return [found]
        links = kernel.links()
        return [each for each in links if each.is_up and not each.is_loopback and not _is_ours(each)]

    def _named(self, target: Target) -> list[Found]:
        found = [each for each in self.containers() if is_meant(each.container, target)]
        if not found:
            raise GoneError(f"no running container has the name, id, label, service or pod {target.name!r}")
        return found

    def _of_container(self, found: Found, target: Target, sides: tuple[str, ...]) -> Iterator[Spot]:
        host = self.kernel()
        kernel = self.kernel(f"/proc/{found.pid}/ns/net")
        if kernel is host:
            raise ShapingError(
                f"container {found.container.name or found.container.id[:12]} shares the host's network: "
                "shaping it would shape the host. Shape its cgroup instead: "
                f"cgroup:{groups.of_process(found.pid)}"
            )
        interface = "" if is_whole(found.container, target) else target.interface
        for link in self._links(kernel, interface):
            outer = _outer_end(host, link) if "ingress" in sides else None
            for side in sides:
                if side == "ingress" and outer is not None:
                    yield Spot(host, outer, side, sends=True)
                else:
                    yield Spot(kernel, link, side, sends=side == "egress")

    def _of_group(self, target: Target, sides: tuple[str, ...]) -> Iterator[Spot]:
        top = groups.root()  # before anything is written down
        path, group, pid = OWN, target.name, 0
        if target.kind == "process":
            pid, path = target.pid, f"/proc/{target.pid}/ns/net"
            group = groups.placing(pid)[1].group
        elif target.kind == "unit":
            group = groups.of_unit(target.name)
        elif not os.path.isdir(top + group):  # noqa: PTH112
            raise GoneError(f"there is no control group {group}")
        kernel = self.kernel(path)
        is_own = kernel.namespace.place.inode == own()
        for link in self._links(kernel, target.interface):
            for side in sides:
                yield Spot(kernel, link, side, sends=side == "egress", group=group, pid=pid, is_own=is_own)


def _outer_end(own: Kernel, inner: Link) -> Link | None:
    """The end of a veth pair that is in our namespace; None where there is none, or it may be another's
    index.
    """
    if inner.kind != "veth" or not inner.peer:
        return None
    found = None
    with contextlib.suppress(ShapingError):
        found = own.link(device=inner.peer)
    if found is None or found.kind != "veth" or found.peer != inner.device:
        return None
    return found


def _is_ours(link: Link) -> bool:
    return link.kind == "ifb" and link.name.startswith(IFB_NAME)
