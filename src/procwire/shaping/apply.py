"""Does the steps, one netlink message each, and asks what stands there. Spawns nothing.

What is taken away is looked at first: a qdisc that has another handle or kind by now, an interface with
another name, is somebody else's and stays. What is gone already is not missed.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from procwire.netlink import message
from procwire.netlink.channel import NetlinkError
from procwire.shaping import catching, groups, sockets
from procwire.shaping.codec import filters, links, traffic
from procwire.shaping.codec.links import Link
from procwire.shaping.codec.traffic import CLSACT, INGRESS_HOOK, ROOT, Object
from procwire.shaping.failure import ShapingError
from procwire.shaping.leaving import left
from procwire.shaping.namespace import GoneError, Namespace
from procwire.shaping.standing import Standing, class_handle, inner_handle
from procwire.shaping.steps import (
    Catch,
    DropClass,
    DropFilter,
    DropFilters,
    DropQdisc,
    Leave,
    MakeIfb,
    Mark,
    PutClass,
    PutFilter,
    PutQdisc,
    RemoveLink,
    SetLink,
    Settle,
    Step,
    Tag,
    Unsettle,
    Untag,
    told,
)

ABSENT = frozenset({errno.ENOENT, errno.ENODEV, errno.EINVAL, errno.ESRCH})
FLAGS = {"add": traffic.CREATE | traffic.EXCLUSIVE, "change": 0, "replace": traffic.CREATE | traffic.REPLACE}
_PUTS = (PutQdisc, PutClass, PutFilter)
ECHO = 0x8  # NLM_F_ECHO: without it a single qdisc is told to listeners alone (net/sched/sch_api.c)
TRIES = 4  # of a dump that changed while it was read


class RefusedError(ShapingError):
    """The kernel refused a step; the words are its own where it had any."""

    def __init__(self, what: str, error: OSError) -> None:
        words = error.strerror or str(error)
        if error.errno == errno.EPERM:
            words += " (it needs CAP_NET_ADMIN)"
        super().__init__(f"{what}: {words}")
        self.errno = error.errno


class Kernel:
    """Traffic control of one namespace."""

    def __init__(self, namespace: Namespace) -> None:
        self.namespace = namespace
        self._ask = namespace.channel.ask
        self.marks: list[int] = []  # descriptors that hold the marks put here

    def close(self) -> None:
        """Let go of the marks, so that they end."""
        while self.marks:
            os.close(self.marks.pop())

    def links(self) -> list[Link]:
        """All interfaces. Raises RefusedError."""
        return [links.decode(body) for body in self._dump(links.GET_LINK, links.asked())]

    def link(self, name: str = "", device: int = 0) -> Link | None:
        """One interface by name or index. Raises RefusedError."""
        try:
            answers = list(self._ask(links.GET_LINK, links.asked(device, name), message.ACK))
        except NetlinkError as error:
            if error.errno in ABSENT:
                return None
            raise RefusedError(name or str(device), error) from None
        return links.decode(answers[0].body) if answers else None

    def standing(self, link: Link, slot: int = 1, *, whole: bool = False) -> Standing:
        """What stands on an interface: of a tree of ours what an impairment's number may have there; of
        others' the classes and filters, and all of it where it is to be put back (``whole``).
        """
        device = link.device
        roots = [each for each in (self._one(device, ROOT), self._one(device, CLSACT)) if each is not None]
        found = Standing(self.namespace.place, device, link.name, tuple(roots), is_up=link.is_up)
        caught = self.filters(device, INGRESS_HOOK) if found.catcher is not None else ()
        found = found._replace(caught=caught)
        if found.root is None and not whole:
            return found
        if found.is_alone and not whole:
            return found
        classes = tuple(self.classes(device))
        below: Iterable[Object] = [
            each for each in (self._one(device, class_handle(slot)),) if each is not None
        ]
        if whole or not found.is_ours:
            every = (traffic.decode(body) for body in self._dump(traffic.GET_QDISC, traffic.asked(device)))
            below = [each for each in every if each.device == device and each.parent not in (ROOT, CLSACT)]
        parents = [found.root.handle] if found.root is not None else []
        if found.is_shared and any(each.handle == inner_handle(slot) for each in classes):
            parents.append(inner_handle(slot))
        rules = tuple(each for parent in parents for each in self.filters(device, parent))
        return found._replace(qdiscs=(*roots, *below), classes=classes, filters=rules)

    def root(self, device: int) -> Object | None:
        """What stands at an interface's root. Raises RefusedError."""
        return self._one(device, ROOT)

    def classes(self, device: int) -> list[Object]:
        """The classes of an interface. Raises RefusedError."""
        return [traffic.decode(body) for body in self._dump(traffic.GET_CLASS, traffic.asked(device))]

    def filters(self, device: int, parent: int) -> tuple[Object, ...]:
        """The filters below a parent. Raises RefusedError."""
        bodies = self._dump(traffic.GET_FILTER, traffic.asked(device, parent))
        return tuple(each for each in map(traffic.decode, bodies) if each.options)

    def do(self, step: Step) -> None:
        """One step. Raises RefusedError, GoneError."""
        try:
            _DOING[type(step)](self, step)
        except NetlinkError as error:
            if error.errno == errno.ENODEV:
                raise GoneError(f"the interface is gone ({told(step)})") from None
            raise RefusedError(told(step), error) from None

    def undo(self, steps: Iterable[Step]) -> list[str]:
        """Every step, whatever becomes of those before it; what failed, in words.

        What was to be taken away and is not there is no failure, nor what was to be put back and is there.
        """
        failed: list[str] = []
        for step in steps:
            failed += self._undone(step)
        return failed

    def _undone(self, step: Step) -> list[str]:
        try:
            if isinstance(step, Leave):
                return self.undo(left(self, step))
            self.do(step)
        except GoneError:
            return []
        except RefusedError as error:
            again = error.errno == errno.EEXIST if isinstance(step, _PUTS) else error.errno in ABSENT
            return [] if again else [str(error)]
        except ShapingError as error:
            return [str(error)]
        return []

    def _dump(self, kind: int, body: bytes) -> Iterator[bytes]:
        for attempt in range(TRIES):
            try:
                found = [answer.body for answer in self._ask(kind, body, message.DUMP)]
            except NetlinkError as error:
                if error.errno == errno.EINTR and attempt < TRIES - 1:
                    continue
                if error.errno in ABSENT:
                    return
                raise RefusedError("a dump", error) from None
            yield from found
            return

    def _one(self, device: int, parent: int) -> Object | None:
        """The qdisc below a parent; None where there is none, or one that is never told of (noqueue)."""
        try:
            answers = list(self._ask(traffic.GET_QDISC, traffic.asked(device, parent), message.ACK | ECHO))
        except NetlinkError as error:
            if error.errno in ABSENT:
                return None
            raise RefusedError("asking for a qdisc", error) from None
        return traffic.decode(answers[0].body) if answers else None

    def _tell(self, kind: int, body: bytes, flags: int = 0) -> None:
        for _ in self._ask(kind, body, message.ACK | flags):
            pass

    def _make_ifb(self, step: MakeIfb) -> None:
        found = self.link(device=step.device)
        if found is not None and found.name == step.name and found.kind == "ifb":
            return  # left over by a process that was killed
        flags = traffic.CREATE | traffic.EXCLUSIVE
        self._tell(links.NEW_LINK, links.made(step.device, step.name, "ifb"), flags)

    def _remove_link(self, step: RemoveLink) -> None:
        found = self.link(device=step.device)
        if found is not None and found.name == step.name and found.kind == "ifb":
            self._tell(links.DEL_LINK, links.asked(step.device))

    def _set_link(self, step: SetLink) -> None:
        self._tell(links.NEW_LINK, links.switched(step.device, up=step.up))

    def _put_qdisc(self, step: PutQdisc) -> None:
        wanted = Object(step.device, step.handle, step.parent, step.kind, step.options)
        self._tell(traffic.NEW_QDISC, traffic.encode(wanted), FLAGS[step.how])

    def _drop_qdisc(self, step: DropQdisc) -> None:
        found = self._one(step.device, step.parent)
        if found is None or found.handle != step.handle or found.kind != step.kind:
            return
        wanted = Object(step.device, step.handle, step.parent, step.kind)
        self._tell(traffic.DEL_QDISC, traffic.encode(wanted, bare=True))

    def _mark(self, step: Mark) -> None:
        self.marks.append(groups.mark(step.cgroup, step.priority))

    def _put_class(self, step: PutClass) -> None:
        wanted = Object(step.device, step.handle, step.parent, step.kind, step.options)
        self._tell(traffic.NEW_CLASS, traffic.encode(wanted), FLAGS[step.how])

    def _drop_class(self, step: DropClass) -> None:
        self._gone(traffic.DEL_CLASS, Object(step.device, step.handle, 0, ""))

    def _put_filter(self, step: PutFilter) -> None:
        info = traffic.filter_info(step.priority, step.protocol)
        wanted = Object(step.device, step.handle, step.parent, step.kind, step.options, info)
        self._tell(traffic.NEW_FILTER, traffic.encode(wanted), FLAGS["add"])

    def _drop_filters(self, step: DropFilters) -> None:
        info = traffic.filter_info(step.priority, step.protocol)
        self._gone(traffic.DEL_FILTER, Object(step.device, 0, step.parent, "", b"", info))

    def _drop_filter(self, step: DropFilter) -> None:
        info = traffic.filter_info(step.priority, step.protocol)
        wanted = Object(step.device, step.handle, step.parent, step.kind, b"", info)
        self._gone(traffic.DEL_FILTER, wanted, bare=False)

    def _gone(self, kind: int, wanted: Object, *, bare: bool = True) -> None:
        """Delete it; what is not there is no failure."""
        try:
            self._tell(kind, traffic.encode(wanted, bare=bare))
        except NetlinkError as error:
            if error.errno not in ABSENT:
                raise

    def _catch(self, step: Catch) -> None:
        with catching.program(step.cgroup, step.priority) as descriptor:
            options = catching.options(descriptor, step.to)
            info = traffic.filter_info(step.order, traffic.ETH_ALL)
            wanted = Object(step.device, step.handle, step.parent, filters.BPF, options, info)
            self._tell(traffic.NEW_FILTER, traffic.encode(wanted), FLAGS["add"])

    def _leave(self, step: Leave) -> None:
        for each in left(self, step):
            self.do(each)


def _ignored(_: int) -> None:
    """Of a number that nobody asks for."""


Doer = Callable[[Kernel, Any], None]

_DOING: dict[type, Doer] = {
    MakeIfb: Kernel._make_ifb,
    RemoveLink: Kernel._remove_link,
    SetLink: Kernel._set_link,
    PutQdisc: Kernel._put_qdisc,
    DropQdisc: Kernel._drop_qdisc,
    PutClass: Kernel._put_class,
    DropClass: Kernel._drop_class,
    PutFilter: Kernel._put_filter,
    DropFilters: Kernel._drop_filters,
    DropFilter: Kernel._drop_filter,
    Catch: Kernel._catch,
    Leave: Kernel._leave,
    Settle: lambda _, step: groups.settle(step),
    Unsettle: lambda _, step: groups.unsettle(step),
    Mark: Kernel._mark,
    Tag: lambda _, step: _ignored(sockets.tag(step)),
    Untag: lambda _, step: _ignored(sockets.untag(step)),
}
