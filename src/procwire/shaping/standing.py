"""What stands on an interface now: its qdiscs, classes and filters, whose they are, and how to put them
back. Pure.

Of ours there are two kinds of tree. One impairment of a whole interface is a netem (or TBF) at its root,
handle 7077:. Several, and each that means a part, have a class each below an HTB, handle 7078:; what is
nobody's passes through the class 7078:1. An impairment has a number (a slot), from which its handles and
the priorities of its filters follow: the same on every interface, as a control group's mark is one for all
of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from procwire.shaping.codec import filters, flower, htb, netem, traffic, u32
from procwire.shaping.codec.actions import Action
from procwire.shaping.codec.traffic import CLSACT, ROOT, Object
from procwire.shaping.failure import ShapingError
from procwire.shaping.steps import Place, PutClass, PutFilter, PutQdisc

Made = PutQdisc | PutClass | PutFilter

ROOT_HANDLE = 0x70770000  # "pw": what procwire puts at the root of an interface that has one impairment
TREE_HANDLE = 0x70780000  # of several, or of a part: HTB, with a class for each
FREE_CLASS = TREE_HANDLE + 1  # where what is nobody's passes untouched
FREE_LEAF = 0x70790000
MAX_SLOTS = 1024  # impairments of a host; each has the same number on every interface
ALONE_KINDS = frozenset({"netem", "tbf"})
# Kinds whose dump, sent back, makes the same again.
ECHOED = frozenset(
    {"tbf", "prio", "fq_codel", "pfifo", "bfifo", "fq", "sfq", "codel", "pie", "cake", "multiq", "drr"}
)
MAX_OBJECTS = 4096  # of a foreign tree


class ForeignError(ShapingError):
    """Something of somebody else's is in the way; the words say what, and how to go on."""


class Standing(NamedTuple):
    """One interface. ``classes`` and ``filters`` are those of its root, ``caught`` filters on what it
    receives.
    """

    place: Place
    device: int
    name: str
    qdiscs: tuple[Object, ...] = ()
    classes: tuple[Object, ...] = ()
    filters: tuple[Object, ...] = ()
    caught: tuple[Object, ...] = ()
    speed: int = 0
    is_up: bool = True

    @property
    def root(self) -> Object | None:
        """The root that somebody asked for; None where it is the kernel's own (handle 0)."""
        return next((each for each in self.qdiscs if each.parent == ROOT and each.handle), None)

    @property
    def catcher(self) -> Object | None:
        """The ingress or clsact qdisc."""
        return next((each for each in self.qdiscs if each.parent == CLSACT), None)

    @property
    def is_alone(self) -> bool:
        """Whether the root is procwire's, and all of one impairment."""
        root = self.root
        return root is not None and root.handle == ROOT_HANDLE and root.kind in ALONE_KINDS

    @property
    def is_shared(self) -> bool:
        """Whether the root is procwire's, with room for several."""
        root = self.root
        return root is not None and root.handle == TREE_HANDLE and root.kind == htb.KIND

    @property
    def is_ours(self) -> bool:
        """Whether the root is procwire's."""
        return self.is_alone or self.is_shared

    @property
    def slots(self) -> set[int]:
        """Numbers of the impairments that have a class here."""
        return {slot_of(each.handle) for each in self.classes if slot_of(each.handle)}

    def has(self, handle: int) -> bool:
        """Whether a class stands here."""
        return any(each.handle == handle for each in self.classes)

    def leaf(self, slot: int) -> Object | None:
        """What stands below an impairment's class."""
        return next((each for each in self.qdiscs if each.parent == class_handle(slot)), None)


def class_handle(slot: int) -> int:
    """The class of an impairment."""
    return TREE_HANDLE + 2 * slot + 1


def inner_handle(slot: int) -> int:
    """The class above it, for packets that carry this as their priority."""
    return TREE_HANDLE + 2 * slot + 2


def leaf_handle(slot: int) -> int:
    """The qdisc below it."""
    return FREE_LEAF + (slot << 16)


def slot_of(handle: int) -> int:
    """Whose class that is; 0: nobody's."""
    return (handle - TREE_HANDLE - 1) // 2 if handle > FREE_CLASS else 0


def snapshot(standing: Standing) -> tuple[Made, ...]:
    """The steps that put a foreign root back as it is. Raises ForeignError for what could not be put back
    exactly.
    """
    root = standing.root
    if root is None:
        return ()
    if len(standing.qdiscs) + len(standing.classes) + len(standing.filters) > MAX_OBJECTS:
        raise ForeignError(
            f"{standing.name} has a tree of more than {MAX_OBJECTS} objects: it is not adopted"
        )
    return tuple(_tree(standing, root))


def _tree(standing: Standing, root: Object) -> Iterator[Made]:
    yield _qdisc(standing, root)
    inner = [each for each in standing.classes if root.kind == "htb"]
    below = {each.handle for each in inner} | {root.handle}
    for each in sorted(inner, key=lambda each: (_depth(each, inner), each.handle)):
        parent = root.handle if each.parent == ROOT else each.parent
        yield PutClass(
            device=standing.device, parent=parent, handle=each.handle, kind=each.kind, options=each.options
        )
    for each in standing.qdiscs:
        majors = {handle >> 16 for handle in below}
        if each is root or each.parent in (ROOT, CLSACT) or not each.handle:
            continue
        if each.parent >> 16 not in majors:
            raise ForeignError(
                f"{standing.name}: {each.kind} {traffic.show_handle(each.handle)} is too deep to adopt"
            )
        yield _qdisc(standing, each)
    for each in standing.filters:
        if each.options and not (each.kind == u32.KIND and not each.handle & 0xFFF):  # u32's own hash table
            yield _filter(standing, each)


def _qdisc(standing: Standing, each: Object) -> PutQdisc:
    options = each.options
    if each.kind == "htb":
        options = htb.encode(htb.decode(options))  # a dump has the version in another form than a request
    elif each.kind == "netem":
        found = netem.decode(options)
        if found.jitter:
            raise ForeignError(
                f"{standing.name} has a netem with jitter, whose distribution the kernel does not tell: "
                "it could not be put back as it is"
            )
        options = netem.encode(found)
    elif each.kind not in ECHOED and each.kind != "mq":
        raise ForeignError(
            f"{standing.name} has a qdisc of kind {each.kind}, which could not be put back as it is"
        )
    options = b"" if each.kind == "mq" else options
    return PutQdisc(
        device=standing.device, parent=each.parent, handle=each.handle, kind=each.kind, options=options
    )


def _filter(standing: Standing, each: Object) -> PutFilter:
    actions, options = _again(standing, each)
    if actions:
        raise ForeignError(f"{standing.name} has a filter with actions, which could not be put back as it is")
    return PutFilter(
        device=standing.device, parent=each.parent, priority=each.priority, protocol=each.protocol,
        kind=each.kind, options=options, handle=each.handle if each.kind == filters.FW else 0,
    )  # fmt: skip


def _again(standing: Standing, each: Object) -> tuple[tuple[Action, ...], bytes]:
    """A filter's actions, and the options that make it again. Raises ForeignError, CodecError."""
    if each.kind == u32.KIND:
        keys = u32.decode(each.options)
        return keys.actions, u32.encode(replace(keys, actions=()))
    if each.kind == filters.FW:
        mark = filters.decode_fw(each.options)
        return mark.actions, filters.encode_fw(replace(mark, actions=()))
    if each.kind == filters.MATCHALL:
        every = filters.decode_matchall(each.options)
        return every.actions, filters.encode_matchall(replace(every, actions=()))
    if each.kind == flower.KIND:
        some = flower.decode(each.options)
        return some.actions, flower.encode(replace(some, actions=()))
    raise ForeignError(
        f"{standing.name} has a filter of kind {each.kind}, which could not be put back as it is"
    )


def _depth(each: Object, among: list[Object]) -> int:
    """How many classes stand above one."""
    parents = {other.handle: other.parent for other in among}
    depth, parent = 0, each.parent
    while parent in parents and depth < len(among):
        depth, parent = depth + 1, parents[parent]
    return depth
