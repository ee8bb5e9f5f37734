"""The trees that stand at a root, as steps: made, joined, changed, left. Pure.

One impairment of all that an interface sends is one netem; or one TBF, where only a rate is wanted of a
kernel without netem. A part of it, or several impairments, is HTB with a class for each and one where the
rest passes untouched. A packet is of the narrowest that means it: a control group's by its priority (the
class it names), then what selectors mean, in the order that they were asked for, then what is meant as a
whole. Exemptions are of one impairment: what it leaves alone passes.

A change of numbers is one message that names every value. Another impairment joins without touching those
that stand. Where one that stood alone is joined, its tree is swapped for the other kind in one message (a
graft), and what comes before the classes are there is dropped: nothing passes untouched.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from procwire.shaping.abilities import Abilities
from procwire.shaping.codec import flower, htb, netem, queues, tbf, u32
from procwire.shaping.codec.htb import Htb
from procwire.shaping.codec.queues import Fifo
from procwire.shaping.codec.tbf import Tbf
from procwire.shaping.codec.traffic import ETH_ALL, ETH_IPV6, ROOT, Object, show_handle
from procwire.shaping.codec.u32 import U32
from procwire.shaping.failure import ShapingError
from procwire.shaping.impairment import Effect
from procwire.shaping.matching import Match, matches
from procwire.shaping.selection import Selector
from procwire.shaping.standing import (
    FREE_CLASS,
    FREE_LEAF,
    ROOT_HANDLE,
    TREE_HANDLE,
    ForeignError,
    Standing,
    class_handle,
    inner_handle,
    leaf_handle,
    snapshot,
)
from procwire.shaping.steps import (
    DropFilters,
    DropQdisc,
    How,
    Last,
    Leave,
    PutClass,
    PutFilter,
    PutQdisc,
    Step,
)
from procwire.shaping.translation import PACKET_BYTES, bucket_of, class_of, netem_of, queue_of

FREE_PACKETS = 4096  # that may wait in the class where nothing is held back
FIRST_PRIORITY = 64  # of filters in our tree
BANK = 8  # priorities of one set of filters; an impairment has two: one is put before the other goes
WHOLE_PRIORITY = 0x8000  # beyond it are the filters of what is meant as a whole


class UnableError(ShapingError):
    """This kernel cannot do what is asked; the words say what it lacks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What one direction of one interface should become.

    ``sent``: whether the packets are the target's own; on a peer's interface they are what it receives.
    ``group``: packets of this control group are meant: those that are sent carry its priority (``Mark``).
    ``shared``: others stand there, too. ``last``: what is to be done when the last has gone, where that is
    known already; None: what stands there now is to be put back.
    """

    effect: Effect
    slot: int = 1
    sent: bool = True
    selectors: tuple[Selector, ...] = ()
    exempt: tuple[Selector, ...] = ()
    group: str = ""
    seed: int | None = None
    adopt: bool = False
    shared: bool = False
    last: tuple[Last, ...] | None = None

    @property
    def is_partial(self) -> bool:
        """Whether some packets are to pass untouched, as far as this one is asked."""
        return bool(self.selectors or self.exempt or self.group)

    @property
    def is_whole(self) -> bool:
        """Whether it means all that nobody else means."""
        return not self.selectors and not self.group

    @property
    def parent(self) -> int:
        """Where its class and its filters stand: a group's packets are in the inner class already."""
        return inner_handle(self.slot) if self.group else TREE_HANDLE


class Tree(NamedTuple):
    """Steps that make an impairment stand at a root, and what takes it away again."""

    steps: tuple[Step, ...]
    leave: Leave
    notes: tuple[str, ...] = ()


def tree(standing: Standing, wish: Wish, able: Abilities) -> Tree:
    """Make it stand there. Raises ForeignError, CodecError, UnableError."""
    root, alone = standing.root, _alone(wish, able)
    leave = Leave(
        device=standing.device, slot=wish.slot, alone=bool(alone) or standing.is_alone, last=wish.last or ()
    )
    if standing.is_shared:
        there = standing.has(class_handle(wish.slot))
        make = _changed if there else _joined
        return Tree(make(standing, wish, able), leave)
    if root is None:
        return Tree(_one(standing, wish, alone) if alone else _founded(standing, wish, able), leave)
    gone = DropQdisc(device=standing.device, parent=ROOT, handle=root.handle, kind=root.kind)
    if standing.is_alone and alone:
        if alone == root.kind:
            return Tree(_one(standing, wish, alone, how="change"), leave)
        return Tree((gone, *_one(standing, wish, alone)), leave)
    if standing.is_alone:
        note = "the tree has another shape now: packets that waited in it are lost"
        return Tree(_founded(standing, wish, able, how="replace"), leave, (note,))
    if not wish.adopt:
        raise ForeignError(
            f"{standing.name} has a qdisc that somebody put there ({root.kind} {show_handle(root.handle)}): "
            "it is left alone; with --adopt it is set aside, and put back at the end"
        )
    leave = Leave(
        device=leave.device, slot=leave.slot, alone=leave.alone, last=(*snapshot(standing), *leave.last)
    )
    return Tree((gone, *(_one(standing, wish, alone) if alone else _founded(standing, wish, able))), leave)


def put(device: int, parent: int, priority: int, match: Match) -> PutFilter:
    """A filter. Each EtherType and kind has a priority of its own: the kernel mixes none."""
    place = priority + (match.protocol == ETH_IPV6) + 2 * (match.kind == u32.KIND)
    return PutFilter(
        device=device,
        parent=parent,
        priority=place,
        protocol=match.protocol,
        kind=match.kind,
        options=match.options,
    )


def _alone(wish: Wish, able: Abilities) -> str:
    """The kind of a root that does all of it; empty: it needs a class."""
    rate = wish.effect.rate
    held = rate is not None and rate.burst_bytes is not None
    if wish.shared or wish.is_partial:
        return ""
    if able.netem and not held:
        return netem.KIND
    return tbf.KIND if not able.netem and able.tbf else ""


def _one(standing: Standing, wish: Wish, kind: str, *, how: How = "add") -> tuple[Step, ...]:
    options = _options(standing, wish, kind, changed=how == "change")
    return (
        PutQdisc(
            device=standing.device, parent=ROOT, handle=ROOT_HANDLE, kind=kind, options=options, how=how
        ),
    )


def _founded(standing: Standing, wish: Wish, able: Abilities, *, how: How = "add") -> tuple[Step, ...]:
    """A tree with room for several, and its first. Where it takes another's place, what it has no class for
    yet is dropped, and the class of those that pass comes last.
    """
    device = standing.device
    options = Htb(default=FREE_CLASS & 0xFFFF, direct_queue=0 if how == "replace" else None)
    top = PutQdisc(
        device=device, parent=ROOT, handle=TREE_HANDLE, kind=htb.KIND, options=htb.encode(options), how=how
    )
    free = (
        _class_step(device, TREE_HANDLE, FREE_CLASS, htb.encode_class(class_of(None))),
        PutQdisc(
            device=device, parent=FREE_CLASS, handle=FREE_LEAF, kind=queues.PFIFO,
            options=queues.encode_fifo(Fifo(FREE_PACKETS)),
        ),
    )  # fmt: skip
    first = _joined(standing, wish, able)
    return (top, *first, *free) if how == "replace" else (top, *free, *first)


def _joined(standing: Standing, wish: Wish, able: Abilities) -> tuple[Step, ...]:
    """One more in a tree: its class is there before the first packet is sent to it."""
    device, leaf = standing.device, _leaf(able)
    handle = class_handle(wish.slot)
    inner: tuple[Step, ...] = ()
    if wish.group:
        free = htb.encode_class(class_of(None))
        inner = (_class_step(device, TREE_HANDLE, inner_handle(wish.slot), free),)
    return (
        *inner,
        _class_step(device, wish.parent, handle, _class(wish, able)),
        PutQdisc(
            device=device, parent=handle, handle=leaf_handle(wish.slot), kind=leaf,
            options=_options(standing, wish, leaf, changed=False),
        ),
        *_filters(standing, wish, able, bank=0),
    )  # fmt: skip


def _changed(standing: Standing, wish: Wish, able: Abilities) -> tuple[Step, ...]:
    """One message for the numbers; filters that are still right are not touched."""
    device, kind, handle = standing.device, _leaf(able), class_handle(wish.slot)
    known = standing.leaf(wish.slot)
    how: How = "change" if known is not None and known.kind == kind else "replace"
    leaf = PutQdisc(
        device=device, parent=handle, handle=leaf_handle(wish.slot), kind=kind,
        options=_options(standing, wish, kind, changed=True), how=how,
    )  # fmt: skip
    options = _class(wish, able)
    stands = next((each.options for each in standing.classes if each.handle == handle), b"")
    changed: tuple[Step, ...] = ()
    if htb.decode_class(stands) != htb.decode_class(options):
        changed = (_class_step(device, wish.parent, handle, options, how="change"),)
    return (leaf, *changed, *_filters_changed(standing, wish, able))


def _class_step(device: int, parent: int, handle: int, options: bytes, how: How = "add") -> PutClass:
    return PutClass(device=device, parent=parent, handle=handle, kind=htb.KIND, options=options, how=how)


def _leaf(able: Abilities) -> str:
    return netem.KIND if able.netem else queues.PFIFO


def _class(wish: Wish, able: Abilities) -> bytes:
    """HTB bounds the rate where netem does not: without one, or where a bucket was asked for."""
    rate = wish.effect.rate
    held = rate is not None and (rate.burst_bytes is not None or not able.netem)
    return htb.encode_class(class_of(rate if held else None))


def _options(standing: Standing, wish: Wish, kind: str, *, changed: bool) -> bytes:
    effect = wish.effect
    if kind == netem.KIND:
        rate = effect.rate
        own = replace(effect, rate=None) if rate is not None and rate.burst_bytes is not None else effect
        made = netem_of(own, seed=wish.seed, speed=standing.speed, had_table=changed)
        return netem.encode(replace(made, limit=queue_of(effect, speed=standing.speed)))
    waiting = queue_of(effect, speed=standing.speed)
    if kind == queues.PFIFO:
        return queues.encode_fifo(Fifo(waiting))
    rate = effect.rate
    if rate is None:
        raise UnableError(f"{standing.name}: nothing of this effect can be done by a token bucket")
    burst = bucket_of(rate)
    limit = min(0xFFFFFFFF, waiting * PACKET_BYTES + burst)
    return tbf.encode(Tbf(rate=-(-rate.bits // 8), burst=burst, limit=limit, overhead=max(0, rate.overhead)))


def filters_of(slot: int, filters: Iterable[Object]) -> list[Object]:
    """Those of an impairment, but for the hash tables that u32 makes by itself."""
    meant = {(_base(slot, 0) + rank) // (2 * BANK) for rank in (0, WHOLE_PRIORITY)}
    return [
        each
        for each in filters
        if each.priority // (2 * BANK) in meant and (each.handle & 0xFFF or each.kind != u32.KIND)
    ]


def _base(slot: int, bank: int) -> int:
    """The first priority of a set of filters."""
    return FIRST_PRIORITY + 2 * BANK * slot + BANK * bank


def _filters(standing: Standing, wish: Wish, able: Abilities, *, bank: int) -> tuple[PutFilter, ...]:
    """What passes untouched first, then what is meant; that may be all that is left."""
    found: list[PutFilter] = []
    first = _base(wish.slot, bank) + (WHOLE_PRIORITY if wish.is_whole else 0)
    own = class_handle(wish.slot)
    for place, (selectors, classid) in enumerate(((wish.exempt, FREE_CLASS), (wish.selectors, own))):
        made = matches(selectors, classid, sent=wish.sent, with_flower=able.flower)
        found += [put(standing.device, wish.parent, first + 4 * place, match) for match in made]
    if not wish.selectors:
        rest = Match(ETH_ALL, u32.KIND, u32.encode(U32(classid=own)))
        found.append(put(standing.device, wish.parent, first + 4, rest))
    return tuple(found)


def _filters_changed(standing: Standing, wish: Wish, able: Abilities) -> tuple[Step, ...]:
    """Nothing where they are right; else new ones first, at other priorities, and then the old ones go."""
    old = [each for each in filters_of(wish.slot, standing.filters) if each.parent == wish.parent]
    used = 1 if any(each.priority // BANK % 2 for each in old) else 0
    wanted = _filters(standing, wish, able, bank=1 - used)
    now = {(each.priority, each.protocol, _sense(each.kind, each.options)) for each in old}
    right = {(each.priority ^ BANK, each.protocol, _sense(each.kind, each.options)) for each in wanted}
    if now == right:
        return ()
    places = dict.fromkeys((each.priority, each.protocol) for each in old)
    gone = (
        DropFilters(device=standing.device, parent=wish.parent, priority=priority, protocol=protocol)
        for priority, protocol in places
    )
    return (*wanted, *gone)


def _sense(kind: str, options: bytes) -> object:
    """What a filter says, whatever else the kernel tells of it."""
    return (
        u32.decode(options)
        if kind == u32.KIND
        else flower.decode(options)
        if kind == flower.KIND
        else options
    )
