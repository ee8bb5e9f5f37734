"""Single steps that shape, and that undo it, as plain data: planned, written down, then done. Pure.

A step names interfaces by index, so a rename changes nothing. The journal keeps steps as JSON; commands ask
shaping's warden for them (``requests``), which alone does them.
"""

from __future__ import annotations

from typing import Literal

import msgspec

How = Literal["add", "change", "replace"]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A network namespace: the path it was reached by, and the inode that it must still have."""

    path: str
    inode: int


class MakeIfb(msgspec.Struct, frozen=True, kw_only=True, tag="make-ifb", tag_field="do"):
    """A device that received packets are led through, with the index that the plan gave it."""

    device: int
    name: str


class RemoveLink(msgspec.Struct, frozen=True, kw_only=True, tag="remove-link", tag_field="do"):
    """The device, if it still has this name: only what was made here is removed."""

    device: int
    name: str


class SetLink(msgspec.Struct, frozen=True, kw_only=True, tag="set-link", tag_field="do"):
    """Up or down."""

    device: int
    up: bool


class PutQdisc(msgspec.Struct, frozen=True, kw_only=True, tag="put-qdisc", tag_field="do"):
    """A queueing discipline. ``add`` fails where there is one that somebody asked for."""

    device: int
    parent: int
    handle: int
    kind: str
    options: bytes = b""
    how: How = "add"


class DropQdisc(msgspec.Struct, frozen=True, kw_only=True, tag="drop-qdisc", tag_field="do"):
    """It goes, if it still has the handle and the kind: what somebody else put there meanwhile stays."""

    device: int
    parent: int
    handle: int
    kind: str


class PutClass(msgspec.Struct, frozen=True, kw_only=True, tag="put-class", tag_field="do"):
    """A class of a qdisc."""

    device: int
    parent: int
    handle: int
    kind: str
    options: bytes
    how: How = "add"


class DropClass(msgspec.Struct, frozen=True, kw_only=True, tag="drop-class", tag_field="do"):
    """A class, with what stands below it."""

    device: int
    handle: int


class PutFilter(msgspec.Struct, frozen=True, kw_only=True, tag="put-filter", tag_field="do"):
    """A filter of a qdisc, at a priority."""

    device: int
    parent: int
    priority: int
    protocol: int
    kind: str
    options: bytes
    handle: int = 0


class DropFilters(msgspec.Struct, frozen=True, kw_only=True, tag="drop-filters", tag_field="do"):
    """All filters of a qdisc at a priority."""

    device: int
    parent: int
    priority: int
    protocol: int


class DropFilter(msgspec.Struct, frozen=True, kw_only=True, tag="drop-filter", tag_field="do"):
    """One filter of those at a priority, by its handle."""

    device: int
    parent: int
    priority: int
    protocol: int
    kind: str
    handle: int


class Catch(msgspec.Struct, frozen=True, kw_only=True, tag="catch", tag_field="do"):
    """What comes in for a control group's sockets is led to another interface, with a priority: a program
    at the ingress hook, which ends with its filter.
    """

    device: int
    parent: int
    order: int  # of the filter, among others
    handle: int
    cgroup: str
    priority: int
    to: int


Last = PutQdisc | PutClass | PutFilter | DropFilters | DropQdisc | RemoveLink


class Leave(msgspec.Struct, frozen=True, kw_only=True, tag="leave", tag_field="do"):
    """An impairment goes from a tree, and no other is touched. With the last the tree goes; then ``last``
    is done.

    ``alone``: the tree may also be a single qdisc, which is then this impairment's.
    """

    device: int
    slot: int
    alone: bool = False
    last: tuple[Last, ...] = ()


class Mark(msgspec.Struct, frozen=True, kw_only=True, tag="mark", tag_field="do"):
    """What a control group's sockets send gets a priority, which is the class that shapes it.

    Held by a descriptor: it ends with the process that holds it.
    """

    cgroup: str
    priority: int


class Settle(msgspec.Struct, frozen=True, kw_only=True, tag="settle", tag_field="do"):
    """A process goes into a control group of its own, below the one it is in; both paths from the root."""

    pid: int
    start: int
    group: str
    home: str


class Unsettle(msgspec.Struct, frozen=True, kw_only=True, tag="unsettle", tag_field="do"):
    """All of a group go back where they came from, and the group is removed."""

    group: str
    home: str


class Tag(msgspec.Struct, frozen=True, kw_only=True, tag="tag", tag_field="do"):
    """The sockets that a process has already get a priority."""

    pid: int
    start: int
    priority: int


class Untag(msgspec.Struct, frozen=True, kw_only=True, tag="untag", tag_field="do"):
    """And lose it again."""

    pid: int
    start: int
    priority: int


Step = (
    MakeIfb | RemoveLink | SetLink | PutQdisc | DropQdisc | PutClass | DropClass | PutFilter | DropFilters
    | DropFilter | Catch | Leave | Mark | Settle | Unsettle | Tag | Untag
)  # fmt: skip


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What is done in one namespace to one interface, and what undoes it, both in order."""

    place: Place
    device: int
    name: str
    side: str
    steps: tuple[Step, ...]
    undo: tuple[Step, ...]
    notes: tuple[str, ...] = ()

    @property
    def leave(self) -> Leave | None:
        """What takes it out of its tree; None of a part that an older procwire wrote down."""
        return next((step for step in self.undo if isinstance(step, Leave)), None)

    @property
    def tree(self) -> tuple[int, int]:
        """Where its tree stands: the namespace, and the interface itself or the ifb that serves it."""
        return self.place.inode, self.leave.device if self.leave is not None else self.device


def told(step: Step) -> str:
    """One step for people."""
    values = {name: getattr(step, name) for name in step.__struct_fields__}
    shown = (
        f"{name}={_value(name, value)}" for name, value in values.items() if value not in (b"", 0, "", ())
    )
    return f"{step.__struct_config__.tag} " + " ".join(shown)


def _value(name: str, value: object) -> str:
    if name in ("handle", "parent") and isinstance(value, int):
        from procwire.shaping.codec.traffic import show_handle

        return show_handle(value)
    if isinstance(value, tuple):
        return f"{len(value)} steps"
    return f"{len(value)} bytes" if isinstance(value, bytes) else str(value)
