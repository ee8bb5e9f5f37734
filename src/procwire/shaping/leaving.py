"""How an impairment leaves a tree that others may stand in: its filters and its class, then, with the last,
the tree.

What is to be done is found out when it is done, as others come and go meanwhile. Each look is followed by
steps that may be done again: after a crash in the middle the same steps, asked for once more, do what is
left.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from procwire.shaping.codec.traffic import ROOT, Object
from procwire.shaping.standing import ROOT_HANDLE, TREE_HANDLE, Standing, class_handle, inner_handle
from procwire.shaping.steps import DropClass, DropFilters, DropQdisc, Leave, Place, Step
from procwire.shaping.tree import filters_of

NOWHERE = Place(path="", inode=0)


class Looking(Protocol):
    """One namespace's traffic control, as far as it is needed (apply.Kernel)."""

    def root(self, device: int) -> Object | None:
        """What stands at an interface's root."""

    def classes(self, device: int) -> list[Object]:
        """The classes of an interface."""

    def filters(self, device: int, parent: int) -> tuple[Object, ...]:
        """The filters below a parent."""


def left(kernel: Looking, step: Leave) -> Iterator[Step]:
    """What is still to be done, as it is come to. Raises what looking raises."""
    root = kernel.root(step.device)
    found = Standing(NOWHERE, step.device, "", () if root is None else (root,))
    if found.is_shared:
        yield from _out_of(kernel, step)
        if any(Standing(NOWHERE, step.device, "", classes=tuple(kernel.classes(step.device))).slots):
            return
        yield DropQdisc(device=step.device, parent=ROOT, handle=TREE_HANDLE, kind="htb")
    elif found.is_alone:
        if not step.alone or found.root is None:
            return  # another's, which was not joined after all
        yield DropQdisc(device=step.device, parent=ROOT, handle=ROOT_HANDLE, kind=found.root.kind)
    elif found.root is not None:
        return  # somebody else's by now
    yield from step.last


def _out_of(kernel: Looking, step: Leave) -> Iterator[Step]:
    """Filters first: a class that one leads to cannot go."""
    inner = inner_handle(step.slot)
    classes = {each.handle for each in kernel.classes(step.device)}
    parents = [TREE_HANDLE, *([inner] if inner in classes else [])]
    for parent in parents:
        known = filters_of(step.slot, kernel.filters(step.device, parent))
        for priority, protocol in dict.fromkeys((each.priority, each.protocol) for each in known):
            yield DropFilters(device=step.device, parent=parent, priority=priority, protocol=protocol)
    for handle in (class_handle(step.slot), inner):
        if handle in classes:
            yield DropClass(device=step.device, handle=handle)
