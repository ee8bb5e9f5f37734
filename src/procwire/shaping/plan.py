"""From what is wanted and what stands there to steps. Pure: nothing is asked and nothing is done here.

What an interface sends is shaped at its root; what it receives is led through an ifb device and shaped at
that one's root. A tree is one netem; or one TBF, where only a rate is wanted of a kernel without netem; or
HTB with one class, where a part of the traffic is to pass untouched (HTB's direct queue takes it). A change
of numbers is one message that names every value; only a change of shape takes a tree down.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from procwire.shaping.abilities import Abilities, unmet
from procwire.shaping.codec import flower, htb, netem, queues, tbf, u32
from procwire.shaping.codec.actions import Mirred
from procwire.shaping.codec.htb import Htb
from procwire.shaping.codec.queues import Fifo
from procwire.shaping.codec.tbf import Tbf
from procwire.shaping.codec.traffic import (
    CLSACT,
    ETH_ALL,
    ETH_IP,
    ETH_IPV6,
    INGRESS_HANDLE,
    INGRESS_HOOK,
    ROOT,
    show_handle,
)
from procwire.shaping.codec.u32 import U32
from procwire.shaping.failure import ShapingError
from procwire.shaping.impairment import Effect
from procwire.shaping.matching import Match, matches
from procwire.shaping.selection import Selector
from procwire.shaping.standing import (
    CLASS_HANDLE,
    INNER_HANDLE,
    LEAF_HANDLE,
    ROOT_HANDLE,
    ForeignError,
    Standing,
    snapshot,
)
from procwire.shaping.steps import (
    DropFilters,
    DropQdisc,
    MakeIfb,
    Part,
    PutClass,
    PutFilter,
    PutQdisc,
    RemoveLink,
    SetLink,
    Step,
)
from procwire.shaping.translation import PACKET_BYTES, bucket_of, class_of, netem_of, queue_of

IFB_INDEX = 0x70770000  # and the index of the interface that it serves
IFB_NAME = "pwifb"
BANKS = (10, 30)  # priorities of filters in our tree: one set is put before the other goes
HOOK_PRIORITY = (
    7  # of filters on what is received: exemptions at this and the next, all the rest at the third
)
DEFAULT_CLASS = CLASS_HANDLE & 0xFFFF


class UnableError(ShapingError):
    """This kernel cannot do what is asked; the words say what it lacks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What one direction of one interface should become.

    ``sent``: whether the packets are the target's own; on a peer's interface they are what it receives.
    ``marked``: packets are told apart by their priority (control groups), not by selectors.
    """

    effect: Effect
    sent: bool = True
    selectors: tuple[Selector, ...] = ()
    exempt: tuple[Selector, ...] = ()
    marked: bool = False
    seed: int | None = None
    adopt: bool = False

    @property
    def is_partial(self) -> bool:
        """Whether some packets are to pass untouched."""
        return bool(self.selectors or self.exempt or self.marked)


class Tree(NamedTuple):
    """Steps that make a tree stand at a root, what takes it away, and what was there before."""

    steps: tuple[Step, ...]
    undo: tuple[Step, ...]
    notes: tuple[str, ...]


def sending(standing: Standing, wish: Wish, able: Abilities) -> Part:
    """Shape what an interface sends. Raises UnableError, ForeignError, CodecError."""
    _refuse(standing, wish, able, received=False)
    tree = _tree(standing, wish, able)
    return Part(
        place=standing.place, device=standing.device, name=standing.name, side="egress",
        steps=tree.steps, undo=tree.undo, notes=tree.notes,
    )  # fmt: skip


def receiving(standing: Standing, through: Standing | None, wish: Wish, able: Abilities) -> Part:
    """Shape what an interface receives; ``through`` is its ifb, where one stands already. Raises as
    ``sending``.
    """
    _refuse(standing, wish, able, received=True)
    device, name = ifb_of(standing)
    fresh = through is None
    ifb = through or Standing(place=standing.place, device=device, name=name)
    tree = _tree(ifb, wish, able)
    catch, release = _catching(standing, wish, able, device)
    made: tuple[Step, ...] = (MakeIfb(device=device, name=name),) if fresh else ()
    steps = (*made, *tree.steps, SetLink(device=device, up=True), *catch)
    undo = (*release, RemoveLink(device=device, name=name))
    return Part(
        place=standing.place, device=standing.device, name=standing.name, side="ingress",
        steps=steps, undo=undo, notes=tree.notes,
    )  # fmt: skip


def ifb_of(standing: Standing) -> tuple[int, str]:
    """Index and name of the device that serves an interface."""
    return IFB_INDEX + standing.device % 0x8000, f"{IFB_NAME}{standing.device}"


def _refuse(standing: Standing, wish: Wish, able: Abilities, *, received: bool) -> None:
    lacking = unmet(wish.effect, able, received=received, partly=wish.is_partial)
    if lacking:
        raise UnableError(f"{standing.name} cannot be shaped so: {'; '.join(lacking)}")
    root = standing.root
    if wish.effect.duplicate and not standing.is_ours and not received:
        others = [each for each in standing.qdiscs if each.kind == "netem" and each is not root]
        if others:
            raise ForeignError(
                f"{standing.name} has another netem ({show_handle(others[0].handle)}), and the kernel lets "
                "none duplicate beside it (since commit ec8e0e3d7ade)"
            )


def _tree(standing: Standing, wish: Wish, able: Abilities) -> Tree:
    shape = _shape(wish, able)
    root = standing.root
    undo: tuple[Step, ...] = (
        DropQdisc(device=standing.device, parent=ROOT, handle=ROOT_HANDLE, kind=shape[0]),
    )
    if root is None:
        return Tree(_made(standing, wish, able, shape), undo, _notes(standing, wish))
    if standing.shape == shape:
        return Tree(_changed(standing, wish, able, shape), undo, _notes(standing, wish))
    gone = DropQdisc(device=standing.device, parent=ROOT, handle=root.handle, kind=root.kind)
    if standing.is_ours:
        note = f"{standing.name}: the tree has another shape now, so packets passed untouched for a moment"
        return Tree((gone, *_made(standing, wish, able, shape)), undo, (note, *_notes(standing, wish)))
    if not wish.adopt:
        raise ForeignError(
            f"{standing.name} has a qdisc that somebody put there ({root.kind} {show_handle(root.handle)}): "
            "it is left alone; with --adopt it is set aside, and put back at the end"
        )
    back = snapshot(standing)
    return Tree((gone, *_made(standing, wish, able, shape)), (*undo, *back), _notes(standing, wish))


def _shape(wish: Wish, able: Abilities) -> tuple[str, ...]:
    """What the tree is made of; see ``Standing.shape``."""
    rate = wish.effect.rate
    held = rate is not None and rate.burst_bytes is not None
    if not wish.is_partial and able.netem and not held:
        return ("netem",)
    if not wish.is_partial and not able.netem and able.tbf:
        return ("tbf",)
    default = "marked" if wish.marked else "some" if wish.selectors else "all"
    return ("htb", default, "netem" if able.netem else "pfifo")


def _made(standing: Standing, wish: Wish, able: Abilities, shape: tuple[str, ...]) -> tuple[Step, ...]:
    device = standing.device
    if shape[0] != "htb":
        options = _options(standing, wish, shape[0], changed=False)
        return (PutQdisc(device=device, parent=ROOT, handle=ROOT_HANDLE, kind=shape[0], options=options),)
    default = DEFAULT_CLASS if shape[1] == "all" else 0
    top = PutQdisc(
        device=device,
        parent=ROOT,
        handle=ROOT_HANDLE,
        kind=htb.KIND,
        options=htb.encode(Htb(default=default)),
    )
    above: tuple[Step, ...] = ()
    if wish.marked:
        free = htb.encode_class(class_of(None))
        above = (
            PutClass(device=device, parent=ROOT_HANDLE, handle=INNER_HANDLE, kind=htb.KIND, options=free),
        )
    return (
        top,
        *above,
        PutClass(
            device=device, parent=_filtered(wish), handle=CLASS_HANDLE, kind=htb.KIND,
            options=_class(wish, able),
        ),
        PutQdisc(
            device=device, parent=CLASS_HANDLE, handle=LEAF_HANDLE, kind=shape[2],
            options=_options(standing, wish, shape[2], changed=False),
        ),
        *_filters(standing, wish, able, BANKS[0]),
    )  # fmt: skip


def _changed(standing: Standing, wish: Wish, able: Abilities, shape: tuple[str, ...]) -> tuple[Step, ...]:
    """One message for the numbers; filters that are still right are not touched."""
    device = standing.device
    if shape[0] != "htb":
        return (
            PutQdisc(
                device=device, parent=ROOT, handle=ROOT_HANDLE, kind=shape[0],
                options=_options(standing, wish, shape[0], changed=True), how="change",
            ),
        )  # fmt: skip
    leaf = PutQdisc(
        device=device, parent=CLASS_HANDLE, handle=LEAF_HANDLE, kind=shape[2],
        options=_options(standing, wish, shape[2], changed=True), how="change",
    )  # fmt: skip
    options = _class(wish, able)
    steps: list[Step] = [leaf]
    if not any(htb.decode_class(each.options) == htb.decode_class(options) for each in standing.classes):
        steps.append(
            PutClass(
                device=device,
                parent=_filtered(wish),
                handle=CLASS_HANDLE,
                kind=htb.KIND,
                options=options,
                how="change",
            )
        )
    return (*steps, *_filters_changed(standing, wish, able))


def _filters_changed(standing: Standing, wish: Wish, able: Abilities) -> tuple[Step, ...]:
    """Nothing where they are right; else new ones first, at other priorities, and then the old ones go."""
    old = [each for each in standing.filters if each.handle & 0xFFF or each.kind != u32.KIND]
    used, free = (BANKS[1], BANKS[0]) if any(each.priority >= BANKS[1] for each in old) else BANKS
    now = {(each.priority - used, each.protocol, _sense(each.kind, each.options)) for each in old}
    wanted = _filters(standing, wish, able, free)
    if now == {(each.priority - free, each.protocol, _sense(each.kind, each.options)) for each in wanted}:
        return ()
    places = dict.fromkeys((each.priority, each.protocol) for each in old)
    gone = (
        DropFilters(device=standing.device, parent=_filtered(wish), priority=priority, protocol=protocol)
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


def _filtered(wish: Wish) -> int:
    """Where filters stand: marked packets are in the inner class already."""
    return INNER_HANDLE if wish.marked else ROOT_HANDLE


def _class(wish: Wish, able: Abilities) -> bytes:
    """HTB bounds the rate where netem does not: without one, or where a bucket was asked for."""
    rate = wish.effect.rate
    held = rate is not None and (rate.burst_bytes is not None or not able.netem)
    return htb.encode_class(class_of(rate if held else None))


def _options(standing: Standing, wish: Wish, kind: str, *, changed: bool) -> bytes:
    effect = wish.effect
    if kind == "netem":
        rate = effect.rate
        own = replace(effect, rate=None) if rate is not None and rate.burst_bytes is not None else effect
        made = netem_of(own, seed=wish.seed, speed=standing.speed, had_table=changed)
        return netem.encode(replace(made, limit=queue_of(effect, speed=standing.speed)))
    waiting = queue_of(effect, speed=standing.speed)
    if kind == "pfifo":
        return queues.encode_fifo(Fifo(waiting))
    rate = effect.rate
    if rate is None:
        raise UnableError(f"{standing.name}: nothing of this effect can be done by a token bucket")
    burst = bucket_of(rate)
    limit = min(0xFFFFFFFF, waiting * PACKET_BYTES + burst)
    return tbf.encode(Tbf(rate=-(-rate.bits // 8), burst=burst, limit=limit, overhead=max(0, rate.overhead)))


def _filters(standing: Standing, wish: Wish, able: Abilities, bank: int) -> tuple[PutFilter, ...]:
    """What passes untouched first, then what is meant; of marked packets that may be all."""
    found: list[PutFilter] = []
    groups = ((wish.exempt, ROOT_HANDLE), (wish.selectors, CLASS_HANDLE))
    for place, (selectors, classid) in enumerate(groups):
        made = matches(selectors, classid, sent=wish.sent, with_flower=able.flower)
        found += [_put(standing.device, _filtered(wish), bank + 4 * place, match) for match in made]
    if wish.marked and not wish.selectors:
        rest = Match(ETH_ALL, u32.KIND, u32.encode(U32(classid=CLASS_HANDLE)))
        found.append(_put(standing.device, INNER_HANDLE, bank + 4, rest))
    return tuple(found)


def _put(device: int, parent: int, priority: int, match: Match) -> PutFilter:
    """Each EtherType and kind has a priority of its own: the kernel mixes none."""
    place = priority + (match.protocol == ETH_IPV6) + 2 * (match.kind == u32.KIND)
    return PutFilter(
        device=device,
        parent=parent,
        priority=place,
        protocol=match.protocol,
        kind=match.kind,
        options=match.options,
    )


def _catching(
    standing: Standing, wish: Wish, able: Abilities, ifb: int
) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """Lead what is received through the ifb; and the way back."""
    device = standing.device
    kind = queues.CLSACT if able.clsact else queues.INGRESS
    ours = [each for each in standing.caught if _leads_to(each.options, each.kind, ifb)]
    taken = {each.priority for each in standing.caught} & {HOOK_PRIORITY + place for place in range(5)}
    if taken and not ours:
        raise ForeignError(
            f"{standing.name} has a filter of somebody else's at priority {min(taken)} on what it receives"
        )
    steps: list[Step] = []
    release = [
        DropFilters(device=device, parent=INGRESS_HOOK, priority=HOOK_PRIORITY + 4, protocol=ETH_ALL),
        *_exemptions_gone(device),
    ]
    undo: list[Step] = list(release)
    if standing.catcher is None or (
        ours and standing.catcher.handle == INGRESS_HANDLE and _only_ours(standing)
    ):
        undo.append(DropQdisc(device=device, parent=CLSACT, handle=INGRESS_HANDLE, kind=kind))
    if standing.catcher is None:
        steps.append(PutQdisc(device=device, parent=CLSACT, handle=INGRESS_HANDLE, kind=kind))
    exempt = matches(wish.exempt, CLASS_HANDLE, sent=wish.sent, with_flower=False)
    if len(standing.caught) > len(ours):
        steps += _exemptions_gone(device)
    steps += [_put(device, INGRESS_HOOK, HOOK_PRIORITY - 2, match) for match in exempt]
    if not ours:
        options = u32.encode(U32(actions=(Mirred(ifb),)))
        steps.append(
            PutFilter(
                device=device, parent=INGRESS_HOOK, priority=HOOK_PRIORITY + 4, protocol=ETH_ALL,
                kind=u32.KIND, options=options,
            )
        )  # fmt: skip
    return tuple(steps), tuple(undo)


def _exemptions_gone(device: int) -> tuple[Step, ...]:
    return tuple(
        DropFilters(device=device, parent=INGRESS_HOOK, priority=HOOK_PRIORITY + place, protocol=protocol)
        for place, protocol in enumerate((ETH_IP, ETH_IPV6))
    )


def _only_ours(standing: Standing) -> bool:
    return all(HOOK_PRIORITY <= each.priority <= HOOK_PRIORITY + 4 for each in standing.caught)


def _leads_to(options: bytes, kind: str, ifb: int) -> bool:
    return kind == u32.KIND and Mirred(ifb) in u32.decode(options).actions


def _notes(standing: Standing, wish: Wish) -> tuple[str, ...]:
    found = []
    if any(each.kind == "mq" and each.parent == ROOT for each in standing.qdiscs):
        found.append(f"{standing.name} has several queues (mq); while it is shaped there is one")
    if standing.name == "lo":
        found.append("on loopback both ends of a connection send here: a round trip has every delay twice")
    ports = any(each.port or each.local_port for each in (*wish.selectors, *wish.exempt))
    if ports:
        found.append("ports are not seen in later fragments of a packet")
    return tuple(found)
